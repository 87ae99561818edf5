"""Two ways of doing the same, timed in turns (A B A B), so that a change of machine speed meets both."""

import time
from collections.abc import Callable

import numpy as np
import torch

from fasnb import device
from fasnb.bench.row import Row

Work = Callable[[], object]


def wait(where: torch.device) -> None:
    """Until the device has done what it was given."""
    if where.type == "cuda":
        torch.cuda.synchronize(where)
    elif where.type == "mps":
        torch.mps.synchronize()


def clock(work: Work, where: torch.device) -> float:
    """Milliseconds that `work` takes on `where`."""
    wait(where)
    begun = time.perf_counter()
    work()
    wait(where)
    return 1000 * (time.perf_counter() - begun)


def alternate(
    ours: Work, reference: Work, rounds: int, where: torch.device, warmup: int = 1, before: Work | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds (rounds,) of ours and (rounds,) of the reference, in turns after uncounted rounds.

    `before` is done, off the clock, before each turn of the reference.
    """
    times = []
    for _ in range(warmup + rounds):
        mine = clock(ours, where)
        if before:
            before()
        times.append((mine, clock(reference, where)))
    a, b = np.array(times[warmup:]).T
    return a, b


def row(
    bench: str,
    what: str,
    ours: np.ndarray,
    reference: np.ndarray | None,
    where: torch.device,
    unit: str = "ms",
    goal: float | None = None,
    note: str = "",
) -> Row:
    """A Row from the costs of each round, (rounds,) of ours and of the reference if there is one."""
    ratios = None if reference is None else reference / ours
    low, high = np.quantile(ours if ratios is None else ratios, (0.25, 0.75))
    return Row(
        bench,
        what,
        float(np.median(ours)),
        None if reference is None else float(np.median(reference)),
        None if ratios is None else float(np.median(ratios)),
        float(low),
        float(high),
        unit,
        goal,
        device.title(where),
        note,
    )
