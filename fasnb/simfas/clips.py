"""From a clip's name to its frames: the people, the room, the medium and the camera put together.

Live clips and attacks go through the same code from `_Clip.filmed` on: the same cameras with the same ranges
of
focus, exposure, white balance and sharpening, the same face sizes and places, the same number of frames and
codec. What differs is the medium in between and the camera before it. Every draw comes from a generator keyed
by (seed, database, clip, purpose, frame), so a clip is the same whoever renders it, in whatever order and
length.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from fasnb.layouts import Clip
from fasnb.simfas import camera as cam
from fasnb.simfas import geometry, media, optics, scene
from fasnb.simfas.cast import Cast
from fasnb.simfas.colour import encode
from fasnb.simfas.domains import Attack, Domain, Source
from fasnb.simfas.session import INTERVAL, SHOWN, Render, Sway, Take, keyed, moment

ATTACKERS = 2  # strangers behind the cut photographs, per split
LIVE_TAKE, SOURCE_TAKE = 0, 1


@dataclass(frozen=True)
class Frame:
    """A finished picture, (H, W, 3) uint8 RGB, and where its face is: box (x, y, w, h) and eyes, px.

    `gain`: picture value per scene value that it was exposed with.
    """

    picture: np.ndarray
    box: geometry.Box
    eyes: geometry.Points
    gain: float = 1.0


@dataclass
class Subject:
    """A subject of a database with all that its clips share: takes, and the pictures attackers took."""

    domain: Domain
    number: int
    cast: Cast
    _people: dict[int, Render] = field(default_factory=dict)
    _takes: dict[tuple[str, int], Take] = field(default_factory=dict)
    _sources: dict[tuple[str, str, int], Frame] = field(default_factory=dict)
    _sheets: dict[tuple[str, str], media.Sheet] = field(default_factory=dict)
    rooms: dict[tuple[str, str], "_Room"] = field(default_factory=dict)  # of the attackers' recordings
    metered: dict[tuple[str, str], cam.Settings] = field(default_factory=dict)  # and their exposure

    @property
    def seed(self) -> int:
        return self.cast.seed

    def take(self, number: int, who: str = "") -> Take:
        """A take of this subject, or of the person `who`."""
        person_key = f"{self.domain.name}/{who or self.number}"
        if who:
            return _stranger_take(person_key, number, self.cast)
        if (person_key, number) not in self._takes:
            which = number if self.cast.faces else 0  # a rendered person is the same in every take
            if which not in self._people:
                self._people[which] = self.cast.person(person_key, which)
            self._takes[person_key, number] = Take(person_key, number, self._people[which])
        return self._takes[person_key, number]

    def source(self, name: str, light: str, frame: int) -> Frame:
        """What the attacker's camera `name` recorded of this subject under `light`; photographs have only
        frame 0.
        """
        source = self.domain.sources[name]
        key = (name, light, 0 if source.photo else frame)
        if key not in self._sources:
            self._sources[key] = _recorded(self, name, source, light, key[2])
        return self._sources[key]

    def sheet(self, attack: str, light: str) -> "media.Sheet":
        """The print of this subject's photograph that an attack uses (one print serves all cameras)."""
        if (attack, light) not in self._sheets:
            model = self.domain.attacks[attack]
            rng = keyed(self.seed, self.domain.name, self.number, "sheet", attack, light)
            photo = _edited(self.source(model.source, light, 0), model, rng)
            self._sheets[attack, light] = media.printed(photo.picture, photo.box, photo.eyes, model, rng)
        return self._sheets[attack, light]


@lru_cache(maxsize=2 * ATTACKERS)
def _stranger_take(person_key: str, number: int, cast: Cast) -> Take:
    """A take of a person whom several subjects share: kept for all that this process simulates."""
    return Take(person_key, number, cast.person(person_key))


def frames(clip: Clip, subject: Subject, count: int, every: int = 1) -> Iterator[Frame]:
    """`count` frames of a clip, from the first one on, `every` apart."""
    filmed = _live(clip, subject) if clip.is_live else _attack(clip, subject)
    for number in range(0, count * every, every):
        yield filmed(number)


