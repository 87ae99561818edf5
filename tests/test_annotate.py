import numpy as np
import pytest
from PIL import Image

from fasnb import annotate
from fasnb.annotate import Drawer, check, drawn
from fasnb.errors import FasnbError, UsageError
from fasnb.metrics import Threshold
from fasnb.sources import Frame, Source
from tests.pair import face_picture, no_face

BOX = (100.0, 80.0, 90.0, 90.0)
AT = Threshold(0.5, "casia train", "EER")


def rgb(colour):
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def has(picture, colour):
    return bool((picture == rgb(colour)).all(axis=2).any())


@pytest.mark.parametrize(
    ("live", "colour"), [(0.5, annotate.LIVE), (0.49, annotate.ATTACK), (None, annotate.NONE)]
)
def test_the_colour_follows_the_decision(live, colour):
    picture = no_face()
    found = drawn(picture, BOX if live is not None else None, live, 0.5)
    assert found.shape == picture.shape
    assert {c: has(found, c) for c in (annotate.LIVE, annotate.ATTACK, annotate.NONE)} == {
        c: c == colour for c in (annotate.LIVE, annotate.ATTACK, annotate.NONE)
    }
    assert (picture == 120).all()  # the input is not drawn on


def test_the_box_is_drawn_where_the_face_is():
    changed = (drawn(no_face(), BOX, 0.9, 0.5) != 120).any(axis=2)
    assert changed[80:171, 100].all()
    assert changed[80:171, 190].all()
    assert not changed[90:160, 110:180].any()
    assert not changed[175:].any()


def test_colours_are_those_of_the_plots():
    from fasnb import plots

    assert (annotate.LIVE, annotate.ATTACK, annotate.NONE) == (plots.LIVE, plots.RED, plots.GREY)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 2000, 3)])
def test_tiny_pictures_can_be_drawn_on(shape):
    assert drawn(np.zeros(shape, np.uint8), None, None, 0.5).shape == shape


def test_files_are_numbered_whole_and_beside_nothing_else(tmp_path):
    draw = Drawer(tmp_path / "out", AT)
    still, clip = Source("a", tmp_path / "a.png"), Source("b", tmp_path / "b.mp4")
    draw(0, still, Frame(None, no_face()), BOX, 0.7)
    draw(11, clip, Frame(0, no_face()), None, None)
    draw(12, Source("camera 0", camera=0), Frame(10, no_face()), BOX, 0.2)
    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["0001-a.jpg", "0012-b-frame000000.jpg", "0013-camera-0-frame000010.jpg"]
    assert draw.written == 3
    with Image.open(tmp_path / "out" / names[0]) as image:
        assert image.size == (320, 240)


def test_a_folder_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(FasnbError, match="cannot write"):
        Drawer(tmp_path / "out", AT)(0, Source("a", tmp_path / "a.png"), Frame(None, no_face()), None, None)


def test_inputs_are_never_drawn_over(tmp_path, monkeypatch):
    path = face_picture(tmp_path / "in" / "0001-a.jpg")
    monkeypatch.chdir(tmp_path)
    for folder, names in (
        (tmp_path / "in", ["in"]),
        (tmp_path / "in", [str(path)]),
        (tmp_path / "in" / "out", ["in"]),
        (tmp_path, ["."]),
    ):
        with pytest.raises(UsageError, match="choose another folder to draw in"):
            check(folder, names)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    with pytest.raises(UsageError):
        check(tmp_path / "link", ["in"])
    check(tmp_path / "out", ["in", str(path), "0", "absent.png"])
