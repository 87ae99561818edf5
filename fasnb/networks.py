"""The networks of both branches, and those Table 14 sets beside them.

    rgb branch    WideResNet-28-2 (Fig. 4)    64x64 patches in training, the whole 256x256 face in testing
    plgf branch   AttVLAD (Fig. 6)            the PLGF of the 256x256 face

All take (B, 3, H, W) float tensors and give (B, num_classes) logits; class 1 is live, class 0 an attack.
"""

import contextlib
import io
import re
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fasnb.errors import UsageError


class WideBlock(nn.Module):
    """Two 3x3 convolutions, batch-norm and LeakyReLU before each, around a shortcut.

    (B, c_in, H, W) -> (B, c_out, H/s, W/s) for stride s.
    """

    def __init__(self, c_in: int, c_out: int, stride: int, bn_momentum: float, activate_first: bool):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(c_in, momentum=bn_momentum)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out, momentum=bn_momentum)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, 1, 1, bias=False)
        self.relu = nn.LeakyReLU(0.1, inplace=True)
        self.shortcut = (
            nn.Identity() if c_in == c_out and stride == 1 else nn.Conv2d(c_in, c_out, 1, stride, bias=False)
        )
        # Only the very first block activates before its shortcut leaves.
        self.activate_first = activate_first

    def forward(self, x: Tensor) -> Tensor:
        h = self.relu(self.bn1(x))  # (B, c_in, H, W)
        shortcut = self.shortcut(h if self.activate_first else x)  # (B, c_out, H/s, W/s)
        h = self.conv2(self.relu(self.bn2(self.conv1(h))))  # (B, c_out, H/s, W/s)
        return shortcut + h


class WideResNet(nn.Module):
    """WideResNet-depth-widen, fully convolutional: any H and W that are multiples of 4 (Fig. 4).

    depth = 6 n + 4 layers in three groups of n blocks with 16, 32 and 64 times `widen` channels, the last two
    groups halving the side; then batch-norm, LeakyReLU, global average pooling and one linear layer.
    """

    def __init__(self, depth: int, widen: int, num_classes: int, bn_momentum: float, dropout: float):
        super().__init__()
        if depth < 10 or (depth - 4) % 6:
            raise UsageError(f"a WideResNet has 6n+4 layers, not {depth}; choose 10, 16, 22, 28, ...")
        n = (depth - 4) // 6
        c = [16, 16 * widen, 32 * widen, 64 * widen]
        self.conv1 = nn.Conv2d(3, c[0], 3, 1, 1, bias=False)
        blocks = []
        for group, stride in ((1, 1), (2, 2), (3, 2)):
            for i in range(n):
                c_in = c[group - 1] if i == 0 else c[group]
                first = group == 1 and i == 0
                blocks.append(WideBlock(c_in, c[group], stride if i == 0 else 1, bn_momentum, first))
        self.blocks = nn.Sequential(*blocks)
        self.bn = nn.BatchNorm2d(c[3], momentum=bn_momentum)
        self.relu = nn.LeakyReLU(0.1, inplace=True)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(c[3], num_classes)
        _initialise(self, slope=0.1)

    def features(self, x: Tensor) -> Tensor:
        """The last maps, (B, 64 widen, H/4, W/4): what Grad-CAM weighs."""
        return self.relu(self.bn(self.blocks(self.conv1(x))))

    def forward(self, x: Tensor) -> Tensor:
        h = self.pool(self.features(x)).flatten(1)  # (B, 64 widen)
        return self.fc(self.dropout(h))  # (B, num_classes)


def wide_resnet(
    depth: int = 28, widen: int = 2, num_classes: int = 2, bn_momentum: float = 0.001, dropout: float = 0.0
) -> WideResNet:
    """WideResNet-28-2 by default: 1,466,578 parameters for 2 classes.

    `bn_momentum` is torch's: the share of the new batch in the running statistics. The paper profile's 0.001
    forgets its start only after some thousand steps; a run of a few hundred steps needs about 0.1 or its
    statistics in testing are still those of the initialisation. `dropout` acts before the linear layer.
    """
    return WideResNet(depth, widen, num_classes, bn_momentum, dropout)


