"""The explorer's numbers, by hand and by property; its pictures draw them. No torch is loaded."""

import os
import subprocess
import sys
from dataclasses import dataclass, replace

os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasnb import explore, explore_door, explore_learning, explore_plots
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import Experiment, make
from fasnb.explore import Library, State
from fasnb.explore_learning import Guesses, Schedules
from tests.test_evaluation import videos
from tests.test_runs import some_scores

FUSED = "MPL+UDA+AttVLAD"


@dataclass
class Run:
    """A result without a file."""

    experiment: Experiment
    scores: pd.DataFrame
    record = {"data": {"source": "simulated"}, "profile": "smoke"}  # noqa: RUF012


def library(first=None, second=None):
    """MPL+UDA and AttVLAD on CASIA."""
    first = some_scores(1) if first is None else first
    second = some_scores(2) if second is None else second
    return Library([Run(make("mpl_uda", "casia"), first), Run(make("attvlad", "casia"), second)])


# casia train meets FAR = FRR = 0 between 0.4 and 0.6: the EER threshold is 0.5
HAND = pd.concat(
    [
        videos("casia", "train", [0.6, 0.9], [0.1, 0.4]),
        videos("casia", "test", [0.55, 0.7, 0.8, 0.3], [0.2, 0.45, 0.6, 0.1]),
        videos("replay", "test", [0.9], [0.1]),
    ]
)
HAND.loc[(HAND["split"] == "test") & (HAND["score"] == 0.6), "attack"] = "video"
ONE = State("MPL+UDA", "casia", "casia")


def by_hand():
    return library(HAND, HAND)


def test_readouts_by_hand():
    r = explore.read(by_hand(), ONE)
    assert (r.threshold.value, r.threshold.where, r.threshold.rule) == (0.5, "casia train", "EER")
    assert (r.live_accepted, r.live_rejected, r.attacks_accepted, r.attacks_rejected) == (3, 1, 1, 3)
    assert (r.far, r.frr, r.bpcer, r.hter) == (0.25, 0.25, 0.25, 0.25)
    assert r.by_type == {"print": 0, "video": 1}
    assert (r.apcer, r.worst) == (1, "video")
    assert not r.wrong
    assert r.source == "simulated data, profile smoke, seed 0"
    assert r.far_interval[0] <= r.far <= r.far_interval[1]


def test_every_rule_by_hand():
    readings = explore.by_rule(by_hand(), replace(ONE, fixed=0.65))
    assert list(readings) == list(explore.RULES)
    assert readings["bpcer20"].threshold.value == 0.5  # no attack passes, no live is refused
    assert readings["bpcer20"].threshold.rule == "BPCER20"
    fixed = readings["fixed"]
    assert (fixed.threshold.value, fixed.threshold.rule) == (0.65, "fixed")
    assert (fixed.far, fixed.frr) == (0, 0.5)
    assert readings["target"].threshold.where == "casia test"
    assert [rule for rule, r in readings.items() if r.wrong] == ["target"]


def test_a_day_at_the_door_by_hand():
    r = replace(explore.read(by_hand(), ONE), far_interval=(0.1, 0.5), frr_interval=(0.2, 0.4))
    cost = explore_door.door(r, 200, 0.1)  # 180 live, 20 attacks
    assert (cost.false_rejections, cost.live_accepted) == (45, 135)
    assert (cost.false_acceptances, cost.attacks_rejected) == (5, 15)
    assert cost.false_rejections_interval == (36, 72)
    assert cost.false_acceptances_interval == (2, 10)
    assert cost.worst == 20


SHARES = st.floats(0, 1)


@settings(max_examples=25)
@given(st.lists(SHARES, min_size=2, max_size=6))
def test_far_falls_and_frr_rises_with_the_threshold(values):
    shelf = library()
    state = State("MPL+UDA", "casia", "replay", "fixed")
    readings = [explore.read(shelf, replace(state, fixed=value)) for value in sorted(values)]
    assert (np.diff([r.far for r in readings]) <= 0).all()
    assert (np.diff([r.frr for r in readings]) >= 0).all()


@settings(max_examples=25)
@given(SHARES, st.integers(0, 10_000), SHARES)
def test_the_door_adds_up(at, visitors, attack_rate):
    r = explore.read(library(), State("AttVLAD", "casia", "msu", "fixed", at))
    d = explore_door.door(r, visitors, attack_rate)
    total = d.live_accepted + d.false_rejections + d.false_acceptances + d.attacks_rejected
    assert total == pytest.approx(visitors)
    assert d.live_accepted + d.false_rejections == pytest.approx(visitors * (1 - attack_rate))
    assert d.worst >= d.false_acceptances - 1e-9
    low, high = d.false_rejections_interval
    assert 0 <= low <= high <= visitors


