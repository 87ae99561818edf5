import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb import detector
from fasnb.detector import crop, detect, usable
from fasnb.errors import FasnbError
from tests.tiny import drawn_face


def scene(*places, height=480, width=640):
    """A grey picture with drawn faces pasted at (left, top, size)."""
    picture = np.full((height, width, 3), 120, np.uint8)
    for left, top, size in places:
        picture[top : top + size, left : left + size] = drawn_face(size)
    return picture


def test_a_blank_picture_has_no_face():
    assert detect(np.full((240, 320, 3), 128, np.uint8)) is None


@pytest.mark.parametrize(("height", "width"), [(240, 320), (480, 640), (960, 1280)])
def test_a_drawn_face_is_found_at_any_size(height, width):
    size, left, top = height // 2, width // 4, height // 4
    x, y, w, h = detect(scene((left, top, size), height=height, width=width))
    assert abs(x + w / 2 - (left + size / 2)) < 0.15 * size
    assert abs(y + h / 2 - (top + size / 2)) < 0.15 * size
    assert 0.5 < w / size < 1


def test_the_largest_face_is_taken():
    x, _, w, _ = detect(scene((20, 20, 160), (300, 120, 300)))
    assert x > 300
    assert w > 160


def test_the_cascade_is_asked_for_when_missing(monkeypatch):
    monkeypatch.setattr(detector, "CASCADE", "none.xml")
    detector._cascade.cache_clear()
    with pytest.raises(FasnbError, match=r"none\.xml: .* install opencv-python-headless"):
        detect(np.zeros((100, 100, 3), np.uint8))
    detector._cascade.cache_clear()


def test_crop_is_the_square_of_one_and_a_quarter_box_sides():
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[..., 0] = np.arange(200)[:, None]  # red tells the row
    picture[..., 1] = np.arange(200)[None, :]  # green the column
    # Box centre (90, 100), longer side 80 -> square of side 100 from (40, 50).
    square = crop(picture, (60, 60, 60, 80), margin=0.125, size=100)
    assert (square == picture[50:150, 40:140]).all()


def test_crop_repeats_the_edge():
    picture = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    square = crop(picture, (-10, 30, 20, 20), margin=0, size=20)
    assert (square[:10, 10:] == picture[30:40, 0:10]).all()
    assert (square[:10, :10] == picture[30:40, :1]).all()
    assert (square[10:, 10:] == picture[39:, 0:10]).all()


@given(
    st.tuples(*[st.floats(-100, 200)] * 2, *[st.floats(0.1, 300)] * 2),
    st.floats(0, 1),
    st.sampled_from([1, 16, 33]),
)
def test_crops_always_have_the_size_and_the_range_of_the_picture(box, margin, size):
    picture = np.full((60, 80, 3), (10, 100, 200), np.uint8)
    square = crop(picture, box, margin, size)
    assert square.shape == (size, size, 3)
    assert square.dtype == np.uint8
    assert (square == picture[0, 0]).all()


def test_usable_boxes():
    picture = np.zeros((100, 200, 3), np.uint8)
    assert usable((10, 10, 50, 50), picture)
    assert usable((-20, 10, 50, 50), picture)
    assert not usable((-60, 10, 50, 50), picture)
    assert not usable((10, 90, 50, 50), picture)
    assert not usable((-300, -300, 800, 800), picture)
    assert not usable((10, 10, 0, 0), picture)
