"""The room: its lights, what stands behind, and the people in it, as linear-light pictures.

Radiance 1 is a white matt surface under the room's nominal light. Pictures are (H, W, 3) float32, lights (3,)
float32.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fasnb.simfas import geometry, optics
from fasnb.simfas.colour import kelvin
from fasnb.simfas.people import Layers

Range = tuple[float, float]


@dataclass(frozen=True)
class LightModel:
    """What a place's light can be; a session draws from it uniformly."""

    key_kelvin: Range
    fill_kelvin: Range
    key: Range  # strength of the main light, relative to the nominal light
    fill: Range
    ambient: Range
    side: float  # probability that the main light comes from the other side
    level: Range  # the whole room's brightness, 1 = nominal
    backdrop: Range  # light on the background, relative to the person's
    flicker: float = 0.0  # depth of the mains' flicker
    hertz: float = 100.0


@dataclass(frozen=True)
class Light:
    """One session's light: radiance of a white surface under each of the three lights of people.Layers."""

    key: np.ndarray
    fill: np.ndarray
    ambient: np.ndarray
    backdrop: np.ndarray
    direction: float  # tangent of the main light's side angle; positive from the right
    flicker: float
    hertz: float

    @property
    def main(self) -> np.ndarray:
        """Radiance (3,) of a white matt surface under the main light alone."""
        return self.fill if self.direction > 0 else self.key

    @property
    def room(self) -> np.ndarray:
        """Radiance (3,) of a white matt surface that faces the camera."""
        return (0.7 * self.key + 0.6 * self.fill + self.ambient).astype(np.float32)


def draw_light(model: LightModel, rng: np.random.Generator) -> Light:
    """One session's light."""
    level = rng.uniform(*model.level)
    warm, cool = kelvin(rng.uniform(*model.key_kelvin)), kelvin(rng.uniform(*model.fill_kelvin))
    key = warm * np.float32(level * rng.uniform(*model.key))
    fill = cool * np.float32(level * rng.uniform(*model.fill))
    ambient = (warm + cool) * np.float32(0.5 * level * rng.uniform(*model.ambient))
    backdrop = (warm + cool) * np.float32(0.5 * level * rng.uniform(*model.backdrop))
    direction = rng.uniform(0.2, 0.7) * (-1 if rng.random() >= model.side else 1)
    if direction > 0:  # the layers' key comes from the left, their fill from the right
        key, fill = fill * np.float32(0.8), key
        return Light(key, fill, ambient, backdrop, direction, model.flicker, model.hertz)
    return Light(key, fill, ambient, backdrop, direction, model.flicker, model.hertz)


@dataclass(frozen=True)
class Figure:
    """A person under one light, ready to be placed: (h, w, 4) float32, radiance times alpha, then alpha.

    `origin`: where the rendered picture's (0, 0) lies in it, rendered px. `fine`: its px in a rendered one.
    """

    picture: np.ndarray
    origin: tuple[int, int]
    fine: int = 1


def relit(layers: Layers, light: Light) -> np.ndarray:
    """A person under a light: (H, W, 4) float32, radiance multiplied by alpha, then alpha."""
    alpha = layers.alpha.astype(np.float32)
    out = np.empty((*alpha.shape, 4), np.float32)
    # A diagonal colour matrix is several times faster than broadcasting over the last axis.
    colour = cv2.transform(layers.key.astype(np.float32), np.diag(light.key))
    colour = colour + cv2.transform(layers.fill.astype(np.float32), np.diag(light.fill))
    colour = colour + cv2.transform(layers.ambient.astype(np.float32), np.diag(light.ambient))
    out[..., :3] = colour * alpha[..., None]
    out[..., 3] = alpha
    out[0] = 0
    return out


