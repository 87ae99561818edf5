"""What every explorer is made of: plain controls, tables of read-outs, and the shell that keeps them in step.

Every control is a plain ipywidgets one, so it is reached with Tab and moved with the arrow keys. What cannot
be shown is one line in `message`, never a traceback. Importing this loads no torch.
"""

import html
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import ipywidgets as w
import numpy as np

from fasnb.errors import FasnbError

_WIDE = {"style": {"description_width": "175px"}, "layout": {"width": "430px"}}


def slider(name: str, value: float, low: float, high: float, step: float, form: str = ".2f") -> w.FloatSlider:
    """A slider with its value beside it; it speaks at every step of an arrow key, once after a drag."""
    return w.FloatSlider(value, min=low, max=high, step=step, description=name, readout_format=form,
                         continuous_update=False, **_WIDE)  # fmt: skip


def whole(name: str, value: int, low: int, high: int, step: int) -> w.IntSlider:
    """A `slider` of whole numbers."""
    return w.IntSlider(value, min=low, max=high, step=step, description=name, readout_format=",d",
                       continuous_update=False, **_WIDE)  # fmt: skip


def choice(name: str, options: Iterable[Any], value: Any) -> w.Dropdown:
    """A list to choose from."""
    return w.Dropdown(options=list(options), value=value, description=name, **_WIDE)


def picture() -> w.Image:
    """A place for a picture, shown in its own size whatever the page's width, smaller where that is less."""
    return w.Image(layout={"align_self": "flex-start", "max_width": "100%"})


def percent(rate: float, span: tuple[float, float] = (float("nan"), float("nan"))) -> str:
    """A rate for people, "12.5 % [8.0, 17.1]"; "none there" for NaN."""
    if np.isnan(rate):
        return "none there"
    low, high = span
    return f"{100 * rate:.1f} %" + ("" if np.isnan(low) else f" [{100 * low:.1f}, {100 * high:.1f}]")


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Rows of name and value as HTML."""
    cells = (f"<tr><td>{html.escape(a)}</td><td><b>{html.escape(b)}</b></td></tr>" for a, b in rows)
    return f"<table>{''.join(cells)}</table>"


class Explorer(w.VBox):
    """Controls over pictures: on every change `update` is called, and what it refuses becomes one line."""

    def __init__(self, controls: list[Any], shown: list[Any], switches: Sequence[Any] = ()) -> None:
        """`controls` in two columns and `switches` in rows below them are watched for their value.

        `shown` are hidden while there is nothing to show.
        """
        self.message = w.HTML()
        self._busy = False
        self._kept: dict[str, tuple[Any, Any]] = {}
        half = -(-len(controls) // 2)
        columns = [w.VBox(controls[:half]), w.VBox(controls[half:])]
        self.body = w.VBox(shown)
        rows = w.HBox(list(switches), layout={"flex_flow": "row wrap", "max_width": "900px"})
        above = [w.HBox(columns, layout={"flex_flow": "row wrap"}), *([rows] if switches else [])]
        super().__init__([*above, self.message, self.body])
        for control in (*controls, *switches):
            control.observe(self._changed, "value")
        self._changed()

    def update(self, changed: Any) -> None:
        """Show the present state, or raise FasnbError; `changed` is the control that moved, None at first."""

    def _changed(self, change: Any = None) -> None:
        if self._busy:  # a control that `update` sets itself is no new wish
            return
        self._busy = True
        try:
            self.update(change["owner"] if change else None)
            self.message.value, display = "", None
        except FasnbError as error:
            line = html.escape(" ".join(str(error).split()))
            self.message.value, display = f"<b>Nothing to show:</b> {line}", "none"
        finally:
            self._busy = False
        self.body.layout.display = display

    def _keep(self, what: str, key: Any, make: Callable[[], Any]) -> Any:
        """The result of `make`, made anew only where `key` differs from last time."""
        if what not in self._kept or self._kept[what][0] != key:
            self._kept[what] = key, make()
        return self._kept[what][1]

    def _draw(self, image: w.Image, key: Any, make: Callable[[], bytes]) -> None:
        """Put a picture into an image, where `key` differs from last time."""
        image.value = self._keep(image.model_id, key, make)
