"""A camera, from the light in front of its lens to the picture it hands over.

Stages in order, each a pure function: optics (optics.py) -> exposure and white balance are metered -> veiling
glare and sensor colour crosstalk -> Bayer mosaic -> shot and read noise -> demosaicing -> white balance and
colour matrix -> tone curve -> noise reduction -> sharpening -> in-camera compression. Linear light is
(H, W, 3) float32 where 1 is a white surface under the scene's nominal light; pictures are (H, W, 3) uint8
RGB.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from fasnb.simfas import optics
from fasnb.simfas.colour import LUMA, encode, saturation_matrix

Range = tuple[float, float]
_LEVELS = 4095  # the converter's 12 bits


@dataclass(frozen=True)
class Camera:
    """A model of camera. Ranges are what single clips draw from uniformly; everything else is fixed by the
    hardware.
    """

    width: int  # px of the finished picture
    height: int
    lens: Range  # standard deviation of the lens' point spread, px
    defocus: Range  # radius of the disc of confusion, px
    aperture: float  # side of the light-collecting area of a read-out pixel, px; < 1 = line skipping
    electrons: float  # collected from a white surface under the nominal light at the longest exposure, e-
    full_well: float  # e- a pixel can hold
    read_noise: float  # rms e-
    crosstalk: float  # share of a colour's light that reaches each of the two other colours' pixels
    meter: Range  # exposure aims at this centre-weighted mean, linear
    balance: Range  # strength of the automatic white balance, 0 none .. 1 full grey world
    saturation: Range
    contrast: Range  # slope of the tone curve at middle grey, beside the sRGB curve's own
    sharpen: Range  # amount of unsharp masking
    sharpen_radius: float  # px
    denoise: float  # standard deviation of the noise reduction's smoothing, px
    quality: int | None  # JPEG quality of the in-camera compression; None: only the video codec compresses
    veil: Range = (0.0, 0.0)  # veiling glare: share of all light that the lens scatters evenly
    longest: float = 0.033  # longest exposure, s
    readout: float = 0.028  # rolling shutter, s from the first row to the last


@dataclass(frozen=True)
class Settings:
    """One clip's draw from a Camera's ranges, and what metering adds (gain, white balance)."""

    lens: float
    defocus: float
    meter: float
    balance: float
    saturation: float
    contrast: float
    sharpen: float
    veil: float = 0.0
    gain: float = 1.0  # picture value per scene value
    white: tuple[float, float, float] = (1.0, 1.0, 1.0)


def draw(camera: Camera, rng: np.random.Generator) -> Settings:
    """One clip's settings, uniform in the camera's ranges."""
    ranges = (camera.lens, camera.defocus, camera.meter, camera.balance)
    style = (camera.saturation, camera.contrast, camera.sharpen, camera.veil)
    lens, defocus, meter, balance, saturation, contrast, sharpen, veil = (
        float(rng.uniform(*r)) for r in (*ranges, *style)
    )
    return Settings(lens, defocus, meter, balance, saturation, contrast, sharpen, veil)


def metered(radiance: np.ndarray, camera: Camera, settings: Settings) -> Settings:
    """Auto-exposure and auto white balance, read off one picture (a clip keeps its first frame's).

    Exposure: gain = meter / centre-weighted mean luminance (Gaussian weight, a quarter of the width). White
    balance: grey world on the sensor's own colours, each channel's gain (mean luminance / mean
    channel)^balance, limited to a factor of 2.
    """
    small = cv2.resize(radiance, (32, 32), interpolation=cv2.INTER_AREA)
    axis = np.exp(-0.5 * ((np.arange(32, dtype=np.float32) - 15.5) / 8) ** 2)
    weight = np.outer(axis, axis)[..., None] / float(axis.sum()) ** 2
    even = small.mean((0, 1))
    mean = (small * weight).sum((0, 1)) * (1 - settings.veil) + even * settings.veil
    mean = np.maximum(sensor_colours(camera.crosstalk) @ mean, 1e-6)
    level = float(mean @ LUMA)
    white = np.clip((level / mean) ** settings.balance, 0.5, 2.0)
    white = white / float(white @ LUMA)
    gains = (float(white[0]), float(white[1]), float(white[2]))
    return replace(settings, gain=settings.meter / level, white=gains)


def exposure_time(camera: Camera, gain: float) -> float:
    """Seconds: as long as the camera allows, shorter where the scene would fill the wells."""
    return camera.longest * min(1.0, camera.full_well * gain / camera.electrons)


def sensor_colours(crosstalk: float) -> np.ndarray:
    """(3, 3) float32: what the three colour filters see of linear RGB; rows sum to 1."""
    return (np.eye(3) * (1 - 3 * crosstalk) + crosstalk).astype(np.float32)


def sensed(image: np.ndarray, camera: Camera, settings: Settings) -> np.ndarray:
    """What the sensor's three colours collect of the light behind the lens, (H, W, 3), 1 = white.

    Veiling glare (ISO 9358): the lens scatters the share `veil` of all light evenly over the picture.
    """
    filters = sensor_colours(camera.crosstalk) * np.float32(settings.gain)
    even = np.array(cv2.mean(image)[:3], np.float32) * np.float32(settings.veil)
    return cv2.transform(image, np.column_stack([filters * np.float32(1 - settings.veil), filters @ even]))


def mosaic(image: np.ndarray) -> np.ndarray:
    """Bayer mosaic RGGB: (H, W, 3) -> (H, W), the one colour each pixel's filter lets through."""
    raw = np.empty(image.shape[:2], image.dtype)
    raw[0::2, 0::2] = image[0::2, 0::2, 0]
    raw[0::2, 1::2] = image[0::2, 1::2, 1]
    raw[1::2, 0::2] = image[1::2, 0::2, 1]
    raw[1::2, 1::2] = image[1::2, 1::2, 2]
    return raw


def noise(raw: np.ndarray, well: float, read_noise: float, rng: np.random.Generator) -> np.ndarray:
    """Shot and read noise: variance (in e-^2) = signal + read_noise^2, as a Gaussian (good above some 20 e-).

    raw: (H, W) float32 >= 0 where 1 is `well` electrons. well = inf switches it off.
    """
    if not np.isfinite(well):
        return raw
    deviation = np.maximum(raw, 0) * np.float32(1 / well)
    deviation += np.float32((read_noise / well) ** 2)
    np.sqrt(deviation, out=deviation)
    deviation *= rng.standard_normal(raw.shape, dtype=np.float32)
    deviation += raw
    return deviation


def demosaic(raw: np.ndarray) -> np.ndarray:
    """Bilinear demosaicing of an RGGB mosaic: (H, W) uint16 -> (H, W, 3) uint16 RGB."""
    return cv2.demosaicing(raw, cv2.COLOR_BayerRGGB2RGB)


@lru_cache(maxsize=256)
def tone_table(contrast: float) -> np.ndarray:
    """The tone curve as a table: (4096,) uint8, linear 12-bit value -> display value.

    sRGB, then an S-curve about the display value 0.46 whose slope there is `contrast` (1 = the identity).
    """
    value = encode(np.linspace(0, 1, _LEVELS + 1, dtype=np.float32)).astype(np.float64)
    if contrast != 1:
        pivot = 0.46
        below = pivot * (np.minimum(value, pivot) / pivot) ** contrast
        above = 1 - (1 - pivot) * ((1 - np.maximum(value, pivot)) / (1 - pivot)) ** contrast
        value = np.where(value < pivot, below, above)
    table = np.round(255 * value).astype(np.uint8)
    table.setflags(write=False)
    return table


def sharpened(picture: np.ndarray, amount: float, radius: float) -> np.ndarray:
    """Unsharp masking, uint8 -> uint8: picture + amount * (picture - its Gaussian blur of `radius` px)."""
    if amount <= 0:
        return picture
    size = 2 * max(1, int(np.ceil(2 * radius))) + 1
    soft = cv2.GaussianBlur(picture, (size, size), radius)
    return cv2.addWeighted(picture, 1 + amount, soft, -amount, 0)


def compressed(picture: np.ndarray, quality: int | None) -> np.ndarray:
    """The picture after baseline JPEG with 4:2:0 chroma at `quality` (1-100); None leaves it alone."""
    if quality is None:
        return picture
    options = [cv2.IMWRITE_JPEG_QUALITY, int(quality)]
    _, data = cv2.imencode(".jpg", picture[..., ::-1], options)
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])


