"""Figures made of images and boxes: contact sheets, PLGF pairs, block diagrams of the networks (Figs 4, 5,
6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from numpy.typing import NDArray

from fasnb.errors import FasnbError
from fasnb.plots import GREEN, GREY, LIVE, ORANGE, PURPLE, RED, SKY, YELLOW, axes


def _blank(ax: Axes) -> None:
    ax.set_aspect("equal")
    ax.set_axis_off()


def _picture(ax: Axes, image: NDArray, x: float, y: float, **options: object) -> None:
    """An image in the unit square whose upper left corner is (x, y); y grows downwards."""
    ax.imshow(image, extent=(x, x + 1, y + 1, y), interpolation="lanczos", **options)  # type: ignore[arg-type]


def contact_sheet(
    images: Sequence[NDArray],
    labels: Sequence[str],
    live: Sequence[bool],
    columns: int = 6,
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """Images (H, W, 3) uint8 RGB in rows, each with its label below; a blue frame is live, a red one an
    attack.

    FasnbError where the three lists differ in length or are empty.
    """
    if not images or not len(images) == len(labels) == len(live):
        raise FasnbError(
            f"a contact sheet needs as many labels as images, not {len(labels)} for {len(images)}"
        )
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    ax = axes(ax, (1.6 * columns, 1.95 * rows + 0.3))
    for i, (image, label, is_live) in enumerate(zip(images, labels, live)):
        x, y = 1.08 * (i % columns), 1.28 * (i // columns)
        _picture(ax, image, x, y)
        ax.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor=LIVE if is_live else RED, linewidth=2))
        ax.text(x + 0.5, y + 1.04, label, ha="center", va="top", fontsize=8, linespacing=0.95)
    ax.set_xlim(-0.02, 1.08 * columns - 0.06)
    ax.set_ylim(1.28 * rows, -0.02)
    _blank(ax)
    if title:
        ax.set_title(title, fontsize=11, loc="left")
    return ax


def side_by_side(
    rows: dict[str, Sequence[NDArray]],
    labels: Sequence[str],
    columns: int = 5,
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """Rows of images (H, W, 3) uint8, one image of every row per label, pixels drawn as squares.

    More labels than `columns` go on in a further block below, with all its rows. FasnbError where a row has
    not one image per label, or there is nothing to draw.
    """
    lengths = {len(images) for images in rows.values()}
    if not labels or lengths != {len(labels)}:
        raise FasnbError(f"{len(labels)} labels need rows of as many images, not {sorted(lengths)}")
    columns = min(columns, len(labels))
    blocks = -(-len(labels) // columns)
    deep = 1.05 * len(rows) + 0.42
    ax = axes(ax, (1.9 * columns + 0.7, 1.85 * deep * blocks + 0.35))
    for i, label in enumerate(labels):
        block, column = divmod(i, columns)
        x, top = 1.05 * column, deep * block
        ax.text(x + 0.5, top - 0.04, label, ha="center", va="bottom", fontsize=9, linespacing=0.95)
        for j, (name, images) in enumerate(rows.items()):
            y = top + 1.05 * j
            ax.imshow(images[i], extent=(x, x + 1, y + 1, y), interpolation="nearest")
            if column == 0:
                ax.text(-0.05, y + 0.5, name, ha="right", va="center", rotation=90, fontsize=9)
    ax.set_xlim(-0.25, 1.05 * columns - 0.03)
    ax.set_ylim(deep * blocks - 0.4, -0.36)
    _blank(ax)
    if title:
        ax.set_title(title, fontsize=11, loc="left")
    return ax


def plgf_pairs(
    images: Sequence[NDArray],
    maps: Sequence[NDArray],
    labels: Sequence[str],
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """Fig. 5: each face (H, W, 3) uint8 above its PLGF map (H, W) float in [0, pi/2), one scale.

    FasnbError where the lists differ in length or are empty.
    """
    if not images or not len(images) == len(maps) == len(labels):
        raise FasnbError(f"PLGF pairs need as many maps as images, not {len(maps)} for {len(images)}")
    ax = axes(ax, (2.1 * len(images) + 0.9, 4.7))
    for i, (image, angle, label) in enumerate(zip(images, maps, labels)):
        x = 1.06 * i
        _picture(ax, image, x, 0)
        _picture(ax, angle, x, 1.06, cmap="viridis", vmin=0, vmax=np.pi / 2)
        ax.text(x + 0.5, -0.04, label, ha="center", va="bottom", fontsize=9)
    ax.set_xlim(-0.02, 1.06 * len(images))
    ax.set_ylim(2.08, -0.16)
    _blank(ax)
    bar = ax.figure.colorbar(ax.images[-1], ax=ax, shrink=0.45, anchor=(0, 0.05), pad=0.015)
    bar.set_label("PLGF (rad)", fontsize=9)
    bar.set_ticks([0, np.pi / 4, np.pi / 2], labels=["0", "π/4", "π/2"])
    if title:
        ax.set_title(title, fontsize=11, loc="left")
    return ax


#: What a block does, and its colour.
KINDS = {
    "data": "#EEEEEE",
    "conv": SKY,
    "residual": ORANGE,
    "attention": YELLOW,
    "pool": PURPLE,
    "dense": GREEN,
}


@dataclass(frozen=True)
class Block:
    """A box of a diagram: what it does, the shape it gives, its kind (a key of KINDS), how often it
    repeats.
    """

    name: str
    detail: str
    kind: str
    repeat: int = 1


def wide_resnet_blocks(depth: int = 28, widen: int = 2, size: int = 64, classes: int = 2) -> list[Block]:
    """WideResNet-depth-widen (Fig. 4) on a size x size patch: groups of (depth - 4) / 6 blocks."""
    repeat = (depth - 4) // 6
    groups = [
        Block(
            f"residual group {i}\n2 × (BN, LeakyReLU, 3×3)",
            f"{w * widen} × {side} × {side}",
            "residual",
            repeat,
        )
        for i, w, side in ((1, 16, size), (2, 32, size // 2), (3, 64, size // 4))
    ]
    return [
        Block("RGB patch", f"3 × {size} × {size}", "data"),
        Block("conv 3×3", f"16 × {size} × {size}", "conv"),
        *groups,
        Block("BN, LeakyReLU\nglobal average", f"{64 * widen}", "pool"),
        Block("linear", f"{classes} logits", "dense"),
    ]


def attvlad_blocks(size: int = 256, clusters: int = 16, hidden: int = 32, classes: int = 2) -> list[Block]:
    """AttVLAD (Fig. 6) on the PLGF of a size x size face, as `networks.AttVLAD` arranges it."""
    found = [Block("PLGF map", f"3 × {size} × {size}", "data")]
    for i, width in enumerate((16, 32, 64, 64)):
        side = size >> (i + 1)
        found.append(Block("conv 3×3 / 2\nBN, ReLU", f"{width} × {side} × {side}", "conv"))
        if i < 2:
            found.append(Block("CBAM\nchannel, spatial", f"{width} × {side} × {side}", "attention"))
    return [
        *found,
        Block(f"NetVLAD\n{clusters} clusters", f"{64 * clusters}", "pool"),
        Block("linear, ReLU", str(hidden), "dense"),
        Block("linear", f"{classes} logits", "dense"),
    ]


def block_diagram(blocks: Sequence[Block], ax: Axes | None = None, title: str = "", per_row: int = 5) -> Axes:
    """The blocks as boxes with arrows, in reading order, the shape each one gives under it.

    A repeated block is drawn as a stack marked with its count. FasnbError for no blocks or an unknown kind.
    """
    unknown = [block.kind for block in blocks if block.kind not in KINDS]
    if not blocks or unknown:
        raise FasnbError(
            f"a block diagram needs blocks of the kinds {', '.join(KINDS)}, not {unknown or 'none'}"
        )
    columns = min(per_row, len(blocks))
    rows = -(-len(blocks) // columns)
    ax = axes(ax, (2.25 * columns, 1.5 * rows + 0.35))
    width, height, dx, dy = 1.8, 0.62, 2.3, 1.5
    box: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=0.06", "edgecolor": GREY, "linewidth": 1}
    for i, block in enumerate(blocks):
        x, y = dx * (i % columns), dy * (i // columns)
        stack = (0.10, 0.05, 0.0) if block.repeat > 1 else (0.0,)
        for shift in stack:
            corner = (x + shift, y - shift)
            ax.add_patch(FancyBboxPatch(corner, width, height, facecolor=KINDS[block.kind], **box))
        middle = x + width / 2
        ax.text(middle, y + height / 2, block.name, ha="center", va="center", fontsize=8.5)
        ax.text(middle, y + height + 0.06, block.detail, ha="center", va="top", fontsize=8.5, color=GREY)
        if block.repeat > 1:
            ax.text(x + width + 0.08, y - 0.14, f"× {block.repeat}", ha="right", va="bottom", fontsize=9)
        if i + 1 < len(blocks):
            after = (dx * ((i + 1) % columns), dy * ((i + 1) // columns))
            top = after[1] - (0.1 if blocks[i + 1].repeat > 1 else 0)
            straight = after[1] == y
            end = (after[0], y + height / 2) if straight else (after[0] + width / 2, top)
            _arrow(ax, (x + width + stack[0], y + height / 2), end, straight)
    ax.set_xlim(-0.1, dx * (columns - 1) + width + 0.3)
    ax.set_ylim(dy * (rows - 1) + height + 0.35, -0.42)
    _blank(ax)
    if title:
        ax.set_title(title, fontsize=11, loc="left")
    return ax


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], straight: bool) -> None:
    """From a box to the next: straight on, or around from the end of a row down to the start of the next."""
    if not straight:
        right, turn = start[0] + 0.15, end[1] - 0.3
        ax.plot([start[0], right, right, end[0]], [start[1], start[1], turn, turn], color=GREY, linewidth=1)
        start = (end[0], turn)
    head = FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=11, color=GREY, shrinkA=1, shrinkB=1)
    ax.add_patch(head)
