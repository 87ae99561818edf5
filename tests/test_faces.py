import os
import stat
import weakref

import numpy as np
import pytest

from fasnb import atomic, faces
from fasnb.boxes import Box
from fasnb.databases import face_path, open_database
from fasnb.errors import FasnbError, UsageError
from fasnb.faces import FaceSettings, extract
from fasnb.layouts import official_clips
from tests.tiny import drawn_face, number, ramp, two_tone, write_video

SMALL = FaceSettings(frames=4, size=32)
BOX: Box = (16, 8, 32, 32)


def replay(root, count=3, frames=8, rows=None):
    """A Replay-Attack of `count` tiny clips with face files; `rows` are those of every file."""
    clips = official_clips("replay")[:: 1200 // count][:count]
    rows = [f"{n} 16 8 32 32" for n in range(frames)] if rows is None else rows
    for place, clip in enumerate(clips):
        # The last pixel row differs, so that no two clips have the same content.
        pictures = ramp(frames)
        for picture in pictures:
            picture[-16:] = 40 * place
        write_video(root / "replay-attack" / clip.path, pictures)
        path = root / "replay-attack" / face_path(clip)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(rows) + "\n")
    return open_database("replay", root, allow_partial=True)


def casia(root, *clips_of_pictures):
    """A CASIA-FASD of one clip for each list of pictures."""
    for clip, pictures in zip(official_clips("casia"), clips_of_pictures):
        write_video(root / "casia-fasd" / clip.path, pictures)
    return open_database("casia", root, allow_partial=True)


def test_faces_from_face_files(tmp_path):
    db = replay(tmp_path)
    found = extract(db, db.clips, SMALL, tmp_path / "cache")
    assert (len(found), found.clips, found.failures, found.unreadable) == (12, db.clips, [], 0)
    assert found.frame.tolist() == [1, 3, 5, 7] * 3
    assert found.clip_index.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert found.clip_index.dtype == np.int32
    assert found.labels.dtype == np.int8
    assert found.labels.tolist() == [found.clips[i].label for i in found.clip_index]
    assert found.boxes.tolist() == [list(BOX)] * 12
    pictures = found.batch([5, 0, 5])
    assert pictures.shape == (3, 32, 32, 3)
    assert pictures.dtype == np.uint8
    # The upper rows of the crop tell the frame's number.
    assert [number(picture[:16]) for picture in pictures] == [3, 1, 3]
    assert (pictures[0] == pictures[2]).all()


def test_default_settings_are_256_pixels_and_an_eighth_of_margin():
    assert (FaceSettings().size, FaceSettings().margin) == (256, 0.125)
    for wrong in ({"frames": 0}, {"size": 0}, {"margin": -0.1}, {"margin": float("nan")}):
        with pytest.raises(UsageError, match="frames and size must be at least 1"):
            FaceSettings(**wrong)


def test_batches_cover_everything_once(tmp_path):
    db = replay(tmp_path)
    found = extract(db, db.clips, SMALL, tmp_path / "cache")
    batches = list(found.iterate(5))
    assert [len(indices) for indices, _ in batches] == [5, 5, 2]
    assert np.concatenate([indices for indices, _ in batches]).tolist() == list(range(12))
    assert (np.concatenate([p for _, p in batches]) == found.batch(range(12))).all()
    assert found.batch([]).shape == (0, 32, 32, 3)
    assert (found.batch([-1]) == found.batch([11])).all()
    with pytest.raises(IndexError):
        found.batch([12])
    with pytest.raises(UsageError, match="batch_size is 0"):
        next(found.iterate(0))


