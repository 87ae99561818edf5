"""The plain step computes what `meta.mpl_step` does: networks, losses, gradients, update, average."""

import copy

import pytest
import torch

from fasnb import augment, meta, networks, schedules
from fasnb.bench import plain
from fasnb.semisup import Batch, SemiConfig
from fasnb.state import Learner, State

CONFIG = SemiConfig(tau=0.0, sigma=0.1, ramp=0)
LR = 0.05
NORM = torch.nn.BatchNorm2d


def batch(n=6, side=16):
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(2 * n, 3, side, side, generator=generator)
    y = torch.arange(n) % 2
    views = [augment.weak(x[:n], generator), augment.weak(x, generator), augment.strong(x, generator)]
    return Batch(views[0], y, views[1], views[2])


def both(autocast=False, dtype=torch.float32, **options):
    """Our state and the plain one, on the same weights."""
    torch.manual_seed(0)
    pair = [networks.build("wrn-10-1", bn_momentum=0.1).to(dtype) for _ in range(2)]
    theirs = plain.Plain(*copy.deepcopy(pair), CONFIG, LR, 100, seed=3, **options)
    learners = [
        Learner(n.to(memory_format=torch.channels_last), LR, lambda o: schedules.warmup_cosine(o, 0, 0, 100))
        for n in pair
    ]
    return State(*learners, seed=3, autocast=autocast), theirs


def gradients(network):
    return torch.cat([p.grad.flatten().double() for p in network.parameters()])


def steps(state, theirs, count=1):
    b = batch()
    b = Batch(*(v.to(next(theirs.teacher.parameters()).dtype) if v.is_floating_point() else v for v in
                (b.x_lb, b.y_lb, b.weak(), b.strong())))  # fmt: skip
    for _ in range(count):
        ours = meta.mpl_step(state, b, CONFIG)["loss"]
        reference = theirs.step(b.x_lb, b.y_lb, b.weak(), b.strong())
    return ours, reference


def assert_same(state, theirs, tolerance):
    for a, b in ((state.teacher.network, theirs.teacher), (state.student.network, theirs.student)):
        difference, length = (gradients(a) - gradients(b)).norm(), gradients(b).norm()
        assert difference <= tolerance * length
        assert length > 0.01


def test_with_the_weak_view_as_a_batch_of_its_own_two_steps_are_equal():
    """In float64, so that only a different formula could differ; batch-norm in training mode."""
    state, theirs = both(dtype=torch.float64, own_batch_for_weak=True)
    ours, reference = steps(state, theirs, 2)
    torch.testing.assert_close(ours, reference, rtol=1e-10, atol=0)
    assert_same(state, theirs, 1e-8)
    for a, b in zip(state.average.network.parameters(), theirs.average.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


def test_float32_and_channels_last_change_rounding_only():
    state, theirs = both(own_batch_for_weak=True)
    ours, reference = steps(state, theirs)
    torch.testing.assert_close(ours, reference, rtol=1e-5, atol=0)
    assert_same(state, theirs, 1e-4)


def test_batch_norm_is_the_only_difference_of_one_batch_for_all_views():
    """Frozen, one batch and two give the same; with the statistics of the batch they do not."""
    state, theirs = both(dtype=torch.float64)
    for network in (state.teacher.network, state.student.network, theirs.teacher, theirs.student):
        for module in network.modules():
            if isinstance(module, NORM):
                module.eval()
    ours, reference = steps(state, theirs)
    torch.testing.assert_close(ours, reference, rtol=1e-10, atol=0)
    assert_same(state, theirs, 1e-8)
    ours, reference = steps(*both(dtype=torch.float64))
    assert abs(ours - reference) > 1e-6


def test_bfloat16_errs_no_more_than_the_plain_step_itself_would_in_bfloat16(monkeypatch):
    """Some 8 % of these short gradients' length, 8 bits as it has. Labels are given: no draw may tip over."""
    monkeypatch.setattr(meta, "pseudo_labels", lambda z, kind, generator: torch.arange(len(z)) % 2)
    state, theirs = both(autocast=True, own_batch_for_weak=True)
    ours, reference = steps(state, theirs)
    torch.testing.assert_close(ours, reference, rtol=0.02, atol=0)
    _, rounded = both(own_batch_for_weak=True)
    b = batch()
    with torch.autocast("cpu", torch.bfloat16):
        rounded.step(b.x_lb, b.y_lb, b.weak(), b.strong())
    exact = gradients(theirs.teacher)
    error = (gradients(rounded.teacher) - exact).norm() / exact.norm()
    assert error < 0.15
    assert_same(state, theirs, 1.5 * error)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_of_pairs_less_the_first(workers):
    x, y = torch.full((8, 3, 16, 16), 255, dtype=torch.uint8), torch.arange(8)
    loaders = (
        plain.batches(x, y, 2, 3, workers // 2, False),
        plain.batches(x, None, 4, 3, workers // 2, False),
    )
    for _ in range(2):  # workers that stay serve a second epoch
        pairs = list(plain.filled(loaders))
        assert len(pairs) == 2
        (x_lb, y_lb), (x_w, x_s) = pairs[0]
        assert (x_lb == 1).all()  # white stays white when shifted
        assert x_lb.shape == (2, 3, 16, 16)
        assert y_lb.shape == (2,)
        assert (x_w == 1).all()
        assert x_w.shape == x_s.shape == (4, 3, 16, 16)
        assert (x_s != 1).any()
