"""Every cell of the paper's Tables 5-13 as experiments.

A table's arm is one experiment, or two fused at 0.8 / 0.2 (eq. 31); a cell evaluates an arm, trained on
one database, on the same or another one. Cells share runs: `grid` lists each once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from fasnb.errors import UsageError
from fasnb.experiments import OTHERS, OWN, TITLES, Experiment, Value
from fasnb.profiles import PAPER_SAMPLES, Profile

#: Eq. 31: p = 0.8 p_rgb + 0.2 p_plgf.
FUSION = (0.8, 0.2)

Measure = Literal["eer", "eer_devel", "hter"]


@dataclass(frozen=True)
class Column:
    """A table column: its key in published.yaml, where to train and test, and what is measured (in percent).

    Measures: "eer" on the test split; "eer_devel" on the development split; "hter" on the test split at the
    EER threshold of the training database's development set (of its training split where it has none).
    """

    key: str
    train: str
    test: str
    measure: Measure

    @property
    def cross(self) -> bool:
        """Whether training and test database differ."""
        return self.train != self.test


@dataclass(frozen=True)
class Arm:
    """A table row: its key in published.yaml, its title, the methods it fuses and their weights."""

    key: str
    title: str
    parts: tuple[tuple[str, tuple[tuple[str, Value], ...], float], ...]

    def seeds(self, wanted: Iterable[int]) -> tuple[int, ...]:
        """Those of the table's seeds that the row is run with: a compared method's the first alone."""
        own = any(method in OWN for method, _, _ in self.parts)
        return tuple(wanted) if own else tuple(wanted)[:1]

    def experiments(self, train: str, seed: int) -> list[tuple[Experiment, float]]:
        """The runs behind this row when trained on `train`, each with its fusion weight (eq. 31)."""
        return [
            (Experiment(method, train, overrides, seed), weight) for method, overrides, weight in self.parts
        ]


@dataclass(frozen=True)
class Table:
    """A table of the paper: what its rows and columns are, and which settings we read it with."""

    name: str
    title: str
    columns: tuple[Column, ...]
    arms: tuple[Arm, ...]
    reading: str
    ablation: bool = False


def single(key: str, method: str, title: str = "", **overrides: Value) -> Arm:
    """A row of one experiment."""
    return Arm(key, title or TITLES[method], ((method, tuple(overrides.items()), 1.0),))


def fused(key: str, method: str, **overrides: Value) -> Arm:
    """A row that fuses the RGB method with AttVLAD, eq. 31."""
    parts = ((method, tuple(overrides.items()), FUSION[0]), ("attvlad", (), FUSION[1]))
    return Arm(key, f"{TITLES[method]}+AttVLAD", parts)


SEVEN = (
    Column("casia", "casia", "casia", "eer"),
    Column("casia>replay", "casia", "replay", "hter"),
    Column("replay", "replay", "replay", "hter"),
    Column("replay>casia", "replay", "casia", "hter"),
    Column("replay>msu", "replay", "msu", "hter"),
    Column("msu", "msu", "msu", "eer"),
    Column("msu>replay", "msu", "replay", "hter"),
)
FOUR = SEVEN[:4]
INTRA = (
    Column("casia_eer", "casia", "casia", "eer"),
    Column("replay_eer", "replay", "replay", "eer_devel"),
    Column("replay_hter", "replay", "replay", "hter"),
    Column("msu_eer", "msu", "msu", "eer"),
)
_DEFAULT = "tau 0.6, sigma 0.15: the values Tables 8 and 11 agree with (the text settles on 0.5 and 0.1)"


def _tables() -> Iterator[Table]:
    """The paper's tables in its order; each says how we read its settings."""
    own = fused("paper", "mpl_uda")
    others = {method: single(method, method) for method in OTHERS}
    within = tuple(others[m] for m in ("cnn", "color_lbp", "color_texture", "msr_mobilenet", "drl_fas"))
    cross = tuple(column for column in SEVEN if column.cross)
    reading = _DEFAULT + "; Replay EER on the development set, as the database's users report it"
    yield Table("t5", "Table 5. Within one database, against other methods", INTRA, (*within, own), reading)
    yield Table(
        "t6", "Table 6. Across databases, against other methods", cross, (*others.values(), own), _DEFAULT
    )

    pl, pl_uda, pl_uda_attvlad = (
        single("pl", "pl"),
        single("pl_uda", "pl_uda"),
        fused("pl_uda_attvlad", "pl_uda"),
    )
    attvlad, mpl_uda = single("attvlad", "attvlad"), single("mpl_uda", "mpl_uda")
    arms: tuple[Arm, ...] = (pl, attvlad, pl_uda, pl_uda_attvlad)
    yield Table("t7", "Table 7. Pseudo labels, UDA and the PLGF branch", SEVEN, arms, _DEFAULT)
    arms = (pl_uda, mpl_uda, pl_uda_attvlad, fused("mpl_uda_attvlad", "mpl_uda"))
    yield Table("t8", "Table 8. Meta pseudo labels, without and with the PLGF branch", SEVEN, arms, _DEFAULT)

    # Of two classes one has p >= 0.5: tau 0 keeps what tau 0.5 keeps, so their rows are the same trainings.
    arms = tuple(
        single(
            f"tau={tau:g},sigma={sigma:g}",
            "mpl_uda",
            f"tau {tau:g}, sigma {sigma:g}",
            tau=max(tau, 0.5),
            sigma=sigma,
        )
        for tau in (0.6, 0.5, 0)
        for sigma in (0, 0.1, 0.15)
    )
    reading = "MPL+UDA without the PLGF branch; tau 0 and 0.5 are one setting with two classes and share runs"
    yield Table(
        "t9", "Table 9. Confidence threshold and label smoothing", SEVEN, arms, reading, ablation=True
    )

    arms = (single("baseline", "attvlad_novlad"), attvlad)
    yield Table("t10", "Table 10. The VLAD layer", SEVEN, arms, "the PLGF branch alone", ablation=True)

    arms = tuple(single(str(n), "mpl_uda", f"{n:,} labelled", labelled=n) for n in (3000, 4000, 5000, 6000))
    reading = f"MPL+UDA, {_DEFAULT}; smaller profiles keep the fraction of their samples"
    yield Table("t11", "Table 11. Labelled samples out of 16,000", FOUR, arms, reading, ablation=True)

    arms = tuple(
        single(f"{loss}_loss", "mpl_uda", f"{loss} loss", tau=0.5, sigma=0.1, loss=loss)
        for loss in ("original", "improved")
    )
    reading = "MPL+UDA, tau 0.5, sigma 0.1: the improved row equals Table 9's row of these values"
    yield Table("t12", "Table 12. The teacher's loss", FOUR, arms, reading, ablation=True)

    arms = tuple(
        single(f"{side}x{side}", "supervised", f"{side}x{side}", labelled=PAPER_SAMPLES, patch=side)
        for side in (64, 256)
    )
    reading = "the paper does not say which method: supervised with every label kept, our reading"
    yield Table("t13", "Table 13. Training on patches or on faces", SEVEN, arms, reading, ablation=True)


