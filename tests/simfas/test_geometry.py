import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb.simfas import geometry

small = st.floats(-30, 30)


def test_a_similarity_carries_its_point_and_scales_distances():
    m = geometry.similarity((10, 20), (100, 50), 2.0, 90)
    a, b = geometry.apply(m, np.array([[10, 20], [13, 20]]))
    assert a == pytest.approx([100, 50])
    assert b == pytest.approx([100, 56])  # turned clockwise: right becomes down


@given(small, small)
def test_a_tilt_keeps_its_centre_and_is_undone_by_its_inverse(yaw, pitch):
    m = geometry.tilt(yaw, pitch, 500)
    assert geometry.apply(m, np.array([[0.0, 0.0]]))[0] == pytest.approx([0, 0])
    points = np.array([[30.0, -20.0], [5.0, 40.0]])
    assert geometry.apply(np.linalg.inv(m), geometry.apply(m, points)) == pytest.approx(points, abs=1e-6)


def test_the_near_side_of_a_turned_plane_looks_larger():
    m = geometry.tilt(20, 0, 300)
    left, right = np.abs(geometry.apply(m, np.array([[-100.0, 0.0], [100.0, 0.0]]))[:, 0])
    assert right > left  # yaw turns the right side towards the camera


def test_a_flat_sheet_maps_each_pixel_to_itself():
    maps = geometry.plane_maps(np.eye(3), 4, 3, 0, (0, 0))
    assert maps.shape == (3, 4, 2)
    assert maps[2, 3] == pytest.approx([3, 2])


def test_a_bent_sheet_is_narrower_than_a_flat_one():
    maps = geometry.plane_maps(geometry.shift(50, 0), 101, 3, 0.01, (0.0, 0.0))
    assert maps[1, 50, 0] == pytest.approx(0, abs=1e-4)  # the middle stays
    assert maps[1, 100, 0] == pytest.approx(np.arcsin(0.5) / 0.01, rel=1e-4)  # 50 px of chord, 52.4 of paper


def test_a_turned_face_has_a_box_of_the_same_size_about_the_same_place():
    turn = geometry.similarity((5, 7), (50, 70), 2.0, 20)
    assert geometry.moved_box(turn, (0, 0, 10, 14)) == pytest.approx((40, 56, 20, 28))


def test_the_box_of_a_leaning_face_has_the_area_that_the_face_has():
    lean = geometry.shift(300, 200) @ geometry.tilt(30, 0, 800)
    corners = np.array([[-10, -15], [10, -15], [10, 15], [-10, 15]])
    u, v = geometry.apply(lean, corners).T
    area = 0.5 * abs(np.dot(u, np.roll(v, 1)) - np.dot(v, np.roll(u, 1)))
    x, y, w, h = geometry.moved_box(lean, (-10, -15, 20, 30))
    assert w * h == pytest.approx(area, rel=0.002)
    assert (x + w / 2, y + h / 2) == pytest.approx((300, 200))


def test_bounds_hold_all_four_corners():
    turn = geometry.similarity((0, 0), (0, 0), 1.0, 90)
    assert geometry.bounds(turn, (0, 0, 2, 1)) == pytest.approx((-1, 0, 1, 2))


def test_the_box_of_a_shifted_box():
    assert geometry.moved_box(geometry.shift(3, -2), (1, 2, 10, 20)) == pytest.approx((4, 0, 10, 20))
