"""What the databases ought to be like, and whether they are: one line a goal, from the report's tables."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

FACE, FILE = (0.15, 0.85), (0.45, 0.55)
TOGETHER, POOLED = 0.90, 0.85
WITHIN, WITHIN_THIRD, ACROSS, TIMES = 0.10, 0.18, (0.20, 0.40), 2.0
CONTROL = (0.43, 0.57)
NETWORK = 0.12


@dataclass(frozen=True)
class Goal:
    """A goal, the value that decides it and where that is, and whether it is met."""

    goal: str
    wanted: str
    value: float
    where: str
    met: bool


def outside(table: pd.DataFrame, band: tuple[float, float]) -> pd.DataFrame:
    """The rows of `leaks-single` whose AUC lies outside a band, the farthest from 0.5 first."""
    low, high = band
    rows = table[(table["auc"] < low) | (table["auc"] > high)]
    return rows.sort_values("auc", key=lambda auc: (auc - 0.5).abs(), ascending=False)


def _extreme(table: pd.DataFrame, names: list[str]) -> tuple[float, str]:
    row = table.iloc[int((table["auc"] - 0.5).abs().to_numpy().argmax())]
    return float(row["auc"]), ", ".join(str(row[name]) for name in names if row[name])


def _band(goal: str, table: pd.DataFrame, band: tuple[float, float], names: list[str]) -> Goal:
    value, where = _extreme(table, names)
    return Goal(goal, f"{band[0]:.2f} to {band[1]:.2f}", value, where, band[0] <= value <= band[1])


def _most(goal: str, limit: float, values: pd.Series) -> Goal:
    return Goal(
        goal, f"at most {limit:g}", float(values.max()), str(values.idxmax()), bool(values.max() <= limit)
    )


def _leaks(single: pd.DataFrame, together: pd.DataFrame) -> Iterator[Goal]:
    names = ["database", "medium", "statistic"]
    face, file = (single[single["kind"] == kind] for kind in ("face", "file"))
    yield _band("each single statistic of a face: AUC", face, FACE, names)
    yield _band("each single statistic of a file: AUC", file, FILE, names)
    values = together.assign(name=together["database"] + ", " + together["medium"]).set_index("name")
    whole = values["medium"] == "pooled"
    yield _most("eight statistics together, per medium: AUC", TOGETHER, values.loc[~whole, "auc"])
    yield _most("eight statistics together, all media: AUC", POOLED, values.loc[whole, "auc"])


def _within_and_across(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    own = table["train"] == table["test"]
    names = table["train"] + " to " + table["test"]
    return table[own].set_index("train")["eer"].sort_values(), table[~own].set_index(names[~own])["hter"]


def _texture(table: pd.DataFrame) -> Iterator[Goal]:
    within, across = _within_and_across(table)
    yield _most("Color-LBP, two databases: EER within", WITHIN, within.iloc[:2])
    yield _most("Color-LBP, the third: EER within", WITHIN_THIRD, within)
    mean = float(across.mean())
    wanted, pairs = f"{ACROSS[0]:g} to {ACROSS[1]:g}", f"{len(across)} pairs"
    yield Goal("Color-LBP: HTER across, mean", wanted, mean, pairs, ACROSS[0] <= mean <= ACROSS[1])
    times = mean / max(float(within.mean()), 1e-9)
    yield Goal("Color-LBP: HTER across / EER within, means", f"at least {TIMES:g}", times, "", times >= TIMES)


def _network(table: pd.DataFrame) -> Iterator[Goal]:
    within, across = _within_and_across(table)
    yield _most("network: EER within", NETWORK, within)
    own, other = float(within.mean()), float(across.mean())
    wanted, pairs = f"above {own:.3g}, the EER within", f"{len(across)} pairs"
    yield Goal("network: HTER across, mean", wanted, other, pairs, other > own)


def _control(table: pd.DataFrame) -> Iterator[Goal]:
    """Of a database its AUC; of a medium, with some 60 clips, whether its interval reaches the band."""
    whole = table["medium"] == "all"
    goal = "media that change nothing: AUC of Color-LBP"
    yield _band(goal, table[whole], CONTROL, ["database"])
    rows = table[~whole]
    low, high = CONTROL
    beyond = (rows["low"] - high).clip(lower=0) + (low - rows["high"]).clip(lower=0)
    value, where = _extreme(rows[beyond == beyond.max()], ["database", "medium"])
    wanted = f"95 % interval reaches {low:.2f} to {high:.2f}"
    yield Goal(f"{goal}, each medium", wanted, value, where, bool(beyond.max() <= 0))


def check(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Every goal that the tables at hand can decide: columns as of `Goal`; empty where there are none."""
    found: list[Goal] = []
    if {"leaks-single", "leaks-together"} <= set(tables):
        found += _leaks(tables["leaks-single"], tables["leaks-together"])
    if "texture" in tables:
        found += _texture(tables["texture"])
    if "stages" in tables:
        control = tables["stages"][tables["stages"]["variant"] == "control"]
        found += _control(control)
    if "control-network" in tables:
        control = tables["control-network"]
        found.append(_band("media that change nothing: AUC of a network", control, CONTROL, ["database"]))
    if "network" in tables:
        found += _network(tables["network"])
    return pd.DataFrame([vars(goal) for goal in found], columns=list(Goal.__dataclass_fields__))
