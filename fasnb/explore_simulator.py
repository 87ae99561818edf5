"""A simulated capture with stages of its chain on and off, and its spectrum; `explore_pictures` draws them.

Stages have the names of `simfas.control` (handling, print, display) and of `simfas.stages` (camera). Every
random draw stays, so what changes is what the stage does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fasnb import layouts, paths
from fasnb.detector import MARGIN, crop
from fasnb.errors import UsageError
from fasnb.layouts import Clip
from fasnb.simfas import clips as sim
from fasnb.simfas import control, stages
from fasnb.simfas.cast import Cast
from fasnb.simfas.domains import DOMAINS, Domain
from fasnb.simfas.printing import Printer
from fasnb.simfas.session import Render

BINS = 48  # of a radial spectrum
#: Stages behind a print as it leaves the printer; without them another sheet has to be printed.
_SHEET = {"second camera", "trimming", "editing", *stages.PRINT}


@dataclass(frozen=True)
class Setup:
    """What is captured: a database (folder name), a person, a camera, an attack ("": live), stages off.

    UsageError where the database has no such clip or stage.
    """

    database: str
    subject: int
    camera: str
    attack: str = ""
    off: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Check that there is such a clip and that the stages are known."""
        clip_of(self)
        if unknown := sorted(self.off - {*control.STAGES, *camera_stages()}):
            raise UsageError(f"unknown stage {unknown[0]!r}; see the stages of a setup")


@lru_cache
def clips(database: str) -> dict[tuple[int, str, str], Clip]:
    """A database's first clip of each (subject, camera, attack); UsageError for an unknown database."""
    found: dict[tuple[int, str, str], Clip] = {}
    for clip in layouts.official_clips(database):
        found.setdefault((clip.subject, clip.camera, clip.attack), clip)
    return found


def clip_of(setup: Setup) -> Clip:
    """The clip of a setup; UsageError where the database has none."""
    found = clips(setup.database)
    if (key := (setup.subject, setup.camera, setup.attack)) not in found:
        raise UsageError(f"{setup.database} has no clip of subject, camera and attack {key}")
    return found[key]


def camera_stages() -> tuple[str, ...]:
    """The names of the stages of every camera, in the order of the light's way."""
    return tuple(stages.camera_stages(next(iter(DOMAINS["casia-fasd"].cameras.values()))))


def stages_of(setup: Setup) -> list[str]:
    """The stages that do something in a setup, from the attacker's camera to the filming one's file."""
    domain = DOMAINS[setup.database]
    found = [name for name in control.STAGES if setup.attack in control.concerned(domain, name)]
    camera = domain.cameras[setup.camera]
    return found + [name for name, other in stages.camera_stages(camera).items() if other != camera]


def variant(setup: Setup) -> Domain:
    """The setup's database without the stages that are off."""
    domain = control.without(DOMAINS[setup.database], setup.off)
    camera = domain.cameras[setup.camera]
    for name in setup.off & {*camera_stages()}:
        camera = stages.camera_stages(camera)[name]
    return replace(domain, cameras=domain.cameras | {setup.camera: camera})


@dataclass(frozen=True)
class Shot:
    """A capture: the picture (H, W, 3) uint8 RGB of the filming camera and its face box, px.

    `part` is the square about the face in the camera's own pixels, (S, S, 3) uint8.
    """

    setup: Setup
    picture: NDArray[np.uint8] = field(repr=False)
    box: tuple[float, float, float, float]
    part: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True)
class _Troupe(Cast):
    """People whose rendered poses are kept in memory, too."""

    def person(self, person_key: str, take: int = 0) -> Render:
        return _remembered(Cast(self.seed, self.poses, self.faces), person_key, take)


@lru_cache(maxsize=8)
def _remembered(cast: Cast, person_key: str, take: int) -> Render:
    render: Render = lru_cache(maxsize=8)(cast.person(person_key, take))
    return render


