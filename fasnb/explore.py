"""What the explorer shows, as pure functions from a state to numbers; `explore_plots` draws them.

No widget, no figure and no torch in here: `widgets` is a thin shell over this module, tests call it directly.
Label convention: 1 = live, 0 = attack; a score is the probability of live. A threshold is chosen on the
training database; the one rule that breaks this, "target", is there to be seen as the wrong way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from fasnb import evaluation, metrics, scores
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import TRAIN_DATABASES, Experiment
from fasnb.grid import FUSION, TABLES, Arm
from fasnb.intervals import bootstrap_interval
from fasnb.metrics import Threshold
from fasnb.runs import Result, Store

#: How to choose a threshold: key -> what the reader picks.
RULES = {
    "eer": "EER on the training database",
    "bpcer20": "BPCER20 on the training database",
    "fixed": "a fixed value",
    "target": "WRONG WAY: EER on the target itself",
}
#: Where the fusion's curve is computed.
WEIGHTS = tuple(i / 10 for i in range(11))
Interval = tuple[float, float]
Pair = tuple[pd.DataFrame, pd.DataFrame]


@dataclass(frozen=True)
class State:
    """What the reader has set. `arm` is a title of `Library.arms`, `train` and `test` are databases.

    `fixed` is the threshold of the rule "fixed", `weight` the RGB branch's share of a fusion, `visitors` a
    day at the door, of which the fraction `attack_rate` are attacks. UsageError where one is out of range.
    """

    arm: str
    train: str
    test: str
    rule: str = "eer"
    fixed: float = 0.5
    weight: float = FUSION[0]
    visitors: int = 500
    attack_rate: float = 0.01

    def __post_init__(self) -> None:
        """Check every range; NaN is in none."""
        if self.rule not in RULES:
            raise UsageError(f"unknown rule {self.rule!r}; choose one of {', '.join(RULES)}")
        for what, value in (
            ("threshold", self.fixed),
            ("fusion weight", self.weight),
            ("attack rate", self.attack_rate),
        ):
            if not 0 <= value <= 1:
                raise UsageError(f"the {what} must lie in [0, 1], not {value!r}")
        if self.visitors < 0:
            raise UsageError(f"there cannot be {self.visitors} visitors a day")


def pair(rgb: pd.DataFrame, plgf: pd.DataFrame) -> Pair:
    """The scores of two branches over the same videos, in one order; a non-response of one is one of both."""
    return scores.fuse([(rgb, 1.0), (plgf, 0.0)]), scores.fuse([(rgb, 0.0), (plgf, 1.0)])


def mixed(both: Pair, weight: float) -> pd.DataFrame:
    """Eq. 31 of a `pair` at any weight of the first branch: at 1 its scores alone, at 0 the second's."""
    first, second = both
    return first.assign(score=weight * first["score"] + (1 - weight) * second["score"], frames="")


def sweep(both: Pair, parts: Iterable[tuple[str, str, str]], weights: ArrayLike) -> pd.DataFrame:
    """The EER in percent along the fusion weight: columns curve, step (the weight), value.

    `parts` are (curve's name, database, split).
    """
    rows = []
    for name, database, split in parts:
        seen = [scores.answered(evaluation.part(table, database, split)) for table in both]
        (first, second), live = (table["score"].to_numpy() for table in seen), seen[0]["label"].to_numpy()
        for weight in np.asarray(weights, dtype=float):
            rate = metrics.eer(weight * first + (1 - weight) * second, live, f"{database} {split}")[0]
            rows.append((name, weight, 100 * rate))
    return pd.DataFrame(rows, columns=["curve", "step", "value"])


