from types import SimpleNamespace

import pytest
import torch

from fasnb import checkpoints, experiments, networks, session
from fasnb.errors import FasnbError, UsageError
from fasnb.runs import Source
from tests.test_runs import put, some_scores


def test_empty_parameters_mean_the_profiles_own_folders():
    lab = session.start("smoke")
    assert lab.store_folder == session.paths.store("smoke")
    assert lab.root is None
    assert lab.figures == session.paths.figures("smoke")


def test_parameters_win(tmp_path):
    lab = session.start("lite", store=str(tmp_path / "s"), data=str(tmp_path / "d"))
    assert (lab.profile.name, lab.store_folder, lab.root) == ("lite", tmp_path / "s", tmp_path / "d")


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(UsageError, match="unknown profile 'smoky'; choose one of smoke, lite"):
        session.start("smoky")


@pytest.mark.parametrize("parameters", [{"profile": ["smoke"]}, {"store": 5}, {"data": None}])
def test_parameters_that_are_no_text_are_named(parameters):
    with pytest.raises(UsageError, match=f"parameter {next(iter(parameters))} must be text"):
        session.start(**parameters)


@pytest.fixture
def lab(monkeypatch, tmp_path):
    """A session on made-up data whose training leaves weights and the scores of `some_scores`."""
    trained = []

    def train(experiment, profile, data, folder, report):
        trained.append(experiment)
        folder.mkdir(parents=True)
        (folder / "weights.safetensors").write_bytes(b"w")
        return some_scores()

    monkeypatch.setattr(session.reproduce, "TRAIN", train)
    monkeypatch.setattr(session.paths, "BUILD", tmp_path / "build")
    monkeypatch.setattr(session.Session, "_opened", (None, Source("simulated", "d1")))
    made = session.start("smoke", store=str(tmp_path / "store"))
    return made, trained


def test_a_result_without_its_weights_is_trained_again_for_them(lab, capsys):
    made, trained = lab
    experiment = experiments.make("pl", "casia")
    stored = put(made.store, experiment, seed=1)  # as committed: scores, no weights
    before = stored.path.read_bytes()
    here = session.paths.trained("smoke", made.store.stem(experiment))
    assert not here.exists()
    path = made.weights(experiment)
    assert path.read_bytes() == b"w"
    assert "its weights are not here" in capsys.readouterr().out
    assert here.exists()
    assert made.weights(experiment) == path == here
    assert trained == [experiment]  # once
    assert made.result(experiment).path.read_bytes() == before  # the stored result is as it was


def test_committed_weights_serve_where_training_left_none(lab, monkeypatch, tmp_path):
    made, trained = lab
    monkeypatch.setattr(session.paths, "ROOT", tmp_path)
    experiment = experiments.make("pl", "casia")
    kept = session.paths.kept("smoke", made.store.stem(experiment))
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"k")
    assert made.weights(experiment) == kept
    assert trained == []


def test_weights_that_were_deleted_say_how_to_get_them(lab):
    made, trained = lab
    experiment = experiments.make("pl", "casia")
    path = made.weights(experiment)
    path.unlink()
    with pytest.raises(
        FasnbError, match=r"weights\.safetensors was deleted after its training; delete .*again"
    ):
        made.weights(experiment)
    assert len(trained) == 1


def test_a_runs_network_comes_back_as_it_was_trained(monkeypatch, tmp_path):
    experiment = experiments.make("attvlad", "casia")
    trained = networks.build("attvlad")
    path = tmp_path / "weights.safetensors"
    checkpoints.write(path, trained.state_dict(), {})
    monkeypatch.setattr(session.Session, "weights", lambda self, one: path)
    found = session.start("smoke").network(experiment)
    assert not found.training
    for name, value in trained.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)


def test_versions_name_what_a_number_hangs_on():
    table = session.versions()
    assert {"python", "torch", "revision", "device"} <= set(table.index)
    assert (table["which"].str.len() > 0).all()


@pytest.mark.parametrize(
    ("kind", "allowed", "expected"),
    [("simulated", "", "own"), ("real", "", "stand-in"), ("mixed", "", "stand-in"), ("real", "1", "own")],
)
def test_pictures_show_simulated_faces_unless_licensed_ones_are_allowed(
    monkeypatch, tmp_path, kind, allowed, expected
):
    made = []
    own = SimpleNamespace(root=tmp_path)
    monkeypatch.setattr(session.Session, "_opened", (own, Source(kind, "d")))
    monkeypatch.setattr(session.reproduce, "simulated", lambda profile, root, workers, say: made.append(root))
    monkeypatch.setattr(session.paths, "DATA", tmp_path / "data")
    monkeypatch.setenv("FASNB_REAL_FACES", allowed)
    lab = session.start("smoke")
    assert lab.corpus is own  # numbers come from the data, whatever the pictures show
    if expected == "own":
        assert (lab.shown is own, lab.shown_kind, made) == (True, kind, [])
    else:
        assert lab.shown.root == tmp_path / "data" / "simulated" / "smoke"
        assert (lab.shown is own, lab.shown_kind, made) == (False, "simulated", [lab.shown.root])
