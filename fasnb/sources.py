"""What a user points at, as RGB frames: pictures, videos, folders of them, cameras; one frame at a time.

A source that cannot be read says why in one line (FasnbError); nothing here knows of faces or networks.
"""

import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fasnb import video
from fasnb.errors import FasnbError, UsageError

#: What is taken from a folder. A file that is named itself is looked at whatever its suffix.
PICTURES = frozenset(
    (
        ".jpg",
        ".jpeg",
        ".mpo",
        ".png",
        ".bmp",
        ".gif",
        ".webp",
        ".avif",
        ".tif",
        ".tiff",
        ".ppm",
        ".pgm",
        ".jp2",
    )
)
VIDEOS = frozenset((".avi", ".mov", ".mp4", ".m4v", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".3gp"))
#: Pictures of more pixels are refused before they are decoded: a file of a few kB can declare gigabytes.
MAX_PIXELS = 100_000_000
#: First frames of a camera, while it finds its exposure; they are thrown away.
WARM_UP = 10
# Pillow's other formats are no photographs, and one of them starts another program.
_FORMATS = ("JPEG", "MPO", "PNG", "BMP", "GIF", "WEBP", "AVIF", "TIFF", "PPM", "JPEG2000")
_HEIF = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"))


@dataclass(frozen=True)
class Source:
    """One file or camera; `name` as the user is told it. `problem`: why there is nothing to read."""

    name: str
    path: Path | None = None
    camera: int | None = None
    problem: str = ""


class Frame(NamedTuple):
    """A picture (H, W, 3) uint8 RGB, upright, and what the user should know of it.

    `number`: its place in a video or camera stream from 0; None for a picture file.
    """

    number: int | None
    picture: np.ndarray
    note: str = ""


def expand(names: Iterable[str]) -> Iterator[Source]:
    """The sources behind paths, folders (searched all the way down, by name) and camera indices ("0").

    A name that leads nowhere is a source with a problem, so that it is reported and not lost.
    """
    for name in names:
        path = Path(name)
        try:
            there = path.is_dir(), path.is_file(), path.exists()
        except OSError as error:  # a name too long, a folder above it that may not be entered
            yield Source(_shown(path)[:200], problem=f"{error.strerror}; check the path")
            continue
        if there[0]:
            yield from _folder(path)
        elif there[1]:
            yield Source(_shown(path), path)
        elif there[2]:
            yield Source(_shown(path), problem="is neither a file nor a folder; name one of these")
        elif name.isdecimal():
            yield Source(f"camera {int(name)}", camera=int(name))
        else:
            yield Source(_shown(path), problem="no such file or folder; check the path")


def _folder(top: Path) -> Iterator[Source]:
    found = False
    refused: list[OSError] = []
    for folder, below, files in os.walk(top, onerror=refused.append):
        below.sort()
        for file in sorted(files):
            path = Path(folder) / file
            if path.suffix.lower() in PICTURES | VIDEOS and path.is_file():
                found = True
                yield Source(_shown(path), path)
    for error in refused:
        yield Source(_shown(Path(error.filename)), problem=f"{error.strerror}; mend its permissions")
    if not found and not refused:
        yield Source(_shown(top), problem="holds no picture and no video; choose another folder")


def _shown(path: Path) -> str:
    """A path for printing: bytes that are no text in it are spelled out."""
    return os.fsencode(path).decode(errors="backslashreplace")


def read(source: Source, n: int) -> Iterator[Frame]:
    """The frames of a source: a picture's one, `n` evenly sampled ones of a video, the next `n` of a camera.

    UsageError unless n >= 1; FasnbError where nothing can be read.
    """
    if n < 1:
        raise UsageError(f"cannot look at {n} frames; ask for at least 1")
    if source.problem:
        raise FasnbError(f"{source.name}: {source.problem}")
    if source.camera is not None:
        yield from _camera(source.camera, n)
        return
    assert source.path is not None
    if is_picture(source.path):
        yield Frame(None, *picture(source.path))
    else:
        for number, image in video.frames(source.path, n):
            yield Frame(number, image)


def is_picture(path: Path) -> bool:
    """Whether a file holds a picture, by its content. FasnbError where it holds one that cannot be read.

    A file that neither holds a picture nor is named like one is left to the video reader.
    """
    try:
        with _open(path):
            return True
    except UnidentifiedImageError:
        if _heif(path):
            raise FasnbError(f"{path}: HEIC pictures cannot be read; save it as JPEG or PNG") from None
        if path.suffix.lower() in PICTURES:
            state = "is damaged or not a picture" if path.stat().st_size else "is empty"
            raise FasnbError(f"{path} {state}; replace it with an intact copy, then run again") from None
        return False


def _heif(path: Path) -> bool:
    """Whether it is a phone's HEIC picture, which the video reader would take for a video of its tiles."""
    with open(path, "rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:] in _HEIF


def _open(path: Path) -> Image.Image:
    """The file's header as Pillow sees it; nothing is decoded. FasnbError for too many pixels."""
    Image.init()
    large = f"{path}: more than {MAX_PIXELS // 10**6} million pixels; scale it down"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of size: judged here; of odd metadata: no business of ours
        try:
            image = Image.open(path, formats=[name for name in _FORMATS if name in Image.OPEN])
        except Image.DecompressionBombError:
            raise FasnbError(large) from None
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise FasnbError(large)
    return image


def picture(path: Path) -> tuple[np.ndarray, str]:
    """A picture file as (H, W, 3) uint8 RGB, and a note where more was in it than one picture.

    Turned upright by its EXIF tag; grey, palette, CMYK and 16-bit pictures are converted, what is transparent
    becomes white. Of an animation (GIF, WebP) or several pages the first is taken. FasnbError where it is
    truncated, damaged, too large or of floating-point numbers.
    """
    with _open(path) as image:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                many = image.format != "MPO" and bool(getattr(image, "is_animated", False))
                image.load()
                rgb = _rgb(ImageOps.exif_transpose(image))
        except Exception as error:  # decoders of damaged files raise all kinds of errors
            reason = " ".join(str(error).split()) or type(error).__name__
            raise FasnbError(
                f"{path}: cannot be decoded ({reason}); replace it with an intact copy"
            ) from error
    return rgb, "the first of several pictures in the file" if many else ""


def _rgb(image: Image.Image) -> np.ndarray:
    """(H, W, 3) uint8 of any mode; 16-bit grey levels by their upper byte, as 65535 / 257 = 255."""
    if image.mode == "F":
        raise ValueError("floating-point pixels: save it with 8 bits a channel")
    if image.mode.startswith("I"):
        deep = np.asarray(image).astype(np.int64)
        if deep.min() < 0 or deep.max() > 65535:
            raise ValueError("more than 16 bits a channel: save it with 8")
        return np.repeat(((deep + 128) // 257).astype(np.uint8)[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        above = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), above)
    return np.array(image.convert("RGB"))


def _camera(index: int, n: int) -> Iterator[Frame]:
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    capture = cv2.VideoCapture(index)
    try:
        if not capture.isOpened():
            raise FasnbError(
                f"camera {index} is absent or in use; connect it, free it, or name another index"
            )
        served = failures = 0
        for number in range(n + WARM_UP + video.MAX_FAILURES):
            good, image = capture.read()
            failures = 0 if good else failures + 1
            if good and number >= WARM_UP:
                served += 1
                yield Frame(number, cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
            if served == n or failures >= video.MAX_FAILURES:
                break
        if not served:
            raise FasnbError(f"camera {index} gives no picture; free it for this program, or name another")
    finally:
        capture.release()
        cv2.utils.logging.setLogLevel(level)