def develop(raw: np.ndarray, camera: Camera, settings: Settings) -> np.ndarray:
    """Demosaicing to compression: (H, W) float32 mosaic where 1 is saturation -> (H, W, 3) uint8."""
    codes = np.clip(raw * _LEVELS + 0.5, 0, _LEVELS).astype(np.uint16)
    return rendered(demosaic(codes).astype(np.float32), camera, settings)


def rendered(linear: np.ndarray, camera: Camera, settings: Settings) -> np.ndarray:
    """Noise reduction to compression: (H, W, 3) float32 sensor codes up to _LEVELS -> (H, W, 3) uint8."""
    # Smoothing the colour planes before the tone curve is what a camera's noise reduction does.
    linear = optics.gaussian(linear, camera.denoise)
    inverse = np.linalg.inv(sensor_colours(camera.crosstalk).astype(np.float64))
    matrix = saturation_matrix(settings.saturation) @ inverse @ np.diag(settings.white)
    balanced = cv2.transform(linear, matrix.astype(np.float32))
    index = np.clip(balanced, 0, _LEVELS).astype(np.uint16)
    picture = tone_table(round(settings.contrast, 3))[index]
    picture = sharpened(picture, settings.sharpen, camera.sharpen_radius)
    return compressed(picture, camera.quality)


def focused(radiance: np.ndarray, settings: Settings) -> np.ndarray:
    """Light after the lens: its blur, and defocus once it is more than half a pixel."""
    image = optics.gaussian(radiance, float(np.hypot(settings.lens, min(settings.defocus, 0.5) / 2)))
    return optics.defocus(image, settings.defocus) if settings.defocus > 0.5 else image


def capture(
    radiance: np.ndarray,
    camera: Camera,
    settings: Settings,
    rng: np.random.Generator,
    modulation: np.ndarray | None = None,
    move: tuple[float, float] = (0.0, 0.0),
) -> np.ndarray:
    """The whole camera: (H, W, 3) float32 linear light -> (H, W, 3) uint8, with metered `settings`.

    `modulation`, (H, W, 3) or broadcastable, multiplies the light after the lens: periodic structure (display
    grid, halftone) and rolling-shutter bands, whose loss in the lens their own functions account for. `move`:
    px travelled during the exposure.
    """
    image = optics.motion(focused(radiance, settings), *move)
    if modulation is not None:
        image = image * modulation
    raw = mosaic(sensed(image, camera, settings))
    well = min(camera.full_well, camera.electrons / settings.gain)
    return develop(noise(raw, well, camera.read_noise, rng), camera, settings)
