"""Meta pseudo labels: the feedback against the exact gradient, and the faults it avoids."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from fasnb import gradient_check, meta
from fasnb.errors import UsageError
from fasnb.meta import IMPROVED, ORIGINAL, feedback, lesson, mpl_step, pseudo_labels, teacher_term
from fasnb.networks import build
from fasnb.schedules import warmup_cosine
from fasnb.semisup import Batch, SemiConfig, floats, smoothed_cross_entropy
from fasnb.state import Learner, State


def constant(optimizer):
    return LambdaLR(optimizer, lambda t: 1.0)


def make_state(student_schedule=constant, student_lr: float = 0.05, autocast: bool = False) -> State:
    torch.manual_seed(0)
    teacher, student = (build("wrn-10-1", bn_momentum=0.1) for _ in range(2))
    return State(
        Learner(teacher, 0.05, constant), Learner(student, student_lr, student_schedule), autocast=autocast
    )


def make_batch(n: int = 8) -> Batch:
    x = torch.rand(3 * n, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    return Batch(x[:n], torch.arange(n) % 2, x[n : 2 * n], x[2 * n :])


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_sampled_labels_follow_the_exact_gradient():
    for row in gradient_check.gradient_table():
        if row.pseudo_label == "sampled":
            sign = 1 if row.feedback == "old_minus_new" else -1
            assert sign * row.cosine > 0.999
            assert row.length == pytest.approx(1, abs=1e-9)


def test_soft_labels_feed_nothing_back():
    rows = [row for row in gradient_check.gradient_table() if row.pseudo_label == "soft"]
    assert len(rows) == 18
    assert all(row.length < 1e-12 and row.cosine != row.cosine for row in rows)


def test_argmax_labels_are_biased():
    rows = gradient_check.gradient_table()
    cosines = [r.cosine for r in rows if (r.feedback, r.pseudo_label) == ("old_minus_new", "argmax")]
    assert min(cosines) < 0 < max(cosines)


def test_exact_gradient_by_finite_differences():
    problem = gradient_check.toy(4)
    exact = gradient_check.exact_gradient(problem)

    def expected(theta_t):
        moved = replace(problem, theta_t=theta_t)
        return sum(
            moved.probability(y) * moved.labelled_loss(moved.lesson(y)) for y in moved.labelings()
        ).item()

    for place in [(0, 0), (1, 2)]:
        nudge = torch.zeros_like(problem.theta_t)
        nudge[place] = 1e-6
        difference = expected(problem.theta_t.detach() + nudge) - expected(problem.theta_t.detach() - nudge)
        assert exact[place].item() == pytest.approx(difference / 2e-6, rel=1e-5)


def test_probabilities_of_all_labelings_sum_to_one():
    problem = gradient_check.toy(0)
    assert len(problem.labelings()) == 16
    assert sum(problem.probability(y) for y in problem.labelings()).item() == pytest.approx(1)


@pytest.mark.parametrize("kind", ["old_minus_new", "new_minus_old"])
def test_the_step_itself_follows_the_exact_gradient(kind, monkeypatch):
    """mpl_step on all 16 labelings of a linear problem, weighed by their probability."""
    problem = gradient_check.toy(2)
    batch = Batch(problem.x_lb, problem.y_lb, problem.x_ulb, problem.x_ulb)
    config = SemiConfig(sigma=0, lambda_u=0, feedback=kind)

    def moved(y: torch.Tensor) -> torch.Tensor:
        networks = []
        for theta in (problem.theta_t, problem.theta_s):
            networks.append(nn.Linear(3, 2, bias=False, dtype=torch.float64))
            networks[-1].weight.data.copy_(theta.detach())
        plain = {"momentum": 0.0, "nesterov": False, "weight_decay": 0.0}
        state = State(
            Learner(networks[0], 1.0, constant, **plain), Learner(networks[1], problem.eta, constant, **plain)
        )
        monkeypatch.setattr(meta, "pseudo_labels", lambda *_: y)
        mpl_step(state, batch, config)
        return problem.theta_t.detach() - networks[0].weight.detach()  # the gradient: the rate is 1

    expected = sum(problem.probability(y).detach() * moved(y) for y in problem.labelings())
    labelled = smoothed_cross_entropy(problem.x_lb @ problem.theta_t.T, problem.y_lb)
    fed_back = expected - torch.autograd.grad(labelled, problem.theta_t)[0]
    exact = gradient_check.exact_gradient(problem)
    cosine = torch.cosine_similarity(fed_back.flatten(), exact.flatten(), dim=0).item()
    assert cosine * (1 if kind == "old_minus_new" else -1) > 0.999


@pytest.mark.parametrize("autocast", [False, True])
def test_a_frozen_student_gives_exactly_zero(autocast):
    state = make_state(student_lr=0.0, autocast=autocast)
    batch = make_batch()
    before = state.student.network.bn.running_mean.clone()
    s_old, s_new, _ = lesson(state.student, batch, torch.ones(8, dtype=torch.long), SemiConfig(), state)
    assert s_old.item() > 0
    assert torch.equal(feedback(s_old, s_new, "old_minus_new"), torch.zeros(()))
    assert not torch.equal(before, state.student.network.bn.running_mean)  # batch-norm did go on


def test_good_labels_lower_the_loss_and_bad_ones_raise_it():
    batch = make_batch()
    same = Batch(batch.x_lb, batch.y_lb, batch.x_lb, batch.x_lb)
    h = []
    for y_hat in (batch.y_lb, 1 - batch.y_lb):
        state = make_state(student_lr=0.01)
        s_old, s_new, _ = lesson(state.student, same, y_hat, SemiConfig(), state)
        h.append(feedback(s_old, s_new, "old_minus_new").item())
    assert h[0] > 0 > h[1]


def test_a_waiting_student_is_left_alone():
    def waits(optimizer):
        return warmup_cosine(optimizer, 2, 1, 10)

    state, silent = make_state(waits), make_state(waits)
    batch, config = make_batch(), SemiConfig(ramp=1)
    start = weights(state.student.network)
    for _ in range(2):
        log = mpl_step(state, batch, config)
        mpl_step(silent, batch, replace(config, feedback="off"))
        assert "feedback" not in log
    assert torch.equal(weights(state.student.network), start)
    assert torch.equal(weights(state.teacher.network), weights(silent.teacher.network))
    assert state.average.updates == 0
    assert state.student.lr == pytest.approx(0.05 * 2 / 3)
    assert "feedback" in mpl_step(state, batch, config)
    assert not torch.equal(weights(state.student.network), start)
    assert state.average.updates == 1


def test_feedback_moves_the_teacher_by_its_term():
    batch, config = make_batch(), SemiConfig(ramp=1, pseudo_label="argmax")
    ends = {}
    for kind in ("old_minus_new", "new_minus_old", "off"):
        state = make_state(student_lr=0.5)
        log = floats(mpl_step(state, batch, replace(config, feedback=kind)))
        ends[kind] = weights(state.teacher.network)
        assert log["feedback"] == pytest.approx(
            {"old_minus_new": 1, "new_minus_old": -1, "off": 0}[kind] * (log["s_old"] - log["s_new"]),
            abs=1e-6,
        )
    up, down = (ends[kind] - ends["off"] for kind in ("old_minus_new", "new_minus_old"))
    assert up.norm() > 1e-4
    assert torch.allclose(up, -down, atol=1e-5)


def test_soft_labels_leave_the_teacher_to_uda():
    batch, config = make_batch(), SemiConfig(ramp=1, pseudo_label="soft")
    ends = []
    for kind in ("old_minus_new", "off"):
        state = make_state(student_lr=0.5)
        mpl_step(state, batch, replace(config, feedback=kind))
        ends.append(weights(state.teacher.network))
    assert torch.allclose(*ends, atol=1e-6)


def test_baseline_takes_the_feedback_in_after_it_was_used():
    state = make_state()
    config = SemiConfig(baseline="moving_average")
    used = [meta._centred(torch.tensor(h), state, config).item() for h in (1.0, 1.0)]
    assert used == pytest.approx([1.0, 1.0 - 0.01])
    assert state.baseline.item() == pytest.approx(0.01 + 0.99 * 0.01)
    assert meta._centred(torch.tensor(1.0), state, SemiConfig()).item() == 1.0


def test_pseudo_labels():
    z = torch.tensor([[0.0, 2.0, 1.0], [3.0, 0.0, 0.0]])
    generator = torch.Generator().manual_seed(0)
    assert pseudo_labels(z, "argmax", generator).tolist() == [1, 0]
    assert torch.allclose(pseudo_labels(z, "soft", generator), z.softmax(1))
    many = z.repeat_interleave(20_000, 0)
    sampled = pseudo_labels(many, "sampled", generator).view(2, -1)
    for row, p in zip(sampled, z.softmax(1), strict=True):
        assert torch.allclose(row.bincount(minlength=3) / 20_000, p, atol=0.012)


def test_sampling_is_the_generators():
    z = torch.zeros(64, 2)
    draws = [pseudo_labels(z, "sampled", torch.Generator().manual_seed(s)) for s in (0, 0, 1)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_teacher_term_by_hand():
    z = torch.tensor([[0.0, 0.0]], requires_grad=True)
    term = teacher_term(torch.tensor(2.0), z, torch.tensor([1]))
    assert term.item() == pytest.approx(2 * 0.6931472)
    term.backward()
    assert z.grad.tolist() == [[1.0, -1.0]]  # 2 (softmax - one-hot): descending makes class 1 likelier


def test_presets_of_table_12():
    assert SemiConfig(**IMPROVED) == SemiConfig()
    original = SemiConfig(**ORIGINAL)
    assert (original.feedback, original.pseudo_label) == ("new_minus_old", "argmax")


def test_a_student_is_needed():
    state = make_state()
    state.student = None
    with pytest.raises(UsageError, match="student"):
        mpl_step(state, make_batch(), SemiConfig())
