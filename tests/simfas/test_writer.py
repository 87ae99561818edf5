"""Trees on disk: official names, containers, face files, prefixes, resuming, refusals."""

import json
import resource
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from fasnb import layouts
from fasnb.errors import FasnbError, UsageError
from fasnb.simfas import cast, simulate, tree, writer
from fasnb.simfas import clips as sim
from tests.simfas import plain

Keep = Callable[[layouts.Clip], bool]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[Keep], None]:
    """Makes people cheap and cuts every scale down to the clips that a test names, with 2, 3 and 5 frames."""
    monkeypatch.setattr(cast, "Person", plain.Person)
    sim._stranger_take.cache_clear()
    for name, count in (("smoke", 2), ("lite", 3), ("full", 5)):
        monkeypatch.setitem(layouts.FRAMES, name, count)
    whole = layouts.official_clips

    def cut(keep: Keep) -> None:
        kept = {db: [c for c in whole(db) if keep(c)] for db in layouts.DATABASES}
        monkeypatch.setattr(tree, "clips_of", lambda database, scale: kept[database])

    return cut


def client1(clip: layouts.Clip) -> bool:
    return (
        clip.database == "replay-attack"
        and clip.subject == 1
        and (clip.is_live or clip.attack == "mobile_video")
    )


def frames_of(path: Path) -> list[np.ndarray]:
    reader, found = cv2.VideoCapture(str(path)), []
    while True:
        ok, picture = reader.read()
        if not ok:
            return found
        found.append(picture)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.suffix != ".json"
    }


@pytest.mark.parametrize(("suffix", "codec"), [("mov", "jpeg"), ("avi", "XVID"), ("mp4", "mp4v")])
def test_containers_read_back(tmp_path: Path, suffix: str, codec: str) -> None:
    x = np.linspace(30, 220, 96, dtype=np.uint8)
    pictures = [
        np.stack([np.tile(x, (64, 1)), np.full((64, 96), 40 * n + 60), np.tile(x[::-1], (64, 1))], -1).astype(
            np.uint8
        )
        for n in range(4)
    ]
    path = tmp_path / f"deep/er/clip.{suffix}"
    writer.write_video(path, pictures, codec, 25.0)
    back = frames_of(path)
    assert len(back) == 4
    for one, two in zip(pictures, back):
        assert np.abs(one.astype(float) - two[..., ::-1]).mean() < 6
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    # A longer video starts with the same bits.
    writer.write_video(tmp_path / f"short.{suffix}", pictures[:2], codec, 25.0)
    np.testing.assert_array_equal(frames_of(tmp_path / f"short.{suffix}"), back[:2])


def test_codecs_of_the_tables_cover_every_clip() -> None:
    for database in layouts.DATABASES:
        for clip in layouts.official_clips(database, enroll=True):
            domain = sim.Subject(writer.DOMAINS[database], clip.subject, cast.Cast(0)).domain
            assert clip.path.rsplit(".", 1)[1] in domain.codecs
            assert clip.camera in domain.cameras
            assert clip.camera in domain.face
            assert clip.light in domain.lights
            assert clip.light in domain.styles
            assert clip.is_live or domain.attacks[clip.attack].source in domain.sources


