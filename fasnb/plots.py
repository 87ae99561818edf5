"""Charts: each takes a data frame and draws on `ax` (made if None), returns it, reads no file.

Colours are Okabe and Ito's, told apart with any colour vision; live is blue everywhere, attacks are warm or
green.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from fasnb import atomic
from fasnb.errors import FasnbError
from fasnb.metrics import Threshold
from fasnb.rendering import heading

BLUE, ORANGE, GREEN, RED, SKY, PURPLE, YELLOW, BLACK = OKABE_ITO = (
    *("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#F0E442", "#000000"),
)
LIVE = BLUE
ATTACKS = (RED, ORANGE, PURPLE, GREEN, YELLOW)
LINES = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY, BLACK)
_STYLES = ("-", "--", "-.", ":")
_MARKERS = ("o", "s", "^")
GREY = "#666666"


def axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """`ax`, or new axes in a figure of this size (inches)."""
    return plt.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


def decorate(ax: Axes, xlabel: str, ylabel: str, title: str = "", grid: str = "both") -> Axes:
    """Labels with units, no upper and right spine, a faint grid behind the data."""
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    if title:
        ax.set_title(title, fontsize=11, loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    if grid:
        ax.grid(axis=grid, alpha=0.25, linewidth=0.7)  # type: ignore[arg-type]
    return ax


def save(fig: Figure | SubFigure | None, stem: str, data: pd.DataFrame, folder: Path, dpi: int = 150) -> Path:
    """Write `<stem>.png` and `<stem>.csv` (what is drawn), each atomically; returns the PNG's path.

    The same data give the same bytes: no date, no library version inside. FasnbError for an empty frame, a
    stem with a folder in it, or a refused write.
    """
    if Path(stem).name != stem or not stem:
        raise FasnbError(f"figure name {stem!r} must be a plain file name")
    if data.empty or not isinstance(fig, Figure):
        raise FasnbError(f"figure {stem} draws nothing; compute its data first")
    png = Path(folder) / f"{stem}.png"
    atomic.write_text(
        png.with_suffix(".csv"), data.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    )
    with atomic.writing(png) as temporary:
        fig.savefig(temporary, dpi=dpi, metadata={"Software": None})
    return png


def score_histogram(
    scores: pd.DataFrame,
    threshold: Threshold | None = None,
    ax: Axes | None = None,
    title: str = "",
    bins: int = 20,
) -> Axes:
    """Fig. 9: how the scores of live videos and of each attack type are spread, with the threshold.

    `scores` has columns label, attack, score (0..1). Heights are percent of the class, attack types
    stacked: the two classes have the same area however many videos each has.
    """
    ax = axes(ax, (6, 3.6))
    edges = np.linspace(0, 1, bins + 1)
    live, attacks = scores[scores["label"] == 1], scores[scores["label"] == 0]
    kinds = sorted(attacks["attack"].unique())
    below = np.zeros(bins)
    for i, kind in enumerate(kinds):
        part = attacks.loc[attacks["attack"] == kind, "score"]
        above = below + np.histogram(part, edges)[0] * (100 / len(attacks))
        look: dict[str, Any] = {"color": ATTACKS[i % len(ATTACKS)], "alpha": 0.8, "fill": True}
        ax.stairs(above, edges, baseline=below, label=f"{kind.replace('_', ' ')} ({len(part)})", **look)
        below = above
    if len(live):
        shares = np.histogram(live["score"], edges)[0] * (100 / len(live))
        ax.stairs(shares, edges, color=LIVE, alpha=0.25, fill=True)
        ax.stairs(shares, edges, color=LIVE, linewidth=2, label=f"live ({len(live)})")
    if threshold is not None:
        ax.axvline(
            threshold.value, color=BLACK, linestyle="--", linewidth=1.2, label=f"threshold {threshold}"
        )
    ax.set_xlim(0, 1)
    decorate(ax, "score (probability of live)", "videos of the class (%)", title, grid="y")
    legend_below(ax, columns=2)
    return ax


_RATES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9)


def deviate(rates: Iterable[float]) -> list[float]:
    """Rates (fractions) as places on a DET axis; below 0.1 % at 0.1 %."""
    normal = NormalDist()
    return [normal.inv_cdf(min(max(float(rate), _RATES[0]), 0.999)) for rate in rates]


def det_curve(points: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """Detection error trade-off on normal-deviate axes: APCER on x, BPCER on y.

    `points` has columns curve (name), apcer, bpcer (fractions). Nearer to the lower left is
    better; rates below 0.1 % are drawn at 0.1 %.
    """
    ax = axes(ax, (4.8, 4.6))
    for i, (name, curve) in enumerate(points.groupby("curve", sort=False)):
        style = _STYLES[i // len(LINES) % len(_STYLES)]
        x, y = deviate(curve["apcer"]), deviate(curve["bpcer"])
        ax.plot(x, y, color=LINES[i % len(LINES)], linestyle=style, linewidth=1.8, label=name)
    ends = deviate((_RATES[0], _RATES[-1]))
    ax.plot(ends, ends, color=GREY, linewidth=0.8, linestyle=":", label="equal rates")
    ticks, names = deviate(_RATES), [f"{100 * rate:g}" for rate in _RATES]
    ax.set_xticks(ticks, names, fontsize=8)
    ax.set_yticks(ticks, names, fontsize=8)
    ax.set_xlim(*ends)
    ax.set_ylim(*ends)
    ax.set_aspect("equal")
    decorate(ax, "APCER: attacks accepted (%)", "BPCER: live rejected (%)", title)
    ax.legend(fontsize=8, edgecolor="none", framealpha=0.9, loc="upper right")
    return ax


def table_dots(frame: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """A built table (`tables.build`) as dots with their intervals; the paper's numbers are hollow diamonds.

    One group per column of the table, one colour and marker per row. A missing number is a cross outside
    the axes on the right, so that it is not taken for a rate.
    """
    columns = list(dict.fromkeys(frame["column"]))
    rows = list(dict.fromkeys(frame["row"]))
    lines = -(-(len(rows) + 2) // 3)
    ax = axes(ax, (7, 1.1 + len(columns) * (0.22 + 0.15 * len(rows)) + 0.2 * lines))
    step = 0.8 / len(rows)
    beside = ax.get_yaxis_transform()  # x as a fraction of the axes, y as data
    looks = [(LINES[j % len(LINES)], _MARKERS[j // len(LINES) % len(_MARKERS)]) for j in range(len(rows))]
    for cell in frame.to_dict("records"):
        j = rows.index(cell["row"])
        colour, marker = looks[j]
        y = columns.index(cell["column"]) + (j - (len(rows) - 1) / 2) * step
        if np.isnan(cell["value"]):
            ax.plot(1.02, y, "x", color=colour, markersize=5, transform=beside, clip_on=False)
        else:
            ax.plot([cell["low"], cell["high"]], [y, y], color=colour, linewidth=2, alpha=0.45)
            ax.plot(cell["value"], y, marker, color=colour, markersize=5, clip_on=False, zorder=3)
        ax.plot(cell["paper"], y, "D", mfc="none", mec=colour, markersize=5, clip_on=False, zorder=4)
    first = frame.drop_duplicates("column")
    bands(ax, [heading(c, m) for c, m in zip(first["column"], first["measure"])])
    ax.set_xlim(left=0)
    decorate(ax, "error rate (%), with 95 % interval over subjects", "", title, grid="x")
    titles = frame.drop_duplicates("row").set_index("row")["title"]
    keys = [Line2D([], [], color=c, marker=m, label=titles[row]) for (c, m), row in zip(looks, rows)]
    keys.append(Line2D([], [], color=GREY, marker="D", mfc="none", ls="", label="the paper (real data)"))
    if frame["value"].isna().any():
        keys.append(Line2D([], [], color=GREY, marker="x", linestyle="", label="missing"))
    legend_below(ax, keys)
    return ax


def bands(ax: Axes, names: Sequence[str]) -> None:
    """One band a name, from the top, with a faint line between neighbours."""
    for line in range(len(names) - 1):
        ax.axhline(line + 0.5, color="#dddddd", linewidth=0.8)
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)


def legend_below(ax: Axes, keys: Sequence[Artist] | None = None, columns: int = 3) -> None:
    """A legend under the axis label, where it covers no data whatever the figure's size."""
    handles = ax.get_legend_handles_labels()[0] if keys is None else list(keys)
    height = ax.figure.get_figheight() if isinstance(ax.figure, Figure) else 4.0
    place = (0.4, -0.62 / height)
    ax.legend(
        handles=handles, fontsize=8, frameon=False, loc="upper center", ncols=columns, bbox_to_anchor=place
    )


