"""The people in front of the camera: who they are, how they move, and their rendered light layers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

SIZE = 384  # rendered height and width, pixels


@dataclass(frozen=True)
class Pose:
    """One moment of a face. Angles in degrees: positive yaw turns to the viewer's right, positive pitch down.

    blink, smile, mouth in [0, 1] (0 = open eyes, neutral, closed mouth); gaze = (right, down) in [-1, 1].
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    blink: float = 0.0
    smile: float = 0.0
    mouth: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Layers:
    """A person in one pose, as the light that reaches the camera from three unit white lights, (H, W, .).

    key, fill, ambient: (H, W, 3) float32 linear radiance, >= 0, not multiplied by alpha;
    alpha: (H, W) float32 in [0, 1]; box: (x, y, w, h) px, brow to chin as a frontal face detector draws it;
    eyes: ((x, y), (x, y)) px, the left one in the image first; eye_mask: (H, W) float32, the eye openings.
    """

    key: np.ndarray
    fill: np.ndarray
    ambient: np.ndarray
    alpha: np.ndarray
    box: tuple[float, float, float, float]
    eyes: tuple[tuple[float, float], tuple[float, float]]
    eye_mask: np.ndarray


def stable_rng(*parts: object) -> np.random.Generator:
    """A generator seeded by the text of its parts: the same on every machine and in every process."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "little"))


class Person:
    """One identity, a function of (subject_key, seed) alone.

    Attributes: sex ("female" or "male"), age (years), tone (0 light .. 1 dark), hair (style name), glasses.
    """

    def __init__(self, subject_key: str, seed: int) -> None:
        rng = stable_rng("person", subject_key, seed)
        self.subject_key, self.seed = subject_key, seed
        self.sex = "female" if rng.random() < 0.5 else "male"
        self.age = float(rng.uniform(18, 70))
        self.tone = float(rng.uniform(0, 1))
        self.hair = "bald"
        self.glasses = False
        self._width = float(rng.uniform(0.9, 1.05))
        light, dark = np.array([0.62, 0.42, 0.33]), np.array([0.07, 0.035, 0.022])
        self._skin = np.exp((1 - self.tone) * np.log(light) + self.tone * np.log(dark))

    def render(self, pose: Pose, size: int = SIZE) -> Layers:
        """Layers of this person in `pose`, size x size pixels."""
        y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
        a, b = 0.25 * self._width, 0.33
        u, v = (x - 0.5) / a, (y - 0.47) / b
        z = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
        alpha = np.clip((1 - np.hypot(u, v)) * size * a, 0, 1)
        neck = np.clip(1 - np.maximum(np.abs(x - 0.5) - 0.12 - 0.9 * np.clip(y - 0.84, 0, 1), 0) * size, 0, 1)
        body = neck * (y > 0.6) * (alpha < 1)
        albedo = np.broadcast_to(self._skin.astype(np.float32), (size, size, 3)).copy()
        dx, dy = pose.yaw / 90 * a * 1.5, pose.pitch / 90 * b * 1.5
        eyes = tuple((size * (0.5 + s * a * 0.42 + dx), size * (0.44 + dy)) for s in (-1, 1))
        mask = np.zeros((size, size), np.float32)
        for ex, ey in eyes:
            px, py = x * size - ex, y * size - ey
            rx, ry = 0.045 * size, 0.018 * size * (1 - pose.blink) + 1e-6
            m = np.clip((1 - np.hypot(px / rx, py / ry)) * ry, 0, 1)
            mask = np.maximum(mask, m)
            iris = np.clip(0.016 * size - np.hypot(px, py), 0, 1)
            eye = 0.75 * (1 - iris[..., None]) + 0.03 * iris[..., None]
            albedo = albedo * (1 - m[..., None]) + eye * m[..., None]
            brow = np.exp(-((px / (0.06 * size)) ** 4) - ((py + 0.05 * size) / (0.01 * size)) ** 2)
            albedo *= 1 - 0.85 * brow[..., None]
        mx, my = x - 0.5 - dx, y - 0.64 - dy
        lips = np.exp(-((mx / (0.08 + 0.02 * pose.smile)) ** 4) - (my / (0.016 + 0.02 * pose.mouth)) ** 2)
        albedo *= 1 - lips[..., None] * np.array([0.35, 0.6, 0.55], np.float32)
        nose = np.exp(-(((x - 0.5 - dx) / 0.03) ** 2) - ((y - 0.555 - dy) / 0.012) ** 2)
        albedo *= 1 - 0.4 * nose[..., None]
        zz = np.where(alpha > 0, z, 0.5)

        def lit(lx: float, ly: float, lz: float) -> np.ndarray:
            n = np.array([lx, ly, lz]) / np.linalg.norm([lx, ly, lz])
            wrap = np.clip((n[0] * u + n[1] * v + n[2] * zz + 0.3) / 1.3, 0, 1)
            return (albedo * wrap[..., None]).astype(np.float32)

        cover = np.maximum(alpha, body).astype(np.float32)
        ambient = (albedo * (0.6 + 0.4 * zz)[..., None]).astype(np.float32)
        w = 2 * a * size * 1.02
        box = (size * (0.5 + dx) - w / 2, size * (0.5 + dy) - w / 2, w, w)
        return Layers(lit(-0.5, -0.6, 0.7), lit(0.7, -0.2, 0.6), ambient, cover, box, eyes, mask)  # type: ignore[arg-type]


def performance(person_key: str, take: int, n: int) -> list[Pose]:
    """The first n moments (25 a second) of a take: smooth, with blinks; a longer take starts with the same."""
    rng = stable_rng("performance", person_key, take)
    rate, phase = rng.uniform(0.1, 0.4, (6, 3)), rng.uniform(0, 2 * np.pi, (6, 3))
    first, gap = rng.uniform(0.3, 2.5), rng.uniform(2.0, 4.5)
    poses = []
    for i in range(n):
        t = i / 25
        w = np.sin(2 * np.pi * rate * t + phase).mean(axis=1)
        since = (t - first) % gap
        blink = float(np.clip(1 - abs(since - 0.15) / 0.15, 0, 1)) if t >= first else 0.0
        smile = float(np.clip(0.3 * w[3] + 0.1, 0, 1))
        poses.append(Pose(12 * w[0], 6 * w[1], 4 * w[2], blink, smile, float(max(0, 0.2 * w[4]))))
    return poses
