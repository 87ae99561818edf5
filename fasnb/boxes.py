"""Face boxes as the databases' face files give them: x, y, width, height in pixels of the upright picture."""

import math
from bisect import bisect_right
from pathlib import Path, PurePosixPath

from fasnb.errors import FasnbError
from fasnb.layouts import WIDE, Clip

#: x, y of the top left corner, width, height; pixels.
Box = tuple[float, float, float, float]


def face_path(clip: Clip) -> str | None:
    """The official path of a clip's face file; None for CASIA-FASD, which has none."""
    if clip.database == "casia-fasd":
        return None
    beside = str(PurePosixPath(clip.path).with_suffix(".face"))
    return f"face-locations/{beside}" if clip.database == "replay-attack" else beside


def has_corners(clip: Clip) -> bool:
    """Whether the clip's face file holds left, top, right, bottom (MSU-MFSD, wide) instead of x, y, w, h."""
    return clip.database in ("msu-mfsd", WIDE)


def read_face_file(path: Path, corners: bool) -> dict[int, Box]:
    """Valid boxes by frame number (from 0). Rows of zero size are left out, as are frames without a row.

    Rows are `frame x y w h`, with `corners` (MSU-MFSD) `frame left top right bottom` and eyes after them;
    blanks or commas between. FasnbError for a row that is neither.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _malformed(path, f"cannot be read ({error})") from error
    boxes: dict[int, Box] = {}
    for number, line in enumerate(lines, 1):
        fields = line.replace(",", " ").split()
        if not fields:
            continue
        try:
            frame, a, b, c, d = (float(text) for text in fields[:5])
        except ValueError:
            raise _malformed(path, f"line {number} is not a face box") from None
        if frame < 0 or not all(map(math.isfinite, (frame, a, b, c, d))):
            raise _malformed(path, f"line {number} is not a face box")
        width, height = (c - a, d - b) if corners else (c, d)
        if width > 0 and height > 0:
            boxes[int(frame)] = (a, b, width, height)
    return boxes


def box_at(boxes: dict[int, Box], frame: int) -> Box | None:
    """The box of a frame: its own, else the last valid one before, else the first one; None if none is."""
    known = sorted(boxes)
    if not known:
        return None
    return boxes[known[max(bisect_right(known, frame) - 1, 0)]]


def _malformed(path: Path, what: str) -> FasnbError:
    return FasnbError(f"{path}: {what}; restore it from the release, or delete it to have faces detected")
