"""Photographs as people. The repository holds no real face: these are photographs of rendered people."""

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
from fasnb.simfas import cast, clips, colour, photographs, portrait, scene, tree, writer
from fasnb.simfas.people import Layers, Person, Pose
from fasnb.simfas.photographs import deal, groups, look
from fasnb.simfas.portrait import Portrait

LIGHT = scene.Light(*(np.full(3, v, np.float32) for v in (0.45, 0.4, 0.35, 0.5)), -0.4, 0.0, 100.0)
SIZES = ((431, 517), (700, 380), (301, 300))
ALL = tuple(layouts.SUBJECTS)


@pytest.fixture(scope="module")
def rendered() -> list[Layers]:
    return [Person(name, 0).render(Pose(), 192) for name in "abd"]


@pytest.fixture(scope="module")
def pictures(rendered: list[Layers]) -> list[np.ndarray]:
    """Pictures (H, W, 3) uint8 RGB of odd sizes."""
    found = []
    for layers, (width, height) in zip(rendered, SIZES):
        scale = min(width, height) / 192
        person = scene.figure(layers, LIGHT, scale, 100, 100)
        behind = np.full((height, width, 3), (0.5, 0.45, 0.4), np.float32)
        matrix = np.array(
            [[scale, 0, width / 2 - 96 * scale], [0, scale, height / 2 - 96 * scale], [0, 0, 1]]
        )
        found.append((colour.encode(scene.placed(person, matrix, behind)) * 255).astype(np.uint8))
    return found


@pytest.fixture(scope="module")
def portraits(pictures: list[np.ndarray]) -> list[Portrait]:
    found = []
    for picture in pictures:
        box = detector.detect(picture)
        assert box is not None
        found.append(Portrait(picture, box))
    return found


@pytest.fixture
def folder(pictures: list[np.ndarray], tmp_path: Path) -> Path:
    """Three people: a picture, a picture of another kind, and a sub-folder of two."""
    where = tmp_path / "faces"
    (where / "third").mkdir(parents=True)
    save(where / "first.PNG", pictures[0])
    save(where / "second.jpeg", pictures[1])
    save(where / "third/x.png", pictures[2])
    save(where / "third/y.bmp", pictures[2][:, ::-1])
    save(where / "third/z.png", pictures[0])
    (where / "notes.txt").write_text("not a picture")
    (where / ".first.png").write_bytes(b"hidden")
    return where


def save(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)


# --- pictures


def test_a_photographed_face_lies_where_a_rendered_one_does(
    portraits: list[Portrait], rendered: list[Layers]
) -> None:
    for one, other in zip(portraits, rendered):
        layers = one.render(Pose())
        np.testing.assert_allclose(layers.box, np.array(other.box) * 2, atol=0.04 * layers.box[2])
        np.testing.assert_allclose(layers.eyes, np.array(other.eyes) * 2, atol=0.03 * layers.box[2])
        box = detector.detect((colour.encode(scene.relit(layers, LIGHT)[..., :3]) * 255).astype(np.uint8))
        assert box is not None
        assert abs(box[0] + box[2] / 2 - layers.box[0] - layers.box[2] / 2) < 0.05 * layers.box[2]
        for name in ("key", "fill", "ambient"):
            assert getattr(layers, name).shape == (384, 384, 3)
            assert getattr(layers, name).dtype == np.float32
            assert getattr(layers, name).min() >= 0


def test_the_silhouette_is_the_rendered_one(portraits: list[Portrait], rendered: list[Layers]) -> None:
    for one, other in zip(portraits, rendered):
        truth = cv2.resize(other.alpha, (384, 384), interpolation=cv2.INTER_LINEAR) > 0.5
        found = one.render(Pose()).alpha > 0.5
        assert (truth & found).sum() / (truth | found).sum() > 0.85


