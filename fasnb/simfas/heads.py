"""The shape of a head: the baked basis, an identity's shape, facial actions, the turn of the neck, smoothing.

Lengths in decimetres, in the frame of the MakeHuman base mesh: x to the person's left (the viewer's right),
y up, z from the face towards the viewer. V coarse vertices, W = about 4 V after one Catmull-Clark step.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from fasnb.errors import FasnbError

BASIS = Path(__file__).with_name("basis.npz")
BODY, UPPER_TEETH, LOWER_TEETH, TONGUE, LASHES, CLOTH, EYE_L, EYE_R = range(8)
WINDOW = (0.62, 1.0, 0.125, 0.825)  # u0, u1, v0, v1 of the head's part of the texture plane
ADULT_YOUNG, ADULT_OLD = 25.0, 90.0  # ages of MakeHuman's "young" and "old" shapes


@dataclass(frozen=True)
class Refined:
    """One Catmull-Clark step as index arrays, for V coarse vertices, E edges, F quads.

    faces (F, 4), edges (E, 2), edge_faces (E, 2) (-1 where the mesh ends), quads (4F, 4) over the new
    vertices (V old, then E edge points, then F face points), and what weighs the old vertices.
    """

    faces: np.ndarray
    edges: np.ndarray
    edge_faces: np.ndarray
    quads: np.ndarray
    valence: np.ndarray
    on_border: np.ndarray

    @staticmethod
    def of(faces: np.ndarray, count: int) -> Refined:
        """Topology of the refinement of quads `faces` (F, 4) over `count` vertices."""
        faces = faces.astype(np.int64)
        n_faces = len(faces)
        sides = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)  # (4F, 2)
        edges, side_edge = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
        side_edge = side_edge.reshape(-1)
        owner = np.repeat(np.arange(n_faces), 4)
        edge_faces = np.full((len(edges), 2), -1)
        order = np.argsort(side_edge, kind="stable")
        first = np.r_[True, np.diff(side_edge[order]) > 0]
        edge_faces[side_edge[order][first], 0] = owner[order][first]
        edge_faces[side_edge[order][~first], 1] = owner[order][~first]
        on_border = np.ones(count, bool)  # so are vertices without a face
        on_border[faces] = False
        on_border[edges[edge_faces[:, 1] < 0]] = True
        side = side_edge.reshape(-1, 4) + count  # edge point after each corner
        centre = np.arange(n_faces) + count + len(edges)
        quads = np.stack(
            [np.stack([faces[:, k], side[:, k], centre, side[:, k - 1]], axis=-1) for k in range(4)], axis=1
        ).reshape(-1, 4)
        valence = np.maximum(np.bincount(edges.ravel(), minlength=count), 1)
        return Refined(faces, edges, edge_faces, quads, valence, on_border)

    def linear(self, values: np.ndarray) -> np.ndarray:
        """Refine values (V, C) without smoothing: (V + E + F, C)."""
        return np.concatenate([values, values[self.edges].mean(axis=1), values[self.faces].mean(axis=1)])

    def smooth(self, points: np.ndarray) -> np.ndarray:
        """Catmull-Clark positions of points (V, 3): (V + E + F, 3)."""
        face = points[self.faces].mean(axis=1)
        middle = points[self.edges].mean(axis=1)
        inner = self.edge_faces[:, 1] >= 0
        edge = middle.copy()
        edge[inner] = (middle[inner] + face[self.edge_faces[inner]].mean(axis=1)) / 2
        n = self.valence[:, None]
        around = _gather(self.faces.ravel(), np.repeat(face, 4, axis=0), len(points)) / n
        along = _gather(self.edges.ravel(), np.repeat(middle, 2, axis=0), len(points)) / n
        moved = (around + 2 * along + (n - 3) * points) / n
        return np.concatenate([np.where(self.on_border[:, None], points, moved), edge, face])


def _gather(index: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Sums of values (N, 3) by index (N,): (count, 3)."""
    return np.stack([np.bincount(index, values[:, c], count) for c in range(3)], axis=1)


class Basis:
    """The baked head: mesh, shapes and actions. Read once per process through `basis()`."""

    def __init__(self, path: Path = BASIS) -> None:
        try:
            with np.load(path, allow_pickle=False) as data:
                z = {k: data[k] for k in data.files}
        except (OSError, ValueError, EOFError, KeyError, BadZipFile, zlib.error) as error:
            remedy = "reinstall fasnb or check the file out again"
            raise FasnbError(f"{path}: the head basis cannot be read ({error}); {remedy}") from error
        self.vertices = z["vertices"].astype(np.float64)  # (V, 3)
        self.weights = z["weights"].astype(np.float64)  # (V, 2) head, jaw
        self.macro_names = [str(s) for s in z["macro_names"]]
        self.local_names = [str(s) for s in z["local_names"]]
        self.action_names = [str(s) for s in z["action_names"]]
        count = len(self.vertices)
        self.macro, self.lower, self.raised, self.action = (
            _dense(z, key, count) for key in ("macro", "lower", "raised", "action")
        )  # (K, V, 3) float32
        part = z["part"]
        eyes = [np.unique(z["quads"][part == e]) for e in (EYE_R, EYE_L)]  # the viewer's left one first
        self.eye_vertices = eyes
        solid = part < EYE_L
        self.part = np.repeat(part[solid], 8)  # two triangles for each of four quads
        self.refined = Refined.of(z["quads"][solid], count)
        uv_refined = Refined.of(z["uv_quads"][solid], len(z["uv"]))
        self.uv = uv_refined.linear(z["uv"].astype(np.float64)).astype(np.float32)
        self.triangles = _split(self.refined.quads)
        self.uv_triangles = _split(uv_refined.quads)
        self.rest = self.refined.smooth(self.vertices)  # (W, 3): where paint lives
        self.rest_weights = self.refined.linear(self.weights)
        self.masks = {k: z[f"mask_{k}"].astype(np.float32) / 255 for k in ("lips", "eyelids", "ears")}

    def actions(self, amounts: dict[str, float]) -> np.ndarray:
        """Sum of facial actions by name; a name without Left or Right means both. (V, 3)."""
        out = np.zeros_like(self.vertices)
        for name, amount in amounts.items():
            names = [name] if name in self.action_names else [name + "Left", name + "Right"]
            for n in names:
                out += amount * self.action[self.action_names.index(n)]
        return out


