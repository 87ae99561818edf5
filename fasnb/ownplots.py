"""Pictures of one's own clips: their scores with the threshold they would set, and what a handful proves."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fasnb.errors import FasnbError
from fasnb.metrics import Threshold
from fasnb.own import Choice, exact_interval
from fasnb.plots import BLACK, GREY, LIVE, RED, axes, bands, decorate, legend_below


def own_scores(
    frame: pd.DataFrame, choice: Choice, given: Threshold, ax: Axes | None = None, title: str = ""
) -> Axes:
    """A row per person, a mark per clip (columns person, label, score; live above attacks), two thresholds.

    The solid line is `choice`'s, its band where it would lie with other people (95 %); the dashed one is
    `given`, that of the weights. FasnbError without clips.
    """
    if frame.empty:
        raise FasnbError("no scores to draw; film some clips first")
    people = sorted(frame["person"].unique(), key=str)
    ax = axes(ax, (6.4, 0.38 * len(people) + 1.7))
    bands(ax, [str(one) for one in people])
    ax.axvspan(choice.low, choice.high, color=GREY, alpha=0.2, linewidth=0, label="where it could lie (95 %)")
    ax.axvline(choice.threshold.value, color=BLACK, label="own threshold")
    ax.axvline(given.value, color=BLACK, linestyle="--", label=f"threshold of {given.where}")
    for label, name, marker, colour, shift in ((1, "live", "o", LIVE, -0.17), (0, "attack", "s", RED, 0.17)):
        own = frame[frame["label"] == label]
        rows = [people.index(one) + shift for one in own["person"]]
        ax.plot(own["score"], rows, marker, color=colour, markersize=6, alpha=0.8, label=name)
    ax.set_xlim(0, 1)
    decorate(ax, "p(live)", "", title, grid="x")
    legend_below(ax)
    return ax


def proof(most: int = 400) -> pd.DataFrame:
    """What people without one error prove: columns people, high (the exact interval's upper end, percent)."""
    people = np.unique(np.round(np.geomspace(2, most, 60)).astype(int))
    return pd.DataFrame({"people": people, "high": [100 * exact_interval(0, int(n))[1] for n in people]})


def proof_curve(frame: pd.DataFrame, own: int, ax: Axes | None = None, title: str = "") -> Axes:
    """`proof` as a curve on logarithmic axes, with a mark where `own` people stand."""
    ax = axes(ax, (5.6, 3.6))
    ax.plot(frame["people"], frame["high"], color=LIVE)
    high = 100 * exact_interval(0, own)[1]
    ax.plot(own, high, "o", color=RED)
    ax.annotate(
        f"{own} people: up to {high:.0f} %", (own, high), xytext=(8, 6), textcoords="offset points", color=RED
    )
    ax.set(xscale="log", yscale="log")
    ticks = [2, 5, 10, 20, 50, 100, 200, 400]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.set_yticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    ax.minorticks_off()
    return decorate(ax, "people tried, not one error", "true error rate, at most (%)", title)
