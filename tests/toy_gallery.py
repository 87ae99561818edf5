"""A few faces of two people in two databases, without any file, for the explorers of pictures."""

from dataclasses import dataclass, field

import numpy as np

from fasnb.explore_faces import Gallery
from fasnb.layouts import Clip
from tests.tiny import drawn_face


@dataclass
class ToyFaces:
    """Two faces a clip, each a drawn face of its own brightness."""

    clips: list[Clip]
    clip_index: np.ndarray = field(init=False)

    def __post_init__(self):
        self.clip_index = np.repeat(np.arange(len(self.clips)), 2)
        self.labels = np.array([clip.label for clip in self.clips])[self.clip_index]
        self.frame = np.tile([0, 7], len(self.clips))
        self.boxes = np.tile(np.float32([10, 10, 100, 120]), (len(self.labels), 1))

    def batch(self, indices):
        face = drawn_face(256)
        return np.stack([np.uint8(face * (1 - 0.05 * index)) for index in indices])


def clip(database, subject, attack="", split="test"):
    return Clip(database, f"{split}/{subject}{attack}.avi", subject, split, int(not attack), attack, "low")


def gallery():
    """casia: person 3 live (test, train) and cut; person 8 live. msu: person 5, an attack alone."""
    casia = [clip("casia-fasd", 3), clip("casia-fasd", 3, "cut"), clip("casia-fasd", 8)]
    more = [clip("casia-fasd", 3, split="train")]
    msu = [clip("msu-mfsd", 5, "ipad_video"), clip("msu-mfsd", 6)]
    return Gallery({"casia": [ToyFaces(casia), ToyFaces(more)], "msu": [ToyFaces(msu)]})
