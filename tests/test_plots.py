"""Charts draw what the frame says, on the axes given, with units; saving is atomic and repeatable."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from fasnb import grid, metrics, plots, tables
from fasnb.errors import FasnbError
from fasnb.metrics import Threshold
from tests.test_runs import put, store


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def scores():
    rows = [(1, "", 0.9)] * 3 + [(1, "", 0.3)] + [(0, "cut", 0.1)] * 4 + [(0, "video", 0.95)] * 4
    return pd.DataFrame(rows, columns=["label", "attack", "score"])


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_histogram_shows_percent_of_each_class_and_the_threshold():
    threshold = Threshold(0.42, "casia train", "EER")
    ax = plots.score_histogram(scores(), threshold, title="Intra", bins=10)
    stairs = [patch.get_data() for patch in ax.patches]
    heights = [found.values - found.baseline for found in stairs if np.ndim(found.baseline)]  # the attacks'
    assert np.sum(heights) == pytest.approx(100)  # both attack types together
    at_zero = [share for height in heights for share in height if share > 0]
    assert at_zero == pytest.approx([50, 50])
    assert legend(ax) == ["cut (4)", "video (4)", "live (4)", "threshold 0.42 (EER on casia train)"]
    assert [line.get_xdata()[0] for line in ax.lines] == [0.42]
    assert ax.get_xlabel() == "score (probability of live)"
    assert "%" in ax.get_ylabel()
    assert ax.get_title(loc="left") == "Intra"
    assert not ax.spines["top"].get_visible()


@pytest.mark.parametrize("label", [0, 1])
def test_histogram_of_one_class(label):
    ax = plots.score_histogram(scores()[lambda f: f["label"] == label])
    assert ("live (4)" in legend(ax)) == bool(label)


def test_given_axes_are_used():
    fig, panels = plots.panels(2)
    assert plots.score_histogram(scores(), ax=panels[1]) is panels[1]
    assert not panels[0].has_data()
    assert len(plt.get_fignums()) == 1
    assert fig.get_size_inches()[0] == pytest.approx(10.4)


def test_det_is_straight_for_normal_scores():
    """On normal-deviate axes, two normal classes of one width give a straight line of slope -1."""
    rates = np.array([0.02, 0.1, 0.5])
    normal = plots.NormalDist()
    frame = pd.DataFrame(
        {"curve": "x", "apcer": rates, "bpcer": [normal.cdf(-normal.inv_cdf(r) - 2) for r in rates]}
    )
    ax = plots.det_curve(frame)
    x, y = ax.lines[0].get_data()
    assert np.diff(y) / np.diff(x) == pytest.approx([-1, -1])
    assert [t.get_text() for t in ax.get_xticklabels()][:3] == ["0.1", "0.5", "1"]
    assert ax.get_aspect() == 1
    assert legend(ax) == ["x", "equal rates"]


def test_det_of_real_points_is_finite():
    points = metrics.det_points(scores()["score"], scores()["label"]).assign(curve="a")
    for line in plots.det_curve(points).lines:
        assert np.isfinite(line.get_xydata()).all()


@pytest.fixture
def table(tmp_path):
    one = store(tmp_path)
    for i, experiment in enumerate(grid.grid(["t8"], [0])[:-1]):
        put(one, experiment, seed=i)
    return tables.build("t8", one)


def test_table_dots_show_ours_the_papers_and_what_is_missing(table):
    ax = plots.table_dots(table, title="Table 8")
    marks = {kind: [line for line in ax.lines if line.get_marker() == kind] for kind in "oDx"}
    there = table[table["value"].notna()]
    lacking = len(table) - len(there)
    assert lacking > 0
    assert sorted(line.get_xdata()[0] for line in marks["o"]) == pytest.approx(sorted(there["value"]))
    assert sorted(line.get_xdata()[0] for line in marks["D"]) == pytest.approx(sorted(table["paper"]))
    assert all(line.get_markerfacecolor() == "none" for line in marks["D"])
    assert len(marks["x"]) == lacking
    assert all(line.get_xdata()[0] > 1 for line in marks["x"])  # beside the axes, not at a rate
    spans = [
        tuple(line.get_xdata())
        for line in ax.lines
        if line.get_marker() == "None" and len(line.get_xdata()) == 2
    ]
    for low, high in there[["low", "high"]].to_numpy():
        assert (low, high) in spans
    assert [t.get_text() for t in ax.get_yticklabels()][1] == "CASIA → Replay HTER"
    assert legend(ax)[-2:] == ["the paper (real data)", "missing"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first column on top


def test_rows_beyond_the_palette_get_another_marker(tmp_path):
    ax = plots.table_dots(tables.build("t9", store(tmp_path)))
    handles = ax.get_legend().legend_handles
    looks = {(h.get_color(), h.get_marker()) for h in handles}
    assert len(looks) == len(handles) == 11


def test_schedules_and_learning_curves():
    frame = pd.DataFrame({"schedule": ["t"] * 2 + ["s"] * 2, "step": [0, 1] * 2, "factor": [1, 0.1, 0, 0.5]})
    ax = plots.schedules(frame, log=True)
    assert ax.get_yscale() == "log"
    assert legend(ax) == ["t", "s"]
    assert list(ax.lines[1].get_ydata()) == [0, 0.5]
    curves = frame.rename(columns={"schedule": "curve", "factor": "value"})
    plain = plots.learning_curves(curves, "loss (nats)")
    assert plain.get_ylabel() == "loss (nats)"
    assert len(plain.collections) == 0
    band = plots.learning_curves(curves.assign(low=0, high=1), "loss (nats)")
    assert len(band.collections) == 2


def test_latency_bars():
    frame = pd.DataFrame(
        {"network": ["a", "b"], "ms": [10.0, 2], "low": [9, 1], "high": [12, 3], "paper": [2, np.nan]}
    )
    ax = plots.latency_bars(frame)
    assert [bar.get_width() for bar in ax.patches] == [10, 2]
    assert [text.get_text() for text in ax.texts] == ["10.0", "2.0"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b"]
    assert "(ms)" in ax.get_xlabel()


def measured():
    rows = [
        ("plgf", "against a copy", "a processor", 0.2, 0.1, 0.3, 0.6),
        ("plgf", "against a copy", "a GPU", 0.8, 0.7, 0.9, 0.6),
        ("score", "batch 1", "a GPU", 2, 1.5, 2.5, np.nan),
        ("simulate", "live: all", "a processor", np.nan, 30, 31, np.nan),
    ]
    return pd.DataFrame(rows, columns=["bench", "what", "device", "ratio", "low", "high", "goal"])


def test_ratios_show_devices_quartiles_and_goals_on_a_log_axis():
    ax = plots.ratios(measured(), title="Speed")
    assert ax.get_xscale() == "log"
    assert [t.get_text() for t in ax.get_yticklabels()] == ["plgf: against a copy", "score: batch 1"]
    marks = {kind: [line for line in ax.lines if line.get_marker() == kind] for kind in "osD"}
    assert [line.get_xdata()[0] for line in marks["o"]] == [0.2]
    assert [line.get_xdata()[0] for line in marks["s"]] == [0.8, 2]
    assert [line.get_xdata()[0] for line in marks["D"]] == [0.6, 0.6]
    assert all(line.get_markerfacecolor() == "none" for line in marks["D"])
    spans = [tuple(line.get_xdata()) for line in ax.lines]
    assert {(1, 1), (0.1, 0.3), (0.7, 0.9), (1.5, 2.5)} <= set(spans)
    places = [line.get_ydata()[0] for line in marks["o"] + marks["s"]]
    assert places == pytest.approx([-0.15, 0.15, 1])  # side by side only where two devices are
    assert legend(ax) == ["a processor", "a GPU", "goal", "as fast as the plain way"]
    assert ax.get_title(loc="left") == "Speed"


def growing():
    rows = [("clips", "a GPU", f, f**0.5, 0.5) for f in (1, 2, 4)] + [
        ("clips", "a processor", f, f, 1) for f in (1, 2, 4)
    ]
    return pd.DataFrame(rows, columns=["axis", "device", "factor", "times", "exponent"])


def test_growth_is_drawn_with_its_exponents():
    ax = plots.growth(growing())
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert list(ax.lines[0].get_ydata()) == [1, 2**0.5, 2]
    assert ax.lines[0].get_color() == ax.lines[1].get_color()
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1x", "2x", "4x"]
    assert legend(ax) == [
        "clips, a GPU: exponent 0.50",
        "clips, a processor: exponent 1.00",
        "in proportion: exponent 1",
    ]


def test_nothing_is_cut_off_or_overlaps(table):
    """The legend lies inside the figure, under the axis label."""
    for ax in (
        plots.table_dots(table),
        plots.score_histogram(scores(), Threshold(0.5, "replay devel", "EER")),
        plots.ratios(measured()),
        plots.growth(growing()),
    ):
        fig = ax.figure
        fig.canvas.draw()
        box = ax.get_legend().get_window_extent()
        label = ax.xaxis.label.get_window_extent()
        assert box.y1 <= label.y0 + 1
        assert box.y0 >= 0
        assert box.x0 >= 0
        assert box.x1 <= fig.bbox.width


def test_save_writes_both_files_repeatably(tmp_path):
    frame = scores()
    first = plots.save(plots.score_histogram(frame).figure, "fig9", frame, tmp_path / "a")
    second = plots.save(plots.score_histogram(frame).figure, "fig9", frame, tmp_path / "b")
    assert first == tmp_path / "a" / "fig9.png"
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in first.parent.iterdir()) == ["fig9.csv", "fig9.png"]
    pd.testing.assert_frame_equal(pd.read_csv(first.with_suffix(".csv"), keep_default_na=False), frame)


def test_save_refuses_what_makes_no_figure(tmp_path):
    fig = plots.score_histogram(scores()).figure
    with pytest.raises(FasnbError, match="plain file name"):
        plots.save(fig, "a/b", scores(), tmp_path)
    with pytest.raises(FasnbError, match="draws nothing"):
        plots.save(fig, "a", scores()[:0], tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(FasnbError, match="cannot write"):
        plots.save(fig, "a", scores(), tmp_path / "file")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
