"""The same people and clips before changed media and cameras: faces of a few frames, without any file.

A variant is a Domain; all random draws are keyed by subject and clip, so what differs between two variants is
what was changed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fasnb.detector import crop
from fasnb.layouts import Clip
from fasnb.simfas import clips as sim
from fasnb.simfas.cast import Cast
from fasnb.simfas.domains import Domain


@dataclass(frozen=True)
class Shot:
    """A clip and the faces cut from its first frames, (n, size, size, 3) uint8 RGB."""

    clip: Clip
    faces: np.ndarray


def shots(
    domain: Domain, clips: Sequence[Clip], cast: Cast, frames: int, size: int, every: int = 1
) -> Iterator[Shot]:
    """Each clip's faces from `frames` frames, `every` apart, captured in a variant of its database."""
    by_subject: dict[int, list[Clip]] = {}
    for clip in clips:
        by_subject.setdefault(clip.subject, []).append(clip)
    for number, found in by_subject.items():
        subject = sim.Subject(domain, number, cast)
        for clip in found:
            seen = sim.frames(clip, subject, frames, every)
            yield Shot(clip, np.stack([crop(frame.picture, frame.box, size=size) for frame in seen]))
