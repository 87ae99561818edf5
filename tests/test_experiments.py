"""Names and their inverse, canonical settings, the paper's grid, the profiles."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb import grid, profiles
from fasnb.errors import UsageError
from fasnb.experiments import METHODS, SETTINGS, TRAIN_DATABASES, Experiment, make, parse

VALUES = {
    "tau": st.floats(0, 1, exclude_max=True),
    "sigma": st.floats(0, 1, exclude_max=True),
    "labelled": st.integers(2, 16_000),
    "patch": st.sampled_from((64, 256)),
    "loss": st.sampled_from(("improved", "original")),
}


@st.composite
def experiments(draw):
    method = draw(st.sampled_from(sorted(METHODS)))
    names = draw(st.permutations(METHODS[method]))
    some = names[: draw(st.integers(0, len(names)))]
    overrides = tuple((name, draw(VALUES[name])) for name in some)
    return Experiment(method, draw(st.sampled_from(TRAIN_DATABASES)), overrides, draw(st.integers(0, 10**9)))


@given(experiments())
def test_parse_is_the_inverse_of_name(experiment):
    assert parse(experiment.name) == experiment
    assert parse(experiment.name).name == experiment.name
    assert " " not in experiment.name
    assert "/" not in experiment.name


def test_names_spell_their_settings():
    assert make("mpl_uda", "casia", tau=0.5, sigma=0.1).name == "mpl_uda-casia-tau0.5-sigma0.1-seed0"
    assert make("pl", "msu", seed=2).name == "pl-msu-tau0.6-sigma0.15-seed2"
    assert make("attvlad", "replay").name == "attvlad-replay-seed0"
    full = make("mpl_uda", "casia", tau=0, sigma=0, labelled=3000, patch=256, loss="original", seed=1)
    assert full.name == "mpl_uda-casia-tau0-sigma0-labelled3000-patch256-loss=original-seed1"
    assert str(full) == full.name


def test_equal_runs_are_equal_whatever_way_they_are_written():
    one = Experiment("mpl_uda", "casia", (("sigma", 0.15), ("tau", 0.6), ("labelled", 4000)))
    assert one == make("mpl_uda", "casia") == make("mpl_uda", "casia", loss="improved", patch=64)
    assert make("pl", "casia", tau=0) == make("pl", "casia", tau=0.0)
    assert len({one, make("mpl_uda", "casia")}) == 1


def test_settings_have_defaults():
    one = make("mpl_uda", "casia", tau=0.5)
    assert one.setting("tau") == 0.5
    assert one.setting("sigma") == 0.15
    assert one.setting("patch") == 64
    assert one.setting("loss") == "improved"
    with pytest.raises(UsageError, match="attvlad has no setting 'tau'"):
        make("attvlad", "casia").setting("tau")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: make("mpl", "casia"), "unknown method 'mpl'; choose one of supervised, pl"),
        (lambda: make("pl", "oulu"), "unknown training database 'oulu'; choose one of casia, replay, msu"),
        (lambda: make("pl", "casia", seed=-1), "seed must be"),
        (lambda: make("pl", "casia", seed=True), "seed must be"),
        (lambda: make("attvlad", "casia", tau=0.5), "attvlad has no setting 'tau'; it has none"),
        (lambda: make("supervised", "casia", tau=0.5), "it has sigma, labelled, patch"),
        (lambda: make("pl", "casia", rate=1), "no setting 'rate'"),
        (lambda: make("pl", "casia", tau=1), r"tau must lie in \[0, 1\)"),
        (lambda: make("pl", "casia", tau=float("nan")), "tau must"),
        (lambda: make("pl", "casia", tau="high"), "tau must be float"),
        (lambda: make("pl", "casia", labelled=3000.5), "labelled must be int"),
        (lambda: make("pl", "casia", labelled=1), "labelled counts of 16000"),
        (lambda: make("pl", "casia", patch=128), "patch must be one of 64, 256"),
        (lambda: make("mpl_uda", "casia", loss="best"), "loss must be one of improved, original"),
    ],
)
def test_bad_settings_are_refused_in_one_line(call, message):
    with pytest.raises(UsageError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "seed0",
        "pl-casia",
        "pl-casia-seed",
        "pl-casia-seed-1",
        "pl-casia-rate3-seed0",
        "pl-casia-tau-seed0",
        "pl-casia-tau0.5-tau0.6-seed0",
        "pl-oulu-tau0.6-sigma0.15-seed0",
        "pl-casia-tauhigh-sigma0.15-seed0",
    ],
)
def test_names_that_spell_nothing_are_refused(name):
    with pytest.raises(UsageError):
        parse(name)


@pytest.mark.parametrize(
    "name",
    [
        "pl-casia-seed0",
        "pl-casia-sigma0.15-tau0.6-seed0",
        "pl-casia-tau0.60-sigma0.15-seed0",
        "mpl_uda-casia-tau0.6-sigma0.15-patch64-seed0",
    ],
)
def test_there_is_one_name_only(name):
    with pytest.raises(UsageError, match="did you mean"):
        parse(name)


def test_branch_and_network():
    assert make("mpl_uda", "casia").branch == make("supervised", "casia").branch == "rgb"
    assert make("attvlad", "casia").branch == make("attvlad_novlad", "casia").branch == "plgf"
    assert make("pl", "casia").network(profiles.PAPER) == "wrn-28-2"
    assert make("pl", "casia").network(profiles.SMOKE) == "wrn-10-1"
    assert make("attvlad", "casia").network(profiles.PAPER) == "attvlad"
    assert make("attvlad_novlad", "casia").network(profiles.PAPER) == "attvlad-novlad"


def test_labelled_keeps_the_papers_fraction():
    assert make("mpl_uda", "casia").labelled(profiles.PAPER) == 4000
    assert make("mpl_uda", "casia", labelled=3000).labelled(profiles.PAPER) == 3000
    smoke = profiles.SMOKE
    assert make("mpl_uda", "casia", labelled=6000).labelled(smoke) == round(smoke.samples * 6000 / 16000)
    assert make("supervised", "casia", labelled=16000).labelled(smoke) == smoke.samples


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
    assert grid.grid(["t7", "t8"], seeds=[0])[0].train == "casia"


def test_whole_grid_counts_shared_runs_once():
    """12 of Tables 7 and 8; 9: 8 more rows x 3; 10: 3; 11: 3 more rows x 2; 12: 1 more row x 2; 13: 2 rows
    x 3.
    """
    assert len(grid.grid(grid.TABLES, seeds=[0])) == 12 + 24 + 3 + 6 + 2 + 6
    assert len(grid.grid_of(profiles.SMOKE)) == 53
    assert len(grid.grid_of(profiles.PAPER)) == 53 + 2 * 12  # two more seeds of Tables 7 and 8
    assert len(grid.grid_of(profiles.PAPER, ["t10"], seeds=2)) == 2 * 6


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


def test_paper_profile_is_section_4_2():
    p = profiles.get("paper")
    assert (p.steps, p.wait, p.warmup, p.lr_rgb) == (64_000, 3_000, 3_000, 0.05)
    assert (p.s1, p.s2, p.lr_plgf) == (200, 2_000, 0.01)
    assert (p.samples, p.labelled, p.rgb_network) == (16_000, 4_000, "wrn-28-2")


def test_smaller_profiles_keep_the_fractions():
    paper = profiles.PAPER
    for p in (profiles.SMOKE, profiles.LITE, profiles.BRIEF):
        assert p.labelled / p.samples == pytest.approx(paper.labelled / paper.samples)
        assert p.wait / p.steps == pytest.approx(paper.wait / paper.steps, abs=1 / p.steps)
        assert p.warmup == p.wait
        assert p.lr_rgb == (paper.lr_rgb / 2 if p is profiles.SMOKE else paper.lr_rgb)
        assert p.lr_plgf == paper.lr_plgf
    assert make("pl", "casia").setting("tau") == SETTINGS["tau"][1]


def test_scaled_keeps_fractions_exactly():
    p = profiles.scaled(profiles.PAPER, "mine", steps=6_400, plgf_steps=300, samples=1_600, batch=8)
    assert (p.wait, p.warmup, p.ramp, p.labelled, p.s1, p.s2, p.batch) == (300, 300, 500, 400, 20, 200, 8)


def test_settings_are_split_by_branch():
    rgb, plgf = profiles.SMOKE.settings("rgb"), profiles.SMOKE.settings("plgf")
    assert "steps" in rgb
    assert "steps" not in plgf
    assert "plgf_steps" in plgf
    assert "plgf_steps" not in rgb
    assert "test_faces" in rgb
    assert "test_faces" in plgf
    for settings in (rgb, plgf):
        assert not {"name", "seeds", "checkpoint_every", "allow_partial", "scale"} & set(settings)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 0}, "batch must be at least 1"),
        ({"labelled": 10**6}, "labelled of"),
        ({"wait": 64_000}, "wait"),
        ({"warmup": -1}, "wait"),
        ({"s1": 5_000}, "s1"),
    ],
)
def test_contradicting_sizes_are_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        replace(profiles.PAPER, **changes)


def test_unknown_profile_names_the_known():
    with pytest.raises(UsageError, match="unknown profile 'huge'; choose one of smoke, lite, brief, paper"):
        profiles.get("huge")
