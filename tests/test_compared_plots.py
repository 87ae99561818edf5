"""Every method is in both pictures, each with a look of its own."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pandas as pd

from fasnb import compared, compared_plots
from tests.test_compared import MOVED


def test_pictures_show_every_method():
    many = {title: MOVED for title in compared.ARMS}
    ax = compared_plots.det_curves(compared.det_points(many, "replay"), title="x")
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == [*compared.ARMS, "equal rates"]
    looks = {(line.get_color(), line.get_linestyle()) for line in ax.get_lines()}
    assert len(looks) == len(shown)
    frame = pd.DataFrame({"method": list(many), "ms": 1.5 + np.arange(8), "hter": np.arange(8.0)})
    ax = compared_plots.cost_and_error(frame, "ms", "ms a face")
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > 7.5  # the uppermost marker is whole
    assert len({line.get_marker() for line in ax.get_lines()}) == len(many)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(many)
