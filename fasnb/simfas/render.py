"""Host side of the renderer: meshes in, light layers out. Runs on the CPU; the kernels are warp's.

Kernels compile on first use (seconds) and are cached by warp for later processes; where the usual cache
folder cannot be written, a folder in the system's temporary directory serves instead.
"""

from __future__ import annotations

import getpass
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import warp as wp

from fasnb.simfas import heads

TO_KEY = np.array([-0.52, 0.62, 0.80])
TO_FILL = np.array([0.80, 0.10, 0.62])
DISTANCE = 7.2  # dm from the camera to the plane of the eyes
FRAME = 3.15  # dm seen from top to bottom at that plane
SUPERSAMPLING = 2


def _start() -> None:
    if hasattr(wp.config, "log_level"):
        wp.config.log_level = 40  # errors only
    else:
        setattr(wp.config, "quiet", True)  # noqa: B010
    usual = Path(os.environ.get("WARP_CACHE_PATH") or Path.home() / ".cache" / "warp")
    try:
        usual.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=usual):
            pass
    except OSError:
        wp.config.kernel_cache_dir = os.path.join(tempfile.gettempdir(), "fasnb-warp", getpass.getuser())
    # The library prints that there is no GPU from C code, whatever the log level.
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        wp.init()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


_start()

from fasnb.simfas import kernels, shading  # noqa: E402  (decorators need warp configured)

DEVICE = os.environ.get("FASNB_RENDER_DEVICE", "cpu")  # "cuda:0" is faster, with other last bits


def array(values: np.ndarray, dtype: Any) -> wp.array:
    """A warp array on the rendering device."""
    plain = np.int32 if dtype is int else np.float32
    return wp.array(np.ascontiguousarray(values, plain), dtype=dtype, device=DEVICE)


def mesh(points: np.ndarray, triangles: np.ndarray) -> wp.Mesh:
    """A ray-castable mesh."""
    return wp.Mesh(array(points, wp.vec3), array(triangles.ravel(), int))


