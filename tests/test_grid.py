"""The paper's grid: which runs are behind which cells, each once."""

import pytest

from fasnb import grid, profiles
from fasnb.errors import UsageError
from fasnb.experiments import TRAIN_DATABASES, make


def test_seven_columns_are_the_papers():
    assert [c.key for c in grid.SEVEN] == [
        "casia", "casia>replay", "replay", "replay>casia", "replay>msu", "msu", "msu>replay"]  # fmt: skip
    assert [c.measure for c in grid.SEVEN] == ["eer", "hter", "hter", "hter", "hter", "eer", "hter"]
    assert [c.cross for c in grid.SEVEN] == [False, True, False, True, True, False, True]
    for column in grid.SEVEN:
        assert column.key == (f"{column.train}>{column.test}" if column.cross else column.train)


def test_tables_7_and_8_need_twelve_runs_a_seed():
    """4 methods x 3 databases; PL+UDA and AttVLAD are shared by rows, tables and fused pairs."""
    runs = grid.grid(["t7", "t8"], seeds=[0])
    assert len(runs) == len(set(runs)) == 12
    assert {(r.method, r.train) for r in runs} == {
        (m, d) for m in ("pl", "pl_uda", "mpl_uda", "attvlad") for d in TRAIN_DATABASES
    }
    assert all(r.setting("tau") == 0.6 and r.setting("sigma") == 0.15 for r in runs if r.branch == "rgb")
    assert len(grid.grid(["t7", "t8"], seeds=[0, 1, 2])) == 36
    assert len(grid.grid(["t7"], [0, 1, 2])) == 3 * len(grid.grid(["t7"], [0]))
    assert grid.grid(["t7", "t8"], seeds=[0])[0].train == "casia"


def test_whole_grid_counts_shared_runs_once():
    """5 and 6: 7 compared methods x 3; 7 and 8: 12; 9: 5 more settings x 3; 10: 3; 11: 3 more rows x 2; 12:
    1 more row x 2; 13: 2 rows x 3.
    """
    assert len(grid.grid(grid.TABLES, seeds=[0])) == 21 + 12 + 15 + 3 + 6 + 2 + 6
    assert len(grid.grid_of(profiles.SMOKE)) == 65
    # two more seeds of Tables 7 and 8; the compared methods have one
    assert len(grid.grid_of(profiles.PAPER)) == 65 + 2 * 12
    assert len(grid.grid_of(profiles.PAPER, ["t10"], seeds=2)) == 2 * 6


def test_pictured_runs_are_those_of_one_seed_on_casia_and_heat_maps_on_replay():
    runs = grid.pictured(profiles.LITE)
    # 7 compared methods; PL, PL+UDA, MPL+UDA, AttVLAD without and with VLAD; two of Table 13
    assert len([one for one in runs if one.train == "casia"]) == 7 + 5 + 2
    assert {(one.train, one.setting("patch")) for one in runs if one.method == "supervised"} == {
        ("casia", 64), ("casia", 256), ("replay", 64), ("replay", 256),
    }  # fmt: skip
    assert {one.seed for one in grid.pictured(profiles.LITE, seed=3)} == {3}
    assert {one.train for one in grid.pictured(profiles.SMOKE)} == {"casia"}  # it has no Table 13


def test_rows_of_tau_0_share_the_runs_of_tau_a_half():
    """With two classes they are one setting: tests/test_training.py shows equal bits."""
    runs = {arm.key: arm.experiments("casia", 0) for arm in grid.table("t9").arms}
    assert len(runs) == 9
    for sigma in ("0", "0.1", "0.15"):
        assert (
            runs[f"tau=0,sigma={sigma}"] == runs[f"tau=0.5,sigma={sigma}"] != runs[f"tau=0.6,sigma={sigma}"]
        )


def test_fused_arms_use_equation_31():
    arm = next(a for a in grid.table("t8").arms if a.key == "mpl_uda_attvlad")
    assert arm.title == "MPL+UDA+AttVLAD"
    (rgb, rgb_weight), (plgf, plgf_weight) = arm.experiments("msu", 1)
    assert (rgb.name, rgb_weight) == ("mpl_uda-msu-tau0.6-sigma0.15-seed1", 0.8)
    assert (plgf.name, plgf_weight) == ("attvlad-msu-seed1", 0.2)


def test_tables_record_how_they_are_read():
    shared = {e for a in grid.table("t12").arms for e, _ in a.experiments("casia", 0)}
    assert make("mpl_uda", "casia", tau=0.5, sigma=0.1) in shared  # Table 9's row of these values
    assert make("mpl_uda", "casia", tau=0.5, sigma=0.1, loss="original") in shared
    for table in grid.TABLES.values():
        assert table.reading
        assert len({a.key for a in table.arms}) == len(table.arms)
        assert len({c.key for c in table.columns}) == len(table.columns)
    with pytest.raises(UsageError, match="unknown table 't99'; choose one of t5"):
        grid.table("t99")


def test_tables_7_and_8_share_their_runs():
    both = set(grid.grid(["t7"], [0])) & set(grid.grid(["t8"], [0]))
    assert {run.method for run in both} == {"pl_uda", "attvlad"}


def test_ablations_have_the_profiles_fewer_seeds():
    paper = profiles.PAPER
    assert grid.seeds_of(grid.table("t8"), paper) == (0, 1, 2)
    assert grid.seeds_of(grid.table("t9"), paper) == (0,)
