"""Cuts, the policy's gradient and the whole agent, against values by hand and on toys."""

from dataclasses import replace

import pytest
import torch

from fasnb import experiments, metrics, networks
from fasnb.baselines import drl_fas, runs
from fasnb.baselines.drl_fas import HIDDEN, LOOKS, PATCH, SIDE, SPREAD, Agent, Glance, Look, Looks
from tests.baselines import promises
from tests.test_training import CORPUS, TINY, quiet

CPU = torch.device("cpu")
SMALL = replace(TINY, other_steps=6, other_batch=4, checkpoint_every=2)


def made(seed=0):
    torch.manual_seed(seed)
    return Agent()


def looks_of(means, places, baselines):
    none = torch.zeros(means.shape[1], 2)
    return Looks(means, places, baselines, none, none)


def test_a_cut_is_at_the_edge_for_one_and_in_the_middle_for_zero():
    x = torch.arange(2 * 10 * 12).reshape(1, 2, 10, 12)
    at = {
        (-1, -1): (0, 0),
        (1, -1): (8, 0),
        (-1, 1): (0, 6),
        (0, 0): (4, 3),
        (9, -9): (8, 0),
    }  # (x, y): left, top
    for place, (left, top) in at.items():
        found = drl_fas.cut(x, torch.tensor([place]), 4)
        assert found.equal(x[:, :, top : top + 4, left : left + 4])


def test_every_face_is_cut_at_its_own_place():
    x = torch.arange(2 * 36).reshape(2, 1, 6, 6)
    found = drl_fas.cut(x, torch.tensor([[-1.0, -1.0], [1.0, 1.0]]), 2)
    assert found.flatten(1).tolist() == [[0, 1, 6, 7], [64, 65, 70, 71]]


def test_shapes_and_numbers_of_parameters():
    blocks = 0
    for c_in, c, first in ((16, 16, False), (16, 32, True), (32, 64, True), (64, 128, True)):
        blocks += (
            2 * c_in + 9 * c_in * c + 2 * c + 9 * c * c + (c_in * c if first else 0)
        )  # norms, convolutions
        blocks += 4 * c + 18 * c * c
    assert networks.count_parameters(Glance()) == 3 * 16 * 49 + blocks + 2 * 128
    look = 27 * 16 + 9 * 16 * 32 + 9 * 32 * 64 + 2 * (16 + 32 + 64) + 3 * 64
    assert networks.count_parameters(Look()) == look
    heads = (
        129 * HIDDEN
        + 6 * HIDDEN * (HIDDEN + 1)
        + 2 * (HIDDEN + 1)
        + (HIDDEN + 1)
        + 2 * 129
        + 2 * (HIDDEN + 1)
    )
    agent = made().eval()
    assert networks.count_parameters(agent) == 2352 + blocks + 256 + look + heads
    looks = agent(torch.zeros(3, 3, 96, 96))
    assert looks.means.shape == looks.places.shape == (LOOKS, 3, 2)
    assert looks.baselines.shape == (LOOKS, 3)
    assert looks.glance.shape == looks.local.shape == looks.logits.shape == (3, 2)
    assert looks.logits.equal(looks.glance + looks.local)


def test_in_testing_it_looks_at_the_means_and_in_training_around_them():
    agent = made().eval()
    x = torch.rand(2, 3, 96, 96)
    assert agent(x).places.equal(agent(x).means)
    chance = torch.randn(LOOKS, 2, 2)
    looks = agent(x, chance)
    assert torch.allclose(looks.places - looks.means, SPREAD * chance)


def test_the_policy_loss_by_hand():
    means, places = torch.zeros(1, 2, 2), torch.tensor([[[SPREAD, 0.0], [0.0, 2 * SPREAD]]])
    # log pi: -1/2 and -2; advantages: 1 - 0.4 and 0 - 0.2
    looks = looks_of(means, places, torch.tensor([[0.4, 0.2]]))
    assert drl_fas.policy_loss(looks, torch.tensor([1.0, 0.0])).item() == pytest.approx(
        (0.5 * 0.6 + 2 * -0.2) / 2
    )


