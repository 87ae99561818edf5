"""A quick stand-in for the rendered people: a shaded disc with eyes, enough for media and cameras."""

from typing import ClassVar

import numpy as np

from fasnb.simfas.people import Layers, Pose

SIZE = 96


def layers(pose: Pose | None = None, albedo: float = 0.4) -> Layers:
    pose = pose or Pose()
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    cx, cy = SIZE / 2 + pose.yaw / 10, SIZE * 0.45
    r = np.hypot((x - cx) / 26, (y - cy) / 34)
    body = (y > 70) & (np.abs(x - SIZE / 2) < 40)
    alpha = np.maximum(np.clip((1 - r) * 26, 0, 1), body).astype(np.float32)
    skin = np.full((SIZE, SIZE, 3), albedo, np.float32) * np.array([1.0, 0.75, 0.6], np.float32)
    eyes = ((cx - 10, cy - 6), (cx + 10, cy - 6))
    mask = np.zeros((SIZE, SIZE), np.float32)
    for ex, ey in eyes:
        mask = np.maximum(mask, np.clip(4 * (1 - pose.blink) - np.hypot(x - ex, (y - ey) * 2), 0, 1))
    skin *= 1 - 0.8 * mask[..., None]
    half = (0.5 + 0.5 * (cx - x) / SIZE)[..., None]
    return Layers(skin * half, skin * (1 - half), skin, alpha, (cx - 24.0, cy - 24.0, 48.0, 48.0), eyes, mask)


class Person:
    """Drop-in for fasnb.simfas.people.Person."""

    drawn: ClassVar[list[tuple[str, Pose]]] = []  # what was rendered so far: who, and in which pose

    def __init__(self, subject_key: str, seed: int) -> None:
        self.key = subject_key
        self.albedo = 0.2 + 0.05 * (sum(map(ord, subject_key)) % 8)

    def render(self, pose: Pose, size: int = SIZE) -> Layers:
        self.drawn.append((self.key, pose))
        return layers(pose, self.albedo)
