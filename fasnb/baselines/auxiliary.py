"""Auxiliary: a convolutional network that learns the depth of a live face and the flatness of an attack.

Y. Liu, A. Jourabloo, X. Liu, "Learning deep models for face anti-spoofing: binary or auxiliary supervision",
CVPR 2018. Told only live or attack, a network may take any cue; asked for a depth map D of 32 x 32, 1 at the
nearest point of a live face, 0 at its background and 0 all over an attack, it must look at the whole face.

    loss    = |D^(x) - D|^2, the mean over places
    |D^|^2  = the score; the paper's is |f^|^2 + 0.015 |D^|^2, f^ the spectrum of the pulse
    p(live) = m / (m + M / 4),  m = mean D^^2, M = mean D^2 of a live face

The paper's D is the depth of a 3-D face fitted to each picture. The face sets hold no depth, real or
simulated, so a live face's D is the same ellipsoid for all: that of a head in the middle of the box.

    D(u, v) = sqrt(max(0, 1 - (u / a)^2 - (v / b)^2))       u, v from the middle, in sides of the picture

The curve m -> p is fixed: it rises, and is 1/2 where |D^| is half of a live face's, as far from an attack's
target as from a live face's. It is calibrated to nothing.

What is kept: a map as supervision in the place of a label, the three blocks whose answers are joined, RGB and
HSV as input, the map's norm as score.
What is not:
- The pulse (rPPG) and the network over time that finds it, and the registration before it: faces here are a
  few frames of a clip, many heartbeats apart. So this is the paper's depth branch alone, blind to all that
  only movement shows.
- 96 x 96 pixels (there 256 x 256), an eighth of the channels.
- The ellipsoid neither turns with the head nor has a nose: the network learns where faces are live, hardly
  their shape.
"""

from functools import lru_cache

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from fasnb.baselines.deep import Deep, rgb
from fasnb.profiles import Profile

SIDE = 96
MAP = 32
#: Half the width and half the height of the ellipsoid; the face box is 0.8 of the picture's side.
AXES = (0.32, 0.40)
WIDTH = 8
LR = 0.02


@lru_cache(maxsize=2)
def depth(side: int = MAP) -> Tensor:
    """D (side, side) float32 in [0, 1] of a live face, at the middles of its places."""
    at = (torch.arange(side) + 0.5) / side - 0.5
    u, v = at / AXES[0], at / AXES[1]
    return (1 - u[None, :] ** 2 - v[:, None] ** 2).clamp(min=0).sqrt()


def see(pictures: NDArray[np.uint8]) -> Tensor:
    """Faces (n, S, S, 3) uint8 -> (n, 6, S, S) float32 in -1 .. 1: RGB and HSV (hue's circle cut at red)."""
    hsv = np.stack([cv2.cvtColor(one, cv2.COLOR_RGB2HSV_FULL) for one in pictures])
    return torch.cat([rgb(pictures), rgb(hsv)], 1)


def convolution(c_in: int, c_out: int) -> list[nn.Module]:
    """3 x 3, batch normalisation, ELU."""
    return [nn.Conv2d(c_in, c_out, 3, 1, 1, bias=False), nn.BatchNorm2d(c_out), nn.ELU(inplace=True)]


class DepthNet(nn.Module):
    """(B, 6, S, S) -> the map D^ (B, 32, 32)."""

    def __init__(self) -> None:
        super().__init__()
        w = WIDTH
        self.stem = nn.Sequential(*convolution(6, w))
        blocks = []
        for c_in in (w, 2 * w, 2 * w):
            layers = convolution(c_in, 2 * w) + convolution(2 * w, 3 * w) + convolution(3 * w, 2 * w)
            blocks.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Sequential(
            *convolution(6 * w, 2 * w), *convolution(2 * w, w), nn.Conv2d(w, 1, 3, 1, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        h, answers = self.stem(x), []
        for block in self.blocks:
            h = block(h)  # (B, 2 w, S/2, S/2), then S/4, S/8
            answers.append(F.interpolate(h, (MAP, MAP), mode="bilinear", align_corners=False))
        return self.head(torch.cat(answers, 1))[:, 0]


def loss(network: DepthNet, x: Tensor, y: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
    """The mean squared error of the map; a live face's target is the ellipsoid, an attack's is 0."""
    target = y[:, None, None] * depth().to(x.device)  # (B, 32, 32)
    return {"loss": F.mse_loss(network(x).float(), target)}


def probability(maps: Tensor) -> Tensor:
    """p(live) (B,) in [0, 1) of maps (B, 32, 32): m / (m + M / 4)."""
    m = maps.float().square().mean((1, 2))
    return m / (m + depth().square().mean().to(m) / 4)


def decide(network: DepthNet, x: Tensor) -> Tensor:
    """p(live) (B,)."""
    return probability(network(x))


def build(profile: Profile, seed: int, where: torch.device) -> Deep:
    """A network that has learnt nothing yet."""
    return Deep(DepthNet, see, loss, decide, profile, seed, where, side=SIDE, lr=LR)
