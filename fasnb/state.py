"""What a semi-supervised step changes: networks, optimisers, schedules, the average, the random draws.

A State goes into a checkpoint as tensors and plain numbers (safetensors and JSON, no pickle) and comes back
bit for bit.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from fasnb.errors import FasnbError

_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def parameter_groups(network: nn.Module, weight_decay: float) -> list[dict]:
    """A network's parameters for an optimiser: batch-norm without weight decay, all others with it."""
    norm = [p for m in network.modules() if isinstance(m, _NORMS) for p in m.parameters(recurse=False)]
    known = {id(p) for p in norm}
    rest = [p for p in network.parameters() if id(p) not in known]
    groups = [{"params": rest, "weight_decay": weight_decay}, {"params": norm, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


class Learner:
    """A network that is being trained, with SGD and its schedule.

    `schedule` makes the scheduler from the optimiser: `lambda o: warmup_cosine(o, wait, warmup, total)`.
    Defaults are the RGB branch's (eq. 27); the PLGF branch is `nesterov=False` (eq. 29).
    """

    def __init__(
        self,
        network: nn.Module,
        lr: float,
        schedule: Callable[[Optimizer], LambdaLR],
        momentum: float = 0.9,
        nesterov: bool = True,
        weight_decay: float = 5e-4,
    ):
        self.network = network.train()
        groups = parameter_groups(network, weight_decay)
        self.optimizer = SGD(groups, lr=lr, momentum=momentum, nesterov=nesterov)
        self.schedule = schedule(self.optimizer)
        self._norms = [m for m in network.modules() if isinstance(m, _NORMS)]

    @property
    def lr(self) -> float:
        """The rate of the update to come."""
        return self.optimizer.param_groups[0]["lr"]

    def __call__(self, x: Tensor) -> Tensor:
        """Logits in training mode, float32 (float64 for a network in float64) under autocast too."""
        if not self.network.training:  # it may have been tested meanwhile
            self.network.train()
        z = self.network(x)
        return z.float() if z.dtype in (torch.bfloat16, torch.float16) else z

    def update(self, loss: Tensor, grad_clip: float = 0.0) -> None:
        """One SGD step down `loss`, gradients clipped to `grad_clip` unless 0; the schedule moves on."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if grad_clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), grad_clip)
        self.optimizer.step()
        self.schedule.step()

    def wait(self) -> None:
        """Let a step pass: the schedule moves on, the network does not."""
        self.optimizer.zero_grad(set_to_none=True)
        self.optimizer.step()  # without gradients it changes nothing; the schedule counts on the call
        self.schedule.step()

    @contextmanager
    def still(self) -> Iterator[None]:
        """Inside, batch-norm uses the batch's statistics as in training but records none of them."""
        for norm in self._norms:
            norm.track_running_stats = False
        try:
            yield
        finally:
            for norm in self._norms:
                norm.track_running_stats = True

    def _named(self) -> list[tuple[str, nn.Parameter]]:
        return list(self.network.named_parameters())

    def tensors(self) -> dict[str, Tensor]:
        held = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        for name, parameter in self._named():
            momentum = self.optimizer.state.get(parameter, {}).get("momentum_buffer")
            if momentum is not None:
                held[f"momentum.{name}"] = momentum
        return held

    def load(self, tensors: dict[str, Tensor], schedule_step: int) -> None:
        self.network.load_state_dict(_below(tensors, "network."))
        self.optimizer.state.clear()
        for name, parameter in self._named():
            if (momentum := tensors.get(f"momentum.{name}")) is not None:
                # Laid out in memory as the parameter is (channels last, perhaps), whatever the file's order.
                self.optimizer.state[parameter]["momentum_buffer"] = torch.empty_like(parameter).copy_(
                    momentum
                )
        # The schedules are functions of the step, so the step alone restores the rates to the bit.
        self.schedule.last_epoch = schedule_step
        rates = zip(
            self.optimizer.param_groups, self.schedule.base_lrs, self.schedule.lr_lambdas, strict=True
        )
        for group, lr_0, factor in rates:
            group["lr"] = lr_0 * factor(schedule_step)


class Average:
    """The exponential moving average of a network, which is what gets evaluated.

        theta_bar <- d theta_bar + (1 - d) theta        d = min(ema, (1 + n) / (10 + n)) at the n-th update

    The factor starts low so that a short run does not keep its initialisation; from some 2,000 updates on
    it is `ema` = 0.995 itself. Buffers (batch-norm's running statistics) are copied.
    """

    def __init__(self, network: nn.Module):
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module, ema: float) -> None:
        d = min(ema, (1 + self.updates) / (10 + self.updates))
        mean: list[Tensor] = list(self.network.parameters())
        new: list[Tensor] = list(network.parameters())
        torch._foreach_lerp_(mean, new, 1 - d)
        for kept, buffer in zip(self.network.buffers(), network.buffers(), strict=True):
            kept.copy_(buffer)
        self.updates += 1


class State:
    """All that training carries from one step to the next.

    teacher: the network that learns from labels; outside MPL there is no other. student: MPL's second
    network. average: of the student where there is one, else of the teacher. generator: for sampled pseudo
    labels (and whatever draws the training loop makes from it); keep it on the CPU and results do not
    depend on the device. autocast: networks run in bfloat16 where that is safe.
    """

    def __init__(
        self, teacher: Learner, student: Learner | None = None, *, seed: int = 0, autocast: bool = False
    ):
        self.teacher = teacher
        self.student = student
        self.average = Average(self.evaluated)
        self.generator = torch.Generator().manual_seed(seed)
        self.autocast = autocast
        self.step = 0
        weight = next(teacher.network.parameters())
        self.device = weight.device
        self.baseline = weight.detach().new_zeros(())  # the moving average of the feedback

    @property
    def evaluated(self) -> nn.Module:
        """The network whose average is evaluated."""
        return (self.student or self.teacher).network

    def cast(self) -> torch.autocast:
        """The precision the networks run in: bfloat16 if `autocast`, else that of their weights."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast)

    def advance(self, ema: float, averaged: bool = True) -> None:
        """Close a step: the average follows the network (unless it stood still), the count moves on."""
        if averaged:
            self.average.update(self.evaluated, ema)
        self.step += 1

    def tensors(self) -> dict[str, Tensor]:
        """Copies of all tensors of a checkpoint, contiguous and sharing no memory, by name."""
        held: dict[str, Tensor] = {}
        for name, learner in self._learners():
            held |= {f"{name}.{key}": value for key, value in learner.tensors().items()}
        held |= {f"average.{key}": value for key, value in self.average.network.state_dict().items()}
        held |= {"generator": self.generator.get_state(), "baseline": self.baseline}
        return {
            key: value.detach().clone(memory_format=torch.contiguous_format) for key, value in held.items()
        }

    def numbers(self) -> dict[str, int]:
        """The plain numbers of a checkpoint, ready for JSON."""
        steps = {f"{name}.schedule": int(learner.schedule.last_epoch) for name, learner in self._learners()}
        return {"step": self.step, "average.updates": self.average.updates, **steps}

    def load(self, tensors: dict[str, Tensor], numbers: dict[str, int]) -> None:
        """Go back to a checkpoint of a state built alike. Raises FasnbError where it does not fit."""
        try:
            for name, learner in self._learners():
                learner.load(_below(tensors, f"{name}."), numbers[f"{name}.schedule"])
            self.average.network.load_state_dict(_below(tensors, "average."))
            self.average.updates = numbers["average.updates"]
            self.generator.set_state(tensors["generator"].cpu())
            self.baseline.copy_(tensors["baseline"])
            self.step = numbers["step"]
        except (KeyError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise FasnbError(
                f"the checkpoint does not fit this run ({reason}); remove it to start the run again"
            ) from error

    def _learners(self) -> list[tuple[str, Learner]]:
        pairs = [("teacher", self.teacher), ("student", self.student)]
        return [(name, learner) for name, learner in pairs if learner is not None]


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
