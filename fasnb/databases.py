"""The three databases as their licensees have them on disk: found, checked against the official lists, read.

A data root holds casia-fasd/, replay-attack/ and msu-mfsd/, licensed or simulated; a simulated one carries
SIMULATED.json. A simulated root may hold wide/ as well, which is read where it is named. Archive folders
between (replayattack-train/, MSU-MFSD-Publish/) and letter case are passed over.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fasnb import layouts, trees, video
from fasnb.boxes import Box, face_path, has_corners, read_face_file
from fasnb.errors import FasnbError, UsageError
from fasnb.layouts import DATABASES, WIDE, Clip

#: What a simulated database carries when it is whole, and while it is being written.
MARKER, UNFINISHED = "SIMULATED.json", "SIMULATING.json"
_SHOWN = 4


@dataclass(frozen=True)
class Database:
    """A database found on disk. `clips` are the official ones present, sorted by path, enrolment left out.

    `missing` and `surplus` compare it with the official list, or with its scale's where it is simulated;
    `notes` tell what else is off. `source` is "real" or "simulated" (then `marker` holds SIMULATED.json; an
    unfinished one has SIMULATING.json).
    """

    name: str
    root: Path
    source: str
    clips: list[Clip]
    missing: list[str]
    surplus: list[str]
    notes: list[str]
    marker: dict[str, Any] | None
    expected: int
    files: dict[str, Path] = field(repr=False)

    @property
    def regular(self) -> bool:
        """Whether it holds just what it should."""
        return not (self.missing or self.surplus or self.notes)

    def clips_in(self, split: str | None = None, protocol: str | None = None) -> list[Clip]:
        """Clips of a split (None: of all) under a protocol (None: the default). UsageError if unknown."""
        known = layouts.SPLITS[self.name]
        if split is not None and split not in known:
            raise UsageError(f"{self.name} has no split {split!r}; choose from {', '.join(known)}")
        return [c for c in layouts.select(self.clips, protocol) if split in (None, c.split)]

    def file(self, clip: Clip) -> Path:
        """Where the clip's video lies; FasnbError if this copy does not have it."""
        if clip.path not in self.files:
            raise FasnbError(f"{self.root} has no {clip.path}; complete it, or leave the clip out")
        return self.files[clip.path]

    def face_file(self, clip: Clip) -> Path | None:
        """Where the clip's face boxes lie; None where there are none (CASIA-FASD never has them)."""
        return self.files.get(face_path(clip) or "")

    def boxes(self, clip: Clip) -> dict[int, Box] | None:
        """Valid face boxes by frame number, in upright pictures; None without a face file."""
        path = self.face_file(clip)
        return None if path is None else read_face_file(path, corners=has_corners(clip))

    def read_frames(self, clip: Clip, n: int) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (frame number, upright picture (H, W, 3) uint8 RGB) of `n` evenly sampled frames.

        FasnbError if the video is missing, empty or damaged. See `fasnb.video.frames`.
        """
        return video.frames(self.file(clip), n, upside_down=stored_upside_down(clip))

    def problem(self) -> str | None:
        """One line that says what is off, with the first few names; None if nothing is."""
        if self.regular:
            return None
        found = self.expected - len(self.missing)
        parts = [f"{found} of {self.expected} clips"]
        for word, names in (("missing", self.missing), ("surplus", self.surplus)):
            if names:
                shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
                parts.append(f"{len(names)} {word} ({shown})")
        return f"{self.root} is not a whole {self.name}: " + "; ".join(parts + self.notes)


def open_database(name: str, root: Path | str | None = None, allow_partial: bool = False) -> Database:
    """The database `name` (folder or short name) below `root`, by default below what FASNB_DATA names.

    FasnbError if there is none, or if clips are missing or surplus or their counts are off, unless
    `allow_partial`; in any case if no official clip is found or a subject list is malformed.
    """
    found = survey(name, root)
    problem = found.problem()
    simulate = "run the same `fasnb simulate` again to finish it"
    if problem and not found.clips:
        raise FasnbError(f"{problem}; put the official folders there as the release has them")
    if problem and not allow_partial:
        remedy = simulate if found.source == "simulated" else "complete it from the release"
        raise FasnbError(f"{problem}; {remedy}, or allow a partial database")
    return found


def open_all(
    root: Path | str | None = None, allow_partial: bool = False, names: Iterable[str] = DATABASES
) -> dict[str, Database]:
    """The databases `names`, by folder name; errors as in `open_database`."""
    opened = (open_database(name, root, allow_partial) for name in names)
    return {database.name: database for database in opened}


def survey(name: str, root: Path | str | None = None) -> Database:
    """Find and check a database without refusing an irregular one.

    FasnbError where the folder does not exist, SIMULATED.json is damaged or a subject list is malformed.
    """
    name = layouts.database_name(name)
    folder = trees.locate(name, root)
    marker = _read_marker(folder)
    official = layouts.official_clips(name, enroll=True)
    wanted = {trees.fold(path): path for clip in official for path in (clip.path, face_path(clip)) if path}
    wanted |= {trees.fold(path): path for path in layouts.MSU_LISTS.values() if name == "msu-mfsd"}
    files, surplus = trees.match(folder, wanted)
    clips = [clip for clip in official if clip.path in files and clip.split != "enroll"]
    if name == "msu-mfsd":
        clips = _by_lists(clips, files)
    expected = layouts.subset(name, marker["scale"]) if marker else layouts.official_clips(name)
    names, present = {clip.path for clip in expected}, {clip.path for clip in clips}
    surplus += [clip.path for clip in clips if clip.path not in names]
    missing = [clip.path for clip in expected if clip.path not in present]
    notes = []
    if marker and not marker["complete"]:
        notes.append("its simulation has not finished")
    if not missing and not surplus:
        notes += _off_counts(clips, expected)
    if name == WIDE and not marker:
        notes.append(f"it exists in simulation only, and has no {MARKER}")
    if (
        any(trees.CLASS_FOLDERS & set(trees.fold(path).split("/")[:-1]) for path in surplus)
        and name == "casia-fasd"
    ):
        notes.append("folders named after classes: such repackaged copies file the live HR_1 under spoof")
    source = "simulated" if marker or name == WIDE else "real"
    return Database(name, folder, source, clips, missing, surplus, notes, marker, len(expected), files)


class ReportRow(NamedTuple):
    """Clips of one class ("real", "attack") of one split under one protocol: those found, those published."""

    database: str
    source: str
    protocol: str
    split: str
    kind: str
    found: int
    official: int


def databases_report(
    root: Path | str | None = None, names: Iterable[str] = (*DATABASES, WIDE)
) -> list[ReportRow]:
    """What a data root holds beside the official counts: a row per database, protocol, split and class.

    A database that is not there has source "absent" and found 0; "wide" then has no rows. FasnbError if the
    root itself is missing.
    """
    rows = []
    for name in map(layouts.database_name, names):
        try:
            clips, source = _located(name, root)
        except trees.Absent:
            if name == WIDE:
                continue
            clips, source = [], "absent"
        for protocol in layouts.PROTOCOLS[name]:
            found = _counts(layouts.select(clips, protocol))
            official = _counts(layouts.select(layouts.official_clips(name), protocol))
            rows += [
                ReportRow(name, source, protocol, split, kind, found[split, kind], official[split, kind])
                for split in layouts.SPLITS[name]
                for kind in ("real", "attack")
            ]
    return rows


def problems(root: Path | str | None = None, names: Iterable[str] = DATABASES) -> list[str]:
    """One line for each database that is absent or irregular: what is missing, surplus or otherwise off."""
    lines = []
    for name in names:
        try:
            lines.append(survey(name, root).problem())
        except trees.Absent as error:
            lines.append(str(error))
    return [line for line in lines if line]


def _located(name: str, root: Path | str | None) -> tuple[list[Clip], str]:
    database = survey(name, root)
    return database.clips, database.source


def stored_upside_down(clip: Clip) -> bool:
    """Whether the clip is one of the six of MSU-MFSD whose pictures are stored rotated by 180 degrees."""
    return clip.database == "msu-mfsd" and clip.path in layouts.MSU_ROTATED_180


def _read_marker(folder: Path) -> dict[str, Any] | None:
    path = next((folder / name for name in (MARKER, UNFINISHED) if (folder / name).exists()), None)
    if path is None:
        return None
    try:
        marker = json.loads(path.read_text(encoding="utf-8"))
        if marker["scale"] not in layouts.SCALES:
            raise ValueError(f"unknown scale {marker['scale']!r}")
        marker["complete"] = bool(marker.get("complete")) and path.name == MARKER
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise FasnbError(
            f"{path} is damaged ({error}); delete {path.parent} and simulate it again"
        ) from error
    return marker


def _by_lists(clips: list[Clip], files: dict[str, Path]) -> list[Clip]:
    """MSU-MFSD's clips in the splits that the lists on disk give; as published where there are none."""
    lists = {split: files[name] for split, name in layouts.MSU_LISTS.items() if name in files}
    if not lists:
        return clips
    if len(lists) == 1:
        (only,) = lists.values()
        raise FasnbError(f"{only} stands alone; restore the other subject list from the release")
    split_of: dict[int, str] = {}
    lists_ = " and ".join(str(path) for path in lists.values())  # either may be the damaged one
    for split, path in lists.items():
        for subject in read_subject_list(path):
            if subject in split_of:
                raise FasnbError(
                    f"client {subject:02d} is listed twice in {lists_}; restore them from the release"
                )
            split_of[subject] = split
    for clip in clips:
        if clip.subject not in split_of:
            raise FasnbError(
                f"client {clip.subject:02d} is missing from {lists_}; restore them from the release"
            )
    return [replace(clip, split=split_of[clip.subject]) for clip in clips]


