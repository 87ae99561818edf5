"""Screens as attack media: what a telephone's or a tablet's display does to the picture it shows.

Light is linear, relative to a white surface under the scene's nominal light. The sub-pixel grid is not drawn:
its Fourier series is evaluated on the camera's own pixels, each harmonic weakened by what the lens and the
read-out leave of it (optics.transfer), so that moire appears exactly where grid, lens and read-out let it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fasnb.simfas import geometry, optics
from fasnb.simfas.colour import decode, kelvin, saturation_matrix

SRGB = 0.0  # a Display.gamma
SCENE = 0.0  # a Display.peak
HAZE = 0.35  # share of a front's reflectance that scatters instead of mirroring


@dataclass(frozen=True)
class Display:
    """A model of display, upright or on its side as it is held."""

    name: str
    width: float  # of the lit area as held, mm
    height: float
    pitch: float  # of a pixel of three sub-pixels, mm
    stripes: str  # "rgb" or "bgr" along x; "rgb-y", "bgr-y" along y, where the display is turned
    fill: tuple[float, float]  # lit part of a sub-pixel across and along its stripe
    gamma: float  # exponent of its power law; SRGB = the curve that pictures are made for
    gamut: float  # saturation of its primaries, 1 = sRGB's; about the root of the share of sRGB's area
    white: float  # colour temperature, K
    peak: float  # radiance of its white; SCENE = what restores the light that was photographed
    contrast: float  # peak / black level
    gloss: float  # reflectance of its front, a mirror to the room before it
    falloff: float  # loss of light and contrast at 30 degrees off its axis
    flicker: float  # depth of the back light's modulation
    hertz: float  # and its frequency
    bezel: float  # width of the frame, mm
    bezel_albedo: float


def shown(picture: np.ndarray, display: Display, gain: float = 1.0) -> np.ndarray:
    """A picture as the display emits it: (H, W, 3) uint8 -> float32 radiance.

    peak * white * ((1 - b) * value^gamma + b), b = 1 / contrast: the power law of the panel, the colour of
    its back light, and the light that closed pixels let through; then its primaries draw colours together.
    `gain`: what the picture was exposed with.
    """
    peak = 1 / gain if display.peak == SCENE else display.peak
    black = 1 / display.contrast
    value = np.linspace(0, 1, 256)
    level = (decode(value) if display.gamma == SRGB else value**display.gamma) * (1 - black) + black
    table = (peak * kelvin(display.white)[None, :] * level[:, None]).astype(np.float32)  # (256, 3)
    light = np.stack([cv2.LUT(picture[..., c], table[:, c].copy()) for c in range(3)], axis=-1)
    return light if display.gamut == 1 else cv2.transform(light, saturation_matrix(display.gamut))


def viewing_angle(yaw: float, falloff: float) -> float:
    """Share of the light that leaves the display `yaw` degrees off its axis: 1 - falloff * (sin yaw / sin
    30)^2.
    """
    return float(np.clip(1 - falloff * (np.sin(np.radians(yaw)) / 0.5) ** 2, 0.1, 1))


def mirrored(behind: np.ndarray, gloss: float, room: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a display's front sends of the room before it: (h, w, 3) float32 radiance.

    behind: (h, w, 3) the room's picture in that mirror, of reflectance `gloss`; `room`: (3,) radiance of a
    white surface there. Dust and finger marks scatter HAZE of the mirror's strength evenly; a lamp, a
    soft-edged patch of up to twice a white surface's radiance, may be in view: place and size from `rng`.
    """
    h, w = behind.shape[:2]
    centre, reach = rng.uniform(-0.1, 1.1, 2), rng.uniform([0.1, 0.1], [0.35, 0.5])
    x = (np.linspace(0, 1, w, dtype=np.float32)[None, :] - np.float32(centre[0])) / np.float32(reach[0])
    y = (np.linspace(0, 1, h, dtype=np.float32)[:, None] - np.float32(centre[1])) / np.float32(reach[1])
    rim = np.clip((np.maximum(np.abs(x), np.abs(y)) - 1) * rng.uniform(4, 16), -30, 30)
    lamp = (HAZE + rng.uniform(0, 2) / (1 + np.exp(rim))).astype(np.float32)
    return np.float32(gloss) * (behind + lamp[..., None] * room.astype(np.float32))


def grid(
    maps: np.ndarray,
    pitch: float,
    display: Display,
    cycles: np.ndarray,
    blur: float,
    aperture: float,
) -> np.ndarray:
    """The sub-pixel grid as a camera sees it: (H, W, 3) float32 factors about 1.

    maps: (H, W, 2) place on the display of every camera pixel, texture px; `pitch`: texture px per display
    pixel; `cycles`: (2, 2) from geometry.frequency at the face; `blur`: the lens' Gaussian, camera px;
    `aperture`: optics.transfer's. Each colour is one train of lit rectangles per display pixel, a third of a
    pixel apart: 1 + 2 sum_k sinc(k w) cos(2 pi k (x - offset)) across the stripes times the like along them
    (Goodman's Fourier series of a rectangle train). Harmonics that the camera weakens below 0.2 % are left
    out.
    """
    across_y = display.stripes.endswith("-y")
    order = display.stripes[:3]
    a, b = (1, 0) if across_y else (0, 1)
    lit = (display.fill[0] / 3, display.fill[1])
    factor = np.ones((*maps.shape[:2], 3), np.float32)
    for k, l in ((1, 0), (2, 0), (0, 1), (1, 1), (1, -1)):  # noqa: E741
        f = k * cycles[a] + l * cycles[b]
        seen = optics.transfer(float(f[0]), float(f[1]), blur, aperture)
        amplitude = np.float32(2 * np.sinc(k * lit[0]) * np.sinc(l * lit[1]) * seen)
        if abs(amplitude) < 2e-3:
            continue
        phase: np.ndarray = maps[..., a] * np.float32(2 * np.pi * k / pitch)
        if l:
            phase = phase + maps[..., b] * np.float32(2 * np.pi * l / pitch)
        cos, sin = np.cos(phase), np.sin(phase)
        for colour in range(3):
            turn = 2 * np.pi * k * (order.index("rgb"[colour]) - 1) / 3
            factor[..., colour] += amplitude * (
                np.float32(np.cos(turn)) * cos + np.float32(np.sin(turn)) * sin
            )
    return np.maximum(factor, 0)


def framed(
    emitted: np.ndarray, maps: np.ndarray, size: tuple[int, int], bezel: float, dark: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Puts the bezel round a display as the camera sees it.

    emitted: (H, W, 3) what its lit area sends; maps: as in `grid`, the lit area being [0, w) x [0, h) for
    `size` = (w, h); `bezel`: its width, texture px; `dark`: (3,) radiance of the bezel. Returns the picture
    with its bezel, (H, W, 3), and how much of each pixel display and bezel cover, (H, W).
    """
    w, h = size
    lit = geometry.coverage(maps, 0, 0, w, h)[..., None]
    if float(lit.min()) == 1:
        return emitted, lit[..., 0]
    whole = geometry.coverage(maps, -bezel, -bezel, w + bezel, h + bezel)
    return emitted * lit + dark.astype(np.float32) * (1 - lit), whole
