"""The explorer's pictures: numbers in, a matplotlib figure out.

What a slider moves (the line, the operating point) is drawn over kept layers of the rest (`charts`); the
read-outs come first.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from fasnb import metrics, plots
from fasnb.charts import Chart, new_figure
from fasnb.explore import RULES, Reading, State
from fasnb.explore_learning import PseudoLabels
from fasnb.grid import FUSION
from fasnb.plots import BLACK, BLUE, GREY, RED


class ThresholdChart(Chart):
    """Histogram by attack type and DET curve of one test database; `show` turns it to another reading.

    FasnbError where a class is missing: there is no DET curve then.
    """

    def __init__(self, reading: Reading) -> None:
        """Lay out the two axes; the scores are put in by `show`."""
        self.figure = new_figure(10, 4.6, left=0.06, right=0.985, top=0.83, bottom=0.25, wspace=0.18)
        self._left, self._right = self.figure.subplots(1, 2, width_ratios=[2.7, 2.4])
        self._title = self._left.set_title(" ", loc="left", fontsize=10)
        self._line = self._left.axvline(0.5, color=BLACK, linestyle="--", linewidth=1.6)
        plots.det_curve(_det(reading), self._right, "Every threshold")
        self._curve = self._right.lines[0]
        (self._point,) = self._right.plot([], [], "o", color=BLACK, markersize=9, label="this threshold")
        self._point.set(clip_on=False, zorder=5)
        self._source = self.figure.suptitle("", fontsize=10)
        self.layers = [[], [], [self._title, self._line, self._point]]
        self._named: Any = None
        self._scored: Any = None
        self.show(reading)

    def show(self, reading: Reading) -> "ThresholdChart":
        """Move line, point and title to a reading; other scores bring their own histogram and curve."""
        state = reading.state
        if self._scored != (what := (state.arm, state.train, state.test, state.weight)):
            self._score(reading)
            self._scored = what
        if self._named != what[:3]:
            self._name(reading)
            self._named = what[:3]
        colour = RED if reading.wrong else BLACK
        at = reading.threshold.value
        self._line.set_xdata([at, at])
        inside = np.clip([reading.far, reading.frr], 0.001, 0.9)  # the DET curve's axes
        self._point.set_data(*([x] for x in plots.deviate(inside)))
        for artist in (self._line, self._point):
            artist.set_color(colour)
        warning = "WRONG WAY, fitted on the target: " if reading.wrong else "threshold "
        rates = (f"{name} {100 * getattr(reading, name.lower()):.1f} %" for name in ("FAR", "FRR", "HTER"))
        self._title.set_text(f"{warning}{reading.threshold}\n{', '.join(rates)}")
        self._title.set_color(colour)
        return self

    def _score(self, reading: Reading) -> None:
        """Put in other scores: their bars with the scale, their curve."""
        for bar in list(self._left.patches):
            bar.remove()
        self._left.relim()
        self._left.set_autoscaley_on(True)
        plots.score_histogram(reading.scores, None, self._left)
        _legend(self._left).set_bbox_to_anchor((0.45, -0.19), self._left.transAxes)
        points = _det(reading)
        self._curve.set_data(plots.deviate(points["apcer"]), plots.deviate(points["bpcer"]))
        self._curve.set_label(points["curve"].iloc[0])
        self._right.legend(fontsize=8, edgecolor="none", framealpha=0.9, loc="upper right")
        self.layers[1] = [self._left.yaxis, *self._left.patches, self._curve, _legend(self._right)]
        self.changed(1)

    def _name(self, reading: Reading) -> None:
        """Say what is shown: the attack types and the title, which no weight changes."""
        state = reading.state
        self._source.set_text(f"{state.arm}, {state.train} to {state.test} ({reading.source})")
        self.layers[0] = [_legend(self._left), self._source]
        self.changed(0)


def _legend(ax: Axes) -> Legend:
    """The legend that axes are known to have."""
    legend = ax.get_legend()
    assert legend is not None
    return legend


def _det(reading: Reading) -> pd.DataFrame:
    """Every operating point of a reading's scores, with the curve's name."""
    points = metrics.det_points(reading.scores["score"], reading.scores["label"])
    return points.assign(curve=f"{reading.state.train} to {reading.state.test}")


def threshold_figure(reading: Reading) -> Figure:
    """Score histograms by attack type with the threshold, DET curve with the operating point."""
    return ThresholdChart(reading).figure


class DoorChart(Chart):
    """People a day per rule (`explore_door.doors`), with intervals; the wrong way is hollow and red."""

    def __init__(self, frame: pd.DataFrame, state: State) -> None:
        """Lay out the rows."""
        self.figure = new_figure(10, 2.9, left=0.33, right=0.975, top=0.79, bottom=0.18, wspace=0.09)
        self._axes = dict(zip(dict.fromkeys(frame["error"]), self.figure.subplots(1, 2)))
        titles = {"false rejections": "live people turned away", "false acceptances": "attacks let in"}
        self._rows = {}
        for error, ax in self._axes.items():
            for y, rule in enumerate(RULES):
                wrong = rule == "target"
                colour, mark = (RED, "D") if wrong else (BLUE, "o")
                (span,) = ax.plot([0, 0], [y, y], color=colour, linewidth=3, alpha=0.4)
                (dot,) = ax.plot(0, y, mark, color=colour, mfc="white" if wrong else colour, markersize=7)
                text = ax.text(0, y - 0.16, "", ha="center", va="bottom", fontsize=8)
                self._rows[rule, error] = span, dot, text
            plots.bands(ax, list(RULES))
            plots.decorate(ax, "people a day, with 95 % interval", "", titles[error], grid="x")
        first, second = self._axes.values()
        second.tick_params(labelleft=False)
        self._title = self.figure.suptitle("", fontsize=10)
        marks = [artist for row in self._rows.values() for artist in row]
        self.layers = [[first.xaxis, second.xaxis, first.yaxis, *marks, self._title]]
        self.show(frame, state)

    def show(self, frame: pd.DataFrame, state: State) -> "DoorChart":
        """Move everything to another door."""
        for row in frame.to_dict("records"):
            span, dot, text = self._rows[row["rule"], row["error"]]
            span.set_xdata([row["low"], row["high"]])
            dot.set_xdata([row["a_day"]])
            text.set_x(0 if np.isnan(row["a_day"]) else row["a_day"])
            text.set_text("none there" if np.isnan(row["a_day"]) else f"{row['a_day']:.3g}")
        for error, part in frame.groupby("error"):
            most = np.nan_to_num(part[["high", "a_day"]].to_numpy()).max() or 1.0  # a scale even for zeros
            self._axes[str(error)].set_xlim(-0.04 * most, 1.06 * most)
        values = frame.drop_duplicates("rule")[["rule", "threshold"]].to_numpy()
        self._axes["false rejections"].set_yticklabels([f"{RULES[rule]}: {at:.3f}" for rule, at in values])
        self._title.set_text(
            f"{state.visitors:,} visitors a day, {100 * state.attack_rate:g} % of them attacks; "
            f"{state.arm}, {state.train} to {state.test}"
        )
        return self


def door_figure(frame: pd.DataFrame, state: State) -> Figure:
    """The figure of a `DoorChart`."""
    return DoorChart(frame, state).figure


class FusionChart(Chart):
    """EER along the fusion weight (`explore.fusion`), the paper's marked; `show` moves the state's weight."""

    def __init__(self, frame: pd.DataFrame, state: State, source: str) -> None:
        """Lay out the axes and put a sweep in."""
        self.figure = new_figure(7.2, 4.2, left=0.09, right=0.97, top=0.86, bottom=0.24)
        self._ax = ax = self.figure.subplots()
        plots.learning_curves(frame, "EER (%)", ax, " ")
        self._curves = list(ax.lines)
        self._line = ax.axvline(state.weight, color=BLACK, linestyle="--", linewidth=1.6, label="this weight")
        ax.axvline(FUSION[0], color=GREY, linestyle=":", linewidth=1.6, label=f"the paper: {FUSION[0]}")
        ax.set_xlabel("weight of the RGB branch (0: PLGF alone, 1: RGB alone)")
        ax.xaxis.set_major_formatter("{x:.1f}")
        ax.set_xlim(0, 1)
        self._source = self.figure.suptitle("", fontsize=10)
        self.layers = [[], [self._line]]
        self.settle(frame, state, source)

    def settle(self, frame: pd.DataFrame, state: State, source: str) -> None:
        """Put in another sweep. The first curve is of the split that may choose: it is thicker."""
        ax = self._ax
        for line, (name, curve) in zip(self._curves, frame.groupby("curve", sort=False), strict=True):
            line.set_data(curve["step"], curve["value"])
            line.set_label(str(name))
        self._curves[0].set_linewidth(3)
        ax.relim()
        ax.set_ylim(0, 1.05 * max(1.0, frame["value"].max()))
        plots.legend_below(ax)
        title = ax.set_title(f"{state.arm}, trained on {state.train}", loc="left", fontsize=11)
        self._source.set_text(source)
        fixed = ax.lines[len(self._curves) + 1 :]  # the paper's weight
        self.layers[0] = [ax.yaxis, *fixed, *self._curves, _legend(ax), title, self._source]
        self.changed(0)

    def show(self, state: State) -> "FusionChart":
        """Move the line to the state's weight."""
        self._line.set_xdata([state.weight, state.weight])
        return self


