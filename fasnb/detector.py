"""Where the face is in a picture, and the square cut out around it."""

import math
import sys
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from fasnb.boxes import Box
from fasnb.errors import FasnbError

CASCADE = "haarcascade_frontalface_alt2.xml"
EYE_CASCADE = "haarcascade_eye.xml"
#: Longer side, in pixels, of the picture that is searched: keeps one search at some tens of milliseconds.
SEARCHED = 480
#: The smallest face looked for, as a fraction of the picture's longer side.
SMALLEST = 0.1
#: Added to the face box on each side, as a fraction of its longer side: the square's side is 1.25 box sides.
MARGIN = 0.125
SIZE = 256


@lru_cache(maxsize=2)
def _cascade(name: str) -> "cv2.CascadeClassifier":  # OpenCV 5 has none; few need it
    remedy = "install opencv-python-headless>=4.10,<5"
    if not hasattr(cv2, "CascadeClassifier"):
        raise FasnbError(f"OpenCV {cv2.__version__} has no cascade detector; {remedy}")
    # Wheels keep the cascades beside the module, conda's packages below the environment's share folder.
    places = (Path(cv2.__file__).parent / "data", Path(sys.prefix) / "share/opencv4/haarcascades")
    path = next((place / name for place in places if (place / name).exists()), places[0] / name)
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
    found = _cascade(CASCADE).detectMultiScale(
        grey, scaleFactor=1.1, minNeighbors=3, minSize=(smallest, smallest)
    )
    if len(found) == 0:
        return None
    # Ties broken by place, so that the answer does not hang on the order of the search.
    x, y, w, h = max((tuple(map(int, box)) for box in found), key=lambda box: (box[2] * box[3], box))
    return x / scale, y / scale, w / scale, h / scale


def eyes(image: np.ndarray, box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    """The eyes (x, y) of the face in a box, the left one in the picture (H, W, 3) uint8 RGB first.

    OpenCV's Haar cascade for eyes, then the middle of what differs from the skin around; where the cascade
    does not find both, their usual places in a face box.
    """
    x, y, w, h = box
    usual = [(x + share * w, y + 0.42 * h) for share in (0.315, 0.685)]
    left, top = max(0, round(x)), max(0, round(y + 0.15 * h))
    upper = cv2.cvtColor(image[top : round(y + 0.65 * h), left : round(x + w)], cv2.COLOR_RGB2GRAY)
    scale = 240 / w
    upper = cv2.resize(upper, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = _cascade(EYE_CASCADE).detectMultiScale(upper, scaleFactor=1.05, minNeighbors=4, minSize=(36, 36))
    centred = [_centred(upper, u + s / 2, v + t / 2) for u, v, s, t in found]
    middles = [(u / scale + left, v / scale + top) for u, v in centred]
    near = []
    for a, b in usual:
        close = [(math.hypot((p - a) / w, (q - b) / h), (float(p), float(q))) for p, q in middles]
        distance, place = min(close, default=(1.0, (a, b)))
        near.append(place if distance < 0.1 else None)
    first, second = near
    return (first, second) if first and second else (usual[0], usual[1])


def _centred(grey: np.ndarray, x: float, y: float) -> tuple[float, float]:
    """The middle of the eye near (x, y), in a picture (H, W) uint8 of a face 240 px wide."""
    for _ in range(2):
        left, top = max(0, round(x) - 26), max(0, round(y) - 13)
        patch = cv2.GaussianBlur(grey[top : round(y) + 14, left : round(x) + 27], (0, 0), 1.5).astype(float)
        odd = np.abs(patch - np.median(patch))
        odd = np.maximum(odd - np.percentile(odd, 60), 0)
        if odd.sum() == 0:
            break
        x = left + float((odd.sum(axis=0) * np.arange(odd.shape[1])).sum() / odd.sum())
        y = top + float((odd.sum(axis=1) * np.arange(odd.shape[0])).sum() / odd.sum())
    return x, y


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
