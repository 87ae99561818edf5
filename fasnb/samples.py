"""The training samples of the RGB branch: 64x64 patches cut from 256x256 faces, some of them labelled.

The paper trains on 16,000 samples of which 4,000 keep their label (Table 11). Here every stratum (class and
subject) gives its even share of both: half of the samples are live, and no subject dominates.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from fasnb.errors import FasnbError
from fasnb.layouts import Clip

_READ = 64  # faces in memory at a time


class Faces(Protocol):
    """What sampling needs of a set of faces; `faces.FaceSet` is one."""

    labels: np.ndarray  # (N,) 1 = live, 0 = attack
    clips: list[Clip]
    clip_index: np.ndarray  # (N,) into clips

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray: ...  # (n, 256, 256, 3) uint8 RGB


@dataclass(frozen=True)
class Samples:
    """Patches x (N, 3, P, P) uint8, labels y (N,) int64, and how many of the first keep their label.

    The unlabelled stream is all N patches with their labels hidden; the labelled stream is the first
    `labelled`. `record` says what was drawn, for the store.
    """

    x: Tensor
    y: Tensor
    labelled: int
    record: dict[str, Any]


def subjects_of(faces: Faces) -> np.ndarray:
    """The subject of every face, (N,) int64."""
    return np.array([clip.subject for clip in faces.clips], np.int64)[faces.clip_index]


def order_by_strata(labels: np.ndarray, subjects: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Indices (n,) into the faces, such that every prefix is even over classes, then over subjects.

    Classes alternate; within a class the subjects take turns in a random order; within a subject the faces
    come in random order, again and again where n exceeds their number.
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        raise FasnbError("the training set holds one class only: both live and attack clips are needed")
    streams = [_turns(np.flatnonzero(labels == c), subjects, -(-n // 2), rng) for c in classes]
    return np.stack(streams, axis=1).reshape(-1)[:n]  # (n/2, 2) -> live and attack alternate


def _turns(members: np.ndarray, subjects: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """n of `members`, subjects in turn."""
    who = rng.permutation(np.unique(subjects[members]))
    rounds = -(-n // len(who))
    columns = []
    for subject in who:
        own = members[subjects[members] == subject]
        laps = [rng.permutation(own) for _ in range(-(-rounds // len(own)))]
        columns.append(np.concatenate(laps)[:rounds])
    return np.stack(columns, axis=1).reshape(-1)[:n]  # (rounds, subjects) -> one of each subject a round


def draw(faces: Faces, n: int, labelled: int, seed: int, patch: int = 64) -> Samples:
    """Draw n patches of `patch` pixels at uniform places; the first `labelled` keep their label.

    Equal for equal arguments, whatever the machine. Raises FasnbError where a class is missing.
    """
    rng = np.random.default_rng([seed, 0x5A])
    subjects = subjects_of(faces)
    chosen = order_by_strata(faces.labels, subjects, n, rng)
    side = faces.batch(chosen[:1]).shape[1]
    if patch > side:
        raise FasnbError(f"patches of {patch} pixels do not fit faces of {side}")
    corners = rng.integers(0, side - patch + 1, (n, 2))
    x = np.empty((n, 3, patch, patch), np.uint8)
    by_face = np.argsort(chosen, kind="stable")  # read each clip's file once, in order
    for start in range(0, n, _READ):
        rows = by_face[start : start + _READ]
        for row, face in zip(rows, faces.batch(chosen[rows]), strict=True):
            top, left = corners[row]
            x[row] = face[top : top + patch, left : left + patch].transpose(2, 0, 1)
    y = faces.labels[chosen].astype(np.int64)
    record = {
        "samples": n,
        "labelled": labelled,
        "patch": patch,
        "live": int(y.sum()),
        "labelled_live": int(y[:labelled].sum()),
        "subjects": len(np.unique(subjects[chosen])),
        "labelled_subjects": len(np.unique(subjects[chosen[:labelled]])),
        "faces": len(np.unique(chosen)),
        "digest": sha256(chosen.tobytes() + corners.tobytes() + x.tobytes()).hexdigest()[:16],
    }
    return Samples(torch.from_numpy(x), torch.from_numpy(y), labelled, record)
