"""scale: time and memory of training and of cutting faces as each of their sizes grows."""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fasnb.bench import child, faces, material, timing
from fasnb.bench.row import Row

# At 1x: of a training run; of a database.
_STEPS, _LABELLED, _BATCH = 20, 1000, 16
_CLIPS, _FRAMES = 2, 60


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
    factors = [1, 2] if quick else [1, 2, 4, 8]
    rounds, steps, labelled, batch = (1, 1, 8, 2) if quick else (3, _STEPS, _LABELLED, _BATCH)
    clips, frames = (1, 8) if quick else (_CLIPS, _FRAMES)
    with tempfile.TemporaryDirectory() as name:
        axes: dict[str, list[tuple[str, str, list[Any]]]] = {
            "steps": [(__name__, "loop", [f * steps, labelled, batch]) for f in factors],
            "labelled patches": [(__name__, "loop", [steps, f * labelled, batch]) for f in factors],
            "clips": [_cut(name, f * clips, frames) for f in factors],
            "clip length": [_cut(name, clips, f * frames) for f in factors],
        }
        costs = {
            axis: np.array([[child.call(m, f, *a) for m, f, a in calls] for _ in range(rounds)])
            for axis, calls in axes.items()
        }  # (rounds, factors, 2) each
    found = []
    for axis, values in costs.items():
        cut = axis.startswith("clip")
        on = torch.device("cpu") if cut else where
        note = f"1x: {clips} clips of {frames} frames" if cut else f"1x: {steps} steps, {labelled} labelled"
        for (cost, unit), one in zip((("time", "s"), ("memory", "MB")), np.moveaxis(values, 2, 0)):
            for i, factor in enumerate(factors):
                what = f"{cost}, {factor}x {axis}"
                found.append(timing.row("scale", what, one[:, i], one[:, 0], on, unit, note=note))
            fits = np.array([exponent(np.array(factors), v) for v in one])
            found.append(timing.row("scale", f"{cost} by {axis}", fits, None, on, "exponent", note=note))
    return found


def _cut(folder: str, clips: int, frames: int) -> tuple[str, str, list[Any]]:
    """The call that cuts the faces of so many clips, which are written first."""
    root = f"{folder}/{clips}x{frames}"
    faces.write_clips(Path(root), frames, clips)
    return faces.__name__, "measured", [root]
