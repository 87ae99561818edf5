"""Wrong ways to evaluate, done on purpose and beside the right one, to see what they are worth.

Nothing in the tables uses this module. Rates are in percent; columns `way` say right or wrong.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from fasnb import metrics, scores
from fasnb.errors import FasnbError
from fasnb.evaluation import evaluate, part, threshold_of, threshold_split
from fasnb.grid import Column
from fasnb.intervals import bootstrap, interval
from fasnb.metrics import Threshold
from fasnb.rendering import NAMES


def column(train: str, test: str) -> Column:
    """HTER on the test videos of `test` at the threshold of `train`."""
    return Column(f"{train}>{test}", train, test, "hter")


def least_hter(s: np.ndarray, y: np.ndarray, where: str) -> tuple[float, Threshold]:
    """The smallest HTER that any threshold gives on scores (N,) with labels (N,), and that threshold."""
    u, accepted, rejected = metrics.operating_points(*metrics.checked(s, y))
    rates = (accepted / accepted[0] + rejected / rejected[-1]) / 2
    best = int(np.argmin(rates))
    return float(rates[best]), Threshold(float(np.append(u, np.inf)[best]), where, "least HTER")


def fitted_on_target(table: pd.DataFrame, train: str, tests: tuple[str, ...]) -> pd.DataFrame:
    """HTER with the threshold from where it may come from, and with those fitted on the test set itself.

    One row per test database and way: columns test, way, rule, where, threshold, value, low, high. The wrong
    ways are the test set's own EER threshold and the threshold of the least HTER there; their intervals keep
    that threshold, as if it had been given.
    """
    rows = []
    for test in tests:
        seen = scores.answered(part(table, test, "test"))
        s, y, who = (seen[name].to_numpy() for name in ("score", "label", "subject"))
        where = f"{test} test"
        for way, at in (
            ("right", threshold_of(table, train)),
            ("wrong", metrics.eer(s, y, where)[1]),
            ("wrong", least_hter(s, y, where)[1]),
        ):
            low, high = interval(bootstrap("hter", s, y, who, at))
            rates = {"value": metrics.hter(s, y, at), "low": low, "high": high}
            rows.append(
                {"test": test, "way": way, "rule": at.rule, "where": at.where, "threshold": at.value}
                | {name: 100 * rate for name, rate in rates.items()}
            )
    return pd.DataFrame(rows)


def picked(candidates: Mapping[str, pd.DataFrame], train: str, test: str) -> pd.DataFrame:
    """One of several trained networks picked by the training database, and by the test set.

    One row per candidate: candidate, chooser (EER on the split that may choose), value (HTER on `test`), low,
    high, way ("right" for the one of the smallest chooser, "wrong" for the one of the smallest value, "both",
    or ""). Ties go to the first. FasnbError without candidates.
    """
    _some(candidates)
    split = threshold_split(train)
    rows = []
    for name, table in candidates.items():
        fit = scores.answered(part(table, train, split))
        found = evaluate(table, column(train, test))
        low, high = interval(found.samples)
        own = metrics.eer(fit["score"], fit["label"], f"{train} {split}")[0]
        rates = {"chooser": own, "value": found.value, "low": low, "high": high}
        rows.append({"candidate": name} | {key: 100 * rate for key, rate in rates.items()})
    frame = pd.DataFrame(rows)
    right, wrong = int(frame["chooser"].argmin()), int(frame["value"].argmin())
    ways = ["" for _ in rows]
    ways[wrong] = "wrong"
    ways[right] = "both" if right == wrong else "right"
    return frame.assign(way=ways)


def winners_curse(
    candidates: Mapping[str, pd.DataFrame], train: str, test: str, n: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Pick on one half of the test people, look at the other half, `n` times.

    Columns seen (the picked one's HTER on the people who picked it), unseen (on the others), average (of all
    candidates on the others), percent each. That `seen` lies below `unseen` is what picking on test buys: a
    number, not a better network. Splits in which a half lacks a class are left out. FasnbError without
    candidates, with fewer than four people, or where no split is left.
    """
    _some(candidates)
    errors = {name: _by_subject(table, train, test) for name, table in candidates.items()}
    people = sorted({who for one in errors.values() for who in one.index})
    if len(people) < 4:
        raise FasnbError(f"{test} test shows {len(people)} people; it takes four to split them")
    counts = np.stack([one.reindex(people, fill_value=0).to_numpy(float) for one in errors.values()])
    rng, rows = np.random.default_rng(seed), []
    for _ in range(n):
        first = np.zeros(len(people), bool)
        first[rng.permutation(len(people))[: len(people) // 2]] = True
        halves = [_hter(counts[:, half].sum(axis=1)) for half in (first, ~first)]  # (candidates,) each
        if not np.isnan(halves).any():
            best = int(halves[0].argmin())
            rows.append((100 * halves[0][best], 100 * halves[1][best], 100 * halves[1].mean()))
    if not rows:
        raise FasnbError(f"no half of the people of {test} test shows both live and attack videos")
    return pd.DataFrame(rows, columns=["seen", "unseen", "average"])


def _some(candidates: Mapping[str, pd.DataFrame]) -> None:
    if not candidates:
        raise FasnbError("there is nothing to pick from; give at least one run's scores")


def _by_subject(table: pd.DataFrame, train: str, test: str) -> pd.DataFrame:
    """Per person: attacks accepted, attacks, live rejected, live; at the training database's threshold."""
    seen = scores.answered(part(table, test, "test"))
    live = seen["label"] == 1
    passed = seen["score"] >= threshold_of(table, train).value
    counted = pd.DataFrame({"fa": ~live & passed, "attacks": ~live, "fr": live & ~passed, "live": live})
    return counted.groupby(seen["subject"]).sum()


def _hter(counts: np.ndarray) -> np.ndarray:
    """HTER of counts (..., 4) as `_by_subject` has them; NaN where a class is missing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (counts[..., 0] / counts[..., 1] + counts[..., 2] / counts[..., 3]) / 2


def counted_by(table: pd.DataFrame, train: str, test: str) -> pd.DataFrame:
    """The same HTER with intervals over people, and over videos or frames as if each stood for itself.

    One row per way of counting: judged (videos | frames), resampled (people | videos | frames), n (how many
    are resampled), way, value, low, high, width. A video's score is the mean of its frames; frames are judged
    one by one at the threshold of the training database's frames. FasnbError names a clip without its frames.
    """
    units = {"videos": scores.answered(table), "frames": scores.per_frame(table)}
    rows = []
    for judged, resampled in (
        ("videos", "people"),
        ("videos", "videos"),
        ("frames", "people"),
        ("frames", "frames"),
    ):
        seen, at = part(units[judged], test, "test"), threshold_of(units[judged], train)
        s, y = seen["score"].to_numpy(), seen["label"].to_numpy()
        who = seen["subject"].to_numpy() if resampled == "people" else np.arange(len(seen))
        low, high = interval(bootstrap("hter", s, y, who, at))
        rates = {"value": metrics.hter(s, y, at), "low": low, "high": high, "width": high - low}
        way = "right" if resampled == "people" else "wrong"
        rows.append(
            {"judged": judged, "resampled": resampled, "n": len(np.unique(who)), "way": way}
            | {name: 100 * rate for name, rate in rates.items()}
        )
    return pd.DataFrame(rows)


def beside(fitted: pd.DataFrame, chosen: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """The three together, for a picture: columns what, way (right | wrong), value, low, high.

    From `fitted_on_target` (the least HTER), `picked` (of one test database) and `counted_by` (frames).
    """
    parts, least = [], fitted["rule"] == "least HTER"
    for test, rows in fitted[least | (fitted["way"] == "right")].groupby("test", sort=False):
        parts.append(rows.assign(what=f"threshold fitted on {NAMES[str(test)]} test"))
    for way in ("right", "wrong"):
        row = chosen[chosen["way"].isin((way, "both"))]
        parts.append(row.assign(way=way, what=f"best of {len(chosen)} networks, picked on test"))
    frames = counted[counted["judged"] == "frames"]
    parts.append(frames.assign(what=f"{frames['n'].max()} frames as observations"))
    return pd.concat(parts, ignore_index=True)[["what", "way", "value", "low", "high"]]
