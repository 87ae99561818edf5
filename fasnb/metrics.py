"""Error rates of presentation attack detection (section 4.3 and ISO/IEC 30107-3).

Conventions: label 1 = live (bona fide), 0 = attack; a score is the probability of live; a presentation is
accepted where score >= threshold. Rates are fractions in [0, 1]. Arrays are one-dimensional, one entry per
presentation: per video or per frame, as `scores.per_frame` and `scores.per_video` arrange them.

A rate over an empty class is NaN: there is nothing to count, and 0 would flatter. A threshold cannot be
NaN, so `eer` refuses a missing class. A score that is no number is always an error.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fasnb.errors import FasnbError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Threshold:
    """A decision threshold that says where it comes from: `where` the data ("replay devel"), `rule` the
    criterion.
    """

    value: float
    where: str
    rule: str

    def __str__(self) -> str:
        """For captions: value, rule and origin."""
        return f"{self.value:.4g} ({self.rule} on {self.where})"


def checked(scores: ArrayLike, labels: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Scores (N,) float64 and live mask (N,) bool; FasnbError for other shapes, labels beside 0 and 1, or
    NaN.
    """
    s, y = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    if s.ndim != 1 or s.shape != y.shape:
        raise FasnbError(f"scores and labels must be two lists of one length, not {s.shape} and {y.shape}")
    if not np.isin(y, (0, 1)).all():
        raise FasnbError("labels must be 1 (live) or 0 (attack)")
    if np.isnan(s).any():
        raise FasnbError(
            f"score {int(np.isnan(s).argmax())} of {len(s)} is not a number; score that clip again"
        )
    return s, y.astype(bool)


def _rate(errors: NDArray[np.bool_]) -> float:
    return float(errors.mean()) if errors.size else float("nan")


def _value(threshold: Threshold | float) -> float:
    return threshold.value if isinstance(threshold, Threshold) else float(threshold)


def far(scores: ArrayLike, labels: ArrayLike, threshold: Threshold | float) -> float:
    """False acceptance rate: attacks accepted / attacks, all types pooled; NaN without attacks."""
    s, live = checked(scores, labels)
    return _rate(s[~live] >= _value(threshold))


def frr(scores: ArrayLike, labels: ArrayLike, threshold: Threshold | float) -> float:
    """False rejection rate: live rejected / live; NaN without live presentations."""
    s, live = checked(scores, labels)
    return _rate(s[live] < _value(threshold))


def hter(scores: ArrayLike, labels: ArrayLike, threshold: Threshold) -> float:
    """Half total error rate, (FAR + FRR) / 2; NaN where a class is missing.

    Takes a Threshold and no bare number: fitted on the very data it judges, HTER is only their EER.
    """
    if not isinstance(threshold, Threshold):
        raise TypeError("hter needs a Threshold, which says where the value was fitted")
    return (far(scores, labels, threshold) + frr(scores, labels, threshold)) / 2


def operating_points(
    scores: Floats, live: NDArray[np.bool_], weights: NDArray | None = None
) -> tuple[Floats, NDArray, NDArray]:
    """Every distinct operating point: accepted attacks and rejected live presentations, as counts.

    With the distinct scores u_0 < ... < u_(U-1), point k holds for thresholds in (u_(k-1), u_k]; point U
    rejects all. Weights (R, N), how often each presentation counts, give R sets of points at once. Returns
    u (U,), attacks accepted (..., U + 1), live rejected (..., U + 1).
    """
    order = np.argsort(scores, kind="stable")
    u, starts = np.unique(scores[order], return_index=True)
    w = np.ones(len(scores), dtype=np.int64) if weights is None else weights
    w = w[..., order]  # (..., N)
    edges = np.append(starts, len(scores))  # presentations before edge k score below u_k

    def below(mask: NDArray[np.bool_]) -> NDArray:
        total = np.cumsum(w * mask[order], axis=-1)
        return np.concatenate([np.zeros_like(total[..., :1]), total], axis=-1)[..., edges]  # (..., U + 1)

    attacks = below(~live)
    return u, attacks[..., -1:] - attacks, below(live)


