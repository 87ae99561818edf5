"""One run of a compared method: fit it on a training split, score every video that a table needs.

Each method is a module of this package, named as its row in Tables 5 and 6, with a function
`build(profile, seed, where) -> Method`.
"""

import time
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from fasnb import checkpoints, device
from fasnb.corpus import Corpus
from fasnb.errors import UsageError
from fasnb.experiments import OTHERS, Experiment
from fasnb.faces import FaceSet
from fasnb.profiles import Profile
from fasnb.training import WEIGHTS, Report, score


class Method(Protocol):
    """What a compared method can do; 1 = live, 0 = attack."""

    def fit(self, faces: FaceSet, folder: Path, report: Report) -> dict[str, Any]:
        """Learn from faces; `folder` keeps a checkpoint to go on from. Returns what to record.

        FasnbError where a class is missing.
        """

    def score(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """p(live) (n,) float32, finite, of faces (n, S, S, 3) uint8 RGB."""

    def tensors(self) -> dict[str, Tensor]:
        """All that was learnt, by name."""

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `tensors` gave; RuntimeError or KeyError where it does not fit."""


def build(name: str, profile: Profile, seed: int, where: torch.device) -> Method:
    """A method that has learnt nothing yet; UsageError for an unknown one."""
    if name not in OTHERS:
        raise UsageError(f"unknown method {name!r}; choose one of {', '.join(OTHERS)}")
    return import_module(f"fasnb.baselines.{name}").build(profile, seed, where)


def train(
    experiment: Experiment, profile: Profile, corpus: Corpus, folder: Path, report: Report
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Fit, or go on from `folder`'s checkpoint, and score. Returns (what to record, scores per video).

    What was learnt stays in `folder` as tensors, and so does the last checkpoint, if any.
    """
    where = device.choose()
    device.prepare(where)
    begun = time.monotonic()
    method = build(experiment.method, profile, experiment.seed, where)
    found = corpus.training_faces(experiment.train)
    facts = method.fit(found, folder, lambda part, message: report(0.9 * part, message))
    fitted = time.monotonic()
    checkpoints.write(
        folder / WEIGHTS, method.tensors(), {"experiment": experiment.name, "profile": profile.name}
    )
    table = score(method.score, experiment.train, corpus, report)
    extra = {
        "device": device.title(where),
        "samples": {"faces": len(found), "live": int(found.labels.sum())},
        "steps_per_s": None,
        "seconds": {
            "load": 0.0,
            "train": round(fitted - begun, 2),
            "score": round(time.monotonic() - fitted, 2),
        },
    }
    return extra | facts, table
