"""A compared method from a description of one face's texture and a support vector machine over it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fasnb import device, samples
from fasnb.baselines.svm import Kernel, Svm
from fasnb.faces import FaceSet

Report = Callable[[float, str], None]
#: A face (H, W, 3) uint8 RGB -> its features (d,) float32.
Describe = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

#: Faces learnt from at most: 2,000 of 7,680 features are 61 MB, twice that in float64; their kernel is 32 MB.
FACES = 2_000
_READ = 16  # faces in memory at a time


class Textures:
    """A compared method, `runs.Method`, from a description of one face and a kernel.

    It learns from single faces, at most FACES of them, even over classes and subjects where there are more.
    """

    def __init__(self, describe: Describe, kernel: Kernel, seed: int) -> None:
        self.describe, self.seed = describe, seed
        self.svm = Svm(kernel)

    def fit(self, faces: FaceSet, folder: Path, report: Report) -> dict[str, Any]:
        """Learn in one go; `folder` is not needed. FasnbError where a class is missing."""
        subjects = samples.subjects_of(faces)
        chosen = np.arange(len(faces))
        if len(faces) > FACES:
            rng = np.random.default_rng(self.seed)
            chosen = np.unique(samples.order_by_strata(faces.labels, subjects, FACES, rng))
        parts = []
        for start in range(0, len(chosen), _READ):
            parts.append(self._features(faces.batch(chosen[start : start + _READ])))
            report(0.8 * start / len(chosen), f"{start} of {len(chosen)} faces described")
        labels, people = faces.labels[chosen], subjects[chosen]
        # Subjects are kept together, or clips where a class shows one subject alone.
        fewest = min(len(np.unique(people[labels == label])) for label in (0, 1))
        groups = people if fewest > 1 else faces.clip_index[chosen]
        facts = self.svm.fit(np.concatenate(parts), labels.astype(np.int64), groups)
        report(1.0, f"C {facts['c']:g}, held-out AUC {facts['held_out_auc']:.3f}")
        # The processor does all of it, whatever accelerator the machine has.
        facts |= {"device": device.title(torch.device("cpu")), "precision": "float64"}
        parameters = sum(tensor.numel() for tensor in self.svm.learnt.values())
        return facts | {"parameters": parameters, "learnt_from": len(chosen)}

    def _features(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        return np.stack([self.describe(face) for face in pictures])

    def score(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """p(live) (n,) float32 of faces (n, S, S, 3) uint8 RGB."""
        return self.svm.score(self._features(pictures))

    def tensors(self) -> dict[str, Tensor]:
        """Support vectors, dual coefficients, intercept, standardisation and sigmoid."""
        return self.svm.learnt

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `tensors` gave; KeyError or RuntimeError where it does not fit."""
        self.svm.load(tensors)
        width = len(self.describe(np.zeros((8, 8, 3), np.uint8)))
        if len(tensors["mean"]) != width:
            raise RuntimeError(f"made for {len(tensors['mean'])} features and not {width}")
