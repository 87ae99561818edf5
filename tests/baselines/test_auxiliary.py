"""The depth of a live face and the score of a map against hand-computed values, and the toy faces."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from fasnb import networks
from fasnb.baselines.auxiliary import AXES, MAP, DepthNet, build, depth, loss, probability, see
from fasnb.errors import FasnbError
from tests.baselines import promises
from tests.test_training import TINY, ToyFaces, quiet, some

CPU = torch.device("cpu")
PROFILE = replace(TINY, other_steps=30, other_batch=8, ema=0.5, checkpoint_every=30)


def test_a_live_faces_depth_is_an_ellipsoid_in_the_middle_of_the_picture():
    d = depth()
    assert d.shape == (32, 32)
    assert d.dtype == torch.float32
    # The place right and below the middle: half a place off it in both.
    off = 0.5 / 32
    want = (1 - (off / AXES[0]) ** 2 - (off / AXES[1]) ** 2) ** 0.5
    assert float(d[16, 16]) == pytest.approx(want)
    assert float(d.max()) == float(d[16, 16]) < 1
    assert torch.equal(d, d.flip(1))  # mirrored faces have the same target
    assert torch.equal(d, d.flip(0))
    assert not d[0].any()
    assert not d[:, 0].any()
    # Its rim lies within the face box, the middle 0.8 of the picture; it covers pi a b of the area.
    assert float((d > 0).float().mean()) == pytest.approx(np.pi * AXES[0] * AXES[1], rel=0.02)
    assert max(AXES) <= 0.4


def test_the_ellipsoids_mean_square_is_half_its_area():
    # The mean of 1 - r^2 over a disk is 1/2.
    assert float(depth().square().mean()) == pytest.approx(np.pi * AXES[0] * AXES[1] / 2, rel=0.01)


def test_a_map_is_scored_by_its_norm():
    d = depth()
    maps = torch.stack([0 * d, 0.25 * d, 0.5 * d, d, -d, 3 * d])
    # m / (m + M / 4) with m = s^2 M: 4 s^2 / (4 s^2 + 1)
    assert probability(maps).tolist() == pytest.approx([0, 0.2, 0.5, 0.8, 0.8, 36 / 37])


class Fixed(nn.Module):
    def __init__(self, level):
        super().__init__()
        self.level = level

    def forward(self, x):
        return torch.full((len(x), MAP, MAP), self.level)


def test_the_loss_is_the_mean_squared_error_to_the_ellipsoid_or_to_nothing():
    x = torch.zeros(2, 6, 8, 8)
    generator = torch.Generator()
    d = depth()
    attack = loss(Fixed(0.5), x, torch.tensor([0, 0]), generator)["loss"]
    assert float(attack) == pytest.approx(0.25)
    live = loss(Fixed(0.0), x, torch.tensor([1, 1]), generator)["loss"]
    assert float(live) == pytest.approx(float(d.square().mean()))
    both = loss(Fixed(0.0), x, torch.tensor([0, 1]), generator)["loss"]
    assert float(both) == pytest.approx(float(d.square().mean()) / 2)


def test_the_network_sees_rgb_then_hsv():
    faces = np.zeros((2, 4, 4, 3), np.uint8)
    faces[0] = 0, 255, 0  # hue a third of the circle, full saturation and value
    x = see(faces)
    assert x.shape == (2, 6, 4, 4)
    assert x[0, :, 1, 1].tolist() == pytest.approx([-1, 1, -1, 85 / 127.5 - 1, 1, 1], abs=0.01)
    assert (x[1] == -1).all()


@pytest.mark.parametrize("side", [64, 96])
def test_maps_have_32_by_32_places_whatever_the_side(side):
    assert DepthNet().eval()(torch.zeros(2, 6, side, side)).shape == (2, 32, 32)


def test_its_parameters_are_as_counted_by_hand():
    def layer(c_in, c_out):  # a 3 x 3 convolution without bias, and two numbers a channel
        return 9 * c_in * c_out + 2 * c_out

    stem = layer(6, 8)
    blocks = layer(8, 16) + 2 * layer(16, 16) + 3 * (layer(16, 24) + layer(24, 16))
    head = layer(48, 16) + layer(16, 8) + 9 * 8 + 1
    assert stem + blocks + head == 35465
    assert networks.count_parameters(DepthNet()) == 35465


def test_it_learns_the_toy_and_a_copy_scores_alike(tmp_path):
    promises.learns_the_toy_and_a_copy_scores_alike(build, PROFILE, 48, tmp_path)


def test_a_single_class_is_refused(tmp_path):
    with pytest.raises(FasnbError, match="one class only"):
        build(PROFILE, 0, CPU).fit(ToyFaces(some("casia-fasd", "train", 0, 4), 1), tmp_path, quiet)
