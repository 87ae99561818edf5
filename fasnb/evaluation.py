"""From a run's scores to a cell of a table: which split sets the threshold, which is judged (section 4.3).

The threshold never comes from the videos it judges: it is where the training database's development set
reaches its EER, or its training split where it has no development set.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fasnb import metrics, scores
from fasnb.errors import FasnbError
from fasnb.experiments import HAS_DEVEL
from fasnb.grid import Column
from fasnb.intervals import bootstrap
from fasnb.metrics import Floats, Threshold

RESAMPLES = 1000


@dataclass(frozen=True)
class Evaluation:
    """A measured cell: fractions; `samples` are the statistic on resampled subjects, (n,) float64."""

    value: float
    threshold: Threshold
    samples: Floats
    subjects: int
    videos: int
    without_face: int


def part(table: pd.DataFrame, database: str, split: str) -> pd.DataFrame:
    """The scored videos of a split; FasnbError if the run has none."""
    rows = table[(table["database"] == database) & (table["split"] == split)]
    if scores.answered(rows).empty:
        raise FasnbError(
            f"the run scored no video of {database} {split}; delete its files, it will be run again"
        )
    return rows


def threshold_split(train: str) -> str:
    """The split of a training database that sets the threshold."""
    return "devel" if train in HAS_DEVEL else "train"


def threshold_of(table: pd.DataFrame, train: str) -> Threshold:
    """The EER threshold of a training database, per video, with its provenance ("replay devel")."""
    split = threshold_split(train)
    rows = scores.answered(part(table, train, split))
    return metrics.eer(rows["score"], rows["label"], f"{train} {split}")[1]


def evaluate(table: pd.DataFrame, column: Column, resamples: int = RESAMPLES, seed: int = 0) -> Evaluation:
    """The cell of a column from a run's (or a fusion's) scores per video.

    Videos without a face have no score; they are counted apart. FasnbError where a split or class is missing.
    """
    rows = part(table, column.test, "devel" if column.measure == "eer_devel" else "test")
    seen = scores.answered(rows)
    s, y, who = seen["score"].to_numpy(), seen["label"].to_numpy(), seen["subject"].to_numpy()
    if column.measure == "hter":
        threshold = threshold_of(table, column.train)
        value = metrics.hter(s, y, threshold)
        if np.isnan(value):
            raise FasnbError(f"no HTER on {column.test} test: a class is missing; complete the database")
        samples = bootstrap("hter", s, y, who, threshold, n=resamples, seed=seed)
    else:
        value, threshold = metrics.eer(s, y, f"{column.test} {rows['split'].iloc[0]}")
        samples = bootstrap("eer", s, y, who, n=resamples, seed=seed)
    without = len(rows) - len(seen)
    return Evaluation(value, threshold, samples, len(np.unique(who)), len(seen), without)


def report(table: pd.DataFrame, train: str) -> pd.DataFrame:
    """What the paper does not report: one row per test database and unit (video, frame), rates in percent.

    Columns: test, unit, n, hter, far, frr (at the training database's threshold, which is set per unit),
    eer, auc, apcer, worst (the worst attack type), bpcer, bpcer10, bpcer20, bpcer100, threshold, where,
    without_face.
    """
    split = threshold_split(train)
    rows = []
    for unit in ("video", "frame"):
        all_of = scores.answered(table) if unit == "video" else scores.per_frame(table)
        fit = part(all_of, train, split)
        threshold = metrics.eer(fit["score"], fit["label"], f"{train} {split}")[1]
        for test in sorted(all_of.loc[all_of["split"] == "test", "database"].unique()):
            seen = part(all_of, test, "test")
            s, y, kinds = seen["score"].to_numpy(), seen["label"].to_numpy(), seen["attack"].to_numpy()
            apcer, worst = metrics.apcer(s, y, kinds, threshold)
            rates = {
                "hter": metrics.hter(s, y, threshold),
                "far": metrics.far(s, y, threshold),
                "frr": metrics.frr(s, y, threshold),
                "eer": metrics.eer(s, y, f"{test} test")[0],
                "auc": metrics.auc(s, y),
                "apcer": apcer,
                "bpcer": metrics.bpcer(s, y, threshold),
                "bpcer10": metrics.bpcer_at_apcer(s, y, 0.10, kinds),
                "bpcer20": metrics.bpcer_at_apcer(s, y, 0.05, kinds),
                "bpcer100": metrics.bpcer_at_apcer(s, y, 0.01, kinds),
            }
            whole = table[(table["database"] == test) & (table["split"] == "test")]
            rows.append(
                {"test": test, "unit": unit, "n": len(seen), "worst": worst}
                | {name: 100 * rate for name, rate in rates.items()}
                | {"threshold": threshold.value, "where": threshold.where}
                | {"without_face": int((whole["n_frames"] == 0).sum())}
            )
    return pd.DataFrame(rows)
