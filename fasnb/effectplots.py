"""Charts of effects: claims with their intervals, a grid of settings, what a wrong way does to a number."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from fasnb.errors import FasnbError
from fasnb.plots import BLACK, BLUE, GREY, ORANGE, RED, axes, bands, decorate, legend_below

#: The colour of each verdict; a claim that was not measured is grey.
COLOURS = {"reproduced": BLUE, "partly": ORANGE, "not": RED, "not measured": GREY}


def forest(frame: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """The claims (`claims.judge`): one band each, effect and 95 % interval, coloured by verdict.

    The parts of a claim are small grey dots below it, the paper's own effects hollow diamonds. A claim that
    was not measured has no dot; its verdict stands at the right like all others.
    """
    wholes = frame[frame["part"] == ""].reset_index(drop=True)
    ax = axes(ax, (8, 1.3 + 0.62 * len(wholes)))
    ax.axvline(0, color=BLACK, linewidth=1)
    for place, whole in wholes.iterrows():
        colour, y = COLOURS[whole["verdict"]], float(place)  # type: ignore[arg-type]
        parts = frame[(frame["claim"] == whole["claim"]) & (frame["part"] != "")]
        for offset, one in zip(np.linspace(0.06, 0.38, len(parts)), parts.to_dict("records")):
            ax.plot([one["low"], one["high"]], 2 * [y + offset], color=GREY, linewidth=0.8, alpha=0.5)
            ax.plot(one["effect"], y + offset, "o", color=GREY, markersize=2.5)
        y -= 0.15
        ax.plot([whole["low"], whole["high"]], [y, y], color=colour, linewidth=2.5, alpha=0.45)
        ax.plot(whole["effect"], y, "o", color=colour, markersize=6, zorder=3)
        ax.plot(whole["paper"], y, "D", mfc="none", mec=BLACK, markersize=6, zorder=4)
        ax.text(1.02, y, whole["verdict"], color=colour, transform=ax.get_yaxis_transform(), va="center")
    bands(ax, [f"{says} (Table {table[1:]})" for says, table in zip(wholes["says"], wholes["table"])])
    ax.tick_params(axis="y", labelsize=9)
    decorate(ax, "points of error saved (%); right of 0: as the paper says", "", title, grid="x")
    keys = [
        Line2D([], [], color=BLUE, marker="o", label="effect, 95 % interval over subjects"),
        Line2D([], [], color=GREY, marker="o", markersize=2.5, linewidth=0.8, label="its parts"),
        Line2D(
            [], [], color=BLACK, marker="D", mfc="none", linestyle="", label="the paper's own (real data)"
        ),
    ]
    legend_below(ax, keys)
    return ax


def settings(frame: pd.DataFrame, ax: Axes | None = None, title: str = "", value: str = "value") -> Axes:
    """Table 9 as a map: tau down, sigma across, in each field the mean over the table's columns, in percent.

    Bright is low. `frame` is a built table whose rows are `tau=...,sigma=...`. A field of which some column
    is missing is hatched and says so: a mean over fewer columns could not be compared. `value` may be
    "paper". FasnbError for another table.
    """
    found = frame["row"].str.extract(r"^tau=([\d.]+),sigma=([\d.]+)$")
    if found.isna().any(axis=None):
        raise FasnbError("the map of settings needs the rows of Table 9, tau=...,sigma=...")
    rows = frame.assign(tau=found[0].astype(float), sigma=found[1].astype(float))
    whole = rows.groupby(["tau", "sigma"])[value].agg(lambda cells: cells.mean(skipna=False))
    means = whole.unstack().sort_index(ascending=False)
    ax = axes(ax, (4.6, 3.6))
    numbers = means.to_numpy(dtype=float)
    ax.imshow(np.ma.masked_invalid(numbers), cmap="cividis_r", aspect="auto")
    spread = np.ptp(numbers[~np.isnan(numbers)]) if (~np.isnan(numbers)).any() else 0.0
    for (i, j), number in np.ndenumerate(numbers):
        if np.isnan(number):
            ax.add_patch(_hatched(i, j))
            ax.text(j, i, "missing", ha="center", va="center", color=BLACK, fontsize=9)
        else:
            dark = spread and number - np.nanmin(numbers) > 0.5 * spread
            colour = "white" if dark else BLACK
            ax.text(j, i, f"{number:.1f}", ha="center", va="center", color=colour, fontsize=12)
    ax.set_xticks(range(len(means.columns)), [f"{sigma:g}" for sigma in means.columns])
    ax.set_yticks(range(len(means)), [f"{tau:g}" for tau in means.index])
    decorate(ax, "sigma: label smoothing", "tau: confidence threshold", title, grid="")
    return ax


def _hatched(i: int, j: int) -> Rectangle:
    return Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor="#f2f2f2", edgecolor="#bbbbbb", hatch="///")


def beside(frame: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """What was reported beside what holds: columns what, way (right | wrong), value, low, high (percent)."""
    names = list(dict.fromkeys(frame["what"]))
    ax = axes(ax, (7, 1.4 + 0.5 * len(names)))
    looks = {"right": (BLUE, "o", -0.15), "wrong": (RED, "s", 0.15)}
    for one in frame.to_dict("records"):
        colour, marker, offset = looks[one["way"]]
        y = names.index(one["what"]) + offset
        ax.plot([one["low"], one["high"]], [y, y], color=colour, linewidth=2.5, alpha=0.45)
        ax.plot(one["value"], y, marker, color=colour, markersize=6, zorder=3)
    bands(ax, names)
    ax.set_xlim(left=0)
    decorate(ax, "HTER (%), with 95 % interval", "", title, grid="x")
    labels = {"right": "right", "wrong": "the wrong way"}
    keys = [Line2D([], [], color=c, marker=m, label=labels[way]) for way, (c, m, _) in looks.items()]
    legend_below(ax, keys)
    return ax
