"""The widgets of pictures show what the pure functions say; their charts, moved, are those made anew."""

import os
from dataclasses import replace

os.environ.setdefault("MPLBACKEND", "Agg")

import pytest
import torch

from fasnb import explore_heat, explore_light, explore_pictures, explore_simulator, networks
from fasnb.controls import table
from fasnb.experiments import make
from fasnb.explore_faces import Pick
from fasnb.explore_light import Light
from fasnb.explore_simulator import Setup, Studio
from fasnb.widgets_pictures import (
    HeatExplorer,
    LightExplorer,
    SimulatorExplorer,
    heat_readouts,
    light_readouts,
    simulator_readouts,
)
from tests.toy_gallery import gallery

LIVE = Setup("replay-attack", 1, "webcam")


def test_light_moves_the_readouts_to_what_the_pure_function_gives():
    x = LightExplorer(gallery())
    assert x.message.value == ""
    picture = x.chart.value
    for control, value in ((x.gain, 0.5), (x.gamma, 1.4), (x.side, 0.3), (x.size, 7), (x.variant, "literal")):
        control.value = value
        face = gallery().face(Pick("casia", 3))
        reading = explore_light.read(face.picture, x.light())
        assert x.readout.value == table(light_readouts(reading))
    assert x.light() == Light(0.5, 1.4, 0.3, 7, "literal")
    assert x.chart.value not in (picture, b"")
    anew = explore_pictures.LightChart(reading, face.what).png()
    assert x.chart.value == anew


def test_the_unlit_face_does_not_change():
    assert "0.0 grey levels, 0.0 %" in LightExplorer(gallery()).readout.value


def test_another_person_or_database_brings_the_lists_along():
    x = LightExplorer(gallery())
    assert x.number.max == 4
    x.number.value = 4
    x.kind.value = "cut"
    assert x.number.max == x.number.value == 2
    x.person.value = 8
    assert (x.kind.options, x.kind.value) == (("live",), "live")
    x.database.value = "msu"
    assert (x.person.options, x.person.value, x.kind.value) == ((5, 6), 6, "live")
    assert x.message.value == ""


@pytest.fixture(scope="module")
def studio():
    return Studio()


def test_a_stage_is_switched_by_its_box(studio):
    x = SimulatorExplorer(studio, LIVE)
    assert x.message.value == ""
    before = x.chart.value
    assert x.stages["halftone"].disabled  # nothing is printed
    assert not x.stages["noise"].disabled
    x.stages["noise"].value = False
    setup = replace(LIVE, off=frozenset({"noise"}))
    assert x.setup() == setup
    reading = explore_simulator.read(studio, setup)
    assert x.readout.value == table(simulator_readouts(reading))
    assert before != x.chart.value == explore_pictures.SimulatorChart(reading).png()


def test_a_change_of_database_begins_with_its_first_clip(studio, monkeypatch):
    x = SimulatorExplorer(studio, LIVE)
    monkeypatch.setattr(explore_simulator, "read", lambda studio, setup: asked.append(setup) or kept)
    asked, kept = [], explore_simulator.Reading(*explore_read(studio))
    x.database.value = "msu-mfsd"
    first = next(iter(explore_simulator.clips("msu-mfsd")))
    assert asked == [Setup("msu-mfsd", *first)]
    x.attack.value = "printed_photo"
    assert not x.stages["halftone"].disabled
    assert x.message.value == ""


def explore_read(studio):
    shot = studio.shot(LIVE)
    return shot, shot, explore_simulator.spectrum(shot.part), 0.0


class Toys:
    """Two untrained networks."""

    experiments = [make("mpl_uda", "casia"), make("attvlad", "casia")]  # noqa: RUF012
    whole_only = staticmethod(explore_heat.Networks.whole_only)

    def __init__(self):
        torch.manual_seed(0)
        self._all = dict(
            zip(self.experiments, (networks.build("wrn-10-1").eval(), networks.build("attvlad").eval()))
        )

    def network(self, experiment):
        return self._all[experiment]

    def title(self, experiment, target):
        return f"{target}: {experiment}"


def test_heat_follows_network_class_and_face():
    toys = Toys()
    x = HeatExplorer(gallery(), toys)
    first = x.chart.value
    x.target.value = "attack"
    assert x.chart.value != first
    x.tile.value = "64x64 patches"
    x.network.value = toys.experiments[1]
    assert x.tile.disabled
    assert x.tile.value == "whole face"
    face = gallery().face(Pick("casia", 3))
    r = explore_heat.read(
        toys.network(toys.experiments[1]), toys.experiments[1], face, "attack", "whole face"
    )
    assert x.readout.value == table(heat_readouts(r))
    title = toys.title(toys.experiments[1], "attack")
    assert x.chart.value == explore_pictures.HeatChart(r, face, title).png()
    assert x.message.value == ""


def test_a_gone_face_is_one_line(monkeypatch):
    from fasnb.errors import FasnbError

    def gone(self, pick):
        raise FasnbError("faces.npy is gone or damaged; extract faces again")

    x = LightExplorer(gallery())
    monkeypatch.setattr("fasnb.explore_faces.Gallery.face", gone)
    x.number.value = 2
    assert x.message.value == "<b>Nothing to show:</b> faces.npy is gone or damaged; extract faces again"
    assert x.body.layout.display == "none"
