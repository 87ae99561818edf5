"""Charts of effects draw what the frame says and nothing where there is nothing."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from fasnb import effectplots, tables
from fasnb.claims import VERDICTS
from fasnb.errors import FasnbError
from fasnb.profiles import SMOKE
from fasnb.runs import Store


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def claims():
    nothing = {"effect": np.nan, "low": np.nan, "high": np.nan}
    rows = [
        {"claim": "uda", "says": "UDA helps", "part": "", "effect": 5.0, "low": 1.0, "high": 9.0},
        {"claim": "uda", "says": "UDA helps", "part": "a", "effect": 7.0, "low": 2.0, "high": 12.0},
        {"claim": "uda", "says": "UDA helps", "part": "b", "effect": 3.0, "low": -1.0, "high": 7.0},
        {"claim": "loss", "says": "The loss helps", "part": "", **nothing},
    ]
    frame = pd.DataFrame(rows).assign(table="t7", paper=17.0)
    return frame.assign(verdict=["reproduced"] * 3 + ["not measured"])


def dots(ax, marker):
    return [line.get_xdata()[0] for line in ax.lines if line.get_marker() == marker]


def test_forest_draws_each_effect_once_and_none_that_was_not_measured():
    ax = effectplots.forest(claims(), title="Claims")
    assert [x for x in dots(ax, "o") if not np.isnan(x)] == [7, 3, 5]
    assert dots(ax, "D") == [17, 17]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "UDA helps (Table 7)",
        "The loss helps (Table 7)",
    ]
    assert [text.get_text() for text in ax.texts] == ["reproduced", "not measured"]
    assert ax.texts[0].get_color() == effectplots.COLOURS["reproduced"]
    assert set(effectplots.COLOURS) == set(VERDICTS)


def settings(tmp_path):
    frame = tables.build("t9", Store(tmp_path, SMOKE))
    return frame.assign(value=np.repeat(np.arange(9.0), 7) + 10)


def test_map_of_settings_has_the_mean_of_all_columns_in_its_place(tmp_path):
    frame = settings(tmp_path)
    frame.loc[0, "value"] += 7  # one column of tau 0.6, sigma 0: its mean is 11
    ax = effectplots.settings(frame)
    texts = {tuple(text.get_position()): text.get_text() for text in ax.texts}
    assert texts[0, 0] == "11.0"
    assert texts[2, 0] == "12.0"  # tau 0.6, sigma 0.15
    assert texts[0, 2] == "16.0"  # tau 0, sigma 0
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.6", "0.5", "0"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.1", "0.15"]


def test_map_says_missing_and_never_zero(tmp_path):
    frame = settings(tmp_path)
    frame.loc[3, "value"] = np.nan
    ax = effectplots.settings(frame)
    assert sorted(text.get_text() for text in ax.texts)[-1] == "missing"
    assert len([patch for patch in ax.patches if isinstance(patch, Rectangle)]) == 1
    empty = effectplots.settings(frame.assign(value=np.nan))
    assert {text.get_text() for text in empty.texts} == {"missing"}
    paper = effectplots.settings(frame, value="paper")
    assert "10.3" in {text.get_text() for text in paper.texts}
    with pytest.raises(FasnbError, match="rows of Table 9"):
        effectplots.settings(frame.assign(row="pl"))


def test_right_and_wrong_stand_in_one_band():
    frame = pd.DataFrame(
        {"what": ["a", "a"], "way": ["right", "wrong"], "value": [30.0, 10.0], "low": 5.0, "high": 40.0}
    )
    ax = effectplots.beside(frame)
    drawn = {line.get_marker(): line for line in ax.lines if line.get_marker() in "os"}
    assert drawn["o"].get_xdata()[0] == 30
    assert drawn["s"].get_xdata()[0] == 10
    assert to_hex(drawn["s"].get_color()) == to_hex(effectplots.RED)
    assert ax.get_xlim()[0] == 0
