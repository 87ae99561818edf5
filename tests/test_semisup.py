"""Supervised, PL and PL+UDA: losses worked out by hand, then steps on a problem that can be learned."""

import math

import pytest
import torch
from torch import nn

from fasnb.errors import UsageError
from fasnb.meta import mpl_step
from fasnb.networks import build
from fasnb.schedules import warmup_cosine
from fasnb.semisup import (
    Batch,
    SemiConfig,
    confidence_mask,
    consistency_loss,
    floats,
    pl_step,
    pseudo_label_loss,
    ramp,
    sharpen,
    smoothed_cross_entropy,
    supervised_step,
    uda_step,
)
from fasnb.state import Learner, State


def logits(*probabilities: float) -> torch.Tensor:
    """Two-class logits with these probabilities of class 1."""
    p = torch.tensor(probabilities)
    return torch.stack((1 - p, p), 1).log()


def test_smoothed_cross_entropy_by_hand():
    z, y = logits(0.8, 0.3), torch.tensor([1, 0])
    plain = -(math.log(0.8) + math.log(0.7)) / 2
    assert smoothed_cross_entropy(z, y).item() == pytest.approx(plain)
    smoothed = (
        -(0.925 * math.log(0.8) + 0.075 * math.log(0.2) + 0.925 * math.log(0.7) + 0.075 * math.log(0.3)) / 2
    )
    assert smoothed_cross_entropy(z, y, 0.15).item() == pytest.approx(smoothed)
    soft = -(0.6 * math.log(0.8) + 0.4 * math.log(0.2))
    assert smoothed_cross_entropy(z[:1], torch.tensor([[0.4, 0.6]])).item() == pytest.approx(soft)


def test_sharpen_by_hand():
    q = sharpen(logits(0.8), 0.5)
    assert q[0, 1].item() == pytest.approx(0.64 / (0.64 + 0.04))
    assert torch.allclose(sharpen(logits(0.3), 1.0), torch.tensor([[0.7, 0.3]]))
    assert not sharpen(logits(0.3).requires_grad_(), 0.7).requires_grad


def test_confidence_mask_includes_the_threshold():
    q = torch.tensor([[0.5, 0.5], [0.25, 0.75], [0.9, 0.1]])
    assert confidence_mask(q, 0.75).tolist() == [0, 1, 1]
    assert confidence_mask(q, 0).tolist() == [1, 1, 1]


def test_pseudo_label_loss_by_hand():
    loss, confident = pseudo_label_loss(logits(0.9, 0.2, 0.55, 0.41), 0.6)
    assert loss.item() == pytest.approx(-(math.log(0.9) + math.log(0.8)) / 4)
    assert confident.item() == 0.5


def test_consistency_loss_by_hand():
    z_s, z_w = logits(0.6, 0.5), logits(0.8, 0.52)
    q = 0.8**2 / (0.8**2 + 0.2**2)
    loss, confident = consistency_loss(z_s, z_w, 0.5, 0.9)
    assert loss.item() == pytest.approx(-(q * math.log(0.6) + (1 - q) * math.log(0.4)) / 2)
    assert confident.item() == 0.5


def test_consistency_moves_the_strong_view_only():
    z_s, z_w = logits(0.6).requires_grad_(), logits(0.9).requires_grad_()
    loss, _ = consistency_loss(z_s, z_w, 0.7, 0.0)
    loss.backward()
    assert z_w.grad is None
    assert z_s.grad[0, 1] < 0  # towards class 1, which the weak view sees


def test_without_confidence_there_is_no_loss_and_no_gradient():
    z = logits(0.55, 0.45).requires_grad_()
    loss, confident = pseudo_label_loss(z, 0.9)
    loss.backward()
    assert loss.item() == confident.item() == 0
    assert z.grad.abs().max() == 0


@pytest.mark.parametrize(
    ("t", "steps", "expected"), [(0, 10, 0.1), (8, 10, 0.9), (9, 10, 1), (99, 10, 1), (0, 0, 1)]
)
def test_ramp(t, steps, expected):
    assert ramp(t, steps) == pytest.approx(expected)


# Steps, on two clouds of points: class 1 above 0, class 0 below; the strong view adds noise.


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.hidden = nn.Linear(4, 8)
        self.fc = nn.Linear(8, 2)

    def forward(self, x):
        return self.fc(torch.relu(self.hidden(self.norm(x))))


def make_state(seed: int = 0, student: bool = False, lr: float = 0.05) -> State:
    torch.manual_seed(seed)
    learners = [Learner(Net(), lr, lambda o: warmup_cosine(o, 0, 0, 1000)) for _ in range(2)]
    return State(learners[0], learners[1] if student else None, seed=seed)