def schedules(frame: pd.DataFrame, ax: Axes | None = None, title: str = "", log: bool = False) -> Axes:
    """Learning-rate schedules (eqs 28, 30): columns schedule (name), step, factor (of the initial rate)."""
    ax = axes(ax, (6, 3.2))
    _curves(ax, frame, "schedule", "step", "factor")
    if log:
        ax.set_yscale("log")
    decorate(ax, "step", "learning rate / initial rate", title)
    ax.legend(fontsize=9, frameon=False)
    return ax


def learning_curves(frame: pd.DataFrame, ylabel: str, ax: Axes | None = None, title: str = "") -> Axes:
    """Training over time: columns curve (name), step, value, and low, high where there is a band."""
    ax = axes(ax, (6, 3.4))
    _curves(ax, frame, "curve", "step", "value")
    decorate(ax, "step", ylabel, title)
    legend_below(ax)
    return ax


def _curves(ax: Axes, frame: pd.DataFrame, name: str, x: str, y: str) -> None:
    for i, (label, curve) in enumerate(frame.groupby(name, sort=False)):
        colour, style = LINES[i % len(LINES)], _STYLES[i % len(_STYLES)]
        ax.plot(curve[x], curve[y], color=colour, linestyle=style, linewidth=1.8, label=label)
        if {"low", "high"} <= set(curve):
            ax.fill_between(curve[x], curve["low"], curve["high"], color=colour, alpha=0.15, linewidth=0)
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def latency_bars(frame: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """Table 14's last column: columns network, ms (median), low, high (quartiles), paper (NaN: not
    printed).
    """
    ax = axes(ax, (6, 0.9 + 0.42 * len(frame)))
    y = np.arange(len(frame))
    spread = [frame["ms"] - frame["low"], frame["high"] - frame["ms"]]
    ax.barh(y, frame["ms"], height=0.6, color=SKY, label="here: median, quartiles")
    ax.errorbar(frame["ms"], y, xerr=spread, fmt="none", ecolor=BLACK, elinewidth=1.2, capsize=3)
    ax.plot(frame["paper"], y, "D", mfc="white", mec=RED, markersize=6, label="the paper (its own machine)")
    for value, high, place in zip(frame["ms"], frame["high"], y):
        ax.annotate(
            f"{value:.1f}", (high, place), (6, 0), textcoords="offset points", va="center", fontsize=8
        )
    ax.set_yticks(y, frame["network"])
    ax.invert_yaxis()
    ax.set_xlim(0, 1.12 * float(np.nanmax([frame["high"], frame["paper"]])))
    decorate(ax, "time per frame (ms)", "", title, grid="x")
    legend_below(ax)
    return ax


def ratios(frame: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """How many times cheaper ours is than the plain way: dots with quartiles, goals as hollow diamonds.

    Columns bench, what, device, ratio, low, high (quartiles), goal (NaN: none); a row without a ratio is left
    out. The axis is logarithmic, with a line at 1: as fast as the plain way. A colour and marker per device.
    """
    frame = frame[frame["ratio"].notna()]
    names = (frame["bench"] + ": " + frame["what"]).tolist()
    rows, devices = list(dict.fromkeys(names)), list(dict.fromkeys(frame["device"]))
    ax = axes(ax, (7, 1.6 + 0.3 * len(rows) + 0.1 * len(devices)))
    looks = [(LINES[j % len(LINES)], _MARKERS[j % len(_MARKERS)]) for j in range(len(devices))]
    ax.axvline(1, color=BLACK, linestyle="--", linewidth=1.2)
    there = {row: list(dict.fromkeys(frame.loc[np.array(names) == row, "device"])) for row in rows}
    for name, one in zip(names, frame.to_dict("records")):
        colour, marker = looks[devices.index(one["device"])]
        j, count = there[name].index(one["device"]), len(there[name])
        y = rows.index(name) + (j - (count - 1) / 2) * 0.6 / count
        ax.plot([one["low"], one["high"]], [y, y], color=colour, linewidth=2.5, alpha=0.45)
        ax.plot(one["ratio"], y, marker, color=colour, markersize=5, zorder=3)
        if not np.isnan(one["goal"]):
            ax.plot(one["goal"], y, "D", mfc="none", mec=colour, markersize=6, zorder=4)
    bands(ax, rows)
    ax.set_xscale("log")
    _plain_log(ax.xaxis, LogLocator(subs=(1, 2, 5)))
    decorate(ax, "cost of the plain way / ours (right of 1: ours is cheaper)", "", title, grid="x")
    keys = [Line2D([], [], color=c, marker=m, label=device) for (c, m), device in zip(looks, devices)]
    keys.append(Line2D([], [], color=GREY, marker="D", mfc="none", ls="", label="goal"))
    keys.append(Line2D([], [], color=BLACK, linestyle="--", label="as fast as the plain way"))
    legend_below(ax, keys, columns=2)
    return ax


def growth(frame: pd.DataFrame, ax: Axes | None = None, title: str = "") -> Axes:
    """How a cost grows, both axes logarithmic, with a dotted line for growth in proportion.

    Columns axis (what grows), device, factor, times (the cost as a multiple of that at 1x), exponent (of the
    fit, given in the legend). One colour per axis, one marker and line style per device.
    """
    ax = axes(ax, (5.2, 4.6))
    whats, devices = list(dict.fromkeys(frame["axis"])), list(dict.fromkeys(frame["device"]))
    for (what, device), curve in frame.groupby(["axis", "device"], sort=False):
        i, j = whats.index(what), devices.index(device)
        look = _MARKERS[j % len(_MARKERS)] + _STYLES[j % len(_STYLES)]
        label = f"{what}, {device}: exponent {curve['exponent'].iloc[0]:.2f}"
        colour = LINES[i % len(LINES)]
        ax.plot(curve["factor"], curve["times"], look, color=colour, markersize=5, alpha=0.85, label=label)
    factors = sorted(frame["factor"].unique())
    ends = (factors[0], factors[-1])
    ax.plot(ends, ends, color=BLACK, linewidth=1, linestyle=":", zorder=4, label="in proportion: exponent 1")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xticks(factors, [f"{factor}x" for factor in factors])
    ax.xaxis.set_minor_locator(NullLocator())
    _plain_log(ax.yaxis, LogLocator(base=2))
    decorate(ax, "size", "cost, as a multiple of that at 1x", title)
    legend_below(ax, columns=1)
    return ax


def _plain_log(axis: Axis, ticks: LogLocator) -> None:
    """Label a logarithmic axis at these ticks only, 0.5 and 20 instead of powers of ten."""
    axis.set_major_locator(ticks)
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))


def panels(count: int, size: tuple[float, float] = (5.2, 3.8)) -> tuple[Figure, Sequence[Axes]]:
    """A figure with `count` panels side by side, each of this size (inches)."""
    fig, found = plt.subplots(
        1, count, figsize=(size[0] * count, size[1]), layout="constrained", squeeze=False
    )
    return fig, list(found[0])
