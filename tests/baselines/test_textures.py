"""The method made of a description and a machine, on toy faces."""

import numpy as np
import pytest
import torch

from fasnb.baselines import textures
from fasnb.errors import FasnbError
from tests.test_training import ToyFaces, quiet, some


def brightness(face):
    """Two features: a toy attack is half as bright as a live face."""
    return np.array([face.mean(), face.std()], np.float32)


def method():
    return textures.Textures(brightness, "rbf", seed=0)


def clips_of_people(people=6):
    """A live clip and two attacks of each of several people."""
    clips = some("casia-fasd", "train", 999, 999)
    mine = [[c for c in clips if c.subject == one] for one in sorted({c.subject for c in clips})[:people]]
    return [
        c for own in mine for c in [next(c for c in own if c.is_live), *[c for c in own if not c.is_live][:2]]
    ]


@pytest.fixture
def fitted(tmp_path):
    one = method()
    facts = one.fit(ToyFaces(clips_of_people(), 2), tmp_path, quiet)
    return one, facts


def test_it_learns_the_toy(fitted):
    one, facts = fitted
    other = ToyFaces(some("msu-mfsd", "test", 3, 3), 1)
    p = one.score(other.batch(np.arange(6)))
    assert p[other.labels == 1].min() > 0.5 > p[other.labels == 0].max()
    assert facts["learnt_from"] == 36
    assert facts["parameters"] == sum(t.numel() for t in one.tensors().values())


def test_subjects_are_kept_apart_in_choosing_c(tmp_path, monkeypatch):
    seen = []
    one = method()
    monkeypatch.setattr(
        one.svm, "fit", lambda x, labels, groups: seen.append(groups) or {"c": 1.0, "held_out_auc": 1.0}
    )
    faces = ToyFaces(clips_of_people(), 2)
    one.fit(faces, tmp_path, quiet)
    assert (seen[0] == [faces.clips[i].subject for i in faces.clip_index]).all()
    single = [
        c for c in clips_of_people() if c.is_live or c.subject == 1
    ]  # one attacker: clips are kept apart
    faces = ToyFaces(single, 2)
    one.fit(faces, tmp_path, quiet)
    assert (seen[1] == faces.clip_index).all()


def test_memory_has_a_bound_that_is_even_over_classes(tmp_path, monkeypatch):
    monkeypatch.setattr(textures, "FACES", 12)
    seen = []
    one = textures.Textures(lambda face: seen.append(face) or brightness(face), "rbf", seed=0)
    facts = one.fit(ToyFaces(clips_of_people(), 5), tmp_path, quiet)
    assert len(seen) == facts["learnt_from"] == 12
    assert sum(face.mean() > 130 for face in seen) == 6  # live faces are bright


def test_scores_survive_a_round_trip_and_other_features_are_refused(fitted):
    one, _ = fitted
    again = method()
    again.load(one.tensors())
    pictures = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 3), np.uint8)
    assert (again.score(pictures) == one.score(pictures)).all()
    wider = textures.Textures(lambda face: np.zeros(3, np.float32), "rbf", seed=0)
    with pytest.raises(RuntimeError, match="2 features and not 3"):
        wider.load(one.tensors())
    with pytest.raises(KeyError):
        method().load({"mean": torch.zeros(2)})


@pytest.mark.parametrize(("live", "attack"), [(6, 0), (0, 6)])
def test_a_single_class_is_refused(tmp_path, live, attack):
    with pytest.raises(FasnbError, match="two live and two attack"):
        method().fit(ToyFaces(some("casia-fasd", "train", live, attack), 1), tmp_path, quiet)
