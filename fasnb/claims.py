"""The paper's claims, one by one, against the runs in a store.

A claim says that one cell of a table has a smaller error than another. Its effect is the error saved, in
percentage points, positive where the paper is right: the mean over the claim's pairs of cells and over seeds.
The 95 % interval resamples the subjects of each test database, the same people for both arms of a pair; it
knows nothing of how another training seed would turn out, so `spread` stands beside it where there are seeds.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fasnb import published, scores
from fasnb.evaluation import RESAMPLES, evaluate, part
from fasnb.experiments import TRAIN_DATABASES
from fasnb.grid import FOUR, SEVEN, TABLES, Arm, Column, seeds_of
from fasnb.intervals import bootstrap, interval
from fasnb.metrics import Floats, auc
from fasnb.rendering import heading
from fasnb.runs import Store
from fasnb.tables import Runs, fused_scores

VERDICTS = ("reproduced", "partly", "not", "not measured")
#: The rule of `verdict`, for readers.
RULE = (
    "Reproduced: the interval of the whole effect lies above 0, and that of no part lies below 0. "
    "Partly: the whole's lies above 0 but some part's below; or the whole's contains 0, its effect is "
    "positive, and some part's lies above 0 and none's below. Not measured: a run is missing, or the runs "
    "are of several data sets. Not: all else, whether without effect or reversed."
)
CROSS = tuple(column.key for column in SEVEN if column.cross)
_Cell = tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """Two cells (row, column) of a table: `better` should have the smaller error. `part` groups pairs."""

    part: str
    better: _Cell
    worse: _Cell


@dataclass(frozen=True)
class Claim:
    """What the paper says, and the cells that would show it.

    `measure` is "error", what the column measures, or "overlap": 1 - AUC on the column's test split, which
    needs no threshold.
    """

    key: str
    says: str
    table: str
    pairs: tuple[Pair, ...]
    measure: str = "error"

    def arm(self, row: str) -> Arm:
        """The table's row of this key."""
        return next(arm for arm in TABLES[self.table].arms if arm.key == row)

    def column(self, key: str) -> Column:
        """The table's column of this key."""
        return next(column for column in TABLES[self.table].columns if column.key == key)


def by_column(table: str, better: str, worse: str, columns: tuple[str, ...]) -> tuple[Pair, ...]:
    """One row against another in each of these columns, a part each."""
    measures = {column.key: column.measure for column in TABLES[table].columns}
    return tuple(Pair(heading(key, measures[key]), (better, key), (worse, key)) for key in columns)


def by_row(table: str, rows: tuple[tuple[str, str], ...], columns: tuple[str, ...]) -> tuple[Pair, ...]:
    """Several pairs of rows (better, worse), each a part: its mean over these columns."""
    title = {arm.key: arm.title for arm in TABLES[table].arms}
    return tuple(
        Pair(f"{title[better]} against {title[worse]}", (better, key), (worse, key))
        for better, worse in rows
        for key in columns
    )


def best(table: str, row: str, columns: tuple[Column, ...]) -> tuple[Pair, ...]:
    """One row against every other of its table, each a part."""
    others = tuple((row, arm.key) for arm in TABLES[table].arms if arm.key != row)
    return by_row(table, others, tuple(column.key for column in columns))


_FUSED = (("pl_uda_attvlad", "pl_uda"), ("mpl_uda_attvlad", "mpl_uda"))
_MPL = (("mpl_uda", "pl_uda"), ("mpl_uda_attvlad", "pl_uda_attvlad"))
_SEVEN = tuple(column.key for column in SEVEN)
_FOUR = tuple(column.key for column in FOUR)

