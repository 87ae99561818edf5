"""Pictures with what was found drawn on them: the face's box, p(live), the decision. Inputs stay as is."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fasnb import atomic
from fasnb.boxes import Box
from fasnb.errors import UsageError
from fasnb.metrics import Threshold
from fasnb.sources import Frame, Source

# The colours of `plots`, safe for colour-blind readers; repeated since matplotlib takes a second to load.
LIVE, ATTACK, NONE = "#0072B2", "#D55E00", "#666666"


def drawn(picture: np.ndarray, box: Box | None, live: float | None, threshold: float) -> np.ndarray:
    """The picture (H, W, 3) uint8 RGB with its box and a line of text at it; a copy.

    Blue and "live" where p(live) >= threshold, orange and "attack" below, grey and "no face found" without.
    """
    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    side = max(image.size)
    font = ImageFont.load_default(max(12.0, 0.028 * side))
    if box is None or live is None:
        colour, text, corner = NONE, "no face found", (0.0, 0.0)
    else:
        passed = live >= threshold
        colour, word = (LIVE, "live") if passed else (ATTACK, "attack")
        text = f"{word}  p(live) {live:.2f}  threshold {threshold:.2f}"
        x, y, w, h = box
        pen.rectangle((x, y, x + w, y + h), outline=colour, width=max(2, round(side / 200)))
        corner = (x, y)
    left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
    wide, high = right - left + 8, bottom - top + 8
    # Above the box where there is room, else inside it; never beyond the picture.
    at_x = max(0.0, min(corner[0], image.width - wide))
    at_y = corner[1] - high if corner[1] >= high else max(0.0, corner[1])
    pen.rectangle((at_x, at_y, at_x + wide, at_y + high), fill=colour)
    pen.text((at_x + 4 - left, at_y + 4 - top), text, fill="white", font=font)
    return np.asarray(image)


def check(folder: Path, names: list[str]) -> None:
    """UsageError where `folder` lies among the inputs: a picture could be written over one of them."""
    own = folder.resolve()
    for name in names:
        given = Path(name).resolve()
        among = own.is_relative_to(given) if given.is_dir() else given.exists() and own == given.parent
        if among or own == given:
            raise UsageError(f"{folder} holds or lies in the input {name}; choose another folder to draw in")


class Drawer:
    """Writes every frame that is scored to a folder: 0001-name.jpg, of a video 0001-name-frame000012.jpg."""

    def __init__(self, folder: Path, threshold: Threshold) -> None:
        self.folder, self.threshold, self.written = folder, threshold, 0

    def __call__(self, place: int, source: Source, frame: Frame, box: Box | None, live: float | None) -> None:
        """Draw and write one frame, whole or not at all; FasnbError where it cannot be written."""
        stem = source.path.stem if source.path else source.name.replace(" ", "-")
        shown = stem.encode(errors="replace").decode()[:80]
        number = "" if frame.number is None else f"-frame{frame.number:06}"
        image = Image.fromarray(drawn(frame.picture, box, live, self.threshold.value))
        with atomic.writing(self.folder / f"{place + 1:04}-{shown}{number}.jpg") as temporary:
            image.save(temporary, quality=92)
        self.written += 1
