"""PLGF: the masks, a value worked out by hand, and the two properties it is used for."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fasnb.errors import UsageError
from fasnb.plgf import EPS, SIZES, VARIANTS, masks, network_input, plgf, unit_range


def image(seed: int, low: float = 0.2, high: float = 0.8) -> torch.Tensor:
    return low + (high - low) * torch.rand(1, 1, 9, 9, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("k", SIZES)
def test_quadrant_masks_are_odd_and_sum_to_zero(k):
    both = masks(k)
    assert torch.equal(both, -both.flip(1, 2))
    assert both.sum((1, 2)).abs().max() < 1e-12
    assert torch.equal(both[0], both[1].T)  # x and y are the same mask, transposed


def test_masks_of_three_by_hand():
    a = 1 / (2 * math.sqrt(2))  # cos 45 degrees over a squared distance of 2
    expected = torch.tensor([[-a, 0, a], [-1, 0, 1], [-a, 0, a]], dtype=torch.float64)
    assert torch.allclose(masks(3), torch.stack((expected, expected.T)), atol=1e-15)
    literal = masks(3, "literal")
    assert torch.allclose(literal[0], expected.abs(), atol=1e-15)
    folded = torch.tensor([[a, -1, -a], [0, 0, 0], [-a, 1, a]], dtype=torch.float64)
    assert torch.allclose(literal[1], folded, atol=1e-15)


def test_centre_of_three_by_three_by_hand():
    grey = torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]])
    a = 1 / (2 * math.sqrt(2))
    fx = a * (0.3 - 0.1) + (0.6 - 0.4) + a * (0.9 - 0.7)
    fy = a * (0.7 - 0.1) + (0.8 - 0.2) + a * (0.9 - 0.3)
    assert plgf(grey)[1, 1].item() == pytest.approx(math.atan(math.hypot(fx, fy) / 0.5), abs=1e-6)


def test_border_repeats_the_edge():
    ramp = torch.tensor([[0.2, 0.4, 0.8]]).expand(3, 3)
    a = 1 / (2 * math.sqrt(2))
    expected = math.atan((1 + 2 * a) * (0.4 - 0.2) / 0.2)  # left of column 0 stands column 0 again
    assert plgf(ramp)[:, 0] == pytest.approx([expected] * 3, abs=1e-6)


@pytest.mark.parametrize("k", SIZES)
def test_constant_maps_to_zero_and_literally_does_not(k):
    flat = torch.full((2, 3, 16, 16), 0.37)
    assert plgf(flat, k).abs().max() < 1e-6
    assert plgf(flat, k, "literal").min() > 1.2  # near pi / 2: saturated


@pytest.mark.parametrize("variant", VARIANTS)
@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), c=st.floats(0.05, 1.2), k=st.sampled_from(SIZES))
def test_light_cancels(variant, seed, c, k):
    x = image(seed)
    assert torch.allclose(plgf(c * x, k, variant), plgf(x, k, variant), atol=2e-6)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000), k=st.sampled_from(SIZES), variant=st.sampled_from(VARIANTS))
def test_range(seed, k, variant):
    x = image(seed, 0, 1).round() if seed % 2 else image(seed, 0, 1)
    out = plgf(x, k, variant)
    assert out.dtype == torch.float32
    assert out.min() >= 0
    assert out.max().double() < math.pi / 2


def test_epsilon_stands_in_for_black():
    point = torch.zeros(3, 3)
    assert torch.equal(plgf(point), torch.zeros(3, 3))
    point[1, 2] = 0.5
    assert plgf(point)[1, 1].item() == pytest.approx(math.atan(0.5 / EPS), abs=1e-6)
    assert plgf(point, eps=0.1)[1, 1].item() == pytest.approx(math.atan(5), abs=1e-6)


def test_bytes_channels_and_batches():
    x = torch.randint(0, 256, (2, 3, 12, 10), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    whole = plgf(x)
    assert whole.shape == x.shape
    assert torch.allclose(whole, plgf(x.float() / 255), atol=1e-6)
    assert torch.allclose(whole[1, 2], plgf(x[1, 2]), atol=1e-6)  # no channel leaks into another
    assert plgf(x[:0]).shape == (0, 3, 12, 10)


def test_does_not_write_to_its_input():
    x = image(1, 0, 1)
    before = x.clone()
    plgf(x)
    network_input(x)
    assert torch.equal(x, before)


def test_network_input_is_the_map_over_a_right_angle():
    x = image(3, 0, 1)
    assert torch.allclose(network_input(x), plgf(x) / (math.pi / 2), atol=1e-6)
    assert network_input(x).max() < 1


def test_unit_range():
    assert torch.equal(unit_range(torch.tensor([0, 255], dtype=torch.uint8)), torch.tensor([0.0, 1.0]))
    assert unit_range(torch.tensor([0.25], dtype=torch.float64)).dtype == torch.float32


def test_unknown_settings_are_refused():
    x = torch.ones(3, 3)
    with pytest.raises(UsageError, match="size 4"):
        plgf(x, 4)
    with pytest.raises(UsageError, match="polar"):
        plgf(x, 3, "polar")
    with pytest.raises(UsageError, match="positive"):
        plgf(x, eps=0)
