"""The retinex against hand-computed values, the attention against its equation, and the toy faces."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fasnb import networks
from fasnb.baselines import msr_mobilenet
from fasnb.baselines.msr_mobilenet import SIGMAS, TwoStream, build, gaussian, retinex, see
from fasnb.errors import FasnbError
from tests.baselines import promises
from tests.test_training import TINY, ToyFaces, quiet, some

CPU = torch.device("cpu")
PROFILE = replace(TINY, other_steps=60, other_batch=8, ema=0.5, checkpoint_every=60)


def test_gaussians_sum_to_one_and_have_the_width_asked_for():
    a = gaussian(101, 5.0).double()
    assert a.sum(1).tolist() == pytest.approx([1] * 101)
    row = a[50]
    at = torch.arange(101).double() - 50
    assert float((row * at).sum()) == pytest.approx(0, abs=1e-6)
    assert float((row * at**2).sum()) == pytest.approx(25, rel=1e-3)
    # Two places, a sigma of one: e^0 and e^-1/2.
    w = np.exp(-0.5)
    assert gaussian(2, 1.0).flatten().tolist() == pytest.approx(
        [1 / (1 + w), w / (1 + w)] * 1 + [w / (1 + w), 1 / (1 + w)]
    )


def test_the_retinex_of_two_by_two_pixels_is_as_computed_by_hand():
    light = np.array([[1.0, 3.0], [7.0, 15.0]])  # I + 1
    want = np.log(light)
    for sigma in SIGMAS:
        w = np.exp(-1 / (2 * (2 * sigma) ** 2))
        near, far = 1 / (1 + w), w / (1 + w)
        for i in range(2):
            for j in range(2):
                mean = (
                    near * near * light[i, j]
                    + near * far * (light[i, 1 - j] + light[1 - i, j])
                    + far * far * light[1 - i, 1 - j]
                )
                want[i, j] -= np.log(mean) / 3
    got = retinex(torch.from_numpy(light - 1)[None, None].to(torch.uint8))
    assert got.dtype == torch.float32
    assert got[0, 0].numpy() == pytest.approx(want, abs=1e-6)


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_flat_picture_has_no_reflectance(level):
    flat = torch.full((1, 3, 32, 32), level, dtype=torch.uint8)
    assert retinex(flat).abs().max() < 1e-5


def test_the_retinex_hardly_changes_with_the_light_and_flips_with_the_picture():
    rng = np.random.default_rng(0)
    picture = torch.from_numpy(rng.integers(60, 121, (1, 3, 32, 32)))
    one, brighter = retinex(picture), retinex(2 * picture + 1)  # I + 1 twice as large
    assert torch.allclose(one, brighter, atol=1e-5)
    assert one.std() > 0.1
    assert torch.allclose(retinex(picture.flip(3)), one.flip(3), atol=1e-5)


def test_the_network_sees_colours_then_their_retinex():
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (2, 64, 64, 3), np.uint8)
    x = see(faces)
    assert x.shape == (2, 6, 64, 64)
    assert x.dtype == torch.float32
    assert x[1, 2, 5, 7] == pytest.approx(faces[1, 5, 7, 2] / 127.5 - 1)
    assert torch.equal(x[:, 3:], retinex(torch.from_numpy(faces.transpose(0, 3, 1, 2).copy())))


def test_the_attention_weighs_both_streams_by_the_softmax_of_q_f():
    network = TwoStream().eval()
    f = torch.zeros(1, 2, 1280)
    f[0, 0, 0], f[0, 1, 0] = 1.0, 3.0
    assert network.attention(f).tolist() == [[0.5, 0.5]]  # q starts at 0
    with torch.no_grad():
        network.q[0] = np.log(3) / 2
    assert network.attention(f)[0].tolist() == pytest.approx([1 / 4, 3 / 4])


def test_the_fused_feature_is_the_weighted_sum():
    torch.manual_seed(0)
    network = TwoStream().eval()
    with torch.no_grad():
        network.q.normal_()
        x = torch.randn(2, 6, 32, 32)
        f = torch.stack([net(x[:, 3 * i : 3 * i + 3]).flatten(1) for i, net in enumerate(network.streams)], 1)
        w = network.attention(f)
        want = network.fc(w[:, :1] * f[:, 0] + w[:, 1:] * f[:, 1])
        assert torch.allclose(network(x), want, atol=1e-6)
    assert w.sum(1).tolist() == pytest.approx([1, 1])


def test_its_parameters_are_those_of_two_quarter_wide_backbones_without_their_heads():
    # q 1,280 and a linear layer of 2 x 1,280 + 2 beside two streams.
    one = networks.count_parameters(msr_mobilenet.stream())
    assert networks.count_parameters(TwoStream()) == 2 * one + 1280 + 2562
    # The backbone's head, without bias, gives 1,000 classes.
    whole = networks._pytorchcv(msr_mobilenet.BACKBONE)
    assert one == networks.count_parameters(whole) - 1280 * 1000


def test_it_learns_the_toy_and_a_copy_scores_alike(tmp_path):
    promises.learns_the_toy_and_a_copy_scores_alike(build, PROFILE, 64, tmp_path)


def test_a_single_class_is_refused(tmp_path):
    with pytest.raises(FasnbError, match="one class only"):
        build(PROFILE, 0, CPU).fit(ToyFaces(some("casia-fasd", "train", 4, 0), 1), tmp_path, quiet)
