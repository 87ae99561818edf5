"""What every compared network promises, whichever it is; each of their tests calls these."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fasnb import checkpoints, experiments
from fasnb.baselines import runs
from fasnb.errors import FasnbError
from fasnb.training import WEIGHTS
from tests.test_training import CORPUS, ToyFaces, quiet, some

CPU = torch.device("cpu")


def learns_the_toy_and_a_copy_scores_alike(build, profile, side, folder):
    """Live faces above attacks on other clips; loaded into another, the same scores; a black face has one."""
    learnt, fresh = build(profile, 0, CPU), build(profile, 1, CPU)
    learnt.side = fresh.side = side  # smaller than in earnest, to be quick
    learnt.fit(ToyFaces(some("casia-fasd", "train", 6, 6), 1), folder, quiet)
    others = ToyFaces(some("msu-mfsd", "test", 3, 3), 1)
    _, pictures = next(others.iterate(6))
    scores = learnt.score(pictures)
    assert scores[others.labels == 1].min() > scores[others.labels == 0].max()
    fresh.load(learnt.tensors())
    assert np.array_equal(fresh.score(pictures), scores)
    black = learnt.score(np.zeros((1, 96, 96, 3), np.uint8))
    assert 0 <= black[0] <= 1


def stopped_and_resumed_it_ends_with_the_same_bits(method, profile, folder):
    """Weights, curve and scores; `profile` has six steps and is stopped after the fourth."""
    experiment = experiments.make(method, "casia")
    whole, table = runs.train(experiment, profile, CORPUS, folder / "whole", quiet)

    def stop(fraction, message):
        if fraction > 0.9 * 0.95 * 4 / 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs.train(experiment, profile, CORPUS, folder / "parts", stop)
    resumed, again = runs.train(experiment, profile, CORPUS, folder / "parts", quiet)
    assert 0 < resumed["resumed_at"] < profile.other_steps
    assert resumed["curve"] == whole["curve"]
    assert again.equals(table)
    weights = [checkpoints.read(folder / part / WEIGHTS)[0] for part in ("whole", "parts")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def one_class_is_refused(method, profile, live, attack, folder):
    """A training set of so many live clips and attacks, one of them none."""
    corpus = SimpleNamespace(
        training_faces=lambda short: ToyFaces(some("casia-fasd", "train", live, attack), 1)
    )
    with pytest.raises(FasnbError, match="one class"):
        runs.train(experiments.make(method, "casia"), profile, corpus, folder, quiet)


def one_colour_gets_a_finite_score(build, profile, side, level):
    """A picture of one grey level, by a network that has learnt nothing."""
    scores = build(profile, 0, CPU).score(np.full((1, side, side, 3), level, np.uint8))
    assert scores.shape == (1,)
    assert 0 <= scores[0] <= 1
