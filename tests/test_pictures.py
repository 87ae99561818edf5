"""Pictures: what is drawn where, and diagrams that agree with the networks they show."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from fasnb import pictures, plots
from fasnb.errors import FasnbError
from fasnb.pictures import Block

IMAGE = np.zeros((8, 8, 3), np.uint8)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_contact_sheet_frames_live_and_attack_apart():
    ax = pictures.contact_sheet([IMAGE] * 3, ["live", "cut", "video"], [True, False, False], columns=2)
    assert len(ax.images) == 3
    assert [to_hex(p.get_edgecolor()).upper() for p in ax.patches] == [plots.LIVE, plots.RED, plots.RED]
    assert [t.get_text() for t in ax.texts] == ["live", "cut", "video"]
    first, second, third = (image.get_extent() for image in ax.images)
    assert first[0] == third[0]
    assert second[0] > first[1]
    assert third[3] > first[2]  # the third starts a new row below
    for (left, _, bottom, _), text in zip((first, second, third), ax.texts):
        assert text.get_position() == pytest.approx((left + 0.5, bottom + 0.04))


def test_side_by_side_puts_the_rows_of_a_label_below_one_another():
    ax = pictures.side_by_side({"with": [IMAGE] * 3, "without": [IMAGE] * 3}, ["a", "b", "c"], columns=2)
    assert len(ax.images) == 6
    assert [t.get_text() for t in ax.texts] == ["a", "with", "without", "b", "c", "with", "without"]
    a, below, b, _, c, _ = (image.get_extent() for image in ax.images)
    assert a[:2] == below[:2]
    assert below[3] > a[2]
    assert b[3] == a[3]
    assert c[0] == a[0]
    assert c[3] > below[2]
    assert {image.get_interpolation() for image in ax.images} == {"nearest"}
    with pytest.raises(FasnbError, match="2 labels need rows of as many images"):
        pictures.side_by_side({"with": [IMAGE]}, ["a", "b"])


def test_plgf_pairs_share_one_scale():
    maps = [np.full((8, 8), 0.2), np.full((8, 8), 1.4)]
    ax = pictures.plgf_pairs([IMAGE] * 2, maps, ["live", "print"])
    assert len(ax.images) == 4
    scales = [image.get_clim() for image in ax.images[1::2]]
    assert scales == [(0, np.pi / 2)] * 2
    assert [t.get_text() for t in ax.texts] == ["live", "print"]


def test_lists_of_different_length_are_refused():
    with pytest.raises(FasnbError, match="as many labels as images, not 1 for 2"):
        pictures.contact_sheet([IMAGE] * 2, ["a"], [True, True])
    with pytest.raises(FasnbError, match="as many labels"):
        pictures.contact_sheet([], [], [])
    with pytest.raises(FasnbError, match="as many maps as images, not 1 for 2"):
        pictures.plgf_pairs([IMAGE] * 2, [np.zeros((8, 8))], ["a", "b"])


def test_block_diagram_draws_every_block_and_arrow():
    blocks = [Block("in", "3", "data"), Block("group", "16", "residual", 4), Block("out", "2", "dense")]
    ax = pictures.block_diagram(blocks, per_row=2, title="A network")
    boxes = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    assert len(boxes) == 1 + 3 + 1  # the repeated one is a stack
    assert len(arrows) == 2
    assert {t.get_text() for t in ax.texts} == {"in", "3", "group", "16", "× 4", "out", "2"}
    fig = ax.figure
    fig.canvas.draw()
    for text in ax.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= fig.bbox.width


@pytest.mark.parametrize("blocks", [pictures.wide_resnet_blocks(), pictures.attvlad_blocks()])
def test_names_fit_their_boxes(blocks):
    ax = pictures.block_diagram(blocks, per_row=4)
    ax.figure.canvas.draw()
    boxes = {
        (round(p.get_x(), 3), round(p.get_y(), 3)): p.get_window_extent()
        for p in ax.patches
        if isinstance(p, FancyBboxPatch)
    }
    names = [t for t in ax.texts if t.get_text() in {b.name for b in blocks} and t.get_va() == "center"]
    assert len(names) == len(blocks)
    for text in names:
        extent = text.get_window_extent()
        assert any(
            box.x0 < extent.x0 and extent.x1 < box.x1 and box.y0 < extent.y0 and extent.y1 < box.y1
            for box in boxes.values()
        )


def test_block_diagram_refuses_unknown_kinds():
    with pytest.raises(FasnbError, match="not \\['magic'\\]"):
        pictures.block_diagram([Block("x", "", "magic")])
    with pytest.raises(FasnbError, match="not none"):
        pictures.block_diagram([])


def shapes(name, size):
    """The output shapes (without batch) of every convolution and linear layer, in order of use."""
    import torch

    from fasnb import networks

    model, found = networks.build(name).eval(), []
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(lambda m, i, o: found.append(tuple(o.shape[1:])))
    with torch.no_grad():
        model(torch.rand(1, 3, size, size))
    return found


def drawn(block):
    return tuple(int(n) for n in block.detail.split(" × "))


def test_wide_resnet_diagram_agrees_with_the_network():
    found = shapes("wrn-28-2", 64)
    blocks = pictures.wide_resnet_blocks()
    assert found[0] == drawn(blocks[1])
    for group in blocks[2:5]:
        assert group.repeat == 4
        assert (
            found.count(drawn(group)) >= 2 * group.repeat
        )  # two 3x3 convolutions each, and a shortcut's 1x1
    assert found[-1] == (2,)
    smaller = pictures.wide_resnet_blocks(10, 1)
    assert [b.repeat for b in smaller[2:5]] == [1, 1, 1]
    assert all(drawn(b) in shapes("wrn-10-1", 64) for b in smaller[2:5])


def test_attvlad_diagram_agrees_with_the_network():
    found = shapes("attvlad", 256)
    blocks = pictures.attvlad_blocks()
    for block in blocks:
        if block.kind == "conv":
            assert drawn(block) in found
    assert found[-2:] == [(32,), (2,)]
    assert blocks[-3].detail == "1024"