@pytest.mark.parametrize(
    ("rows", "left"),
    [
        (["0 0 0 20 20", "4 10 0 20 20"], [0, 0, 10, 10]),  # frames 1, 3, 5, 7: rows in between are missing
        (["0 0 0 20 20", "3 0 0 0 0", "7 30 0 20 20"], [0, 0, 0, 30]),  # a zero size is a missing row
        (["0 0 0 0 0", "5 10 0 20 20"], [10, 10, 10, 10]),  # before the first valid row
        (["0 5 0 20 20", "3 900 0 20 20", "5 7 0 20 20"], [5, 5, 7, 7]),  # outside the picture
        (["0 900 0 20 20", "5 7 0 20 20"], [7, 7, 7, 7]),  # the same before the first usable one
    ],
)
def test_missing_and_unusable_rows(tmp_path, rows, left):
    db = replay(tmp_path, count=1, rows=rows)
    found = extract(db, db.clips, SMALL, tmp_path / "cache")
    assert found.frame.tolist() == [1, 3, 5, 7]
    assert found.boxes[:, 0].tolist() == left
    assert [number(picture) for picture in found.batch(range(4))] == [1, 3, 5, 7]


def test_face_file_without_a_valid_row_leaves_it_to_the_detector(tmp_path, monkeypatch):
    db = replay(tmp_path, count=1, rows=["0 0 0 0 0"])
    monkeypatch.setattr(faces, "detect", lambda image: (1.0, 2.0, 30.0, 30.0))
    found = extract(db, db.clips, SMALL, tmp_path / "cache")
    assert found.boxes.tolist() == [[1, 2, 30, 30]] * 4


def test_malformed_face_file_is_named(tmp_path):
    db = replay(tmp_path, count=1, rows=["0 what"])
    with pytest.raises(FasnbError, match=r"\.face: line 1 is not a face box"):
        extract(db, db.clips, SMALL, tmp_path / "cache")


def test_casia_faces_are_detected(tmp_path):
    db = casia(tmp_path, [drawn_face()] * 4)
    found = extract(db, db.clips, FaceSettings(frames=2, size=64), tmp_path / "cache")
    assert len(found) == 2
    x, y, w, h = found.boxes[0]
    assert abs(x + w / 2 - 120) < 20
    assert abs(y + h / 2 - 120) < 30


def test_misses_carry_the_last_box_and_the_first_one_back(tmp_path, monkeypatch):
    hits = {2: (0.0, 0.0, 20.0, 20.0), 5: (10.0, 0.0, 20.0, 20.0)}
    monkeypatch.setattr(faces, "detect", lambda image: hits.get(number(image)))
    db = casia(tmp_path, ramp(8))
    found = extract(db, db.clips, FaceSettings(frames=8, size=16), tmp_path / "cache")
    assert found.frame.tolist() == list(range(8))
    assert found.boxes[:, 0].tolist() == [0, 0, 0, 0, 0, 10, 10, 10]
    assert [number(picture) for picture in found.batch(range(8))] == list(range(8))


def test_clips_without_a_face_are_reported_and_remembered(tmp_path, monkeypatch):
    blank = [np.full((48, 64, 3), 90, np.uint8)] * 3
    db = casia(tmp_path, blank, [drawn_face()] * 2)
    found = extract(db, db.clips, SMALL, tmp_path / "cache")
    assert found.clips == [db.clips[1]]
    assert found.failures == [(db.clips[0], "no face found in 3 frames")]
    assert set(found.clip_index.tolist()) == {0}
    monkeypatch.setattr(faces, "_make", None)
    again = extract(db, db.clips, SMALL, tmp_path / "cache")
    assert (again.failures, again.digest) == (found.failures, found.digest)


def test_all_clips_failing_gives_an_empty_set(tmp_path):
    db = casia(tmp_path, [np.zeros((48, 64, 3), np.uint8)] * 2)
    found = extract(db, db.clips, SMALL, tmp_path / "cache")
    assert (len(found), found.labels.shape, found.boxes.shape) == (0, (0,), (0, 4))
    assert len(found.failures) == 1
    assert len(extract(db, [], SMALL, tmp_path / "cache")) == 0


