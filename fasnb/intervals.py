"""Bootstrap intervals over subjects: how far a rate would move with other people before the camera.

Clips of one person are alike, so whole subjects are drawn, with replacement, not clips. A threshold fitted
elsewhere (HTER) stays fixed; EER and AUC are taken anew from every resample.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fasnb.errors import UsageError
from fasnb.metrics import Floats, Threshold, auc_of_weights, checked, eer_of_points, operating_points

Statistic = Literal["eer", "hter", "far", "frr", "auc"]
LEVEL = 0.95
_CHUNK = 4_000_000  # presentations times resamples held at once: about 100 MB


def bootstrap(
    statistic: Statistic,
    scores: ArrayLike,
    labels: ArrayLike,
    subjects: ArrayLike,
    threshold: Threshold | None = None,
    n: int = 1000,
    seed: int = 0,
) -> Floats:
    """The statistic on `n` resamples of the subjects: (n,) float64, NaN where a resample lacks a class.

    `hter`, `far` and `frr` need the threshold. The same seed and subjects draw the same resamples, so that
    the results of two methods (or seeds) can be paired. Raises UsageError for an unknown statistic or no
    threshold.
    """
    s, live = checked(scores, labels)
    _, who = np.unique(np.asarray(subjects), return_inverse=True)  # (N,) 0 .. S-1
    if statistic not in ("eer", "hter", "far", "frr", "auc"):
        raise UsageError(f"unknown statistic {statistic!r}; choose eer, hter, far, frr or auc")
    if statistic in ("hter", "far", "frr") and threshold is None:
        raise UsageError(f"{statistic} needs a threshold that was fitted elsewhere")
    if not len(s):
        return np.full(n, np.nan)
    people = int(who.max()) + 1
    draws = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), size=n)  # (n, S)
    if threshold is not None and statistic not in ("eer", "auc"):
        return _at_threshold(statistic, s, live, who, threshold.value, draws)
    result = np.empty(n)
    rows = max(1, _CHUNK // len(s))
    for start in range(0, n, rows):
        weights = draws[start : start + rows][
            :, who
        ]  # (rows, N): each presentation counts as often as its subject
        if statistic == "auc":
            result[start : start + rows] = auc_of_weights(s, live, weights)
        else:
            _, accepted, rejected = operating_points(s, live, weights)
            result[start : start + rows] = eer_of_points(accepted, rejected)
    return result


def _at_threshold(
    statistic: Statistic, s: Floats, live: NDArray[np.bool_], who: NDArray, value: float, draws: NDArray
) -> Floats:
    """FAR, FRR or HTER of every resample from counts per subject: two products instead of a sort."""
    people = draws.shape[1]

    def per_subject(mask: NDArray[np.bool_]) -> NDArray:
        return draws @ np.bincount(who[mask], minlength=people)  # (n,)

    with np.errstate(invalid="ignore", divide="ignore"):
        fa = per_subject(~live & (s >= value)) / per_subject(~live)
        fr = per_subject(live & (s < value)) / per_subject(live)
    return {"far": fa, "frr": fr}.get(statistic, (fa + fr) / 2)


def interval(samples: ArrayLike, level: float = LEVEL) -> tuple[float, float]:
    """The central percentile interval of bootstrap samples; resamples without a class (NaN) are left out.

    (NaN, NaN) where none is left.
    """
    x = np.asarray(samples, dtype=np.float64)
    x = x[~np.isnan(x)]
    if not x.size:
        return float("nan"), float("nan")
    low, high = np.percentile(x, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def bootstrap_interval(
    statistic: Statistic,
    scores: ArrayLike,
    labels: ArrayLike,
    subjects: ArrayLike,
    threshold: Threshold | None = None,
    n: int = 1000,
    seed: int = 0,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Percentile interval of a statistic over resampled subjects; (NaN, NaN) with fewer than two subjects."""
    if len(np.unique(np.asarray(subjects))) < 2:
        return float("nan"), float("nan")
    return interval(bootstrap(statistic, scores, labels, subjects, threshold, n, seed), level)


def mean_interval(
    values: ArrayLike, subjects: ArrayLike, n: int = 1000, seed: int = 0, level: float = LEVEL
) -> tuple[float, float]:
    """Percentile interval of the mean of (N,) values over resampled subjects; NaN values are left out.

    (NaN, NaN) with fewer than two subjects.
    """
    x = np.asarray(values, dtype=np.float64)
    kept = ~np.isnan(x)
    names, who = np.unique(np.asarray(subjects)[kept], return_inverse=True)
    if len(names) < 2:
        return float("nan"), float("nan")
    people = len(names)
    draws = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), size=n)  # (n, S)
    totals = draws @ np.bincount(who, weights=x[kept])
    return interval(totals / (draws @ np.bincount(who)), level)
