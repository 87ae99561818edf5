"""augmentation: a step with it against the same step on batches made beforehand."""

import itertools

import torch

from fasnb import training
from fasnb.bench import material, timing
from fasnb.bench.row import Row

_KEPT = 4  # batches made beforehand, used in turn


def rows(where: torch.device, quick: bool) -> list[Row]:
    """One row: ms a step of MPL; the ratio is the steps/s with augmentation as a part of those without."""
    size = material.size_for(where, quick)
    with_it, without = (material.task("mpl_uda", where, size) for _ in range(2))
    generator = torch.Generator().manual_seed(0)
    kept = itertools.cycle([without.batch(t, generator) for t in range(_KEPT)])

    def bare() -> None:
        for _ in range(size.steps):
            training.STEPS["mpl_uda"](without.state, next(kept), without.config)

    ours, reference = timing.alternate(
        lambda: material.run_steps(with_it, "mpl_uda", size.steps, generator), bare, size.rounds, where
    )
    ours, reference = ours / size.steps, reference / size.steps
    note = f"{size}; reference: batches made beforehand"
    return [timing.row("augmentation", "step", ours, reference, where, goal=0.95, note=note)]
