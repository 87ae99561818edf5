"""What gives an attack away without any network: single statistics of a face or a file, and eight together.

A database in which the mean brightness alone tells live from attack teaches brightness. So every statistic is
measured as the AUC of live against one medium: 0.5 is no clue, far from it on either side is one. Per medium,
since pooled figures hide leaks that pull opposite ways. Meant for training splits; test splits stay unseen.
"""

from collections.abc import Callable

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fasnb.databases import Database
from fasnb.errors import FasnbError
from fasnb.faces import FaceSet
from fasnb.intervals import bootstrap_interval
from fasnb.metrics import auc


def _percentile(q: float) -> Callable[[NDArray, NDArray], float]:
    return lambda rgb, grey: float(np.percentile(grey, q))


#: Of a face: (H, W, 3) float32 RGB and (H, W) float32 grey, 0..255 -> a number. The simplest eight first.
FACE: dict[str, Callable[[NDArray, NDArray], float]] = {
    "brightness": lambda rgb, grey: float(grey.mean()),
    "contrast": lambda rgb, grey: float(grey.std()),
    "redness": lambda rgb, grey: float(rgb[..., 0].mean() / max(rgb.mean(), 1.0)),
    "blueness": lambda rgb, grey: float(rgb[..., 2].mean() / max(rgb.mean(), 1.0)),
    "saturation": lambda rgb, grey: float((np.ptp(rgb, axis=2) / np.maximum(rgb.max(2), 1)).mean()),
    "dark": _percentile(5),
    "bright": _percentile(95),
    "gradient": lambda rgb, grey: float(np.abs(np.diff(grey, axis=1)).mean()),
}
#: Of a file and the box in it.
FILE = ("bytes per frame", "frames", "pixels", "box size", "box x", "box y")


def of_face(picture: NDArray) -> dict[str, float]:
    """Every statistic of a face (H, W, 3) uint8 RGB."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rgb = picture.astype(np.float32)
    return {name: statistic(rgb, grey) for name, statistic in FACE.items()}


def measure(database: Database, found: FaceSet) -> pd.DataFrame:
    """One row a clip: subject, label, medium ("live" for live), the means over its faces, and the file's."""
    rows = []
    for number, clip in enumerate(found.clips):
        at = np.flatnonzero(found.clip_index == number)
        faces = pd.DataFrame([of_face(picture) for picture in found.batch(at)]).mean()
        path = database.file(clip)
        capture = cv2.VideoCapture(str(path))
        frames, width, height = (
            capture.get(what)
            for what in (cv2.CAP_PROP_FRAME_COUNT, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        )
        capture.release()
        x, y, w, h = found.boxes[at].mean(0)
        file = (path.stat().st_size / max(frames, 1), frames, width * height)
        box = (w / max(width, 1), (x + w / 2) / max(width, 1), (y + h / 2) / max(height, 1))
        rows.append(
            {"subject": clip.subject, "label": clip.label, "medium": clip.attack or "live"}
            | faces.to_dict()
            | dict(zip(FILE, (*file, *box)))
        )
    return pd.DataFrame(rows)


def _against_live(measured: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Live clips with those of each medium, and with all of them ("pooled")."""
    live, attack = measured[measured["label"] == 1], measured[measured["label"] == 0]
    if live.empty or attack.empty:
        raise FasnbError("leaks need live and attack clips; one of them is missing")
    each = [(str(medium), pd.concat([live, part])) for medium, part in attack.groupby("medium")]
    return [*each, ("pooled", measured)]


def single(measured: pd.DataFrame) -> pd.DataFrame:
    """AUC of each statistic with its 95 % interval over subjects: medium, statistic, auc, low, high."""
    rows = []
    for medium, part in _against_live(measured):
        for name in (*FACE, *FILE):
            low, high = bootstrap_interval("auc", part[name], part["label"], part["subject"], n=200)
            rows.append((medium, name, auc(part[name], part["label"]), low, high))
    return pd.DataFrame(rows, columns=["medium", "statistic", "auc", "low", "high"])


def together(measured: pd.DataFrame) -> pd.DataFrame:
    """AUC of a logistic regression on the eight statistics of a face, each subject scored by a fit without
    it: medium, auc, low, high.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = []
    for medium, part in _against_live(measured):
        folds = GroupKFold(min(5, part["subject"].nunique()))
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
        x, y, who = part[list(FACE)], part["label"], part["subject"]
        p = cross_val_predict(model, x, y, groups=who, cv=folds, method="predict_proba")[:, 1]
        low, high = bootstrap_interval("auc", p, y, who, n=200)
        rows.append((medium, auc(p, y), low, high))
    return pd.DataFrame(rows, columns=["medium", "auc", "low", "high"])