def eer_of_points(accepted: NDArray, rejected: NDArray) -> Floats:
    """EER (...,) from counts (..., U + 1): FAR = FRR on the straight line between neighbouring points.

    NaN where a class is missing.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        fa = accepted / accepted[..., :1]  # 1 ... 0
        fr = rejected / rejected[..., -1:]  # 0 ... 1
    gap = fa - fr  # never rises: 1 ... -1
    last = np.clip((gap >= 0).sum(axis=-1, keepdims=True) - 1, 0, gap.shape[-1] - 2)

    def at(x: NDArray, k: NDArray) -> NDArray:
        return np.take_along_axis(x, k, axis=-1)[..., 0]

    g0, g1, f0, f1 = at(gap, last), at(gap, last + 1), at(fa, last), at(fa, last + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return f0 + g0 / (g0 - g1) * (f1 - f0)


def _both_classes(live: NDArray[np.bool_], what: str, where: str) -> None:
    """Raise FasnbError where the live mask lacks a class."""
    if not live.any() or live.all():
        lacking = "attack" if live.any() else "live"
        raise FasnbError(
            f"no {what} on {where}: it holds no {lacking} presentations; use a set with both classes"
        )


def _between(u: Floats, k: int) -> float:
    """A threshold of operating point k, midway in its interval, so that it is not glued to one score."""
    if k == 0:
        return float(u[0])
    if k == len(u):
        return float(np.nextafter(u[-1], np.inf))
    value = u[k - 1] + (u[k] - u[k - 1]) / 2
    return float(value if u[k - 1] < value <= u[k] else u[k])  # neighbours in floating point


def eer(scores: ArrayLike, labels: ArrayLike, where: str = "the same data") -> tuple[float, Threshold]:
    """Equal error rate and a threshold that comes nearest to it.

    The rate is interpolated linearly between the two operating points around FAR = FRR (exact where one
    point meets it). A real threshold must pick a point: the one of least |FAR - FRR|; of two such, the one
    of smaller FAR + FRR, then of smaller FAR. It lies midway in that point's interval of thresholds, so
    that it is not glued to one clip's score (at an open end, just beside the outermost score). `where` is
    recorded with the threshold. Raises FasnbError where a class is missing.
    """
    s, live = checked(scores, labels)
    _both_classes(live, "EER", where)
    u, accepted, rejected = operating_points(s, live)
    n_attack, n_live = int(accepted[0]), int(rejected[-1])
    a, r = (
        accepted * n_live,
        rejected * n_attack,
    )  # FAR and FRR times n_attack * n_live: whole numbers, exact ties
    k = min(range(len(a)), key=lambda i: (abs(a[i] - r[i]), a[i] + r[i], a[i]))
    return float(eer_of_points(accepted, rejected)), Threshold(_between(u, k), where, "EER")


def auc_of_weights(scores: Floats, live: NDArray[np.bool_], weights: NDArray | None = None) -> Floats:
    """Area under the ROC (...,), ties half; NaN if a class is missing. Weights as in `operating_points`."""
    _, accepted, rejected = operating_points(scores, live, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        fa, fr = accepted / accepted[..., :1], rejected / rejected[..., -1:]
    return np.trapezoid(1 - fr[..., ::-1], fa[..., ::-1], axis=-1)


def auc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Probability that a live presentation scores above an attack, ties counting half; NaN if a class is
    missing.
    """
    s, live = checked(scores, labels)
    return float(auc_of_weights(s, live)) if len(s) else float("nan")


def apcer_by_type(
    scores: ArrayLike, labels: ArrayLike, attacks: ArrayLike, threshold: Threshold | float
) -> pd.Series:
    """Attack presentation classification error rate per attack type (ISO/IEC 30107-3), sorted by type.

    `attacks` names each presentation's type; live ones are left out. Empty without attacks.
    """
    s, live = checked(scores, labels)
    accepted = pd.Series(s[~live] >= _value(threshold), dtype=float)
    return accepted.groupby(np.asarray(attacks)[~live]).mean().rename("apcer").rename_axis("attack")


def apcer(
    scores: ArrayLike, labels: ArrayLike, attacks: ArrayLike, threshold: Threshold | float
) -> tuple[float, str]:
    """The headline APCER: the worst attack type's rate, and its name; (NaN, "") without attacks."""
    rates = apcer_by_type(scores, labels, attacks, threshold)
    return (float(rates.max()), str(rates.idxmax())) if len(rates) else (float("nan"), "")


def bpcer(scores: ArrayLike, labels: ArrayLike, threshold: Threshold | float) -> float:
    """Bona fide presentation classification error rate: FRR under its standard name."""
    return frr(scores, labels, threshold)


def bpcer_at_apcer(
    scores: ArrayLike, labels: ArrayLike, limit: float, attacks: ArrayLike | None = None
) -> float:
    """The least BPCER with APCER <= `limit`: 0.10, 0.05, 0.01 give BPCER10, BPCER20, BPCER100.

    With `attacks` (types) every type must stay within the limit, as the standard has it; without, the
    pooled rate. NaN if a class is missing.
    """
    s, live = checked(scores, labels)
    if not live.any() or live.all():
        return float("nan")
    _, rejected, k = _within(s, live, limit, attacks)
    return float(rejected[k] / rejected[-1])


def threshold_at_apcer(
    scores: ArrayLike, labels: ArrayLike, limit: float, where: str, attacks: ArrayLike | None = None
) -> Threshold:
    """The threshold of `bpcer_at_apcer`: limit 0.05 gives that of BPCER20, and so it is named.

    Of several with the least BPCER the one that accepts the fewest attacks, midway in its interval. Raises
    FasnbError where a class is missing.
    """
    s, live = checked(scores, labels)
    _both_classes(live, f"BPCER at an APCER of {limit:g}", where)
    u, _, k = _within(s, live, limit, attacks)
    return Threshold(_between(u, k), where, f"BPCER{1 / limit:.0f}" if limit else "no attack accepted")


def _within(
    s: Floats, live: NDArray[np.bool_], limit: float, attacks: ArrayLike | None
) -> tuple[Floats, NDArray, int]:
    """u and live rejected as in `operating_points`, and the point of least BPCER with APCER <= limit."""
    types = np.zeros(len(s)) if attacks is None else np.asarray(attacks)
    u, _, rejected = operating_points(s, live)
    within = np.ones(len(rejected), dtype=bool)
    for kind in np.unique(types[~live]):
        mask = live | (types != kind)  # operating points over all scores, counting this type alone
        _, accepted, _ = operating_points(s, mask)
        within &= accepted <= limit * accepted[0] + 1e-9
    best = within & (rejected == rejected[within].min())
    return u, rejected, int(np.flatnonzero(best)[-1])


def det_points(scores: ArrayLike, labels: ArrayLike) -> pd.DataFrame:
    """Detection error trade-off: columns apcer (pooled), bpcer, threshold, by rising threshold.

    One row for every operating point: at each distinct score, and above all of them. Raises FasnbError where
    a class is missing.
    """
    s, live = checked(scores, labels)
    if not live.any() or live.all():
        raise FasnbError("a DET curve needs live and attack presentations; one of them is missing")
    u, accepted, rejected = operating_points(s, live)
    rates = {"apcer": accepted / accepted[0], "bpcer": rejected / rejected[-1]}
    return pd.DataFrame(rates | {"threshold": np.append(u, np.nextafter(u[-1], np.inf))})