class Library:
    """The scores of one seed, by arm (a run, or two that are fused) and training database.

    FasnbError where there is nothing of that seed.
    """

    def __init__(self, results: Iterable[Result], seed: int = 0) -> None:
        """`results` in any order, one an experiment; each table is read when first needed."""
        self._results = {r.experiment: r for r in results if r.experiment.seed == seed}
        self.seed = seed
        self._pairs: dict[tuple[str, str], Pair] = {}
        self.arms: dict[str, Arm] = {}
        known = set()
        for table in TABLES.values():
            for arm in table.arms:
                parts = tuple(arm.experiments(TRAIN_DATABASES[0], seed))
                if parts not in known and any(self._found(arm, train) for train in TRAIN_DATABASES):
                    known.add(parts)
                    prefix = f"{table.title.split('.')[0]}: " if table.ablation else ""
                    self.arms[prefix + arm.title] = arm
        if not self.arms:
            raise FasnbError(f"the store holds no scores of seed {seed}; run `fasnb run` first")

    @classmethod
    def of_store(cls, store: Store, seed: int = 0) -> "Library":
        """The current (else the newest) result of every experiment in a store."""
        there = {result.experiment for result in store.results()}
        return cls([found for one in there if (found := store.best(one))], seed)

    def _found(self, arm: Arm, train: str) -> list[tuple[Experiment, float]]:
        parts = arm.experiments(train, self.seed)
        return parts if all(experiment in self._results for experiment, _ in parts) else []

    def default(self) -> State:
        """The state to begin with: the paper's arm where it is there, CASIA to Replay."""
        wanted = [title for title, arm in self.arms.items() if arm.key == "mpl_uda_attvlad"]
        titles = wanted + [title for title, arm in self.arms.items() if len(arm.parts) > 1] + list(self.arms)
        train = next(train for train in TRAIN_DATABASES if self._found(self.arms[titles[0]], train))
        return State(titles[0], train, next(name for name in ("replay", "casia") if name != train))

    def fused(self, arm: str) -> bool:
        """Whether an arm is a fusion, so that the weight matters."""
        return arm in self.arms and len(self.arms[arm].parts) == 2

    def _parts(self, arm: str, train: str) -> list[Result]:
        if arm not in self.arms:
            raise UsageError(f"no scores of {arm!r}; choose one of {', '.join(self.arms)}")
        parts = self._found(self.arms[arm], train)
        if not parts:
            raise FasnbError(f"{arm} was not run on {train}; choose another training database or run it")
        return [self._results[experiment] for experiment, _ in parts]

    def pair(self, arm: str, train: str) -> Pair:
        """The two branches of a fusion (see `pair`), kept."""
        if not self.fused(arm):
            raise UsageError(f"{arm} is no fusion; choose one with a +AttVLAD")
        if (arm, train) not in self._pairs:
            rgb, plgf = self._parts(arm, train)
            self._pairs[arm, train] = pair(rgb.scores, plgf.scores)
        return self._pairs[arm, train]

    def scores(self, state: State) -> pd.DataFrame:
        """The scores per video of the state's arm, fused at its weight."""
        if self.fused(state.arm):
            return mixed(self.pair(state.arm, state.train), state.weight)
        return self._parts(state.arm, state.train)[0].scores

    def source(self, state: State) -> str:
        """Where the numbers come from: "simulated data, profile smoke, seed 0"."""
        record = self._parts(state.arm, state.train)[0].record
        return f"{record['data']['source']} data, profile {record['profile']}, seed {self.seed}"


def threshold(table: pd.DataFrame, state: State) -> Threshold:
    """The threshold of the state's rule, with its provenance."""
    if state.rule == "fixed":
        return Threshold(state.fixed, "no data", "fixed")
    database, split = state.train, evaluation.threshold_split(state.train)
    if state.rule == "target":
        database, split = state.test, "test"
    rows = scores.answered(evaluation.part(table, database, split))
    where = f"{database} {split}"
    if state.rule == "bpcer20":
        return metrics.threshold_at_apcer(rows["score"], rows["label"], 0.05, where, rows["attack"])
    return metrics.eer(rows["score"], rows["label"], where)[1]


@dataclass(frozen=True)
class Reading:
    """What a threshold does on a test database. Rates are fractions, NaN where a class is missing.

    `scores` are the answered test videos; `by_type` is the APCER per attack type and `apcer` the worst of
    them, that of `worst`; intervals are at 95 % over subjects.
    """

    state: State
    threshold: Threshold
    source: str
    scores: pd.DataFrame = field(repr=False)
    without_face: int
    live_accepted: int
    live_rejected: int
    attacks_accepted: int
    attacks_rejected: int
    far: float
    frr: float
    hter: float
    by_type: dict[str, float]
    apcer: float
    worst: str
    far_interval: Interval
    frr_interval: Interval

    @property
    def wrong(self) -> bool:
        """Whether the threshold was fitted on what it judges."""
        return self.state.rule == "target"

    @property
    def bpcer(self) -> float:
        """FRR under its standard name."""
        return self.frr


def read(library: Library, state: State) -> Reading:
    """The reading of a state; FasnbError where a database, a split or a class is missing or a score NaN."""
    table = library.scores(state)
    rows = evaluation.part(table, state.test, "test")
    seen = scores.answered(rows)
    at = threshold(table, state)
    s, live = metrics.checked(seen["score"], seen["label"])
    passed = s >= at.value
    kinds, who = seen["attack"].to_numpy(), seen["subject"].to_numpy()
    apcer, worst = metrics.apcer(s, live, kinds, at)
    by_type = metrics.apcer_by_type(s, live, kinds, at)
    return Reading(
        state,
        at,
        library.source(state),
        seen,
        len(rows) - len(seen),
        live_accepted=int((live & passed).sum()),
        live_rejected=int((live & ~passed).sum()),
        attacks_accepted=int((~live & passed).sum()),
        attacks_rejected=int((~live & ~passed).sum()),
        far=metrics.far(s, live, at),
        frr=metrics.frr(s, live, at),
        hter=metrics.hter(s, live, at),
        by_type={str(kind): float(rate) for kind, rate in by_type.items()},
        apcer=apcer,
        worst=worst,
        far_interval=bootstrap_interval("far", s, live, who, at),
        frr_interval=bootstrap_interval("frr", s, live, who, at),
    )


def by_rule(library: Library, state: State) -> dict[str, Reading]:
    """The state read under every rule, its own fixed value among them."""
    return {rule: read(library, replace(state, rule=rule)) for rule in RULES}


def fusion(library: Library, state: State, weights: ArrayLike = WEIGHTS) -> pd.DataFrame:
    """`sweep` of the state's fusion: on the split that may choose, and on every test set, for show only."""
    both = library.pair(state.arm, state.train)
    split = evaluation.threshold_split(state.train)
    parts = [(f"{state.train} {split}", state.train, split)]
    parts += [(f"{name} test", name, "test") for name in TRAIN_DATABASES]
    return sweep(both, parts, weights)
