"""The compared methods' numbers by hand; their scorers from weights that a toy run left."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from fasnb import checkpoints, compared, experiments, networks, profiles, training
from fasnb.baselines import runs
from fasnb.errors import FasnbError
from fasnb.grid import single
from fasnb.metrics import Threshold
from tests.test_evaluation import videos
from tests.test_runs import put, store
from tests.test_training import CORPUS, ToyFaces, quiet, some

# within casia all is told apart at 0.5; on replay too, but at 0.25: half of its live videos lie below 0.5
MOVED = pd.concat(
    [
        videos("casia", "train", [0.6, 0.9], [0.1, 0.4]),
        videos("casia", "test", [0.6, 0.8], [0.2, 0.3]),
        videos("replay", "test", [0.3, 0.7], [0.1, 0.2]),
    ]
)
# on replay a live video and an attack change places: no threshold helps
MIXED = pd.concat([MOVED[MOVED["database"] == "casia"], videos("replay", "test", [0.9, 0.1], [0.8, 0.2])])
BOTH = {"moved": MOVED, "mixed": MIXED}


def test_rows_are_those_of_table_6_with_the_papers_own_first():
    assert next(iter(compared.ARMS)) == "MPL+UDA+AttVLAD"
    assert set(list(compared.ARMS)[1:]) == set(experiments.OTHERS.values())


def test_losses_by_hand():
    found = compared.losses(BOTH, "casia", "replay").set_index("method")
    assert found.loc["moved", ["within", "separation", "shift", "hter"]].tolist() == [0, 0, 25, 25]
    assert found.loc["mixed", ["within", "separation", "shift", "hter"]].tolist() == [0, 50, 0, 50]
    assert found.index.tolist() == ["mixed", "moved"]  # the worst first


def test_a_curve_per_method_of_the_database_asked_for():
    points = compared.det_points(BOTH, "replay")
    assert points["curve"].unique().tolist() == ["moved", "mixed"]
    moved = points[points["curve"] == "moved"]
    assert ((moved["apcer"] == 0) & (moved["bpcer"] == 0)).any()
    mixed = points[points["curve"] == "mixed"]
    assert mixed[["apcer", "bpcer"]].max(axis=1).min() == 0.5
    with pytest.raises(FasnbError, match="msu test"):
        compared.det_points(BOTH, "msu")


def test_mistakes_by_hand():
    scored = videos("replay", "test", [0.9, 0.1, 0.4, 0.45, 0.5], [0.8, 0.2, 0.5, 0.9])
    found = compared.mistakes(scored, Threshold(0.5, "casia train", "EER"), "replay", 2)
    assert found["kind"].tolist() == ["live rejected"] * 2 + ["attack accepted"] * 2
    assert found["score"].tolist() == [
        0.1,
        0.4,
        0.9,
        0.8,
    ]  # the attack on the threshold comes third
    assert found["distance"].tolist() == pytest.approx([0.4, 0.1, 0.4, 0.3])
    right = videos("replay", "test", [0.9], [0.1])
    assert compared.mistakes(right, Threshold(0.5, "casia train", "EER"), "replay", 2).empty


def test_a_video_without_a_face_is_no_mistake():
    scored = videos("replay", "test", [0.9, 0.1], [0.2])
    scored.loc[1, ["n_frames", "score", "frames"]] = [0, np.nan, ""]
    assert compared.mistakes(scored, Threshold(0.5, "casia train", "EER"), "replay", 2).empty


def test_the_middle_face_of_each_clip():
    found = ToyFaces(some("casia-fasd", "train", 2, 2), 3)
    faces = compared.faces_at(found, [found.clips[3].path, found.clips[0].path])
    assert (np.stack(faces) == found.batch([10, 1])).all()
    assert compared.faces_at(found, []) == []
    with pytest.raises(FasnbError, match="nowhere"):
        compared.faces_at(found, ["nowhere/1.avi"])
    # Five clips of 3, 1, 0, 2 and 1 faces.
    some_without = SimpleNamespace(clips=range(5), clip_index=np.array([0, 0, 0, 1, 3, 3, 4]))
    assert compared.middle_faces(some_without) == {0: 1, 1: 3, 3: 5, 4: 6}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A session with the weights of Color LBP on the toy and of an untrained AttVLAD."""
    folder = tmp_path_factory.mktemp("weights")
    arm = compared.ARMS[experiments.OTHERS["color_lbp"]]
    ((experiment, _),) = arm.experiments("casia", 0)
    _, table = runs.train(experiment, profiles.SMOKE, CORPUS, folder, quiet)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = networks.build("attvlad")
    checkpoints.write(folder / "attvlad.safetensors", network.state_dict(), {})
    left = {"color_lbp": folder / training.WEIGHTS, "attvlad": folder / "attvlad.safetensors"}
    lab = SimpleNamespace(profile=profiles.SMOKE, weights=lambda one: left[one.method])
    return lab, arm, table


