"""Grad-CAM: what can be worked out by hand, no trace left in the network, errors that say what is wrong."""

import gc

import numpy as np
import pytest
import torch
from torch import nn

from fasnb import heatmaps, networks
from fasnb.errors import UsageError
from fasnb.heatmaps import ATTACK, LIVE, evidence, grad_cam


class Pooled(nn.Module):
    """Maps as they come in, averaged, and one linear layer: alpha_k = w_ck / Z by hand."""

    def __init__(self, weight):
        super().__init__()
        self.maps = nn.Identity()
        self.unused = nn.Identity()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(3, 2, bias=False)
        self.fc.weight.data = torch.tensor(weight)

    def forward(self, x):
        return self.fc(self.pool(self.maps(x)).flatten(1))


WEIGHT = [[1.0, -2.0, 0.0], [-1.0, 2.0, 0.5]]


@pytest.fixture
def small():
    torch.manual_seed(0)
    return networks.build("wrn-10-1").eval()


def pictures(n=3, side=32, seed=1):
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("target", [ATTACK, LIVE])
def test_behind_pooling_and_a_linear_layer_it_is_the_relu_of_the_weighted_sum(target):
    x = pictures(4, 6)
    by_hand = np.einsum("k,nkij->nij", WEIGHT[target], x.numpy()).clip(0) / 36
    np.testing.assert_allclose(evidence(Pooled(WEIGHT), x, target, "maps"), by_hand, atol=1e-6)
    heat = grad_cam(Pooled(WEIGHT), x, target, "maps")
    np.testing.assert_allclose(heat, by_hand / by_hand.max(axis=(1, 2), keepdims=True), atol=1e-6)


def test_of_a_wide_resnet_it_is_the_weighted_sum_of_its_features(small):
    x = pictures()
    with torch.no_grad():
        features = small.features(x)
        maps = torch.einsum("k,nkij->nij", small.fc.weight[LIVE], features).relu() / features[0, 0].numel()
        by_hand = nn.functional.interpolate(maps[:, None], size=32, mode="bilinear")[:, 0].numpy()
    np.testing.assert_allclose(evidence(small, x, LIVE), by_hand, atol=1e-6)


def test_where_pooling_is_not_linear_it_is_eq_1_and_2_by_autograd():
    torch.manual_seed(0)
    network, x = networks.build("attvlad").eval(), pictures(2, 64).sigmoid()
    a = network.features(x).detach().requires_grad_()
    network.fc(network.relu(network.hidden(network.pool(a))))[:, ATTACK].sum().backward()
    maps = (a.grad.mean((2, 3), keepdim=True) * a).sum(1, keepdim=True).relu().detach()
    by_hand = nn.functional.interpolate(maps, size=64, mode="bilinear")[:, 0].numpy()
    np.testing.assert_allclose(evidence(network, x, ATTACK), by_hand, atol=1e-6)
    assert by_hand.max() > 0


@pytest.mark.parametrize("name", ["wrn-10-1", "attvlad", "attvlad-novlad"])
@pytest.mark.parametrize("side", [64, 96])
def test_heat_has_the_pictures_size_and_lies_between_0_and_1(name, side):
    heat = grad_cam(networks.build(name), pictures(2, side), LIVE)
    assert (heat.shape, heat.dtype) == ((2, side, side), np.float32)
    assert heat.min() >= 0
    assert all(peak in (0, 1) for peak in heat.max(axis=(1, 2)))


def test_what_speaks_for_one_class_speaks_against_an_opposite_one():
    opposite = Pooled([WEIGHT[0], [-w for w in WEIGHT[0]]])
    attack, live = (grad_cam(opposite, pictures(4, 6), target, "maps") for target in (ATTACK, LIVE))
    assert (attack * live == 0).all()
    assert (attack + live > 0).all()


def test_a_map_without_evidence_is_zero_not_nan():
    heat = grad_cam(Pooled([[-1.0, -1.0, -1.0]] * 2), torch.ones(2, 3, 4, 4), LIVE, "maps")
    assert (heat == 0).all()


def test_nothing_is_left_behind(small):
    small.fc.eval()
    small.blocks.train()
    before = {name: value.clone() for name, value in small.state_dict().items()}
    modes = [module.training for module in small.modules()]
    x = pictures()
    grad_cam(small, x, LIVE)
    assert [module.training for module in small.modules()] == modes
    assert all(torch.equal(before[name], value) for name, value in small.state_dict().items())
    assert all(weight.grad is None and weight.requires_grad for weight in small.parameters())
    assert not x.requires_grad
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    assert not any(getattr(module, kind) for module in small.modules() for kind in hooks)


