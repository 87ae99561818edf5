"""Attack media before the camera: a print or a display held in the room, with the picture it carries.

Makes the radiance that reaches the lens (H, W, 3), the factors of periodic structure that the camera applies
after its lens, and where the shown face is. The physics of inks and panels is in printing.py and display.py.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from fasnb.simfas import display, geometry, optics, printing, scene
from fasnb.simfas.camera import Camera, Settings
from fasnb.simfas.display import Display
from fasnb.simfas.domains import Attack, Domain
from fasnb.simfas.printing import Printer, edited
from fasnb.simfas.scene import Light

__all__ = [
    "Display", "Eyes", "Held", "Printer", "Seen", "Sheet", "View", "behind_holes", "edited", "printed",
    "show_display", "show_print",
]  # fmt: skip

REFLECTED = ("office", "wall", "window")  # what a display's front may mirror


@dataclass(frozen=True)
class Sheet:
    """A print: reflectance (h, w, 3), ink coverage (h, w, 4), the face on it, and the size of a px in mm."""

    reflectance: np.ndarray
    coverage: np.ndarray
    box: geometry.Box
    eyes: geometry.Points
    mm: float


@dataclass(frozen=True)
class View:
    """What the camera looks at in a frame: the room, and where (px) and how wide (px) the face shall be."""

    camera: Camera
    settings: Settings
    light: Light
    behind: np.ndarray
    centre: tuple[float, float]
    face: float


@dataclass(frozen=True)
class Seen:
    """A medium as it reaches the camera."""

    radiance: np.ndarray
    modulation: np.ndarray | None
    box: geometry.Box
    eyes: geometry.Points
    maps: np.ndarray  # (H, W, 2) place on the medium, texture px
    matrix: np.ndarray  # medium px -> picture px, flat


@dataclass(frozen=True)
class Eyes:
    """A live person behind a cut print: relit (h, w, 4), the eyes' places, and the motion relative to the
    print.
    """

    person: np.ndarray
    eyes: geometry.Points
    sway: np.ndarray


class Held:
    """How one clip holds its medium: tilt, bend, highlight and reflections, the holder's thumbs."""

    def __init__(
        self, rng: np.random.Generator, light: Light, attack: Attack, domain: Domain, hand: bool
    ) -> None:
        self.hand = hand
        self.yaw, self.pitch = (float(domain.tilt * v) for v in rng.standard_normal(2).clip(-2, 2))
        self.roll = float(domain.roll * rng.standard_normal())
        self.warp = float(np.radians(rng.uniform(*attack.warp)) * rng.choice([-1.0, 1.0]))
        self.beat = float(rng.uniform(0.25, 0.6))  # bends a second of a print that is moved to look alive
        self.hole = rng.uniform(
            [0.26, 0.15], [0.34, 0.21]
        )  # half axes of a hole, share of the eyes' distance
        self.shade = float(rng.uniform(0.45, 0.8))  # light behind a print
        surface = rng.spawn(1)[0]
        size = (160, 160)
        if isinstance(attack.medium, Display):
            style = str(surface.choice(REFLECTED))
            before = scene.background(style, *size, light, surface)
            self.surface = display.mirrored(before, attack.medium.gloss, light.room, surface)
        else:
            self.surface = printing.sheen(size, attack.medium.gloss, light.key + light.fill, surface)
        skin = np.array([0.45, 0.30, 0.22]) * rng.uniform(0.35, 1.3)
        self.thumbs = [
            (float(x), float(rng.uniform(0.55, 0.85)), float(rng.uniform(-25, 25))) for x in (0, 1)
        ]
        self.skin = (skin * light.room).astype(np.float32)


def printed(
    picture: np.ndarray, box: geometry.Box, eyes: geometry.Points, attack: Attack, rng: np.random.Generator
) -> Sheet:
    """A picture (H, W, 3) uint8 on paper, with the white border that the attack's trimming leaves."""
    printer = attack.medium
    assert isinstance(printer, Printer)
    coverage = printing.separated(picture, printer)
    mm = attack.width / picture.shape[1]
    edge = round(float(rng.uniform(*attack.border)) * picture.shape[1])
    if edge:
        coverage = cv2.copyMakeBorder(
            coverage, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)
        )
    move = geometry.shift(edge, edge)
    reflect = printing.sheet(coverage, printer, mm, rng)
    return Sheet(reflect, coverage, geometry.moved_box(move, box), geometry.moved_points(move, eyes), mm)


def _pose(box: geometry.Box, held: Held, view: View, wobble: np.ndarray) -> np.ndarray:
    """(3, 3) medium px -> picture px: turns the medium about its face, which lands where it shall."""
    x, y, w, h = box
    about = (x + w / 2, y + h / 2)
    scale = view.face / w
    turn = geometry.similarity(about, (0.0, 0.0), scale, held.roll + float(wobble[0]))
    lean = geometry.tilt(
        held.yaw + 1.5 * float(wobble[1]),
        held.pitch + 1.5 * float(wobble[2]),
        1.3 * max(view.behind.shape[:2]),
    )
    return geometry.shift(*view.centre) @ lean @ turn