def fusion_figure(frame: pd.DataFrame, state: State, source: str) -> Figure:
    """The figure of a `FusionChart`."""
    return FusionChart(frame, state, source).figure


class ScheduleChart(Chart):
    """Eq. 28 beside eq. 30 (`explore_learning.schedule_curves`), the latter with a logarithmic rate."""

    def __init__(self, curves: pd.DataFrame) -> None:
        """Lay out the two axes and put the curves in."""
        self.figure = new_figure(10, 3.4, left=0.07, right=0.98, top=0.91, bottom=0.15, wspace=0.2)
        self._axes: dict[Any, Axes] = {}
        self._lines: dict[Any, Line2D] = {}
        self._ends: dict[Any, Any] = {}
        for ax, (equation, part) in zip(self.figure.subplots(1, 2), curves.groupby("equation")):
            plots.schedules(part, ax, f"Eq. {equation}", log=equation == 30)
            ax.yaxis.set_minor_locator(NullLocator())  # half of the drawing's time, nothing to read
            ax.set_ylim((0.008, 1.25) if equation == 30 else (-0.03, 1.05))
            self._axes[equation] = ax
            self._lines |= dict(zip(part["schedule"].unique(), ax.lines))
        self.layers = [[ax.xaxis for ax in self._axes.values()], list(self._lines.values())]
        self.show(curves)

    def show(self, curves: pd.DataFrame) -> "ScheduleChart":
        """Move the lines to other curves, and the scale where these end elsewhere."""
        for name, part in curves.groupby("schedule"):
            self._lines[name].set_data(part["step"], part["factor"])
        ends = curves.groupby("equation")["step"].max().to_dict()
        if ends != self._ends:
            for equation, end in ends.items():
                self._axes[equation].set_xlim(-0.03 * end, 1.03 * end)
            self._ends = ends
            self.changed(0)
        return self


