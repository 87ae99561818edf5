"""Weak and strong augmentation of a batch of patches, on tensors, on any device.

    weak      shift by up to an eighth of the side with reflected borders, flip left and right
    strong    the same, two operations of RandAugment of random magnitude, and a grey square (cutout)

Both take (B, 3, S, S) RGB patches, uint8 or floating point in [0, 1], and give network inputs: float32 in
[-1, 1]. Every image has its own draws. All draws of a batch are made at once from the generator given, on the
generator's device, so that a generator on the CPU gives the same augmentation on every device.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from fasnb.errors import UsageError
from fasnb.plgf import unit_range

SHIFT = 1 / 8  # of the side, weak and strong
ROUNDS = 2  # operations an image, RandAugment's n
CUTOUT = 1 / 2  # of the side, the largest square

# The grey of the luma, ITU-R 601, as in the image libraries RandAugment was written with.
_LUMA = (0.299, 0.587, 0.114)


def network_input(x: Tensor) -> Tensor:
    """What the RGB branch sees, in testing too: uint8 or [0, 1] intensities as float32 in [-1, 1]."""
    return unit_range(x).mul(2).sub_(1)


# Operations on colour: x (n, 3, S, S) in [0, 1], v (n, 1, 1, 1) in [-1, 1] -> (n, 3, S, S) in [0, 1].


def blend(x: Tensor, base: Tensor, f: Tensor) -> Tensor:
    """base + f (x - base), kept in [0, 1]: f = 0 is the base, 1 the image, above 1 exaggerates."""
    return torch.lerp(base, x, f).clamp_(0, 1)


def luma(x: Tensor) -> Tensor:
    """Grey levels (n, 1, S, S) of RGB (n, 3, S, S)."""
    r, g, b = x.split(1, 1)
    return _LUMA[0] * r + _LUMA[1] * g + _LUMA[2] * b


def brightness(x: Tensor, v: Tensor) -> Tensor:
    """Towards black (v < 0) or away from it, by up to 0.9."""
    return (x * (1 + 0.9 * v)).clamp_(0, 1)


def colour(x: Tensor, v: Tensor) -> Tensor:
    """Towards its own grey levels or away from them, by up to 0.9."""
    return blend(x, luma(x), 1 + 0.9 * v)


def contrast(x: Tensor, v: Tensor) -> Tensor:
    """Towards its mean grey level or away from it, by up to 0.9."""
    return blend(x, luma(x).mean((2, 3), keepdim=True), 1 + 0.9 * v)


def sharpness(x: Tensor, v: Tensor) -> Tensor:
    """Towards a smoothed copy (3x3, centre 5, else 1) or away from it, by up to 0.9. The border stays."""
    kernel = x.new_ones(3, 1, 3, 3)
    kernel[:, :, 1, 1] = 5
    smooth = x.clone()
    smooth[:, :, 1:-1, 1:-1] = F.conv2d(x, kernel / 13, groups=3)
    return blend(x, smooth, 1 + 0.9 * v)


def autocontrast(x: Tensor, v: Tensor) -> Tensor:
    """Stretch each channel to [0, 1]; a channel of one level stays. The magnitude has no effect."""
    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    span = high - low
    return torch.where(span > 0, (x - low) / span, x)


def posterise(x: Tensor, v: Tensor) -> Tensor:
    """Keep the leading 8 (v = 0) to 4 (|v| = 1) bits of the 8 of each intensity."""
    step = torch.exp2((4 * v.abs()).round())  # 1, 2, 4, 8 or 16 grey levels
    return (x * 255).round_().div_(step).floor_().mul_(step).div_(255)


def solarise(x: Tensor, v: Tensor) -> Tensor:
    """Invert the intensities from 1 - |v| up."""
    return torch.where(x >= 1 - v.abs(), 1 - x, x)


def identity(x: Tensor, v: Tensor) -> Tensor:
    """The image as it is."""
    return x


COLOUR: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "identity": identity,
    "autocontrast": autocontrast,
    "brightness": brightness,
    "colour": colour,
    "contrast": contrast,
    "posterise": posterise,
    "sharpness": sharpness,
    "solarise": solarise,
}

# Operations on place: v (n,) in [-1, 1] -> (a, b, c, d, e, f), each a number or (n,): the point (x, y) of the
# result, in [-1, 1] from the centre, shows the point (a x + b y + c, d x + e y + f) of the image.
PLACE: dict[str, Callable[[Tensor], tuple[Tensor | float, ...]]] = {
    "rotate": lambda v: _rotation(v * math.radians(30)),
    "shear_x": lambda v: (1, 0.3 * v, 0, 0, 1, 0),
    "shear_y": lambda v: (1, 0, 0, 0.3 * v, 1, 0),
    "translate_x": lambda v: (1, 0, 0.6 * v, 0, 1, 0),  # 0.3 of the side, which is 2 long
    "translate_y": lambda v: (1, 0, 0, 0, 1, 0.6 * v),
}
OPERATIONS = (*COLOUR, *PLACE)


def _rotation(angle: Tensor) -> tuple[Tensor | float, ...]:
    return angle.cos(), -angle.sin(), 0, angle.sin(), angle.cos(), 0


def _matrices(rows: tuple[Tensor | float, ...], n: int) -> Tensor:
    """Six entries, each a number or (n,) -> (n, 3, 3) with (0, 0, 1) below."""
    entries = [torch.as_tensor(row, dtype=torch.float32).expand(n) for row in (*rows, 0, 0, 1)]
    return torch.stack(entries, 1).view(n, 3, 3)


def _uniform(generator: Generator, *shape: int) -> Tensor:
    """Draws in [0, 1), kept on the CPU: Python can act on them without waiting for a device."""
    return torch.rand(shape, generator=generator, device=generator.device).cpu()


def _shift_and_flip(u: Tensor, side: int) -> tuple[Tensor, Tensor, Tensor]:
    """u (B, 3) in [0, 1) -> dx, dy in pixels (B,), both whole, and flip (B,) bool."""
    reach = round(SHIFT * side)
    d = (u[:, :2] * (2 * reach + 1)).floor().long() - reach
    return d[:, 0], d[:, 1], u[:, 2] < 0.5


def _checked(x: Tensor) -> int:
    if x.ndim != 4 or x.shape[1] != 3 or x.shape[2] != x.shape[3]:
        raise UsageError(f"augmentation takes square RGB patches (B, 3, S, S), not {tuple(x.shape)}")
    return x.shape[2]


def weak(x: Tensor, generator: Generator) -> Tensor:
    """Shift and flip: (B, 3, S, S) uint8 or [0, 1] -> float32 in [-1, 1], without interpolation."""
    side, n = _checked(x), len(x)
    dx, dy, flip = _shift_and_flip(_uniform(generator, n, 3), side)
    at = torch.arange(side)
    columns = torch.where(flip[:, None], at.flip(0), at) + dx[:, None]  # (B, S)
    rows = at + dy[:, None]  # (B, S)
    index = _reflected(rows, side)[:, :, None] * side + _reflected(columns, side)[:, None, :]  # (B, S, S)
    index = index.view(n, 1, side * side).to(x.device, non_blocking=True).expand(-1, 3, -1)  # (B, 3, S S)
    return network_input(x.flatten(2).gather(2, index).view_as(x))


def _reflected(at: Tensor, side: int) -> Tensor:
    """Positions mirrored at the outer borders of the edge pixels: -1 is 0, `side` is side - 1."""
    at = torch.where(at < 0, -1 - at, at)
    return torch.where(at >= side, 2 * side - 1 - at, at)


def strong(x: Tensor, generator: Generator) -> Tensor:
    """Shift, flip, RandAugment and cutout: (B, 3, S, S) uint8 or [0, 1] -> float32 in [-1, 1].

    Each image draws ROUNDS of OPERATIONS with replacement. Those on colour are carried out in the order
    drawn. Those on place are composed, with the shift and the flip, into one affine map, carried out after
    them with one bilinear interpolation and reflected borders: an image is interpolated once however often
    it moves.
    """
    side, n = _checked(x), len(x)
    u = _uniform(generator, n, 6 + 2 * ROUNDS)
    dx, dy, flip = _shift_and_flip(u[:, :3], side)
    which = (u[:, 6::2] * len(OPERATIONS)).long()  # (B, ROUNDS)
    v = 2 * u[:, 7::2] - 1  # (B, ROUNDS)

    one = torch.ones(n)
    pixel = 2 / side  # a pixel of the image, which is 2 long
    where = _matrices((torch.where(flip, -one, one), 0, dx * pixel, 0, 1, dy * pixel), n)  # (B, 3, 3)
    x = unit_range(x).clone()
    for r in range(ROUNDS):
        for i, name in enumerate(OPERATIONS):
            chosen = (which[:, r] == i).nonzero().flatten()  # images that drew this operation
            if name == "identity" or not len(chosen):
                continue
            if name in PLACE:
                where[chosen] = where[chosen] @ _matrices(PLACE[name](v[chosen, r]), len(chosen))
            else:
                index = chosen.to(x.device, non_blocking=True)
                magnitude = v[chosen, r].view(-1, 1, 1, 1).to(x.device, non_blocking=True)
                x[index] = COLOUR[name](x[index], magnitude)

    grid = _grid(where.to(x.device, non_blocking=True), side)
    x = F.grid_sample(x, grid, "bilinear", "reflection", align_corners=False)
    return _cut_out(network_input(x), u[:, 3:6]).clamp_(-1, 1)


def _grid(where: Tensor, side: int) -> Tensor:
    """Affine maps (B, 3, 3) -> the point each pixel shows, (B, S, S, 2): torch's affine_grid, but faster."""
    at = (torch.arange(side, device=where.device) * 2 + 1) / side - 1  # the middle of each pixel, in [-1, 1]
    across = where[:, None, :2, 0] * at[:, None]  # (B, S, 2)
    down = where[:, None, :2, 1] * at[:, None] + where[:, None, :2, 2]  # (B, S, 2)
    return across[:, None] + down[:, :, None]


def _cut_out(x: Tensor, u: Tensor) -> Tensor:
    """Set a square of each image to middle grey, 0. In parts of S: centre u[:, :2], side u[:, 2] CUTOUT."""
    side = x.shape[2]
    centre = (u[:, :2] * side).to(x.device, non_blocking=True)  # (B, 2)
    half = (u[:, 2:] * (CUTOUT / 2 * side)).to(x.device, non_blocking=True)  # (B, 1)
    at = torch.arange(side, device=x.device) + 0.5  # the middle of each pixel
    column = (at - centre[:, :1]).abs() < half  # (B, S)
    row = (at - centre[:, 1:]).abs() < half
    return x.masked_fill_(row[:, None, :, None] & column[:, None, None, :], 0.0)
