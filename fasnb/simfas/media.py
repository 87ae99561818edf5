"""Attack media before the camera: a print or a display held in the room, with the picture it carries.

Makes the radiance that reaches the lens (H, W, 3), the factors of periodic structure that the camera applies
after its lens, and where the shown face is. The physics of inks and panels is in printing.py and display.py.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fasnb.simfas import display, geometry, printing
from fasnb.simfas.camera import Camera, Settings
from fasnb.simfas.display import Display
from fasnb.simfas.domains import Attack, Domain
from fasnb.simfas.printing import Printer, edited
from fasnb.simfas.scene import Light

__all__ = [
    "Display", "Eyes", "Held", "Printer", "Seen", "Sheet", "View", "behind_holes", "edited", "printed",
    "show_display", "show_print",
]  # fmt: skip


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
        self.roll = float(1.5 * rng.standard_normal())
        self.warp = float(np.radians(rng.uniform(*attack.warp)) * rng.choice([-1.0, 1.0]))
        self.beat = float(rng.uniform(0.25, 0.6))  # bends a second of a print that is moved to look alive
        self.hole = rng.uniform(
            [0.26, 0.15], [0.34, 0.21]
        )  # half axes of a hole, share of the eyes' distance
        self.shade = float(rng.uniform(0.45, 0.8))  # light behind a print
        surface = rng.spawn(1)[0]
        size = (160, 160)
        if isinstance(attack.medium, Display):
            self.surface = display.reflection(size, attack.medium.gloss, light.room, surface)
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
    """A texture looked up at the camera's pixels; shrinking (scale < 1) is anti-aliased first."""
    if scale < 1:
        texture = cv2.GaussianBlur(texture, (0, 0), 0.5 * np.sqrt(1 / scale**2 - 1) + 0.01)
    return geometry.sample(texture, maps)


def _thumbs(
    radiance: np.ndarray, cover: np.ndarray, maps: np.ndarray, size: tuple[int, int], held: Held
) -> tuple[np.ndarray, np.ndarray]:
    """The holder's thumbs over the left and right edge of the medium: ellipses of skin, shaded towards their
    rim.
    """
    w, h = size
    for x, y, angle in held.thumbs:
        a = np.radians(angle)
        long, short = np.float32(0.10 * w), np.float32(0.042 * w)
        u = maps[..., 0] - np.float32(x * w + (0.5 - x) * 0.05 * w)
        v = maps[..., 1] - np.float32(y * h)
        p, q = (
            u * np.float32(np.cos(a)) + v * np.float32(np.sin(a)),
            v * np.float32(np.cos(a)) - u * np.float32(np.sin(a)),
        )
        r = np.sqrt((p / long) ** 2 + (q / short) ** 2)
        over = np.clip((1 - r) * short * 0.7 + 0.5, 0, 1)
        shaded = held.skin * np.sqrt(np.clip(1.15 - r * r, 0.1, 1))[..., None]
        radiance = radiance * (1 - over[..., None]) + shaded * over[..., None]
        cover = np.maximum(cover, over)
    return radiance, cover


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
        shading = shading * printing.bend_shading(maps, bend, middle[0], view.light.direction)[..., None]
    radiance = radiance * shading + _on(held.surface, maps, (w, h))
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
    picture, moved = _fitted(picture, panel)
    box, eyes = geometry.moved_box(moved, box), geometry.moved_points(moved, eyes)
    h, w = picture.shape[:2]
    matrix = _pose(box, held, view, wobble)
    height, width = view.behind.shape[:2]
    maps = geometry.plane_maps(matrix, width, height, 0.0, (0.0, 0.0))
    texture = display.shown(picture, panel) * np.float32(display.viewing_angle(held.yaw, panel.falloff))
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
    """A coarse pattern spread over the whole medium, looked up at the camera's pixels."""
    factor = np.array([surface.shape[1] / size[0], surface.shape[0] / size[1]], np.float32)
    return geometry.sample(surface, maps * factor)


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
            radiance, cover = _thumbs(radiance, cover, maps, size, held)
        radiance = radiance * cover[..., None] + view.behind * (1 - cover[..., None])
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
    # Only the eyes' neighbourhood is needed.
    live = cv2.warpAffine(person.person, matrix[:2], (w, h), flags=cv2.INTER_LINEAR)[..., :3]
    a, b = (float(v) * distance for v in held.hole)
    px = scale * distance / max(float(np.hypot(*want)), 1e-6) or 1.0
    mask = np.zeros((h, w), np.float32)
    for x, y in sheet.eyes:
        r = np.sqrt(
            ((seen.maps[..., 0] - np.float32(x)) / np.float32(a)) ** 2
            + ((seen.maps[..., 1] - np.float32(y)) / np.float32(b)) ** 2
        )
        mask = np.maximum(mask, np.clip((1 - r) * np.float32(b / px) + 0.5, 0, 1))
    # The paper's edge throws a shadow into the hole.
    depth = cv2.GaussianBlur(mask, (0, 0), max(0.04 * float(np.hypot(*want)), 0.5))
    live = live * (np.float32(held.shade) * (0.45 + 0.55 * depth)[..., None])
    radiance = seen.radiance * (1 - mask[..., None]) + live * mask[..., None]
    modulation = seen.modulation
    if modulation is not None:
        modulation = 1 + (modulation - 1) * (1 - mask[..., None])
    return Seen(
        radiance.astype(np.float32, copy=False), modulation, seen.box, seen.eyes, seen.maps, seen.matrix
    )