@pytest.mark.parametrize(("reward", "sign"), [(1.0, 1), (0.0, -1)])
def test_a_place_that_paid_more_than_expected_is_drawn_nearer_else_pushed_away(reward, sign):
    means = torch.zeros(1, 1, 2, requires_grad=True)
    baselines = torch.full((1, 1), 0.5, requires_grad=True)
    place = torch.tensor([[[0.1, -0.2]]])
    drl_fas.policy_loss(looks_of(means, place, baselines), torch.tensor([reward])).backward()
    # d/dm of -log pi A: - (l - m) / s^2 A
    assert torch.allclose(-means.grad, sign * 0.5 * place / SPREAD**2)
    assert baselines.grad is None


def test_reward_alone_leads_to_the_one_informative_place():
    """A hundred agents see a picture with one bright corner; who sees it is paid."""
    picture = torch.zeros(1, 1, 20, 20)
    picture[..., 11:, 11:] = 1  # lower right
    where = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.SGD([where], lr=0.05)
    generator = torch.Generator().manual_seed(0)
    for _ in range(60):
        means = where.expand(1, 100, 2)
        places = means.detach() + SPREAD * torch.randn(1, 100, 2, generator=generator)
        reward = drl_fas.cut(picture.expand(100, -1, -1, -1), places[0], 6).mean((1, 2, 3))
        optimizer.zero_grad()
        drl_fas.policy_loss(looks_of(means, places, reward.mean().expand(1, 100)), reward).backward()
        optimizer.step()
    assert (where > 0.5).all()


def test_every_part_learns_and_the_reward_teaches_places_only():
    agent, y = made().train(), torch.tensor([0, 1, 0, 1])
    found = drl_fas.losses(agent, torch.rand(4, 3, 96, 96), y, torch.Generator().manual_seed(0))
    classes = found["glance"].item() + found["local"].item() + found["baseline"].item()
    total = classes + drl_fas.POLICY * found["policy"].item()
    assert found["loss"].item() == pytest.approx(total, rel=1e-5)
    found["policy"].backward(retain_graph=True)
    taught = {name.split(".")[0] for name, p in agent.named_parameters() if p.grad is not None}
    assert taught == {"next_place"}
    found["loss"].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in agent.parameters())


def test_chance_comes_from_the_generator_alone():
    agent, x, y = made().train(), torch.rand(4, 3, 96, 96), torch.tensor([0, 1, 0, 1])

    def policy(seed):
        return drl_fas.losses(agent, x, y, torch.Generator().manual_seed(seed))["policy"].item()

    assert policy(1) == policy(1) != policy(2)


def test_it_learns_the_toy(tmp_path):
    profile = replace(SMALL, other_steps=16, other_batch=8, ema=0.8)
    extra, table = runs.train(experiments.make("drl_fas", "casia"), profile, CORPUS, tmp_path, quiet)
    assert metrics.auc(table["score"], table["label"]) == 1.0
    assert table["score"].between(0, 1).all()
    assert set(extra["curve"][0]) > {"loss", "glance", "local", "policy", "baseline", "reward"}


def test_a_run_stopped_and_resumed_ends_with_the_same_bits(tmp_path):
    promises.stopped_and_resumed_it_ends_with_the_same_bits("drl_fas", SMALL, tmp_path)


def test_a_training_set_of_one_class_is_refused(tmp_path):
    promises.one_class_is_refused("drl_fas", SMALL, 0, 3, tmp_path)


@pytest.mark.parametrize("level", [0, 255])
def test_a_picture_of_one_colour_gets_a_finite_score(level):
    promises.one_colour_gets_a_finite_score(drl_fas.build, SMALL, SIDE, level)


def test_patches_keep_the_face_at_its_full_resolution():
    assert drl_fas.build(SMALL, 0, CPU).side == 256
    assert SIDE // 4 == PATCH
