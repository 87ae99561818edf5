"""The explorer's widgets: sliders and lists over `explore` and `explore_plots`, no arithmetic of their own.

What they are made of is in `controls`; importing this loads no torch.
"""

from dataclasses import replace
from typing import Any

import ipywidgets as w

from fasnb import explore, explore_door, explore_learning
from fasnb.charts import png
from fasnb.controls import Explorer, choice, percent, picture, slider, table, whole
from fasnb.errors import FasnbError
from fasnb.experiments import TRAIN_DATABASES
from fasnb.explore import RULES, Library, Reading, State
from fasnb.explore_door import Door
from fasnb.explore_learning import Guesses, Schedules
from fasnb.explore_plots import DoorChart, FusionChart, ScheduleChart, ThresholdChart, pseudo_figure
from fasnb.profiles import get
from fasnb.runs import Store


def readouts(reading: Reading) -> list[tuple[str, str]]:
    """A reading in words: rows of name and value, the confusion counts among them."""
    live = reading.live_accepted + reading.live_rejected
    attacks = reading.attacks_accepted + reading.attacks_rejected
    warning = " (WRONG WAY: fitted on the target)" if reading.wrong else ""
    return [
        ("threshold" + warning, str(reading.threshold)),
        ("FAR, attacks accepted [95 %]", percent(reading.far, reading.far_interval)),
        ("FRR = BPCER, live rejected [95 %]", percent(reading.frr, reading.frr_interval)),
        ("HTER", percent(reading.hter)),
        *((f"APCER, {kind.replace('_', ' ')}", percent(rate)) for kind, rate in reading.by_type.items()),
        ("live: accepted, rejected", f"{reading.live_accepted}, {reading.live_rejected} of {live}"),
        (
            "attacks: accepted, rejected",
            f"{reading.attacks_accepted}, {reading.attacks_rejected} of {attacks}",
        ),
        ("videos without a face", str(reading.without_face)),
    ]


def door_readouts(cost: Door) -> list[tuple[str, str]]:
    """A day at the door in words."""

    def people(number: float, span: tuple[float, float]) -> str:
        return f"{number:.1f} [{span[0]:.1f}, {span[1]:.1f}]"

    return [
        ("false rejections a day [95 %]", people(cost.false_rejections, cost.false_rejections_interval)),
        ("false acceptances a day [95 %]", people(cost.false_acceptances, cost.false_acceptances_interval)),
        ("... if all attacks were of the worst type", f"{cost.worst:.1f}"),
    ]


class Thresholds(Explorer):
    """The threshold explorer: an arm, two databases, a threshold, a fusion weight, a door.

    Moving the threshold chooses the rule "a fixed value"; any other rule moves the slider to its own.
    """

    def __init__(self, store: Store, seed: int = 0) -> None:
        """Read the store's scores of one seed; an empty store is said, not raised."""
        self._store, self._seed = store, seed
        try:
            library: Library | None = self._library()
        except FasnbError:  # said by `update`
            library = None
        start = library.default() if library else State("none", "casia", "replay")
        arms = list(library.arms) if library else [start.arm]
        self.arm = choice("experiment", arms, start.arm)
        self.train = choice("trained on", TRAIN_DATABASES, start.train)
        self.test = choice("tested on", TRAIN_DATABASES, start.test)
        self.weight = slider("RGB weight (paper: 0.8)", start.weight, 0, 1, 0.05)
        self.rule = choice("threshold from", [(text, key) for key, text in RULES.items()], start.rule)
        self.threshold = slider("threshold", start.fixed, 0, 1, 0.005, ".3f")
        self.visitors = whole("visitors a day", start.visitors, 0, 5000, 50)
        self.attack_rate = slider("attacks of them (%)", 100 * start.attack_rate, 0, 20, 0.5, ".1f")
        self.readout, self.chart, self.door, self.fusion = w.HTML(), picture(), picture(), picture()
        controls = [self.arm, self.train, self.test, self.weight]
        controls += [self.rule, self.threshold, self.visitors, self.attack_rate]
        super().__init__(controls, [self.chart, self.readout, self.door, self.fusion])

    def _library(self) -> Library:
        return Library.of_store(self._store, self._seed)

    def state(self) -> State:
        """The state that the controls spell."""
        return State(
            *(self.arm.value, self.train.value, self.test.value, self.rule.value),
            *(self.threshold.value, self.weight.value, self.visitors.value, self.attack_rate.value / 100),
        )

    def update(self, changed: Any) -> None:
        """Read the state; draw only the pictures that it changes."""
        library = self._keep("library", None, self._library)
        if changed is self.threshold:
            self.rule.value = "fixed"
        state = self.state()
        fused = library.fused(state.arm)
        self.weight.disabled = not fused
        what = (state.arm, state.train, state.test, state.weight)
        reading = explore.read(library, state)
        if state.rule != "fixed":
            self.threshold.value = reading.threshold.value
            state = self.state()
        chart = self._keep("chart", None, lambda: ThresholdChart(reading))  # first what the eye is on
        self._draw(self.chart, (what, reading.threshold), lambda: chart.show(reading).png())
        cost = explore_door.door(reading, state.visitors, state.attack_rate)
        self.readout.value = table(readouts(reading) + door_readouts(cost))
        readings = dict(self._keep("rules", what, lambda: explore.by_rule(library, state)))
        fixed = state.rule == "fixed"
        readings["fixed"] = reading if fixed else explore.read(library, replace(state, rule="fixed"))
        frame = explore_door.doors(readings, state.visitors, state.attack_rate)
        door = self._keep("door", None, lambda: DoorChart(frame, state))
        self._draw(self.door, state, lambda: door.show(frame, state).png())
        self.fusion.layout.display = None if fused else "none"
        if fused:
            self._fusion(library, state)

    def _fusion(self, library: Library, state: State) -> None:
        what = state.arm, state.train
        frame = self._keep("sweep", what, lambda: explore.fusion(library, state))
        source = library.source(state)
        chart = self._keep("fusion", None, lambda: FusionChart(frame, state, source))
        self._keep("settled", what, lambda: chart.settle(frame, state, source))
        self._draw(self.fusion, (*what, state.weight), lambda: chart.show(state).png())


