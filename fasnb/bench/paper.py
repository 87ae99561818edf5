"""paper: steps of the profile `paper` at full size, on made-up faces, and what its runs would take here."""

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from fasnb import grid, profiles
from fasnb.bench import material, timing
from fasnb.bench.row import Row
from fasnb.experiments import OTHERS, TITLES, Experiment
from fasnb.profiles import Profile

_PATCH = 64  # of all runs but some of Table 13's
_ROUNDS = 2


def full(quick: bool) -> Profile:
    """The paper's profile, its student learning from the first step; `quick`: tiny batches and networks."""
    tiny: dict[str, Any] = {
        "rgb_network": "wrn-10-1",
        "batch": 2,
        "mu": 1,
        "plgf_batch": 2,
        "samples": 16,
        "labelled": 8,
    }
    return replace(profiles.PAPER, wait=0, warmup=0, **(tiny if quick else {}))


def rows(where: torch.device, quick: bool) -> list[Row]:
    """Seconds a step of each of the paper's methods, hours a run, and days for all runs of the grid."""
    profile = full(quick)
    runs = [e for e in grid.grid_of(profiles.PAPER, profiles.ALL_TABLES) if e.method not in OTHERS]
    seconds = {method: steps(method, where, profile) for method in dict.fromkeys(e.method for e in runs)}
    threads = f", {torch.get_num_threads()} threads" if where.type == "cpu" else ""
    note = f"{profile.rgb_network}, batch {profile.batch}, mu {profile.mu}{threads}"
    found = []
    for method, spent in seconds.items():
        hours = spent * length(method) / 3600
        title = TITLES[method]
        found.append(timing.row("paper", f"a step of {title}", spent, None, where, "s", note=note))
        what = f"a run of {title}, {length(method):,} steps"
        found.append(timing.row("paper", what, hours, None, where, "h", note="projected"))
    days = np.sum([cost(e) * seconds[e.method] * length(e.method) for e in runs], axis=0) / 86_400
    what = f"the grid: {len(runs)} runs of {', '.join(counted(runs))}"
    found.append(timing.row("paper", what, days, None, where, "days", note="projected, one run at a time"))
    return found


def steps(method: str, where: torch.device, profile: Profile) -> np.ndarray:
    """Seconds of each timed step, (_ROUNDS,), after one that is not."""
    made, generator = material.build(method, where, profile), torch.Generator()
    step = partial(material.run_steps, made, method, 1, generator)
    return np.array([timing.clock(step, where) for _ in range(1 + _ROUNDS)])[1:] / 1000


def length(method: str) -> int:
    """Steps of a run in the profile `paper`."""
    return profiles.PAPER.plgf_steps if method.startswith("attvlad") else profiles.PAPER.steps


def cost(experiment: Experiment) -> float:
    """Of a step, relative to one on patches of 64 pixels: it grows with their area."""
    return (int(experiment.setting("patch")) / _PATCH) ** 2 if experiment.branch == "rgb" else 1.0


def counted(runs: list[Experiment]) -> list[str]:
    """How many of each method, for people."""
    return [f"{n} {TITLES[method]}" for method, n in Counter(e.method for e in runs).items()]
