"""Lens and camera: each stage against the model its docstring names, and each one's off-switch."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasnb.simfas import camera as cam
from fasnb.simfas import colour, optics
from fasnb.simfas.domains import DOMAINS

IDEAL = cam.Camera(
    64, 48, lens=(0, 0), defocus=(0, 0), aperture=1, electrons=1e9, full_well=np.inf, read_noise=0,
    crosstalk=0, meter=(0.2, 0.2), balance=(0, 0), saturation=(1, 1), contrast=(1, 1), sharpen=(0, 0),
    sharpen_radius=1, denoise=0, quality=None,
)  # fmt: skip


def flat(r: float, g: float, b: float, h: int = 48, w: int = 64) -> np.ndarray:
    return np.broadcast_to(np.array([r, g, b], np.float32), (h, w, 3)).copy()


def edge() -> np.ndarray:
    picture = flat(0.1, 0.1, 0.1)
    picture[:, 32:] = 0.8
    return picture


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@settings(max_examples=25)
@given(st.floats(0, 4), st.floats(0, 5), st.floats(-6, 6), st.floats(-6, 6), st.floats(0.01, 1))
def test_blurs_keep_a_constant_picture(
    sigma: float, radius: float, dx: float, dy: float, level: float
) -> None:
    picture = flat(level, level / 2, level / 3)
    for blurred in (
        optics.gaussian(picture, sigma),
        optics.defocus(picture, radius),
        optics.motion(picture, dx, dy),
    ):
        np.testing.assert_allclose(blurred, picture, rtol=1e-5)
        assert blurred.dtype == np.float32


def test_blur_keeps_the_mean_and_widens_an_edge() -> None:
    for blur in (
        lambda p: optics.gaussian(p, 1.5),
        lambda p: optics.defocus(p, 2.5),
        lambda p: optics.motion(p, 4, 1),
    ):
        blurred = blur(edge())
        assert blurred.mean() == pytest.approx(edge().mean(), rel=1e-3)
        assert np.abs(np.diff(blurred, axis=1)).max() < 0.5 * np.abs(np.diff(edge(), axis=1)).max()


def test_blurs_are_the_identity_at_zero() -> None:
    for blurred in (
        optics.gaussian(edge(), 0),
        optics.defocus(edge(), 0),
        optics.motion(edge(), 0, 0),
    ):
        np.testing.assert_array_equal(blurred, edge())


def test_gaussian_of_a_point_has_the_variance_it_names() -> None:
    point = np.zeros((65, 65, 1), np.float32)
    point[32, 32] = 1
    spread = optics.gaussian(point, 2.0).reshape(65, 65)
    x = np.arange(65) - 32
    assert float((spread.sum(0) * x**2).sum()) == pytest.approx(4.0, rel=0.06)


@given(st.floats(0.06, 1.2))
def test_a_blur_below_a_pixel_has_its_variance_too(sigma: float) -> None:
    point = np.zeros((17, 17, 1), np.float32)
    point[8, 8] = 1
    across = optics.gaussian(point, sigma).reshape(17, 17).sum(0)
    x = np.arange(17) - 8
    assert across.sum() == pytest.approx(1, rel=1e-5)
    assert across.min() >= 0
    assert float((across * x**2).sum()) == pytest.approx(sigma**2, rel=0.09)


def test_transfer_agrees_with_a_blurred_grating() -> None:
    fx, sigma = 0.11, 1.3
    x = np.arange(400, dtype=np.float32)
    grating = np.tile((1 + 0.5 * np.cos(2 * np.pi * fx * x))[None, :, None], (9, 1, 3)).astype(np.float32)
    seen = optics.gaussian(grating, sigma)[4, 60:-60, 0]
    carrier = np.exp(2j * np.pi * fx * x[60:-60])
    amplitude = 2 * abs(np.mean((seen - seen.mean()) * carrier))
    assert amplitude == pytest.approx(0.5 * optics.transfer(fx, 0, sigma, 0), rel=0.05)


def test_a_full_aperture_sees_nothing_of_one_cycle_a_pixel() -> None:
    assert optics.transfer(1.0, 0.0, 0.0, 1.0) == pytest.approx(0, abs=1e-12)
    assert optics.transfer(1.0, 0.0, 0.0, 0.35) > 0.5
    assert optics.transfer(0, 0, 3, 1) == 1


def test_bands_vanish_when_the_exposure_holds_whole_periods() -> None:
    flickering = optics.rows_in_time(100, 100, 0.4, 0.003, 0.03, 0.3)
    assert flickering.mean() == pytest.approx(1, abs=0.02)
    assert flickering.std() > 0.1
    np.testing.assert_allclose(optics.rows_in_time(100, 100, 0.4, 0.01, 0.03, 0.3), 1, atol=1e-6)
    np.testing.assert_array_equal(optics.rows_in_time(100, 100, 0, 0.003, 0.03, 0.3), 1)


def test_noise_follows_signal_plus_read_noise() -> None:
    well, read = 2000.0, 12.0
    for level in (0.02, 0.2, 0.8):
        noisy = cam.noise(np.full((300, 300), level, np.float32), well, read, rng())
        assert noisy.dtype == np.float32
        assert noisy.mean() == pytest.approx(level, rel=0.01)
        assert (noisy.std() * well) ** 2 == pytest.approx(level * well + read**2, rel=0.03)


def test_noise_off_is_the_identity() -> None:
    raw = np.full((8, 8), 0.3, np.float32)
    assert cam.noise(raw, np.inf, 5, rng()) is raw


def test_mosaic_and_demosaicing_keep_channels_apart() -> None:
    for channel in range(3):
        picture = np.zeros((16, 16, 3), np.uint16)
        picture[..., channel] = 4000
        back = cam.demosaic(cam.mosaic(picture))
        np.testing.assert_array_equal(back[2:-2, 2:-2], picture[2:-2, 2:-2])


def test_ideal_camera_is_the_tone_curve() -> None:
    picture = flat(0.5, 0.2, 0.1)
    shot = cam.capture(picture, IDEAL, cam.draw(IDEAL, rng()), rng())
    expected = np.round(255 * colour.encode(picture))
    assert np.abs(shot[2:-2, 2:-2].astype(float) - expected[2:-2, 2:-2]).max() <= 1


@settings(max_examples=20)
@given(st.floats(0.01, 50), st.floats(0, 1))
def test_metering_reaches_its_aim_whatever_the_light(level: float, balance: float) -> None:
    camera = replace(IDEAL, balance=(balance, balance))
    light = flat(level * 1.3, level, level * 0.6)
    metered = cam.metered(light, camera, cam.draw(camera, rng()))
    seen = light * metered.gain * np.array(metered.white, np.float32)
    assert float(colour.luminance(light * metered.gain).mean()) == pytest.approx(0.2, rel=1e-4)
    spread = seen[0, 0].max() / seen[0, 0].min()
    assert spread <= 1.3 / 0.6 + 1e-5
    if balance == 1:
        assert spread == pytest.approx(1, rel=1e-4)


def test_colour_matrix_undoes_the_crosstalk() -> None:
    camera = replace(IDEAL, crosstalk=0.12)
    picture = flat(0.6, 0.3, 0.15)
    shot = cam.capture(picture, camera, cam.draw(camera, rng()), rng())
    expected = np.round(255 * colour.encode(picture))
    assert np.abs(shot[2:-2, 2:-2].astype(float) - expected[2:-2, 2:-2]).max() <= 2


def test_white_balance_makes_a_coloured_light_grey_through_the_sensors_crosstalk() -> None:
    camera = replace(IDEAL, crosstalk=0.12, balance=(1.0, 1.0))
    picture = flat(0.4, 0.3, 0.2)
    shot = cam.capture(picture, camera, cam.metered(picture, camera, cam.draw(camera, rng())), rng())
    assert np.ptp(shot[2:-2, 2:-2].mean((0, 1))) < 1


def test_veiling_glare_lifts_the_dark_by_its_share_of_all_light() -> None:
    camera = replace(IDEAL, veil=(0.1, 0.1))
    picture = flat(0, 0, 0)
    picture[:, 32:] = [0.8, 0.4, 0.2]
    sensed = cam.sensed(picture, camera, cam.draw(camera, rng()))
    np.testing.assert_allclose(sensed[0, 0], [0.04, 0.02, 0.01], rtol=1e-4)
    np.testing.assert_allclose(sensed[0, 63], [0.76, 0.38, 0.19], rtol=1e-4)
    assert sensed.mean() == pytest.approx(picture.mean(), rel=1e-4)


def test_tone_table_rises_and_is_steeper_with_contrast() -> None:
    plain, hard = cam.tone_table(1.0).astype(int), cam.tone_table(1.4).astype(int)
    assert (np.diff(plain) >= 0).all()
    assert (np.diff(hard) >= 0).all()
    assert (plain[0], plain[-1], hard[0], hard[-1]) == (0, 255, 0, 255)
    assert hard[50] < plain[50]
    assert hard[3000] > plain[3000]


def test_sharpening_overshoots_at_an_edge_and_nowhere_else() -> None:
    picture = np.full((20, 40, 3), 90, np.uint8)
    picture[:, 20:] = 160
    sharp = cam.sharpened(picture, 0.8, 1.0)
    assert sharp[:, 20].min() > 160
    assert sharp[:, 19].max() < 90
    np.testing.assert_array_equal(sharp[:, :14], picture[:, :14])
    assert cam.sharpened(picture, 0, 1.0) is picture


def test_compression_loses_more_at_low_quality_and_off_is_the_identity() -> None:
    picture = rng().integers(0, 255, (48, 64, 3), dtype=np.uint8)
    loss = [np.abs(cam.compressed(picture, q).astype(float) - picture).mean() for q in (30, 95)]
    assert loss[0] > loss[1]
    assert cam.compressed(picture, None) is picture


@pytest.mark.parametrize("name", DOMAINS)
def test_every_camera_of_the_tables_is_deterministic_and_finite(name: str) -> None:
    domain = DOMAINS[name]
    cameras = [*domain.cameras.values(), *(s.camera for s in domain.sources.values())]
    for camera in cameras:
        drawn = cam.metered(edge(), camera, cam.draw(camera, rng()))
        one, two = (cam.capture(edge(), camera, drawn, rng()) for _ in range(2))
        np.testing.assert_array_equal(one, two)
        assert one.dtype == np.uint8
        assert one[:, 40:].mean() > one[:, :20].mean() + 40
        other = cam.capture(edge(), camera, drawn, np.random.default_rng(2))
        assert (other != one).any(), "the noise does not depend on the frame's generator"


def test_kelvin() -> None:
    assert colour.kelvin(6504) == pytest.approx([1, 1, 1], abs=0.06)
    warm, cold = colour.kelvin(2800), colour.kelvin(9000)
    assert warm[0] > 1.3 > 0.5 > warm[2]
    assert cold[2] > 1.2
    for colour_of in (warm, cold):
        assert float(colour_of @ colour.LUMA) == pytest.approx(1, abs=1e-5)
    with pytest.raises(ValueError, match="outside"):
        colour.kelvin(500)


@given(st.integers(0, 255))
def test_srgb_there_and_back(value: int) -> None:
    v = np.full((1, 1, 3), value, np.uint8)
    assert np.round(255 * colour.encode(colour.decode(v))).astype(int).max() == value
