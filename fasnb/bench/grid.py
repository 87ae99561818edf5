"""grid: the same runs by two workers and by one, each run on one thread as in the real grid."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from fasnb import device, experiments
from fasnb.bench import material, timing
from fasnb.bench.row import Row
from fasnb.profiles import SMOKE, Profile
from fasnb.running import Report, run_missing
from fasnb.runs import Source, Store
from fasnb.scores import COLUMNS

RUNS = 4
#: Steps of each run: long enough that the start of two processes does not decide.
STEPS = 80


def busy(
    experiment: experiments.Experiment, profile: Profile, steps: int, folder: Path, report: Report
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Stands in for a run of training: `steps` steps of Meta Pseudo Labels and one made-up score."""
    where = device.choose()
    device.prepare(where)
    size = material.CPU if steps > 1 else material.QUICK
    made = material.task("mpl_uda", where, size)
    material.run_steps(made, "mpl_uda", steps, torch.Generator())
    texts = dict.fromkeys(COLUMNS, "") | {"database": "casia", "path": "1/1.avi", "split": "test"}
    row = texts | {"subject": 1, "label": 1, "n_frames": 1, "score": 0.5, "frames": "0.5"}
    return {"device": device.title(where)}, pd.DataFrame([row])


def seconds(workers: int, steps: int) -> float:
    """How long `workers` take for RUNS runs in an empty store, their start included."""
    wanted = [experiments.make("pl", "casia", seed) for seed in range(RUNS)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), SMOKE, Source("simulated", "none"))
        begun = time.perf_counter()
        run_missing(wanted, f"{__name__}:busy", store, steps, workers, lambda line: None, Path(folder))
        return time.perf_counter() - begun


def rows(where: torch.device, quick: bool) -> list[Row]:
    """One row: seconds of two workers beside those of one; once each, as a run is long."""
    steps = 1 if quick else STEPS
    before = torch.get_num_threads()
    try:
        one = seconds(1, steps)
    finally:
        torch.set_num_threads(before)  # a run in this process has set it
    two = seconds(2, steps)
    note = f"{RUNS} runs of {steps} steps, {material.CPU}; {os.cpu_count()} cores"
    goal = 1.8 if where.type == "cpu" else None
    return [timing.row("grid", "two workers", np.array([two]), np.array([one]), where, "s", goal, note)]