def project(values: np.ndarray, keep: np.ndarray, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Values (W, 3) of the refined vertices spread over the texture window, from the triangles in `keep`.

    Returns (rows, columns, 3) float32 and where they cover, bool."""
    b = heads.basis()
    u0, u1, v0, v1 = heads.WINDOW
    plane = mesh(np.c_[b.uv, np.zeros(len(b.uv))], b.uv_triangles[keep])
    out = wp.zeros((rows, columns), dtype=wp.vec4, device=DEVICE)
    inputs = [plane.id, array(b.triangles[keep], int), array(values, wp.vec3)]
    inputs += [u0, v0, (u1 - u0) / rows, (v1 - v0) / columns]
    wp.launch(kernels.project_map, dim=(rows, columns), inputs=inputs, outputs=[out], device=DEVICE)
    full = out.numpy()
    return full[..., :3], full[..., 3] > 0.5


def cone(way: np.ndarray, half_angle: float, count: int) -> np.ndarray:
    """`count` unit directions spread evenly over a disc of light around `way`, (count, 3)."""
    way = way / np.linalg.norm(way)
    x = np.cross([0.0, 1.0, 0.0], way)
    x /= np.linalg.norm(x)
    y = np.cross(way, x)
    k = np.arange(count) + 0.5
    r, a = np.tan(half_angle) * np.sqrt(k / count), k * 2.399963
    d = way + (r * np.cos(a))[:, None] * x + (r * np.sin(a))[:, None] * y
    return d / np.linalg.norm(d, axis=1, keepdims=True)


def dome(count: int) -> np.ndarray:
    """`count` cosine-weighted directions about +z, (count, 3)."""
    k = np.arange(count) + 0.5
    r, a = np.sqrt(k / count), k * 2.399963
    return np.stack([r * np.cos(a), r * np.sin(a), np.sqrt(1 - r * r)], axis=1)


@lru_cache(maxsize=1)
def _materials() -> np.ndarray:
    """Material of each triangle, from its part and its place in the texture plane."""
    b = heads.basis()
    u, v = b.uv[b.uv_triangles].mean(axis=1).T
    u0, u1, v0, v1 = heads.WINDOW
    out = np.choose(b.part, [7, 1, 1, 3, 4, 5])
    body = b.part == heads.BODY
    out[body & (u > u0) & (u < u1) & (v > v0) & (v < v1)] = 0
    out[body & (u < 0.165) & (v > 0.53) & (v < 0.65)] = 6  # behind the lids
    out[body & (u > 0.74) & (u < 0.94) & (v < 0.15)] = 3  # inside the mouth
    return out


@lru_cache(maxsize=1)
def _static() -> dict[str, wp.array]:
    """The parts of a surface that no pose changes."""
    b = heads.basis()
    u0, u1, v0, v1 = heads.WINDOW
    uv = (b.uv - [u0, v0]) / [u1 - u0, v1 - v0]
    return {
        "rest": array(b.rest, wp.vec3),
        "uv": array(uv, wp.vec2),
        "tris": array(b.triangles, int),
        "uv_tris": array(b.uv_triangles, int),
        "material": array(_materials(), int),
    }


def see(
    near: wp.Mesh,
    far: wp.Mesh | None,
    points: wp.array,
    normals: wp.array,
    rays: tuple[int, int, int],
    lift: float,
) -> wp.array:
    """Share of key light, of fill light and openness at each point, by so many rays for each; vec3 (N,)."""
    n_key, n_fill, n_dome = rays
    spread = (cone(TO_KEY, 0.24, n_key), cone(TO_FILL, 0.40, n_fill), dome(n_dome))
    out = wp.zeros(len(points), dtype=wp.vec3, device=DEVICE)
    inputs = [
        near.id,
        far.id if far else wp.uint64(0),
        points,
        normals,
        *(array(d, wp.vec3) for d in spread),
        lift,
    ]
    wp.launch(kernels.visibility, dim=len(points), inputs=inputs, outputs=[out], device=DEVICE)
    return out


@dataclass
class Hair:
    """Strips of hair in the frame of the resting head: points, tangents, normals, coords, tint (N, 3);
    triangles (T, 3); depth (N,) below the outside of the hair, dm; follow (N,) the refined vertex of the head
    that a point moves with, -1 = the skull."""

    points: np.ndarray
    triangles: np.ndarray
    tangents: np.ndarray
    normals: np.ndarray
    coords: np.ndarray
    tint: np.ndarray
    depth: np.ndarray
    follow: np.ndarray


class Model:
    """What of a person stays on the device between poses: paint (ROWS, COLUMNS, 4), relief, hair, look."""

    def __init__(
        self,
        shape: heads.Shape,
        paint: np.ndarray,
        relief: np.ndarray,
        hair: Hair | None,
        look: dict[str, Any],
    ) -> None:
        b = heads.basis()
        self.shape, self.look = shape, look
        self.paint, self.relief = array(paint, wp.vec4), array(relief, wp.vec4)
        self.solid = b.triangles[(b.part != heads.CLOTH) & (b.part != heads.LASHES)]  # what casts shadows
        self.cloth_vertices = np.unique(b.triangles[b.part == heads.CLOTH])
        self.hair_mesh: wp.Mesh | None = None
        self.locks = shading.Locks()
        if hair is None:
            return
        self.hair_mesh = mesh(hair.points, hair.triangles)
        self.hair_points, self.moving = hair.points, np.flatnonzero(hair.follow >= 0)
        self.leaders = hair.follow[self.moving]
        self.locks.tangents, self.locks.normals = array(hair.tangents, wp.vec3), array(hair.normals, wp.vec3)
        self.locks.coords, self.locks.tint = array(hair.coords, wp.vec3), array(hair.tint, wp.vec3)
        self.locks.tris = array(hair.triangles, int)
        self.still = heads.posed(shape, {}, np.eye(3))
        head = mesh(self.still, b.triangles[b.part == heads.BODY])
        seen = see(head, None, array(hair.points, wp.vec3), self.locks.normals, (4, 3, 4), 0.05).numpy()
        # Hair shades itself by how much hair lies above it.
        veil = 0.12 + 0.88 * np.exp(-hair.depth[:, None] / [0.16, 0.18, 0.13])
        self.locks.seen = array(seen * veil, wp.vec3)

    def draw(
        self, actions: dict[str, float], turn: np.ndarray, gaze: tuple[float, float], size: int
    ) -> dict[str, np.ndarray]:
        """key, fill, ambient (size, size, 3), alpha and eye (size, size), all float32; eyes (2, 3) points."""
        s, static = self.shape, _static()
        triangles = heads.basis().triangles
        fine = heads.posed(s, actions, turn)
        normals = heads.normals(fine, triangles)
        blocker = mesh(fine, self.solid)
        self._move_hair(actions)
        fine[self.cloth_vertices] += normals[self.cloth_vertices] * 0.05
        surface_mesh = mesh(fine, triangles)
        surface = shading.Surface()
        surface.points, surface.normals = surface_mesh.points, array(normals, wp.vec3)
        surface.seen = see(blocker, self.hair_mesh, surface.points, surface.normals, (12, 6, 12), 0.035)
        for name, value in static.items():
            setattr(surface, name, value)
        eyes = (s.eye_centres - s.pivot) @ turn.T + s.pivot
        look = self._look(turn, gaze, eyes, size)
        layers = [wp.zeros((size, size), dtype=wp.vec3, device=DEVICE) for _ in range(3)]
        cover = wp.zeros((size, size), dtype=wp.vec2, device=DEVICE)
        hair_id = self.hair_mesh.id if self.hair_mesh else wp.uint64(0)
        wp.launch(
            shading.shade,
            dim=(size, size),
            inputs=[
                look, surface_mesh.id, blocker.id, surface, self.paint, self.relief, hair_id, self.locks,
                wp.mat33(turn.ravel()), wp.vec3(*s.pivot), SUPERSAMPLING,
            ],
            outputs=[*layers, cover],
            device=DEVICE,
        )  # fmt: skip
        key, fill, ambient = (a.numpy() for a in layers)
        c = cover.numpy()
        alpha, eye = c[..., 0].copy(), c[..., 1].copy()
        return {"key": key, "fill": fill, "ambient": ambient, "alpha": alpha, "eye": eye, "eyes": eyes}

    def _move_hair(self, actions: dict[str, float]) -> None:
        """Let a beard go with the jaw and lips."""
        if self.hair_mesh is None or len(self.moving) == 0:
            return
        moved = self.hair_points.copy()
        moved[self.moving] += (heads.posed(self.shape, actions, np.eye(3)) - self.still)[self.leaders]
        self.hair_mesh.points = array(moved, wp.vec3)
        self.hair_mesh.refit()

    def _look(self, turn: np.ndarray, gaze: tuple[float, float], eyes: np.ndarray, size: int) -> Any:
        look = kernels.Look()
        for name, value in self.look.items():
            setattr(look, name, wp.vec3(*value) if isinstance(value, np.ndarray) else value)
        look.eye_l, look.eye_r = (wp.vec3(*e) for e in eyes)
        look.eye_radius = self.shape.eye_radius
        look.gaze = wp.mat33((turn @ heads.rotation(12 * gaze[0], 8 * gaze[1], 0)).ravel())
        look.to_key, look.to_fill = (wp.vec3(*(d / np.linalg.norm(d))) for d in (TO_KEY, TO_FILL))
        look.camera, look.step = wp.vec3(*self.camera()), FRAME / (DISTANCE * size)
        return look

    def camera(self) -> np.ndarray:
        """Where the camera stands, (3,): in front of the resting face, a little below the eyes."""
        middle = self.shape.eye_centres.mean(axis=0)
        return middle + np.array([0.0, -0.27, DISTANCE])

    def chin(self, turn: np.ndarray) -> np.ndarray:
        """The tip of the chin, (1, 3), with the mouth closed."""
        b, s = heads.basis(), self.shape
        tip = s.points[np.argmin(np.linalg.norm(b.vertices - [0.0, 6.26, 1.50], axis=1))]
        return ((tip - s.pivot) @ turn.T + s.pivot)[None]

    def to_pixels(self, points: np.ndarray, size: int) -> np.ndarray:
        """Image positions (N, 2) as (x, y) px of points (N, 3)."""
        d = points - self.camera()
        flat = d[:, :2] / -d[:, 2:] * (DISTANCE * size / FRAME)
        return np.stack([size / 2 + flat[:, 0], size / 2 - flat[:, 1]], axis=1)