def test_weight_1_is_the_first_branch_alone_and_0_the_second():
    shelf = library()
    for weight, alone in ((1.0, "MPL+UDA"), (0.0, "AttVLAD")):
        fused = shelf.scores(State(FUSED, "casia", "casia", weight=weight))
        assert np.array_equal(fused["score"], shelf.scores(State(alone, "casia", "casia"))["score"])
    both = explore.pair(some_scores(1), some_scores(2))
    half = explore.mixed(both, 0.5)["score"]
    assert np.allclose(half, (some_scores(1)["score"] + some_scores(2)["score"]) / 2)


def test_a_video_that_one_branch_did_not_answer_is_a_non_response_at_any_weight():
    lacking = some_scores(2)
    lacking.loc[0, ["n_frames", "score", "frames"]] = [0, np.nan, ""]
    both = explore.pair(some_scores(1), lacking)
    assert all(explore.mixed(both, weight)["n_frames"][0] == 0 for weight in (0, 0.5, 1))


def test_the_sweeps_ends_are_the_branches_own_eer():
    shelf = library()
    frame = explore.fusion(shelf, shelf.default(), [0, 1])
    assert list(dict.fromkeys(frame["curve"])) == ["casia train", "casia test", "replay test", "msu test"]
    for weight, alone in ((1, "MPL+UDA"), (0, "AttVLAD")):
        row = frame[(frame["curve"] == "msu test") & (frame["step"] == weight)]
        own = explore.read(shelf, State(alone, "casia", "msu", "target"))
        s, y = own.scores["score"], own.scores["label"]
        assert row["value"].item() == pytest.approx(100 * explore.metrics.eer(s, y)[0])


def test_the_library_lists_runs_and_fusions_once_and_begins_with_the_papers():
    assert list(library().arms) == [FUSED, "AttVLAD", "MPL+UDA"]
    assert library().default() == State(FUSED, "casia", "replay")
    assert library().fused(FUSED)
    assert not library().fused("AttVLAD")


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("name", ["fixed", "weight", "attack_rate"])
def test_a_state_out_of_range_is_refused(name, value):
    with pytest.raises(UsageError, match=r"must lie in \[0, 1\]"):
        replace(ONE, **{name: value})


def test_bad_requests_are_one_clear_line():
    shelf = by_hand()
    with pytest.raises(FasnbError, match="the store holds no scores of seed 3; run"):
        Library([Run(make("mpl_uda", "casia"), HAND)], seed=3)
    with pytest.raises(FasnbError, match="scored no video of msu test"):
        explore.read(shelf, replace(ONE, test="msu"))
    with pytest.raises(FasnbError, match=r"MPL\+UDA was not run on replay"):
        explore.read(shelf, replace(ONE, train="replay"))
    with pytest.raises(UsageError, match="no scores of 'PL'; choose one of"):
        explore.read(shelf, replace(ONE, arm="PL"))
    with pytest.raises(UsageError, match="is no fusion"):
        explore.fusion(shelf, ONE)
    with pytest.raises(UsageError, match="unknown rule 'best'"):
        replace(ONE, rule="best")
    with pytest.raises(UsageError, match="-5 visitors"):
        replace(ONE, visitors=-5)
    broken = HAND.assign(score=HAND["score"].where(HAND["score"] != 0.7))
    with pytest.raises(FasnbError, match="is not a number"):
        explore.read(library(broken, HAND), ONE)


def test_schedules_keep_their_jumps_and_refuse_what_has_no_room():
    paper = Schedules.of_profile("paper")
    curves = explore_learning.schedule_curves(paper, points=10).set_index(["schedule", "step"])["factor"]
    assert curves["eq. 28, student", paper.wait - 1] == 0
    assert curves["eq. 28, student", paper.wait] == 0.5
    assert curves["eq. 30, PLGF branch", paper.s1] == pytest.approx(0.1)
    with pytest.raises(UsageError, match="64,000 steps have no room for 61,000 of waiting, 3,000"):
        replace(paper, wait=61000)
    with pytest.raises(UsageError, match="in order, not at 300 and 200"):
        replace(paper, s1=300, s2=200)


def test_pseudo_labels_by_hand():
    guesses = Guesses(np.array([0.9, 0.3, 0.4, 0.55]), np.array([1, 0, 1, 0]), "four")
    r = explore_learning.pseudo_labels(guesses, 0.7, 1.0)  # keeps 0.9 and 0.3, both right
    assert (r.kept, r.right) == (0.5, 1)
    assert explore_learning.pseudo_labels(guesses, 0.5, 1.0).right == 0.5
    # sharpened at 0.5: p^2 / (p^2 + q^2); 0.4 becomes 0.31, 0.55 becomes 0.6
    assert np.allclose(explore_learning.sharpened([0.4, 0.55], 0.5), [0.16 / 0.52, 0.3025 / 0.505])
    assert explore_learning.pseudo_labels(guesses, 0.65, 0.5).kept == 0.75
    with pytest.raises(UsageError, match=r"tau must lie in \[0, 1\]"):
        explore_learning.pseudo_labels(guesses, 1.5, 1.0)
    with pytest.raises(UsageError, match="temperature must be above 0"):
        explore_learning.pseudo_labels(guesses, 0.5, 0.0)
    with pytest.raises(FasnbError, match="four: a score is not a number"):
        explore_learning.pseudo_labels(replace(guesses, live=np.array([np.nan] * 4)), 0.5, 1.0)


