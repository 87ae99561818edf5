"""Prints as attack media: from the attacker's picture to the reflectance of an inked sheet, and its halftone.

Ink mixing follows Neugebauer's model with Demichel's coverages: where cyan, magenta, yellow and black dots
lie on one another at random, the mean reflectance is the paper's times the product of 1 - a_i (1 - t_i) over
the inks i, a_i the covered share and t_i the ink's transmittance (twice through). Reflectance is linear in
coverage, so the screen is laid over linear values. The dots themselves are evaluated on the camera's pixels
like the display's grid.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from fasnb.simfas import optics
from fasnb.simfas.colour import LUMA, decode


@dataclass(frozen=True)
class Printer:
    """A printer with its inks and paper. Lengths in mm."""

    name: str
    inks: tuple[tuple[float, float, float], ...]  # transmittance of solid C, M, Y, K in linear R, G, B
    paper: tuple[float, float, float]  # reflectance of the bare paper
    gain: float  # optical and physical dot gain: covered share at a nominal half, minus one half
    drift: tuple[float, float, float, float]  # coverage laid down / asked for, per ink
    black: float  # how much of the common grey is printed with black ink (grey component replacement)
    lines: float  # screen ruling, lines per mm; 0 = stochastic screen
    angles: tuple[float, float, float, float]  # of the four screens, degrees
    grain: float  # rms reflectance noise of the screen at half coverage, at 1 mm
    mottle: float  # rms of its uneven inking at half coverage, relative; patches of some 1.5 mm
    banding: float  # rms of the paper feed's error, relative
    band: float  # its period, mm
    texture: float  # rms of the paper's own structure, relative
    gloss: (
        float  # share of the key light mirrored towards the camera in the middle of a flat sheet's highlight
    )
    streak: (
        float  # radiance of the highlight on a bent sheet, relative to a white surface under the main light
    )
    polish: float  # half width of that highlight, degrees between the sheet's normal and the mirror's


def dot_gain(nominal: np.ndarray, gain: float) -> np.ndarray:
    """Covered share of a nominal coverage: a + 4 gain a (1 - a), the Murray-Davies parabola; any shape."""
    return np.clip(nominal + 4 * gain * nominal * (1 - nominal), 0, 1)


def reflectance(coverage: np.ndarray, printer: Printer) -> np.ndarray:
    """Mean reflectance of covered shares of the four inks, by Neugebauer and Demichel: (..., 4) -> (..., 3)
    float32.
    """
    out = np.broadcast_to(np.array(printer.paper, np.float32), (*coverage.shape[:-1], 3)).copy()
    for i in range(4):
        stop = 1 - np.array(printer.inks[i], np.float32)
        out *= 1 - coverage[..., i : i + 1] * stop
    return out


@lru_cache(maxsize=16)
def separation(printer: Printer, knots: int = 17) -> np.ndarray:
    """The printer's colour profile: (knots, knots, knots, 4) float32 nominal coverages over sRGB display
    values.

    Black takes `printer.black` of the grey that the three colours would print; the three colours are then
    solved for (Gauss-Newton in linear light, clipped to [0, 1]) so that the print, dot gain included, matches
    the wanted colour between the darkest black and the paper white the printer can make. Colours outside the
    gamut end at its border.
    """
    axis = np.linspace(0, 1, knots)
    wanted = (
        decode(np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)).reshape(-1, 3).astype(np.float64)
    )
    white = np.array(printer.paper)
    solid = white * np.prod(np.array(printer.inks), axis=0)
    # Black-point compensation: the wanted range is fitted linearly into the printer's own.
    low = float(solid @ LUMA) * 1.5
    target = (low + wanted * (1 - low)) * white
    coverage = np.zeros((len(target), 4))
    coverage[:, :3] = 1 - target / white
    coverage[:, 3] = printer.black * np.min(coverage[:, :3], axis=1) ** 2.2
    for _ in range(12):
        here = reflectance(dot_gain(coverage, printer.gain), printer)
        slope = np.empty((len(target), 3, 3))
        for i in range(3):
            step = coverage.copy()
            step[:, i] += 1e-3
            slope[:, :, i] = (reflectance(dot_gain(step, printer.gain), printer) - here) / 1e-3
        # Damped least squares keeps the step small where clipping has made the problem singular.
        normal = np.swapaxes(slope, 1, 2) @ slope + 1e-4 * np.eye(3)
        gradient = np.swapaxes(slope, 1, 2) @ (target - here)[..., None]
        coverage[:, :3] = np.clip(coverage[:, :3] + 0.7 * np.linalg.solve(normal, gradient)[..., 0], 0, 1)
    table = coverage.astype(np.float32).reshape(knots, knots, knots, 4)
    table.setflags(write=False)
    return table


def separated(picture: np.ndarray, printer: Printer) -> np.ndarray:
    """Covered shares of the four inks that print a picture: (H, W, 3) uint8 -> (H, W, 4) float32, dot gain
    and the printer's drift included.

    Trilinear in the `separation` table, which knows of the gain but not of the drift.
    """
    table = separation(printer)
    knots = table.shape[0]
    flat = table.reshape(-1, 4)
    position = picture.astype(np.float32) * np.float32((knots - 1) / 255)
    low = np.minimum(position.astype(np.int32), knots - 2)
    part = position - low
    base = (low[..., 0] * knots + low[..., 1]) * knots + low[..., 2]
    out = np.zeros((*picture.shape[:2], 4), np.float32)
    for r in (0, 1):
        for g in (0, 1):
            for b in (0, 1):
                weight = np.ones(picture.shape[:2], np.float32)
                for channel, bit in enumerate((r, g, b)):
                    weight *= part[..., channel] if bit else 1 - part[..., channel]
                out += weight[..., None] * flat[base + (r * knots + g) * knots + b]
    return dot_gain(np.clip(out * np.array(printer.drift, np.float32), 0, 1), printer.gain).astype(np.float32)


def sheet(coverage: np.ndarray, printer: Printer, mm: float, rng: np.random.Generator) -> np.ndarray:
    """The printed sheet's reflectance without its dots: (H, W, 4) shares -> (H, W, 3) float32.

    `mm`: size of a texture px. Adds the screen's grain (largest at half coverage, rms falling as 1 / mm once
    the px is larger than a dot), mottle (ISO 13660: the same at lower frequencies), the paper feed's bands
    and the paper's structure (Gaussian fields of 0.4 and 1.5 mm).
    """
    h, w = coverage.shape[:2]
    grain = rng.standard_normal((h, w), dtype=np.float32) * np.float32(printer.grain / max(mm, 0.1))
    busy = np.sqrt(np.clip(coverage * (1 - coverage), 0, 1).mean(-1)) * 2
    fibre = _field(h, w, 0.4 / mm, rng) + _field(h, w, 1.5 / mm, rng)
    rows = np.arange(h, dtype=np.float32) * np.float32(2 * np.pi * mm / printer.band)
    bands = np.float32(printer.banding * 1.41) * np.cos(rows + np.float32(rng.uniform(0, 6.28)))
    grain += np.float32(printer.mottle) * _field(h, w, 1.5 / mm, rng)
    factor = 1 + grain * busy + np.float32(printer.texture * 0.7) * fibre + bands[:, None] * busy
    return np.clip(reflectance(coverage, printer) * factor[..., None], 0, 1).astype(np.float32)


def _field(h: int, w: int, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """A Gaussian random field of unit variance with correlation length `sigma` px, (h, w) float32."""
    step = max(1, int(sigma))
    small = rng.standard_normal((h // step + 3, w // step + 3), dtype=np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), max(sigma / step, 0.3))
    field = cv2.resize(soft, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.asarray(field / np.float32(max(float(field.std()), 1e-6)), np.float32)


def screens(
    printer: Printer, mm: float, cycles: np.ndarray, blur: float, aperture: float
) -> list[tuple[int, float, float, float]]:
    """The halftone gratings that a camera can see: (ink, wx, wy, seen), w in radians per texture px.

    `mm`: size of a texture px; `cycles`: (2, 2), camera frequency (cycles/px) of one cycle per texture px
    along x and along y; `blur`, `aperture` as in optics.transfer, whose factor is `seen`. Those under 0.2 %
    are left out.
    """
    found = []
    per_px = printer.lines * mm  # screen cycles per texture px
    for ink, degrees in enumerate(printer.angles):
        a = np.radians(degrees)
        for ax, ay in ((np.cos(a), np.sin(a)), (-np.sin(a), np.cos(a))):
            f = per_px * (ax * cycles[0] + ay * cycles[1])
            seen = optics.transfer(float(f[0]), float(f[1]), blur, aperture) if per_px else 0.0
            if abs(seen) >= 2e-3:
                found.append((ink, float(2 * np.pi * per_px * ax), float(2 * np.pi * per_px * ay), seen))
    return found


def halftone(
    maps: np.ndarray, coverage: np.ndarray, printer: Printer, seen: list[tuple[int, float, float, float]]
) -> np.ndarray:
    """The dots as a camera sees them: (H, W, 3) float32 factors about 1 on the mean reflectance.

    maps: (H, W, 2) place on the sheet of every camera pixel, texture px; coverage: (H, W, 4) shares there;
    `seen`: from `screens`. Each grating is the first harmonic of lines of width a, (2 / pi) sin(pi a)
    cos(phase), times half for a dot's two directions; its ink stops (1 - t) of the light that the mean let
    through, 1 - a (1 - t).
    """
    factor = np.ones((*maps.shape[:2], 3), np.float32)
    for ink, wx, wy, left in seen:
        wave = np.cos(maps[..., 0] * np.float32(wx) + maps[..., 1] * np.float32(wy))
        share = coverage[..., ink]
        wave *= np.sin(np.float32(np.pi) * share) * np.float32(left / np.pi)
        stop = 1 - np.array(printer.inks[ink], np.float32)
        factor -= wave[..., None] * stop / (1 - share[..., None] * stop)
    return np.maximum(factor, 0)


def sheen(size: tuple[int, int], gloss: float, key: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The key light's soft highlight on the sheet: (h, w, 3) float32 radiance, `size` = (w, h) px."""
    w, h = size
    cx, cy = rng.uniform(-0.2, 1.2), rng.uniform(-0.2, 1.0)
    rx, ry = rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.8)
    x = ((np.linspace(0, 1, w, dtype=np.float32) - np.float32(cx)) / np.float32(rx))[None, :]
    y = ((np.linspace(0, 1, h, dtype=np.float32) - np.float32(cy)) / np.float32(ry))[:, None]
    lobe = np.exp(-(x * x + y * y)) + np.float32(0.25)
    return lobe[..., None] * (np.float32(gloss) * key.astype(np.float32))