def test_a_relit_photograph_keeps_its_colours_and_follows_the_light(
    portraits: list[Portrait], pictures: list[np.ndarray]
) -> None:
    face = np.s_[120:240, 140:245]
    for one, picture in zip(portraits, pictures):
        box = detector.detect(picture)
        assert box is not None
        square, _ = portrait.straightened(picture, box)
        own = colour.decode(square)[face].reshape(-1, 3)
        lit = scene.relit(one.render(Pose()), LIGHT)[face][..., :3].reshape(-1, 3)
        gain = float(colour.luminance(lit).mean() / colour.luminance(own).mean())
        assert 0.4 < gain < 2.5
        np.testing.assert_allclose(lit.mean(0), gain * own.mean(0), rtol=0.03)
        assert np.abs(lit / gain - own).mean() < 0.15 * own.mean()
        layers = one.render(Pose())
        left, right = layers.key[face][:, :50].mean(), layers.key[face][:, -50:].mean()
        assert left > 1.2 * right
        left, right = layers.fill[face][:, :50].mean(), layers.fill[face][:, -50:].mean()
        assert right > 1.2 * left


def test_a_blink_changes_the_eyes_and_nothing_else(portraits: list[Portrait]) -> None:
    for one in portraits:
        awake, asleep = one.render(Pose()), one.render(Pose(blink=1.0))
        change = np.abs(awake.ambient - asleep.ambient).max(axis=2)
        near = np.zeros((384, 384), bool)
        for x, y in awake.eyes:
            near[int(y) - 22 : int(y) + 14, int(x) - 22 : int(x) + 22] = True
            assert change[int(y) - 5 : int(y) + 5, int(x) - 10 : int(x) + 10].mean() > 0.02
        assert change[~near].max() == 0
        assert awake.eye_mask.sum() > 150
        assert asleep.eye_mask.sum() < 0.2 * awake.eye_mask.sum()


def test_a_turn_moves_the_middle_more_than_the_rim_and_leaves_the_shoulders() -> None:
    y, x = np.mgrid[0:384, 0:384]
    for pose, axis, at in ((Pose(yaw=8), 0, (177, 205)), (Pose(pitch=5), 1, (185, 192))):
        moved = ((x, y)[axis] - portrait.moved(pose)[axis]).astype(float)
        assert moved[at] > 7
        assert moved[at] > 2 * moved[177, 60] > 0
        assert np.abs(moved[350:]).max() == 0
        assert np.diff(portrait.moved(pose)[axis], axis=1 - axis).min() > 0.2  # nothing folds over
    x0, y0 = portrait.moved(Pose(roll=5))
    assert y0[159, 227] < 159 < y0[159, 157] + 1  # clockwise: the right eye goes down
    assert x0[60, 192] < 180


def test_boxes_and_eyes_move_with_the_face() -> None:
    for pose in (Pose(yaw=9), Pose(pitch=-5), Pose(yaw=-6, pitch=4, roll=3)):
        x, y = portrait.moved(pose)
        for home in [portrait.CENTRE, *portrait._eyes()]:
            there = portrait._place(pose, home)
            at = round(there[1]), round(there[0])
            assert abs(x[at] - home[0]) < 2.0
            assert abs(y[at] - home[1]) < 2.0


def test_what_sticks_out_beside_a_face_is_cut_off_and_hair_is_not() -> None:
    head = np.zeros((192, 192), np.uint8)
    cv2.ellipse(head, (96, 82), (40, 60), 0, 0, 360, 1, cv2.FILLED)
    shelf, hair = head.copy(), head.copy()
    shelf[90:96, 96:175] = 1
    hair[40:126, 45:147] = 1
    assert portrait._hanging(shelf)[:, 146:].max() == 0
    np.testing.assert_array_equal(portrait._hanging(hair), hair)
    assert portrait._hanging(shelf)[head == 1].min() == 1


def test_where_the_photograph_ends_the_person_goes_on(pictures: list[np.ndarray]) -> None:
    picture = pictures[2]
    box = detector.detect(picture)
    assert box is not None
    x, y, w, h = (round(v) for v in box)
    tight = np.ascontiguousarray(picture[y : y + h + 5, x : x + w])
    layers = Portrait(tight, (0, 0, w, h)).render(Pose(yaw=5))
    assert layers.alpha[170, 192] == 1
    assert layers.alpha[383, 192] == 1
    assert layers.alpha[:4].max() == 0
    assert layers.alpha[:250, :20].max() == 0


# --- folders


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
