"""The networks: Table 14's sizes, shapes on patches and faces, and what the builders promise."""

import math

import pytest
import torch

from fasnb.errors import UsageError
from fasnb.networks import (
    CBAM,
    NAMES,
    TABLE14,
    AttVLAD,
    NetVLAD,
    build,
    count_parameters,
    live_probability,
    macs,
    wide_resnet,
)

OURS = ("wrn-28-2", "wrn-10-1", "attvlad", "attvlad-novlad")

# name: parameters, MACs at 224x224, the two as printed in Table 14
ROWS = {
    "resnet18": (11_689_512, 1_822_177_768, "11.69M", "1.82G"),
    "inceptionv3": (23_834_568, 2_854_474_040, "23.83M", "2.85G"),
    # The paper's 320.24 M leaves the last pooling out (62,720) and has 1,000 biases in the classifier.
    "mobilenetv2_w1": (3_503_872, 320_237_288 + 62_720 - 1_000, "3.50M", None),
    "densenet121": (7_978_856, 2_882_720_488, "7.98M", "2.88G"),
    "wrn-28-2": (1_466_578, 10_573_488_386, "1.47M", "10.57G"),
    "attvlad": (95_958, 44_119_482, "0.10M", "44.12M"),
}


def printed(number: int, like: str) -> str:
    return f"{number / {'M': 1e6, 'G': 1e9}[like[-1]]:.2f}{like[-1]}"


@pytest.mark.parametrize("name", ROWS)
def test_table_14(name):
    parameters, operations, printed_parameters, printed_macs = ROWS[name]
    model = build(name)
    assert count_parameters(model) == parameters
    assert printed(parameters, printed_parameters) == printed_parameters
    counted = macs(model, 224, functions=TABLE14[name])
    assert counted == operations
    if printed_macs:
        assert printed(counted, printed_macs) == printed_macs
    else:
        assert printed(counted - 62_720 + 1_000, "M") == "320.24M"


def test_table_14_has_a_row_for_each():
    assert set(TABLE14) == set(ROWS) <= set(NAMES)


def test_macs_of_a_convolution_by_hand():
    layer = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, padding=1, bias=False), torch.nn.ReLU())
    by_hand = 8 * 8 * 4 * 27 + 8 * 8 * 4
    assert macs(layer, 8) == by_hand
    assert macs(layer, 8, functions=True) == by_hand + 8 * 8 * 4  # the ReLU once more
    assert layer.training


def test_macs_leave_no_trace_on_standard_output(capsys):
    with pytest.raises(UsageError, match="64x64"):
        macs(build("resnet18"), 64)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("size", [64, 256])
def test_patches_and_whole_faces(name, size):
    model = build(name).eval()
    with torch.no_grad():
        logits = model(torch.rand(2, 3, size, size))
        maps = model.features(torch.rand(2, 3, size, size))
    assert logits.shape == (2, 2)
    assert torch.isfinite(logits).all()
    assert maps.shape[2] == size // (4 if name.startswith("wrn") else 16)


@pytest.mark.parametrize("name", OURS)
def test_every_parameter_learns(name):
    torch.manual_seed(0)
    model = build(name)
    model(torch.rand(4, 3, 64, 64)).square().sum().backward()
    for parameter in model.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().sum() > 0


@pytest.mark.parametrize("name", OURS)
def test_same_seed_same_weights(name):
    weights = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        weights.append(torch.cat([p.detach().flatten() for p in build(name).parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_settings_reach_the_layers():
    for model in (build("wrn-10-1", bn_momentum=0.2, num_classes=3), build("attvlad", bn_momentum=0.2)):
        norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        assert norms
        assert {m.momentum for m in norms} == {0.2}
    assert wide_resnet().bn.momentum == 0.001
    assert build("wrn-10-1", num_classes=3).fc.out_features == 3
    assert wide_resnet(10, 1, dropout=0.5).dropout.p == 0.5


def test_wide_resnet_sizes():
    assert count_parameters(build("wrn-10-1")) == 77_330
    assert len(build("wrn-16-4").blocks) == 6


def test_kaiming_fan_out():
    torch.manual_seed(0)
    weight = build("wrn-28-2").blocks[-1].conv2.weight  # 128 x 128 x 3 x 3
    assert weight.std().item() == pytest.approx(math.sqrt(2 / (1 + 0.1**2) / (128 * 9)), rel=0.02)


def test_netvlad_by_hand():
    vlad = NetVLAD(clusters=2, channels=1)
    vlad.assign.weight.data = torch.tensor([math.log(3.0), 0.0]).reshape(2, 1, 1, 1)
    vlad.centres.data = torch.tensor([[1.0], [0.0]])
    x = torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2)  # two places
    # softmax: place 1 -> (3/4, 1/4), place 2 -> (1/2, 1/2)
    v = [0.75 * 0 + 0.5 * -1, 0.25 * 1 + 0.5 * 0]  # each has length 1 after its own normalisation
    assert vlad(x)[0].tolist() == pytest.approx([math.copysign(math.sqrt(0.5), u) for u in v])


def test_netvlad_does_not_see_the_order_of_places():
    vlad = NetVLAD(4, 8).eval()
    x = torch.rand(2, 8, 3, 3)
    shuffled = x.flatten(2)[:, :, torch.randperm(9)].reshape_as(x)
    assert torch.allclose(vlad(x), vlad(shuffled), atol=1e-6)


def test_attention_with_zero_weights_quarters_its_input():
    attention = CBAM(8)
    for parameter in attention.parameters():
        parameter.data.zero_()
    x = torch.rand(2, 8, 4, 4)
    assert torch.allclose(attention(x), x / 4)  # sigmoid(0) twice


def test_the_baseline_differs_by_its_pooling_only():
    assert not any(isinstance(m, NetVLAD) for m in AttVLAD(vlad=False).modules())
    lost = 16 * 64 * 2 + (1024 - 64) * 32  # assignment, centres, a narrower hidden layer
    assert count_parameters(build("attvlad")) - count_parameters(build("attvlad-novlad")) == lost


def test_live_probability():
    logits = torch.tensor([[0.0, math.log(3.0)], [5.0, 5.0]], dtype=torch.bfloat16)
    assert live_probability(logits).tolist() == pytest.approx([0.75, 0.5], abs=2e-3)
    assert live_probability(logits).dtype == torch.float32


@pytest.mark.parametrize("name", ["wrn", "resnet50", "wrn-11-1", "wrn-4-1", ""])
def test_unknown_networks_are_refused(name):
    with pytest.raises(UsageError, match="; choose "):
        build(name)