TABLES: dict[str, Table] = {one.name: one for one in _tables()}


def table(name: str) -> Table:
    """The table of this name (`t8`); UsageError names the known ones."""
    if name not in TABLES:
        raise UsageError(f"unknown table {name!r}; choose one of {', '.join(TABLES)}")
    return TABLES[name]


def seeds_of(table: Table, profile: Profile) -> tuple[int, ...]:
    """The seeds a table is run with in this profile: ablations may have fewer."""
    return tuple(range(profile.ablation_seeds if table.ablation else profile.seeds))


def grid(tables: Iterable[str], seeds: Iterable[int] | Mapping[str, Iterable[int]]) -> list[Experiment]:
    """The distinct experiments behind these tables, in table order; a run shared between cells appears once.

    `seeds` are the same for every table, or given per table name.
    """
    found: dict[Experiment, None] = {}
    for name in tables:
        one = table(name)
        those = tuple(seeds[name] if isinstance(seeds, Mapping) else seeds)
        for seed in those:
            for arm in (arm for arm in one.arms if seed in arm.seeds(those)):
                for train in dict.fromkeys(column.train for column in one.columns):
                    found |= {experiment: None for experiment, _ in arm.experiments(train, seed)}
    return list(found)


def grid_of(
    profile: Profile, tables: Iterable[str] = tuple(TABLES), seeds: int | None = None
) -> list[Experiment]:
    """The grid with the profile's own seeds per table, or with `seeds` of them everywhere."""
    names = list(tables)
    counts = {n: range(seeds) if seeds else seeds_of(table(n), profile) for n in names}
    return grid(names, counts)


def pictured(profile: Profile, seed: int = 0) -> list[Experiment]:
    """The runs whose networks the notebooks look into: those on CASIA, and on Replay for Figs. 7 and 8."""
    names = [name for name in ("t5", "t6", "t7", "t8", "t10", "t13") if name in profile.tables]
    heat = ("supervised", "replay")
    return [one for one in grid(names, [seed]) if one.train == "casia" or (one.method, one.train) == heat]
