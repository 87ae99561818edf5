"""A folder of the user's own live photographs as the people of a simulation: who is in it, who plays whom.

A picture in the folder is one person; the pictures in one of its sub-folders are one person, of whom the
first two are used: one before the database's camera, the other before the attacker's. Deeper folders, hidden
files and files that are not pictures are passed over. portrait.py makes the people move and lights them.
"""

import hashlib
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image, ImageOps

from fasnb import detector, layouts
from fasnb.boxes import Box
from fasnb.errors import FasnbError, UsageError
from fasnb.simfas.clips import ATTACKERS
from fasnb.simfas.people import Layers, Pose, stable_rng
from fasnb.simfas.portrait import Portrait

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
TAKES = 2  # pictures of a person that are used

T = TypeVar("T")


class Shot(NamedTuple):
    """One photograph: where it is, where its largest face is (x, y, w, h px), and what it contains."""

    path: Path
    box: Box
    digest: str


@dataclass(frozen=True)
class Faces:
    """Who plays whom: (subject's key, the shots of the person who plays it), for subjects and strangers."""

    dealt: tuple[tuple[str, tuple[Shot, ...]], ...]
    _of: dict[str, tuple[Shot, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_of", dict(self.dealt))

    def render(self, person_key: str, take: int) -> Callable[[Pose], Layers]:
        """Pose -> Layers of the photograph that stands for a subject in a take; KeyError if it has none.

        FasnbError where the file is not what it was.
        """
        shots = self._of[person_key]
        shot = shots[take % len(shots)]
        return _portrait(shot).render

    def digest(self, database: str) -> str:
        """What a database's people depend on: every subject's pictures, by content."""
        parts = [
            f"{key} {' '.join(shot.digest for shot in shots)}"
            for key, shots in self.dealt
            if key.startswith(f"{database}/")
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def count(self, database: str) -> int:
        """How many people play the subjects of a database."""
        return len({shots for key, shots in self.dealt if key.startswith(f"{database}/")})


@lru_cache(maxsize=8)
def _portrait(shot: Shot) -> Portrait:
    try:
        content, picture = read(shot.path)
    except Unusable as error:
        raise FasnbError(f"{shot.path}: {error}; leave the pictures alone while they are used") from error
    if content != shot.digest:
        raise FasnbError(f"{shot.path} has changed meanwhile; run again with the pictures as they were")
    return Portrait(picture, shot.box)


# --- the folder


def look(
    folder: Path, databases: Sequence[str], seed: int, say: Callable[[str], None] = lambda line: None
) -> Faces:
    """Finds the people in a folder and deals them to the subjects of `databases` (folder names).

    The order of the people is drawn from the seed and their sorted names, and no more of them are looked at
    than there are subjects. `say` gets a line for every picture that cannot be used, and one where people are
    shared. UsageError: no such folder. FasnbError: no picture, no face, too few people.
    """
    found = candidates(folder)
    if not found:
        raise FasnbError(
            f"{folder} holds no picture ({', '.join(SUFFIXES)}); put one or more per person in it"
        )
    subjects = sum(len(layouts.SUBJECTS[name][split]) for name, split in groups(databases))
    names = list(found)
    people: list[tuple[Shot, ...]] = []
    looked, faceless = 0, 0
    for index in stable_rng("faces", seed, *names).permutation(len(names)):
        shots: list[Shot] = []
        for path in found[names[index]]:
            looked += 1
            try:
                digest, picture = read(path)
            except Unusable as error:
                say(f"{path}: {error}; passed over")
                continue
            box = detector.detect(picture)
            if box is None:
                faceless += 1
                say(f"{path}: no face found; passed over")
                continue
            shots.append(Shot(path.absolute(), box, digest))
            if len(shots) == TAKES:
                break
        if shots:
            people.append(tuple(shots))
        if len(people) == subjects:
            break
    if not people:
        raise FasnbError(
            f"{folder}: no face in any of {looked} pictures ({looked - faceless} of them cannot be read); "
            "use upright portraits from the front, the face at least a tenth of the picture"
        )
    try:
        dealt = deal(people, databases)
    except FasnbError as error:
        raise FasnbError(f"{folder}: {error}") from error
    if len(people) < subjects:
        say(
            f"{len(people)} people play {subjects} subjects; nobody plays in two databases or in two splits "
            "of one"
        )
    return Faces(tuple(dealt.items()))


def candidates(folder: Path) -> dict[str, list[Path]]:
    """The pictures of every person in a folder, by the name of the file or sub-folder, in sorted order.

    UsageError where the folder is none; FasnbError where it may not be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name the folder that holds the photographs")
    found: dict[str, list[Path]] = {}
    try:
        for entry in sorted(folder.iterdir(), key=lambda path: path.name):
            inside = sorted(entry.iterdir(), key=lambda path: path.name) if _open(entry) else [entry]
            pictures = [path for path in inside if _is_picture(path)]
            if pictures:
                found[entry.name] = pictures
    except OSError as error:
        raise FasnbError(f"{error.filename}: {error.strerror}; mend its permissions") from error
    return found


def _open(entry: Path) -> bool:
    return entry.is_dir() and not entry.name.startswith(".")


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and not path.is_dir()


class Unusable(Exception):
    """Why a picture cannot be used."""


def read(path: Path) -> tuple[str, np.ndarray]:
    """The digest of a picture file's content, and the picture, upright, (H, W, 3) uint8 RGB.

    Unusable: not readable, not whole, or so large (89 megapixels, Pillow's limit) that it might be a trap;
    that is known before the picture is decoded.
    """
    if not path.is_file():
        raise Unusable("no regular file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0)
                upright = ImageOps.exif_transpose(Image.open(file))
                if upright.mode.startswith("I;16"):  # Pillow would clip it
                    upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
                return digest, np.array(upright.convert("RGB"))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unusable("too large a picture; save it smaller than 89 megapixels") from None
    except OSError as error:
        raise Unusable(error.strerror or "damaged, or not a picture") from error
    except (SyntaxError, ValueError, EOFError, struct.error) as error:
        raise Unusable("damaged, or not a picture") from error


# --- who plays whom


def groups(databases: Sequence[str]) -> list[tuple[str, str]]:
    """(database, split) of those that must have people of their own."""
    return [(name, split) for name in dict.fromkeys(databases) for split in layouts.SUBJECTS[name]]


def deal(people: Sequence[T], databases: Sequence[str]) -> dict[str, T]:
    """Person keys, of subjects and of the strangers behind cut prints -> people, who come in random order.

    Every (database, split) gets people of its own: one, then more in proportion to its subjects, at most one
    per subject. Its subjects share them in turn; so do its strangers, from the last one on (a stranger can
    be the subject himself where a split has few people). Depends on no scale, so that scales stay prefixes
    of one another. FasnbError where there are fewer people than groups.
    """
    wanted = groups(databases)
    if len(people) < len(wanted):
        raise FasnbError(
            f"{len(wanted)} people are needed, one for each split of {', '.join(databases)}, and "
            f"{len(people)} found; add photographs of others, or simulate fewer databases"
        )
    subjects = {(name, split): layouts.SUBJECTS[name][split] for name, split in wanted}
    share = dict.fromkeys(wanted, 1)
    for _ in range(min(len(people), sum(map(len, subjects.values()))) - len(wanted)):
        neediest = max(wanted, key=lambda group: len(subjects[group]) / share[group])
        share[neediest] += 1
    dealt: dict[str, T] = {}
    first = 0
    for name, split in wanted:
        own = people[first : first + share[name, split]]
        first += len(own)
        for rank, subject in enumerate(subjects[name, split]):
            dealt[f"{name}/{subject}"] = own[rank % len(own)]
        for number in range(ATTACKERS):
            dealt[f"{name}/attacker-{split}-{number}"] = own[-1 - number % len(own)]
    return dealt