def _recorded(subject: Subject, name: str, source: Source, light: str, number: int) -> Frame:
    """One frame of the attacker's own recording: a live capture in the domain's light and rooms."""
    domain = subject.domain
    key = (subject.seed, domain.name, subject.number, "source", name, light)
    camera, take = source.camera, subject.take(SOURCE_TAKE)
    if number:
        subject.source(name, light, 0)
    place = (camera.width / 2, camera.height * 0.47)
    if (name, light) not in subject.rooms:
        room = _room(domain, light, camera, keyed(*key, "room"))
        subject.rooms[name, light] = replace(room, gridded=not source.perfect)
    room = subject.rooms[name, light]
    sway = Sway(keyed(*key, "sway"))
    picture, box, eyes, _ = _people(take, room, place, source.face, sway, domain.sway, number, 0, 2)
    if (name, light) not in subject.metered:  # frame 0 is recorded first
        subject.metered[name, light] = cam.metered(picture, camera, cam.draw(camera, keyed(*key, "camera")))
    settings = subject.metered[name, light]
    if source.perfect:
        gain = 1 / room.light.room if source.white else np.float32(settings.gain)
        taken = np.round(255 * encode(picture * gain)).astype(np.uint8)
    else:
        taken = cam.capture(picture, camera, settings, keyed(*key, "frame", number))
    return Frame(taken, box, eyes, settings.gain)


def _edited(shot: Frame, attack: Attack, rng: np.random.Generator) -> Frame:
    """The attacker's editing, drawn once a clip or print."""
    levels, gamma = float(rng.uniform(*attack.levels)), float(rng.uniform(*attack.gamma))
    return replace(shot, picture=media.edited(shot.picture, levels, gamma))


@dataclass
class _Room:
    """A place with its light; keeps the figures that were lit there."""

    light: scene.Light
    behind: np.ndarray  # (H, W, 3) radiance
    gridded: bool = True  # people come to the sensor through its pixels' own blur
    _figures: dict[tuple[str, int, int, bool], scene.Figure] = field(default_factory=dict)

    def figure(self, take: Take, at: int, closed: bool, scale: float) -> scene.Figure:
        """A person of a take in this light, with enough body to fill the picture at `scale`."""
        key = (take.person_key, take.number, at, closed)
        if key not in self._figures:
            layers = take.layers(at, closed)
            size = layers.alpha.shape[0]
            height, width = self.behind.shape[:2]
            side = max(0, round((width / scale - size) / 2 + 0.1 * size))
            below = max(0, round(height * 0.65 / scale - size * 0.5))
            self._figures[key] = scene.figure(layers, self.light, scale, side, below, self.gridded)
        return self._figures[key]


def _room(domain: Domain, light: str, camera: cam.Camera, rng: np.random.Generator) -> _Room:
    drawn = scene.draw_light(domain.lights[light], rng)
    style = str(rng.choice(domain.styles[light]))
    return _Room(drawn, scene.background(style, camera.width, camera.height, drawn, rng))


def _people(
    take: Take, room: _Room, place: tuple[float, float], face: float, sway: Sway, reach: float, number: int,
    order: int, blink: int,
) -> tuple[np.ndarray, geometry.Box, geometry.Points, tuple[float, float]]:  # fmt: skip
    """A take's frame before a camera: radiance (H, W, 3), face box, eyes, and the head's speed in px/s."""
    at, closed = moment(number, order, blink)
    layers = take.layers(at, closed)
    scale = face / take.reference
    width = room.behind.shape[1]
    move, speed = sway.at(number * INTERVAL) * reach * width, sway.speed(number * INTERVAL) * reach * width
    x, y, w, h = layers.box
    centre = (place[0] + float(move[0]), place[1] + float(move[1]))
    roll = float(sway.at(number * INTERVAL)[2] * 0.8)
    matrix = geometry.similarity((x + w / 2, y + h / 2), centre, scale, roll)
    picture = scene.placed(room.figure(take, at, closed, scale), matrix, room.behind)
    box, eyes = geometry.moved_box(matrix, layers.box), geometry.moved_points(matrix, layers.eyes)
    return picture, box, eyes, (float(speed[0]), float(speed[1]))