class Studio:
    """Captures setups. A person is rendered once (seconds, unless the pose is on disk), then kept."""

    def __init__(self, seed: int = 0) -> None:
        """`seed` of the people and of every draw: 0 are those of the simulated databases."""
        self._cast = _Troupe(seed, paths.kept_poses())
        self._subject = lru_cache(maxsize=8)(self._new_subject)
        self.shot: Callable[[Setup], Shot] = lru_cache(maxsize=32)(self._shot)

    def _new_subject(self, database: str, number: int, sheet: frozenset[str]) -> sim.Subject:
        """A person with pictures and prints of their own: `sheet` are the stages off that those depend on."""
        return sim.Subject(DOMAINS[database], number, self._cast)

    def _shot(self, setup: Setup) -> Shot:
        """The first frame of the setup's clip."""
        domain = variant(setup)
        subject = self._subject(setup.database, setup.subject, setup.off & kept_apart(setup))
        subject.domain = domain
        frame = next(sim.frames(clip_of(setup), subject, 1))
        return Shot(setup, frame.picture, frame.box, face_part(frame.picture, frame.box))


def kept_apart(setup: Setup) -> frozenset[str]:
    """The stages behind what a person's earlier captures left: photographs, and prints of them."""
    attack = DOMAINS[setup.database].attacks.get(setup.attack)
    return frozenset(_SHEET if attack and isinstance(attack.medium, Printer) else {"second camera"})


def face_part(picture: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """The square that a face is cut from, in the picture's own pixels: (S, S, 3) uint8, S even."""
    side = max(box[2:]) * (1 + 2 * MARGIN)
    even = max(2, 2 * round(side / 2))
    # crop() enlarges nothing where the square already has the size asked for.
    grown = (even / (1 + 2 * MARGIN) - max(box[2:])) / 2
    x, y, w, h = box
    return crop(picture, (x - grown, y - grown, w + 2 * grown, h + 2 * grown), size=even)


def spectrum(part: NDArray[np.uint8]) -> NDArray[np.float64]:
    """log10 of the power of a square picture (S, S, 3) uint8, in grey: (S, S), frequency 0 in the middle.

    Axes are cycles per pixel, [-1/2, 1/2). The mean is taken off, a Hann window hides the picture's edges; a
    power of 1 is that of noise of one grey level.
    """
    grey = part.astype(np.float64).mean(axis=2)
    window = np.outer(*2 * (np.hanning(len(grey)),))
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window)) ** 2 / (window**2).sum()
    return np.fft.fftshift(np.log10(power + 1e-3))


def radial(log_power: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A spectrum's mean over directions: BINS frequencies in (0, 1/2) cycles per pixel, and log10 power.

    NaN where a small picture has no frequency of a bin.
    """
    axis = np.fft.fftshift(np.fft.fftfreq(len(log_power)))
    radius = np.hypot(axis[:, None], axis[None, :]).ravel()
    edges = np.linspace(0, 0.5, BINS + 1)
    place = np.digitize(radius, edges) - 1
    inside = (place < BINS) & (radius > 0)
    power = np.bincount(place[inside], 10 ** log_power.ravel()[inside], BINS)
    count = np.bincount(place[inside], minlength=BINS)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (edges[:-1] + edges[1:]) / 2, np.log10(power / count)


@dataclass(frozen=True)
class Reading:
    """A shot beside the same with every stage on: spectra, and the change in grey levels about the face."""

    shot: Shot
    whole: Shot
    spectrum: NDArray[np.float64] = field(repr=False)
    change: float


def read(studio: Studio, setup: Setup) -> Reading:
    """The reading of a setup."""
    shot, whole = studio.shot(setup), studio.shot(replace(setup, off=frozenset()))
    change = stages.levels(face_part(shot.picture, whole.box), whole.part)
    return Reading(shot, whole, spectrum(shot.part), change)
