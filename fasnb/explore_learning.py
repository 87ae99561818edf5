"""The explorer's numbers of learning: the two schedules (eqs 28, 30), and which pseudo labels are kept.

Pure functions from a state to numbers, as in `explore`; importing this loads no torch.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fasnb import evaluation, pseudo, schedules, scores
from fasnb.errors import FasnbError, UsageError
from fasnb.explore import Library, State
from fasnb.profiles import get


@dataclass(frozen=True)
class Schedules:
    """Every parameter of eq. 28 (`total`, `wait`, `warmup`: s_t, s_wt, s_wu) and of eq. 30 (`s1`, `s2`).

    All in steps. UsageError where they leave no room for each other.
    """

    total: int
    wait: int
    warmup: int
    s1: int
    s2: int
    plgf_total: int

    def __post_init__(self) -> None:
        """The bounds of `schedules.warmup_cosine` and `schedules.two_drops`."""
        if min(self.wait, self.warmup) < 0 or self.wait + self.warmup >= self.total:
            raise UsageError(
                f"{self.total:,} steps have no room for {self.wait:,} of waiting, {self.warmup:,} of warm-up"
            )
        if not 0 <= self.s1 <= self.s2 or self.plgf_total < 1:
            raise UsageError(f"the drops of eq. 30 must come in order, not at {self.s1:,} and {self.s2:,}")

    @classmethod
    def of_profile(cls, name: str) -> "Schedules":
        """Those of a profile; "paper" has the paper's."""
        p = get(name)
        return cls(p.steps, p.wait, p.warmup, p.s1, p.s2, p.plgf_steps)


def schedule_curves(state: Schedules, points: int = 400) -> pd.DataFrame:
    """The factors lr(t) / lr_0: columns equation (28 | 30), schedule, step, factor.

    The jumps are kept whatever `points` is: the steps before and at each are among those drawn.
    """

    def steps(total: int, *jumps: int) -> NDArray[np.int64]:
        even = np.linspace(0, total, points).astype(np.int64)
        beside = [t for jump in jumps for t in (jump - 1, jump) if 0 <= t <= total]
        return np.unique([*even, *beside])

    parts = []
    for name, wait in (("teacher", 0), ("student", state.wait)):
        t = steps(state.total, wait, wait + state.warmup)
        factors = [schedules.eq28(step, wait, state.warmup, state.total) for step in t]
        parts.append((28, f"eq. 28, {name}", t, factors))
    t = steps(state.plgf_total, state.s1, state.s2)
    parts.append((30, "eq. 30, PLGF branch", t, [schedules.eq30(step, state.s1, state.s2) for step in t]))
    columns = ("equation", "schedule", "step", "factor")
    return pd.concat([pd.DataFrame(dict(zip(columns, part))) for part in parts], ignore_index=True)


@dataclass(frozen=True)
class Guesses:
    """Predictions whose truth is known: p(live) (N,), labels (N,) 1 live, 0 attack, and what they are."""

    live: NDArray[np.float64]
    labels: NDArray[np.int64]
    what: str


def made_up(n: int = 400, seed: int = 0) -> Guesses:
    """Guesses of nobody: logits drawn from normals one apart from zero, for a store without scores."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    logits = rng.normal(2.0 * labels - 1.0, 1.5)
    return Guesses(1 / (1 + np.exp(-logits)), labels, f"{n} made-up predictions, of no network")


def stored(library: Library, arm: str, train: str) -> Guesses:
    """The frames of the training database's threshold split as a single run scored them.

    A stored score is the mean over a frame's patches: less spread out than the patches seen in training.
    """
    state = State(arm, train, train)
    split = evaluation.threshold_split(train)
    rows = scores.per_frame(evaluation.part(library.scores(state), train, split))
    what = f"{len(rows)} frames of {train} {split}, scored by {arm} ({library.source(state)})"
    return Guesses(rows["score"].to_numpy(), rows["label"].to_numpy(), what)


@dataclass(frozen=True)
class PseudoLabels:
    """How many guesses tau keeps after sharpening and how many of those are right (fractions).

    `curve` has the same over all taus: columns tau, kept, right (NaN where none is kept).
    """

    tau: float
    temperature: float
    kept: float
    right: float
    curve: pd.DataFrame
    what: str


def sharpened(live: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """p(live) after softmax(z / T) of two classes: below 1 the temperature moves it towards 0 or 1."""
    if not temperature > 0:
        raise UsageError(f"the temperature must be above 0, not {temperature!r}")
    p = np.clip(np.asarray(live, dtype=np.float64), 1e-9, 1 - 1e-9)  # a stored 1.0 is a rounded logit
    with np.errstate(over="ignore"):
        return 1 / (1 + ((1 - p) / p) ** (1 / temperature))


def pseudo_labels(guesses: Guesses, tau: float, temperature: float) -> PseudoLabels:
    """What tau and the temperature do to these guesses; UsageError for a tau outside [0, 1]."""
    if not 0 <= tau <= 1:
        raise UsageError(f"tau must lie in [0, 1], not {tau!r}")
    if np.isnan(guesses.live).any():
        raise FasnbError(f"{guesses.what}: a score is not a number; score it again")
    live = sharpened(guesses.live, temperature)
    curve = pseudo.kept_and_right(live, guesses.labels, [*np.linspace(0.5, 1, 51), tau])
    kept, right = curve[["kept", "right"]].iloc[-1]
    return PseudoLabels(tau, temperature, float(kept), float(right), curve.iloc[:-1], guesses.what)
