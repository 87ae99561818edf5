"""The faces that runs learn from and are tested on: three databases, cut to 256x256 and cached."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fasnb import databases, faces, paths
from fasnb.databases import Database
from fasnb.errors import FasnbError
from fasnb.experiments import HAS_DEVEL
from fasnb.layouts import SHORT, WIDE
from fasnb.profiles import Profile
from fasnb.runs import Source

Say = Callable[[str], None]


@dataclass(frozen=True)
class Corpus:
    """The three databases below `root` as a profile uses them. Picklable: all else is read on demand."""

    root: Path
    profile: Profile
    cache: Path = paths.CACHE

    @cached_property
    def databases(self) -> dict[str, Database]:
        """Database by short name (casia, replay, msu); FasnbError where one is missing or incomplete."""
        opened = databases.open_all(self.root, allow_partial=self.profile.allow_partial)
        return {short: opened[name] for short, name in SHORT.items()}

    @cached_property
    def wide(self) -> Database:
        """The simulated database of many devices, below the same root; no run of the tables reads it."""
        return databases.open_database(WIDE, self.root, allow_partial=self.profile.allow_partial)

    def training_faces(self, short: str) -> faces.FaceSet:
        """Faces of the training split, the profile's `train_faces` per clip; `short` may be "wide"."""
        return self._faces(short, "train", self.profile.train_faces)

    def scored_faces(self, train: str) -> list[tuple[str, str, faces.FaceSet]]:
        """(database, split, faces) that a network trained on `train` is scored on.

        All test splits, and where its threshold is set: its development split, else its training split.
        """
        own = "devel" if train in HAS_DEVEL else "train"
        wanted = [(train, own), *((short, "test") for short in SHORT)]
        return [(short, split, self._faces(short, split, self.profile.test_faces)) for short, split in wanted]

    def _faces(
        self, short: str, split: str, frames: int, workers: int = 1, progress: faces.Progress | None = None
    ) -> faces.FaceSet:
        database = self.wide if short == WIDE else self.databases[short]
        clips = database.clips_in(split)
        if not clips:
            raise FasnbError(f"{database.root} has no {split} clips; complete it or choose another folder")
        settings = faces.FaceSettings(frames=frames)
        return faces.extract(database, clips, settings, self.cache, progress, workers)

    def source(self, workers: int = 1, say: Say | None = None) -> Source:
        """Cut every face that any run needs and tell what was read; failures to find a face are said."""
        kinds = {database.source for database in self.databases.values()}
        total = hashlib.sha256()
        for short, database in self.databases.items():
            for split in dict.fromkeys(clip.split for clip in database.clips):
                sizes = {self.profile.train_faces} if split == "train" else set()
                for frames in sorted(sizes | {self.profile.test_faces}):
                    found = self._faces(short, split, frames, workers)
                    total.update(f"{short} {split} {frames} {found.digest}\n".encode())
                if say:
                    lost = f", {len(found.failures)} clips without a face" if found.failures else ""
                    say(f"faces of {database.name} {split}: {len(found)} of {len(found.clips)} clips{lost}")
        return Source(kinds.pop() if len(kinds) == 1 else "mixed", total.hexdigest())
