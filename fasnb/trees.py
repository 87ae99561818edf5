"""Finding official paths in a folder as it was unpacked: levels in between, letter case, second copies."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from fasnb.errors import FasnbError, UsageError

_VIDEO = {".avi", ".mov", ".mp4", ".m4v", ".mkv", ".mpg", ".mpeg", ".wmv", ".webm"}
#: A folder so named above the official path sorts clips by somebody's idea of their class: not an official
#: tree.
CLASS_FOLDERS = {"real", "live", "genuine", "bonafide", "spoof", "spoofing", "fake", "attack", "attacks"}
_DEPTH = 10


class Absent(FasnbError):
    """The data root has no folder of this database."""


def locate(name: str, root: Path | str | None) -> Path:
    """The folder of a database below `root` (None: FASNB_DATA), in any letter case, or `root` if that is it.

    UsageError if no root is given, FasnbError if it does not exist, Absent if it has no such folder.
    """
    chosen = root if root is not None else os.environ.get("FASNB_DATA")
    if not chosen:
        raise UsageError("no data folder given; set FASNB_DATA to the folder that holds the databases")
    base = Path(chosen).expanduser()
    try:
        there = sorted(base.iterdir()) if base.is_dir() else None
    except OSError as error:  # a name too long, a folder that may not be read
        shown = str(base)[:200]
        raise FasnbError(f"{shown} cannot be read ({error.strerror}); set FASNB_DATA to another") from error
    if there is None:
        raise FasnbError(
            f"{base}: no such folder; set FASNB_DATA, or make one with `fasnb simulate --out {base}`"
        )
    for folder in there:
        if folder.name.lower() == name and folder.is_dir():
            return folder
    if base.name.lower() == name:
        return base
    raise Absent(f"{base} holds no {name}/; put it there, or make one with `fasnb simulate --out {base}`")


def fold(path: str) -> str:
    """A path as it is compared: letter case does not count."""
    return path.lower()


def match(folder: Path, wanted: dict[str, str]) -> tuple[dict[str, Path], list[str]]:
    """Official path -> file below `folder`, and the videos that answer to no official path or a taken one.

    `wanted`: folded official path -> official path. Of two copies the one higher up is taken.
    """
    files: dict[str, Path] = {}
    surplus = []
    for found in sorted(_walk(folder), key=lambda path: (path.count("/"), path)):
        parts = fold(found).split("/")
        tails = (
            "/".join(parts[above:]) for above in range(len(parts)) if not CLASS_FOLDERS & set(parts[:above])
        )
        official = next((wanted[tail] for tail in tails if tail in wanted), None)
        if official and official not in files:
            files[official] = folder / found
        elif PurePosixPath(parts[-1]).suffix in _VIDEO:
            surplus.append(found)
    return files, surplus


def _walk(folder: Path) -> Iterator[str]:
    """Files below the folder, posix and relative; links are followed, hidden files and folders are not."""
    seen = {os.path.realpath(folder)}
    for here, below, names in os.walk(folder, followlinks=True):
        relative = Path(here).relative_to(folder)
        keep = []
        for name in sorted(below):
            real = os.path.realpath(os.path.join(here, name))
            if not name.startswith((".", "__")) and real not in seen and len(relative.parts) < _DEPTH:
                seen.add(real)
                keep.append(name)
        below[:] = keep
        yield from ((relative / name).as_posix() for name in sorted(names) if not name.startswith("."))