def test_rotated_msu_clip_is_cut_upright(tmp_path):
    clip = next(c for c in official_clips("msu") if c.subject == 3 and c.is_live and c.camera == "android")
    stored = two_tone(top=30, bottom=220)
    path = write_video(tmp_path / "msu-mfsd" / clip.path, [stored] * 2)
    # The face file holds upright coordinates: the bright half is on top.
    path.with_suffix(".face").write_text("0,0,0,64,20,0,0,0,0\n")
    db = open_database("msu", tmp_path, allow_partial=True)
    found = extract(db, [clip], FaceSettings(frames=1, size=20, margin=0), tmp_path / "cache")
    picture = found.batch([0])[0]
    assert picture[:10].mean() > 150
    assert found.boxes[0].tolist() == [0, 0, 64, 20]


def test_the_same_file_stored_upside_down_is_another_entry(tmp_path):
    clips = [c for c in official_clips("msu") if c.is_live and c.camera == "android" and c.subject in (2, 3)]
    for clip in clips:
        write_video(tmp_path / "msu-mfsd" / clip.path, [two_tone()] * 2)
        (tmp_path / "msu-mfsd" / clip.path).with_suffix(".face").write_text("0,0,0,64,48\n")
    db = open_database("msu", tmp_path, allow_partial=True)
    found = extract(db, clips, FaceSettings(frames=1, size=20, margin=0), tmp_path / "cache")
    tops = [picture[:8].mean() > 150 for picture in found.batch([0, 1])]
    assert dict(zip([clip.subject for clip in clips], tops)) == {2: True, 3: False}


def test_second_call_reads_nothing_but_the_cache(tmp_path, monkeypatch):
    db = replay(tmp_path)
    calls = []
    first = extract(db, db.clips, SMALL, tmp_path / "cache", lambda *at: calls.append(at))
    assert calls == [(0, 3), (1, 3), (2, 3), (3, 3)]
    calls.clear()
    monkeypatch.setattr(faces, "_make", None)
    second = extract(db, db.clips, SMALL, tmp_path / "cache", lambda *at: calls.append(at))
    assert calls == [(3, 3)]
    assert second.digest == first.digest
    assert (second.batch(range(12)) == first.batch(range(12))).all()


def test_settings_and_content_each_have_their_entry(tmp_path):
    db = replay(tmp_path, count=1)
    cache = tmp_path / "cache"
    one = extract(db, db.clips, SMALL, cache)
    other = extract(db, db.clips, FaceSettings(frames=4, size=32, margin=0.5), cache)
    assert one.digest != other.digest
    db.face_file(db.clips[0]).write_text("0 0 0 20 20\n")
    moved = extract(db, db.clips, SMALL, cache)
    assert moved.boxes[0].tolist() == [0, 0, 20, 20]
    assert one.digest != moved.digest
    assert len(list(cache.rglob("*.npy"))) == 3


def test_damaged_entry_is_redone(tmp_path):
    db = replay(tmp_path)
    first = extract(db, db.clips, SMALL, tmp_path / "cache")
    expected = first.batch(range(12))
    kept = sorted((tmp_path / "cache").rglob("*.npy"))
    kept[0].write_bytes(kept[0].read_bytes()[:100])
    kept[1].with_suffix(".json").write_text("{")
    calls = []
    again = extract(db, db.clips, SMALL, tmp_path / "cache", lambda *at: calls.append(at))
    assert calls[0] == (1, 3)
    assert calls[-1] == (3, 3)
    assert (again.batch(range(12)) == expected).all()
    assert again.digest == first.digest
    for path in kept:
        path.unlink()
    with pytest.raises(FasnbError, match="extract faces again"):
        again.batch([0])


