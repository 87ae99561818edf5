"""Files and cameras to rows: is the face in them live? A row each, with a reason where there is no score.

A frame's face is found by the detector and cut with the margin and size of training; a source's p(live) is
the mean over its frames with a face, p = 0.8 p_rgb + 0.2 p_plgf (eq. 31). Unlike in the tables, a frame in
which no face is found is not cut where the face was before: the person may have left.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields

import cv2
import numpy as np

from fasnb import detector, sources
from fasnb.boxes import Box
from fasnb.errors import FasnbError, UsageError
from fasnb.metrics import Threshold
from fasnb.sources import Frame, Source
from fasnb.weights import Card, Probabilities, load

FRAMES = 16
_BATCH = 8  # faces at a time; no more whole frames than these are held

#: (place of the source in the list, source, frame, its face box or None, its p(live) or None).
Draw = Callable[[int, Source, Frame, Box | None, float | None], None]


@dataclass(frozen=True)
class Row:
    """What is known of a source. `frames` were read, `faces` found in them; p_rgb, p_plgf, p_live are means
    over the faces, None where there is none (p_rgb and p_plgf also where the weights have no such branch).

    `decision`: "live" where p_live >= threshold, else "attack"; "" without a score. `reason`: why there is no
    score, or what to know of the one there is.
    """

    path: str
    frames: int
    faces: int
    p_rgb: float | None
    p_plgf: float | None
    p_live: float | None
    decision: str
    threshold: float
    reason: str

    def texts(self) -> list[str]:
        """The row for a CSV: numbers with 6 decimals, nothing for None."""
        values = asdict(self).values()
        return ["" if v is None else f"{v:.6f}" if isinstance(v, float) else str(v) for v in values]


COLUMNS = tuple(field.name for field in fields(Row))


def find(picture: np.ndarray) -> Box | None:
    """The largest face of a picture (H, W, 3) uint8 RGB, as in training; None too where it is too thin to
    search.
    """
    sides = picture.shape[:2]
    if min(sides) * min(1.0, detector.SEARCHED / max(sides)) < 20:  # the smallest face the detector looks for
        return None
    box = detector.detect(picture)
    return box if box is not None and detector.usable(box, picture) else None


class Scorer:
    """Scores sources by a card's networks, which are loaded when the first face is there."""

    def __init__(self, card: Card, threshold: float | None = None, draw: Draw | None = None) -> None:
        """`threshold` in place of the card's own; UsageError unless it lies in [0, 1]."""
        if threshold is not None and not 0 <= threshold <= 1:
            raise UsageError(f"a threshold is a probability of live in [0, 1], not {threshold!r}")
        self.card, self.draw = card, draw
        given = None if threshold is None else Threshold(threshold, "no data", "given")
        self.threshold = given or card.threshold
        self._shares = {one.branch: one.weight for one in card.branches}
        self._loaded: Probabilities | None = None

    def rows(self, names: Iterable[str], frames: int = FRAMES) -> Iterator[Row]:
        """A row per source behind `names` (`sources.expand`), as it is scored.

        UsageError unless frames >= 1; FasnbError where the weights cannot be loaded or a picture not drawn.
        """
        if frames < 1:
            raise UsageError(f"cannot look at {frames} frames; ask for at least 1")
        for place, source in enumerate(sources.expand(names)):
            yield self._row(place, source, frames)

    def _row(self, place: int, source: Source, frames: int) -> Row:
        sums, seen, faces, notes = dict.fromkeys(self._shares, 0.0), 0, 0, []
        waiting: list[tuple[Frame, Box, np.ndarray]] = []
        reading = sources.read(source, frames)
        while True:
            try:
                frame = next(reading, None)
                box = None if frame is None else find(frame.picture)
            except Exception as error:  # decoders of damaged files raise all kinds of errors
                notes.append(_reason(error, source))
                frame = box = None
            if frame is not None:
                seen += 1
                notes += [frame.note] if frame.note else []
                if box is not None:
                    # The whole picture is kept only where it will be drawn on.
                    kept = frame if self.draw else frame._replace(picture=frame.picture[:0])
                    waiting.append((kept, box, detector.crop(frame.picture, box)))
                elif self.draw:
                    self.draw(place, source, frame, None, None)
            if waiting and (frame is None or len(waiting) == _BATCH):
                for name, values in self._probabilities(place, source, waiting).items():
                    sums[name] += float(values.sum())
                faces += len(waiting)
                waiting = []
            if frame is None:
                break
        if seen > faces:
            notes.append(f"no face found in {seen - faces} of {seen} frames" if seen > 1 else "no face found")
        return self._told(source, seen, faces, sums, notes)

    def _probabilities(
        self, place: int, source: Source, found: list[tuple[Frame, Box, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        if self._loaded is None:
            self._loaded = load(self.card)
        by_branch = self._loaded(np.stack([crop for _, _, crop in found]))
        if self.draw:
            for i, (frame, box, _) in enumerate(found):
                live = sum(share * float(by_branch[name][i]) for name, share in self._shares.items())
                self.draw(place, source, frame, box, live)
        return by_branch

    def _told(self, source: Source, seen: int, faces: int, sums: dict[str, float], notes: list[str]) -> Row:
        means = {name: round(total / faces, 6) for name, total in sums.items()} if faces else {}
        live = (
            round(sum(self._shares[name] * total / faces for name, total in sums.items()), 6)
            if faces
            else None
        )
        if live is not None and not np.isfinite(live):
            means, live = {}, None
            notes = [*notes, "the networks gave no number; other weights are needed"]
        at = self.threshold.value
        decision = "" if live is None else "live" if live >= at else "attack"
        rgb, plgf = means.get("rgb"), means.get("plgf")
        return Row(source.name, seen, faces, rgb, plgf, live, decision, round(at, 6), "; ".join(notes))


def _reason(error: Exception, source: Source) -> str:
    """An error in one line, without the path that stands beside it."""
    text = " ".join(str(error).split()) or type(error).__name__
    if not isinstance(error, FasnbError):
        what = "OpenCV" if isinstance(error, cv2.error) else type(error).__name__
        text = f"cannot be read ({what}: {text})"
    return text.removeprefix(str(source.path)).removeprefix(source.name).lstrip(": ")
