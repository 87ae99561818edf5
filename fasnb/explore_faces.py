"""The faces that the explorers of pictures choose from: by database, person and kind of capture.

Label convention: 1 = live, 0 = attack.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fasnb.errors import UsageError
from fasnb.experiments import HAS_DEVEL, TRAIN_DATABASES

if TYPE_CHECKING:
    from fasnb.corpus import Corpus
    from fasnb.faces import FaceSet

LIVE = "live"


@dataclass(frozen=True)
class Pick:
    """One face: a database's short name, a person of it, "live" or an attack type, and which of these."""

    database: str
    person: int
    kind: str = LIVE
    number: int = 0


@dataclass(frozen=True)
class Face:
    """A picture (S, S, 3) uint8 RGB, the face box (4,) x, y, w, h in its video, and where it comes from."""

    picture: NDArray[np.uint8]
    box: NDArray[np.float32]
    label: int
    what: str


class Gallery:
    """Every face of some sets, by person and kind; the pictures are read when they are asked for."""

    def __init__(self, sets: Mapping[str, "list[FaceSet]"]) -> None:
        """`sets`: a database's short name -> its sets of faces."""
        self._sets = dict(sets)
        self._places: dict[str, dict[tuple[int, str], list[tuple[int, int]]]] = {}
        for database, found in self._sets.items():
            places = self._places.setdefault(database, {})
            for number, faces in enumerate(found):
                for index, clip in enumerate(faces.clip_index):
                    who = faces.clips[clip]
                    places.setdefault((who.subject, who.attack or LIVE), []).append((number, index))

    @classmethod
    def of_corpus(cls, corpus: "Corpus") -> "Gallery":
        """The training, development and test faces of the three databases."""
        # What a network of a database with development faces is scored on: these, and every test face.
        scored = {
            (name, split): faces for short in HAS_DEVEL for name, split, faces in corpus.scored_faces(short)
        }
        sets: dict[str, list[FaceSet]] = {}
        for short in TRAIN_DATABASES:
            devel = [scored[short, "devel"]] if short in HAS_DEVEL else []
            sets[short] = [scored[short, "test"], corpus.training_faces(short), *devel]
        return cls(sets)

    @property
    def databases(self) -> list[str]:
        """The databases' short names."""
        return list(self._sets)

    def people(self, database: str) -> list[int]:
        """The subjects of a database who have a face; UsageError for an unknown database."""
        return sorted({person for person, _ in self._of(database)})

    def kinds(self, database: str, person: int) -> list[str]:
        """What there is of a person: "live" first, then attack types."""
        kinds = {kind for who, kind in self._of(database) if who == person}
        return sorted(kinds, key=lambda kind: (kind != LIVE, kind))

    def count(self, database: str, person: int, kind: str) -> int:
        """How many faces there are of a person and kind."""
        return len(self._of(database).get((person, kind), ()))

    def first(self, database: str, kind: str = LIVE) -> Pick:
        """The first face of a kind: that of the first person who has one; UsageError where nobody does."""
        person = next((who for who in self.people(database) if self.count(database, who, kind)), None)
        if person is None:
            raise UsageError(f"{database} has no face of kind {kind!r}")
        return Pick(database, person, kind)

    def face(self, pick: Pick) -> Face:
        """The face of a pick; UsageError where there is none, FasnbError where its file is gone."""
        places = self._of(pick.database).get((pick.person, pick.kind), [])
        if not 0 <= pick.number < len(places):
            raise UsageError(
                f"{pick.database} has {len(places)} faces of person {pick.person}, {pick.kind}; "
                f"there is no number {pick.number}"
            )
        number, index = places[pick.number]
        faces = self._sets[pick.database][number]
        clip = faces.clips[faces.clip_index[index]]
        what = f"{pick.database} {clip.split}, {pick.kind.replace('_', ' ')}, person {clip.subject}"
        frame = f"{what}, frame {int(faces.frame[index])}"
        return Face(faces.batch([index])[0], faces.boxes[index], int(faces.labels[index]), frame)

    def _of(self, database: str) -> dict[tuple[int, str], list[tuple[int, int]]]:
        if database not in self._places:
            raise UsageError(f"no faces of {database!r}; choose one of {', '.join(self._places)}")
        return self._places[database]
