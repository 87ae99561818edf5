"""Figures 7 and 8: heat maps over faces, and how much of the heat lies where."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from fasnb.errors import FasnbError
from fasnb.plots import BLACK, GREY, LIVE, RED, axes, decorate

#: Grows lighter throughout, so it reads with any colour vision and in grey.
HEAT = "inferno"
_WORDS = (
    "heat inside\nthe dashed box (%)\n95 % interval\nover subjects;\ndashed: the box's\nshare of the area"
)


def heat_panels(
    faces: Sequence[NDArray],
    labels: Sequence[str],
    columns: dict[str, Sequence[NDArray] | str],
    regions: NDArray,
    notes: dict[str, Sequence[str]] | None = None,
    shares: dict[str, pd.DataFrame] | None = None,
    title: str = "",
) -> Figure:
    """Figs 7 and 8: a row per face (S, S, 3) uint8, then its heat (S, S) in [0, 1] over its grey picture.

    `columns`: title -> a heat map per face, or one sentence that stands in the place of maps that there are
    none of. `regions` (N, 4): left, top, right, bottom of the face's inner part in pixels, drawn dashed.
    `notes`: below each map of a column. `shares`: below a column, as `heat_shares` draws it. FasnbError where
    a column, `labels` or `regions` has not one entry per face.
    """
    drawn = [column for column in columns.values() if not isinstance(column, str)]
    n = len(faces)
    if not n or any(n != count for count in (len(labels), len(regions), *map(len, drawn))):
        raise FasnbError(f"{n} faces need as many labels, regions and maps in every column")
    heights = [1.0] * n + ([1.1] if shares else [])
    fig = plt.figure(figsize=(1.75 * (1 + len(columns)) + 1, 1.8 * sum(heights) + 0.8), layout="constrained")
    grid = fig.add_gridspec(len(heights), 1 + len(columns), height_ratios=heights)
    shown = [fig.add_subplot(grid[i, 0]) for i in range(n)]
    for ax, face, label, (left, top, right, bottom) in zip(shown, faces, labels, regions):
        ax.imshow(face)
        inner = Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor="white")
        inner.set(linestyle="--", linewidth=1)
        ax.add_patch(inner)
        ax.set_ylabel(label, fontsize=9)
    shown[0].set_title("face", fontsize=9)
    for j, (name, column) in enumerate(columns.items(), 1):
        if isinstance(column, str):
            places = [fig.add_subplot(grid[:n, j])]
            places[0].text(0.5, 0.5, column, ha="center", va="center", fontsize=9)
            places[0].spines[:].set(color=GREY, linestyle=":")
        else:
            places = [fig.add_subplot(grid[i, j]) for i in range(n)]
            for i, ax in enumerate(places):
                ax.imshow(faces[i].mean(axis=2), cmap="gray", vmin=0, vmax=255)
                heat = ax.imshow(column[i], cmap=HEAT, vmin=0, vmax=1, alpha=0.65)
                ax.set_xlabel(notes[name][i] if notes and name in notes else "", fontsize=8)
        places[0].set_title(name, fontsize=9)
        shown += places
    for ax in shown:
        ax.set(xticks=[], yticks=[])
    if drawn:
        bar = fig.colorbar(heat, ax=shown, shrink=0.6, pad=0.01)
        bar.set_label("heat (share of the face's largest)", fontsize=9)
    if shares:
        _shares_below(fig, grid, list(columns), shares)
    fig.suptitle(title, fontsize=11, x=0.01, ha="left")
    return fig


def _shares_below(fig: Figure, grid: GridSpec, names: Sequence[str], shares: dict[str, pd.DataFrame]) -> None:
    """The last row: one `heat_shares` per column that has one, and in the first place what they show."""
    last = grid.nrows - 1
    words = fig.add_subplot(grid[last, 0])
    words.set_axis_off()
    words.text(0.5, 0.5, _WORDS, ha="center", va="center", fontsize=8.5, transform=words.transAxes)
    for j, name in enumerate(names, 1):
        if name in shares:
            heat_shares(shares[name], fig.add_subplot(grid[last, j]))


def heat_shares(frame: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """The part of the heat that lies inside, a dot with its interval per class, and that of the area, dashed.

    Columns class (live, attack), heat_inside, low, high, area_inside, shares of 1. FasnbError without rows.
    """
    ax = axes(ax, (1.9, 1.9))
    if frame.empty:
        raise FasnbError("no share of heat to draw")
    for place, row in enumerate(frame.to_dict("records")):
        colour = LIVE if row["class"] == "live" else RED
        ax.plot(
            [place, place], [100 * row["low"], 100 * row["high"]], color=colour, linewidth=2.5, alpha=0.45
        )
        ax.plot(place, 100 * row["heat_inside"], "o" if row["class"] == "live" else "s", color=colour)
        ax.hlines(
            100 * row["area_inside"], place - 0.4, place + 0.4, color=BLACK, linestyle="--", linewidth=1
        )
    ax.set_xticks(range(len(frame)), frame["class"], fontsize=9)
    ax.set_xlim(-0.6, len(frame) - 0.4)
    ax.set_ylim(0, 100)
    ax.tick_params(axis="y", labelsize=8)
    return decorate(ax, "", "", grid="y")
