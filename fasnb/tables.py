"""The paper's tables from the results store, each of our numbers beside the paper's."""

from typing import Any

import numpy as np
import pandas as pd

from fasnb import published
from fasnb.errors import FasnbError
from fasnb.evaluation import RESAMPLES, Evaluation, evaluate
from fasnb.experiments import Experiment
from fasnb.grid import Arm, Column, Table, seeds_of, table
from fasnb.intervals import interval
from fasnb.rendering import render
from fasnb.runs import Result, Store
from fasnb.scores import fuse

__all__ = ["COLUMNS", "build", "fused_scores", "render"]

#: One row per cell. Rates in percent; `value` is the mean over seeds, `low` and `high` its 95 % interval over
#: subjects, `spread` the standard deviation over seeds; lists are space separated.
COLUMNS = (
    *("table", "row", "title", "column", "train", "test", "measure", "value", "low", "high", "spread"),
    *("paper", "certainty", "note", "subjects", "videos", "without_face", "seeds", "wanted_seeds"),
    *("source", "profile", "device", "keys", "data", "code", "torch", "current", "reading"),
)


def fused_scores(results: list[tuple[Result, float]]) -> pd.DataFrame:
    """The scores per video of one run, or of several fused by weight (eq. 31)."""
    if len(results) == 1:
        return results[0][0].scores
    try:
        return fuse([(result.scores, weight) for result, weight in results])
    except FasnbError as error:
        names = " and ".join(result.path.name for result, _ in results)
        raise FasnbError(f"{names}: {error}") from error


class Runs:
    """The store's best result per experiment, each read once."""

    def __init__(self, store: Store) -> None:
        """`store` may be one without data."""
        self.store = store
        self.known: dict[Experiment, Result | None] = {}

    def best(self, experiment: Experiment) -> Result | None:
        """The result of one experiment, as `Store.best`."""
        if experiment not in self.known:
            self.known[experiment] = self.store.best(experiment)
        return self.known[experiment]

    def of_arm(self, arm: Arm, train: str, seed: int) -> list[tuple[Result, float]] | None:
        """All runs behind an arm with their weights; None where one is missing."""
        found = [(self.best(experiment), weight) for experiment, weight in arm.experiments(train, seed)]
        complete = [(result, weight) for result, weight in found if result is not None]
        return complete if len(complete) == len(found) else None


def build(
    name: str, store: Store, seeds: tuple[int, ...] | None = None, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """A table as one row per cell (`COLUMNS`), the paper's number beside ours; a cell without runs has
    value NaN.

    The value is the mean over the seeds there are; the interval resamples subjects, the same for every
    seed, and takes percentiles of that mean. Results of other code or data than the store's present ones
    are used only where there is none of the present, and `current` says so. UsageError for an unknown
    table, FasnbError for damage.
    """
    what = table(name)
    wanted = seeds_of(what, store.profile) if seeds is None else tuple(seeds)
    runs = Runs(store)
    rows = []
    for arm in what.arms:
        seeds_here = arm.seeds(wanted)
        for train in dict.fromkeys(column.train for column in what.columns):
            by_seed = {seed: runs.of_arm(arm, train, seed) for seed in seeds_here}
            there = {seed: results for seed, results in by_seed.items() if results}
            tables = {seed: fused_scores(results) for seed, results in there.items()}
            for column in (c for c in what.columns if c.train == train):
                cells = [evaluate(scores, column, resamples) for scores in tables.values()]
                rows.append(
                    _facts(what, arm, column)
                    | _numbers(cells)
                    | {
                        "seeds": _joined(tables),
                        "wanted_seeds": _joined(seeds_here),
                        "profile": store.profile.name,
                    }
                    | _origin(store, [result for results in there.values() for result, _ in results])
                )
    frame = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    order = {column.key: i for i, column in enumerate(what.columns)}
    place = {arm.key: i for i, arm in enumerate(what.arms)}
    keys = [frame["row"].map(place), frame["column"].map(order)]
    return frame.iloc[np.lexsort(keys[::-1])].reset_index(drop=True)


def _joined(values: Any) -> str:
    return " ".join(map(str, dict.fromkeys(values)))


def _facts(what: Table, arm: Arm, column: Column) -> dict[str, Any]:
    """What the cell is, and what the paper prints there."""
    cell = published.load()[what.name].cell(arm.key, column.key)
    return {
        "table": what.name,
        "row": arm.key,
        "title": arm.title,
        "column": column.key,
        "train": column.train,
        "test": column.test,
        "measure": column.measure,
        "paper": np.nan if cell.value is None else cell.value,
        "certainty": cell.certainty,
        "note": cell.note,
        "reading": what.reading,
    }


def _numbers(cells: list[Evaluation]) -> dict[str, Any]:
    """Mean, interval and spread over the seeds, in percent; NaN without any."""
    if not cells:
        return dict.fromkeys(("value", "low", "high", "spread"), np.nan) | {"subjects": 0, "videos": 0}
    values = np.array([cell.value for cell in cells])
    many = cells[0].subjects > 1 and len({len(cell.samples) for cell in cells}) == 1
    low, high = interval(np.mean([cell.samples for cell in cells], axis=0)) if many else (np.nan, np.nan)
    return {
        "value": 100 * values.mean(),
        "low": 100 * low,
        "high": 100 * high,
        "spread": 100 * values.std(ddof=1) if len(values) > 1 else np.nan,
        "subjects": cells[0].subjects,
        "videos": cells[0].videos,
        "without_face": cells[0].without_face,
    }


def _origin(store: Store, results: list[Result]) -> dict[str, Any]:
    """Where the cell's runs come from."""
    records = [result.record for result in results]
    states = {store.is_current(result) for result in results}
    return {
        "source": _joined(r["data"]["source"] for r in records),
        "device": "; ".join(dict.fromkeys(r["device"] for r in records)),
        "keys": _joined(r["key"][:8] for r in records),
        "data": _joined(r["data"]["digest"][:8] for r in records),
        "code": _joined(r["code"][:8] for r in records),
        "torch": _joined(r["torch"] for r in records),
        "current": None if not states or None in states else states == {True},
    }
