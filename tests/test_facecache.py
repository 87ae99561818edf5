import os
import stat

import numpy as np
import pytest

from fasnb import facecache
from fasnb.errors import FasnbError
from fasnb.facecache import content_hash, key, load, private_folder, save_faces, save_failure

SHAPE = (8, 8, 3)


@pytest.fixture
def stem(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (3, *SHAPE)).astype(np.uint8)
    save_faces(tmp_path / "a", pictures, [1, 4, 7], [(0.0, 1.0, 2.0, 3.5)] * 3, boxes_from="detector")
    return tmp_path / "a"


def test_entry_comes_back(stem):
    entry = load(stem, SHAPE)
    assert entry.frames == (1, 4, 7)
    assert entry.boxes == ((0, 1, 2, 3.5),) * 3
    assert entry.boxes_from == "detector"
    assert entry.failure == ""
    assert np.load(stem.with_suffix(".npy")).shape == (3, *SHAPE)
    assert load(stem.parent / "b", SHAPE) is None
    assert load(stem, (9, 9, 3)) is None


def test_failure_is_remembered(tmp_path):
    save_failure(tmp_path / "a", "no face found in 8 frames")
    assert load(tmp_path / "a", SHAPE).failure == "no face found in 8 frames"
    assert not (tmp_path / "a.npy").exists()


@pytest.mark.parametrize("suffix", [".npy", ".json"])
@pytest.mark.parametrize("keep", [0, 20, 150])
def test_half_written_entries_are_not_believed(stem, suffix, keep):
    path = stem.with_suffix(suffix)
    path.write_bytes(path.read_bytes()[:keep])
    assert load(stem, SHAPE) is None


@pytest.mark.parametrize("content", ["[]", "{}", '{"frames": [1], "boxes": []}', '{"frames": 3, "boxes": 3}'])
def test_damaged_sidecar_is_not_believed(stem, content):
    stem.with_suffix(".json").write_text(content)
    assert load(stem, SHAPE) is None


def test_changed_pictures_are_not_believed_but_copied_ones_are(stem):
    path = stem.with_suffix(".npy")
    content = bytearray(path.read_bytes())
    os.utime(path, ns=(1, 1))
    assert load(stem, SHAPE) is not None
    content[-1] ^= 1
    path.write_bytes(content)
    assert load(stem, SHAPE) is None


def test_missing_pictures(stem):
    stem.with_suffix(".npy").unlink()
    assert load(stem, SHAPE) is None


def test_key_follows_content_and_settings(tmp_path):
    video, faces = tmp_path / "v", tmp_path / "f"
    video.write_bytes(b"video")
    faces.write_bytes(b"0 1 2 3 4")
    first = key(video, faces, {"size": 256})
    copy = tmp_path / "copy"
    copy.write_bytes(b"video")
    assert key(copy, faces, {"size": 256}) == first
    assert len(first) == 40
    others = [key(video, None, {"size": 256}), key(video, faces, {"size": 64})]
    faces.write_bytes(b"0 1 2 3 5 ")
    others.append(key(video, faces, {"size": 256}))
    video.write_bytes(b"video!")
    others.append(key(video, faces, {"size": 256}))
    assert len({first, *others}) == 5
    with pytest.raises(FasnbError, match="none cannot be read"):
        content_hash(tmp_path / "none")


def test_folder_is_its_owners_only(tmp_path):
    folder = tmp_path / "cache" / "faces"
    folder.mkdir(parents=True, mode=0o755)
    assert stat.S_IMODE(private_folder(folder).stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(FasnbError, match="choose another cache"):
        private_folder(tmp_path / "file" / "faces")


def test_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(facecache.np, "save", full)
    with pytest.raises(FasnbError, match="No space left on device; free space"):
        save_faces(tmp_path / "a", np.zeros((1, *SHAPE), np.uint8), [0], [(0.0, 0.0, 1.0, 1.0)])
    assert list(tmp_path.iterdir()) == []