class CBAM(nn.Module):
    """Attention over channels, then over places (Woo et al. 2018). (B, C, H, W) -> same.

    h = x sigmoid( MLP(mean_hw x) + MLP(max_hw x) )            MLP: C -> C/reduction -> C, shared
    y = h sigmoid( conv3x3([mean_c h, max_c h]) )
    """

    def __init__(self, channels: int, reduction: int = 8):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // reduction, 1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.expand = nn.Conv2d(channels // reduction, channels, 1, bias=False)
        self.place = nn.Conv2d(2, 1, 3, 1, 1, bias=False)

    def reset(self) -> None:
        """Start with attention near one half everywhere and no dead unit.

        What the MLP sees is never negative, so a hidden unit with negative weights would never fire; with two
        to four units that is a likely loss.
        """
        nn.init.kaiming_normal_(self.squeeze.weight)
        self.squeeze.weight.data.abs_()
        nn.init.normal_(self.expand.weight, std=0.1)

    def mlp(self, v: Tensor) -> Tensor:
        return self.expand(self.relu(self.squeeze(v)))  # (B, C, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        mean, peak = F.adaptive_avg_pool2d(x, 1), F.adaptive_max_pool2d(x, 1)  # (B, C, 1, 1)
        h = x * torch.sigmoid(self.mlp(mean) + self.mlp(peak))  # (B, C, H, W)
        both = torch.cat((h.mean(1, keepdim=True), h.amax(1, keepdim=True)), 1)  # (B, 2, H, W)
        return h * torch.sigmoid(self.place(both))


class NetVLAD(nn.Module):
    """Residuals to K learned centres, summed under soft assignment (Arandjelovic et al. 2016).

        a_k(x_i) = softmax_k(w_k x_i)        V(k) = sum_i a_k(x_i) (x_i - c_k)

    Each V(k) is brought to length 1, then their concatenation: (B, D, H, W) -> (B, K D).
    """

    def __init__(self, clusters: int, channels: int):
        super().__init__()
        self.assign = nn.Conv2d(channels, clusters, 1, bias=False)
        self.centres = nn.Parameter(torch.rand(clusters, channels))

    def forward(self, x: Tensor) -> Tensor:
        a = self.assign(x).flatten(2).softmax(1)  # (B, K, N), N = H W places
        x = x.flatten(2)  # (B, D, N)
        v = a @ x.transpose(1, 2) - a.sum(2, keepdim=True) * self.centres  # (B, K, D)
        return F.normalize(F.normalize(v, dim=2).flatten(1), dim=1)  # (B, K D)


class AttVLAD(nn.Module):
    """The PLGF branch (Fig. 6): four strided convolutions, attention after two, NetVLAD, two layers.

    The figure is not legible; this arrangement is ours, chosen because it meets the printed size: 95,958
    parameters and, in ptflops' count with functions, 44.12 MMAC at 224x224. vlad=False is Table 10's
    baseline: the same network with global average pooling in the place of NetVLAD.
    """

    def __init__(self, num_classes: int = 2, vlad: bool = True, bn_momentum: float = 0.1, clusters: int = 16):
        super().__init__()
        widths = (16, 32, 64, 64)
        stages: list[nn.Module] = []
        c_in = 3
        for i, c_out in enumerate(widths):  # each halves the side
            stages += [
                nn.Conv2d(c_in, c_out, 3, 2, 1, bias=False),
                nn.BatchNorm2d(c_out, momentum=bn_momentum),
                nn.ReLU(inplace=True),
            ]
            stages += [CBAM(c_out)] if i < 2 else []
            c_in = c_out
        self.stages = nn.Sequential(*stages)
        d = widths[-1]
        self.pool = NetVLAD(clusters, d) if vlad else nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.hidden = nn.Linear(clusters * d if vlad else d, 32)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(32, num_classes)
        _initialise(self, slope=0.0)

    def features(self, x: Tensor) -> Tensor:
        """The last maps, (B, 64, H/16, W/16): what Grad-CAM weighs."""
        return self.stages(x)

    def forward(self, x: Tensor) -> Tensor:
        v = self.pool(self.features(x))  # (B, K D), or (B, D) without VLAD
        return self.fc(self.relu(self.hidden(v)))  # (B, num_classes)


