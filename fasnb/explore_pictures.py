"""Pictures of the explorers of light, of the simulator and of heat: readings in, a matplotlib figure out.

As in `explore_plots`, what does not change is drawn once: frames, axes, the names of panels.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from fasnb import explore_heat, explore_light, explore_simulator
from fasnb.charts import Chart, new_figure
from fasnb.explore_faces import Face
from fasnb.heatplots import HEAT
from fasnb.plots import BLUE, GREY, decorate

_POWER = (-2.0, 6.0)  # log10: from far below a grey level's noise to a face's coarse shading


def panel(ax: Axes, title: str, **options: object) -> AxesImage:
    """An image that fills its axes without ticks, empty as yet."""
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=10, loc="left")
    return ax.imshow(np.zeros((2, 2)), extent=(0, 1, 1, 0), **options)  # type: ignore[arg-type]


class LightChart(Chart):
    """A face and its PLGF map before and after the light changed; `show` turns it to another reading."""

    def __init__(self, reading: explore_light.Reading, what: str) -> None:
        """Lay out four panels; maps are means over the channels, on one scale."""
        self.figure = new_figure(10, 3.0, left=0.01, right=0.93, top=0.84, bottom=0.02, wspace=0.06)
        axes = self.figure.subplots(1, 4)
        scale = {"cmap": "viridis", "vmin": 0, "vmax": np.pi / 2}
        names = ("RGB, as captured", "RGB, this light", "PLGF, as captured", "PLGF, this light")
        self._images = [
            panel(ax, name, **(scale if i > 1 else {})) for i, (ax, name) in enumerate(zip(axes, names))
        ]
        place = axes[-1].get_position()
        bar = self.figure.colorbar(
            self._images[-1], cax=self.figure.add_axes((0.945, place.y0, 0.012, place.height))
        )
        bar.set_ticks([0, np.pi / 4, np.pi / 2], labels=["0", "π/4", "π/2"])
        self._title = self.figure.suptitle("", fontsize=10)
        self.layers = [[*self._images, self._title]]
        self.show(reading, what)

    def show(self, reading: explore_light.Reading, what: str) -> "LightChart":
        """Put in another reading; `what` says whose face it is."""
        maps = (reading.map_before.mean(axis=2), reading.map_after.mean(axis=2))
        for image, pixels in zip(self._images, (reading.before, reading.after, *maps)):
            image.set_data(pixels)
        light = reading.light
        self._title.set_text(
            f"{what}; gain {light.gain:g}, gamma {light.gamma:g}, side light {light.side:g}; "
            f"{light.k}x{light.k} mask, {light.variant}"
        )
        return self


class SimulatorChart(Chart):
    """The face of a shot, its spectrum, and the mean of that over directions beside that of all stages on."""

    def __init__(self, reading: explore_simulator.Reading) -> None:
        """Lay out the panels."""
        self.figure = new_figure(11, 4.2, left=0.01, right=0.985, top=0.84, bottom=0.14, wspace=0.24)
        first, second, third = self.figure.subplots(1, 3, width_ratios=[1, 1, 1.1])
        self._face = panel(first, "the face, in camera pixels", interpolation="nearest")
        self._power = second.imshow(
            np.zeros((2, 2)), extent=(-0.5, 0.5, 0.5, -0.5), cmap="magma", vmin=_POWER[0], vmax=_POWER[1]
        )
        decorate(second, "cycles per pixel, across", "cycles per pixel, down", "log power", grid="")
        second.set_title("log power", fontsize=10, loc="left")
        (self._whole,) = third.plot([], [], color=GREY, linestyle="--", linewidth=1.6, label="all stages on")
        (self._curve,) = third.plot([], [], color=BLUE, linewidth=2, label="these stages")
        third.set(xlim=(0, 0.5), ylim=(_POWER[0], _POWER[1] + 1))
        third.legend(fontsize=8, frameon=False, loc="upper right")
        decorate(third, "cycles per pixel", "log10 of power (1: noise of a grey level)")
        third.set_title("mean over directions", fontsize=10, loc="left")
        self._title = self.figure.suptitle("", fontsize=10)
        self.layers = [[self._face, self._power, self._whole, self._curve, self._title]]
        self.show(reading)

    def show(self, reading: explore_simulator.Reading) -> "SimulatorChart":
        """Put in another reading."""
        setup = reading.shot.setup
        self._face.set_data(reading.shot.part)
        self._power.set_data(reading.spectrum)
        self._curve.set_data(*explore_simulator.radial(reading.spectrum))
        self._whole.set_data(*explore_simulator.radial(explore_simulator.spectrum(reading.whole.part)))
        off = ", ".join(name for name in explore_simulator.stages_of(setup) if name in setup.off)
        what = setup.attack.replace("_", " ") or "live"
        self._title.set_text(
            f"{setup.database} (simulated), person {setup.subject}, {what}, camera {setup.camera}\n"
            + (f"without {off}" if off else "every stage is on")
        )
        return self


class HeatChart(Chart):
    """A face with its inner region dashed, and the heat of a class over its grey picture."""

    def __init__(self, reading: explore_heat.Reading, face: Face, title: str) -> None:
        """Lay out both panels and the scale of the heat."""
        self.figure = new_figure(8, 4.1, left=0.01, right=0.9, top=0.82, bottom=0.02, wspace=0.04)
        first, second = self.figure.subplots(1, 2)
        self._face = panel(first, "face; dashed: eyes, nose and mouth")
        self._grey = panel(second, "heat", cmap="gray", vmin=0, vmax=255)
        self._heat = panel(second, "heat", cmap=HEAT, vmin=0, vmax=1, alpha=0.65)
        self._regions = [ax.add_patch(_dashed()) for ax in (first, second)]
        place = second.get_position()
        bar = self.figure.colorbar(
            self._heat, cax=self.figure.add_axes((0.915, place.y0, 0.016, place.height))
        )
        bar.set_label("share of the face's largest", fontsize=9)
        self._title = self.figure.suptitle("", fontsize=10)
        self.layers = [[self._face, self._grey, self._heat, *self._regions, self._title]]
        self.show(reading, face, title)

    def show(self, reading: explore_heat.Reading, face: Face, title: str) -> "HeatChart":
        """Put in another reading of a face."""
        self._face.set_data(face.picture)
        self._grey.set_data(face.picture.mean(axis=2))
        self._heat.set_data(reading.heat)
        left, top, right, bottom = _shares(reading.region, len(reading.heat))
        for box in self._regions:
            box.set_bounds(left, top, right - left, bottom - top)
        self._title.set_text(f"{title}\n{face.what}: p(live) {reading.live:.2f}")
        return self


def _dashed() -> Rectangle:
    return Rectangle((0, 0), 1, 1, fill=False, edgecolor="white", linestyle="--", linewidth=1)


def _shares(region: NDArray[np.float64], size: int) -> tuple[float, ...]:
    """A region in pixels as shares of the picture's side."""
    return tuple(float(edge) / size for edge in region)


def light_figure(reading: explore_light.Reading, what: str) -> Figure:
    """The figure of a `LightChart`."""
    return LightChart(reading, what).figure


def simulator_figure(reading: explore_simulator.Reading) -> Figure:
    """The figure of a `SimulatorChart`."""
    return SimulatorChart(reading).figure


def heat_figure(reading: explore_heat.Reading, face: Face, title: str) -> Figure:
    """The figure of a `HeatChart`."""
    return HeatChart(reading, face, title).figure