class ScheduleExplorer(Explorer):
    """Eq. 28 and eq. 30 with every parameter; it begins with a profile's."""

    def __init__(self, profile: str = "paper") -> None:
        """`profile` names the profile to begin with."""
        s = Schedules.of_profile(profile)
        step, small = max(1, s.total // 128), max(1, s.plgf_total // 100)
        self.total = whole("s_t, all steps", s.total, 1, 2 * s.total, step)
        self.wait = whole("s_wt, the student waits", s.wait, 0, s.total, step)
        self.warmup = whole("s_wu, warm-up", s.warmup, 0, s.total, step)
        self.s1 = whole("s1, first drop", s.s1, 0, s.plgf_total, small)
        self.s2 = whole("s2, second drop", s.s2, 0, s.plgf_total, small)
        self.plgf_total = whole("steps of the PLGF branch", s.plgf_total, 1, 2 * s.plgf_total, small)
        self.chart = picture()
        controls = [self.total, self.wait, self.warmup, self.s1, self.s2, self.plgf_total]
        self._values = controls
        super().__init__(controls, [self.chart])

    def state(self) -> Schedules:
        """The state that the controls spell; UsageError where it leaves no room."""
        return Schedules(*(control.value for control in self._values))

    def update(self, changed: Any) -> None:
        """Draw both equations."""
        state = self.state()
        curves = explore_learning.schedule_curves(state)
        chart = self._keep("chart", None, lambda: ScheduleChart(curves))
        self._draw(self.chart, state, lambda: chart.show(curves).png())


class PseudoExplorer(Explorer):
    """tau and temperature against how many pseudo labels are kept, and how many of those are right."""

    def __init__(self, guesses: Guesses) -> None:
        """`guesses`: stored ones or made-up ones; the picture says which."""
        p = get("paper")
        self.guesses = guesses
        self.tau = slider("tau", 0.6, 0, 1, 0.01)
        self.temperature = slider("temperature", p.temperature, 0.1, 2, 0.1, ".1f")
        self.readout, self.chart = w.HTML(), picture()
        super().__init__([self.tau, self.temperature], [self.chart, self.readout])

    def update(self, changed: Any) -> None:
        """Count and draw."""
        reading = explore_learning.pseudo_labels(self.guesses, self.tau.value, self.temperature.value)
        rows = [("kept, of all", percent(reading.kept)), ("right, of those kept", percent(reading.right))]
        self.readout.value = table(rows)
        key = (reading.tau, reading.temperature)
        self._draw(self.chart, key, lambda: png(pseudo_figure(reading)))
