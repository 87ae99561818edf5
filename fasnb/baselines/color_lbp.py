"""Color-LBP: the micro-texture of a face's luminance and colour, and a linear decision.

Z. Boulkenafet, J. Komulainen, A. Hadid, "Face anti-spoofing based on color texture analysis", ICIP 2015: the
face at 64 x 64, converted to HSV and YCbCr; of each of the six planes the histogram of uniform local binary
patterns (8 neighbours at radius 1, 59 bins), put in a row.

Two decisions: the compared method of Tables 5 and 6 (`build`) has the paper's support vector machine with a
Gaussian kernel; `ColorLbp`, the yardstick of how hard the databases are, a logistic regression, which gives
a probability and fits in seconds. The paper averages histograms over the frames of a video, then decides;
here each face is decided on, and a video's score is the mean over its faces, as with every method.
"""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from fasnb.errors import FasnbError

if TYPE_CHECKING:  # the yardstick needs no torch
    import torch

    from fasnb.baselines.textures import Textures
    from fasnb.profiles import Profile

SIDE = 64
BINS = 59  # uniform patterns of 8 neighbours, and one bin for all others
PLANES = 6


def planes(face: NDArray) -> list[NDArray]:
    """H, S, V, Y, Cr, Cb, each (64, 64) uint8, of a face (H, W, 3) uint8 RGB."""
    small = face
    if face.shape[:2] != (SIDE, SIDE):
        small = cv2.resize(face, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    spaces = (cv2.COLOR_RGB2HSV, cv2.COLOR_RGB2YCrCb)
    return [plane for space in spaces for plane in cv2.split(cv2.cvtColor(small, space))]


def lbp(plane: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The histogram (59,) of a plane's uniform local binary patterns, of sum 1.

    Bit i of a pixel's code is 1 where neighbour i, of 8 at distance 1 (the diagonal ones between pixels), is
    at least as bright as the pixel. Codes with at most two changes around the circle have a bin each, the
    others share one. Outside the plane it is dark.
    """
    from skimage.feature import local_binary_pattern

    codes = local_binary_pattern(plane, 8, 1, "nri_uniform").astype(np.int64)
    return np.bincount(codes.ravel(), minlength=BINS) / codes.size


def histograms(face: NDArray) -> NDArray[np.float32]:
    """The (354,) float32 of a face (H, W, 3) uint8 RGB: six histograms, each of sum 1."""
    return np.concatenate([lbp(plane) for plane in planes(face)]).astype(np.float32)


def build(profile: "Profile", seed: int, where: "torch.device") -> "Textures":
    """The compared method: these histograms and a Gaussian support vector machine, on the processor."""
    from fasnb.baselines.textures import Textures

    return Textures(histograms, "rbf", seed)


class ColorLbp:
    """Fit on features (N, 354) and labels (N,), 1 live, 0 attack; score = probability of live."""

    def __init__(self, c: float = 0.3) -> None:
        self.c = c
        self._model: Any = None

    def fit(self, features: ArrayLike, labels: ArrayLike) -> "ColorLbp":
        """Learns the decision; classes count alike. FasnbError where one is missing."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        y = np.asarray(labels)
        if len(np.unique(y)) < 2:
            raise FasnbError("Color-LBP needs live and attack faces to learn from; one of them is missing")
        logistic = LogisticRegression(C=self.c, class_weight="balanced", max_iter=2000)
        self._model = make_pipeline(StandardScaler(), logistic).fit(np.asarray(features), y)
        return self

    def score(self, features: ArrayLike) -> NDArray[np.float64]:
        """(N,) probabilities of live."""
        return self._model.predict_proba(np.asarray(features))[:, 1]
