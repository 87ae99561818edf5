"""MSR-MobileNet: a face and its multi-scale retinex, each to a MobileNetV2, fused by attention.

H. Chen, G. Hu, Z. Lei, Y. Chen, N. M. Robertson, S. Z. Li, "Attention-based two-stream convolutional networks
for face spoofing detection", IEEE TIFS 15, 2019. A picture is light times reflectance; the retinex takes the
light, which is smooth, out of it. Colours carry more detail, the retinex does not change with the light.

    msr(x)  = sum_s 1/3 (log I(x) - log (G_s * I)(x))       per colour, G_s a Gaussian of three scales
    w_i     = softmax_i( q . f_i )                          f_i: pooled features of stream i, q learnt
    p(live) = softmax( W sum_i w_i f_i + b )

What is kept: both streams, the retinex with its three scales, the attention, MobileNetV2's blocks.
What is not:
- MobileNetV2 of a quarter of the width, from random weights, on 96 x 96 pixels (there 128 x 128).
- The streams and their fusion learn together from the start. q starts at 0: both streams count alike at
  first. Sums of 1,280 features are large, and a softmax of large sums would shut one stream out by chance.
- The Gaussians' widths are those of the retinex literature, 15, 80 and 250 pixels, taken to be of a 256 x 256
  face; they end at the picture's edge and are scaled to sum to 1 inside. Log of I + 1, so that black is 0.
- No augmentation but mirroring.
"""

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from fasnb.baselines.deep import Deep, rgb
from fasnb.networks import live_probability
from fasnb.profiles import Profile

SIDE = 96
SIGMAS = (15 / 256, 80 / 256, 250 / 256)  # of the side
BACKBONE = "mobilenetv2b_wd4"  # pytorchcv's, the published form; a quarter of the width
FEATURES = 1280  # its last convolution's, whatever the width
LR = 0.05


@lru_cache(maxsize=16)
def gaussian(side: int, sigma: float) -> Tensor:
    """A (side, side) float32 with A v the vector v smoothed, sigma in pixels; rows sum to 1."""
    at = torch.arange(side, dtype=torch.float64)
    weights = torch.exp(-((at[:, None] - at) ** 2) / (2 * sigma**2))
    return (weights / weights.sum(1, keepdim=True)).float()


def retinex(pictures: Tensor) -> Tensor:
    """Multi-scale retinex of (n, C, S, S), intensities 0 .. 255: same shape, float32, 0 where it is flat.

    A Gaussian is the product of one down and one across, G_s * I = A I A^T.
    """
    light = pictures.float() + 1
    out = torch.log(light)
    for sigma in SIGMAS:
        a = gaussian(pictures.shape[-1], sigma * pictures.shape[-1])
        out = out - torch.log(a @ light @ a.T) / len(SIGMAS)
    return out


def see(pictures: NDArray[np.uint8]) -> Tensor:
    """Faces (n, S, S, 3) uint8 -> (n, 6, S, S) float32: the colours in -1 .. 1, then their retinex."""
    colours = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
    return torch.cat([rgb(pictures), retinex(colours)], 1)


def stream() -> nn.Module:
    """MobileNetV2 up to its pooled features: (B, 3, S, S) -> (B, 1280, 1, 1), S any multiple of 32."""
    from pytorchcv.model_provider import get_model

    features = get_model(BACKBONE).get_submodule("features")
    # Its fixed 7 x 7 window takes 224 x 224 pictures only.
    features.register_module("final_pool", nn.AdaptiveAvgPool2d(1))
    return features


class TwoStream(nn.Module):
    """(B, 6, S, S) as of `see` -> logits (B, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.streams = nn.ModuleList([stream(), stream()])
        self.q = nn.Parameter(torch.zeros(FEATURES))
        self.fc = nn.Linear(FEATURES, 2)

    def attention(self, f: Tensor) -> Tensor:
        """w (B, 2) of both streams' features f (B, 2, 1280); rows sum to 1."""
        return (f @ self.q).softmax(1)

    def forward(self, x: Tensor) -> Tensor:
        parts = zip(self.streams, x.split(3, 1))
        f = torch.stack([net(part).flatten(1) for net, part in parts], 1).float()  # (B, 2, 1280)
        fused = (self.attention(f)[:, :, None] * f).sum(1)  # (B, 1280)
        return self.fc(fused)


def loss(network: TwoStream, x: Tensor, y: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
    """Cross entropy."""
    return {"loss": F.cross_entropy(network(x).float(), y)}


def decide(network: TwoStream, x: Tensor) -> Tensor:
    """p(live) (B,)."""
    return live_probability(network(x))


def build(profile: Profile, seed: int, where: torch.device) -> Deep:
    """A network that has learnt nothing yet."""
    return Deep(TwoStream, see, loss, decide, profile, seed, where, side=SIDE, lr=LR)
