"""PLGF, the Pattern of Local Gravitational Force: a map of texture that hardly depends on the light.

Every pixel is pulled by its neighbours as by masses: the force of a neighbour grows with its intensity and
falls with the square of its distance. The forces add up to a vector, and its length, divided by the pixel's
own intensity, is what the map shows. Lighting multiplies all intensities alike, so it cancels.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from fasnb.errors import UsageError

VARIANTS = ("quadrant", "literal")
SIZES = (3, 5, 7)

#: One grey level of 8 bits: a black pixel counts as the darkest that is not black.
EPS = 1 / 255


def masks(k: int = 3, variant: str = "quadrant") -> Tensor:
    """The two k x k masks of the force, (2, k, k) float64, for k = 3, 5 or 7.

        Mx(m, n) = cos(theta) / (m^2 + n^2)        My(m, n) = sin(theta) / (m^2 + n^2)        (m, n) != (0, 0)

    m counts rows down and n columns to the right of the centre. "quadrant" takes theta = atan2(m, n): the
    true direction of the neighbour, so that both masks are odd and sum to 0. "literal" takes theta =
    arctan(m / n), as the formula is usually printed: it folds left onto right, Mx is nowhere negative and a
    constant image does not map to 0.
    """
    if k not in SIZES:
        raise UsageError(
            f"a PLGF mask of size {k} is not defined; choose one of {', '.join(map(str, SIZES))}"
        )
    if variant not in VARIANTS:
        raise UsageError(f"unknown PLGF variant '{variant}'; choose one of {', '.join(VARIANTS)}")
    offset = torch.arange(k, dtype=torch.float64) - k // 2
    m, n = torch.meshgrid(offset, offset, indexing="ij")  # (k, k)
    if variant == "literal":  # arctan(m / n) is atan2 with both signs turned so that n >= 0
        m, n = torch.where(n < 0, -m, m), n.abs()
    r2 = m**2 + n**2
    r2[k // 2, k // 2] = math.inf  # the pixel does not pull itself
    # cos(atan2(m, n)) = n / r and sin(atan2(m, n)) = m / r
    return torch.stack((n, m)) / r2**1.5


def plgf(x: Tensor, k: int = 3, variant: str = "quadrant", eps: float = EPS) -> Tensor:
    """The PLGF of images, channel by channel.

        PLGF = arctan( sqrt( ((I * Mx) / I)^2 + ((I * My) / I)^2 ) )

    x: (..., H, W), uint8 or floating point in [0, 1], any batch and channel count. Returns float32 of the
    same shape, radians in [0, pi/2).

    Borders repeat the edge pixel, so that a constant image maps to 0 there too. The divisor is max(I, eps):
    where the intensities reach eps the map of c I is that of I exactly; below, the map fades to 0 with the
    intensity instead of dividing by zero. Raises UsageError on an unknown k or variant, and on eps <= 0.
    """
    if not eps > 0:
        raise UsageError(f"the epsilon of PLGF must be positive, not {eps}; leave it at 1/255")
    mask = masks(k, variant)  # (2, k, k); raises where there is none
    image = unit_range(x)
    if not image.numel():
        return image
    h, w = image.shape[-2:]
    image = image.reshape(-1, h, w)  # (N, H, W): every channel of every image on its own
    found = torch.empty_like(image)
    # On a CPU one map at a time stays in the cache: half the time of all at once.
    for one, out in zip(*(t.split(1 if t.device.type == "cpu" else len(t)) for t in (image, found))):
        force = _odd_force(one) if (k, variant) == (3, "quadrant") else _force(one, mask)
        torch.div(force, one.clamp_min(eps), out=out).atan_()
    return found.reshape(x.shape)


def _force(image: Tensor, mask: Tensor) -> Tensor:
    """sqrt((I * Mx)^2 + (I * My)^2) of images (N, H, W) float32, same shape; `mask` (2, k, k)."""
    n, k = len(image), mask.shape[-1]
    padded = F.pad(image, (k // 2,) * 4, mode="replicate")[None]
    mx, my = mask.to(image).expand(n, 1, 2, k, k).unbind(2)  # (N, 1, k, k) each
    # Two plain depthwise convolutions: one with two masks a channel takes three times as long on a CPU.
    return torch.hypot(F.conv2d(padded, mx, groups=n), F.conv2d(padded, my, groups=n))[0]


def _odd_force(image: Tensor) -> Tensor:
    """`_force` for k = 3: each mask is a difference of neighbours, then a sum of three weighted a, 1, a."""
    a = 2**-1.5  # of the corners
    p = F.pad(image, (1,) * 4, mode="replicate")  # (N, H + 2, W + 2)
    d = p[:, :, 2:] - p[:, :, :-2]  # (N, H + 2, W)
    fx = torch.add(d[:, 1:-1], d[:, :-2] + d[:, 2:], alpha=a)  # (N, H, W)
    d = p[:, 2:] - p[:, :-2]  # (N, H, W + 2)
    fy = torch.add(d[:, :, 1:-1], d[:, :, :-2] + d[:, :, 2:], alpha=a)
    return fx.square_().addcmul_(fy, fy).sqrt_()


def unit_range(x: Tensor) -> Tensor:
    """Intensities as float32 in [0, 1]: uint8 is divided by 255, floating point is taken as it is."""
    return x.to(torch.float32) / 255 if x.dtype == torch.uint8 else x.to(torch.float32)


def network_input(x: Tensor, k: int = 3, variant: str = "quadrant") -> Tensor:
    """What the PLGF branch sees: the map scaled from [0, pi/2) to [0, 1), float32, shape of `x`.

    The scale is the same for every image: standardising each one would throw the overall strength of the
    texture away, which is part of what tells a print from a face.
    """
    return plgf(x, k, variant).mul_(2 / math.pi)
