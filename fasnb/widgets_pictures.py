"""The widgets of light, simulator and heat: controls over the pure functions, no arithmetic of their own.

They read and change pictures, so unlike those of `widgets` they load torch.
"""

from dataclasses import replace
from typing import Any

import ipywidgets as w

from fasnb import explore_heat, explore_light, explore_simulator, plgf
from fasnb.controls import Explorer, choice, percent, picture, slider, table, whole
from fasnb.explore_faces import LIVE, Face, Gallery, Pick
from fasnb.explore_heat import CLASSES, TILES, Networks
from fasnb.explore_light import Light
from fasnb.explore_pictures import HeatChart, LightChart, SimulatorChart
from fasnb.explore_simulator import Setup, Studio
from fasnb.simfas.domains import DOMAINS


def light_readouts(reading: explore_light.Reading) -> list[tuple[str, str]]:
    """How much picture and map changed, in their own units and as shares of their means."""
    rgb, force = reading.rgb_change, reading.map_change
    return [
        (
            "RGB, mean absolute change",
            f"{255 * rgb:.1f} grey levels, {percent(_share(rgb, reading.rgb_mean))}",
        ),
        ("PLGF, mean absolute change", f"{force:.4f} rad, {percent(_share(force, reading.map_mean))}"),
        ("values that the light made full", percent(reading.clipped)),
    ]


def _share(change: float, mean: float) -> float:
    return change / mean if mean else float("nan")


def simulator_readouts(reading: explore_simulator.Reading) -> list[tuple[str, str]]:
    """How far a shot is from the same with every stage on."""
    height, width = reading.shot.picture.shape[:2]
    return [
        ("change about the face", f"{reading.change:.1f} grey levels, against every stage on"),
        ("picture", f"{width} x {height}, the face {reading.shot.box[2]:.0f} px wide"),
    ]


def heat_readouts(reading: explore_heat.Reading) -> list[tuple[str, str]]:
    """What the network says, and where the heat lies."""
    return [
        ("probability of live", f"{reading.live:.3f}"),
        ("heat in the dashed region", percent(reading.inside)),
        ("that region's share of the face", percent(reading.area)),
    ]


class FaceExplorer(Explorer):
    """An explorer with a face to choose: a database, a person of it, a kind of capture, which of these."""

    def __init__(self, gallery: Gallery, controls: list[Any], shown: list[Any]) -> None:
        """Begin with the first live face of the first database."""
        self.gallery = gallery
        start = gallery.first(gallery.databases[0])
        self.database = choice("database", gallery.databases, start.database)
        self.person = choice("person", gallery.people(start.database), start.person)
        self.kind = choice("capture", gallery.kinds(start.database, start.person), start.kind)
        self.number = whole("face", 1, 1, gallery.count(start.database, start.person, start.kind), 1)
        super().__init__([self.database, self.person, self.kind, self.number, *controls], shown)

    def pick(self, changed: Any) -> Pick:
        """The face that the controls spell; what hangs on `changed` is brought in line first."""
        if changed is self.database:
            start = self.gallery.first(self.database.value)
            _offer(self.person, self.gallery.people(start.database), start.person)
        database, person = self.database.value, self.person.value
        if changed in (self.database, self.person):
            kinds = self.gallery.kinds(database, person)
            _offer(self.kind, kinds, self.kind.value if self.kind.value in kinds else kinds[0])
        self.number.max = self.gallery.count(database, person, self.kind.value)
        return Pick(database, person, self.kind.value, self.number.value - 1)

    def face(self, changed: Any) -> tuple[Pick, Face]:
        """The pick and its face, read where it is another than last time."""
        pick = self.pick(changed)
        return pick, self._keep("face", pick, lambda: self.gallery.face(pick))


def _offer(control: Any, options: list[Any], value: Any) -> None:
    """Other options for a list."""
    control.options = options
    control.value = value