class _Clip:
    """What one clip draws once: room, camera settings, place and size of the face, sway."""

    def __init__(self, clip: Clip, subject: Subject) -> None:
        self.clip, self.subject, self.domain = clip, subject, subject.domain
        self.camera = self.domain.cameras[clip.camera]
        self.room = _room(self.domain, clip.light, self.camera, self.rng("room"))
        self.drawn = cam.draw(self.camera, self.rng("camera"))
        self.settings: cam.Settings | None = None
        rng = self.rng("place")
        w, h = self.camera.width, self.camera.height
        self.face = float(rng.uniform(*self.domain.face[clip.camera]))
        self.place = (
            w * (self.domain.centre[0] + self.domain.wander[0] * float(rng.standard_normal())),
            h * (self.domain.centre[1] + self.domain.wander[1] * float(rng.standard_normal())),
        )
        self.order, self.blink = int(rng.integers(2)), int(rng.integers(SHOWN))
        self.sway = Sway(self.rng("sway"))

    def rng(self, *purpose: object) -> np.random.Generator:
        return keyed(self.subject.seed, self.domain.name, self.clip.path, *purpose)

    def metered(self, radiance: np.ndarray) -> cam.Settings:
        """Exposure and white balance of the clip: its first frame's, whichever is asked for first."""
        if self.settings is None:
            self.settings = cam.metered(radiance, self.camera, self.drawn)
        return self.settings

    def filmed(
        self,
        number: int,
        radiance: np.ndarray,
        speed: tuple[float, float],
        modulation: np.ndarray | None,
        flicker: tuple[float, float],
    ) -> np.ndarray:
        """The camera's picture of a frame; `flicker` = (depth, hertz) of the light on the face."""
        settings = self.metered(radiance)
        rng = self.rng("frame", number)
        seconds = cam.exposure_time(self.camera, settings.gain)
        phase = float(rng.uniform(0, 2 * np.pi))
        if flicker[0]:
            bands = optics.rows_in_time(
                len(radiance), flicker[1], flicker[0], seconds, self.camera.readout, phase
            )
            modulation = bands if modulation is None else modulation * bands
        move = (speed[0] * seconds, speed[1] * seconds)
        return cam.capture(radiance, self.camera, settings, rng, modulation, move)


def _live(clip: Clip, subject: Subject) -> Callable[[int], Frame]:
    """A function frame number -> Frame of a live clip. Frame 0 must be asked for first."""
    state = _Clip(clip, subject)
    take = subject.take(LIVE_TAKE)
    light = state.room.light

    def frame(number: int) -> Frame:
        radiance, box, eyes, speed = _people(
            take,
            state.room,
            state.place,
            state.face,
            state.sway,
            state.domain.sway,
            number,
            state.order,
            state.blink,
        )
        picture = state.filmed(number, radiance, speed, None, (light.flicker, light.hertz))
        return Frame(picture, box, eyes)

    return frame


def _attack(clip: Clip, subject: Subject) -> Callable[[int], Frame]:
    """A function frame number -> Frame of an attack. Frame 0 must be asked for first."""
    state = _Clip(clip, subject)
    model = state.domain.attacks[clip.attack]
    hand = clip.support == "hand" if clip.support else model.hand
    held = media.Held(state.rng("held"), state.room.light, model, state.domain, hand)
    editing = state.rng("editing").bit_generator.state  # every frame of a video is edited alike

    def shot(number: int) -> Frame:
        rng = state.rng("editing")
        rng.bit_generator.state = editing
        return _edited(subject.source(model.source, clip.light, number), model, rng)

    def frame(number: int) -> Frame:
        seconds = number * INTERVAL
        reach = state.camera.width * (state.domain.shake if hand else state.domain.rest)
        move, speed = state.sway.at(seconds) * reach, state.sway.speed(seconds) * reach
        centre = (state.place[0] + float(move[0]), state.place[1] + float(move[1]))
        view = media.View(state.camera, state.drawn, state.room.light, state.room.behind, centre, state.face)
        wobble = state.sway.at(seconds)[2:] * (1.0 if hand else 0.02)
        if isinstance(model.medium, media.Printer):
            sheet = subject.sheet(clip.attack, clip.light)
            seen = media.show_print(sheet, model, held, view, wobble, seconds)
            if model.cut:
                seen = media.behind_holes(seen, sheet, _stranger(state, number), view, held)
            flicker = (state.room.light.flicker, state.room.light.hertz)
        else:
            seen = media.show_display(shot(number), model.medium, model, held, view, wobble)
            flicker = (model.medium.flicker, model.medium.hertz)
        picture = state.filmed(
            number, seen.radiance, (float(speed[0]), float(speed[1])), seen.modulation, flicker
        )
        return Frame(picture, seen.box, seen.eyes)

    return frame


def _stranger(state: _Clip, number: int) -> media.Eyes:
    """The attacker's own live face, as it moves behind the holes of a cut print."""
    who = f"attacker-{state.clip.split}-{state.subject.number % ATTACKERS}"
    take = state.subject.take(LIVE_TAKE, who)
    at, closed = moment(number, 0, state.blink)
    layers = take.layers(0, closed and at % 2 == 0)
    return media.Eyes(
        scene.relit(layers, state.room.light), layers.eyes, state.sway.at(number * INTERVAL + 7.0)
    )
