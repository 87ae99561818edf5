"""Hair as thousands of narrow opaque strips that grow from the scalp, lie over the skull and fall.

Each strip is a lock of hairs a few millimetres wide, tapering to its tip. Under them the scalp is painted
in the colour of the hair (skin.paint), so that nothing shines through. Frame and lengths as in heads.py
(decimetres).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fasnb.simfas import heads, skin
from fasnb.simfas.locks import Skull, at_vertices, scatter, strips
from fasnb.simfas.render import Hair

AXIS = np.array([0.0, 7.35, 0.45])  # middle of the base head


@dataclass(frozen=True)
class Style:
    """How hair is cut, lengths in dm: at the top and the sides; lift: how far it stands off; comb:
    (sideways, back); fall: pull of gravity; curl: radius of curls; part: x of the parting; bald: how far it
    recedes, 0 .. 1."""

    name: str
    locks: int
    length: float
    side_length: float
    width: float
    lift: float
    comb: tuple[float, float]
    fall: float
    curl: float
    fringe: float = 0.0
    part: float = 0.0
    bald: float = 0.0


STYLES = {
    s.name: s
    for s in (
        Style("bald", 0, 0, 0, 0, 0, (0, 0), 0, 0, bald=1.0),
        Style("shaved", 0, 0, 0, 0, 0, (0, 0), 0, 0),
        Style("crop", 4200, 0.22, 0.10, 0.024, 0.10, (0.2, -0.35), 0.15, 0.015),
        Style("side", 3600, 0.70, 0.20, 0.034, 0.11, (0.9, 0.15), 0.35, 0.012, part=-0.28),
        Style("swept", 3600, 0.85, 0.22, 0.034, 0.15, (0.15, 1.0), 0.25, 0.012),
        Style("fringe", 3600, 0.70, 0.32, 0.036, 0.10, (0.25, -1.0), 0.6, 0.012, fringe=1.0),
        Style("receding", 2800, 0.26, 0.15, 0.026, 0.06, (0.1, 0.6), 0.3, 0.015, bald=0.75),
        Style("afro", 7500, 0.30, 0.25, 0.026, 1.0, (0, 0), 0.0, 0.045),
        Style("curly", 5200, 0.66, 0.48, 0.030, 0.24, (0.2, 0.1), 0.6, 0.045),
        Style("tied", 3200, 1.30, 1.10, 0.036, 0.05, (0.0, 1.6), 0.0, 0.003),
        Style("bob", 3600, 1.75, 1.45, 0.042, 0.13, (0.8, 0.6), 1.0, 0.015, part=0.05),
        Style("long", 3600, 3.2, 2.8, 0.044, 0.12, (0.8, 0.6), 1.0, 0.02, part=0.02),
        Style("wavy", 3600, 2.5, 2.2, 0.046, 0.16, (0.7, 1.1), 0.9, 0.055, part=-0.12),
    )
}


def hairline(p: np.ndarray, bald: float, height: float) -> np.ndarray:
    """How far inside the hair (dm, > 0 within) base-head points (..., 3) lie. height: of the forehead, dm."""
    x, y, z = p[..., 0], p[..., 1], p[..., 2]
    a = np.degrees(np.arctan2(np.abs(x), z - AXIS[2]))  # 0 front .. 180 back
    front = 7.94 + height
    edge = np.interp(
        a, [0, 22, 36, 50, 60, 74, 86, 100, 116, 135, 180],
        [front, front + 0.02, front - 0.04, 7.74, 7.48, 7.02, 7.32, 7.42, 7.02, 6.85, 6.75],
    )  # fmt: skip
    inside = y - edge
    if bald > 0:
        crown = (x / 0.62) ** 2 + ((z - 0.75) / 0.95) ** 2 + ((y - 8.45) / 0.75) ** 2
        inside = np.minimum(inside, (np.sqrt(crown) - 0.55 - 0.55 * bald) * 0.6)
    return inside


def roots(rng: np.random.Generator, style: Style, height: float) -> np.ndarray:
    """Coverage of the scalp's paint (ROWS, COLUMNS): dense inside, single hairs at the hairline."""
    p, covered = skin.rest_map()
    inside = hairline(p, style.bald, height) + 0.035 * skin.octave(rng, 40) + 0.02 * skin.octave(rng, 9)
    soft = np.clip(inside / 0.10, 0, 1) * covered * (1 - skin.mask("ears"))
    if style.name == "bald":
        return (soft * 0.12).astype(np.float32)
    n = 26000
    row, column = rng.integers(0, skin.ROWS, n), rng.integers(0, skin.COLUMNS, n)
    keep = rng.random(n) < np.clip((inside + 0.03) / 0.12, 0, 1)[row, column] * (soft[row, column] > 0)
    start = np.stack([column, row], axis=1)[keep].astype(float)
    out = skin.strokes(
        rng, start, start + np.c_[rng.normal(0, 3, len(start)), -rng.uniform(4, 10, len(start))], 0.6, 0.05
    )
    solid = 0.55 if style.name == "shaved" else 0.93
    base = cv2.GaussianBlur(soft.astype(np.float32), (0, 0), 5) ** 1.5 * solid
    return np.maximum(base, out * (solid if style.name == "shaved" else 0.9)).astype(np.float32)