def read_subject_list(path: Path) -> list[int]:
    """Client numbers of an MSU-MFSD subject list: one a line, CRLF or not. FasnbError if malformed."""
    remedy = "restore the list from the release"
    try:
        lines = path.read_text(encoding="utf-8-sig").split()
    except (OSError, UnicodeDecodeError) as error:
        raise FasnbError(f"{path} cannot be read ({error}); {remedy}") from error
    known = layouts.MSU_TRAIN + layouts.MSU_TEST
    for line in lines:
        # The length first: Python refuses to read numbers of thousands of digits.
        if not (len(line) < 10 and line.isascii() and line.isdigit() and int(line) in known):
            raise FasnbError(f"{path}: {line[:20]!r} is not a client of MSU-MFSD; {remedy}")
    if not lines:
        raise FasnbError(f"{path} is empty; {remedy}")
    return [int(line) for line in lines]


def _counts(clips: Iterable[Clip]) -> Counter[tuple[str, str]]:
    return Counter((clip.split, clip.kind) for clip in clips)


def _off_counts(clips: list[Clip], expected: list[Clip]) -> list[str]:
    found, right = _counts(clips), _counts(expected)
    return [
        f"{split} {kind}: {found[split, kind]} instead of {right[split, kind]}"
        for split, kind in sorted(set(found) | set(right))
        if found[split, kind] != right[split, kind]
    ]
