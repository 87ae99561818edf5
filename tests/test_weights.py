import json

import numpy as np
import pytest
import torch

from fasnb import cards, paths, weights
from fasnb.baselines import runs
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import make
from fasnb.profiles import SMOKE
from fasnb.training import live_probabilities
from tests.pair import PAIR, leave_weights, network, pair_store
from tests.test_runs import put
from tests.test_training import ToyFaces, some

FACES = np.random.default_rng(0).integers(0, 255, (3, 256, 256, 3)).astype(np.uint8)


@pytest.fixture
def pair(tmp_path, monkeypatch):
    """A weights folder of a pair that was never trained."""
    one = pair_store(tmp_path, monkeypatch)
    return cards.write(cards.make(one, "mpl_uda", "casia", root=tmp_path), tmp_path / "weights" / "own")


def changed(folder, **facts):
    path = folder / weights.CARD
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))


def test_loaded_networks_score_as_the_trained_ones(pair):
    found = weights.load(weights.read(pair))(FACES)
    for experiment in PAIR:
        model = network(experiment)
        expected = live_probabilities(model, experiment.branch, FACES, torch.device("cpu"))
        assert np.allclose(found[experiment.branch], expected, atol=1e-6)


def test_a_compared_method_is_scored_with_too(tmp_path, monkeypatch):
    one = pair_store(tmp_path, monkeypatch)
    experiment = make("color_lbp", "casia")
    faces = ToyFaces(some("casia-fasd", "train", 6, 6), 1)
    method = runs.build("color_lbp", SMOKE, 0, torch.device("cpu"))
    method.fit(faces, tmp_path, lambda part, message: None)
    leave_weights(one, put(one, experiment), method.tensors())
    out = cards.write(cards.make(one, "color_lbp", "casia", root=tmp_path), tmp_path / "weights" / "lbp")
    card = weights.read(out)
    assert (card.method, [b.branch for b in card.branches]) == ("color_lbp", ["other"])
    pictures = faces.batch(range(4))
    assert np.allclose(weights.load(card)(pictures)["other"], method.score(pictures), atol=1e-6)


def test_the_best_folder_is_chosen_by_profile_then_training_database(pair, tmp_path):
    assert weights.choose().folder == pair
    assert weights.choose(pair).folder == pair
    for name, facts in {
        "lite-msu": {"profile": "lite", "train": "msu"},
        "lite-replay": {"profile": "lite", "train": "replay"},
        "paper-pl": {"profile": "paper", "method": "pl"},
        "paper-pl-uda": {"profile": "paper", "method": "pl_uda"},
    }.items():
        folder = paths.WEIGHTS / name
        folder.mkdir()
        (folder / weights.CARD).write_bytes((pair / weights.CARD).read_bytes())
        changed(folder, **facts)
    assert weights.choose().folder.name == "lite-replay"  # MPL+UDA before others
    assert weights.choose(method="pl").folder.name == "paper-pl"
    assert weights.choose(method="pl-uda").folder.name == "paper-pl-uda"  # however it is spelled
    with pytest.raises(
        UsageError, match=r"holds weights of mpl_uda, pl, pl_uda, none of attvlad.*--method attvlad"
    ):
        weights.choose(method="attvlad")
    with pytest.raises(UsageError, match="unknown method 'magic'"):
        weights.choose(method="magic")
    with pytest.raises(UsageError, match="none of pl"):
        weights.choose(pair, "pl")


def test_no_weights_say_how_to_make_some(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "WEIGHTS", tmp_path / "weights")
    for folder in (None, tmp_path / "absent"):
        with pytest.raises(
            FasnbError, match=r"no such weights; make one with `fasnb run.*fasnb card"
        ) as error:
            weights.choose(folder)
        assert error.value.exit_code == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"schema": 99},
        {"branches": []},
        {"branches": [{"branch": "rgb"}]},
        {"threshold": {"value": "much", "where": "x", "rule": "EER"}},
        {"method": "magic"},
        {"title": None, "branches": 3},
        {"title": None},
        {"seed": "zero"},
        {"train": []},
        {"reproduce": 5},
    ],
)
def test_a_damaged_card_names_its_file(pair, facts):
    changed(pair, **facts)
    with pytest.raises(FasnbError, match=r"card\.json is no card of weights"):
        weights.read(pair)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "wrn-100000-1000"}, "unknown network 'wrn-100000-1000'"),
        ({"branch": "sound"}, "of a branch 'sound'"),
        ({"weight": -0.2}, "do not add up|share of rgb"),
        ({"file": "a\0b"}, "outside its folder"),
        ({"file": "/etc/passwd"}, "outside its folder"),
    ],
)
def test_a_branch_that_cannot_be_is_refused_before_anything_is_built(pair, change, message):
    branches = weights.read(pair).facts["branches"]
    changed(pair, branches=[branches[0] | change, branches[1]])
    with pytest.raises(FasnbError, match=rf"card\.json is no card of weights: .*({message})"):
        weights.read(pair)


def test_a_card_that_is_no_json_or_points_elsewhere_is_refused(pair):
    branches = weights.read(pair).facts["branches"]
    changed(pair, branches=[branches[0] | {"file": "../own/rgb.safetensors"}, branches[1]])
    with pytest.raises(FasnbError, match="a file outside its folder"):
        weights.read(pair)
    (pair / weights.CARD).write_text("{")
    with pytest.raises(FasnbError, match="is no card of weights"):
        weights.read(pair)


def test_shares_must_add_up_to_one(pair):
    branches = weights.read(pair).facts["branches"]
    changed(pair, branches=branches[:1])
    with pytest.raises(FasnbError, match="do not add up to 1"):
        weights.read(pair)


def test_weights_that_do_not_fit_are_refused(pair):
    branches = weights.read(pair).facts["branches"]
    changed(pair, branches=[branches[0] | {"network": "wrn-28-2"}, branches[1]])
    with pytest.raises(FasnbError, match=r"rgb\.safetensors does not fit the network wrn-28-2.*fasnb card"):
        weights.load(weights.read(pair))


def test_a_file_that_was_exchanged_or_is_gone_is_refused(pair):
    card = weights.read(pair)
    content = (pair / "rgb.safetensors").read_bytes()
    (pair / "rgb.safetensors").write_bytes(content[:-1] + b"x")
    with pytest.raises(FasnbError, match=r"rgb\.safetensors is not the file that card\.json speaks of"):
        weights.load(card)
    (pair / "rgb.safetensors").unlink()
    with pytest.raises(FasnbError, match=r"rgb\.safetensors cannot be read"):
        weights.load(card)