def _lens(view: View) -> float:
    """Gaussian blur of the lens with the disc of confusion's variance, px."""
    return float(np.hypot(view.settings.lens, view.settings.defocus / 2))


def _at_sensor(texture: np.ndarray, maps: np.ndarray, scale: float) -> np.ndarray:
    """A texture looked up at the camera's pixels, `scale` of these to a px of the texture."""
    return geometry.sample(optics.gridded(texture, scale), maps)


def _near(
    matrix: np.ndarray, point: tuple[float, float], radius: float, shape: tuple[int, int]
) -> tuple[slice, slice]:
    """The part of a picture of `shape` = (H, W) that shows a disc of the medium: row and column slices."""
    x, y, w, h = geometry.bounds(matrix, (point[0] - radius, point[1] - radius, 2 * radius, 2 * radius))
    rows, columns = np.clip([y - 2, y + h + 3], 0, shape[0]), np.clip([x - 2, x + w + 3], 0, shape[1])
    return slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))


def _thumbs(
    radiance: np.ndarray, cover: np.ndarray, maps: np.ndarray, matrix: np.ndarray, size: tuple[int, int],
    held: Held,
) -> None:  # fmt: skip
    """The holder's thumbs over the left and right edge, in place: ellipses of skin with a darker rim."""
    w, h = size
    for x, y, angle in held.thumbs:
        long, short = 0.11 * w, 0.05 * w
        point = (x * w + (0.5 - x) * 0.07 * w, y * h)
        part = _near(matrix, point, long, cover.shape)
        u, v = maps[part][..., 0] - np.float32(point[0]), maps[part][..., 1] - np.float32(point[1])
        c, s = np.float32(np.cos(np.radians(angle))), np.float32(np.sin(np.radians(angle)))
        r = np.sqrt(((u * c + v * s) / np.float32(long)) ** 2 + ((v * c - u * s) / np.float32(short)) ** 2)
        over = np.clip((1 - r) * np.float32(short * 0.7) + 0.5, 0, 1)
        shaded = held.skin * np.sqrt(np.clip(1.15 - r * r, 0.1, 1))[..., None]
        radiance[part] += (shaded - radiance[part]) * over[..., None]
        cover[part] = np.maximum(cover[part], over)


def show_print(
    sheet: Sheet, attack: Attack, held: Held, view: View, wobble: np.ndarray, seconds: float
) -> Seen:
    """A print in the room at a time: bent, tilted, lit and shining, with the room where it does not reach."""
    printer = attack.medium
    assert isinstance(printer, Printer)
    h, w = sheet.reflectance.shape[:2]
    matrix = _pose(sheet.box, held, view, wobble)
    middle = (w / 2, h / 2)
    # A print that is warped to imitate motion is bent to and fro about its mean bend.
    beat = 1 + 0.25 * np.sin(2 * np.pi * held.beat * seconds) if attack.warp[1] > 0 else 1.0
    bend = float(held.warp * beat) / (w / 2)
    height, width = view.behind.shape[:2]
    maps = geometry.plane_maps(matrix, width, height, bend, middle)
    scale = view.face / sheet.box[2]
    radiance = _at_sensor(sheet.reflectance, maps, scale)
    shading = view.light.room[None, None] * np.ones((1, 1, 1), np.float32)
    if bend:
        side = view.light.direction
        shading = shading * printing.bend_shading(maps, bend, middle[0], side)[..., None]
    radiance = radiance * shading + _on(held.surface, maps, (w, h))
    if bend and printer.streak:
        mirrored = printing.streak(maps, bend, middle[0], side, printer.polish)
        radiance += mirrored[..., None] * (np.float32(printer.streak) * view.light.main)
    modulation = None
    cycles = geometry.frequency(matrix, middle, (1.0, 1.0))
    found = printing.screens(printer, sheet.mm, cycles, _lens(view), view.camera.aperture)
    if found:
        modulation = printing.halftone(maps, _at_sensor(sheet.coverage, maps, scale), printer, found)
    cover = geometry.coverage(maps, 0, 0, w, h)
    return _seen(radiance, modulation, cover, maps, matrix, (w, h), sheet.box, sheet.eyes, held, view)


def show_display(
    shot: object, panel: Display, attack: Attack, held: Held, view: View, wobble: np.ndarray
) -> Seen:
    """A display in the room, showing a picture (`shot`: a clips.Frame)."""
    picture: np.ndarray = shot.picture  # type: ignore[attr-defined]
    box: geometry.Box = shot.box  # type: ignore[attr-defined]
    eyes: geometry.Points = shot.eyes  # type: ignore[attr-defined]
    gain: float = shot.gain  # type: ignore[attr-defined]
    picture, moved = _fitted(picture, panel)
    box, eyes = geometry.moved_box(moved, box), geometry.moved_points(moved, eyes)
    h, w = picture.shape[:2]
    matrix = _pose(box, held, view, wobble)
    height, width = view.behind.shape[:2]
    maps = geometry.plane_maps(matrix, width, height, 0.0, (0.0, 0.0))
    axis = np.float32(display.viewing_angle(held.yaw, panel.falloff))
    texture = display.shown(picture, panel, gain) * axis
    radiance = _at_sensor(texture, maps, view.face / box[2]) + _on(held.surface, maps, (w, h))
    mm = panel.width / w
    middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
    pitch = panel.pitch / mm
    cycles = geometry.frequency(matrix, middle, (pitch, pitch))
    modulation = display.grid(maps, pitch, panel, cycles, _lens(view), view.camera.aperture)
    dark = view.light.room * np.float32(panel.bezel_albedo)
    radiance, cover = display.framed(radiance, maps, (w, h), panel.bezel / mm, dark)
    return _seen(radiance, modulation, cover, maps, matrix, (w, h), box, eyes, held, view)