def grow(
    rng: np.random.Generator, shape: heads.Shape, style: Style, colour: np.ndarray, height: float, grey: float
) -> Hair | None:
    """The locks of a head of hair in a style; None where there are none. colour (3,) linear, grey 0 .. 1."""
    if not style.locks:
        return None
    b = heads.basis()
    fine = heads.posed(shape, {}, np.eye(3))
    normal = heads.normals(fine, b.triangles)
    body = b.triangles[b.part == heads.BODY]
    centre = fine[np.argmin(np.linalg.norm(b.rest - [0, 7.35, -0.39], axis=1))].copy()
    centre = np.array([0.0, centre[1], shape.eye_centres[:, 2].mean() - 0.85])
    ears = at_vertices(skin.mask("ears"))
    triangles = body[
        (hairline(b.rest[body].mean(axis=1), style.bald, height) > 0.0) & (b.rest[body][..., 1].mean(1) > 6.4)
    ]
    triangles = triangles[ears[triangles].max(axis=1) < 0.3]
    root, n, rest, _ = scatter(rng, style.locks, triangles, fine, normal, b.rest)
    skull = Skull(fine[(np.abs(b.rest[:, 0]) < 0.86) & (b.rest[:, 1] > 6.15) & (ears < 0.3)], centre)
    count = len(root)
    top = np.clip((rest[:, 1] - 7.75) / 0.35, 0, 1)
    length = (style.side_length + (style.length - style.side_length) * top) * rng.uniform(0.75, 1.1, count)
    inside = np.clip(hairline(rest, style.bald, height) / 0.25, 0.25, 1)
    length = length * (inside if style.length < 1 else np.sqrt(inside))
    way = _combed(rng, style, rest, n, top)
    steps = 9 if style.lift > 0.9 else int(np.clip(style.length * 7, 5, 11))
    gap = (
        style.lift
        * rng.uniform(0.15, 1.0, count)
        * (0.35 + 0.65 * top if style.lift < 0.4 else 1.0)
        * (0.4 + 0.6 * inside)
    )
    phase, pitch = (
        rng.uniform(0, 2 * np.pi, count),
        rng.uniform(5, 9, count) * (3.0 if style.lift > 0.9 else 1.0),
    )
    loose = 0.0 if style.name == "tied" else 5.0 if style.length > 1 else 0.1
    points = np.zeros((steps + 1, count, 3))
    points[0] = root - n * 0.01
    p, d = points[0].copy(), way
    for k in range(1, steps + 1):
        s = (length / steps)[:, None]
        d = d + np.array([0, -1.0, 0]) * style.fall * 3.0 / steps + rng.normal(0, 0.05, (count, 3))
        d /= np.linalg.norm(d, axis=1, keepdims=True)
        rise = np.minimum(1.0, k / (0.35 * steps)) * gap
        q = p + d * s
        if style.lift < 0.9:
            hang = np.clip((shape.eye_centres[0, 1] + 0.1 - q[:, 1]) / 0.3, 0, 1)  # free below the temples
            q = skull.between(q, rise, 0.35 * style.lift + 0.01 + loose * hang)
        q = _off_the_face(q, shape, style)
        d = (q - p) / np.maximum(np.linalg.norm(q - p, axis=1, keepdims=True), 1e-6)
        p = q
        t = pitch * k / steps * max(style.length, 0.6) + phase
        side = np.cross(d, n)
        curl = style.curl * min(1.0, 1.4 * k / steps) ** (1.0 if style.lift > 0.2 else 1.6)
        points[k] = p + curl * (np.cos(t)[:, None] * side + np.sin(t)[:, None] * n)
    return strips(rng, points, n, centre, style.width, _taper(style), colour, grey)


