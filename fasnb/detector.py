"""Where the face is in a picture, and the square cut out around it."""

import sys
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from fasnb.boxes import Box
from fasnb.errors import FasnbError

CASCADE = "haarcascade_frontalface_alt2.xml"
#: Longer side, in pixels, of the picture that is searched: keeps one search at some tens of milliseconds.
SEARCHED = 480
#: The smallest face looked for, as a fraction of the picture's longer side.
SMALLEST = 0.1
#: Added to the face box on each side, as a fraction of its longer side: the square's side is 1.25 box sides.
MARGIN = 0.125
SIZE = 256


@lru_cache(maxsize=1)
def _cascade() -> "cv2.CascadeClassifier":  # OpenCV 5 has none; only faces without a box need it
    remedy = "install opencv-python-headless>=4.10,<5"
    if not hasattr(cv2, "CascadeClassifier"):
        raise FasnbError(f"OpenCV {cv2.__version__} has no cascade detector; {remedy}")
    # Wheels keep the cascades beside the module, conda's packages below the environment's share folder.
    places = (Path(cv2.__file__).parent / "data", Path(sys.prefix) / "share/opencv4/haarcascades")
    path = next((place / CASCADE for place in places if (place / CASCADE).exists()), places[0] / CASCADE)
    cascade = cv2.CascadeClassifier(str(path)) if path.exists() else None
    if cascade is None or cascade.empty():
        raise FasnbError(f"{path}: OpenCV's face cascade is missing or damaged; {remedy}")
    return cascade


def detect(image: np.ndarray) -> Box | None:
    """The largest frontal face of a picture (H, W, 3) uint8 RGB: x, y, width, height in pixels; None if none.

    OpenCV's Haar cascade frontalface_alt2, on the picture scaled down to SEARCHED. FasnbError if OpenCV ships
    no cascade.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, SEARCHED / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    smallest = max(20, round(SMALLEST * max(grey.shape)))
    found = _cascade().detectMultiScale(grey, scaleFactor=1.1, minNeighbors=3, minSize=(smallest, smallest))
    if len(found) == 0:
        return None
    # Ties broken by place, so that the answer does not hang on the order of the search.
    x, y, w, h = max((tuple(map(int, box)) for box in found), key=lambda box: (box[2] * box[3], box))
    return x / scale, y / scale, w / scale, h / scale


def usable(box: Box, image: np.ndarray) -> bool:
    """Whether a box can be of a face in this picture: centred inside it, at most twice as large as it."""
    height, width = image.shape[:2]
    x, y, w, h = box
    inside = 0 <= x + w / 2 < width and 0 <= y + h / 2 < height
    return inside and 0 < max(w, h) <= 2 * max(width, height)


def crop(image: np.ndarray, box: Box, margin: float = MARGIN, size: int = SIZE) -> np.ndarray:
    """The square around a box, (size, size, 3) uint8 RGB.

    Its side is (1 + 2 margin) times the box's longer side, its centre the box's. What lies outside the
    picture (H, W, 3) uint8 RGB repeats the picture's edge.
    """
    x, y, w, h = box
    exact = max(w, h) * (1 + 2 * margin)
    side = max(1, round(exact))
    left, top = round(x + w / 2 - exact / 2), round(y + h / 2 - exact / 2)
    rows = np.clip(np.arange(top, top + side), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(left, left + side), 0, image.shape[1] - 1)
    square = image[rows[:, None], columns]  # (side, side, 3)
    if side == size:
        return square
    return cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR)
