"""The losses of the decomposition against values by hand; the whole method on toys."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from fasnb import experiments, metrics, networks
from fasnb.baselines import despoofing, runs
from fasnb.baselines.despoofing import BOUND, LEVEL, SIDE, DeSpoofing
from tests.baselines import promises
from tests.test_training import CORPUS, TINY, quiet

CPU = torch.device("cpu")
SMALL = replace(TINY, other_steps=6, other_batch=4, checkpoint_every=2)
LIVE, ATTACK = torch.tensor([1]), torch.tensor([0])


def made(seed=0):
    torch.manual_seed(seed)
    return DeSpoofing()


def wave(amplitude, across, down, side=32):
    """A noise (1, 6, side, side) of one frequency: so many periods across and down."""
    at = torch.arange(side) * 2 * math.pi / side
    one = amplitude * torch.cos(across * at[None] + down * at[:, None])
    return one.expand(1, 6, side, side)


def test_planes_are_rgb_and_hsv_from_zero_to_one():
    faces = np.zeros((2, 4, 4, 3), np.uint8)
    faces[0, 0, 1] = (0, 255, 0)  # green: hue 120 degrees of 360
    faces[1, 2, 3] = (51, 51, 51)
    x = despoofing.planes(faces)
    assert x.shape == (2, 6, 4, 4)
    assert x.dtype == torch.float32
    assert x[0, :, 0, 1].tolist() == pytest.approx([0, 1, 0, 1 / 3, 1, 1])
    assert x[1, :, 2, 3].tolist() == pytest.approx([0.2, 0.2, 0.2, 0, 0, 0.2])
    assert x[0, :, 3, 3].tolist() == [0] * 6


def test_shapes_and_numbers_of_parameters():
    def conv(a, b):
        return 9 * a * b + 2 * b  # with its batch-norm

    blocks = sum(conv(a, b) + conv(b, b + 4) + conv(b + 4, b) for a, b in ((12, 12), (12, 16), (16, 20)))
    tails = conv(48, 16) + (9 * 16 + 1) + conv(48, 20) + conv(20, 12) + 9 * 12 * 6
    critic = 9 * (6 * 12 + 12 * 16 + 16 * 24 + 24) + 12 + 16 + 24 + 1
    network = made()
    assert networks.count_parameters(network) == conv(6, 12) + blocks + tails + critic
    zero_one, noise = network(torch.rand(2, 6, 64, 64))
    assert zero_one.shape == (2, 1, 8, 8)
    assert noise.shape == (2, 6, 64, 64)
    assert noise.abs().max() <= BOUND
    assert network.critic(torch.rand(3, 6, 64, 64)).shape == (3,)


def test_the_map_is_to_be_zero_on_live_faces_and_one_on_attacks():
    zero_one = torch.full((2, 1, 4, 4), 0.25)
    assert despoofing.map_loss(zero_one, LIVE.repeat(2)).item() == 0.25
    assert despoofing.map_loss(zero_one, ATTACK.repeat(2)).item() == 0.75
    assert despoofing.map_loss(zero_one, torch.tensor([1, 0])).item() == 0.5


def test_magnitudes_by_hand():
    noise = torch.cat([torch.full((1, 6, 8, 8), -2 * LEVEL), torch.full((1, 6, 8, 8), 0.5 * LEVEL)])
    assert despoofing.magnitude(noise).tolist() == pytest.approx([2, 0.5])
    live, spoof = despoofing.magnitude_losses(noise, torch.tensor([1, 0]))
    assert live.item() == pytest.approx(1)  # 2 of a batch of two
    assert spoof.item() == pytest.approx(0.25)  # half a LEVEL short
    live, spoof = despoofing.magnitude_losses(noise, torch.tensor([0, 0]))
    assert live.item() == 0
    assert spoof.item() == pytest.approx((1 + 0.5) / 2)


@pytest.mark.parametrize(("across", "down"), [(8, 0), (0, 5), (10, 3), (4, 4)])
def test_a_noise_of_one_frequency_has_the_peak_of_that_wave(across, down):
    found = despoofing.peak(wave(0.05, across, down))
    assert found.tolist() == pytest.approx([math.log1p(0.05 * 32 / 2)], rel=1e-5)


def test_low_frequencies_and_no_noise_have_no_peak():
    for across, down in ((0, 0), (3, 0), (2, 3)):  # below 32 / 8 = 4 both ways
        assert despoofing.peak(wave(0.05, across, down)).item() == pytest.approx(0, abs=1e-5)
    assert despoofing.peak(torch.zeros(2, 6, 32, 32)).tolist() == [0, 0]


def test_repetition_costs_a_live_face_and_pays_an_attack():
    noise, height = wave(0.05, 8, 0), math.log1p(0.8)
    assert despoofing.repetition_loss(noise, LIVE).item() == pytest.approx(height, rel=1e-5)
    assert despoofing.repetition_loss(noise, ATTACK).item() == pytest.approx(-height, rel=1e-5)
    both = torch.cat([noise, torch.zeros_like(noise)])
    assert despoofing.repetition_loss(both, torch.tensor([0, 1])).item() == pytest.approx(
        -height / 2, rel=1e-5
    )


def test_visual_quality_teaches_the_noise_and_the_critic_each_on_its_own():
    network, y = made(), torch.tensor([1, 0, 0])
    x, noise = torch.rand(3, 6, 32, 32), torch.zeros(3, 6, 32, 32, requires_grad=True)
    quality, critic = despoofing.quality_losses(network.critic, x, noise, y)
    logits = network.critic(x).detach()  # without noise I^ is I
    assert quality.item() == pytest.approx(-torch.sigmoid(logits[1:]).log().sum().item() / 3, rel=1e-4)
    own = -torch.sigmoid(logits[0]).log() - 2 * torch.sigmoid(-logits[1:]).log().sum()
    assert critic.item() == pytest.approx(own.item() / 3, rel=1e-4)
    quality.backward()
    assert all(p.grad is None for p in network.critic.parameters())
    assert noise.grad[0].abs().sum() == 0  # a live face is not restored
    assert (noise.grad[1:].abs().sum((1, 2, 3)) > 0).all()
    noise.grad = None
    critic.backward()
    assert noise.grad is None
    assert all(p.grad.abs().sum() > 0 for p in network.critic.parameters())


def test_the_loss_is_the_weighted_sum_and_every_part_learns():
    network = made().train()
    found = despoofing.losses(network, torch.rand(4, 6, 64, 64), torch.tensor([0, 1, 0, 1]))
    total = sum(weight * found[name].item() for name, weight in despoofing.WEIGHTS.items())
    assert found["loss"].item() == pytest.approx(total, rel=1e-5)
    assert found.keys() == {"loss", *despoofing.WEIGHTS}
    found["loss"].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_scores_fall_with_the_map_and_with_the_noise():
    maps = torch.tensor([0.0, 0.0, 1.0, 1.0]).view(4, 1, 1, 1).expand(4, 1, 4, 4)
    levels = torch.tensor([0.0, 1.0, 0.0, 1.0]).view(4, 1, 1, 1).expand(4, 6, 8, 8)
    found = despoofing.live_probability(maps, levels * LEVEL).tolist()
    assert found == pytest.approx([1 / (1 + math.exp(-3)), 0.5, 0.5, 1 / (1 + math.exp(3))], rel=1e-5)


def test_it_learns_the_toy(tmp_path):
    profile = replace(SMALL, other_steps=24, other_batch=8, ema=0.8)
    _, table = runs.train(experiments.make("despoofing", "casia"), profile, CORPUS, tmp_path, quiet)
    assert metrics.auc(table["score"], table["label"]) == 1.0
    assert table["score"].between(0, 1).all()


def test_a_run_stopped_and_resumed_ends_with_the_same_bits(tmp_path):
    promises.stopped_and_resumed_it_ends_with_the_same_bits("despoofing", SMALL, tmp_path)


def test_a_training_set_of_one_class_is_refused(tmp_path):
    promises.one_class_is_refused("despoofing", SMALL, 3, 0, tmp_path)


@pytest.mark.parametrize("level", [0, 255])
def test_a_picture_of_one_colour_gets_a_finite_score(level):
    promises.one_colour_gets_a_finite_score(despoofing.build, SMALL, SIDE, level)
