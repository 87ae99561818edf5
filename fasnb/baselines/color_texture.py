"""Colour texture: co-occurring binary patterns and local phase of a face's luminance and colour.

Z. Boulkenafet, J. Komulainen, A. Hadid, "Face Spoofing Detection Using Colour Texture Analysis", TIFS 2016:
the face at 64 x 64 in HSV and YCbCr; of each of the six planes the histograms of two descriptors that they
found to complete each other, CoALBP (which patterns stand side by side) and LPQ (the phase of low
frequencies, which blur leaves alone). The decision is a linear support vector machine: with more features
(7,680) than faces to learn from, a curved one has nothing to add.
"""

from functools import cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from fasnb.baselines.color_lbp import planes
from fasnb.baselines.textures import Textures
from fasnb.profiles import Profile

DISTANCE = 2  # pixels between the two patterns of a pair
WINDOW = 7  # side of LPQ's window, pixels
#: Right, down, and both diagonals, as (rows, columns).
DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))
_ROUNDING = 1e-3  # grey levels; a response that is 0 but for rounding counts as 0


def plus_codes(plane: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Local binary patterns of four neighbours, (H - 2, W - 2) in 0 .. 15; the border has none.

    Bit i is 1 where I(x + n_i) > I(x), n = right, up, left, down (Nosaka, Ohkawa, Fukui 2011, the "+" form).
    """
    middle = plane[1:-1, 1:-1]
    ring = (plane[1:-1, 2:], plane[:-2, 1:-1], plane[1:-1, :-2], plane[2:, 1:-1])
    return sum((n > middle).astype(np.int64) << bit for bit, n in enumerate(ring))  # type: ignore[return-value]


def coalbp(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Co-occurrence of adjacent local binary patterns, (1024,): four tables of 16 x 16, each of sum 1.

    H_d(p, q) = #{x: code(x) = p, code(x + 2 d) = q} for the directions d of DIRECTIONS; bin 256 d + 16 p + q.
    Simplified: one radius (1) and one distance (2) instead of several scales.
    """
    codes = plus_codes(plane)
    height, width = codes.shape
    tables = []
    for down, right in DIRECTIONS:
        dy, dx = DISTANCE * down, DISTANCE * right
        first = codes[: height - dy, max(0, -dx) : width - max(0, dx)]
        second = codes[dy:, max(0, dx) : width + min(0, dx)]
        pairs = 16 * first + second
        tables.append(np.bincount(pairs.ravel(), minlength=256) / pairs.size)
    return np.concatenate(tables)


@cache
def _waves() -> tuple[NDArray[np.float32], ...]:
    """The real parts and the imaginary parts of exp(-2 pi i u.y) over the window, at four frequencies u."""
    y = np.arange(WINDOW) - WINDOW // 2
    a = 1 / WINDOW
    phase = [2 * np.pi * (u * y[None, :] + v * y[:, None]) for u, v in ((a, 0), (0, a), (a, a), (a, -a))]
    return tuple(part(p).astype(np.float32) for part in (np.cos, lambda p: -np.sin(p)) for p in phase)


def lpq_codes(plane: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Local phase quantisation, (H - 6, W - 6) in 0 .. 255 (Ojansivu, Heikkila 2008).

    F(u, x) = sum_y I(x + y) exp(-2 pi i u.y) over 7 x 7 pixels, u = (a, 0), (0, a), (a, a), (a, -a), a = 1/7;
    bit k is 1 where the k-th of Re F(u_1) ... Re F(u_4), Im F(u_1) ... Im F(u_4) is at least 0.
    Simplified: without decorrelation of the eight responses, whose rotation is not unique where two are
    equally strong, so that codes would depend on the library that computes it.
    """
    half, grey = WINDOW // 2, plane.astype(np.float32)
    codes = np.zeros(grey.shape, np.int64)
    for bit, wave in enumerate(_waves()):
        codes |= (cv2.filter2D(grey, cv2.CV_32F, wave) >= -_ROUNDING).astype(np.int64) << bit
    return codes[half:-half, half:-half]


def lpq(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The histogram (256,) of a plane's phase codes, of sum 1."""
    codes = lpq_codes(plane)
    return np.bincount(codes.ravel(), minlength=256) / codes.size


def describe(face: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The (7680,) float32 of a face (H, W, 3) uint8 RGB: CoALBP and LPQ of each of its six planes."""
    return np.concatenate([part(p) for p in planes(face) for part in (coalbp, lpq)]).astype(np.float32)


def build(profile: Profile, seed: int, where: torch.device) -> Textures:
    """The compared method: both descriptors and a linear support vector machine, on the processor."""
    return Textures(describe, "linear", seed)
