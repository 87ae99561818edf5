"""A run of a compared method on the toy corpus: it scores every clip and keeps what it learnt."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fasnb import checkpoints, experiments, profiles
from fasnb.baselines import runs
from fasnb.errors import FasnbError, UsageError
from fasnb.training import WEIGHTS
from tests.test_training import CORPUS, ToyFaces, quiet, some

CLASSICAL = ("color_lbp", "color_texture")


@pytest.mark.parametrize("method", CLASSICAL)
def test_a_run_scores_every_clip_and_keeps_what_it_learnt(tmp_path, method):
    experiment = experiments.make(method, "casia")
    said = []
    report = lambda part, message: said.append(part)  # noqa: E731
    extra, table = runs.train(experiment, profiles.SMOKE, CORPUS, tmp_path, report)
    assert len(table) == 8
    assert table["score"].between(0, 1).all()
    assert (table["n_frames"] == 2).all()
    assert [path.name for path in tmp_path.iterdir()] == [WEIGHTS]
    assert extra["samples"] == {"faces": 12, "live": 6}
    json.dumps(extra, allow_nan=False)  # the store keeps it
    assert said == sorted(said)
    assert said[-1] == 1

    tensors, numbers = checkpoints.read(tmp_path / WEIGHTS)
    assert numbers == {"experiment": experiment.name, "profile": "smoke"}
    again = runs.build(method, profiles.SMOKE, 0, torch.device("cpu"))
    again.load(tensors)
    database, split, faces = CORPUS.scored_faces("casia")[0]
    rows = table[(table["database"] == database) & (table["split"] == split)]
    frames = np.array(" ".join(rows["frames"]).split(), np.float32)
    assert again.score(faces.batch(np.arange(len(faces)))) == pytest.approx(frames, abs=1e-6)


@pytest.mark.parametrize("method", CLASSICAL)
def test_a_run_repeats(tmp_path, method):
    experiment = experiments.make(method, "casia")
    tables = [
        runs.train(experiment, profiles.SMOKE, CORPUS, tmp_path / name, quiet)[1] for name in ("one", "other")
    ]
    assert tables[0].equals(tables[1])


def test_an_unknown_method_is_refused():
    with pytest.raises(UsageError, match="unknown method 'pixels'; choose one of cnn, color_lbp"):
        runs.build("pixels", profiles.SMOKE, 0, torch.device("cpu"))


def test_a_training_set_of_one_class_leaves_nothing_behind(tmp_path):
    corpus = SimpleNamespace(training_faces=lambda short: ToyFaces(some("casia-fasd", "train", 6, 0), 1))
    with pytest.raises(FasnbError, match="two live and two attack"):
        runs.train(experiments.make("color_lbp", "casia"), profiles.SMOKE, corpus, tmp_path, quiet)
    assert not list(tmp_path.iterdir())