def schedule_figure(curves: pd.DataFrame) -> Figure:
    """The figure of a `ScheduleChart`."""
    return ScheduleChart(curves).figure


def pseudo_figure(reading: PseudoLabels) -> Figure:
    """How many pseudo labels every tau keeps and how many of those are right; this tau marked."""
    figure = new_figure(7.2, 3.9, left=0.09, right=0.97, top=0.92, bottom=0.24)
    ax = figure.subplots()
    frame = reading.curve.melt("tau", ["kept", "right"], "curve", "value").rename(columns={"tau": "step"})
    frame["value"] *= 100
    names = {"kept": "kept, of all", "right": "right, of those kept"}
    plots.learning_curves(frame.replace({"curve": names}), "share of predictions (%)", ax, reading.what)
    ax.axvline(reading.tau, color=BLACK, linestyle="--", linewidth=1.6, label=f"tau {reading.tau:g}")
    for value, colour in ((reading.kept, plots.LINES[0]), (reading.right, plots.LINES[1])):
        ax.plot(reading.tau, 100 * value, "o", color=colour, markersize=8, clip_on=False)
    ax.set_xlabel(f"confidence threshold tau, at temperature {reading.temperature:g}")
    ax.xaxis.set_major_formatter("{x:.2f}")
    ax.set_xlim(min(0.5, reading.tau), 1)
    ax.set_ylim(0, 103)
    plots.legend_below(ax)
    return figure
