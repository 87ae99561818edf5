"""Figures that are shown again and again: made without pyplot, drawn in layers, handed over as PNG bytes.

A widget may make hundreds of them. Margins are fixed, and what does not change is drawn once and kept.
"""

import io
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

DPI = 80


def new_figure(width: float, height: float, **margins: float) -> Figure:
    """An empty figure (inches) that pyplot does not know of, with fixed margins: a layout costs a drawing."""
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(**margins)
    return figure


def encoded(figure: Figure) -> bytes:
    """What the figure's canvas holds, as PNG bytes."""
    out = io.BytesIO()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    Image.fromarray(pixels).save(out, "png", compress_level=1)
    return out.getvalue()


def png(figure: Figure) -> bytes:
    """The figure drawn, as PNG bytes."""
    figure.canvas.draw()
    return encoded(figure)


class Chart:
    """A figure in `layers`, from what changes least to what moves with every slider; the rest never changes.

    `png` draws the layers from the first that is not kept on, the last one always. Saved to a file
    (`figure`), all of them are shown.
    """

    figure: Figure
    layers: list[list[Artist]]
    _kept: list[Any]  # the picture below each layer

    def changed(self, layer: int) -> None:
        """Have this layer and those above it drawn anew next time."""
        if hasattr(self, "_kept"):
            del self._kept[layer + 1 :]

    def png(self) -> bytes:
        """The figure as PNG bytes."""
        canvas: Any = self.figure.canvas
        if not hasattr(self, "_kept"):
            for artist in (artist for layer in self.layers for artist in layer):
                artist.set_animated(True)  # left out of the next drawing, not out of a file
            canvas.draw()
            self._kept = [canvas.copy_from_bbox(self.figure.bbox)]
        canvas.restore_region(self._kept[-1])
        for number in range(len(self._kept) - 1, len(self.layers)):
            if number == len(self._kept):
                self._kept.append(canvas.copy_from_bbox(self.figure.bbox))
            for artist in self.layers[number]:
                self.figure.draw_artist(artist)
        return encoded(self.figure)