def figure(layers: Layers, light: Light, scale: float, side: int, below: int, gridded: bool = True) -> Figure:
    """A person under a light, to be shown at `scale`, with the body continued beyond what was rendered.

    `gridded`: blurred as the pixels of the camera blur it. `side`, `below`: rendered px to add on both sides
    and below. Beyond the sides the shoulders fall off (every column is the outermost one, lowered by
    d + d^2 / 90 for the d-th); below, the last row goes on and an open collar closes to a V.
    """
    person = relit(layers, light)
    h, w = person.shape[:2]
    whole = np.zeros((h + below, w + 2 * side, 4), np.float32)
    whole[:h, side : side + w] = person
    if side:
        d = np.arange(side, dtype=np.float32)[None, :]
        rows = np.arange(h, dtype=np.float32)[:, None] - (0.6 * d + d * d / 90)
        for edge, place in ((0, whole[:h, side - 1 :: -1]), (w - 1, whole[:h, side + w :])):
            columns = np.full_like(rows, edge)
            place[:] = cv2.remap(person, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    if below:
        depth = np.arange(below, dtype=np.float32)[:, None]
        x = np.arange(w + 2 * side, dtype=np.float32)[None, :] - (side + w / 2)
        collar = np.float32(0.25 * w)
        reach = np.abs(x)
        reach = np.where(reach < collar, np.minimum(reach + 0.7 * depth, collar), reach)
        columns = np.where(x < 0, -reach, reach) + (side + w / 2)
        lowest = np.ascontiguousarray(whole[h - 1 : h])
        whole[h:] = cv2.remap(lowest, columns, np.zeros_like(columns), cv2.INTER_LINEAR)
    if not gridded:
        return Figure(whole, (side, 0))
    # Where a rendered px covers a camera's, the corners between px that a linear look-up leaves would show.
    fine = 1 if scale < 0.5 else 2
    whole = cv2.resize(whole, None, fx=fine, fy=fine, interpolation=cv2.INTER_LINEAR)
    whole = optics.gridded(whole, scale / fine)
    whole[0] = 0  # what lies above the picture repeats its first row
    return Figure(whole, (side, 0), fine)


def placed(person: Figure, matrix: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """A figure over a background: moved by `matrix` (rendered px -> picture px) onto (H, W, 3) radiance."""
    h, w = behind.shape[:2]
    middle = (person.fine - 1) / 2  # of a rendered px, in the picture's own
    whole = matrix @ geometry.shift(-person.origin[0], -person.origin[1])
    whole = whole @ np.diag([1 / person.fine, 1 / person.fine, 1]) @ geometry.shift(-middle, -middle)
    moved = cv2.warpAffine(
        person.picture, whole[:2], (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return behind * (1 - moved[..., 3:]) + moved[..., :3]


def background(style: str, width: int, height: int, light: Light, rng: np.random.Generator) -> np.ndarray:
    """What stands behind the person, out of focus: (height, width, 3) float32 radiance.

    Styles: "curtain" (even cloth in folds), "office" (shelves, doors, screens), "window" (daylight through a
    window beside furniture), "wall" (paint, a poster, a shadow). ValueError for another.
    """
    if style not in _STYLES:
        raise ValueError(f"unknown background {style!r}; choose from {', '.join(_STYLES)}")
    # Drawn at a quarter of a common size, then enlarged: nothing behind the person is in focus.
    h = 160
    w = max(16, round(h * width / height))
    albedo = _STYLES[style](h, w, rng)
    blur = rng.uniform(0.6, 1.6)
    picture = cv2.GaussianBlur(albedo.astype(np.float32) * light.backdrop, (0, 0), blur)
    picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.maximum(picture, 1e-3).astype(np.float32)


def _paint(rng: np.random.Generator, low: float, high: float, chroma: float) -> np.ndarray:
    """An albedo (3,): grey between low and high, tinted."""
    return np.clip(rng.uniform(low, high) * (1 + chroma * rng.uniform(-1, 1, 3)), 0.02, 0.92)


def _curtain(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    x = np.linspace(0, 1, w)[None, :]
    y = np.linspace(0, 1, h)[:, None]
    folds = np.zeros((h, w))
    for _ in range(4):
        f, p, drift = rng.uniform(4, 22), rng.uniform(0, 6.28), rng.uniform(-0.4, 0.4)
        folds = folds + rng.uniform(0.02, 0.07) * np.sin(2 * np.pi * f * x + p + drift * y)
    shade = (1 + folds) * (1 - rng.uniform(0, 0.25) * y)
    return shade[..., None] * _paint(rng, 0.35, 0.6, 0.12)


def _boxes(
    picture: np.ndarray, count: int, rng: np.random.Generator, low: float, high: float, chroma: float
) -> None:
    """Draws upright things (books, screens, pictures, furniture) into a picture."""
    h, w = picture.shape[:2]
    for _ in range(count):
        bw, bh = int(w * rng.uniform(0.04, 0.3)), int(h * rng.uniform(0.05, 0.4))
        x, y = int(rng.uniform(-0.1, 1) * w), int(rng.uniform(-0.1, 1) * h)
        colour = _paint(rng, low, high, chroma)
        x0, x1, y0, y1 = max(x, 0), min(x + bw, w), max(y, 0), min(y + bh, h)
        if x1 > x0 and y1 > y0:
            slope = np.linspace(1, rng.uniform(0.7, 1.1), y1 - y0)[:, None, None]
            picture[y0:y1, x0:x1] = colour * slope


def _wall(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    x, y = np.linspace(0, 1, w)[None, :], np.linspace(0, 1, h)[:, None]
    shade = 1 - rng.uniform(-0.3, 0.3) * x - rng.uniform(0, 0.25) * y
    picture = shade[..., None] * _paint(rng, 0.45, 0.8, 0.08)
    _boxes(picture, int(rng.integers(0, 3)), rng, 0.1, 0.7, 0.35)
    return picture


def _office(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    picture = _wall(h, w, rng)
    for _ in range(int(rng.integers(1, 4))):  # shelves of books
        y, tall = int(rng.uniform(0, 0.8) * h), int(rng.uniform(0.1, 0.22) * h)
        x, end = int(rng.uniform(-0.2, 0.6) * w), int(rng.uniform(0.5, 1.2) * w)
        x = max(x, 0)
        while x < min(end, w):
            wide = max(1, int(rng.uniform(0.01, 0.035) * w))
            top = y + int(rng.uniform(0, 0.3) * tall)
            picture[top : y + tall, x : x + wide] = _paint(rng, 0.06, 0.6, 0.5)
            x += wide
    _boxes(picture, int(rng.integers(2, 7)), rng, 0.05, 0.7, 0.3)
    return picture


def _window(h: int, w: int, rng: np.random.Generator) -> np.ndarray:
    picture = _office(h, w, rng)
    wide, tall = int(rng.uniform(0.25, 0.5) * w), int(rng.uniform(0.4, 0.8) * h)
    x = int(rng.choice([-0.1, 0.7]) * w) + int(rng.uniform(-0.1, 0.1) * w)
    y = int(rng.uniform(-0.1, 0.15) * h)
    x0, x1, y0, y1 = max(x, 0), min(x + wide, w), max(y, 0), min(y + tall, h)
    if x1 > x0 and y1 > y0:
        glow = rng.uniform(1.5, 4.0) * np.array([0.92, 1.0, 1.12])
        picture[y0:y1, x0:x1] = glow * np.linspace(1, rng.uniform(0.4, 0.9), y1 - y0)[:, None, None]
        bar = max(1, w // 60)
        picture[y0:y1, (x0 + x1) // 2 : (x0 + x1) // 2 + bar] = 0.4
    return picture


_STYLES = {"curtain": _curtain, "office": _office, "window": _window, "wall": _wall}