def bend_shading(maps: np.ndarray, bend: float, centre: float, side: float) -> np.ndarray:
    """Light on a sheet bent about a vertical axis, relative to the flat one: (H, W) float32.

    Lambert's cosine with the light `side` (tangent of its angle, positive from the right) off the camera's
    axis; 1 everywhere at bend 0.
    """
    angle = np.clip((maps[..., 0] - np.float32(centre)) * np.float32(bend), -1.3, 1.3)
    return np.clip(np.cos(angle) - np.float32(side) * np.sin(angle), 0.05, 2)


def streak(maps: np.ndarray, bend: float, centre: float, side: float, polish: float) -> np.ndarray:
    """The main light's mirror image on a bent sheet, an upright streak: (H, W) float32 in [0, 1].

    A rough mirror's Gaussian lobe about the place where the sheet's normal halves the angle between camera
    and light, whose tangent is `side` as in `bend_shading`. 0 everywhere on a flat sheet.
    """
    if not bend:
        return np.zeros(maps.shape[:2], np.float32)
    angle = np.clip((maps[..., 0] - np.float32(centre)) * np.float32(bend), -1.3, 1.3)
    off = (angle + np.float32(np.arctan(side) / 2)) / np.float32(np.radians(polish))
    return np.exp(-off * off)


def edited(picture: np.ndarray, levels: float, gamma: float) -> np.ndarray:
    """The attacker's editing before printing or showing: uint8 -> uint8.

    `levels` in [0, 1] blends towards stretched levels (0.5 and 99.5 percentile of luminance to black and
    white, by at most a quarter of the range); `gamma` brightens (< 1) or darkens. Identity at 0 and 1.
    """
    if levels == 0 and gamma == 1:
        return picture
    grey = picture[::4, ::4].astype(np.float32) @ LUMA
    low, high = np.percentile(grey, [0.5, 99.5])
    low, high = float(levels * min(low, 64)), float(255 - levels * (255 - max(high, 191)))
    value = np.clip((np.arange(256) - low) / (high - low), 0, 1) ** gamma
    return cv2.LUT(picture, np.round(255 * value).astype(np.uint8))
