"""Killed three times, a run ends with the bits of one that was left alone."""

from tests.torture import crash


def test_a_killed_run_goes_on_and_ends_with_the_same_bits(tmp_path):
    rows = crash.run(3, tmp_path, seed=1)
    assert [(row.tried, row.held) for row in rows] == [(1, 1)] * 3, rows


def test_steps_taken_again_are_counted():
    log = [line.split() for line in ("start a", "step 1", "step 2", "step 3", "step 4", "start a", "step 4")]
    assert crash.repeated(log) == 1
    assert crash.repeated([*log, ["start", "a"], ["step", "1"], ["step", "2"]]) == 4
    assert crash.repeated([["start", "a"], ["step", "1"], ["start", "a"], ["step", "2"]]) == 0
    assert crash.repeated([["start", "a"], ["start", "a"], ["step", "1"]]) == 0