def _dense(z: dict[str, np.ndarray], key: str, count: int) -> np.ndarray:
    start = z[f"{key}_start"]
    out = np.zeros((len(start) - 1, count, 3), np.float32)
    for i, (a, b) in enumerate(pairwise(start)):
        out[i, z[f"{key}_index"][a:b]] = z[f"{key}_value"][a:b] * z[f"{key}_scale"][i]
    return out


def _split(quads: np.ndarray) -> np.ndarray:
    return np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3).astype(np.int32)


@lru_cache(maxsize=1)
def basis() -> Basis:
    """The basis shipped with the package."""
    return Basis()


@dataclass(frozen=True)
class Shape:
    """An identity's head at rest: coarse points (V, 3), and the numbers it is posed by."""

    points: np.ndarray
    pivot: np.ndarray  # (3,) about which the head turns
    eye_centres: np.ndarray  # (2, 3)
    eye_radius: float
    lid_travel: float  # what the blink action must be multiplied by to close these eyes


def macro_weights(
    sex: float, age: float, weight: float, muscle: float, people: np.ndarray
) -> dict[str, float]:
    """Weights of the macro shapes. sex 0 = female .. 1 = male, age in years, weight and muscle -1 .. 1,
    people (3,) shares of african, asian, caucasian summing to 1."""
    old = float(np.clip((age - ADULT_YOUNG) / (ADULT_OLD - ADULT_YOUNG), 0, 1))
    out: dict[str, float] = {}
    for s, ws in (("female", 1 - sex), ("male", sex)):
        for a, wa in (("young", 1 - old), ("old", old)):
            w = ws * wa
            out[f"{s}-{a}-averageweight"] = w * (1 - abs(weight))
            out[f"{s}-{a}-{'max' if weight > 0 else 'min'}weight"] = w * abs(weight)
            out[f"{s}-{a}-muscle"] = w * muscle
            for name, share in zip(("african", "asian", "caucasian"), people):
                out[f"{name}-{s}-{a}"] = w * float(share)
    return out


def shape(macro: dict[str, float], local: np.ndarray) -> Shape:
    """The head at rest from macro weights and local changes (K,) in about -1 .. 1."""
    b = basis()
    points = b.vertices.copy()
    for name, w in macro.items():
        if w:
            points += w * b.macro[b.macro_names.index(name)]
    points += np.tensordot(np.maximum(local, 0), b.raised, axes=1)
    points += np.tensordot(np.maximum(-local, 0), b.lower, axes=1)
    centres = np.array([points[i].mean(axis=0) for i in b.eye_vertices])
    radius = float(
        np.mean([np.linalg.norm(points[i] - c, axis=1).mean() for i, c in zip(b.eye_vertices, centres)])
    )
    pivot = np.average(points, axis=0, weights=(np.abs(b.weights[:, 0] - 0.6) < 0.3).astype(float))
    gap, reference = (_eye_height(p, b) for p in (points, b.vertices))
    return Shape(points, pivot, centres, radius, float(np.clip(1.02 * gap / reference, 0.75, 1.6)))


def _eye_height(points: np.ndarray, b: Basis) -> float:
    """Mean distance between the lid vertices that meet in a blink."""
    upper, lower = _lid_pairs(b)
    return float(np.linalg.norm(points[upper] - points[lower], axis=1).mean())


def _lid_pairs(b: Basis) -> tuple[np.ndarray, np.ndarray]:
    travel = b.actions({"eyeBlink": 1.0})
    body = np.zeros(len(travel), bool)
    body[np.unique(b.refined.faces[b.part[::8] == BODY])] = True
    upper = np.flatnonzero(body & (travel[:, 1] < -0.11))
    closed = b.vertices + travel
    still = np.flatnonzero(body & (np.abs(travel[:, 1]) < 0.03) & (np.abs(b.vertices[:, 1] - 7.25) < 0.12))
    d = np.linalg.norm(closed[upper][:, None] - closed[still][None], axis=2)
    return upper, still[d.argmin(axis=1)]


def rotation(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """(3, 3): positive yaw to the viewer's right, positive pitch down, positive roll clockwise; degrees."""
    y, p, r = np.radians([yaw, pitch, -roll])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    rz = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return rz @ ry @ rx


def posed(s: Shape, actions: dict[str, float], turn: np.ndarray) -> np.ndarray:
    """The refined surface (W, 3) with facial actions done and the head turned by `turn` (3, 3)."""
    b = basis()
    actions = {k: v * s.lid_travel if k == "eyeBlink" else v for k, v in actions.items()}
    fine = b.refined.smooth(s.points + b.actions(actions))
    follow = b.rest_weights[:, :1]
    turned = (fine - s.pivot) @ turn.T + s.pivot
    return fine + follow * (turned - fine)


def normals(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Smooth unit normals (W, 3) of a triangle mesh, weighted by area."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = _gather(triangles.ravel(), np.repeat(face, 3, axis=0), len(points))
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
