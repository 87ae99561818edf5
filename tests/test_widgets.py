"""The widgets show what the pure functions say, and one line where there is nothing to show."""

import os
from dataclasses import replace

os.environ.setdefault("MPLBACKEND", "Agg")

import pytest

from fasnb import explore, explore_door, explore_learning, widgets
from fasnb.experiments import make
from fasnb.explore import RULES, Library
from tests.test_runs import put, some_scores, store


@pytest.fixture
def shelf(tmp_path):
    where = store(tmp_path)
    put(where, make("mpl_uda", "casia"), 1)
    put(where, make("attvlad", "casia"), 2)
    return where


def expected(where, state):
    reading = explore.read(Library.of_store(where), state)
    cost = explore_door.door(reading, state.visitors, state.attack_rate)
    return widgets.table(widgets.readouts(reading) + widgets.door_readouts(cost))


def test_moving_a_slider_changes_the_readouts_to_what_the_pure_function_gives(shelf):
    x = widgets.Thresholds(shelf)
    assert x.message.value == ""
    before, picture = x.readout.value, x.chart.value
    assert before == expected(shelf, x.state())
    x.threshold.value = 0.61
    assert x.rule.value == "fixed"
    assert x.state() == replace(Library.of_store(shelf).default(), rule="fixed", fixed=0.61)
    assert x.readout.value == expected(shelf, x.state()) != before
    assert x.chart.value != picture
    for control, value in ((x.weight, 0.3), (x.visitors, 900), (x.attack_rate, 5.0), (x.test, "msu")):
        control.value = value
        assert x.readout.value == expected(shelf, x.state())


@pytest.mark.parametrize("rule", ["eer", "bpcer20", "target"])
def test_a_rule_moves_the_slider_to_its_threshold(shelf, rule):
    x = widgets.Thresholds(shelf)
    x.threshold.value = 0.99
    x.rule.value = rule
    reading = explore.read(Library.of_store(shelf), x.state())
    assert x.rule.value == rule
    assert x.threshold.value == pytest.approx(reading.threshold.value)
    assert ("WRONG WAY" in x.readout.value) == (rule == "target")


def test_only_what_changes_is_drawn_again(shelf):
    x = widgets.Thresholds(shelf)
    chart, fusion, door = x.chart.value, x.fusion.value, x.door.value
    x.visitors.value = 1000
    assert (x.chart.value, x.fusion.value) == (chart, fusion)
    assert x.door.value != door
    x.weight.value = 0.2
    assert x.fusion.value != fusion


def test_the_weight_is_only_for_fusions(shelf):
    x = widgets.Thresholds(shelf)
    assert not x.weight.disabled
    x.arm.value = "AttVLAD"
    assert x.weight.disabled
    assert x.fusion.layout.display == "none"
    x.arm.value = "MPL+UDA+AttVLAD"
    assert x.fusion.layout.display is None


def test_controls_can_be_moved_by_key_and_read_aloud(shelf):
    x = widgets.Thresholds(shelf)
    for slider in (x.threshold, x.weight, x.visitors, x.attack_rate):
        assert slider.readout
        assert slider.step > 0
        assert slider.description
    assert [key for _, key in x.rule.options] == list(RULES)


def test_an_empty_store_is_one_line(tmp_path):
    x = widgets.Thresholds(store(tmp_path))
    assert (
        "Nothing to show:</b> the store holds no scores of seed 0; run `fasnb run` first" in x.message.value
    )
    assert x.body.layout.display == "none"
    x.threshold.value = 0.3  # still no traceback
    assert "no scores" in x.message.value


def test_a_missing_database_is_one_line_and_another_choice_mends_it(tmp_path):
    where = store(tmp_path)
    table = some_scores(1, databases=("casia", "replay"))
    put_table(where, table)
    x = widgets.Thresholds(where)
    x.test.value = "msu"
    assert "scored no video of msu test" in x.message.value
    assert x.body.layout.display == "none"
    x.test.value = "casia"
    assert x.message.value == ""
    assert x.body.layout.display is None
    x.train.value = "msu"
    assert "was not run on msu" in x.message.value


def put_table(where, table):
    from datetime import UTC, datetime

    return where.put(make("pl", "casia"), table, {}, datetime(2026, 1, 2, tzinfo=UTC), 1.0)


def test_a_threshold_beyond_the_slider_stops_at_its_end(shelf):
    x = widgets.Thresholds(shelf)
    x.threshold.value = 7.0
    assert x.threshold.value == 1
    assert x.message.value == ""


def test_a_damaged_file_is_one_line(shelf):
    file = next(shelf.folder.glob("mpl_uda*.csv"))
    file.write_text(file.read_text().replace("0.", "nan", 1))
    message = widgets.Thresholds(shelf).message.value
    assert message.startswith("<b>Nothing to show:</b>")
    assert f"{file.name} is damaged" in message
    assert "\n" not in message


def test_scores_that_are_no_numbers_are_one_line(shelf, monkeypatch):
    table = some_scores(1).assign(score=float("nan"))
    monkeypatch.setattr(Library, "scores", lambda self, state: table)
    x = widgets.Thresholds(shelf)
    assert x.message.value.startswith("<b>Nothing to show:</b> score 0 of ")
    assert "is not a number; score that clip again" in x.message.value
    assert x.body.layout.display == "none"


def test_the_schedule_explorer_draws_and_refuses(shelf):
    x = widgets.ScheduleExplorer()
    picture = x.chart.value
    x.s1.value = 300
    assert x.chart.value != picture
    x.warmup.value = x.total.value
    assert "no room for 3,000 of waiting" in x.message.value
    x.warmup.value = 0
    assert x.message.value == ""


def test_the_pseudo_label_explorer_counts(shelf):
    guesses = explore_learning.made_up()
    x = widgets.PseudoExplorer(guesses)
    x.tau.value, x.temperature.value = 0.9, 1.5
    r = explore_learning.pseudo_labels(guesses, 0.9, 1.5)
    rows = [("kept, of all", widgets.percent(r.kept)), ("right, of those kept", widgets.percent(r.right))]
    assert x.readout.value == widgets.table(rows)


def test_percent():
    assert widgets.percent(0.125) == "12.5 %"
    assert widgets.percent(0.125, (0.08, 0.171)) == "12.5 % [8.0, 17.1]"
    assert widgets.percent(float("nan")) == "none there"