def _initialise(model: nn.Module, slope: float) -> None:
    """Kaiming normal over the fan out for convolutions, 1 and 0 for batch-norm, Xavier for linear layers."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, a=slope, mode="fan_out", nonlinearity="leaky_relu")
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_normal_(module.weight)
            nn.init.zeros_(module.bias)
    for module in model.modules():
        if isinstance(module, CBAM):
            module.reset()


def _inception() -> nn.Module:
    """Inception-v3 with global pooling at its end: the fixed 8x8 window takes 299x299 images only."""
    model = _pytorchcv("inceptionv3")
    features = model.get_submodule("features")
    features.register_module("final_pool", nn.AdaptiveAvgPool2d(1))
    return model


def _pytorchcv(name: str) -> nn.Module:
    """An architecture of pytorchcv with random weights; imported here because only Table 14 needs it."""
    from pytorchcv.model_provider import get_model

    return get_model(name)


_OURS: dict[str, Callable[..., nn.Module]] = {
    "attvlad": AttVLAD,
    "attvlad-novlad": lambda **settings: AttVLAD(vlad=False, **settings),
}
#: Table 14's other rows; 1,000 classes, as printed. MobileNetV2 in its published form, which has no expansion
#: in the first block.
_THEIRS: dict[str, Callable[[], nn.Module]] = {
    "resnet18": lambda: _pytorchcv("resnet18"),
    "inceptionv3": _inception,
    "mobilenetv2_w1": lambda: _pytorchcv("mobilenetv2b_w1"),
    "densenet121": lambda: _pytorchcv("densenet121"),
}
#: The rows of Table 14, and whether `macs` must count functions to meet the printed figure.
TABLE14 = {
    "resnet18": False,
    "inceptionv3": False,
    "mobilenetv2_w1": False,
    "densenet121": False,
    "wrn-28-2": False,
    "attvlad": True,
}
NAMES = ("wrn-28-2", "wrn-10-1", *_OURS, *_THEIRS)


def build(name: str, **settings) -> nn.Module:
    """A network by name: one of NAMES, or any "wrn-<depth>-<widen>".

    `settings` go to wide_resnet or AttVLAD (num_classes, bn_momentum, ...); Table 14's other networks take
    none. Weights come from torch's global generator. Raises UsageError on an unknown name.
    """
    if wide := re.fullmatch(r"wrn-(\d+)-(\d+)", name):
        return wide_resnet(int(wide[1]), int(wide[2]), **settings)
    if name in _OURS:
        return _OURS[name](**settings)
    if name in _THEIRS:
        return _THEIRS[name](**settings)
    raise UsageError(f"unknown network '{name}'; choose one of {', '.join(NAMES)}")


def live_probability(logits: Tensor) -> Tensor:
    """p(live) of (..., 2) logits: softmax over the classes, class 1; float32, shape (...)."""
    return logits.float().softmax(-1)[..., 1]


def count_parameters(model: nn.Module) -> int:
    """Trainable numbers in a network."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def macs(model: nn.Module, size: int = 224, channels: int = 3, functions: bool = False) -> int:
    """Multiply-accumulates of one (1, channels, size, size) forward in testing, as ptflops counts them.

    Convolutions and linear layers count their products, batch-norm 2 an element, activations and pooling 1 an
    element: of its input, for pooling. functions=False counts every module once and nothing else, as the tool
    did for years; that is the convention of Table 14's public networks and of WideResNet. functions=True adds
    the calls of torch.nn.functional, its present default: what a module computes through them is then counted
    twice (every ReLU is), what no module computes once. The model's mode is left as it was. Raises UsageError
    where the network does not take images of this size.
    """
    from ptflops import get_model_complexity_info

    training = model.training
    said = io.StringIO()
    with torch.no_grad(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        count, _ = get_model_complexity_info(
            model,
            (channels, size, size),
            as_strings=False,
            print_per_layer_stat=False,
            backend="pytorch",
            backend_specific_config={"count_functional": functions},
        )
    model.train(training)
    if count is None:
        reason = said.getvalue().strip().splitlines()[-1]
        raise UsageError(f"the network does not take {size}x{size} images ({reason}); choose a larger size")
    return int(count)
