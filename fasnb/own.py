"""A threshold for one's own camera from a handful of own clips, and how little a handful proves.

The threshold is where the clips reach their EER. Its errors are counted on people it was not fitted to: each
person in turn is left out. A person whose clips hold an error counts as one error, since clips of one person
are alike; the interval is the exact one of Clopper and Pearson.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fasnb import metrics
from fasnb.errors import FasnbError, UsageError
from fasnb.intervals import LEVEL, interval
from fasnb.metrics import Threshold

COLUMNS = ("class", "people", "clips", "wrong_people", "wrong_clips", "rate", "low", "high")


def exact_interval(errors: int, trials: int, level: float = LEVEL) -> tuple[float, float]:
    """The Clopper-Pearson interval of a rate of `errors` in `trials`: quantiles of the beta distribution.

        low = B^-1(a/2; k, n - k + 1)        high = B^-1(1 - a/2; k + 1, n - k)        a = 1 - level

    It covers the true rate at least as often as it says, however few the trials. (NaN, NaN) without trials;
    UsageError for counts that cannot be or a level outside (0, 1).
    """
    from scipy.special import betaincinv  # a quarter of a second; only this function needs it

    if not 0 <= errors <= trials or not 0 < level < 1:
        raise UsageError(f"{errors} errors in {trials} trials at a level of {level} cannot be")
    if trials == 0:
        return float("nan"), float("nan")
    half = (1 - level) / 2
    low = float(betaincinv(errors, trials - errors + 1, half)) if errors else 0.0
    high = float(betaincinv(errors + 1, trials - errors, 1 - half)) if errors < trials else 1.0
    return low, high


def trials_for(rate: float, level: float = LEVEL) -> int:
    """How many people without one error it takes until the interval's upper end lies at or below `rate`.

        (1 - rate)^n <= a/2        n = ln(a/2) / ln(1 - rate), rounded up

    UsageError unless both lie in (0, 1).
    """
    if not 0 < rate < 1 or not 0 < level < 1:
        raise UsageError(f"a rate of {rate} at a level of {level} cannot be asked for; both lie in (0, 1)")
    return int(np.ceil(np.log((1 - level) / 2) / np.log(1 - rate) - 1e-9))


@dataclass(frozen=True)
class Choice:
    """A threshold of one's own: where it lies, how far it would move with other people, how it does.

    `errors`: one row a class (live, attack) with COLUMNS; rates are of people, fractions. `low`, `high`: the
    threshold's central 95 % over resampled people.
    """

    threshold: Threshold
    low: float
    high: float
    errors: pd.DataFrame


def choose(
    scores: ArrayLike, labels: ArrayLike, people: ArrayLike, where: str = "own clips", seed: int = 0
) -> Choice:
    """The EER threshold of own clips (N,): scores, labels 1 = live and 0 = attack, and who is shown in each.

    FasnbError unless each class has at least two people: with one left out nothing could be fitted.
    """
    s, live = metrics.checked(scores, labels)
    who = np.asarray(people)
    if who.shape != s.shape:
        raise FasnbError(f"{len(s)} clips need as many names of people, not {who.size}")
    for name, mask in (("live", live), ("attack", ~live)):
        if (count := len(np.unique(who[mask]))) < 2:
            raise FasnbError(f"{where}: {name} clips of {count} people; film at least two, better twenty")
    threshold = metrics.eer(s, live.astype(int), where)[1]
    wrong = np.zeros(len(s), dtype=bool)
    for one in np.unique(who):
        rest = who != one
        at = metrics.eer(s[rest], live[rest].astype(int), where)[1].value
        wrong[~rest] = (s[~rest] >= at) != live[~rest]
    low, high = interval(_moved(s, live, who, seed))
    rows = [_counted(name, mask, wrong, who) for name, mask in (("live", live), ("attack", ~live))]
    return Choice(threshold, low, high, pd.DataFrame(rows, columns=list(COLUMNS)))


def _counted(name: str, mask: np.ndarray, wrong: np.ndarray, who: np.ndarray) -> tuple:
    people, erring = len(np.unique(who[mask])), len(np.unique(who[mask & wrong]))
    counts = (people, int(mask.sum()), erring, int((mask & wrong).sum()))
    return (name, *counts, erring / people, *exact_interval(erring, people))


def _moved(s: np.ndarray, live: np.ndarray, who: np.ndarray, seed: int, n: int = 200) -> list[float]:
    """The EER threshold of `n` resamples of the people; those that lack a class are left out."""
    rng, names = np.random.default_rng(seed), np.unique(who)
    places = {one: np.flatnonzero(who == one) for one in names}
    found = []
    for _ in range(n):
        rows = np.concatenate([places[one] for one in rng.choice(names, len(names))])
        if len(np.unique(live[rows])) == 2:
            found.append(metrics.eer(s[rows], live[rows].astype(int))[1].value)
    return found
