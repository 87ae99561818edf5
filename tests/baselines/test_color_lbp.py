import cv2
import numpy as np
import pytest
from skimage.feature import local_binary_pattern

from fasnb import metrics, profiles
from fasnb.baselines.color_lbp import BINS, PLANES, SIDE, ColorLbp, build, histograms, lbp
from fasnb.errors import FasnbError
from tests.test_training import ToyFaces, quiet, some


def planes(face):
    return histograms(face).reshape(PLANES, BINS)


def test_a_constant_picture_falls_into_one_bin_per_plane():
    found = planes(np.full((SIDE, SIDE, 3), 120, np.uint8))
    # Every neighbour is as bright as the middle: all bits set. The rim alone may see the dark outside.
    all_set = local_binary_pattern(np.full((3, 3), 120, np.uint8), 8, 1, "nri_uniform")[1, 1]
    assert (found.argmax(axis=1) == all_set).all()
    assert (found.max(axis=1) >= ((SIDE - 2) / SIDE) ** 2 - 1e-6).all()


def test_a_plane_of_one_bright_pixel_by_hand():
    """Three by three pixels: all around the middle is darker."""
    plane = np.zeros((3, 3), np.uint8)
    plane[1, 1] = 100
    found = lbp(plane)
    none_set = local_binary_pattern(plane, 8, 1, "nri_uniform")[1, 1]
    assert found[int(none_set)] == pytest.approx(1 / 9)
    assert found.sum() == pytest.approx(1)


def test_histograms_sum_to_one_whatever_the_size():
    rng = np.random.default_rng(0)
    for shape in ((SIDE, SIDE, 3), (256, 256, 3), (30, 50, 3)):
        found = histograms(rng.integers(0, 256, shape, np.uint8))
        assert found.shape == (BINS * PLANES,)
        assert found.dtype == np.float32
        assert found.reshape(PLANES, BINS).sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_a_pattern_of_three_by_three_pixels_by_hand():
    """Bits count counter-clockwise from the right, 1 where the neighbour is at least the middle."""
    plane = np.array([[9, 9, 9], [0, 5, 0], [0, 0, 0]], np.uint8)  # only the upper three are brighter
    ring = [plane[1, 2], plane[0, 2], plane[0, 1], plane[0, 0], plane[1, 0], plane[2, 0], plane[2, 1],
            plane[2, 2]]  # fmt: skip
    plain = sum(1 << bit for bit, value in enumerate(ring) if value >= 5)
    assert plain == 0b00001110
    # Diagonal neighbours are taken between pixels, at distance 1; here that changes no bit.
    assert local_binary_pattern(plane, 8, 1, "default")[1, 1] == plain


def test_the_planes_are_hue_saturation_value_and_luma_and_chroma():
    rng = np.random.default_rng(1)
    face = rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    value = cv2.cvtColor(face, cv2.COLOR_RGB2HSV)[..., 2]
    luma = cv2.cvtColor(face, cv2.COLOR_RGB2YCrCb)[..., 0]
    for number, plane in ((2, value), (3, luma)):
        codes = local_binary_pattern(plane, 8, 1, "nri_uniform").astype(int)
        assert planes(face)[number] == pytest.approx(np.bincount(codes.ravel(), minlength=BINS) / SIDE**2)


def test_it_learns_what_can_be_separated_and_says_probabilities():
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], 30)
    x = rng.normal(0, 0.1, (60, 354))
    x[labels == 1, 5] += 1
    scores = ColorLbp().fit(x, labels).score(x)
    assert ((scores > 0) & (scores < 1)).all()
    assert scores[labels == 1].min() > scores[labels == 0].max()
    again = ColorLbp().fit(x, labels).score(x)
    assert (scores == again).all()


def test_a_single_class_is_refused():
    with pytest.raises(FasnbError, match="live and attack faces"):
        ColorLbp().fit(np.zeros((4, 354)), np.ones(4))


def test_a_black_picture_gets_a_finite_score():
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (6, SIDE, SIDE, 3), np.uint8)
    x = np.stack([histograms(face) for face in faces])
    black = histograms(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert np.isfinite(black).all()
    assert np.isfinite(ColorLbp().fit(x, [1, 0, 1, 0, 1, 0]).score(black[None])).all()


def test_the_compared_method_learns_the_toy(tmp_path):
    method = build(profiles.SMOKE, 0, None)
    method.fit(ToyFaces(some("casia-fasd", "train", 6, 6), 2), tmp_path, quiet)
    assert len(method.tensors()["mean"]) == BINS * PLANES
    rng = np.random.default_rng(5)
    noise = rng.integers(0, 120, (8, 96, 96, 3))
    live, attack = (noise + 100).astype(np.uint8), noise.astype(np.uint8)
    trained = ToyFaces(some("casia-fasd", "train", 6, 6), 2)
    scores = method.score(trained.batch(np.arange(len(trained))))
    assert metrics.auc(scores, trained.labels) > 0.9
    flat = np.stack([np.full((96, 96, 3), grey, np.uint8) for grey in (0, 120, 255)])
    for pictures in (live, attack, flat):
        p = method.score(pictures)
        assert p.dtype == np.float32
        assert ((p >= 0) & (p <= 1)).all()


def test_the_compared_method_refuses_a_single_class(tmp_path):
    with pytest.raises(FasnbError, match="two live and two attack"):
        build(profiles.SMOKE, 0, None).fit(ToyFaces(some("casia-fasd", "train", 0, 4), 1), tmp_path, quiet)