class LightExplorer(FaceExplorer):
    """Gain, gamma and side light on a face, and what becomes of its PLGF map."""

    def __init__(self, gallery: Gallery) -> None:
        """`gallery`: the faces to choose from."""
        self.gain = slider("gain", 1, 0.1, 3, 0.1, ".1f")
        self.gamma = slider("gamma", 1, 0.3, 3, 0.1, ".1f")
        self.side = slider("side light", 0, -1, 1, 0.1, ".1f")
        self.size = choice("mask size", plgf.SIZES, 3)
        self.variant = choice("mask", plgf.VARIANTS, "quadrant")
        self.readout, self.chart = w.HTML(), picture()
        controls = [self.gain, self.gamma, self.side, self.size, self.variant]
        super().__init__(gallery, controls, [self.chart, self.readout])

    def light(self) -> Light:
        """The light that the controls spell."""
        return Light(self.gain.value, self.gamma.value, self.side.value, self.size.value, self.variant.value)

    def update(self, changed: Any) -> None:
        """Change the light and draw."""
        pick, face = self.face(changed)
        light = self.light()
        reading = explore_light.read(face.picture, light)
        self.readout.value = table(light_readouts(reading))
        chart = self._keep("chart", None, lambda: LightChart(reading, face.what))
        self._draw(self.chart, (pick, light), lambda: chart.show(reading, face.what).png())


class SimulatorExplorer(Explorer):
    """A person before a database's camera, live or in an attack, with single stages of the chain off."""

    def __init__(self, studio: Studio, start: Setup) -> None:
        """`start` is captured at once."""
        self.studio = studio
        self.database = choice("database", DOMAINS, start.database)
        self.subject = choice("person", [start.subject], start.subject)
        self.camera = choice("camera", [start.camera], start.camera)
        self.attack = choice("capture", [(start.attack or LIVE, start.attack)], start.attack)
        names = (*explore_simulator.control.STAGES, *explore_simulator.camera_stages())
        narrow = {"indent": False, "layout": {"width": "150px"}}
        self.stages = {name: w.Checkbox(name not in start.off, description=name, **narrow) for name in names}
        self.readout, self.chart = w.HTML(), picture()
        self._offer_clips(start)
        controls = [self.database, self.subject, self.camera, self.attack]
        super().__init__(controls, [self.chart, self.readout], list(self.stages.values()))

    def _offer_clips(self, setup: Setup) -> None:
        """Put the database's people, cameras and attacks into their lists."""
        found = list(explore_simulator.clips(setup.database))
        subjects, cameras, attacks = (list(dict.fromkeys(part)) for part in zip(*found))
        _offer(self.subject, sorted(subjects), setup.subject)
        _offer(self.camera, sorted(cameras), setup.camera)
        named = [(attack.replace("_", " ") or LIVE, attack) for attack in sorted(attacks)]
        _offer(self.attack, named, setup.attack)

    def setup(self, changed: Any = None) -> Setup:
        """The setup that the controls spell; another database begins with its first clip."""
        if changed is self.database:
            first = next(iter(explore_simulator.clips(self.database.value)))
            self._offer_clips(Setup(self.database.value, *first))
        now = Setup(self.database.value, self.subject.value, self.camera.value, self.attack.value)
        there = explore_simulator.stages_of(now)
        for name, box in self.stages.items():
            box.disabled = name not in there
        return replace(now, off=frozenset(name for name in there if not self.stages[name].value))

    def update(self, changed: Any) -> None:
        """Capture and draw."""
        setup = self.setup(changed)
        reading = explore_simulator.read(self.studio, setup)
        self.readout.value = table(simulator_readouts(reading))
        chart = self._keep("chart", None, lambda: SimulatorChart(reading))
        self._draw(self.chart, setup, lambda: chart.show(reading).png())


class HeatExplorer(FaceExplorer):
    """Grad-CAM of a stored network on a face, for a class."""

    def __init__(self, gallery: Gallery, networks: Networks) -> None:
        """`networks`: those to choose from."""
        self.networks = networks
        names = [(one.name, one) for one in networks.experiments]
        self.network = choice("network", names, networks.experiments[0])
        self.target = choice("evidence for", CLASSES, "live")
        self.tile = choice("face seen as", TILES, "whole face")
        self.readout, self.chart = w.HTML(), picture()
        super().__init__(gallery, [self.network, self.target, self.tile], [self.chart, self.readout])

    def update(self, changed: Any) -> None:
        """Look for the evidence and draw."""
        pick, face = self.face(changed)
        one, target, tile = self.network.value, self.target.value, self.tile.value
        if self.networks.whole_only(one):
            self.tile.value = tile = "whole face"
        self.tile.disabled = self.networks.whole_only(one)
        key = pick, one, target, tile
        network = self.networks.network(one)
        reading = self._keep("heat", key, lambda: explore_heat.read(network, one, face, target, tile))
        self.readout.value = table(heat_readouts(reading))
        title = self.networks.title(one, target)
        chart = self._keep("chart", None, lambda: HeatChart(reading, face, title))
        self._draw(self.chart, key, lambda: chart.show(reading, face, title).png())
