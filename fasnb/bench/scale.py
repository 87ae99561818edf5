"""scale: time and memory of supervised training as the run and its labelled set grow."""

import time

import numpy as np
import torch

from fasnb.bench import child, material, timing
from fasnb.bench.row import Row

_STEPS, _LABELLED = 20, 1000  # at 1x


def loop(steps: int, labelled: int, batch: int) -> tuple[float, float]:
    """Seconds of a supervised run, drawing its patches included, and the peak memory in MB (the GPU's if
    there is one).
    """
    from fasnb import device

    where = device.choose()
    size = material.Size("wrn-10-1", batch, 1, 1, 1, samples=labelled)
    material.run_steps(material.task("supervised", where, size), "supervised", 1, torch.Generator())
    begun = time.perf_counter()
    made = material.task("supervised", where, size, labelled)
    material.run_steps(made, "supervised", steps, torch.Generator())
    timing.wait(where)
    spent = time.perf_counter() - begun
    gpu = where.type == "cuda"
    return spent, torch.cuda.max_memory_allocated() / 1e6 if gpu else child.peak_memory()


def exponent(factors: np.ndarray, costs: np.ndarray) -> float:
    """b of the fit cost = a factor^b, by least squares on logarithms; both (n,) and positive."""
    return float(np.polyfit(np.log(factors), np.log(costs), 1)[0])


def rows(where: torch.device, quick: bool) -> list[Row]:
    """For each axis and cost: the cost at every factor beside that at 1x, and the fitted exponent.

    Every size runs in a process of its own, in turns with the others. An exponent of 1 is growth in
    proportion, 0 none.
    """
    factors = np.array([1, 2] if quick else [1, 2, 4, 8])
    rounds, steps, labelled, batch = (1, 1, 8, 2) if quick else (3, _STEPS, _LABELLED, 16)
    sizes = {
        "steps": [(int(f) * steps, labelled, batch) for f in factors],
        "labelled patches": [(steps, int(f) * labelled, batch) for f in factors],
    }
    found = []
    for axis, arguments in sizes.items():
        turns = [[child.call(__name__, "loop", *a) for a in arguments] for _ in range(rounds)]
        costs = np.array(turns)  # (rounds, factors, 2)
        for place, (cost, unit) in enumerate((("time", "s"), ("memory", "MB"))):
            values = costs[:, :, place]
            note = f"1x: {arguments[0][0]} steps, {arguments[0][1]} labelled"
            for i, factor in enumerate(factors):
                what = f"{cost}, {factor}x {axis}"
                found.append(timing.row("scale", what, values[:, i], values[:, 0], where, unit, note=note))
            fits = np.array([exponent(factors, v) for v in values])
            found.append(timing.row("scale", f"{cost} by {axis}", fits, None, where, "exponent", note=note))
    return found
