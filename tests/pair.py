"""A store with the runs of a pair whose networks were never trained, as files where a run leaves them."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from fasnb import checkpoints, networks, paths
from fasnb.experiments import Experiment, make
from fasnb.profiles import SMOKE
from fasnb.runs import Result, Store
from tests.test_runs import put, store
from tests.tiny import drawn_face

PAIR = (make("mpl_uda", "casia"), make("attvlad", "casia"))


def leave_weights(one: Store, result: Result, tensors: dict) -> Path:
    """Write tensors where the run of `result` leaves its network."""
    path = paths.trained("smoke", result.path.stem)
    checkpoints.write(path, tensors, {"experiment": result.experiment.name})
    return path


def network(experiment: Experiment) -> torch.nn.Module:
    """The smoke network of an experiment at its random start."""
    torch.manual_seed(1)
    return networks.build(experiment.network(SMOKE)).eval()


def pair_store(folder: Path, monkeypatch) -> Store:
    """The store, below `folder`; build/ and weights/ lie there too."""
    monkeypatch.setattr(paths, "BUILD", folder / "build")
    monkeypatch.setattr(paths, "WEIGHTS", folder / "weights")
    one = store(folder / "results")
    for experiment in PAIR:
        leave_weights(one, put(one, experiment, parameters=7), network(experiment).state_dict())
    return one


def face_picture(path: Path, size: int = 240, **options) -> Path:
    """A drawn face that the detector finds, as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(drawn_face(size)).save(path, **options)
    return path


def no_face() -> np.ndarray:
    """A picture (240, 320, 3) without a face."""
    return np.full((240, 320, 3), 120, np.uint8)
