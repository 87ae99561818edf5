"""Frames of a video file: evenly sampled, in order, one at a time.

Seeking is unreliable across codecs, so a file is decoded from its start; frames that are not wanted are
skipped without being converted, and no more than one is held. A failed read in mid-stream counts as a frame
that could not be read, not as the end.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

# Damaged files are reported by our own one-line errors; the decoder's chatter would bury them.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np

from fasnb.errors import FasnbError, UsageError

if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

#: Reads that may fail one after another before the rest of the file is given up.
MAX_FAILURES = 50
#: A header that declares more frames than this (9 hours at 30 per second) is taken to be damaged.
MAX_FRAMES = 1_000_000

#: Texts that the decoder would follow to other files.
_LISTS = (b"ffconcat", b"#EXTM3U", b"[playlist]", b"<?xml")
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def even_indices(count: int, n: int) -> list[int]:
    """`n` frame numbers spread evenly over `count` frames: the middles of n equal stretches.

    Strictly increasing; all frames where n >= count. UsageError unless n >= 1.
    """
    if n < 1:
        raise UsageError(f"cannot sample {n} frames from a video; ask for at least 1")
    if n >= count:
        return list(range(count))
    return [(2 * i + 1) * count // (2 * n) for i in range(n)]


def frame_count(path: Path) -> int:
    """Frames in a video as its header declares them, or counted where the header does not know.

    FasnbError if the file is missing, is not a video or holds no frame.
    """
    capture = _open(path)
    try:
        declared = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if 0 < declared <= MAX_FRAMES:
            return int(declared)
        position, last, failures = 0, -1, 0
        while failures < MAX_FAILURES and position < MAX_FRAMES:
            if capture.grab():
                last, failures = position, 0
            else:
                failures += 1
            position += 1
    finally:
        capture.release()
    if last < 0:
        raise _unreadable(path)
    return last + 1


def frames(
    path: Path, n: int | None = None, *, indices: Iterable[int] | None = None, upside_down: bool = False
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (frame number, picture (H, W, 3) uint8 RGB) for `n` evenly sampled frames or for `indices`.

    Frame numbers count from 0 and include frames that cannot be read. In place of a wanted frame that cannot
    be read comes the next good one, unless the next wanted frame is reached first; so fewer may come than
    asked for. Pictures are turned upright by the file's own orientation tag; where it has none and
    `upside_down` says that the file is stored so, by 180 degrees. Never by both.

    FasnbError if the file is missing, is not a video, or not one of the wanted frames could be read.
    """
    if (n is None) == (indices is None):
        raise UsageError("ask for either a number of frames or their indices")
    count = frame_count(path)
    wanted = even_indices(count, n) if n is not None else sorted(set(indices or ()))
    if not wanted:
        return
    if wanted[0] < 0:
        raise UsageError(f"{path}: frame numbers start at 0, not at {wanted[0]}")
    capture = _open(path)
    try:
        # The decoder's own turning is switched off, so that it is decided here whatever its version does.
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
        tagged = int(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 360
        turn = _TURNS.get(tagged or (180 if upside_down else 0))
        served = False
        for position, picture in _decoded(capture, wanted, count):
            served = True
            picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            yield position, picture if turn is None else cv2.rotate(picture, turn)
    finally:
        capture.release()
    if not served:
        raise _unreadable(path)


def _decoded(capture: cv2.VideoCapture, wanted: list[int], count: int) -> Iterator[tuple[int, np.ndarray]]:
    """(position, BGR picture) of the wanted frames or of their stand-ins, by sequential reads."""
    due, failures = 0, 0
    for position in range(max(count, wanted[-1] + 1)):
        good = capture.grab()
        if good and wanted[due] <= position:
            good, picture = capture.retrieve()
            if good:
                yield position, picture
                while due < len(wanted) and wanted[due] <= position:
                    due += 1
                if due == len(wanted):
                    return
        failures = 0 if good else failures + 1
        if failures >= MAX_FAILURES:
            return


def _open(path: Path) -> cv2.VideoCapture:
    if not path.is_file():
        raise FasnbError(f"{path}: no such video; check the data folder, or make or copy the database again")
    with path.open("rb") as file:
        if file.read(64).lstrip().startswith(_LISTS):
            raise FasnbError(f"{path} is a list of other files, not a video; name those instead")
    # One thread per file: many files are decoded side by side.
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise _unreadable(path)
    return capture


def _unreadable(path: Path) -> FasnbError:
    state = "is damaged or not a video" if path.stat().st_size else "is empty"
    return FasnbError(f"{path} {state}; replace it with an intact copy, then run again")