def test_a_scorer_gives_the_scores_of_the_run(trained):
    lab, arm, table = trained
    _, _, faces = CORPUS.scored_faces("casia")[0]
    frames = np.array(" ".join(table.loc[table["database"] == "casia", "frames"]).split(), float)
    score = compared.scorer(lab, arm, "casia", 0)
    assert score(faces.batch(np.arange(len(faces)))) == pytest.approx(frames, abs=1e-6)


def test_a_fused_scorer_weighs_its_parts(trained):
    lab, arm, _ = trained
    both = compared.Arm("both", "both", ((arm.parts[0][0], (), 0.7), ("attvlad", (), 0.3)))
    pictures = np.random.default_rng(0).integers(0, 256, (2, 256, 256, 3), np.uint8)
    parts = [compared.scorer(lab, one, "casia", 0)(pictures) for one in (arm, single("a", "attvlad"))]
    found = compared.scorer(lab, both, "casia", 0)(pictures)
    assert found == pytest.approx(0.7 * parts[0] + 0.3 * parts[1], abs=1e-6)


def test_weights_of_another_method_are_refused_in_one_line(trained, tmp_path):
    lab, arm, _ = trained
    path = tmp_path / "weights.safetensors"
    checkpoints.write(path, {"x": torch.zeros(1)}, {})
    other = SimpleNamespace(profile=lab.profile, weights=lambda one: path)
    with pytest.raises(FasnbError, match=r"weights.safetensors does not fit color_lbp.*delete it"):
        compared.scorer(other, arm, "casia", 0)


def test_times_are_of_one_face_and_in_turns():
    order = []

    def named(name):
        return lambda pictures: order.append((name, pictures.shape))

    found = compared.times({"a": named("a"), "b": named("b")}, np.zeros((8, 8, 3), np.uint8), runs=2)
    assert order == [("a", (1, 8, 8, 3)), ("b", (1, 8, 8, 3))] * 3
    assert found["method"].tolist() == ["a", "b"]
    assert ((found["low"] <= found["ms"]) & (found["ms"] <= found["high"]) & (found["low"] >= 0)).all()


def test_costs_add_up_over_the_runs_of_a_row():
    def run(method, seconds, parameters):
        extra = {"seconds": {"train": seconds}, "parameters": parameters}
        return SimpleNamespace(
            record={"settings": {"method": method}, "extra": extra, "device": "a processor"}
        )

    own = [run("mpl_uda", 20.0, 300), run("attvlad", 5.0, 100)]
    found = compared.training_costs({"fused": own, "one": [run("cnn", 1.0, 7)]})
    assert found.to_dict("records")[0] == {
        "method": "fused",
        "runs": "MPL+UDA + AttVLAD",
        "seconds": 25.0,
        "parameters": 400,
        "device": "a processor",
    }
    assert found["runs"].tolist()[1] == "CNN (Yang 2014)"


def test_scores_of_the_methods_that_a_store_has(tmp_path):
    some_runs = store(tmp_path)
    assert compared.scored(some_runs, "casia", 0) == {}
    own = compared.ARMS["MPL+UDA+AttVLAD"].experiments("casia", 0)
    parts = [put(some_runs, one, seed=i) for i, (one, _) in enumerate(own)]
    put(some_runs, experiments.make("color_lbp", "casia"), seed=5)
    put(some_runs, experiments.make("cnn", "replay"), seed=6)
    found = compared.scored(some_runs, "casia", 0)
    assert list(found) == ["MPL+UDA+AttVLAD", "Color LBP (Boulkenafet 2015)"]
    fused = sum(weight * part.scores["score"] for part, (_, weight) in zip(parts, own))
    np.testing.assert_allclose(found["MPL+UDA+AttVLAD"]["score"], fused)
    assert list(compared.scored(some_runs, "replay", 0)) == ["CNN (Yang 2014)"]
