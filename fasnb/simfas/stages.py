"""The stages of a camera, a print and a display one by one: settings in which a single stage does nothing.

What a stage does is the difference between a capture and the same capture without it. Everything else stays,
the random draws too.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from fasnb.simfas import camera as cam
from fasnb.simfas.camera import Camera, Settings
from fasnb.simfas.colour import NEUTRAL
from fasnb.simfas.display import SCENE, SRGB, Display
from fasnb.simfas.domains import Attack
from fasnb.simfas.printing import Printer

_BRIGHT = 1e12  # times as many electrons: no noise, at the same exposure time


def camera_stages(camera: Camera) -> dict[str, Camera]:
    """Stage -> the camera without it, in the order of the light's way.

    The metered exposure and the Bayer mosaic are no settings of a camera: see `unmetered`, `three_sensors`.
    """
    off: dict[str, dict[str, Any]] = {
        "lens blur": {"lens": (0.0, 0.0)},
        "defocus": {"defocus": (0.0, 0.0)},
        "veiling glare": {"veil": (0.0, 0.0)},
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


_IDEAL_INKS = ((0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0), (0.0, 0.0, 0.0))
#: Stage of a print -> the printer's fields that switch it off. Without "gamut" each ink stops one colour and
#: black all, on ideal paper; without "dot gain" the printer's profile, which allows for it, is another too.
PRINT: dict[str, dict[str, Any]] = {
    "gamut": {"inks": _IDEAL_INKS, "paper": (1.0, 1.0, 1.0)},
    "dot gain": {"gain": 0.0},
    "drift": {"drift": (1.0, 1.0, 1.0, 1.0)},
    "halftone": {"lines": 0.0},
    "grain": {"grain": 0.0},
    "mottle": {"mottle": 0.0},
    "banding": {"banding": 0.0},
    "paper texture": {"texture": 0.0},
    "sheen": {"gloss": 0.0, "streak": 0.0},
}
#: The same of a display. Without "grid" every sub-pixel lights its whole pixel; without "black level" closed
#: pixels are dark.
DISPLAY: dict[str, dict[str, Any]] = {
    "grid": {"fill": (3.0, 1.0)},
    "viewing angle": {"falloff": 0.0},
    "glare": {"gloss": 0.0},
    "bands": {"flicker": 0.0},
    "brightness": {"peak": SCENE},
    "white point": {"white": NEUTRAL},
    "black level": {"contrast": float("inf")},
    "gamma": {"gamma": SRGB},
    "display gamut": {"gamut": 1.0},
    "bezel": {"bezel": 0.0},
}
#: How an attack is made: the fields of the attack itself.
HANDLING: dict[str, dict[str, Any]] = {
    "bend": {"warp": (0.0, 0.0)},
    "holes": {"cut": False},
    "trimming": {"border": (0.0, 0.0)},
    "editing": {"levels": (0.0, 0.0), "gamma": (1.0, 1.0)},
}


def print_stages(attack: Attack) -> dict[str, Attack]:
    """Stage -> the attack by print without it; "bend" is one of them."""
    assert isinstance(attack.medium, Printer)
    return {stage: attack_without(attack, {stage}) for stage in (*PRINT, "bend")}


def display_stages(attack: Attack) -> dict[str, Attack]:
    """Stage -> the attack by display without it."""
    assert isinstance(attack.medium, Display)
    return {stage: attack_without(attack, {stage}) for stage in DISPLAY}


def attack_without(attack: Attack, names: Collection[str]) -> Attack:
    """An attack without stages of PRINT, DISPLAY and HANDLING; those it does not have are passed over."""
    table = PRINT if isinstance(attack.medium, Printer) else DISPLAY
    medium = replace(attack.medium, **_merged(table, names))
    return replace(attack, medium=medium, **_merged(HANDLING, names))


def _merged(table: dict[str, dict[str, Any]], names: Collection[str]) -> dict[str, Any]:
    return {key: value for name, fields in table.items() if name in names for key, value in fields.items()}


def furthest(camera: Camera) -> Settings:
    """The settings at the upper end of every range of a camera, as yet without exposure."""
    names = ("lens", "defocus", "meter", "balance", "saturation", "contrast", "sharpen", "veil")
    return Settings(*(getattr(camera, name)[1] for name in names))


def unmetered(settings: Settings) -> Settings:
    """Settings without exposure control: scene values are picture values."""
    return replace(settings, gain=1.0)


def three_sensors(
    radiance: np.ndarray, camera: Camera, settings: Settings, rng: np.random.Generator
) -> np.ndarray:
    """camera.capture with a sensor for each colour, as if the light were split: no mosaic, no demosaicing."""
    image = cam.sensed(cam.focused(radiance, settings), camera, settings)
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
