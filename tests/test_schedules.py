"""Both schedules at every boundary, and as torch schedulers."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fasnb.errors import UsageError
from fasnb.schedules import eq28, eq30, two_drops, warmup_cosine

STUDENT = {"wait": 3000, "warmup": 3000, "total": 64_000}
TEACHER = {"wait": 0, "warmup": 3000, "total": 64_000}


@pytest.mark.parametrize(
    ("t", "expected"),
    [
        (0, 0.0),
        (2999, 0.0),
        (3000, 0.5),  # the warm-up is counted from step 0
        (4500, 0.75),
        (5999, 5999 / 6000),
        (6000, 1.0),
        (35_000, 0.5),  # half of the 58,000 steps that are left
        (63_999, 0.5 + 0.5 * math.cos(math.pi * 57_999 / 58_000)),
        (64_000, 0.0),
        (70_000, 0.0),
    ],
)
def test_eq28_of_the_student(t, expected):
    assert eq28(t, **STUDENT) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("t", "expected"),
    [(0, 0.0), (1, 1 / 3000), (2999, 2999 / 3000), (3000, 1.0), (33_500, 0.5), (64_000, 0.0)],
)
def test_eq28_of_the_teacher(t, expected):
    assert eq28(t, **TEACHER) == pytest.approx(expected, abs=1e-12)


def test_eq28_without_wait_or_warmup_starts_at_one():
    assert eq28(0, 0, 0, 10) == 1.0
    assert eq28(5, 0, 0, 10) == pytest.approx(0.5)
    assert eq28(0, 0, 0, 0) == 1.0  # nothing to divide by


@pytest.mark.parametrize(
    ("t", "expected"), [(0, 1.0), (199, 1.0), (200, 0.1), (1999, 0.1), (2000, 0.01), (9999, 0.01)]
)
def test_eq30(t, expected):
    assert eq30(t) == expected


@given(st.integers(0, 300), st.integers(0, 50), st.integers(0, 50), st.integers(101, 200))
def test_eq28_stays_between_0_and_1_and_falls_after_the_warm_up(t, wait, warmup, total):
    assert 0 <= eq28(t, wait, warmup, total) <= 1
    if t >= wait + warmup:
        assert eq28(t + 1, wait, warmup, total) <= eq28(t, wait, warmup, total)


def rates(optimizer, scheduler, steps):
    seen = []
    for _ in range(steps):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return seen


def sgd(lr):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def test_as_torch_schedulers():
    optimizer = sgd(0.05)
    seen = rates(optimizer, warmup_cosine(optimizer, 2, 2, 8), 9)
    cosine = [0.5 + 0.5 * math.cos(math.pi * p / 4) for p in range(5)]
    assert seen == pytest.approx([0.05 * f for f in [0, 0, 0.5, 0.75, *cosine]])
    optimizer = sgd(0.01)
    seen = rates(optimizer, two_drops(optimizer, 2, 4), 6)
    assert seen == pytest.approx([0.01, 0.01, 1e-3, 1e-3, 1e-4, 1e-4])


@pytest.mark.parametrize(("wait", "warmup", "total"), [(5, 5, 10), (-1, 0, 10), (0, -1, 10), (0, 0, 0)])
def test_schedules_without_room_are_refused(wait, warmup, total):
    with pytest.raises(UsageError, match="no room"):
        warmup_cosine(sgd(0.1), wait, warmup, total)


def test_drops_out_of_order_are_refused():
    with pytest.raises(UsageError, match="in order"):
        two_drops(sgd(0.1), 10, 5)
