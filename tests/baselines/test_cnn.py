"""The five scales, the network's sizes, network and machine together on the toy faces."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fasnb import networks
from fasnb.baselines import cnn
from fasnb.baselines.cnn import CROPS, SIDE, AlexNet, build, described, dropped, loss, scales
from fasnb.detector import MARGIN
from fasnb.errors import FasnbError
from tests.test_training import TINY, ToyFaces, quiet, some

CPU = torch.device("cpu")
PROFILE = replace(TINY, other_steps=16, other_batch=8, ema=0.5, checkpoint_every=4)
FACES = ToyFaces(some("casia-fasd", "train", 6, 6), 1)
OTHERS = ToyFaces(some("msu-mfsd", "test", 3, 3), 1)


def pictures():
    return next(OTHERS.iterate(6))[1]


def test_the_scales_are_centre_crops_that_the_faces_margin_allows():
    # The whole face is 1.25 boxes wide.
    widths = [side / SIDE * (1 + 2 * MARGIN) for side in CROPS]
    assert widths == pytest.approx([0.75, 0.875, 1, 1.125, 1.25])
    face = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    for level, side in ((50, 160), (100, 144), (150, 128), (200, 112), (250, 96)):  # nested squares
        edge = (SIDE - side) // 2
        face[0, edge : edge + side, edge : edge + side] = level
    x = scales(face)
    assert x.shape == (1, 5, 3, 96, 96)
    assert x.dtype == torch.float32
    corners = x[0, :, 0, 0, 0]
    assert corners.tolist() == pytest.approx([v / 127.5 - 1 for v in (250, 200, 150, 100, 50)])
    assert torch.equal(x[0, :, :, 48, 48], torch.full((5, 3), 250 / 127.5 - 1))


def test_its_parameters_are_as_counted_by_hand():
    convolutions = 3 * 24 * 49 + 24 * 48 * 25 + (48 * 64 + 64 * 64 + 64 * 48) * 9
    norms = 2 * (24 + 48 + 64 + 64 + 48)
    full = (1200 * 128 + 128) + (128 * 64 + 64) + (64 * 2 + 2)
    assert networks.count_parameters(AlexNet()) == convolutions + norms + full == 287098


def test_features_are_those_of_the_last_layer_but_one_side_by_side():
    torch.manual_seed(0)
    network, x = AlexNet().eval(), torch.randn(2, 5, 3, 96, 96)
    with torch.no_grad():
        phi = described(network, x)
        assert phi.shape == (2, 320)
        assert phi.dtype == np.float32
        assert phi[1, 2 * 64 : 3 * 64] == pytest.approx(network.features(x[1, 2][None])[0].numpy(), abs=1e-5)
        assert phi.min() >= 0
        assert torch.equal(network(x[:, 0]), network.fc8(network.features(x[:, 0])))


def test_dropout_is_the_generators_and_keeps_the_mean():
    h = torch.ones(40, 50)
    assert dropped(h, None) is h
    one = dropped(h, torch.Generator().manual_seed(1))
    assert set(one.unique().tolist()) == {0.0, 2.0}
    assert float(one.mean()) == pytest.approx(1, abs=0.1)
    assert torch.equal(one, dropped(h, torch.Generator().manual_seed(1)))
    assert not torch.equal(one, dropped(h, torch.Generator().manual_seed(2)))


def test_a_steps_faces_are_each_at_one_scale_drawn_at_random():
    seen = []

    def network(x, generator):
        seen.extend(x[:, 0, 0, 0].tolist())
        return torch.zeros(len(x), 2)

    x = torch.arange(5.0)[None, :, None, None, None].expand(50, 5, 3, 4, 4)
    value = loss(network, x, torch.ones(50, dtype=torch.int64), torch.Generator().manual_seed(0))["loss"]
    assert float(value) == pytest.approx(np.log(2))
    assert set(seen) == {0, 1, 2, 3, 4}


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    method = build(PROFILE, 0, CPU)
    method.facts = method.fit(FACES, tmp_path_factory.mktemp("cnn"), quiet)
    return method


def test_it_learns_the_toy(learnt):
    scores = learnt.score(pictures())
    assert scores.dtype == np.float32
    assert ((scores >= 0) & (scores <= 1)).all()
    assert scores[OTHERS.labels == 1].min() > scores[OTHERS.labels == 0].max()
    assert learnt.facts["parameters"] == 287098
    assert learnt.facts["svm_held_out_auc"] > 0.9


def test_network_and_machine_brought_to_another_score_alike(learnt):
    fresh = build(PROFILE, 1, CPU)
    fresh.load(learnt.tensors())
    assert np.array_equal(fresh.score(pictures()), learnt.score(pictures()))
    without = {k: v for k, v in learnt.tensors().items() if k != "svm.dual"}
    with pytest.raises((KeyError, RuntimeError)):
        fresh.load(without)
    with pytest.raises((KeyError, RuntimeError)):
        fresh.load({k: v for k, v in learnt.tensors().items() if k.startswith("svm.")})


def test_a_black_face_gets_a_finite_score(learnt):
    score = learnt.score(np.zeros((1, 96, 96, 3), np.uint8))
    assert 0 <= score[0] <= 1


def test_stopped_and_resumed_it_ends_with_the_same_bits(learnt, tmp_path):
    def stop(fraction, message):
        if fraction > 0.9 * 0.95 * 13 / 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(PROFILE, 0, CPU).fit(FACES, tmp_path, stop)
    again = build(PROFILE, 0, CPU)
    assert again.fit(FACES, tmp_path, quiet)["resumed_at"] == 12
    want = learnt.tensors()
    assert all(torch.equal(want[name], value) for name, value in again.tensors().items())


def test_a_single_class_is_refused(tmp_path):
    with pytest.raises(FasnbError, match="one class only"):
        cnn.build(PROFILE, 0, CPU).fit(ToyFaces(some("casia-fasd", "train", 4, 0), 1), tmp_path, quiet)
