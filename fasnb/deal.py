"""The wide database: which subject meets which camera, light and attack medium. Simulated only.

The three official databases are narrow on purpose, a few fixed devices each; this one varies what they hold
still. 60 subjects, each in 6 sessions: a session is one camera under one light, with one live clip and two
attacks, one medium fixed and one held by hand, so that neither camera nor light tells the class. A subject's
12 attacks are 3 of each kind, on media dealt to the sessions at random.

Devices of the test are unseen: train uses cameras 1-18 and media 1-9 of each kind, devel and test cameras
19-24 and media 10-12. Lights are shared. The deal is a fixed one, from hashes: the same everywhere.
"""

import hashlib
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

T = TypeVar("T")

NAME = "wide"
SUBJECTS = {"train": tuple(range(1, 37)), "devel": tuple(range(37, 49)), "test": tuple(range(49, 61))}
SMOKE_SUBJECTS = {"train": 8, "devel": 4, "test": 4}
SESSIONS, LIVE_CLIPS, ATTACK_CLIPS = 6, 6, 12  # per subject
CAMERAS, LIGHTS, MEDIA = 24, 8, 12
#: Print; print with eye holes; still and moving picture on a display. A number is one printer or display.
KINDS = ("print", "cut", "photo", "video")
#: Cameras and media that a split may use.
SEEN_CAMERAS, SEEN_MEDIA = 18, 9
#: A camera's number decides its recorder's container, as real recorders differ.
SUFFIXES = ("mov", "mp4", "avi")

COUNTS = {
    (split, kind): len(subjects) * count
    for split, subjects in SUBJECTS.items()
    for kind, count in (("real", LIVE_CLIPS), ("attack", ATTACK_CLIPS))
}


class Row(NamedTuple):
    """One clip as layouts.Clip wants it; `attack` and `support` are "" for live."""

    path: str
    subject: int
    split: str
    attack: str
    camera: str
    light: str
    support: str


def camera_name(number: int) -> str:
    """Camera 1 .. CAMERAS, as clips and the simulator name it."""
    return f"camera-{number:02d}"


def light_name(number: int) -> str:
    """Light 1 .. LIGHTS."""
    return f"light-{number}"


def attack_name(kind: str, medium: int) -> str:
    """An attack of KINDS on medium 1 .. MEDIA, as clips and the simulator name it."""
    return f"{kind}-{medium:02d}"


def rows() -> Iterator[Row]:
    """Every clip of the wide database, 1080 in all."""
    for split, subjects in SUBJECTS.items():
        seen = split == "train"
        cameras = range(1, SEEN_CAMERAS + 1) if seen else range(SEEN_CAMERAS + 1, CAMERAS + 1)
        media = range(1, SEEN_MEDIA + 1) if seen else range(SEEN_MEDIA + 1, MEDIA + 1)
        for rank, subject in enumerate(subjects):
            mine = _share(cameras, SESSIONS, rank, split, "camera")
            places = range(SESSIONS * rank, SESSIONS * (rank + 1))
            lights = [_share(range(1, LIGHTS + 1), 1, place, split, "light")[0] for place in places]
            attacks = [
                attack_name(kind, medium)
                for kind in KINDS
                for medium in _share(media, ATTACK_CLIPS // len(KINDS), rank, split, kind)
            ]
            attacks = _shuffled(attacks, "attacks", subject)
            for i, (camera, light) in enumerate(zip(mine, lights)):
                stem, suffix = f"s{subject:02d}_c{camera:02d}", SUFFIXES[camera % 3]
                place = (camera_name(camera), light_name(light))
                yield Row(f"{split}/live/{stem}_1.{suffix}", subject, split, "", *place, "")
                for attack, support in zip(attacks[2 * i : 2 * i + 2], ("fixed", "hand")):
                    path = f"{split}/attack/{stem}_{attack}.{suffix}"
                    yield Row(path, subject, split, attack, *place, support)


def _share(items: range, size: int, rank: int, *key: object) -> list[int]:
    """The rank-th hand of `size` items: every round of len(items) / size hands deals them all once."""
    turn, place = divmod(rank, len(items) // size)
    return _shuffled(list(items), *key, turn)[place * size : (place + 1) * size]


def _shuffled(items: list[T], *key: object) -> list[T]:
    """The items in an order that depends on `key` alone."""
    return sorted(items, key=lambda item: hashlib.blake2b(f"{key} {item}".encode(), digest_size=8).digest())
