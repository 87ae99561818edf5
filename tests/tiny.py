"""Tiny databases and videos for tests: the official names, a few frames of a few pixels."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from fasnb.databases import face_path
from fasnb.layouts import MSU_LISTS, MSU_TEST, MSU_TRAIN, Clip

CODECS = {".avi": "MJPG", ".mov": "mp4v", ".mp4": "mp4v"}


def write_video(path: Path, pictures: Iterable[np.ndarray]) -> Path:
    """Write pictures (H, W, 3) uint8 RGB; the codec follows from the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = None
    for picture in pictures:
        if writer is None:
            code = cv2.VideoWriter.fourcc(*CODECS[path.suffix])
            writer = cv2.VideoWriter(str(path), code, 25, (picture.shape[1], picture.shape[0]))
            assert writer.isOpened()
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert writer is not None
    writer.release()
    return path


def ramp(n: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """Pictures that tell their number: frame i is grey 10 i + 10."""
    return [np.full((height, width, 3), 10 * i + 10, np.uint8) for i in range(n)]


def number(picture: np.ndarray) -> int:
    """The number of a frame of `ramp` after compression."""
    return round((float(picture.mean()) - 10) / 10)


def two_tone(top: int = 220, bottom: int = 30) -> np.ndarray:
    """A picture (48, 64, 3) whose upper half is of another grey than its lower half."""
    picture = np.full((48, 64, 3), top, np.uint8)
    picture[24:] = bottom
    return picture


def drawn_face(size: int = 240) -> np.ndarray:
    """A schematic face, (size, size, 3) uint8 RGB, about 150 of 240 pixels wide, that the cascade accepts."""
    picture, c = np.full((240, 240, 3), 120, np.uint8), 120
    cv2.ellipse(picture, (c, c), (70, 92), 0, 0, 360, (200, 170, 150), -1)
    cv2.ellipse(picture, (c, c - 60), (72, 50), 0, 180, 360, (60, 45, 40), -1)
    for side in (-1, 1):
        cv2.ellipse(picture, (c + side * 28, c - 18), (17, 8), 0, 0, 360, (95, 70, 60), -1)
        cv2.ellipse(picture, (c + side * 28, c - 18), (12, 5), 0, 0, 360, (235, 235, 235), -1)
        cv2.circle(picture, (c + side * 28, c - 18), 5, (30, 20, 20), -1)
        cv2.line(picture, (c + side * 14, c - 34), (c + side * 44, c - 36), (60, 45, 40), 6)
    cv2.ellipse(picture, (c, c + 18), (10, 8), 0, 0, 180, (150, 110, 95), -1)
    cv2.line(picture, (c - 4, c - 15), (c - 4, c + 15), (215, 190, 170), 5)
    cv2.ellipse(picture, (c, c + 46), (26, 9), 0, 0, 360, (150, 60, 60), -1)
    smooth = cv2.GaussianBlur(picture, (0, 0), 2)
    return cv2.resize(smooth, (size, size), interpolation=cv2.INTER_AREA)


def touch_tree(folder: Path, clips: Sequence[Clip], faces: bool = True, prefix: str = "") -> Path:
    """Empty files under the official names of `clips`, below `folder`/`prefix`; MSU-MFSD's lists too."""
    for clip in clips:
        for path in (clip.path, face_path(clip) if faces else None):
            if path:
                file = folder / prefix / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.touch()
    if clips and clips[0].database == "msu-mfsd":
        write_lists(folder / prefix)
    return folder


def write_lists(folder: Path, train: Sequence[int] = MSU_TRAIN, test: Sequence[int] = MSU_TEST) -> None:
    """MSU-MFSD's subject lists as the release has them: two digits a line, CRLF."""
    for split, subjects in (("train", train), ("test", test)):
        content = "".join(f"{subject:02d}\r\n" for subject in subjects)
        (folder / MSU_LISTS[split]).write_bytes(content.encode())
