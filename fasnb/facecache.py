"""The faces of each clip on disk: one .npy of pictures and one .json that vouches for it, named by content.

The name is a hash of the video's bytes, the face file's bytes and the settings, so a changed input is another
entry. Both files appear whole (fasnb.atomic), the .json last; an entry that does not match its .json is
redone.
"""

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from tokenize import TokenError  # numpy's, for an array header that is no Python
from typing import Any

import numpy as np

from fasnb import atomic
from fasnb.errors import FasnbError

#: Counts up whenever the pictures made from the same input would differ.
VERSION = 1


@dataclass(frozen=True)
class Entry:
    """What is known of one clip's faces. `failure` tells why there are none, "" if there are.

    `frames` (n) and `boxes` (n, 4: x, y, w, h in pixels) go with the pictures (n, size, size, 3) uint8;
    `unreadable` counts frames asked for that the video did not yield; `checksum` is of the .npy file, whose
    `npy_bytes` and `modified` (ns) tell cheaply that it has not been touched since.
    """

    failure: str = ""
    frames: tuple[int, ...] = ()
    boxes: tuple[tuple[float, ...], ...] = ()
    boxes_from: str = ""
    unreadable: int = 0
    checksum: str = ""
    npy_bytes: int = 0
    modified: int = 0


def private_folder(folder: Path) -> Path:
    """The folder, made if need be and open to its owner only: it holds pictures of faces."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise FasnbError(
            f"cannot make {folder} for its owner alone ({error.strerror}); choose another cache"
        ) from error
    return folder


def key(video: Path, face_file: Path | None, settings: dict[str, Any]) -> str:
    """The name of a clip's entry: 40 hex digits. FasnbError if a file cannot be read."""
    parts = {
        "version": VERSION,
        "video": content_hash(video),
        "faces": content_hash(face_file) if face_file else "",
        "settings": settings,
    }
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=20).hexdigest()


def content_hash(path: Path) -> str:
    """Hash of a file's bytes; read once per process as long as its size and time stay the same."""
    try:
        state = path.stat()
        return _content_hash(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise FasnbError(
            f"{path} cannot be read ({error.strerror}); restore it or its permissions, then run again"
        ) from error


@lru_cache(maxsize=100_000)
def _content_hash(path: Path, size: int, modified: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()


def load(stem: Path, shape: tuple[int, int, int]) -> Entry | None:
    """The entry kept as stem.json and stem.npy; None if there is none, or if it is damaged or half written.

    `shape` is that of one picture. A .npy touched since it was written is believed if its checksum still
    holds.
    """
    try:
        entry = _parse(json.loads(stem.with_suffix(".json").read_text(encoding="utf-8")))
        if entry.failure:
            return entry
        path = stem.with_suffix(".npy")
        state = path.stat()
        pictures = np.load(path, mmap_mode="r", allow_pickle=False)
        if pictures.shape != (len(entry.frames), *shape) or pictures.dtype != np.uint8:
            return None
        if (state.st_size, state.st_mtime_ns) != (entry.npy_bytes, entry.modified):
            same = state.st_size == entry.npy_bytes and content_hash(path) == entry.checksum
            return entry if same else None
    except (OSError, ValueError, TypeError, KeyError, EOFError, RecursionError, TokenError, FasnbError):
        return None
    return entry


def _parse(raw: dict[str, Any]) -> Entry:
    entry = Entry(
        **raw | {"frames": tuple(raw["frames"]), "boxes": tuple(tuple(box) for box in raw["boxes"])}
    )
    counts = (*entry.frames, entry.unreadable, entry.npy_bytes, entry.modified)
    sides = [side for box in entry.boxes for side in box]
    if not (
        all(isinstance(text, str) for text in (entry.failure, entry.boxes_from, entry.checksum))
        and all(type(count) is int and count >= 0 for count in counts)
        and all(frame < 2**31 for frame in entry.frames)
        and all(type(side) in (int, float) and math.isfinite(side) for side in sides)
        and all(len(box) == 4 for box in entry.boxes)
    ):
        raise ValueError("values of another kind")
    if not entry.failure and (len(entry.frames) != len(entry.boxes) or not entry.frames):
        raise ValueError("frames and boxes do not match")
    return entry


def save_faces(
    stem: Path, pictures: np.ndarray, frames: list[int], boxes: list[tuple[float, ...]], **more: Any
) -> None:
    """Keep a clip's pictures (n, size, size, 3) uint8, their frame numbers and boxes. FasnbError if full."""
    path = stem.with_suffix(".npy")
    with atomic.writing(path) as temporary, open(temporary, "wb") as file:
        np.save(file, pictures, allow_pickle=False)
    state = os.stat(path)
    _save(
        stem,
        Entry(
            frames=tuple(frames),
            boxes=tuple(boxes),
            checksum=content_hash(path),
            npy_bytes=state.st_size,
            modified=state.st_mtime_ns,
            **more,
        ),
    )


def save_failure(stem: Path, reason: str) -> None:
    """Remember that a clip yields no face, and why."""
    _save(stem, Entry(failure=reason))


def _save(stem: Path, entry: Entry) -> None:
    atomic.write_text(stem.with_suffix(".json"), json.dumps(asdict(entry)) + "\n")
