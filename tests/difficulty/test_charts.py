import pandas as pd
import pytest
from matplotlib import pyplot as plt

from fasnb.difficulty import charts

COLUMNS = ("database", "variant", "stage", "medium", "auc", "low", "high", "people", "clips")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def names(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def test_a_leak_outside_the_band_is_named():
    rows = [("msu", "printed_photo", "dark", 0.05, "face"), ("msu", "printed_photo", "frames", 0.5, "file")]
    single = pd.DataFrame(rows, columns=["database", "medium", "statistic", "auc", "kind"])
    together = pd.DataFrame(
        {"database": ["msu"], "medium": "printed_photo", "auc": 0.8, "low": 0.7, "high": 0.9}
    )
    ax = charts.leaks(single, together)
    assert names(ax) == ["MSU, printed photo"]
    assert [text.get_text() for text in ax.texts] == ["dark"]


def test_across_draws_percent_from_separation_to_hter():
    row = {"train": "casia", "test": "msu", "eer": 0.2, "hter": 0.3, "hter_low": 0.25, "hter_high": 0.4}
    ax = charts.across(pd.DataFrame([row]))
    assert names(ax) == ["CASIA → MSU"]
    bar = next(line for line in ax.lines if line.get_linewidth() == 5)
    assert list(bar.get_xdata()) == pytest.approx([20, 30])


def test_media_have_a_line_each_and_groups_tell_their_size():
    media = pd.DataFrame({"train": ["casia", "msu"], "test": "msu", "value": "ipad_video", "far": [0.1, 0.2],
                          "far_low": 0.0, "far_high": 0.5})  # fmt: skip
    assert names(charts.media(media)) == ["MSU, ipad video"]
    groups = pd.DataFrame({"group": ["sex", "tone"], "value": ["female", "dark"], "people": [9, 4],
                           "domain": "within", "frr": 0.1, "frr_low": 0.0, "frr_high": 0.2})  # fmt: skip
    assert names(charts.groups(groups, "frr")) == ["female (9)", "dark skin (4)"]


def test_stages_have_a_panel_per_medium_and_the_control_on_top():
    rows = [
        ("msu-mfsd", variant, stage, medium, 0.6, 0.5, 0.7, 9, 40)
        for medium in ("printed_photo", "ipad_video", "all")
        for variant, stage in (("full", ""), ("control", ""), ("alone", "tilt"), ("without", "tilt"))
    ]
    fig = charts.stages(pd.DataFrame(rows, columns=COLUMNS))
    shown = [ax for ax in fig.axes if ax.get_visible()]
    assert [ax.get_title(loc="left") for ax in shown] == ["MSU, printed photo", "MSU, ipad video"]
    assert names(shown[0]) == ["control", "tilt"]
