"""The state of training: parameter groups, the average, checkpoints that go on bit for bit."""

import json

import pytest
import torch
from safetensors.torch import load, save
from torch import nn

from fasnb.errors import FasnbError
from fasnb.meta import mpl_step
from fasnb.networks import build
from fasnb.schedules import two_drops, warmup_cosine
from fasnb.semisup import Batch, SemiConfig, pl_step, supervised_step, uda_step
from fasnb.state import Average, Learner, State, parameter_groups

CONFIG = SemiConfig(ramp=4, baseline="moving_average", grad_clip=1.0)


def constant(optimizer):
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1.0)


def make_state(student: bool = True, channels_last: bool = False, autocast: bool = False) -> State:
    torch.manual_seed(0)
    teacher, pupil = (build("wrn-10-1", bn_momentum=0.1) for _ in range(2))
    if channels_last:
        teacher, pupil = (n.to(memory_format=torch.channels_last) for n in (teacher, pupil))
    second = Learner(pupil, 0.05, lambda o: warmup_cosine(o, 1, 1, 10)) if student else None
    first = Learner(teacher, 0.05, lambda o: warmup_cosine(o, 0, 2, 10))
    return State(first, second, seed=3, autocast=autocast)


def make_batch(step: int) -> Batch:
    generator = torch.Generator().manual_seed(step)
    x = torch.rand(12, 3, 16, 16, generator=generator)
    return Batch(x[:4], torch.tensor([0, 1, 0, 1]), x[4:8], x[8:])


def everything(state: State) -> dict[str, torch.Tensor]:
    return state.tensors() | {key: torch.tensor(value) for key, value in state.numbers().items()}


