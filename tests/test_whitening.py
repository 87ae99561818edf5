import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fasnb import whitening


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def smooth(n=64, side=24, seed=0):
    """Pictures whose neighbours agree: wide blots, a little noise."""
    x = torch.randn(n, 3, side, side, generator=generator(seed))
    blots = F.avg_pool2d(F.pad(x, (4,) * 4, mode="reflect"), 9, stride=1)
    return 2 * blots + 0.05 * x


def answers(weight, x):
    """Filters' answers at every third place, (filters, places)."""
    return F.conv2d(x.double(), weight.double(), stride=3).transpose(0, 1).flatten(1)


def test_of_one_pixel_by_hand():
    # Independent channels of variance 4, 1 and 0: divided by 2, by 1 and by the floor.
    x = torch.tensor([[2, 1, 0], [2, -1, 0], [-2, 1, 0], [-2, -1, 0]]).float().view(4, 3, 1, 1)
    eps = 1e-6
    expected = torch.diag(torch.tensor([4 + eps, 1 + eps, eps], dtype=torch.float64).rsqrt())
    torch.testing.assert_close(whitening.whitening(x, 1, eps), expected)


@settings(max_examples=10)
@given(st.integers(0, 1000), st.sampled_from([1, 16, 27, 40]))
def test_answers_are_uncorrelated_and_of_one_size(seed, many):
    conv, x = nn.Conv2d(3, many, 3, bias=False), smooth(seed=seed)
    whitening.whiten(conv.weight, x, generator(seed))
    a = answers(conv.weight, x)
    covariance = torch.cov(a).view(many, many)
    alone = covariance[:27, :27]  # beyond as many as a window has values, filters repeat directions
    assert alone.diagonal().min() > 0.9
    assert alone.diagonal().max() < 1.001
    assert (alone - torch.diag(alone.diagonal())).abs().max() < 0.1


def test_fine_texture_counts_where_random_filters_hear_brightness_alone():
    x = smooth()
    fine = x - F.avg_pool2d(F.pad(x, (1,) * 4, mode="replicate"), 3, stride=1)
    drawn, conv = nn.Conv2d(3, 16, 3, bias=False), nn.Conv2d(3, 16, 3, bias=False)
    whitening.whiten(conv.weight, x, generator())

    def share(weight):
        return (answers(weight, fine).var(1) / answers(weight, x).var(1)).mean()

    assert share(conv.weight.data) > 3 * share(drawn.weight.data)


def test_a_function_of_the_pictures_and_the_draws():
    first, second, other = (nn.Conv2d(3, 16, 3, bias=False) for _ in range(3))
    for conv, seed in ((first, 1), (second, 1), (other, 2)):
        whitening.whiten(conv.weight, smooth(), generator(seed))
    assert torch.equal(first.weight, second.weight)
    assert not torch.allclose(first.weight, other.weight)


def test_last_digits_of_linear_algebra_do_not_show(monkeypatch):
    exact, eigh = nn.Conv2d(3, 16, 3, bias=False), torch.linalg.eigh
    whitening.whiten(exact.weight, smooth(), generator())

    def shaken(matrix):
        values, v = eigh(matrix)
        return values * (1 + 1e-14 * torch.randn_like(values)), v * (1 + 1e-14 * torch.randn_like(v))

    monkeypatch.setattr(torch.linalg, "eigh", shaken)
    for _ in range(20):
        conv = nn.Conv2d(3, 16, 3, bias=False)
        whitening.whiten(conv.weight, smooth(), generator())
        assert torch.equal(conv.weight, exact.weight)


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_pictures_of_one_colour_give_finite_filters(value):
    conv = nn.Conv2d(3, 16, 3, bias=False)
    whitening.whiten(conv.weight, torch.full((2, 3, 12, 12), value), generator())
    assert conv.weight.isfinite().all()
    assert conv.weight.abs().max() <= (1 / whitening.EPS) ** 0.5