def clouds(n: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    y = torch.randint(0, 2, (n,), generator=generator)
    return (2 * y[:, None] - 1) + torch.randn(n, 4, generator=generator), y


def make_batch(generator: torch.Generator, n: int = 16) -> Batch:
    x_lb, y_lb = clouds(n, generator)
    x, _ = clouds(n, generator)
    return Batch(x_lb, y_lb, x, x + 0.5 * torch.randn(n, 4, generator=generator))


# The weight of 8 needs a long ramp: reached within ten steps it draws everything into one class.
CONFIG = SemiConfig(ramp=10, lambda_u=1)


@pytest.mark.parametrize("step", [supervised_step, pl_step, uda_step, mpl_step])
def test_every_method_learns(step):
    generator = torch.Generator().manual_seed(0)
    state = make_state(student=True) if step is mpl_step else make_state()
    x, y = clouds(400, generator)

    def error() -> float:
        with torch.no_grad():
            return nn.functional.cross_entropy(state.average.network(x), y).item()

    before = error()
    logs = [floats(step(state, make_batch(generator), CONFIG)) for _ in range(120)]
    first, last = (sum(log["labelled"] for log in part) / 10 for part in (logs[:10], logs[-10:]))
    assert last < 0.9 * first
    assert error() < 0.5 * before
    assert ((state.average.network(x).argmax(1) == y).float().mean()) > 0.9
    assert state.step == state.average.updates == 120


def test_steps_report_what_they_minimise():
    generator = torch.Generator().manual_seed(1)
    batch, weights = make_batch(generator), SemiConfig(ramp=4, lambda_pl=3.0, lambda_u=5.0)
    log = floats(supervised_step(make_state(), batch, weights))
    assert log["loss"] == log["labelled"]
    log = floats(pl_step(make_state(), batch, weights))
    assert log["loss"] == pytest.approx(log["labelled"] + 3 * log["pseudo"] / 4)
    log = floats(uda_step(make_state(), batch, weights))
    assert log["loss"] == pytest.approx(
        log["labelled"] + (3 * log["pseudo"] + 5 * log["consistency"]) / 4, rel=1e-5
    )
    assert log["pseudo"] > 0
    assert log["consistency"] > 0


def test_a_step_is_sgd_on_its_loss():
    batch = make_batch(torch.Generator().manual_seed(2))
    torch.manual_seed(0)
    network = Net()
    state = State(
        Learner(network, 0.1, lambda o: warmup_cosine(o, 0, 0, 9), momentum=0, nesterov=False, weight_decay=0)
    )
    reference = Net()
    reference.load_state_dict(network.state_dict())
    z = reference(torch.cat((batch.x_lb, batch.x_ulb_w, batch.x_ulb_s)))
    z_lb, z_w, z_s = z.split(16)
    loss = smoothed_cross_entropy(z_lb, batch.y_lb, 0.15)
    loss = loss + pseudo_label_loss(z_w, 0.6)[0] + 8 * consistency_loss(z_s, z_w, 0.7, 0.6)[0]
    loss.backward()
    uda_step(state, batch, SemiConfig(ramp=0, lambda_u=8))
    for moved, parameter in zip(network.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(moved, parameter - 0.1 * parameter.grad, atol=1e-6)


@pytest.mark.parametrize("step", [supervised_step, pl_step, uda_step, mpl_step])
def test_bfloat16_agrees_with_float32(step):
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(24, 3, 16, 16, generator=generator)
    batch = Batch(x[:8], torch.arange(8) % 2, x[8:16], x[16:])
    logs, moves = [], []
    for autocast in (False, True):
        torch.manual_seed(0)
        learners = [
            Learner(build("wrn-10-1", bn_momentum=0.1), 0.01, lambda o: warmup_cosine(o, 0, 0, 9))
            for _ in range(2)
        ]
        state = State(learners[0], learners[1] if step is mpl_step else None, autocast=autocast)
        before = nn.utils.parameters_to_vector(learners[0].network.parameters()).detach()
        # The most likely label, confident or not: neither may hang on the last bit.
        logs.append(floats(step(state, batch, SemiConfig(ramp=1, tau=0, pseudo_label="argmax"))))
        moves.append(nn.utils.parameters_to_vector(learners[0].network.parameters()).detach() - before)
    for name, value in logs[0].items():
        assert logs[1][name] == pytest.approx(value, rel=0.02, abs=0.01)
    assert torch.cosine_similarity(*moves, dim=0) > 0.99
    assert not torch.equal(*moves)


def test_same_seed_same_run():
    runs = []
    for _ in range(2):
        generator = torch.Generator().manual_seed(0)
        state = make_state(student=True)
        for _ in range(5):
            mpl_step(state, make_batch(generator), CONFIG)
        runs.append(state.tensors())
    assert all(torch.equal(value, runs[1][key]) for key, value in runs[0].items())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"feedback": "up"}, "feedback"),
        ({"pseudo_label": "hard"}, "pseudo_label"),
        ({"baseline": "mean"}, "baseline"),
        ({"tau": 1.5}, "tau"),
        ({"sigma": -0.1}, "sigma"),
        ({"ema": 2}, "ema"),
        ({"temperature": 0}, "temperature"),
        ({"mu": 0}, "mu"),
        ({"ramp": -1}, "ramp"),
        ({"lambda_u": -8}, "weights"),
        ({"tau": math.nan}, "tau"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        SemiConfig(**settings)


def test_missing_views_are_named():
    x_lb, y_lb = clouds(4, torch.Generator().manual_seed(0))
    with pytest.raises(UsageError, match="weak view"):
        pl_step(make_state(), Batch(x_lb, y_lb), CONFIG)
    with pytest.raises(UsageError, match="strong view"):
        uda_step(make_state(), Batch(x_lb, y_lb, x_lb), CONFIG)
