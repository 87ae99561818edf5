"""The shared loop of the compared networks, on toy faces of which the attacks are darker."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import SGD

from fasnb.baselines import deep
from fasnb.errors import FasnbError
from fasnb.networks import live_probability
from tests.test_training import TINY, ToyFaces, quiet, some

CPU = torch.device("cpu")
PROFILE = replace(TINY, other_steps=24, other_batch=8, ema=0.8, checkpoint_every=5)
FACES = ToyFaces(some("casia-fasd", "train", 6, 6), 1)
OTHERS = ToyFaces(some("msu-mfsd", "test", 4, 4), 2)


def network():
    # 3 x 4 x 9 + 4, twice 4, 4 x 2 + 2: 130 parameters
    pooled = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    return nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(), *pooled)


def loss(net, x, y, generator):
    noise = 0.01 * torch.randn(x.shape, generator=generator)  # a draw, so that resuming must restore it
    return {"loss": F.cross_entropy(net(x + noise), y)}


def decide(net, x):
    return live_probability(net(x))


def method(seed=0, profile=PROFILE, **changes):
    settings = {"side": 16, "lr": 0.1} | changes
    return deep.Deep(network, deep.rgb, loss, decide, profile, seed, CPU, **settings)


def pictures(faces):
    return next(faces.iterate(len(faces)))[1]


def test_it_learns_the_toy_and_records_what_it_did(tmp_path):
    learnt = method()
    facts = learnt.fit(FACES, tmp_path, quiet)
    scores = learnt.score(pictures(OTHERS))
    assert scores.dtype == np.float32
    assert scores.shape == (16,)
    assert scores[OTHERS.labels == 1].min() > scores[OTHERS.labels == 0].max()
    assert facts["parameters"] == 130
    assert facts["resumed_at"] == 0
    assert facts["curve"][-1]["step"] == 23
    assert facts["curve"][-1]["loss"] < facts["curve"][0]["loss"]


def test_stopped_and_resumed_it_ends_with_the_same_bits(tmp_path):
    whole = method()
    facts = whole.fit(FACES, tmp_path / "whole", quiet)

    def stop(fraction, message):
        if fraction > 0.95 * 18 / 24:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        method().fit(FACES, tmp_path / "parts", stop)
    resumed = method()
    again = resumed.fit(FACES, tmp_path / "parts", quiet)
    assert again["resumed_at"] == 15
    assert again["curve"] == facts["curve"]
    a, b = whole.tensors(), resumed.tensors()
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_finished_run_is_not_trained_again(tmp_path):
    first = method()
    first.fit(FACES, tmp_path, quiet)
    second = method()
    assert second.fit(FACES, tmp_path, quiet)["resumed_at"] == 24
    assert (first.score(pictures(OTHERS)) == second.score(pictures(OTHERS))).all()


def test_the_seed_alone_decides_the_weights():
    torch.manual_seed(7)
    a = method(seed=1).tensors()
    torch.manual_seed(8)
    b, c = method(seed=1).tensors(), method(seed=2).tensors()
    assert torch.equal(a["0.weight"], b["0.weight"])
    assert not torch.equal(a["0.weight"], c["0.weight"])


def test_tensors_brought_to_another_give_the_same_scores(tmp_path):
    learnt, fresh = method(), method(seed=3)
    learnt.fit(FACES, tmp_path, quiet)
    want = learnt.score(pictures(OTHERS))
    assert not np.array_equal(fresh.score(pictures(OTHERS)), want)
    fresh.load(learnt.tensors())
    assert np.array_equal(fresh.score(pictures(OTHERS)), want)


def test_tensors_of_another_network_are_refused():
    with pytest.raises(RuntimeError, match="Missing key"):
        method().load({"0.weight": torch.zeros(4, 3, 3, 3)})


@pytest.mark.parametrize("label", [0, 1])
def test_a_single_class_is_refused(tmp_path, label):
    clips = some("casia-fasd", "train", 4 * label, 4 - 4 * label)
    with pytest.raises(FasnbError, match="one class only"):
        method().fit(ToyFaces(clips, 1), tmp_path, quiet)


def test_black_faces_and_a_single_face_get_a_finite_score(tmp_path):
    learnt = method()
    learnt.fit(FACES, tmp_path, quiet)
    score = learnt.score(np.zeros((1, 96, 96, 3), np.uint8))
    assert score.shape == (1,)
    assert 0 <= score[0] <= 1


class Ramps(ToyFaces):
    """Faces of 16 pixels that are 10 at the left and 200 at the right."""

    ramp = np.broadcast_to(np.linspace(10, 200, 16).astype(np.uint8)[None, :, None], (16, 16, 3))

    def batch(self, indices):
        return np.stack([self.ramp for _ in indices])


def test_faces_are_mirrored_at_random_in_training_and_never_in_scoring(tmp_path):
    seen = []

    def see(faces):
        seen.extend(faces[:, 0, 0, 0].tolist())
        return deep.rgb(faces)

    learnt = deep.Deep(network, see, loss, decide, replace(PROFILE, other_steps=4), 0, CPU, side=16)
    learnt.fit(Ramps(some("casia-fasd", "train", 2, 2), 1), tmp_path, quiet)
    assert set(seen) == {10, 200}
    assert 8 <= seen.count(10) <= 24  # of 32
    seen.clear()
    learnt.score(Ramps.batch(Ramps, range(8)))
    assert seen == [10] * 8


def test_pictures_become_tensors_of_the_sides_and_ranges_promised():
    faces = np.zeros((2, 4, 4, 3), np.uint8)
    faces[0, :2, :2] = 255, 0, 51
    small = deep.resized(faces, 2)
    assert small.shape == (2, 2, 2, 3)
    assert small[0, 0, 0].tolist() == [255, 0, 51]
    assert not small[1].any()
    assert deep.resized(faces, 4) is faces
    x = deep.rgb(small)
    assert x.shape == (2, 3, 2, 2)
    assert x[0, :, 0, 0].tolist() == pytest.approx([1, -1, -0.6])


def test_the_rate_falls_along_half_a_cosine_to_nothing():
    optimizer = SGD([nn.Parameter(torch.zeros(1))], lr=0.2)
    schedule = deep.cosine(4)(optimizer)
    rates = []
    for _ in range(6):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates == pytest.approx([0.2, 0.1 + 0.1 / 2**0.5, 0.1, 0.1 - 0.1 / 2**0.5, 0, 0])