def assert_same(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> None:
    assert left.keys() == right.keys()
    for key, value in left.items():
        assert torch.equal(value, right[key]), key


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("step", [supervised_step, pl_step, uda_step, mpl_step])
def test_three_and_three_steps_are_six(step, channels_last):
    with_student = step is mpl_step
    straight = make_state(with_student, channels_last)
    for t in range(6):
        step(straight, make_batch(t), CONFIG)

    first = make_state(with_student, channels_last)
    for t in range(3):
        step(first, make_batch(t), CONFIG)
    tensors, numbers = save(first.tensors()), json.dumps(first.numbers())
    torch.manual_seed(99)  # what follows must depend on the checkpoint alone
    resumed = make_state(with_student, channels_last)
    for t in range(2):
        step(resumed, make_batch(50 + t), CONFIG)
    resumed.load(load(tensors), json.loads(numbers))
    assert_same(everything(resumed), everything(first))
    for t in range(3, 6):
        step(resumed, make_batch(t), CONFIG)
    assert_same(everything(resumed), everything(straight))
    assert resumed.teacher.lr == straight.teacher.lr


def test_a_checkpoint_is_a_copy():
    state = make_state()
    before = state.tensors()
    for t in range(3):
        mpl_step(state, make_batch(t), CONFIG)
    changed = [
        key for key, value in state.tensors().items() if key in before and not value.equal(before[key])
    ]
    assert any(key.startswith("teacher.network.") for key in changed)
    assert any(key.startswith("student.network.") for key in changed)
    assert any(key.startswith("average.") for key in changed)
    assert {"generator", "baseline"} <= set(changed)
    assert any(key.startswith("student.momentum.") for key in state.tensors())


def test_a_checkpoint_of_another_run_is_refused():
    state = make_state()
    tensors, numbers = state.tensors(), state.numbers()
    without = {key: value for key, value in tensors.items() if key != "generator"}
    for broken in (without, {key: value for key, value in tensors.items() if "fc" not in key}):
        with pytest.raises(FasnbError, match="does not fit") as failure:
            make_state().load(broken, numbers)
        assert "\n" not in str(failure.value)
    with pytest.raises(FasnbError, match="student"):
        make_state().load(*(lambda s: (s.tensors(), s.numbers()))(make_state(student=False)))


def test_batch_norm_has_no_weight_decay():
    network = build("wrn-10-1")
    groups = parameter_groups(network, 5e-4)
    norms = {id(p) for m in network.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()}
    assert norms
    assert [g["weight_decay"] for g in groups] == [5e-4, 0.0]
    assert {id(p) for p in groups[1]["params"]} == norms
    assert {id(p) for g in groups for p in g["params"]} == {id(p) for p in network.parameters()}
    assert sum(len(g["params"]) for g in groups) == len(list(network.parameters()))
    assert len(parameter_groups(nn.Linear(2, 2), 0.1)) == 1


def test_average_by_hand():
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(1.0)
    average = Average(network)
    network.weight.data.fill_(2.0)
    average.update(network, 0.995)  # d = 1 / 10
    assert average.network.weight.item() == pytest.approx(0.1 * 1 + 0.9 * 2)
    average.update(network, 0.995)  # d = 2 / 11
    assert average.network.weight.item() == pytest.approx(2 / 11 * 1.9 + 9 / 11 * 2)
    average.updates = 10_000
    average.network.weight.data.fill_(0.0)
    average.update(network, 0.995)
    assert average.network.weight.item() == pytest.approx(0.005 * 2)
    assert network.weight.item() == 2.0
    assert not average.network.weight.requires_grad


def test_average_copies_statistics():
    network = nn.BatchNorm1d(2)
    average = Average(network)
    network(torch.randn(8, 2))
    average.update(network, 0.9)
    assert torch.equal(average.network.running_mean, network.running_mean)
    assert average.network.num_batches_tracked == 1
    assert not average.network.training


def test_the_average_follows_the_student_where_there_is_one():
    state = make_state()
    assert state.evaluated is state.student.network
    assert make_state(student=False).evaluated is not None
    for name, parameter in state.average.network.named_parameters():
        assert torch.equal(parameter, dict(state.student.network.named_parameters())[name])


def test_still_statistics():
    torch.manual_seed(0)
    learner = Learner(build("wrn-10-1", bn_momentum=0.5), 0.1, constant)
    x = torch.rand(4, 3, 16, 16)
    before = {key: value.clone() for key, value in learner.network.state_dict().items()}
    with learner.still():
        z = learner(x)
    assert_same(before, learner.network.state_dict())
    assert torch.equal(z, learner(x))  # the same numbers as in training
    assert not torch.equal(before["bn.running_mean"], learner.network.bn.running_mean)


def test_a_tested_network_goes_back_to_training():
    learner = Learner(build("wrn-10-1", bn_momentum=0.5), 0.1, constant)
    learner.network.eval()
    learner(torch.rand(2, 3, 16, 16))
    assert learner.network.training


def test_update_by_hand():
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(1.0)
    learner = Learner(network, 0.1, lambda o: two_drops(o, 1, 2), nesterov=False, weight_decay=0.0)
    learner.update(3 * network.weight.sum())
    assert network.weight.item() == pytest.approx(1 - 0.1 * 3)
    assert learner.lr == pytest.approx(0.01)
    learner.update(3 * network.weight.sum(), grad_clip=1.0)  # clipped to 1; momentum 0.9 * 3 + 1
    assert network.weight.item() == pytest.approx(0.7 - 0.01 * 3.7)


def test_waiting_moves_the_schedule_only():
    network = nn.Linear(1, 1)
    learner = Learner(network, 0.1, lambda o: two_drops(o, 2, 4))
    learner.update(network.weight.sum() * 5)
    weight = network.weight.item()
    learner.wait()
    assert network.weight.item() == weight
    assert learner.lr == pytest.approx(0.01)


def test_logits_are_float32_under_autocast():
    state = make_state(autocast=True)
    with state.cast():
        z = state.teacher(torch.rand(2, 3, 16, 16))
        assert state.teacher.network(torch.rand(2, 3, 16, 16)).dtype == torch.bfloat16
    assert z.dtype == torch.float32