def _taper(style: Style) -> tuple[float, float]:
    """Where along a lock it thins and over what length: long hair is cut blunt, tight curls stay round."""
    return (0.85, 0.18) if style.length > 1 else (0.6, 0.6) if style.lift > 0.9 else (0.6, 0.42)


def beard(
    rng: np.random.Generator, shape: heads.Shape, length: float, colour: np.ndarray, grey: float
) -> Hair:
    """A beard and moustache of about `length` dm. colour (3,) linear, grey 0 .. 1."""
    b = heads.basis()
    fine = heads.posed(shape, {}, np.eye(3))
    normal = heads.normals(fine, b.triangles)
    body = b.triangles[b.part == heads.BODY]
    keep = (skin.beard_density(b.rest[body].mean(axis=1)) > 0.5) & (
        at_vertices(skin.mask("lips"))[body].max(1) < 0.2
    )
    root, n, rest, nearest = scatter(rng, 5200, body[keep], fine, normal, b.rest)
    down = np.array([0.0, -1.0, 0.25]) + np.c_[np.sign(rest[:, 0]) * 0.35, np.zeros((len(root), 2))]
    way = down + n * 0.40 + rng.normal(0, 0.22, (len(root), 3))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    size = length * rng.uniform(0.5, 1.1, len(root))
    size *= np.where(
        (rest[:, 1] > 6.6) & (np.abs(rest[:, 0]) < 0.35), min(1.0, 0.055 / length), 1.0
    )  # moustache
    t = np.linspace(0, 1, 4)[:, None, None]
    points = root - n * 0.004 + way * (t * size[:, None]) + np.array([0, -0.25, 0]) * (t * t * size[:, None])
    centre = np.array([0.0, shape.eye_centres[:, 1].mean() - 0.3, shape.eye_centres[:, 2].mean() - 0.85])
    return strips(rng, points, n, centre, 0.011, (0.6, 0.42), colour, grey, nearest)


def joined(a: Hair | None, b: Hair) -> Hair:
    """Two heads of hair as one."""
    if a is None:
        return b
    fields = {f: np.concatenate([getattr(a, f), getattr(b, f)]) for f in Hair.__dataclass_fields__}
    fields["triangles"] = np.concatenate([a.triangles, b.triangles + len(a.points)])
    return Hair(**fields)


def _combed(
    rng: np.random.Generator, style: Style, rest: np.ndarray, n: np.ndarray, top: np.ndarray
) -> np.ndarray:
    """First direction of each lock (N, 3): along the scalp as combed, lifted off it by the style."""
    side = np.where(style.part == 0, 1.0, np.where(rest[:, 0] < style.part, -1.0, 1.0)) * style.comb[0]
    flow = np.stack([side * top, -0.9 * (1 - top) - 0.05, -style.comb[1] * (0.3 + 0.7 * top)], axis=1)
    if style.name == "tied":
        flow = np.array([0.0, 7.75, -0.75]) - rest
    flow = flow + rng.normal(0, 0.12 + 1.2 * style.curl, flow.shape)
    flow -= (flow * n).sum(axis=1, keepdims=True) * n
    flow /= np.maximum(np.linalg.norm(flow, axis=1, keepdims=True), 1e-6)
    out = flow * (1 - min(style.lift, 1.0)) + n * (0.15 + style.lift)
    return out / np.linalg.norm(out, axis=1, keepdims=True)


def _off_the_face(p: np.ndarray, shape: heads.Shape, style: Style) -> np.ndarray:
    """Keep locks from hanging before the eyes and cheeks: pushed to the sides below the fringe."""
    eye_x = np.abs(shape.eye_centres[:, 0]).mean()
    eye_y, eye_z = shape.eye_centres[:, 1].mean(), shape.eye_centres[:, 2].mean()
    low = np.clip(
        (eye_y + (0.36 if style.fringe else 0.66) - p[:, 1]) / (0.25 if style.fringe else 0.45), 0, 1
    )
    front = p[:, 2] > eye_z - 0.55
    limit = eye_x * 2.15 * low
    x = np.where(front & (np.abs(p[:, 0]) < limit), np.where(p[:, 0] < 0, -1, 1) * limit, p[:, 0])
    return np.stack([x, p[:, 1], p[:, 2]], axis=1)
