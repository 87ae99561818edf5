"""The step of meta pseudo labels as it is usually written: same networks, losses and update rule as ours.

float32, contiguous NCHW, one loop over the parameters in the optimiser and in the average; labelled, weak and
strong patches go through the teacher together with gradients on all of them; every image is augmented on its
own in worker processes of torch's DataLoader.
"""

import copy
import itertools
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD
from torch.utils.data import DataLoader, Dataset

from fasnb import augment, meta, schedules
from fasnb.semisup import SemiConfig, ramp
from fasnb.state import parameter_groups

Views = tuple[Tensor, Tensor]


class Plain:
    """Teacher, student, their optimisers and the average.

    It differs from `meta.mpl_step` in one thing: batch-norm sees the weak view in one batch with the others.
    own_batch_for_weak=True runs it as a batch of its own, as `mpl_step` does; then, and also with batch-norm
    frozen, losses and gradients are the same up to rounding. Running statistics are recorded from s_old too.
    """

    def __init__(
        self,
        teacher: nn.Module,
        student: nn.Module,
        config: SemiConfig,
        lr: float,
        total: int,
        weight_decay: float = 5e-4,
        seed: int = 0,
        own_batch_for_weak: bool = False,
    ):
        self.teacher, self.student, self.config = teacher.train(), student.train(), config
        self.average = copy.deepcopy(student).eval()
        self.optimizers = [
            SGD(parameter_groups(n, weight_decay), lr=lr, momentum=0.9, nesterov=True, foreach=False)
            for n in (teacher, student)
        ]
        self.schedules = [schedules.warmup_cosine(o, 0, 0, total) for o in self.optimizers]
        self.generator = torch.Generator().manual_seed(seed)
        self.own_batch_for_weak = own_batch_for_weak
        self.count = 0

    def step(self, x_lb: Tensor, y_lb: Tensor, x_w: Tensor, x_s: Tensor) -> Tensor:
        """One update of both networks; the teacher's loss. x_lb (B, 3, S, S), x_w and x_s (mu B, 3, S, S)."""
        c = self.config
        if self.own_batch_for_weak:
            z_w = self.teacher(x_w)
            z_lb, z_s = self.teacher(torch.cat((x_lb, x_s))).split((len(x_lb), len(x_s)))
        else:
            z = self.teacher(torch.cat((x_lb, x_w, x_s)))
            z_lb, z_w, z_s = z.split((len(x_lb), len(x_w), len(x_s)))
        labelled = F.cross_entropy(z_lb, y_lb, label_smoothing=c.sigma)
        q = F.softmax(z_w.detach() / c.temperature, dim=1)
        confident = (q.max(dim=1).values >= c.tau).float()
        consistency = (confident * -(q * F.log_softmax(z_s, dim=1)).sum(dim=1)).mean()
        loss = labelled + ramp(self.count, c.ramp) * c.lambda_u * consistency

        y_hat = meta.pseudo_labels(z_s, c.pseudo_label, self.generator)
        with torch.no_grad():
            s_old = F.cross_entropy(self.student(x_lb), y_lb)
        lesson = F.cross_entropy(self.student(x_s), y_hat, label_smoothing=c.sigma)
        self._update(1, lesson)
        with torch.no_grad():
            s_new = F.cross_entropy(self.student(x_lb), y_lb)
        loss = loss + (s_old - s_new) * F.cross_entropy(z_s, y_hat)
        self._update(0, loss)
        self._follow()
        self.count += 1
        return loss.detach()

    def _update(self, which: int, loss: Tensor) -> None:
        self.optimizers[which].zero_grad()
        loss.backward()
        self.optimizers[which].step()
        self.schedules[which].step()

    @torch.no_grad()
    def _follow(self) -> None:
        d = min(self.config.ema, (1 + self.count) / (10 + self.count))
        for mean, new in zip(self.average.parameters(), self.student.parameters()):
            mean.mul_(d).add_(new, alpha=1 - d)
        for kept, buffer in zip(self.average.buffers(), self.student.buffers()):
            kept.copy_(buffer)


class Patches(Dataset):
    """Uint8 patches x (N, 3, S, S), augmented one at a time.

    With classes y (N,): (weak view, class); without: (weak view, strong view).
    """

    def __init__(self, x: Tensor, y: Tensor | None = None):
        self.x, self.y = x, y
        self.generator: torch.Generator | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, i: int) -> Views:
        if self.generator is None:  # the worker's own seed, which torch has set
            self.generator = torch.Generator().manual_seed(torch.initial_seed() % 2**63)
        one = self.x[i : i + 1]
        weak = augment.weak(one, self.generator)[0]
        return weak, self.y[i] if self.y is not None else augment.strong(one, self.generator)[0]


def batches(x: Tensor, y: Tensor | None, batch: int, count: int, workers: int, pin: bool) -> DataLoader:
    """`count` random batches an epoch from `workers` processes that stay."""
    sampler = torch.utils.data.RandomSampler(range(len(x)), replacement=True, num_samples=batch * count)
    data = Patches(x, y)
    return DataLoader(
        data, batch, sampler=sampler, num_workers=workers, persistent_workers=workers > 0, pin_memory=pin
    )


def filled(loaders: tuple[DataLoader, DataLoader]) -> Iterator[tuple[Views, Views]]:
    """An epoch of (labelled, unlabelled) batches whose first has arrived; it is given up.

    Others are under way by then, which favours this side. Workers that have nothing left to do when the epoch
    ends leave the processor to whoever is timed next.
    """
    pairs = zip(*loaders)
    next(pairs)
    return itertools.chain(pairs)