#: In the order of the paper's tables.
CLAIMS = (
    Claim("uda", "UDA helps across databases", "t7", by_column("t7", "pl_uda", "pl", CROSS)),
    Claim("plgf", "The PLGF branch helps across databases", "t8", by_row("t8", _FUSED, CROSS)),
    Claim("mpl", "MPL lowers Replay → CASIA", "t8", by_row("t8", _MPL, ("replay>casia",))),
    Claim("tau_sigma", "tau 0.5, sigma 0.1 are best", "t9", best("t9", "tau=0.5,sigma=0.1", SEVEN)),
    Claim(
        "vlad", "The VLAD layer helps across databases", "t10", by_column("t10", "attvlad", "baseline", CROSS)
    ),
    Claim("labelled", "4,000 labelled samples are best", "t11", best("t11", "4000", FOUR)),
    Claim(
        "loss", "The improved teacher's loss helps", "t12",
        by_column("t12", "improved_loss", "original_loss", _FOUR),
    ),
    Claim(
        "patches", "Patches are better than whole faces", "t13",
        by_column("t13", "64x64", "256x256", _SEVEN),
    ),
    Claim(
        "separation", "Scores separate less on another database", "t8",
        (Pair("CASIA, then Replay", ("mpl_uda_attvlad", "casia"), ("mpl_uda_attvlad", "casia>replay")),),
        "overlap",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Effect:
    """Percentage points of error saved, with their 95 % interval; NaN where not measured."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval lies above 0: as the paper says."""
        return self.low > 0

    @property
    def reversed(self) -> bool:
        """Whether the interval lies below 0: against the paper."""
        return self.high < 0


def verdict(whole: Effect, parts: list[Effect]) -> tuple[str, str]:
    """The verdict of a claim by `RULE`, and its reason in a few words."""
    if np.isnan([whole.value, whole.low, whole.high]).any():
        return "not measured", "no effect with an interval"
    for_it, against = sum(one.clear for one in parts), sum(one.reversed for one in parts)
    count = f"{for_it} of {len(parts)} parts clearly for it, {against} clearly against"
    if whole.clear:
        return ("partly" if against else "reproduced"), count
    if whole.reversed:
        return "not", f"reversed: {count}"
    if whole.value > 0 and for_it and not against:
        return "partly", f"no clear effect in all: {count}"
    return "not", f"no clear effect: {count}"


class _Cells:
    """The errors of a table's cells in one store: percent, and on resampled subjects (n,)."""

    def __init__(self, claim: Claim, runs: Runs, resamples: int) -> None:
        self.claim, self.runs, self.resamples = claim, runs, resamples
        self._known: dict[tuple[_Cell, int], tuple[float, Floats]] = {}

    def error(self, cell: _Cell, seed: int) -> tuple[float, Floats]:
        """Of one cell and seed; its runs must be there."""
        if (cell, seed) not in self._known:
            column = self.claim.column(cell[1])
            found = self.runs.of_arm(self.claim.arm(cell[0]), column.train, seed)
            assert found is not None
            value, samples = self._measured(fused_scores(found), column)
            self._known[cell, seed] = 100 * value, 100 * samples
        return self._known[cell, seed]

    def _measured(self, table: pd.DataFrame, column: Column) -> tuple[float, Floats]:
        # the same draws of people for every cell of a test database, other draws for another database
        draw = TRAIN_DATABASES.index(column.test)
        if self.claim.measure == "error":
            found = evaluate(table, column, self.resamples, draw)
            return found.value, found.samples
        seen = scores.answered(part(table, column.test, "test"))
        s, y, who = (seen[name].to_numpy() for name in ("score", "label", "subject"))
        return 1 - auc(s, y), 1 - bootstrap("auc", s, y, who, n=self.resamples, seed=draw)

    def saved(self, pair: Pair, seed: int) -> tuple[float, Floats]:
        """Error of the worse cell less that of the better one."""
        (better, b), (worse, w) = self.error(pair.better, seed), self.error(pair.worse, seed)
        return worse - better, w - b


def _behind(claim: Claim, runs: Runs, seeds: tuple[int, ...]) -> tuple[tuple[int, ...], str, str]:
    """The seeds that every run of a claim has, their data sources, and why it cannot be measured ("")."""
    cells = dict.fromkeys(cell for pair in claim.pairs for cell in (pair.better, pair.worse))
    arms = dict.fromkeys((row, claim.column(column).train) for row, column in cells)
    found = {
        (row, train, seed): runs.of_arm(claim.arm(row), train, seed) for row, train in arms for seed in seeds
    }
    there = tuple(seed for seed in seeds if all(found[row, train, seed] for row, train in arms))
    if not there:
        lacking = sum(not results for results in found.values())
        run = f"fasnb run --profile {runs.store.profile.name} --only {claim.table}"
        return (), "", f"{lacking} of {len(found)} arms are without runs: `{run}`"
    records = [
        result.record for key, results in found.items() if key[2] in there for result, _ in results or []
    ]
    source = " ".join(sorted({record["data"]["source"] for record in records}))
    mixed = len({record["data"]["digest"] for record in records}) > 1
    return there, source, "the runs are of several data sets" if mixed else ""


def papers(claim: Claim, pairs: list[Pair]) -> float:
    """The paper's own effect on these pairs, percentage points; NaN where it prints no such numbers."""
    if claim.measure != "error":
        return float("nan")
    printed = published.load()[claim.table]
    cells = [(printed.cell(*pair.better).value, printed.cell(*pair.worse).value) for pair in pairs]
    return float(np.mean([np.nan if None in cell else cell[1] - cell[0] for cell in cells]))  # type: ignore


def judge_one(claim: Claim, store: Store, resamples: int = RESAMPLES) -> pd.DataFrame:
    """One claim: a row for the whole (part ""), then one per part where there are several.

    Columns claim, says, table, part, effect, low, high (percentage points of error saved), spread (standard
    deviation over seeds), paper, verdict, why (the whole's), seeds, source, profile. FasnbError for damage.
    """
    wanted = seeds_of(TABLES[claim.table], store.profile)
    runs = Runs(store)
    seeds, source, problem = _behind(claim, runs, wanted)
    parts = list(dict.fromkeys(pair.part for pair in claim.pairs))
    groups = [list(claim.pairs)]
    groups += [[pair for pair in claim.pairs if pair.part == name] for name in parts]
    nothing = Effect(*3 * [float("nan")])
    effects, spreads = [nothing] * len(groups), [float("nan")] * len(groups)
    if not problem:
        cells = _Cells(claim, runs, resamples)
        effects, spreads = zip(*(_effect(cells, group, seeds) for group in groups))  # type: ignore
    said, why = ("not measured", problem) if problem else verdict(effects[0], list(effects[1:]))
    shown = range(len(groups)) if len(parts) > 1 else range(1)
    return pd.DataFrame(
        {
            **{"claim": claim.key, "says": claim.says, "table": claim.table, "part": ["", *parts][i]},
            **{"effect": effects[i].value, "low": effects[i].low, "high": effects[i].high},
            **{"spread": spreads[i], "paper": papers(claim, groups[i]), "verdict": said, "why": why},
            **{"seeds": " ".join(map(str, seeds)), "source": source, "profile": store.profile.name},
        }
        for i in shown
    )


def _effect(cells: _Cells, pairs: list[Pair], seeds: tuple[int, ...]) -> tuple[Effect, float]:
    """The mean over pairs and seeds with its interval, and the standard deviation over seeds."""
    saved = [[cells.saved(pair, seed) for pair in pairs] for seed in seeds]
    by_seed = np.array([np.mean([value for value, _ in row]) for row in saved])
    samples = np.mean([samples for row in saved for _, samples in row], axis=0)
    spread = by_seed.std(ddof=1) if len(seeds) > 1 else np.nan
    return Effect(float(by_seed.mean()), *interval(samples)), float(spread)


def judge(store: Store, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Every claim against a store, as `judge_one` has it."""
    return pd.concat([judge_one(claim, store, resamples) for claim in CLAIMS], ignore_index=True)


def sentence(whole: pd.Series) -> str:
    """A claim's verdict in words, from its first row."""
    paper = "" if np.isnan(whole["paper"]) else f"; the paper's own numbers give {whole['paper']:+.1f}"
    if np.isnan(whole["effect"]):
        return f"{whole['says']}: {whole['verdict']} ({whole['why']}){paper}."
    seeds = whole["seeds"].split()
    many = f"mean of {len(seeds)} seeds" if len(seeds) > 1 else "one seed"
    return (
        f"{whole['says']}: {whole['verdict']}. {whole['effect']:+.1f} points of error saved "
        f"[{whole['low']:.1f}, {whole['high']:.1f}], {many} ({whole['why']}){paper}."
    )