def test_a_frozen_network_and_no_grad_give_the_same(small):
    x = pictures()
    free = evidence(small, x, LIVE)
    small.requires_grad_(False)
    with torch.no_grad():
        np.testing.assert_array_equal(evidence(small, x, LIVE), free)
    assert not any(weight.requires_grad for weight in small.parameters())


def test_hooks_go_when_the_network_fails(small):
    with pytest.raises(RuntimeError):
        grad_cam(small, torch.randn(1, 5, 32, 32), LIVE)
    assert not any(module._forward_hooks for module in small.modules())


def test_many_pictures_are_looked_at_a_few_at_a_time(small):
    seen = []
    small.register_forward_hook(lambda module, inputs, out: seen.append(len(inputs[0])))
    x = pictures(40, 16)
    together = evidence(small, x, LIVE)
    assert max(seen) == heatmaps._BATCH
    np.testing.assert_allclose(together[37:], evidence(small, x[37:], LIVE), atol=1e-6)


def test_memory_stays_flat_over_calls(small):
    def alive():
        gc.collect()
        return sum(issubclass(type(one), torch.Tensor) for one in gc.get_objects())

    grad_cam(small, pictures(), LIVE)
    before = alive()
    for _ in range(5):
        grad_cam(small, pictures(20, 16), LIVE)
    assert alive() == before


@pytest.mark.parametrize("target", [2, -1, True, None, "live", 0.5, np.array([0, 1, 2])])
def test_an_unknown_class_is_refused(small, target):
    with pytest.raises(UsageError, match=r"1 \(live\) or 0 \(attack\)"):
        grad_cam(small, pictures(), target)


@pytest.mark.parametrize(
    ("layer", "why"),
    [("relu9", "no layer 'relu9'"), ("fc", r"gives \(1, 2\)"), ("pool", r"gives \(1, 3, 1, 1\)"),
     ("unused", "runs 0 times")],
)  # fmt: skip
def test_a_layer_without_maps_is_refused(layer, why):
    with pytest.raises(UsageError, match=why):
        grad_cam(Pooled(WEIGHT), pictures(), LIVE, layer)


def test_a_layer_that_runs_twice_is_refused(small):
    with pytest.raises(UsageError, match="runs 2 times"):
        grad_cam(small, pictures(), LIVE, "blocks.0.relu")


def test_unknown_networks_need_a_layer_and_pictures_a_shape(small):
    with pytest.raises(UsageError, match="no layer is known for a Pooled"):
        grad_cam(Pooled(WEIGHT), pictures(), LIVE)
    for wrong in (pictures()[0], pictures()[:0], pictures().byte()):
        with pytest.raises(UsageError, match="float pictures"):
            grad_cam(small, wrong, LIVE)


def test_patches_are_seen_on_their_own_and_put_back(small):
    x = pictures(2, 64)
    whole = heatmaps.tiled_evidence(small, x, LIVE, 32)
    for row in range(2):
        for column in range(2):
            here = (slice(None), slice(32 * row, 32 * row + 32), slice(32 * column, 32 * column + 32))
            alone = evidence(small, x[:, :, here[1], here[2]], LIVE)
            np.testing.assert_allclose(whole[here], alone, atol=1e-6)
    np.testing.assert_allclose(
        heatmaps.tiled_evidence(small, x, LIVE, 64), evidence(small, x, LIVE), atol=1e-6
    )
    with pytest.raises(UsageError, match="64 pixels cannot be cut into patches of 48"):
        heatmaps.tiled_evidence(small, x, LIVE, 48)


def test_every_picture_may_have_its_own_class(small):
    x, classes = pictures(20, 32), np.arange(20) % 2
    both = [evidence(small, x, target) for target in (ATTACK, LIVE)]
    expected = np.where(classes[:, None, None] == LIVE, both[LIVE], both[ATTACK])
    np.testing.assert_allclose(evidence(small, x, classes), expected, atol=1e-6)
    tiled = heatmaps.tiled_evidence(small, x[:2], classes[:2], 16)
    np.testing.assert_allclose(tiled[1], heatmaps.tiled_evidence(small, x[1:2], LIVE, 16)[0], atol=1e-6)
    with pytest.raises(UsageError, match="20 pictures need one target or as many, not 3"):
        evidence(small, x, classes[:3])


