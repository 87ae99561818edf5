"""Both descriptors by hand and beside their definitions, written out."""

import cv2
import numpy as np
import pytest

from fasnb import profiles
from fasnb.baselines import color_texture
from fasnb.baselines.color_lbp import planes
from fasnb.baselines.color_texture import coalbp, lpq, lpq_codes, plus_codes
from fasnb.errors import FasnbError
from tests.test_training import ToyFaces, quiet, some

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (20, 24), np.uint8)


def test_a_pattern_of_four_neighbours_by_hand():
    #                up 9
    plane = np.array([[0, 9, 0], [5, 5, 6], [0, 1, 0]], np.uint8)  # left 5, right 6, down 1 around 5
    assert plus_codes(plane).tolist() == [[0b0011]]  # right and up are brighter; left is only equal


def test_pairs_of_patterns_by_hand():
    """One bright pixel in a dark plane of 5 x 5: its four neighbours have a bit each, in codes of 3 x 3."""
    plane = np.zeros((5, 5), np.uint8)
    plane[2, 2] = 100
    assert plus_codes(plane).tolist() == [[0, 8, 0], [1, 0, 4], [0, 2, 0]]
    right, down, diagonal, anti = coalbp(plane).reshape(4, 16, 16)
    assert right[0, 0] == pytest.approx(2 / 3)  # two columns apart: rows 0 and 2 pair zeros
    assert right[1, 4] == pytest.approx(1 / 3)  # row 1 pairs the left neighbour with the right one
    assert down[8, 2] == pytest.approx(1 / 3)
    assert diagonal[0, 0] == anti[0, 0] == 1  # corner with corner alone


def test_pairs_are_those_of_the_definition():
    codes = plus_codes(NOISE)
    expected = np.zeros((4, 16, 16))
    for d, (dy, dx) in enumerate([(0, 2), (2, 0), (2, 2), (2, -2)]):
        for y, x in np.ndindex(codes.shape):
            if 0 <= y + dy < codes.shape[0] and 0 <= x + dx < codes.shape[1]:
                expected[d, codes[y, x], codes[y + dy, x + dx]] += 1
    expected /= expected.sum(axis=(1, 2), keepdims=True)
    assert coalbp(NOISE) == pytest.approx(expected.ravel())


def test_phases_are_those_of_the_definition():
    half, a = 3, 1 / 7
    codes = lpq_codes(NOISE)
    assert codes.shape == (14, 18)
    for y, x in [(0, 0), (5, 7), (13, 17)]:
        window = NOISE[y : y + 7, x : x + 7].astype(float)
        rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
        f = [
            (window * np.exp(-2j * np.pi * (u * columns + v * rows))).sum()
            for u, v in ((a, 0), (0, a), (a, a), (a, -a))
        ]
        bits = [part >= 0 for part in [*np.real(f), *np.imag(f)]]
        assert codes[y, x] == sum(1 << k for k, bit in enumerate(bits) if bit)


def test_a_wave_has_the_phase_it_was_made_with():
    """I = 128 + 100 cos(2 pi (x + s) / 7): F along x has the angle 2 pi s / 7 where x is a whole wave."""
    x = np.arange(30)
    for shift, real, imaginary in ((0.1, 1, 1), (1.9, 0, 1), (-1.5, 1, 0), (-3.4, 0, 0)):
        plane = np.rint(128 + 100 * np.cos(2 * np.pi * (x + shift) / 7))[None].repeat(9, 0).astype(np.uint8)
        at = lpq_codes(plane)[0, 14 - 3]  # codes begin at x = 3
        assert (at & 1, at >> 4 & 1) == (real, imaginary)


@pytest.mark.parametrize("grey", [0, 120, 255])
def test_a_constant_plane_falls_into_one_bin_of_each_table(grey):
    plane = np.full((64, 64), grey, np.uint8)
    assert np.flatnonzero(coalbp(plane)).tolist() == [0, 256, 512, 768]  # nothing is brighter than its middle
    assert np.flatnonzero(lpq(plane)).tolist() == [255]  # all responses are 0, which is at least 0


def test_blur_that_is_even_on_all_sides_leaves_phases_alone():
    smooth = cv2.GaussianBlur(RNG.integers(0, 256, (64, 64), np.uint8), (0, 0), 2)
    sharp = cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)
    changed = lpq_codes(sharp) ^ lpq_codes(cv2.blur(sharp, (3, 3)))
    assert np.unpackbits(changed.astype(np.uint8)).mean() < 0.05


def test_a_face_is_described_plane_by_plane_whatever_its_size():
    for shape in ((64, 64, 3), (256, 256, 3), (30, 50, 3)):
        face = RNG.integers(0, 256, shape, np.uint8)
        found = color_texture.describe(face)
        assert found.shape == (7680,)
        assert found.dtype == np.float32
        parts = found.reshape(6, 1280)
        assert parts[:, :1024].reshape(6, 4, 256).sum(2) == pytest.approx(1, abs=1e-5)
        assert parts[:, 1024:].sum(1) == pytest.approx(1, abs=1e-5)
        saturation = planes(face)[1]
        assert parts[1] == pytest.approx(np.concatenate([coalbp(saturation), lpq(saturation)]), abs=1e-6)


def test_brightness_alone_changes_nothing():
    plane = RNG.integers(0, 120, (64, 64), np.uint8)
    assert (coalbp(plane) == coalbp(plane * 2)).all()
    assert (plus_codes(plane) == plus_codes(plane + 50)).all()
    assert (lpq_codes(plane) == lpq_codes(plane + 50)).mean() > 0.99


def test_a_black_and_a_constant_picture_get_a_score(tmp_path):
    method = color_texture.build(profiles.SMOKE, 0, None)
    method.fit(ToyFaces(some("casia-fasd", "train", 6, 6), 1), tmp_path, quiet)
    flat = np.stack([np.full((96, 96, 3), grey, np.uint8) for grey in (0, 120, 255)])
    scores = method.score(flat)
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_single_class_is_refused(tmp_path):
    with pytest.raises(FasnbError, match="two live and two attack"):
        color_texture.build(profiles.SMOKE, 0, None).fit(
            ToyFaces(some("casia-fasd", "train", 4, 0), 1), tmp_path, quiet
        )
