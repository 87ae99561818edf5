"""The two learning-rate schedules: eq. 28 for the RGB branch, eq. 30 for the PLGF branch.

Both are plain functions of the step, giving lr(t) / lr_0, and wrapped as torch schedulers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fasnb.errors import UsageError

if TYPE_CHECKING:  # the plain functions serve explorers that do without torch
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LambdaLR


def eq28(t: int, wait: int, warmup: int, total: int) -> float:
    """Wait, warm up linearly, fall along a half cosine: lr(t) / lr_0 of eq. 28, in [0, 1].

        0                                                                  t < s_wt
        t / max(1, s_wt + s_wu)                                            s_wt <= t < s_wt + s_wu
        max(0, 0.5 + 0.5 cos(pi (t - s_wu - s_wt) / max(1, s_t - s_wu - s_wt)))      afterwards

    s_wt = `wait`, s_wu = `warmup`, s_t = `total`, all in steps. As printed, the warm-up counts from step 0: a
    student that waits 3,000 steps and warms up over 3,000 starts at one half. Past s_t the rate stays at 0;
    the cosine alone would rise again.
    """
    s_wt, s_wu, s_t = wait, warmup, total
    if t < s_wt:
        return 0.0
    if t < s_wt + s_wu:
        return t / max(1, s_wt + s_wu)
    progress = min(1.0, (t - s_wu - s_wt) / max(1, s_t - s_wu - s_wt))
    return max(0.0, 0.5 + 0.5 * math.cos(math.pi * progress))


def eq30(t: int, s1: int = 200, s2: int = 2000) -> float:
    """Two drops by ten: lr(t) / lr_0 of eq. 30 is 1 for t < s1, 0.1 for s1 <= t < s2, 0.01 from s2 on."""
    return 1.0 if t < s1 else 0.1 if t < s2 else 0.01


def warmup_cosine(optimizer: Optimizer, wait: int, warmup: int, total: int) -> LambdaLR:
    """Eq. 28 as a torch scheduler; step it once after each optimiser step (and once per step waited).

    Raises UsageError unless wait and warmup are at least 0 and leave at least one step of `total`.
    """
    if wait < 0 or warmup < 0 or wait + warmup >= total:
        raise UsageError(
            f"a schedule of {total} steps has no room for {wait} of waiting and {warmup} of warm-up; "
            "lengthen the run or shorten them"
        )
    from torch.optim.lr_scheduler import LambdaLR

    return LambdaLR(optimizer, lambda t: eq28(t, wait, warmup, total))


def two_drops(optimizer: Optimizer, s1: int = 200, s2: int = 2000) -> LambdaLR:
    """Eq. 30 as a torch scheduler; step it once after each optimiser step. Needs 0 <= s1 <= s2."""
    if not 0 <= s1 <= s2:
        raise UsageError(f"the drops of the schedule must come in order, not at {s1} and {s2}")
    from torch.optim.lr_scheduler import LambdaLR

    return LambdaLR(optimizer, lambda t: eq30(t, s1, s2))
