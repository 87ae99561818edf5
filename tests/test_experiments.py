"""Names and their inverse, canonical settings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fasnb import profiles
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
    assert make("pl", "casia").setting("tau") == SETTINGS["tau"][1]
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