def _fitted(picture: np.ndarray, panel: Display) -> tuple[np.ndarray, np.ndarray]:
    """The picture cropped to the panel's shape (as a full-screen player does), and the move of its
    coordinates.
    """
    h, w = picture.shape[:2]
    aspect = panel.width / panel.height
    if w / h < aspect:
        keep = round(w / aspect)
        top = (h - keep) * 2 // 5  # the face is above the middle
        return picture[top : top + keep], geometry.shift(0, -top)
    keep = round(h * aspect)
    left = (w - keep) // 2
    return picture[:, left : left + keep], geometry.shift(-left, 0)


def _on(surface: np.ndarray, maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A smooth pattern spread over the whole medium, looked up at the camera's pixels (every eighth, then
    enlarged).
    """
    factor = np.array([surface.shape[1] / size[0], surface.shape[0] / size[1]], np.float32)
    height, width = maps.shape[:2]
    coarse = cv2.resize(maps, (width // 8, height // 8), interpolation=cv2.INTER_NEAREST)
    return cv2.resize(
        geometry.sample(surface, coarse * factor), (width, height), interpolation=cv2.INTER_LINEAR
    )


def _seen(
    radiance: np.ndarray, modulation: np.ndarray | None, cover: np.ndarray, maps: np.ndarray,
    matrix: np.ndarray, size: tuple[int, int], box: geometry.Box, eyes: geometry.Points, held: Held,
    view: View,
) -> Seen:  # fmt: skip
    """Puts the medium before the room, with thumbs at its edges where it is held and these are in view."""
    if modulation is not None:
        modulation = 1 + (modulation - 1) * cover[..., None]
    if float(cover.min()) < 1:
        if held.hand:
            _thumbs(radiance, cover, maps, matrix, size, held)
        radiance = view.behind + (radiance - view.behind) * cover[..., None]
    return Seen(
        radiance.astype(np.float32, copy=False), modulation,
        geometry.moved_box(matrix, box), geometry.moved_points(matrix, eyes), maps, matrix,
    )  # fmt: skip


def behind_holes(seen: Seen, sheet: Sheet, person: Eyes, view: View, held: Held) -> Seen:
    """A cut print: through elliptic holes about the printed eyes the attacker's own live eyes look out.

    They are in the print's shade, move on their own by a few hundredths of the eyes' distance, and blink.
    """
    (ax, ay), (bx, by) = sheet.eyes
    distance = float(np.hypot(bx - ax, by - ay))
    target = np.array(geometry.moved_points(seen.matrix, sheet.eyes))
    own = np.array(person.eyes)
    span, want = own[1] - own[0], target[1] - target[0]
    scale = float(np.hypot(*want) / np.hypot(*span))
    roll = float(np.degrees(np.arctan2(want[1], want[0]) - np.arctan2(span[1], span[0])))
    loose = 0.03 * float(np.hypot(*want)) * person.sway[:2]
    centre, aim = own.mean(0), target.mean(0) + loose
    matrix = geometry.similarity(
        (float(centre[0]), float(centre[1])), (float(aim[0]), float(aim[1])), scale, roll
    )
    h, w = view.behind.shape[:2]
    live = cv2.warpAffine(optics.gridded(person.person, scale), matrix[:2], (w, h), flags=cv2.INTER_LINEAR)
    a, b = (float(v) * distance for v in held.hole)
    px = float(np.hypot(*want)) / distance  # picture px per sheet px
    radiance = seen.radiance.copy()
    modulation = None if seen.modulation is None else seen.modulation.copy()
    for x, y in sheet.eyes:
        part = _near(seen.matrix, (x, y), a, (h, w))
        u, v = seen.maps[part][..., 0] - np.float32(x), seen.maps[part][..., 1] - np.float32(y)
        r = np.sqrt((u / np.float32(a)) ** 2 + (v / np.float32(b)) ** 2)
        hole = np.clip((1 - r) * np.float32(b * px) + 0.5, 0, 1)[..., None]
        # The paper's edge throws a soft shadow into the hole.
        shade = np.float32(held.shade) * (0.45 + 0.55 * np.clip((1 - r) * 2.5, 0, 1))[..., None]
        radiance[part] += (live[part][..., :3] * shade - radiance[part]) * hole
        if modulation is not None:
            modulation[part] = 1 + (modulation[part] - 1) * (1 - hole)
    return replace(seen, radiance=radiance, modulation=modulation)