@given(st.floats(0.1, 5), st.floats(0, 1))
def test_sharpening_never_changes_sides_and_stays_a_probability(temperature, p):
    q = explore_learning.sharpened([p], temperature)[0]
    assert 0 <= q <= 1
    assert (q >= 0.5) == (p >= 0.5) or abs(p - 0.5) < 1e-9


def test_guesses_say_what_they_are():
    kept = explore_learning.stored(library(), "MPL+UDA", "casia")
    assert len(kept.live) == len(kept.labels) == 30  # 3 people, 5 videos, 2 frames
    assert kept.what == "30 frames of casia train, scored by MPL+UDA (simulated data, profile smoke, seed 0)"
    assert "made-up" in explore_learning.made_up().what


def test_pictures_show_the_threshold_the_door_and_the_weight():
    shelf = library()
    state = replace(shelf.default(), rule="target")
    reading = explore.read(shelf, state)
    left, right = explore_plots.threshold_figure(reading).axes
    assert left.lines[-1].get_xdata() == [reading.threshold.value] * 2
    assert left.get_title(loc="left").startswith("WRONG WAY, fitted on the target: ")
    expected = explore_plots.plots.deviate(np.clip([reading.far, reading.frr], 0.001, 0.9))
    assert np.allclose(np.ravel(right.lines[-1].get_data()), expected)
    frame = explore_door.doors(explore.by_rule(shelf, state), 400, 0.02)
    door = explore_plots.door_figure(frame, state)
    dots = [line.get_xdata()[0] for ax in door.axes for line in ax.lines if line.get_marker() in ("o", "D")]
    assert sorted(dots) == pytest.approx(sorted(frame["a_day"]))
    sweep = explore.fusion(shelf, state, [0, 0.5, 1])
    (ax,) = explore_plots.fusion_figure(sweep, state, "simulated").axes
    assert "the paper: 0.8" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_a_moved_chart_is_the_chart_made_anew():
    shelf = library()
    state = replace(shelf.default(), rule="fixed")
    chart = explore_plots.ThresholdChart(explore.read(shelf, state))
    first = chart.png()
    for change in ({"fixed": 0.62}, {"weight": 0.1}, {"test": "msu"}, {"arm": "AttVLAD"}):
        state = replace(state, **change)
        there = explore.read(shelf, state)
        moved = chart.show(there).png()
        assert moved not in (first, chart.show(explore.read(shelf, replace(state, fixed=0.2))).png())
        assert moved == explore_plots.ThresholdChart(there).png()


def test_a_moved_schedule_is_the_schedule_made_anew():
    paper = explore_learning.Schedules.of_profile("paper")
    chart = explore_plots.ScheduleChart(explore_learning.schedule_curves(paper))
    first = chart.png()
    for change in ({"wait": 20_000}, {"total": 90_000}, {"s1": 0, "s2": 900}, {"plgf_total": 5_000}):
        curves = explore_learning.schedule_curves(replace(paper, **change))
        moved = chart.show(curves).png()
        assert first != moved == explore_plots.ScheduleChart(curves).png()


def test_a_moved_door_is_the_door_made_anew():
    shelf = library()
    state = shelf.default()
    readings = explore.by_rule(shelf, state)
    few, many = (explore_door.doors(readings, count, 0.1) for count in (40, 4000))
    chart = explore_plots.DoorChart(few, replace(state, visitors=40))
    first, there = chart.png(), replace(state, visitors=4000)
    assert first != chart.show(many, there).png() == explore_plots.DoorChart(many, there).png()


def test_a_settled_fusion_is_the_fusion_made_anew():
    runs = [
        Run(make(method, train), some_scores(seed))
        for method, train, seed in (
            ("mpl_uda", "casia", 1), ("attvlad", "casia", 2), ("mpl_uda", "msu", 3), ("attvlad", "msu", 4)
        )
    ]  # fmt: skip
    shelf, weights = Library(runs), [0, 0.5, 1]
    one, other = State(FUSED, "casia", "msu"), State(FUSED, "msu", "msu", weight=0.3)
    sweeps = [explore.fusion(shelf, state, weights) for state in (one, other)]
    chart = explore_plots.FusionChart(sweeps[0], one, "simulated")
    first = chart.png()
    chart.settle(sweeps[1], other, "simulated")
    moved = chart.show(other).png()
    assert first != moved == explore_plots.FusionChart(sweeps[1], other, "simulated").png()


def test_the_explorer_and_its_schedules_load_neither_torch_nor_scipy():
    code = (
        "import sys, fasnb.explore, fasnb.explore_learning, fasnb.widgets\n"
        "fasnb.widgets.ScheduleExplorer()\n"
        "fasnb.metrics.det_points([0.2, 0.7], [0, 1])\n"
        "sys.exit(bool({'torch', 'sklearn', 'scipy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
