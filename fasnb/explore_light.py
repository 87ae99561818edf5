"""What the light does to a face and to its PLGF map, as pure functions; `explore_pictures` draws them."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fasnb import plgf
from fasnb.errors import UsageError


@dataclass(frozen=True)
class Light:
    """A change of the light, and which PLGF is taken: mask size `k` (3, 5, 7), "quadrant" or "literal".

    `gain` multiplies every intensity, `gamma` is the exponent of the tone curve, `side` in [-1, 1] is how
    much more light comes from the right than from the left. UsageError where one is out of range.
    """

    gain: float = 1.0
    gamma: float = 1.0
    side: float = 0.0
    k: int = 3
    variant: str = "quadrant"

    def __post_init__(self) -> None:
        """Check every range; NaN is in none."""
        if not (self.gain > 0 and self.gamma > 0):
            raise UsageError(f"gain and gamma must be above 0, not {self.gain!r} and {self.gamma!r}")
        if not -1 <= self.side <= 1:
            raise UsageError(f"the side light must lie in [-1, 1], not {self.side!r}")
        if self.k not in plgf.SIZES or self.variant not in plgf.VARIANTS:
            raise UsageError(f"there is no PLGF with a {self.variant} mask of size {self.k!r}")


def lit(picture: NDArray[np.uint8], light: Light) -> NDArray[np.float32]:
    """A picture (H, W, 3) uint8 in another light: min(1, gain (1 + side x) I^gamma), float32 in [0, 1].

    x runs from -1 at the left edge to 1 at the right one. Full wells clip, as in a camera; nothing is rounded
    to 8 bits, so that what changes is the light's doing alone.
    """
    across = np.linspace(-1, 1, picture.shape[1], dtype=np.float32)[:, None]  # (W, 1)
    intensity = (picture.astype(np.float32) / 255) ** np.float32(light.gamma)
    return np.minimum(1, intensity * (np.float32(light.gain) * (1 + np.float32(light.side) * across)))


def plgf_map(image: NDArray[np.float32], light: Light) -> NDArray[np.float32]:
    """The PLGF of an image (H, W, 3) in [0, 1], channel by channel: (H, W, 3) float32 in [0, pi/2)."""
    channels = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
    return plgf.plgf(channels, light.k, light.variant).numpy().transpose(1, 2, 0)


@dataclass(frozen=True)
class Reading:
    """A face and its map before and after the light changed, images (H, W, 3), maps in radians.

    `rgb_change` and `map_change` are mean absolute changes over pixels and channels, `rgb_mean` and
    `map_mean` the means before, so that their ratios compare; `clipped` is the share of values that the
    light made full.
    """

    light: Light
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    map_before: NDArray[np.float32]
    map_after: NDArray[np.float32]
    rgb_change: float
    map_change: float
    rgb_mean: float
    map_mean: float
    clipped: float


def read(picture: NDArray[np.uint8], light: Light) -> Reading:
    """Both pictures and both maps of a face (H, W, 3) uint8; the unlit one has the same mask and variant."""
    before, after = lit(picture, Light(k=light.k, variant=light.variant)), lit(picture, light)
    maps = plgf_map(before, light), plgf_map(after, light)
    return Reading(
        light, before, after, *maps,
        rgb_change=float(np.abs(after - before).mean()), map_change=float(np.abs(maps[1] - maps[0]).mean()),
        rgb_mean=float(before.mean()), map_mean=float(maps[0].mean()),
        clipped=float(((after >= 1) & (before < 1)).mean()),
    )  # fmt: skip
