"""Charts of the difficulty report, after the manner of fasnb/plots.py: they draw tables and read no file."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from fasnb.difficulty import goals
from fasnb.plots import BLACK, BLUE, GREEN, GREY, RED, SKY, axes, bands, decorate, legend_below
from fasnb.rendering import NAMES

_LOOKS = {"casia": (BLUE, "o"), "replay": (RED, "s"), "msu": (GREEN, "^")}
_DOMAINS = {"within": (BLUE, "o", "within its database"), "across": (RED, "s", "across databases")}


def _medium(database: str, medium: str) -> str:
    """For labels: "CASIA, cut"."""
    return f"{NAMES[database]}, {medium.replace('_', ' ')}"


def leaks(single: pd.DataFrame, together: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """AUC of single statistics, dots, and of eight together, diamonds with intervals, one line a medium.

    The tables "leaks-single" and "leaks-together". Shaded: where a statistic of a face may lie (light) and
    one of a file (dark). The farthest statistic is named where it is outside.
    """
    lines = list(zip(together["database"], together["medium"]))
    ax = axes(ax, (7, 1.6 + 0.34 * len(lines)))
    ax.axvspan(*goals.FACE, color=SKY, alpha=0.18, linewidth=0)
    ax.axvspan(*goals.FILE, color=GREY, alpha=0.3, linewidth=0)
    for y, (database, medium) in enumerate(lines):
        rows = single[(single["database"] == database) & (single["medium"] == medium)]
        face, file = (rows[rows["kind"] == kind] for kind in ("face", "file"))
        ax.plot(file["auc"], [y + 0.14] * len(file), "^", color=GREY, markersize=4, alpha=0.8, clip_on=False)
        ax.plot(face["auc"], [y - 0.14] * len(face), "o", mfc="none", mec=BLUE, markersize=5, clip_on=False)
        far = goals.outside(face, goals.FACE)
        if len(far):
            auc, name = float(far["auc"].iloc[0]), str(far["statistic"].iloc[0])
            ax.annotate(name, (auc, y - 0.14), (6, 0), textcoords="offset points", fontsize=7, va="center")
    for y, row in enumerate(together.to_dict("records")):
        ax.plot([row["low"], row["high"]], [y, y], color=RED, linewidth=2, alpha=0.45)
        ax.plot(row["auc"], y, "D", color=RED, markersize=5, zorder=3)
    bands(ax, [_medium(*line) for line in lines])
    ax.set_xlim(0, 1)
    decorate(ax, "AUC of live against the medium (0.5: no clue)", "", title, grid="x")
    keys: list[Any] = [
        Line2D([], [], marker="o", mfc="none", mec=BLUE, ls="", label="a statistic of the face"),
        Line2D([], [], marker="^", color=GREY, ls="", label="a statistic of the file or box"),
        Line2D([], [], marker="D", color=RED, label="eight together, 95 % interval"),
        Patch(color=SKY, alpha=0.3, label="aim for each of the face"),
        Patch(color=GREY, alpha=0.4, label="aim for each of the file"),
    ]
    legend_below(ax, keys, columns=2)
    return ax


def across(frame: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """How an error rate is made up, in percent: a dumbbell from EER on the target to HTER, one line a pair.

    The table "texture". Hollow: what no threshold could avoid; filled: at the training database's threshold,
    with its interval; the bar between is what that threshold costs, or saves where it points left.
    """
    ax = axes(ax, (6.4, 1.6 + 0.4 * len(frame)))
    for y, row in enumerate(frame.to_dict("records")):
        colour = BLUE if row["train"] == row["test"] else RED
        ax.plot([100 * row["hter_low"], 100 * row["hter_high"]], [y, y], color=GREY, linewidth=1, zorder=1)
        ends = [100 * row["eer"], 100 * row["hter"]]
        ax.plot(ends, [y, y], color=colour, linewidth=5, alpha=0.35, solid_capstyle="butt")
        ax.plot(ends[0], y, "o", mfc="white", mec=colour, markersize=7, zorder=3)
        ax.plot(ends[1], y, "o", color=colour, markersize=6, zorder=4)
    ax.axvline(50, color=BLACK, linestyle=":", linewidth=1)
    bands(ax, [f"{NAMES[a]} → {NAMES[b]}" for a, b in zip(frame["train"], frame["test"])])
    ax.set_xlim(left=0)
    decorate(ax, "error rate on the test split (%)", "", title, grid="x")
    keys: list[Any] = [
        Line2D([], [], marker="o", mfc="white", mec=GREY, ls="", label="EER there: separation"),
        Line2D([], [], marker="o", color=GREY, lw=1, label="HTER, 95 % interval"),
        Line2D([], [], color=GREY, lw=5, alpha=0.35, label="shift of the threshold"),
        Line2D([], [], color=BLUE, lw=5, alpha=0.35, label="within a database"),
        Line2D([], [], color=RED, lw=5, alpha=0.35, label="across databases"),
        Line2D([], [], color=BLACK, ls=":", label="guessing"),
    ]
    legend_below(ax, keys, columns=2)
    return ax


def media(frame: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """FAR of each kind of attack in percent with its interval, one colour and marker a training database.

    The rows of the table "media" with by = "attack".
    """
    lines = list(dict.fromkeys(zip(frame["test"], frame["value"])))
    ax = axes(ax, (6.4, 1.4 + 0.45 * len(lines)))
    for row in frame.to_dict("records"):
        colour, marker = _LOOKS[row["train"]]
        y = lines.index((row["test"], row["value"])) + 0.25 * (list(_LOOKS).index(row["train"]) - 1)
        _dot(ax, row, "far", y, colour, marker, hollow=row["train"] != row["test"])
    bands(ax, [_medium(*line) for line in lines])
    ax.set_xlim(-2, 102)
    decorate(ax, "attacks accepted, FAR (%)", "", title, grid="x")
    keys = [
        Line2D([], [], color=c, marker=m, label=f"trained on {NAMES[name]}")
        for name, (c, m) in _LOOKS.items()
    ]
    keys.append(Line2D([], [], color=GREY, marker="o", mfc="white", ls="", label="hollow: another database"))
    legend_below(ax, keys, columns=2)
    return ax


def _dot(
    ax: Axes, row: dict[Any, Any], rate: str, y: float, colour: str, marker: str, hollow: bool = False
) -> None:
    """A rate in percent with its interval."""
    ax.plot([100 * row[f"{rate}_low"], 100 * row[f"{rate}_high"]], [y, y], color=colour, lw=2, alpha=0.4)
    face = "white" if hollow else colour
    ax.plot(100 * row[rate], y, marker, mfc=face, mec=colour, markersize=5.5, zorder=3, clip_on=False)


def groups(frame: pd.DataFrame, rate: str, ax: Axes | None = None, title: str = "") -> Axes:
    """FRR or FAR (`rate`: "frr", "far") of groups of people in percent with intervals over them.

    The table "groups"; the number of people stands behind each group's name.
    """
    first = frame.drop_duplicates(["group", "value"])
    lines = list(zip(first["group"], first["value"]))
    ax = axes(ax, (5.2, 1.5 + 0.36 * len(lines)))
    for row in frame.to_dict("records"):
        colour, marker, _ = _DOMAINS[row["domain"]]
        y = lines.index((row["group"], row["value"])) + (-0.15 if row["domain"] == "within" else 0.15)
        _dot(ax, row, rate, y, colour, marker)
    bands(ax, [_group(*line, count) for line, count in zip(lines, first["people"])])
    ax.set_xlim(left=0)
    what = {"frr": "live rejected, FRR (%)", "far": "attacks accepted, FAR (%)"}[rate]
    decorate(ax, what, "", title, grid="x")
    keys = [Line2D([], [], color=c, marker=m, label=label) for c, m, label in _DOMAINS.values()]
    legend_below(ax, keys, columns=2)
    return ax


def _group(group: str, value: str, count: int) -> str:
    name = {"everyone": "everyone", "tone": f"{value} skin"}.get(group, value)
    return f"{name} ({count})"


def stages(frame: pd.DataFrame, columns: int = 3) -> Figure:
    """AUC of live against a medium with one stage alone (filled) and without it (hollow), a panel a medium.

    The table "stages": database, medium, variant (control, alone, without, full), stage, auc, low, high.
    The band is the aim for the control (every stage off), the dashed line the medium as it is.
    """
    frame = frame[frame["medium"] != "all"]
    panels = list(frame.groupby(["database", "medium"], sort=False))
    rows = -(-len(panels) // columns)
    most = max(part.loc[part["stage"] != "", "stage"].nunique() for _, part in panels)
    size = (4.4 * columns, rows * (1.3 + 0.21 * (most + 1)))
    fig, grid = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for ax, ((database, medium), part) in zip(grid.flat, panels):
        _stage_panel(part, ax, _medium(_short(str(database)), str(medium)))
    for ax in list(grid.flat)[len(panels) :]:
        ax.set_visible(False)
    keys: list[Any] = [
        Line2D([], [], color=BLUE, marker="o", label="this stage alone"),
        Line2D([], [], color=RED, marker="s", mfc="white", label="all but this stage"),
        Line2D([], [], color=BLACK, marker="D", label="control: every stage off"),
        Line2D([], [], color=BLACK, ls="--", label="the medium as it is"),
        Patch(color=GREY, alpha=0.3, label="aim for the control"),
    ]
    fig.legend(handles=keys, loc="outside lower center", ncols=len(keys), frameon=False)
    return fig


def _short(database: str) -> str:
    """The short name of a database given by either name."""
    from fasnb.layouts import SHORT

    return {full: short for short, full in SHORT.items()}.get(database, database)


def _stage_panel(part: pd.DataFrame, ax: Axes, title: str) -> None:
    names: Sequence[str] = list(dict.fromkeys(part.loc[part["stage"] != "", "stage"]))
    ax.axvspan(*goals.CONTROL, color=GREY, alpha=0.25, linewidth=0)
    looks = {"alone": (BLUE, "o", BLUE, -0.15), "without": (RED, "s", "white", 0.15)}
    for row in part.to_dict("records"):
        if row["variant"] == "full":
            ax.axvline(row["auc"], color=BLACK, linestyle="--", linewidth=1)
            continue
        colour, marker, face, shift = looks.get(row["variant"], (BLACK, "D", BLACK, 0.0))
        y = shift + (names.index(row["stage"]) + 1 if row["stage"] else 0)
        ax.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.6, alpha=0.4)
        ax.plot(row["auc"], y, marker, mfc=face, mec=colour, markersize=4.5, zorder=3, clip_on=False)
    bands(ax, ["control", *names])
    ax.tick_params(axis="y", labelsize=8)
    least = np.floor(10 * min(0.4, float(part["low"].min()))) / 10
    ax.set_xlim(least, 1)
    decorate(ax, "AUC of live against the medium", "", title, grid="x")
