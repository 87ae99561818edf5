"""The stages of a camera, a print and a display one by one: settings in which a single stage does nothing.

What a stage does is the difference between a capture and the same capture without it. Everything else stays,
the random draws too.
"""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from fasnb.simfas import camera as cam
from fasnb.simfas.camera import Camera, Settings
from fasnb.simfas.display import Display
from fasnb.simfas.domains import Attack
from fasnb.simfas.printing import Printer

_BRIGHT = 1e12  # times as many electrons: no noise, at the same exposure time
NEUTRAL = 6504.0  # K, the white of sRGB


def camera_stages(camera: Camera) -> dict[str, Camera]:
    """Stage -> the camera without it, in the order of the light's way.

    The metered exposure and the Bayer mosaic are no settings of a camera: see `unmetered`, `three_sensors`.
    """
    off: dict[str, dict[str, Any]] = {
        "lens blur": {"lens": (0.0, 0.0)},
        "defocus": {"defocus": (0.0, 0.0)},
        "crosstalk": {"crosstalk": 0.0},
        "noise": {
            "electrons": _BRIGHT * camera.electrons,
            "full_well": _BRIGHT * camera.full_well,
            "read_noise": 0.0,
        },
        "white balance": {"balance": (0.0, 0.0)},
        "saturation": {"saturation": (1.0, 1.0)},
        "contrast": {"contrast": (1.0, 1.0)},
        "noise reduction": {"denoise": 0.0},
        "sharpening": {"sharpen": (0.0, 0.0)},
        "compression": {"quality": None},
    }
    return {stage: replace(camera, **fields) for stage, fields in off.items()}


def print_stages(attack: Attack) -> dict[str, Attack]:
    """Stage -> the attack by print without it.

    Without "gamut" the inks are ideal, each stops one colour and black all, on ideal paper. Without "dot
    gain" the printer's profile, which allows for it, is another one too.
    """
    printer = attack.medium
    assert isinstance(printer, Printer)
    ideal = ((0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0), (0.0, 0.0, 0.0))
    off: dict[str, dict[str, Any]] = {
        "gamut": {"inks": ideal, "paper": (1.0, 1.0, 1.0)},
        "dot gain": {"gain": 0.0},
        "drift": {"drift": (1.0, 1.0, 1.0, 1.0)},
        "halftone": {"lines": 0.0},
        "grain": {"grain": 0.0},
        "banding": {"banding": 0.0},
        "paper texture": {"texture": 0.0},
        "sheen": {"gloss": 0.0},
    }
    without = {stage: replace(attack, medium=replace(printer, **fields)) for stage, fields in off.items()}
    return without | {"bend": replace(attack, warp=(0.0, 0.0))}


def display_stages(attack: Attack) -> dict[str, Attack]:
    """Stage -> the attack by display without it.

    Without "grid" every sub-pixel lights its whole pixel; without "black level" closed pixels are dark.
    """
    panel = attack.medium
    assert isinstance(panel, Display)
    off: dict[str, dict[str, Any]] = {
        "grid": {"fill": (3.0, 1.0)},
        "viewing angle": {"falloff": 0.0},
        "glare": {"gloss": 0.0},
        "bands": {"flicker": 0.0},
        "white point": {"white": NEUTRAL},
        "black level": {"contrast": float("inf")},
        "gamma": {"gamma": 2.2},
        "bezel": {"bezel": 0.0},
    }
    return {stage: replace(attack, medium=replace(panel, **fields)) for stage, fields in off.items()}


def furthest(camera: Camera) -> Settings:
    """The settings at the upper end of every range of a camera, as yet without exposure."""
    names = ("lens", "defocus", "meter", "balance", "saturation", "contrast", "sharpen")
    return Settings(*(getattr(camera, name)[1] for name in names))


def unmetered(settings: Settings) -> Settings:
    """Settings without exposure control: scene values are picture values."""
    return replace(settings, gain=1.0)


def three_sensors(
    radiance: np.ndarray, camera: Camera, settings: Settings, rng: np.random.Generator
) -> np.ndarray:
    """camera.capture with a sensor for each colour, as if the light were split: no mosaic, no demosaicing."""
    image = cam.focused(radiance, settings)
    image = cv2.transform(image, cam.sensor_colours(camera.crosstalk) * np.float32(settings.gain))
    well = min(camera.full_well, camera.electrons / settings.gain)
    planes = [cam.noise(plane, well, camera.read_noise, rng) for plane in cv2.split(image)]
    top = len(cam.tone_table(1.0)) - 1
    codes = np.floor(np.clip(cv2.merge(planes) * top + 0.5, 0, top))
    return cam.rendered(codes, camera, settings)


def difference(one: np.ndarray, other: np.ndarray, times: float = 4.0) -> np.ndarray:
    """What one picture has more than another, `times` over, about middle grey: uint8 (H, W, 3)."""
    change = one.astype(np.float32) - other.astype(np.float32)
    return np.clip(128 + times * change, 0, 255).astype(np.uint8)


def levels(one: np.ndarray, other: np.ndarray) -> float:
    """Mean absolute difference of two pictures, grey levels of 255."""
    return float(np.abs(one.astype(np.float32) - other.astype(np.float32)).mean())
