"""The geometry of locks of hair: where they are rooted, what they may not enter, the strips they become."""

from __future__ import annotations

import cv2
import numpy as np

from fasnb.simfas import heads, skin
from fasnb.simfas.render import Hair


class Skull:
    """How far the head reaches in each direction from its middle: what hair may not enter."""

    def __init__(self, points: np.ndarray, centre: np.ndarray) -> None:
        self.centre = centre
        d = points - centre
        r = np.linalg.norm(d, axis=1)
        cell = self.cell(d / r[:, None])
        grid = np.zeros((48, 96), np.float32)
        np.maximum.at(grid, (cell[..., 0].astype(int), cell[..., 1].astype(int) % 96), r)
        hole = (grid == 0).astype(np.uint8)
        _, label = cv2.distanceTransformWithLabels(hole, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        value = np.zeros(label.max() + 1, np.float32)
        value[label[hole == 0]] = grid[hole == 0]
        wide = np.pad(value[label], ((0, 0), (6, 6)), mode="wrap")
        self.grid = cv2.GaussianBlur(wide, (0, 0), 1.2)

    @staticmethod
    def cell(d: np.ndarray) -> np.ndarray:
        polar = np.arccos(np.clip(d[..., 1], -1, 1)) / np.pi * 47.99
        around = (np.arctan2(d[..., 0], d[..., 2]) / (2 * np.pi) + 0.5) * 95.99
        return np.stack([polar, around], axis=-1)

    def between(self, p: np.ndarray, gap: np.ndarray, slack: np.ndarray) -> np.ndarray:
        """Points (N, 3) kept at gap .. gap + slack (N,) from the surface."""
        d = p - self.centre
        r = np.linalg.norm(d, axis=1)
        cell = self.cell(d / r[:, None]).astype(np.float32)
        bound = cv2.remap(self.grid, cell[None, :, 1] + 5.5, cell[None, :, 0] - 0.5, cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REPLICATE)[0] + gap  # fmt: skip
        return self.centre + d * (np.clip(r, bound, bound + slack) / r)[:, None]


def at_vertices(image: np.ndarray) -> np.ndarray:
    """A painted region read at the refined vertices, (W,)."""
    b = heads.basis()
    u0, u1, v0, v1 = heads.WINDOW
    out = np.zeros(len(b.rest), np.float32)
    at = (b.uv - [u0, v0]) / [u1 - u0, v1 - v0]
    inside = (at > 0).all(axis=1) & (at < 1).all(axis=1)
    row, column = (at.clip(0, 0.999) * [skin.ROWS, skin.COLUMNS]).astype(int).T
    value = np.where(inside, image[row, column], 0)
    out[b.triangles.ravel()] = value[b.uv_triangles.ravel()]
    return out


def scatter(
    rng: np.random.Generator,
    count: int,
    triangles: np.ndarray,
    points: np.ndarray,
    normal: np.ndarray,
    rest: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points, normals, base-head points (count, 3) spread evenly over triangles, and the nearest vertices."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    where = (np.arange(count) + rng.random(count)) / count  # stratified: no bare patches
    chosen = triangles[np.searchsorted(np.cumsum(area) / area.sum(), where).clip(0, len(triangles) - 1)]
    u, v = rng.random((2, count))
    flip = u + v > 1
    u, v = np.where(flip, 1 - u, u), np.where(flip, 1 - v, v)
    w = np.stack([1 - u - v, u, v], axis=1)[..., None]
    n = (normal[chosen] * w).sum(axis=1)
    return (
        (points[chosen] * w).sum(axis=1),
        n / np.linalg.norm(n, axis=1, keepdims=True),
        (rest[chosen] * w).sum(axis=1),
        chosen[np.arange(count), w[..., 0].argmax(axis=1)],
    )


def strips(
    rng: np.random.Generator,
    points: np.ndarray,
    root_normal: np.ndarray,
    centre: np.ndarray,
    width: float,
    taper: tuple[float, float],
    colour: np.ndarray,
    grey: float,
    follow: np.ndarray | None = None,
) -> Hair:
    """Strips of triangles along lock paths (S + 1, N, 3), `width` dm wide, thinning from taper[0] over
    taper[1]."""
    steps, count = points.shape[0] - 1, points.shape[1]
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=2, keepdims=True), 1e-9)
    out = points - centre
    out[..., 1] *= 0.75
    out = 0.65 * out / np.linalg.norm(out, axis=2, keepdims=True) + 0.35 * root_normal
    across = np.cross(tangent, out)
    size = np.linalg.norm(across, axis=2, keepdims=True)
    across = np.where(size > 0.25, across / np.maximum(size, 1e-9), rng.normal(size=across.shape) * 0.6)
    normal = out - (out * tangent).sum(axis=2, keepdims=True) * tangent * 0.7
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    t = np.linspace(0, 1, steps + 1)[:, None]
    thin_from, thin_over = taper
    thin = 1 - (np.maximum(t - thin_from, 0) / thin_over) ** 1.5
    half = 0.5 * width * rng.uniform(0.6, 1.3, count) * thin
    sides = np.stack(
        [points - across * half[..., None], points + across * half[..., None]], axis=2
    )  # (S+1, N, 2, 3)
    shade = colour * np.exp(rng.normal(0, 0.16, (count, 1)))
    # Grey comes hair by hair; a lock holds many, so locks differ a little around the head's share.
    share = np.clip(grey + 0.16 * rng.normal(size=(count, 1)), 0, 1) if grey else np.zeros((count, 1))
    shade = shade + share * (np.array([0.36, 0.355, 0.34]) * np.exp(rng.normal(0, 0.12, (count, 1))) - shade)
    full = (steps + 1, count, 2)
    deep = depth_below(points - centre)
    coords = np.stack(
        [
            np.broadcast_to(np.array([-1.0, 1.0]), full),
            np.broadcast_to(t[..., None], full),
            np.broadcast_to(np.arange(count)[None, :, None], full),
        ],
        axis=-1,
    )
    index = np.arange((steps + 1) * count * 2).reshape(full)
    a, b, c, d = index[:-1, :, 0], index[:-1, :, 1], index[1:, :, 0], index[1:, :, 1]
    triangles = np.stack([np.stack([a, b, d], -1), np.stack([a, d, c], -1)], axis=2).reshape(-1, 3)

    def spread(v: np.ndarray) -> np.ndarray:
        return np.broadcast_to(v[:, :, None], (*full, 3)).reshape(-1, 3)

    leader = np.full(count, -1) if follow is None else follow
    return Hair(
        points=sides.reshape(-1, 3),
        triangles=triangles.astype(np.int32),
        tangents=spread(tangent),
        normals=spread(normal),
        coords=coords.reshape(-1, 3),
        tint=np.broadcast_to(shade[None, :, None], (*full, 3)).reshape(-1, 3),
        depth=np.repeat(deep.reshape(-1), 2),
        follow=np.broadcast_to(leader[None, :, None], full).reshape(-1),
    )


def depth_below(d: np.ndarray) -> np.ndarray:
    """How deep (dm) under the outside of the hair each point (..., 3), relative to the middle, lies."""
    r = np.linalg.norm(d, axis=-1)
    cell = Skull.cell(d / r[..., None]).astype(int)
    cell = (cell[..., 0] // 2) * 48 + (cell[..., 1] // 2) % 48
    outer = np.zeros(24 * 48)
    np.maximum.at(outer, cell, r)
    smooth = cv2.blur(
        np.pad(outer.reshape(24, 48), ((0, 0), (2, 2)), mode="wrap").astype(np.float32), (3, 3)
    )[:, 2:-2]
    return np.maximum(np.minimum(outer.reshape(24, 48), smooth).reshape(-1)[cell] - r, 0)
