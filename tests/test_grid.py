import pytest

from fasnb import grid, profiles
from fasnb.errors import UsageError


def test_tables_7_and_8_share_their_runs():
    runs = grid.grid(["t7", "t8"], [0])
    assert len(runs) == len(set(runs)) == 12  # four methods on three databases
    assert {run.method for run in runs} == {"pl", "pl_uda", "mpl_uda", "attvlad"}
    both = set(grid.grid(["t7"], [0])) & set(grid.grid(["t8"], [0]))
    assert {run.method for run in both} == {"pl_uda", "attvlad"}


def test_seeds_multiply_the_runs():
    assert len(grid.grid(["t7"], [0, 1, 2])) == 3 * len(grid.grid(["t7"], [0]))


def test_fused_rows_weigh_as_in_eq_31():
    arms = {arm.title: arm for arm in grid.table("t8").arms}
    parts = arms["MPL+UDA+AttVLAD"].experiments("msu", 1)
    assert [(run.method, run.train, run.seed, weight) for run, weight in parts] == [
        ("mpl_uda", "msu", 1, 0.8),
        ("attvlad", "msu", 1, 0.2),
    ]


def test_within_is_eer_or_hter_of_replay_and_across_is_hter():
    for column in grid.table("t7").columns:
        assert column.measure == "hter" if column.cross or column.train == "replay" else "eer"


def test_ablations_have_the_profiles_fewer_seeds():
    paper = profiles.PAPER
    assert grid.seeds_of(grid.table("t8"), paper) == (0, 1, 2)
    assert grid.seeds_of(grid.table("t9"), paper) == (0,)


def test_an_unknown_table_names_the_known_ones():
    with pytest.raises(UsageError, match="t7"):
        grid.table("t99")
