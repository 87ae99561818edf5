"""Folders of photographs: who is in them, to which split each goes, what bad ones get."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fasnb import detector, layouts
from fasnb.__main__ import main
from fasnb.errors import FasnbError, UsageError
from fasnb.simfas import cast, clips, photographs, tree, writer
from fasnb.simfas.people import Pose
from fasnb.simfas.photographs import deal, groups, look
from tests.simfas.pictures import save

ALL = tuple(layouts.SUBJECTS)


def test_people_of_a_folder(folder: Path) -> None:
    found = photographs.candidates(folder)
    assert {name: len(paths) for name, paths in found.items()} == {
        "first.PNG": 1, "second.jpeg": 1, "third": 3,
    }  # fmt: skip
    told: list[str] = []
    faces = look(folder, ["casia-fasd"], 0, told.append)
    assert told == ["3 people play 50 subjects; nobody plays in two databases or in two splits of one"]
    assert faces.count("casia-fasd") == 3
    assert faces == look(folder, ["casia-fasd"], 0) == pickle.loads(pickle.dumps(faces))
    both = next(shots for _, shots in faces.dealt if "third" in str(shots[0].path))
    assert [shot.path.name for shot in both] == ["x.png", "y.bmp"]
    key = next(key for key, shots in faces.dealt if shots == both)
    one, other = (faces.render(key, take)(Pose()).ambient for take in (0, 1))
    assert np.abs(one - other).mean() > 0.001
    people = cast.Cast(0, None, faces)
    assert people.person(key, 1)(Pose()).key.dtype == np.float16
    hash(people)


def test_the_digest_follows_the_content(folder: Path, pictures: list[np.ndarray]) -> None:
    before = look(folder, ["casia-fasd"], 0)
    (folder.parent / "elsewhere").symlink_to(folder)
    again = look(folder.parent / "elsewhere", ["casia-fasd"], 0)
    assert again.digest("casia-fasd") == before.digest("casia-fasd")
    assert len({look(folder, ["casia-fasd"], seed).digest("casia-fasd") for seed in range(6)}) > 1
    save(folder / "first.PNG", pictures[0][1:])
    assert look(folder, ["casia-fasd"], 0).digest("casia-fasd") != before.digest("casia-fasd")
    key = next(key for key, shots in before.dealt if shots[0].path.name == "first.PNG")
    photographs._portrait.cache_clear()
    with pytest.raises(FasnbError, match=r"first\.PNG has changed"):
        before.render(key, 0)
    (folder / "first.PNG").unlink()
    with pytest.raises(FasnbError, match=r"first\.PNG"):
        before.render(key, 0)


def test_orientation_and_depth(tmp_path: Path, pictures: list[np.ndarray]) -> None:
    turned = Image.fromarray(np.rot90(pictures[0]).copy())
    exif = turned.getexif()
    exif[0x0112] = 6  # to be turned clockwise
    turned.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(photographs.read(tmp_path / "a.png")[1], pictures[0])
    deep = pictures[0][..., 0].astype(np.uint16) << 8
    Image.fromarray(deep).save(tmp_path / "b.png")
    np.testing.assert_array_equal(photographs.read(tmp_path / "b.png")[1][..., 1], deep >> 8)


# --- dealing


@given(st.integers(0, 200), st.lists(st.sampled_from(ALL), min_size=1, unique=True))
def test_nobody_is_in_two_groups(count: int, databases: list[str]) -> None:
    wanted = groups(databases)
    if count < len(wanted):
        with pytest.raises(FasnbError, match=rf"{len(wanted)} people are needed.* {count} found"):
            deal(range(count), databases)
        return
    dealt = deal(range(count), databases)
    assert dealt == deal(range(count), databases)
    seen: set[int] = set()
    for name, split in wanted:
        subjects = layouts.SUBJECTS[name][split]
        playing = {dealt[f"{name}/{subject}"] for subject in subjects}
        strangers = {dealt[f"{name}/attacker-{split}-{n}"] for n in range(clips.ATTACKERS)}
        assert strangers <= playing
        assert not playing & seen
        seen |= playing
    subjects = sum(len(layouts.SUBJECTS[name][split]) for name, split in wanted)
    assert len(seen) == min(count, subjects)


def test_big_splits_get_more_people() -> None:
    dealt = deal(range(21), ["casia-fasd", "replay-attack", "msu-mfsd"])
    sizes = {
        (name, split): len({dealt[f"{name}/{n}"] for n in subjects})
        for name in ("casia-fasd", "replay-attack", "msu-mfsd")
        for split, subjects in layouts.SUBJECTS[name].items()
    }
    assert sum(sizes.values()) == 21
    assert max(sizes, key=lambda group: sizes[group]) == ("casia-fasd", "test")


# --- folders that cannot be used


def damaged(where: Path) -> None:
    (where / "torn.jpg").write_bytes(b"\xff\xd8\xff\xe0 torn")


def truncated(where: Path) -> None:
    save(where / "torn.jpg", np.zeros((64, 64, 3), np.uint8))
    (where / "torn.jpg").write_bytes((where / "torn.jpg").read_bytes()[:-60])


def enormous(where: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(where / "huge.png")


def pipe(where: Path) -> None:
    os.mkfifo(where / "pipe.png")


def faceless(where: Path) -> None:
    save(where / "grey.png", np.full((90, 120, 3), 128, np.uint8))


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (damaged, "torn.jpg: damaged, or not a picture"),
        (truncated, "torn.jpg: damaged, or not a picture"),
        (enormous, "huge.png: too large a picture"),
        (pipe, "pipe.png: no regular file"),
        (faceless, "grey.png: no face found"),
    ],
)
def test_unusable_pictures(make: Callable[[Path], None], line: str, tmp_path: Path, folder: Path) -> None:
    make(folder)
    told: list[str] = []
    assert look(folder, ["casia-fasd"], 0, told.append).count("casia-fasd") == 3
    assert any(line in text and "passed over" in text for text in told)
    alone = tmp_path / "alone"
    alone.mkdir()
    make(alone)
    with pytest.raises(FasnbError, match=r"alone: no face in any of 1 pictures"):
        look(alone, ["casia-fasd"], 0)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_picture_that_may_not_be_read(folder: Path) -> None:
    (folder / "first.PNG").chmod(0)
    told: list[str] = []
    look(folder, ["casia-fasd"], 0, told.append)
    assert any("first.PNG: Permission denied" in text for text in told)


def test_unusable_folders(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match="not a folder"):
        look(tmp_path / "none", ["casia-fasd"], 0)
    with pytest.raises(UsageError, match="not a folder"):
        look(folder / "notes.txt", ["casia-fasd"], 0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FasnbError, match="holds no picture"):
        look(tmp_path / "empty", ["casia-fasd"], 0)
    with pytest.raises(FasnbError, match=r"faces: 7 people are needed.*3 found"):
        look(folder, layouts.DATABASES, 0)


# --- from the command to the video


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """One subject of CASIA-FASD: a live clip, a cut photograph and a replayed video, two frames each."""
    kept = [
        c
        for c in layouts.official_clips("casia-fasd")
        if c.path in {f"train_release/1/{n}.avi" for n in "268"}
    ]
    monkeypatch.setitem(layouts.FRAMES, "smoke", 2)
    monkeypatch.setattr(tree, "clips_of", lambda database, scale: kept)
    monkeypatch.setattr(cast, "Person", lambda *args: pytest.fail("rendered"))
    clips._stranger_take.cache_clear()


@pytest.mark.usefixtures("small")
def test_simulating_photographed_people(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], pictures: list[np.ndarray]
) -> None:
    out = tmp_path / "out"
    command = ["simulate", "--out", str(out), "--scale", "smoke", "--databases", "casia", "--workers", "1"]
    assert main([*command, "--faces", str(folder)]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert any("consent" in line for line in lines)
    assert any(line.startswith("3 people play 50 subjects") for line in lines)
    root = out / "casia-fasd"
    assert json.loads((root / tree.DONE).read_text())["faces"] == 3
    for number in "268":
        ok, picture = cv2.VideoCapture(str(root / f"train_release/1/{number}.avi")).read()
        assert ok
        box = detector.detect(picture[..., ::-1].copy())
        assert box is not None, number
        assert 110 < box[2] < 240
    # The same again is nothing to do; other faces, or rendered people, are another simulation.
    assert main([*command, "--faces", str(folder)]) == 0
    save(folder / "first.PNG", pictures[0][1:])
    capsys.readouterr()
    assert main([*command, "--faces", str(folder)]) == 1
    assert "another simulation" in capsys.readouterr().err
    assert main(command) == 1


@pytest.mark.parametrize(("name", "code"), [("none", 2), ("empty", 1)])
def test_the_command_refuses_in_one_line(
    name: str, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    faces = str(tmp_path / name)
    assert main(["simulate", "--out", str(out), "--scale", "smoke", "--faces", faces]) == code
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"fasnb: {faces}")
    assert not out.exists()


def test_an_unknown_scale_comes_before_the_photographs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="huge"):
        writer.simulate(tmp_path / "out", "huge", 0, faces=tmp_path / "none")