def test_interruption_keeps_what_is_done(tmp_path, monkeypatch):
    db = replay(tmp_path)
    make, made = faces._make, []

    def interrupted(job):
        if made:
            raise KeyboardInterrupt
        made.append(job)
        return make(job)

    monkeypatch.setattr(faces, "_make", interrupted)
    with pytest.raises(KeyboardInterrupt):
        extract(db, db.clips, SMALL, tmp_path / "cache")
    monkeypatch.setattr(faces, "_make", make)
    calls = []
    found = extract(db, db.clips, SMALL, tmp_path / "cache", lambda *at: calls.append(at))
    assert calls[0] == (1, 3)
    assert len(found) == 12
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.name.startswith(".")]


@pytest.mark.parametrize("workers", [1, 2])
def test_corrupt_video_is_named_and_the_rest_is_kept(tmp_path, workers):
    db = replay(tmp_path)
    db.file(db.clips[-1]).write_bytes(b"no video")
    with pytest.raises(FasnbError, match=rf"{db.clips[-1].path} is damaged or not a video; replace it"):
        extract(db, db.clips, SMALL, tmp_path / "cache", workers=workers)
    if workers == 1:
        assert len(list((tmp_path / "cache").rglob("*.json"))) == 2


def test_workers_give_the_same_faces(tmp_path):
    db = replay(tmp_path, count=4)
    alone = extract(db, db.clips, SMALL, tmp_path / "one")
    calls = []
    shared = extract(db, db.clips, SMALL, tmp_path / "two", lambda *at: calls.append(at), workers=2)
    assert calls == [(n, 4) for n in range(5)]
    assert shared.digest == alone.digest
    assert (shared.batch(range(16)) == alone.batch(range(16))).all()
    with pytest.raises(UsageError, match="workers is 0"):
        extract(db, db.clips, SMALL, tmp_path / "two", workers=0)


def test_clips_of_the_same_content_share_an_entry(tmp_path):
    db = casia(tmp_path, [drawn_face()] * 2, [drawn_face()] * 2)
    calls = []
    found = extract(db, db.clips, SMALL, tmp_path / "cache", lambda *at: calls.append(at))
    assert calls == [(0, 2), (2, 2)]
    assert found.clip_index.tolist() == [0, 0, 1, 1]
    assert len(list((tmp_path / "cache").rglob("*.npy"))) == 1


def test_cache_folder_is_its_owners_only(tmp_path):
    (tmp_path / "cache" / "faces").mkdir(parents=True)
    os.chmod(tmp_path / "cache" / "faces", 0o755)
    db = replay(tmp_path, count=1)
    extract(db, db.clips, SMALL, tmp_path / "cache")
    for folder in ("faces", "faces/replay-attack"):
        assert stat.S_IMODE((tmp_path / "cache" / folder).stat().st_mode) == 0o700


def test_whole_frames_are_held_one_at_a_time(tmp_path, monkeypatch):
    alive, most = weakref.WeakSet(), 0
    plain = faces.video.frames

    class Picture(np.ndarray):
        """An array that can be referred to weakly and hashed by identity."""

        __hash__ = object.__hash__

        def __eq__(self, other):
            return self is other

    def watched(*args, **kwargs):
        nonlocal most
        for n, picture in plain(*args, **kwargs):
            copy = picture.view(Picture)
            alive.add(copy)
            most = max(most, len(alive))
            yield n, copy
            del copy, picture

    monkeypatch.setattr(faces.video, "frames", watched)
    db = replay(tmp_path, count=1, frames=20, rows=["10 16 8 32 32"])
    found = extract(db, db.clips, FaceSettings(frames=20, size=16), tmp_path / "cache")
    assert len(found) == 20
    assert 1 <= most <= 2


def test_what_kills_left_half_written_is_swept_once_nobody_can_be_writing_it(tmp_path):
    db, folder = replay(tmp_path), tmp_path / "cache" / "faces" / "replay-attack"
    folder.mkdir(parents=True)
    old, new = (folder / f"{atomic.PART}{name}.npy" for name in ("old", "new"))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1e9, 1e9))
    extract(db, db.clips, SMALL, tmp_path / "cache")
    assert [path.exists() for path in (old, new)] == [False, True]
