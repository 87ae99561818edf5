"""A database without what makes its attacks attacks: media that change nothing, and single stages upon them.

If a detector can still tell such attacks from live clips, it goes by something other than the medium: by how
clips are made. Every variant keeps people, rooms, filming cameras and all random draws.
"""

from collections.abc import Collection
from dataclasses import replace

from fasnb.simfas.domains import Domain, Source
from fasnb.simfas.printing import Printer
from fasnb.simfas.stages import DISPLAY, HANDLING, PRINT, attack_without

#: Stages of the attackers' way of working: their own camera, and that media are neither quite straight nor as
#: steady as a head.
OWN = ("second camera", "tilt", "shake")
STAGES = (*OWN, *HANDLING, *PRINT, *DISPLAY)
_FINER = 2  # the perfect second picture has so many times the pixels


def without(domain: Domain, names: Collection[str]) -> Domain:
    """The database without some STAGES."""
    if "tilt" in names:
        domain = replace(domain, tilt=0.0, roll=0.0)
    if "shake" in names:
        domain = replace(domain, shake=domain.sway, rest=domain.sway)
    attacks = {key: attack_without(attack, names) for key, attack in domain.attacks.items()}
    if "second camera" not in names:
        return replace(domain, attacks=attacks)
    # A display sends out the colours of the light that its picture was taken in; paper is lit by the room, so
    # its picture must have white where that light falls on white.
    sources = {key: _perfect(source, white=False) for key, source in domain.sources.items()}
    sources |= {f"{key}, white": _perfect(source, white=True) for key, source in domain.sources.items()}
    for key, attack in attacks.items():
        if isinstance(attack.medium, Printer):
            attacks[key] = replace(attack, source=f"{attack.source}, white")
    return replace(domain, sources=sources, attacks=attacks)


def control(domain: Domain) -> Domain:
    """The database with media that change nothing: every stage off."""
    return without(steady(domain), STAGES)


def alone(domain: Domain, name: str) -> Domain:
    """The database with one stage as it is and all others off."""
    return without(steady(domain), [stage for stage in STAGES if stage != name])


def steady(domain: Domain) -> Domain:
    """The database in light that does not flicker: a display's own light would stand out by not doing so."""
    lights = {key: replace(light, flicker=0.0) for key, light in domain.lights.items()}
    return replace(domain, lights=lights)


def concerned(domain: Domain, name: str) -> list[str]:
    """The attacks that a stage changes."""
    off = without(domain, [name])
    if name in OWN:
        return list(domain.attacks)
    return [key for key, attack in domain.attacks.items() if off.attacks[key] != attack]


def _perfect(source: Source, white: bool) -> Source:
    """A second picture that takes nothing away: fine, and without any camera."""
    camera = replace(
        source.camera, width=_FINER * source.camera.width, height=_FINER * source.camera.height,
        balance=(0.0, 0.0),
    )  # fmt: skip
    return replace(source, camera=camera, face=_FINER * source.face, white=white, perfect=True)
