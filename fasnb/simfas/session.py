"""A person's recording sessions: which poses are rendered, when they are shown, and how a head or a hand
sways.

A simulated clip is thinned in time: consecutive frames are 3/25 s of the performance apart, so that eight
frames already hold a second of motion. Rendering is the costly part, so the head is rendered only at key
moments, one for every SHOWN frames, and in between it moves in the plane of the picture by a smooth sub-pixel
sway; blinks, which last about one such frame, have a rendered pose of their own at every second key moment.
Which pose a frame shows depends on the frame's number alone, never on the clip's length: a longer clip starts
with the shorter one.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from fasnb.simfas.people import Layers, Pose, performance, stable_rng

SHOWN = 4  # frames that one key moment is shown for
STEP = 3  # frames of the 25-a-second performance between two frames of a clip
INTERVAL = STEP / 25  # seconds

Render = Callable[[Pose], Layers]


@dataclass
class Take:
    """One person before a camera for a while. Poses are rendered when first asked for, and kept."""

    person_key: str
    number: int
    render: Render

    def __post_init__(self) -> None:
        self._kept: dict[tuple[int, bool], Layers] = {}
        self._poses: list[Pose] = []

    def pose(self, moment: int, closed: bool) -> Pose:
        """The pose at a key moment, with the eyes open or closed."""
        at = moment * SHOWN * STEP
        if at >= len(self._poses):
            self._poses = performance(self.person_key, self.number, at + 1)
        return replace(self._poses[at], blink=1.0 if closed else min(self._poses[at].blink, 0.1))

    def layers(self, moment: int, closed: bool = False) -> Layers:
        """The rendered layers at a key moment."""
        key = (moment, closed)
        if key not in self._kept:
            self._kept[key] = self.render(self.pose(moment, closed))
        return self._kept[key]

    @property
    def reference(self) -> float:
        """Width of the face box in the first pose, rendered px: the scale of every picture of this take."""
        return float(self.layers(0).box[2])


def moment(frame: int, order: int, blink: int) -> tuple[int, bool]:
    """The key moment that a frame shows, and whether its eyes are closed.

    `order` 0 or 1: two clips of one take show each pair of moments in the one or the other order. `blink` in
    [0, SHOWN): which of the frames of an even moment is the blink.
    """
    segment, within = divmod(frame, SHOWN)
    number = segment ^ (order & 1)
    return number, number % 2 == 0 and within == blink


class Sway:
    """Smooth involuntary motion: three sines (0.3-2.5 Hz) per axis, of unit rms; phases are drawn once a
    clip.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self._hertz = rng.uniform([0.3, 0.7, 1.4], [0.7, 1.4, 2.5], (5, 3))
        self._phase = rng.uniform(0, 2 * np.pi, (5, 3))
        weight = np.array([1.0, 0.6, 0.35])
        self._weight = weight / np.sqrt((weight**2).sum() / 2)

    def at(self, seconds: float) -> np.ndarray:
        """(5,) displacements at a time: x, y, roll, yaw, pitch."""
        return (self._weight * np.sin(2 * np.pi * self._hertz * seconds + self._phase)).sum(1)

    def speed(self, seconds: float) -> np.ndarray:
        """(5,) their time derivatives, per second."""
        w = 2 * np.pi * self._hertz
        return (self._weight * w * np.cos(w * seconds + self._phase)).sum(1)


def keyed(*parts: object) -> np.random.Generator:
    """The generator of one draw, from what it is for: (seed, database, clip or subject, purpose, frame)."""
    return stable_rng("capture", *parts)
