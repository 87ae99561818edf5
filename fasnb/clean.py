"""`fasnb clean`: makes room by removing what can be made again, and nothing else.

What a profile builds goes by default; cut faces and simulated databases with --data. Results, figures,
weights, the folder that FASNB_DATA names, and databases without the simulator's mark stay, wherever they lie.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from fasnb import paths
from fasnb.errors import FasnbError, UsageError


class Found(NamedTuple):
    """A folder that can be made again, how, and what it holds: bytes on disk, files."""

    folder: Path
    again: str
    size: int
    files: int


def found(profiles: Iterable[str], data: bool = False) -> list[Found]:
    """What is there to remove: build/ of the profiles; with `data` cut faces and simulated databases, too.

    UsageError for an unknown profile, FasnbError where a run of one is being computed.
    """
    from fasnb.profiles import get

    chosen = [get(name) for name in profiles]
    for one in chosen:
        for folder in (paths.build(one.name), paths.store(one.name)):
            _unused(folder)
    wanted = [(paths.build(one.name), f"fasnb reproduce --profile {one.name}") for one in chosen]
    if data:
        wanted.append((paths.CACHE, "cut again when it is needed"))
        for scale in dict.fromkeys(one.scale for one in chosen):
            root = paths.simulated(scale)
            again = f"fasnb simulate --out {root} --scale {scale}"
            wanted += [(folder, again) for folder in _simulated(root)]
    there = [(folder, again) for folder, again in wanted if folder.is_dir() and not _licensed(folder)]
    return [Found(folder, again, *_held(folder)) for folder, again in there]


def remove(one: Found) -> None:
    """Remove a folder with all it holds; links in it go, what they lead to stays. FasnbError if refused."""
    try:
        shutil.rmtree(one.folder)
    except OSError as error:
        reason = error.strerror or error  # a link in place of the folder is refused without a number
        raise FasnbError(
            f"cannot remove {one.folder}: {reason}; remove it yourself, then run again"
        ) from error


def _simulated(root: Path) -> list[Path]:
    """The databases below a root that carry the simulator's mark."""
    from fasnb import databases, layouts

    names = (*layouts.DATABASES, layouts.WIDE)
    marks = (databases.MARKER, databases.UNFINISHED)
    return [root / name for name in names if any((root / name / mark).is_file() for mark in marks)]


def _licensed(folder: Path) -> bool:
    """Whether the folder holds, or lies in, what FASNB_DATA names."""
    if not paths.real_data():
        return False
    here, theirs = folder.resolve(), Path(os.environ["FASNB_DATA"]).expanduser().resolve()
    return here in (theirs, *theirs.parents) or theirs in here.parents


def _unused(folder: Path) -> None:
    """FasnbError where a living process computes a run into the folder."""
    from fasnb import locks

    for lock in folder.rglob("*.lock"):
        if owner := locks.owner_of(lock):
            raise FasnbError(f"{lock} is held by {owner}; wait for it, or end it, then run again")


def _held(folder: Path) -> tuple[int, int]:
    """(bytes on disk, files) below a folder."""
    files = [path.lstat() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    return sum(state.st_blocks * 512 for state in files), len(files)


def told(one: Found) -> str:
    """A folder in one line: "build/smoke: 12.3 MB in 45 files (again: fasnb reproduce --profile smoke)"."""
    return f"{one.folder}: {one.size / 1e6:.1f} MB in {one.files:,} files (again: {one.again})"


def clean(args: argparse.Namespace) -> None:
    """Remove what can be made again: what a profile built, with --data also cut faces and simulated
    databases. Never results, figures, weights or licensed databases. Asks first.
    """
    from fasnb.profiles import PROFILES

    there = found([args.profile] if args.profile else PROFILES, args.data)
    if not there:
        print("there is nothing to remove")
        return
    for one in there:
        print(told(one))
    if not args.yes:
        if not sys.stdin.isatty():
            raise UsageError(
                "nothing was removed, as nobody is here to ask; say --yes to remove these folders"
            )
        if input("remove them? [y/N] ").strip().lower() not in ("y", "yes"):
            print("nothing was removed")
            return
    for one in there:
        remove(one)
    print(f"removed {len(there)} folders, {sum(one.size for one in there) / 1e6:.1f} MB")


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add the command."""
    one = command(clean, "remove what can be made again")
    one.add_argument("--profile", help="smoke, lite, brief or paper (default: what any of them built)")
    one.add_argument(
        "--data", action="store_true", help="cut faces (of all profiles) and simulated databases, too"
    )
    one.add_argument("--yes", action="store_true", help="do not ask")
