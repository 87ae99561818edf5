"""The lens: blur on linear-light pictures, and the same blur as a transfer function for periodic structure.

Pictures are (H, W, C) float32 in linear light; lengths are in pixels of that picture. Every blur keeps the
mean of a constant picture, and each is the identity at zero.
"""

import cv2
import numpy as np


def gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
    """A lens' point spread as a Gaussian of standard deviation `sigma` px (diffraction and aberrations
    together).

    Sampled, a Gaussian of half a px or less loses variance, at last all of it: three taps of the same
    variance (sigma^2 / 2 on either side) stand in.
    """
    if sigma < 0.05:
        return image
    if sigma < 0.7:
        taps = np.array([sigma**2 / 2, 1 - sigma**2, sigma**2 / 2], np.float32)
        return cv2.sepFilter2D(image, -1, taps, taps, borderType=cv2.BORDER_REFLECT)
    size = 2 * max(1, int(np.ceil(2.7 * sigma))) + 1
    return cv2.GaussianBlur(image, (size, size), sigma, borderType=cv2.BORDER_REFLECT)


def gridded(image: np.ndarray, scale: float) -> np.ndarray:
    """A picture about to be sampled at `scale` camera px per px of its own: what half a camera px blurs, is.

    The same blur on the camera's pixels however fine the picture itself is, so that a person and a picture of
    a person come to the sensor alike; it keeps shrinking free of aliases.
    """
    return gaussian(image, 0.5 / scale)


def defocus(image: np.ndarray, radius: float) -> np.ndarray:
    """Defocus as geometrical optics has it: the uniform disc of confusion, `radius` px, anti-aliased at its
    rim.

    Below half a pixel the disc is narrower than a sample and a Gaussian of the same variance (radius^2 / 4)
    stands in.
    """
    if radius < 0.5:
        return gaussian(image, radius / 2)
    half = int(np.ceil(radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    disc = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    return cv2.filter2D(image, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)


def motion(image: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """Motion blur: the mean along a straight path of (dx, dy) px, as a uniform motion during the exposure
    leaves.
    """
    length = float(np.hypot(dx, dy))
    if length < 0.3:
        return image
    half = int(np.ceil(length / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    steps = 8 * half + 1
    for t in np.linspace(-0.5, 0.5, steps):
        x, y = half + t * dx, half + t * dy
        x0, y0 = min(int(x), 2 * half - 1), min(int(y), 2 * half - 1)
        fx, fy = x - x0, y - y0
        kernel[y0 : y0 + 2, x0 : x0 + 2] += np.outer([1 - fy, fy], [1 - fx, fx])
    return cv2.filter2D(image, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def transfer(fx: float, fy: float, sigma: float, aperture: float) -> float:
    """What is left of a grating of (fx, fy) cycles/px behind a Gaussian lens and a square light-collecting
    area.

    `sigma`: the lens' blur, px; `aperture`: the side of the area a read-out pixel integrates, px (1 = every
    part of the sensor is read; less where lines are skipped, which is where moire comes from). Returns a
    factor in [-1, 1].
    """
    lens = np.exp(-2 * (np.pi * sigma) ** 2 * (fx * fx + fy * fy))
    return float(lens * np.sinc(fx * aperture) * np.sinc(fy * aperture))


def rows_in_time(
    height: int, hz: float, depth: float, exposure: float, readout: float, phase: float
) -> np.ndarray:
    """Rolling-shutter bands of a light that flickers as 1 + depth cos(2 pi hz t): (height, 1, 1) float32,
    mean about 1.

    Row r is exposed for `exposure` seconds from r / height * `readout` seconds on, so the modulation seen is
    the flicker averaged over the exposure, depth * sinc(hz * exposure), and its phase runs down the picture.
    `phase`: radians at the first row, different in every frame unless the frame rate divides `hz`.
    """
    t = np.arange(height, dtype=np.float32) / height * readout
    seen = float(depth * np.sinc(hz * exposure))
    return (1 + seen * np.cos(2 * np.pi * hz * t + phase)).astype(np.float32)[:, None, None]
