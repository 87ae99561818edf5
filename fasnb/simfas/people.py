"""The people in front of the camera: who they are, how they move, and their rendered light layers.

A person is a function of (subject key, seed) alone; shapes, pigments and hair are drawn together so that they
go with one another (identity.py), and render.py turns a pose into layers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fasnb.simfas.identity import Traits, draw_traits

if TYPE_CHECKING:  # loading it starts warp
    from fasnb.simfas.render import Model

SIZE = 384  # rendered height and width, pixels
RATE = 25.0  # moments a second in a performance


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

    key, fill, ambient: (H, W, 3) float32 linear radiance, >= 0, not multiplied by alpha. alpha: (H, W)
    float32 in [0, 1]. box: (x, y, w, h) px, brow to chin as a frontal face detector draws it. eyes: ((x,
    y), (x, y)) px, the left one in the image first. eye_mask: (H, W) float32 in [0, 1], the eye openings.
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

    Attributes: sex ("female" or "male"), age (years), tone (0 light .. 1 dark), hair (style name), traits
    (all of it). Paint and hair are made at the first render (about a second).
    """

    def __init__(self, subject_key: str, seed: int) -> None:
        self.subject_key, self.seed = subject_key, seed
        self.traits: Traits = draw_traits(stable_rng("person", subject_key, seed))
        self.sex, self.age = self.traits.sex, self.traits.age
        self.tone, self.hair = self.traits.tone, self.traits.style
        self._model: Model | None = None

    def render(self, pose: Pose, size: int = SIZE) -> Layers:
        """Layers of this person in `pose`, size x size pixels."""
        # Imported here: the renderer loads warp, which those who only want Pose or Layers need not wait for.
        from fasnb.simfas import heads
        from fasnb.simfas.identity import build_model

        if self._model is None:
            self._model = build_model(self.traits, stable_rng("paint", self.subject_key, self.seed))
        model = self._model
        lids = self.traits.lids
        actions = {
            "eyeBlink": lids + (1 - lids) * pose.blink,
            "mouthSmile": 0.65 * pose.smile,
            "cheekSquint": 0.4 * pose.smile,
            "mouthDimple": 0.25 * pose.smile,
            "eyeSquint": 0.25 * pose.smile,
            "jawOpen": 0.4 * pose.mouth,
            "eyeLookDown": 0.35 * max(pose.gaze[1], 0.0) * (1 - pose.blink),
            "eyeLookUp": 0.35 * max(-pose.gaze[1], 0.0) * (1 - pose.blink),
        }
        turn = heads.rotation(pose.yaw, pose.pitch, pose.roll)
        out = model.draw(actions, turn, pose.gaze, size)
        eyes = model.to_pixels(out["eyes"], size)
        x, y, side = face_box(eyes, model.to_pixels(model.chin(turn), size)[0])
        return Layers(
            key=out["key"],
            fill=out["fill"],
            ambient=out["ambient"],
            alpha=out["alpha"],
            box=(x, y, side, side),
            eyes=((float(eyes[0, 0]), float(eyes[0, 1])), (float(eyes[1, 0]), float(eyes[1, 1]))),
            eye_mask=out["eye"],
        )


def face_box(eyes: np.ndarray, chin: np.ndarray) -> tuple[float, float, float]:
    """x, y, side of the square that OpenCV's frontal cascades draw, from eyes (2, 2) and chin (2,) px.

    Fitted to haarcascade_frontalface_alt2 on rendered people."""
    middle = eyes.mean(axis=0)
    down = chin - middle
    side = float(1.62 * np.linalg.norm(down))
    centre = middle + 0.15 * down
    return float(centre[0] - side / 2), float(centre[1] - side / 2), side


def performance(person_key: str, take: int, n: int) -> list[Pose]:
    """The first n moments (25 a second) of a take: smooth, with blinks; longer takes start the same."""
    rng = stable_rng("performance", person_key, take)
    rate = rng.uniform(0.06, 0.38, (8, 3))
    phase = rng.uniform(0, 2 * np.pi, (8, 3))
    weight = np.array([0.55, 0.30, 0.15])
    aim = rng.uniform(-1, 1, 3) * [4.5, 3.0, 1.8]
    reach = rng.uniform(0.25, 1.0, 3) * [7.0, 4.0, 2.5]
    cheer, talk = rng.uniform(0.0, 0.45) * (rng.random() < 0.6), rng.uniform(0.0, 0.5) * (rng.random() < 0.3)
    blinks = stable_rng("blinks", person_key, take)
    starts = [float(blinks.uniform(0.2, 2.5))]
    while starts[-1] < n / RATE:
        starts.append(starts[-1] + 0.6 + float(blinks.gamma(2.2, 1.2)))
    poses = []
    for i in range(n):
        t = i / RATE
        w = (np.sin(2 * np.pi * rate * t + phase) * weight).sum(axis=1)
        yaw, pitch, roll = aim + reach * w[:3]
        smile = float(np.clip(cheer * (0.6 + 0.6 * w[3]), 0, 1))
        speech = max(0.0, float(np.sin(2 * np.pi * 2.6 * t + phase[4, 0]))) * max(0.0, float(w[4]))
        mouth = float(np.clip(talk * speech * 1.6, 0, 0.8))
        gaze = (float(0.35 * w[5] - yaw / 22), float(0.25 * w[6] - pitch / 22))
        blink = max(_lid(t - s) for s in starts)
        poses.append(Pose(float(yaw), float(pitch), float(roll), blink, smile, mouth, gaze))
    return poses


def _lid(t: float) -> float:
    """How far the lids have come down t seconds after a blink began: 90 ms down, 50 ms shut, 170 ms up."""
    if t < 0:
        return 0.0
    rise = float(np.interp(t, [0, 0.09, 0.14, 0.31], [0, 1, 1, 0]))
    return rise * rise * (3 - 2 * rise)
