"""Media that change nothing: what is switched off, what stays, and that the picture comes through."""

from dataclasses import replace

import numpy as np
import pytest

from fasnb import layouts
from fasnb.simfas import cast, control, trials
from fasnb.simfas.domains import DOMAINS, Domain
from fasnb.simfas.media import Printer
from tests.simfas import plain


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cast, "Person", plain.Person)


@pytest.mark.parametrize("name", DOMAINS)
def test_every_stage_changes_something_and_without_all_of_them_nothing_is_left(name: str) -> None:
    domain = DOMAINS[name]
    off = control.without(domain, control.STAGES)
    for stage in control.STAGES:
        changed = control.without(domain, [stage]) != domain
        assert changed == bool(control.concerned(domain, stage)) or stage in control.OWN
        assert control.without(off, [stage]).attacks.keys() == off.attacks.keys()
        if stage not in control.OWN:
            assert not control.concerned(off, stage), stage
    assert off.tilt == off.roll == 0
    assert off.shake == off.rest == off.sway
    assert off.cameras == domain.cameras
    assert off.lights == domain.lights


@pytest.mark.parametrize("name", DOMAINS)
def test_a_stage_alone_is_the_control_with_that_stage_of_the_real_database(name: str) -> None:
    domain = DOMAINS[name]
    for stage in ("glare", "drift", "tilt"):
        alone = control.alone(domain, stage)
        assert control.without(alone, [stage]) == control.control(domain)


def test_prints_are_of_the_surfaces_and_displays_of_the_light() -> None:
    off = control.control(DOMAINS["replay-attack"])
    for attack in off.attacks.values():
        assert off.sources[attack.source].perfect
        assert off.sources[attack.source].white == isinstance(attack.medium, Printer)
    assert all(light.flicker == 0 for light in off.lights.values())


def bare(name: str) -> Domain:
    """The database in one camera that adds nothing: what is left is the medium."""
    domain = DOMAINS[name]
    cameras = {
        key: replace(
            camera,
            lens=(0.3, 0.3), defocus=(0, 0), electrons=1e12, full_well=1e12, read_noise=0, veil=(0, 0),
            crosstalk=0, balance=(1, 1), sharpen=(0, 0), denoise=0, quality=None, saturation=(1, 1),
            contrast=(1, 1),
        )
        for key, camera in domain.cameras.items()
    }  # fmt: skip
    return replace(domain, cameras=cameras, wander=(0, 0))


@pytest.mark.parametrize(("name", "attack"), [("msu-mfsd", "printed_photo"), ("msu-mfsd", "ipad_video")])
def test_a_clear_medium_shows_the_face_much_as_it_is_and_the_real_one_does_not(
    name: str, attack: str
) -> None:
    clips = [c for c in layouts.official_clips(name) if c.subject == 2 and c.camera == "laptop"]
    pair = [c for c in clips if c.is_live or c.attack == attack]
    pair.sort(key=lambda clip: not clip.is_live)

    def middle(domain: Domain) -> np.ndarray:
        """Colours of the cheeks, live first, relative to their mean: exposure and light are left aside."""
        shots = list(trials.shots(domain, pair, cast.Cast(0), 1, 64))
        return np.stack([s.faces[0, 30:50, 20:44].mean((0, 1)) for s in shots])

    def apart(domain: Domain) -> float:
        live, shown = middle(domain)
        return float(np.abs(live / live.mean() - shown / shown.mean()).max())

    assert apart(control.control(bare(name))) < 0.06
    if attack == "printed_photo":
        assert apart(bare(name)) > apart(control.control(bare(name)))