def test_inner_regions_follow_the_crop():
    # A square box of 100: cut 125 wide, so 1 pixel of the box is 2 of 250.
    (square,) = heatmaps.inner_regions(np.array([[7, 9, 100, 100]]), 250)
    np.testing.assert_allclose(square, [25 + 40, 25 + 56, 25 + 160, 25 + 190])
    # Half as wide: in the middle.
    (narrow,) = heatmaps.inner_regions(np.array([[0, 0, 50, 100]]), 250)
    np.testing.assert_allclose(narrow, [75 + 20, 81, 75 + 80, 215])


def test_shares_count_heat_inside():
    where = heatmaps.inside(4, np.array([[0, 0, 2, 2], [1, 1, 4, 3]]))
    assert where.sum(axis=(1, 2)).tolist() == [4, 6]
    assert where[1, 1:3, 1:].all()
    np.testing.assert_allclose(heatmaps.share_inside(np.ones((2, 4, 4)), where), [4 / 16, 6 / 16])
    heat = np.zeros((2, 4, 4))
    heat[0, 0, 0], heat[0, 3, 3] = 3, 1
    share = heatmaps.share_inside(heat, where)
    assert share[0] == 0.75
    assert np.isnan(share[1])


def test_shares_by_class_are_means_over_faces_beside_the_regions_area():
    boxes, labels = np.array([[0, 0, 100, 100]] * 5), np.array([1, 1, 0, 0, 0])
    (where,) = heatmaps.inside(50, heatmaps.inner_regions(boxes[:1], 50))
    within, without = where.astype(float), 1.0 - where
    maps = np.stack([within, without, within, np.ones_like(within), np.zeros_like(within)])
    found = heatmaps.shares_by_class(maps, boxes, labels, np.array(["a", "b", "a", "b", "b"]))
    assert list(found["class"]) == ["live", "attack"]
    assert found["faces"].tolist() == [2, 3]
    assert found["subjects"].tolist() == [2, 2]
    assert found["without_heat"].tolist() == [0, 1]
    area = where.mean()
    np.testing.assert_allclose(found["area_inside"], area)
    np.testing.assert_allclose(found["heat_inside"], [0.5, (1 + area) / 2])
    assert (found["low"] <= found["heat_inside"]).all()
    assert found[["low", "high"]].values[0].tolist() == [0, 1]
    none = heatmaps.shares_by_class(maps[4:], boxes[4:], labels[4:], np.array(["b"]))
    assert none["heat_inside"].isna().all()


def test_randomised_shuffles_a_copy(small):
    before = {name: value.clone() for name, value in small.state_dict().items()}
    other = heatmaps.randomised(small, 0)
    assert all(torch.equal(before[name], value) for name, value in small.state_dict().items())
    for name, weight in other.named_parameters():
        torch.testing.assert_close(weight.flatten().sort()[0], before[name].flatten().sort()[0])
    assert not torch.equal(other.conv1.weight, small.conv1.weight)
    top = heatmaps.randomised(small, 0, "fc")
    changed = [n for n, weight in top.named_parameters() if not torch.equal(weight, before[n])]
    assert changed == ["fc.weight"]
    again = heatmaps.randomised(small, 0)
    assert torch.equal(again.fc.weight, other.fc.weight)
    assert not torch.equal(heatmaps.randomised(small, 1).conv1.weight, other.conv1.weight)


def test_rank_correlation_is_blind_to_size_and_knows_order():
    a = np.random.default_rng(0).random((2, 5, 5))
    np.testing.assert_allclose(heatmaps.rank_correlation(a, a**3), 1)
    np.testing.assert_allclose(heatmaps.rank_correlation(a, -a), -1)
    assert np.isnan(heatmaps.rank_correlation(a, np.zeros_like(a))).all()
    # 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15)
    one, other = np.array([[[1, 2], [3, 4]]]), np.array([[[2, 1], [4, 3]]])
    assert heatmaps.rank_correlation(one, other)[0] == pytest.approx(0.6)
    with pytest.raises(UsageError, match="of one shape"):
        heatmaps.rank_correlation(a, a[:1])
