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


def test_the_box_of_a_shifted_box():
    assert geometry.moved_box(geometry.shift(3, -2), (1, 2, 10, 20)) == pytest.approx((4, 0, 10, 20))
