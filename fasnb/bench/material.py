"""What the benchmarks of training work on: made-up faces, sizes by device, tasks as training builds them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from fasnb import experiments, layouts, profiles, samples, training
from fasnb.profiles import Profile

_KEPT = 16  # different pictures
_FACES = 64


@dataclass(frozen=True)
class Size:
    """A network and its batch: `batch` labelled patches of 64 x 64 and mu times as many unlabelled.

    Timed are `rounds` blocks of `steps` steps each; `samples` patches are held, a quarter of them labelled.
    """

    network: str
    batch: int
    mu: int
    rounds: int
    steps: int
    samples: int = 1024

    def __str__(self) -> str:
        """For notes."""
        return f"{self.network}, batch {self.batch}, mu {self.mu}"


CPU = Size("wrn-10-1", 16, 1, rounds=9, steps=8)
GPU = Size("wrn-28-2", 64, 2, rounds=7, steps=40, samples=4096)
QUICK = Size("wrn-10-1", 2, 1, rounds=2, steps=1, samples=16)


def size_for(where: torch.device, quick: bool) -> Size:
    """The size that a device is measured at."""
    return QUICK if quick else CPU if where.type == "cpu" else GPU


class Faces:
    """Pictures of noise under names of CASIA-FASD's training clips, half live; `samples.Faces`."""

    def __init__(self) -> None:
        clips = [clip for clip in layouts.official_clips("casia") if clip.split == "train"]
        live, attack = ([c for c in clips if c.is_live == kind] for kind in (True, False))
        self.clips = live[: _FACES // 2] + attack[: _FACES // 2]
        self.clip_index = np.arange(len(self.clips), dtype=np.int32)
        self.labels = np.array([clip.label for clip in self.clips], np.int8)
        self._pictures = np.random.default_rng(0).integers(0, 256, (_KEPT, 256, 256, 3), np.uint8)

    def __len__(self) -> int:
        return len(self.clips)

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """(n, 256, 256, 3) uint8."""
        return self._pictures[np.asarray(indices) % _KEPT]


def profile(size: Size, labelled: int | None = None) -> Profile:
    """A profile of this size at full rate from the first step to the last."""
    return replace(
        profiles.SMOKE,
        rgb_network=size.network,
        batch=size.batch,
        mu=size.mu,
        samples=size.samples,
        labelled=labelled or size.samples // 4,
        steps=1_000_000,
        wait=0,
        warmup=0,
        ramp=0,
    )


def experiment(method: str) -> experiments.Experiment:
    """A run of a method of the paper."""
    return experiments.make(method, "casia")


def task(method: str, where: torch.device, size: Size, labelled: int | None = None) -> training.Task:
    """The state, settings and batches of a run, made by `training` itself."""
    return build(method, where, profile(size, labelled))


def build(method: str, where: torch.device, sizes: Profile) -> training.Task:
    """The same at the sizes of any profile, of either branch."""
    corpus: Any = SimpleNamespace(training_faces=lambda short: Faces())
    chosen = experiment(method)
    make = training.rgb_task if chosen.branch == "rgb" else training.plgf_task
    return make(chosen, sizes, corpus, where)


def patches(size: Size) -> samples.Samples:
    """The patches that `task` holds."""
    return samples.draw(Faces(), size.samples, size.samples // 4, 0)


def run_steps(made: training.Task, method: str, count: int, generator: torch.Generator) -> None:
    """`count` steps with batches and augmentation, as in training's loop."""
    for _ in range(count):
        t = made.state.step
        generator.manual_seed(t)
        training.STEPS[method](made.state, made.batch(t, generator), made.config)
