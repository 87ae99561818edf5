"""Figures 7 and 8: what is drawn where, and what is said where nothing can be."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from fasnb import heatplots, plots
from fasnb.errors import FasnbError

FACES = [np.full((8, 8, 3), 90, np.uint8)] * 2
HEAT = [np.eye(8, dtype=np.float32)] * 2
REGIONS = np.array([[2, 3, 6, 7]] * 2)
SHARES = pd.DataFrame(
    {"class": ["live", "attack"], "heat_inside": [0.3, 0.5], "low": [0.2, 0.4], "high": [0.35, 0.7]}
).assign(area_inside=0.25)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def panels(**changes):
    given = {
        "faces": FACES, "labels": ["live", "cut"], "columns": {"a": HEAT, "b": "not trained"},
        "regions": REGIONS, "notes": {"a": ["p 0.1", "p 0.2"]}, "shares": {"a": SHARES},
    }  # fmt: skip
    return heatplots.heat_panels(**given | changes)


def texts(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def test_every_face_has_its_heat_on_one_scale_and_the_bar_says_its_unit():
    fig = panels()
    heats = [image for ax in fig.axes for image in ax.images if image.get_cmap().name == heatplots.HEAT]
    assert len(heats) == 2
    assert {image.get_clim() for image in heats} == {(0, 1)}
    assert [ax.get_ylabel() for ax in fig.axes[:2]] == ["live", "cut"]
    assert any("share of the face's largest" in ax.get_ylabel() for ax in fig.axes)
    assert {"p 0.1", "p 0.2"} <= {ax.get_xlabel() for ax in fig.axes}
    (box,) = fig.axes[0].patches
    assert (box.get_x(), box.get_y(), box.get_width(), box.get_height()) == (2, 3, 4, 4)


def test_a_column_without_maps_says_why_once_and_has_no_shares():
    fig = panels()
    assert texts(fig).count("not trained") == 1
    assert sum(ax.get_ylim() == (0, 100) for ax in fig.axes) == 1
    only = panels(columns={"b": "not trained"}, shares=None)
    assert texts(only) == ["not trained"]
    assert not any(image.get_cmap().name == heatplots.HEAT for ax in only.axes for image in ax.images)


@pytest.mark.parametrize(
    "wrong", [{"labels": ["live"]}, {"regions": REGIONS[:1]}, {"columns": {"a": HEAT[:1]}}, {"faces": []}]
)
def test_lists_of_unequal_length_are_refused(wrong):
    with pytest.raises(FasnbError, match="as many labels, regions and maps"):
        panels(**wrong)


def test_shares_are_percent_with_live_in_blue_and_the_area_dashed():
    ax = heatplots.heat_shares(SHARES)
    dots = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    assert [line.get_ydata()[0] for line in dots] == [30, 50]
    assert to_hex(dots[0].get_color()).upper() == plots.LIVE
    assert [list(line.get_ydata()) for line in ax.lines if line not in dots] == [[20, 35], [40, 70]]
    assert [path.get_segments()[0][0][1] for path in ax.collections] == [25, 25]
    with pytest.raises(FasnbError, match="no share"):
        heatplots.heat_shares(SHARES[:0])
