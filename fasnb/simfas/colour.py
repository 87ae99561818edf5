"""Colour: the sRGB transfer function and the colour of lights, all in linear sRGB primaries."""

import numpy as np

NEUTRAL = 6504.0  # K, the white of sRGB
#: Rec. 709 luminance of linear RGB.
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_XYZ_TO_RGB = np.array(
    [[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]], np.float64
)


def kelvin(temperature: float) -> np.ndarray:
    """The colour of a black body, (3,) float32 linear RGB with luminance 1.

    `temperature` in kelvin, 1,667 to 25,000: the cubic approximation of the Planckian locus by Kim et al.
    (2002), relative to a D65 white (6,504 K comes out nearly neutral). ValueError outside that range.
    """
    if not 1667 <= temperature <= 25000:
        raise ValueError(f"a colour temperature of {temperature} K is outside 1,667-25,000 K")
    t = 1e3 / temperature
    if temperature <= 4000:
        x = -0.2661239 * t**3 - 0.2343589 * t**2 + 0.8776956 * t + 0.179910
    else:
        x = -3.0258469 * t**3 + 2.1070379 * t**2 + 0.2226347 * t + 0.240390
    if temperature <= 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif temperature <= 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    rgb = np.maximum(_XYZ_TO_RGB @ np.array([x / y, 1.0, (1 - x - y) / y]), 1e-3)
    return (rgb / float(rgb @ LUMA)).astype(np.float32)


def encode(linear: np.ndarray) -> np.ndarray:
    """sRGB transfer function: linear in [0, 1] (clipped) -> display value in [0, 1], float32, any shape."""
    x = np.clip(linear, 0, 1).astype(np.float32, copy=False)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.power(x, 1 / 2.4) - 0.055).astype(np.float32)


def decode(value: np.ndarray) -> np.ndarray:
    """Inverse of `encode`: uint8 (a table) or float in [0, 1] -> linear float32, any shape."""
    if value.dtype == np.uint8:
        return _DECODE8[value]
    return _decode(value)


def _decode(v: np.ndarray) -> np.ndarray:
    return np.where(v <= 0.04045, v / 12.92, np.power((v + 0.055) / 1.055, 2.4)).astype(np.float32)


_DECODE8 = _decode(np.arange(256) / 255)


def luminance(linear: np.ndarray) -> np.ndarray:
    """Luminance of linear RGB: (..., 3) -> (...), float32."""
    return linear @ LUMA


def saturation_matrix(amount: float) -> np.ndarray:
    """(3, 3) float32 matrix that moves colours away from (amount > 1) or towards (< 1) their luminance."""
    grey = np.tile(LUMA, (3, 1))
    return (grey + amount * (np.eye(3, dtype=np.float32) - grey)).astype(np.float32)
