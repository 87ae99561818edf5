"""The painted surface of a head: skin colour, gloss and relief in the texture window, with brows and stubble.

Colour comes from two pigments over a pale dermis, melanin and haemoglobin, each absorbing by Beer-Lambert
with its own spectrum (after Tsumura et al., JOSA A 16(9), 1999). Images are (ROWS, COLUMNS): rows run down
the face, columns across it towards the person's left; `rest` is the base head's point under each texel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from fasnb.simfas import heads
from fasnb.simfas.render import project

ROWS, COLUMNS = 780, 1434
DERMIS = np.array([0.74, 0.60, 0.52])  # linear reflectance under no pigment
MELANIN = np.array([1.18, 1.44, 1.74])  # absorbance of one unit, red green blue
BLOOD = np.array([0.10, 0.72, 0.60])


@dataclass(frozen=True)
class Complexion:
    """What skin is painted from. melanin about 0.05 .. 1.6, blood about 0.3 .. 0.6; the rest 0 .. 1."""

    melanin: float
    blood: float
    age: float
    mottle: float
    freckles: float
    stubble: float
    lipstick: float
    hair: np.ndarray  # (3,) linear
    brow: np.ndarray  # (3,) linear
    brow_density: float
    brow_thickness: float
    brow_arch: float
    brow_height: float


def tint(melanin: np.ndarray | float, blood: np.ndarray | float) -> np.ndarray:
    """Linear reflectance (..., 3) of skin with these amounts of pigment."""
    m, b = np.asarray(melanin)[..., None], np.asarray(blood)[..., None]
    return DERMIS * np.exp(-MELANIN * m - BLOOD * b)


@lru_cache(maxsize=1)
def rest_map() -> tuple[np.ndarray, np.ndarray]:
    """(ROWS, COLUMNS, 3) float32 base-head point under each texel, and (ROWS, COLUMNS) bool: is there one."""
    b = heads.basis()
    points, covered = project(b.rest, b.part == heads.BODY, ROWS // 2, COLUMNS // 2)
    hole = (~covered).astype(np.uint8)
    _, label = cv2.distanceTransformWithLabels(hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    value = np.zeros((label.max() + 1, 3), np.float32)
    value[label[covered]] = points[covered]
    filled = value[label]  # nearest covered texel
    big = cv2.resize(filled, (COLUMNS, ROWS), interpolation=cv2.INTER_LINEAR)
    return big, cv2.resize(1 - hole, (COLUMNS, ROWS), interpolation=cv2.INTER_NEAREST).astype(bool)


GRID = 0.01  # dm a cell of the front view


@lru_cache(maxsize=1)
def front_view() -> np.ndarray:
    """(260, 240, 2) float32: texel (row, column) seen from the front at x = -1.2 .. 1.2, y = 6 .. 8.6."""
    p, covered = rest_map()
    row, column = np.mgrid[0:ROWS, 0:COLUMNS]
    ok = covered & (p[..., 2] > 0.75) & (np.abs(p[..., 0]) < 1.19) & (p[..., 1] > 6.01) & (p[..., 1] < 8.59)
    cell = ((p[ok][:, 1] - 6) / GRID).astype(int) * 240 + ((p[ok][:, 0] + 1.2) / GRID).astype(int)
    count = np.bincount(cell, minlength=260 * 240)
    sums = [np.bincount(cell, q[ok], 260 * 240) for q in (row, column)]
    out = np.stack([s / np.maximum(count, 1) for s in sums], axis=-1).reshape(260, 240, 2)
    hole = (count.reshape(260, 240) == 0).astype(np.uint8)
    _, label = cv2.distanceTransformWithLabels(hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    value = np.zeros((label.max() + 1, 2))
    value[label[hole == 0]] = out[hole == 0]
    return cv2.GaussianBlur(value[label].astype(np.float32), (0, 0), 0.7)


def locate(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Texels (..., 2) as (column, row), the order of cv2, of front-view points x, y (dm)."""
    view = front_view()
    mx = ((np.asarray(x) + 1.2) / GRID - 0.5).astype(np.float32).reshape(1, -1)
    my = ((np.asarray(y) - 6.0) / GRID - 0.5).astype(np.float32).reshape(1, -1)
    at = cv2.remap(view, mx, my, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return at.reshape(*np.shape(x), 2)[..., ::-1]


def octave(rng: np.random.Generator, cell: float, stretch: float = 1.0) -> np.ndarray:
    """Smooth noise (ROWS, COLUMNS) float32 of about unit variance, features `cell` texels wide (x stretch
    tall)."""
    h, w = int(ROWS / (cell * stretch)) + 4, int(COLUMNS / cell) + 4
    small = rng.standard_normal((h, w)).astype(np.float32)
    full = cv2.resize(small, (int(w * cell) + 1, int(h * cell * stretch) + 1), interpolation=cv2.INTER_CUBIC)
    return full[:ROWS, :COLUMNS]


def _blob(p: np.ndarray, x: float, y: float, z: float, r: float) -> np.ndarray:
    """A soft spot around (+-x, y, z) of radius r dm."""
    d = (np.abs(p[..., 0]) - x) ** 2 + (p[..., 1] - y) ** 2 + (p[..., 2] - z) ** 2
    return np.exp(-d / (r * r)).astype(np.float32)


def strokes(
    rng: np.random.Generator, start: np.ndarray, end: np.ndarray, strength: float, bow: float
) -> np.ndarray:
    """Coverage (ROWS, COLUMNS) of hairs from start to end (N, 2) texels, slightly bowed."""
    side = (end - start)[:, ::-1] * np.array([1, -1])
    middle = (start + end) / 2 + side * rng.normal(0, bow, (len(start), 1))
    canvas = np.zeros((ROWS, COLUMNS), np.uint8)
    lines = np.round(np.stack([start, middle, end], axis=1) * 16).astype(np.int32)
    cv2.polylines(canvas, list(lines), False, 255, 1, cv2.LINE_AA, 4)
    return canvas.astype(np.float32) * (strength / 255)


def brows(rng: np.random.Generator, c: Complexion) -> np.ndarray:
    """Coverage of the eyebrows (ROWS, COLUMNS): single hairs over a soft shade."""
    cover = np.zeros((ROWS, COLUMNS), np.float32)
    n = int(230 * c.brow_density)
    for side in (-1, 1):
        along = rng.beta(1.15, 1.3, n)  # 0 at the nose, 1 at the temple
        thick = c.brow_thickness * np.interp(along, [0, 0.12, 0.6, 1], [0.55, 1.0, 0.85, 0.15])
        x = 0.125 + 0.40 * along
        line = (
            7.445 + c.brow_height + c.brow_arch * np.interp(along, [0, 0.3, 0.65, 1], [0, 0.035, 0.06, -0.01])
        )
        across = rng.uniform(-1, 1, n)
        y = line + across * thick * 0.5
        up = np.interp(along, [0, 0.25, 1], [1.25, 0.5, -0.25]) - 0.45 * across + rng.normal(0, 0.12, n)
        length = rng.uniform(0.05, 0.085, n) * np.interp(along, [0, 0.15, 1], [0.7, 1, 0.75])
        x2, y2 = x + length * np.cos(up), y + length * np.sin(up)
        start, end = locate(side * x, y), locate(side * x2, y2)
        hairs = strokes(rng, start, end, 0.6, 0.06)
        cover = np.maximum(cover, hairs)
    cover = np.maximum(cover, 0.6 * cv2.GaussianBlur(cover, (0, 0), 0.8))
    shade = cv2.GaussianBlur(cover, (0, 0), 5.0)
    return np.clip(1 - (1 - cover) * (1 - np.clip(shade * 0.9, 0, 0.45)), 0, 1)


def beard_density(p: np.ndarray) -> np.ndarray:
    """Where a beard grows, 0 .. 1, at base-head points (..., 3)."""
    x, y, z = np.abs(p[..., 0]), p[..., 1], p[..., 2]
    cheek = np.interp(x, [0.0, 0.3, 0.5, 0.75, 0.9], [6.62, 6.62, 6.72, 7.0, 7.25])
    jaw = _ramp((cheek - y) / 0.08) * _ramp((y - 6.12) / 0.12) * _ramp((z - 0.45) / 0.15)
    lip = np.exp(-(((y - 6.775) / 0.055) ** 2) - (x / 0.30) ** 6) * (z > 1.3)
    corner = np.exp(-(((x - 0.33) / 0.06) ** 2) - ((y - 6.62) / 0.14) ** 2) * (z > 1.0)
    return np.clip(np.maximum(np.maximum(jaw, lip), corner), 0, 1)


def _ramp(t: np.ndarray) -> np.ndarray:
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def stubble(rng: np.random.Generator, amount: float) -> np.ndarray:
    """Coverage of shaved or short beard hairs (ROWS, COLUMNS)."""
    p, covered = rest_map()
    lips = mask("lips")
    density = beard_density(p) * covered * (1 - np.clip(lips * 1.5, 0, 1))
    n = 30000
    row, column = rng.integers(0, ROWS, n), rng.integers(0, COLUMNS, n)
    keep = rng.random(n) < density[row, column]
    start = np.stack([column, row], axis=1)[keep] + rng.random((int(keep.sum()), 2))
    end = start + np.stack([rng.normal(0, 1.2, len(start)), rng.uniform(1.0, 3.5, len(start))], axis=1)
    hairs = strokes(rng, start, end, 0.5 * amount, 0.05)
    shade = cv2.GaussianBlur(density.astype(np.float32), (0, 0), 4)
    return np.clip(np.minimum(hairs, 0.6) + 0.16 * amount * shade, 0, 0.85)


@lru_cache(maxsize=4)
def mask(name: str) -> np.ndarray:
    """A painted region (ROWS, COLUMNS) float32 in 0 .. 1: lips, eyelids or ears."""
    small = cv2.GaussianBlur(heads.basis().masks[name], (0, 0), 1.2)
    return cv2.resize(small, (COLUMNS, ROWS), interpolation=cv2.INTER_CUBIC).clip(0, 1)


def paint(rng: np.random.Generator, c: Complexion, scalp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Albedo and gloss (ROWS, COLUMNS, 4), relief slopes (ROWS, COLUMNS, 4), both float32.

    scalp: coverage (ROWS, COLUMNS) of the roots of the hair in 0 .. 1."""
    p, _ = rest_map()
    lips, lids, ears = mask("lips"), mask("eyelids"), mask("ears")
    coarse, middle, small, fine = (octave(rng, s) for s in (90, 28, 9, 3))
    mottle = c.mottle / (1 + 1.1 * c.melanin)  # absorbances add, so the same share shows more on dark skin
    m = 1 + mottle * (0.07 * coarse + 0.05 * middle + 0.05 * small + 0.035 * fine)
    b = 1 + c.mottle * (0.10 * octave(rng, 70) + 0.10 * octave(rng, 22) + 0.09 * octave(rng, 7) + 0.05 * fine)
    flush = 0.30 * _blob(p, 0.42, 6.9, 1.35, 0.24) + 0.38 * _blob(p, 0.0, 6.86, 1.66, 0.17)
    flush += 0.16 * _blob(p, 0.0, 6.35, 1.5, 0.18) + 0.35 * ears
    under_eye = _blob(p, 0.30, 7.12, 1.38, 0.12)
    b += flush + 0.22 * under_eye + 0.2 * lids
    m += 0.16 * under_eye + 0.15 * lids - 0.06 * _blob(p, 0.0, 7.85, 1.4, 0.35)
    spots = np.clip(octave(rng, 5) * 0.6 + octave(rng, 4) - 1.75, 0, 1) * np.clip(
        0.5 + 0.5 * octave(rng, 50), 0, 1
    )
    m += c.freckles * spots * (1.6 if c.melanin < 0.5 else 0.4)
    m += 0.006 * max(c.age - 35, 0) * np.clip(octave(rng, 14) - 1.4, 0, 1)
    melanin = np.maximum(c.melanin * m + 0.03 * (m - 1), 0.01)
    for _ in range(rng.poisson(2.5)):
        row, column = rng.integers(150, ROWS - 80), rng.integers(420, COLUMNS - 420)
        spot = np.zeros((ROWS, COLUMNS), np.uint8)
        cv2.circle(spot, (int(column), int(row)), int(rng.integers(2, 5)), 255, -1, cv2.LINE_AA)
        melanin += cv2.GaussianBlur(spot, (0, 0), 1.0).astype(np.float32) / 255 * rng.uniform(0.3, 0.8)
    blood = np.maximum(c.blood * b, 0.05)
    soft_lips = cv2.GaussianBlur(lips, (0, 0), 1.5)
    blood = blood * (1 + soft_lips * (1.9 - 0.8 * min(c.melanin, 1.2)))
    melanin = melanin + soft_lips * (0.10 - 0.12 * c.melanin)
    albedo = tint(melanin, blood).astype(np.float32)
    if c.lipstick:
        colour = np.array([0.30, 0.05, 0.06], np.float32) * (0.5 + 0.5 * rng.random())
        albedo += (soft_lips * c.lipstick)[..., None] * (colour - albedo)
    brow = brows(rng, c)
    for cover, colour in (
        (stubble(rng, c.stubble) if c.stubble else None, c.hair * 0.7),
        (brow, c.brow),
        (scalp, c.hair),
    ):
        if cover is not None:
            albedo += cover[..., None] * (colour.astype(np.float32) - albedo)
    oil = 0.8 + 0.45 * _blob(p, 0.0, 7.75, 1.5, 0.35) + 0.6 * _blob(p, 0.0, 7.0, 1.6, 0.2)
    gloss = oil * (1 + 0.10 * middle + 0.14 * fine) + 0.9 * soft_lips - 0.5 * scalp - 0.6 * brow
    height = 0.55 * fine + 0.5 * small + 0.25 * octave(rng, 2)
    height = height * (1 - 0.5 * soft_lips) + soft_lips * octave(rng, 5, 6.0) * 1.4
    height += _wrinkles(rng, p, c.age)
    slopes = np.zeros((ROWS, COLUMNS, 4), np.float32)
    slopes[..., 0] = 0.065 * cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    slopes[..., 1] = 0.065 * cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    return np.dstack([np.clip(albedo, 0.002, 0.95), np.clip(gloss, 0.1, 2.5)]).astype(np.float32), slopes


def _wrinkles(rng: np.random.Generator, p: np.ndarray, age: float) -> np.ndarray:
    """Lines of age in texel heights: across the forehead and beside the eyes."""
    amount = float(np.clip((age - 30) / 40, 0, 1))
    bend = 0.05 * octave(rng, 120) + 0.012 * octave(rng, 30)
    lines = np.exp(-((np.abs(np.sin((p[..., 1] + bend + 0.10 * p[..., 0] ** 2) * 21)) / 0.30) ** 2))
    where = np.exp(-(((p[..., 1] - 7.85) / 0.18) ** 2) - (p[..., 0] / 0.5) ** 4) * (p[..., 2] > 0.8)
    x = np.abs(p[..., 0]) - 0.5
    crow = np.exp(-((np.abs(np.sin(np.arctan2(p[..., 1] - 7.28, x + 0.04) * 5 + bend * 12)) / 0.4) ** 2))
    beside = np.exp(-(((x - 0.09) / 0.07) ** 2) - ((p[..., 1] - 7.27) / 0.12) ** 2) * (p[..., 2] > 0.7)
    strength = (0.4 + 0.6 * np.clip(octave(rng, 60), 0, 1.5)) * amount
    return (-(9 * lines * where + 6 * crow * beside) * strength).astype(np.float32)
