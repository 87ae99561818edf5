"""Pictures of the compared methods: all DET curves with the key beside them, cost against error."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from fasnb.plots import BLACK, LINES, axes, decorate, det_curve

_MARKERS = "osD^vP*X"  # all differ: there are more methods than colours


def det_curves(points: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """`plots.det_curve` of many methods: the key stands beside the curves, which may be anywhere."""
    ax = det_curve(points, axes(ax, (7.2, 4.8)), title)
    ax.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0)
    return ax


def cost_and_error(
    frame: pd.DataFrame, cost: str, xlabel: str, ax: Axes | None = None, title: str = ""
) -> Axes:
    """What a method costs (column `cost`, logarithmic) and its error (column hter, percent), a marker each.

    `frame` has columns method, `cost`, hter; colours as `det_curves` gives them to methods in the same order.
    Nearer to the lower left is better.
    """
    ax = axes(ax, (7.4, 4.0))
    for i, row in enumerate(frame.to_dict("records")):
        colour, marker = LINES[i % len(LINES)], _MARKERS[i % len(_MARKERS)]
        ax.plot(row[cost], row["hter"], marker, color=colour, mec=BLACK, ms=8, mew=0.5, label=row["method"])
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.set_ylim(0, 1.1 * max(1.0, float(frame["hter"].max())))  # room for the uppermost marker
    decorate(ax, xlabel, "HTER (%)", title)
    ax.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0)
    return ax