def test_replay_tree(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(client1)
    told: list[tuple[int, int, str]] = []
    counts = simulate(tmp_path, "smoke", 3, ["replay"], 1, lambda *args: told.append(args))
    assert counts == {"replay-attack": 8}
    assert [(done, total) for done, total, _ in told] == [(n, 8) for n in range(1, 9)]
    root = tmp_path / "replay-attack"
    marker = json.loads((root / "SIMULATED.json").read_text())
    assert {k: marker[k] for k in ("seed", "scale", "frames", "complete")} == {
        "seed": 3, "scale": "smoke", "frames": 2, "complete": True,
    }  # fmt: skip
    assert not (root / "SIMULATING.json").exists()
    for _, _, path in told:
        pictures = frames_of(root / path)
        assert [p.shape for p in pictures] == [(240, 320, 3)] * 2
        rows = (root / "face-locations" / path).with_suffix(".face").read_text().split("\n")
        number, x, y, w, h = map(int, rows[0].split())
        assert number == 0
        assert 60 < w < 160
        assert 0 < x < 320 - w
        assert 0 < y < 240 - h
    assert simulate(tmp_path, "smoke", 3, ["replay"], 1, pytest.fail) == counts  # nothing left to do


def test_some_face_rows_are_missing_but_never_the_first() -> None:
    clip = layouts.official_clips("replay-attack")[0]
    shots = [sim.Frame(np.zeros((2, 2, 3), np.uint8), (5, 6, 7, 8), ((0, 0), (1, 1)))] * 2000
    rows = tree.face_rows(clip, shots, np.random.default_rng(0)).splitlines()
    assert rows[0] == "0 5 6 7 8"
    assert 1900 < len(rows) < 2000
    assert any(row.endswith(" 0 0 0 0") for row in rows)


def test_msu_tree(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(
        lambda c: c.database == "msu-mfsd" and c.subject == 3 and (c.is_live or c.attack == "printed_photo")
    )
    simulate(tmp_path, "smoke", 0, ["msu"], 1)
    root = tmp_path / "msu-mfsd"
    assert (root / "train_sub_list.txt").read_bytes().startswith(b"02\r\n03\r\n05\r\n")
    assert (root / "test_sub_list.txt").read_bytes().endswith(b"50\r\n51\r\n")
    live = root / "scene01/real/real_client003_android_SD_scene01.mp4"
    rows = live.with_suffix(".face").read_text().splitlines()
    values = [float(v) for v in rows[0].split(",")]
    assert len(values) == 9
    left, top, right, bottom, ax, ay, bx, by = values[1:]
    assert left < ax < bx < right
    assert top < ay < bottom
    assert ay == pytest.approx(by, abs=8)
    # The stored picture is upside down, the face file is not: the head is darker where the row mirrored says.
    picture = frames_of(live)[0]
    assert picture.shape == (480, 720, 3)
    clip = next(c for c in layouts.official_clips("msu-mfsd") if c.path == str(live.relative_to(root)))
    upright = next(sim.frames(clip, sim.Subject(writer.DOMAINS["msu-mfsd"], 3, cast.Cast(0)), 1)).picture
    assert np.abs(picture[::-1, ::-1, ::-1].astype(float) - upright).mean() < 5
    assert np.abs(picture[..., ::-1].astype(float) - upright).mean() > 10
    laptop = frames_of(root / "scene01/real/real_client003_laptop_SD_scene01.mov")
    assert laptop[0].shape == (480, 640, 3)


def test_casia_tree_has_no_face_files(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(lambda c: c.path in ("train_release/1/6.avi", "train_release/1/2.avi"))
    simulate(tmp_path, "smoke", 0, ["casia"], 1)
    root = tmp_path / "casia-fasd"
    assert set(files(root)) == {"train_release/1/2.avi", "train_release/1/6.avi"}
    assert [p.shape for p in frames_of(root / "train_release/1/6.avi")] == [(480, 640, 3)] * 2


@pytest.mark.parametrize(
    ("code", "who", "blinks"),
    [
        ("2", "casia-fasd/1", True),  # live
        ("4", "casia-fasd/1", False),  # a bent photograph
        ("6", "casia-fasd/attacker-train-1", True),  # the attacker behind the holes
        ("6", "casia-fasd/1", False),  # the cut photograph itself
        ("8", "casia-fasd/1", True),  # a replayed video
    ],
)
def test_who_blinks(small: Callable[[Keep], None], code: str, who: str, blinks: bool) -> None:
    small(lambda clip: True)
    plain.Person.drawn.clear()
    clip = next(c for c in layouts.official_clips("casia-fasd") if c.path == f"train_release/1/{code}.avi")
    assert len(list(sim.frames(clip, sim.Subject(writer.DOMAINS["casia-fasd"], 1, cast.Cast(0)), 8))) == 8
    poses = [pose for key, pose in plain.Person.drawn if key == who]
    assert poses
    assert any(pose.blink == 1 for pose in poses) == blinks


def test_scales_are_prefixes_and_reruns_are_identical(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(client1)
    for scale in layouts.SCALES:
        simulate(tmp_path / scale, scale, 0, ["replay"], 1)
    simulate(tmp_path / "again", "smoke", 0, ["replay"], 1)
    smoke = files(tmp_path / "smoke")
    assert smoke == files(tmp_path / "again")
    simulate(tmp_path / "seed", "smoke", 1, ["replay"], 1)
    assert files(tmp_path / "seed") != smoke
    for name in smoke:
        if name.endswith(".mov"):
            first = frames_of(tmp_path / "smoke" / name)
            for scale, count in (("lite", 3), ("full", 5)):
                longer = frames_of(tmp_path / scale / name)
                assert len(longer) == count
                np.testing.assert_array_equal(longer[:2], first)
        else:
            assert (tmp_path / "full" / name).read_bytes().startswith(smoke[name].rstrip(b"\n"))


def test_a_clip_does_not_depend_on_its_siblings(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(client1)
    simulate(tmp_path / "all", "smoke", 0, ["replay"], 1)
    small(lambda c: client1(c) and "attack/hand" in c.path)
    simulate(tmp_path / "some", "smoke", 0, ["replay"], 1)
    whole = files(tmp_path / "all")
    some = files(tmp_path / "some")
    assert some
    assert some == {name: whole[name] for name in some}


def test_interrupted_runs_go_on(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(client1)
    simulate(tmp_path / "whole", "smoke", 0, ["replay"], 1)

    def stop(done: int, total: int, path: str) -> None:
        if done == 3:
            raise KeyboardInterrupt

    out = tmp_path / "stopped"
    with pytest.raises(FasnbError, match="again to go on"):
        simulate(out, "smoke", 0, ["replay"], 1, stop)
    root = out / "replay-attack"
    assert not (root / "SIMULATED.json").exists()
    assert len(list(root.rglob("*.mov"))) == 3
    (root / "train/real/.clip-abc123.mov").parent.mkdir(parents=True, exist_ok=True)
    (root / "train/real/.clip-abc123.mov").write_bytes(b"half")  # as a kill leaves it
    redone: list[str] = []
    simulate(out, "smoke", 0, ["replay"], 1, lambda done, total, path: redone.append(path))
    assert len(redone) == 5
    assert files(root) == files(tmp_path / "whole/replay-attack")


@pytest.mark.parametrize(("scale", "seed"), [("lite", 0), ("smoke", 1)])
def test_other_simulations_are_refused(
    small: Callable[[Keep], None], tmp_path: Path, scale: str, seed: int
) -> None:
    small(lambda c: client1(c) and c.is_live)
    simulate(tmp_path, "smoke", 0, ["replay"], 1)
    before = files(tmp_path)
    with pytest.raises(FasnbError, match=r"another simulation.*remove the folder"):
        simulate(tmp_path, scale, seed, ["replay"], 1)
    assert files(tmp_path) == before


def test_folders_of_others_are_refused(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(client1)
    (tmp_path / "replay-attack").mkdir()
    (tmp_path / "replay-attack/precious.txt").write_text("mine")
    with pytest.raises(FasnbError, match="not a simulation"):
        simulate(tmp_path, "smoke", 0, ["replay"], 1)
    assert files(tmp_path) == {"replay-attack/precious.txt": b"mine"}


def test_damaged_marker(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(client1)
    (tmp_path / "replay-attack").mkdir()
    (tmp_path / "replay-attack/SIMULATED.json").write_text("{")
    with pytest.raises(FasnbError, match="damaged"):
        simulate(tmp_path, "smoke", 0, ["replay"], 1)


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="huge"):
        simulate(tmp_path, "huge", 0)
    with pytest.raises(UsageError, match="nuaa"):
        simulate(tmp_path, "smoke", 0, ["nuaa"])
    assert not list(tmp_path.iterdir())


def test_unwritable_folder(small: Callable[[Keep], None], tmp_path: Path) -> None:
    small(client1)
    (tmp_path / "file").write_text("")
    with pytest.raises(FasnbError, match=r"another (output )?folder"):
        simulate(tmp_path / "file", "smoke", 0, ["replay"], 1)


def test_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    pictures = list(np.random.default_rng(0).integers(0, 255, (6, 96, 128, 3), dtype=np.uint8))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))  # the system refuses to write on
    try:
        with pytest.raises(FasnbError, match="free space"):
            writer.write_video(tmp_path / "a.mov", pictures, "jpeg", 25.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_enrolment_clips_belong_to_full_scale_only() -> None:
    counts = {scale: len(tree.clips_of("replay-attack", scale)) for scale in layouts.SCALES}
    assert counts["lite"] == 1200
    assert counts["full"] == 1300
    assert len(tree.clips_of("casia-fasd", "full")) == 600


def test_processes_write_the_same_bits(
    small: Callable[[Keep], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small(
        lambda c: (
            c.database == "replay-attack" and c.subject in (1, 2) and c.path.endswith("controlled_1.mov")
        )
    )
    monkeypatch.undo()  # worker processes render the real people
    clips = [
        c
        for c in layouts.official_clips("replay-attack")
        if c.subject in (1, 2) and c.path.endswith("controlled_1.mov")
    ]
    monkeypatch.setattr(tree, "clips_of", lambda database, scale: clips)
    monkeypatch.setitem(layouts.FRAMES, "smoke", 1)
    told: list[str] = []
    simulate(tmp_path / "two", "smoke", 0, ["replay"], 2, lambda done, total, path: told.append(path))
    simulate(tmp_path / "one", "smoke", 0, ["replay"], 1)
    assert sorted(told) == [c.path for c in clips]
    assert files(tmp_path / "two") == files(tmp_path / "one")
