"""Stages one by one: each variant changes only what it names, and a capture without it is another picture."""

from dataclasses import fields, replace

import numpy as np
import pytest

from fasnb.simfas import camera as cam
from fasnb.simfas import display, media, optics, scene, stages
from fasnb.simfas.clips import Frame
from fasnb.simfas.domains import CASIA, MSU, REPLAY
from tests.simfas import plain

CAMERA = CASIA.cameras["low"]
PRINT = replace(MSU.attacks["printed_photo"], warp=(20.0, 20.0))
SCREEN = REPLAY.attacks["mobile_photo"]
LIGHT = scene.draw_light(REPLAY.lights["controlled"], np.random.default_rng(1))


def changed(one, other) -> set[str]:
    return {f.name for f in fields(one) if getattr(one, f.name) != getattr(other, f.name)}


def rng() -> np.random.Generator:
    return np.random.default_rng(2)


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    radiance = np.full((96, 96, 3), 0.3, np.float32)
    person = scene.figure(plain.layers(), LIGHT, 1.0, 0, 0)
    return scene.placed(person, np.eye(3), radiance)


def captured(radiance: np.ndarray, camera: cam.Camera) -> np.ndarray:
    return cam.capture(radiance, camera, cam.metered(radiance, camera, stages.furthest(camera)), rng())


CAMERA_FIELDS = {
    "lens blur": {"lens"},
    "defocus": {"defocus"},
    "veiling glare": {"veil"},
    "crosstalk": {"crosstalk"},
    "noise": {"electrons", "full_well", "read_noise"},
    "white balance": {"balance"},
    "saturation": {"saturation"},
    "contrast": {"contrast"},
    "noise reduction": {"denoise"},
    "sharpening": {"sharpen"},
    "compression": {"quality"},
}


def test_a_camera_without_a_stage_differs_in_that_stage_alone():
    found = {stage: changed(without, CAMERA) for stage, without in stages.camera_stages(CAMERA).items()}
    assert found == CAMERA_FIELDS


@pytest.mark.parametrize("stage", CAMERA_FIELDS)
def test_a_capture_without_a_stage_is_another_picture(face, stage):
    without = stages.camera_stages(CAMERA)[stage]
    assert stages.levels(captured(face, CAMERA), captured(face, without)) > 0


def test_without_noise_the_exposure_stays_and_chance_does_nothing(face):
    quiet = stages.camera_stages(CAMERA)["noise"]
    assert cam.exposure_time(quiet, 1.4) == pytest.approx(cam.exposure_time(CAMERA, 1.4))
    settings = cam.metered(face, quiet, stages.furthest(quiet))
    one, other = (cam.capture(face, quiet, settings, np.random.default_rng(seed)) for seed in (1, 2))
    assert stages.levels(one, other) < 0.02


def test_three_sensors_see_an_even_picture_as_a_mosaic_does_and_an_edge_better(face):
    quiet = replace(stages.camera_stages(CAMERA)["noise"], quality=None)
    settings = replace(stages.furthest(quiet), lens=0.0, defocus=0.0)
    even = np.full((32, 32, 3), 0.3, np.float32) * np.array([1.2, 1.0, 0.7], np.float32)
    pair = [f(even, quiet, settings, rng()) for f in (cam.capture, stages.three_sensors)]
    assert np.abs(pair[0].astype(int) - pair[1]).max() <= 1
    sharp = [f(face, quiet, settings, rng()) for f in (cam.capture, stages.three_sensors)]
    assert (
        np.abs(np.diff(sharp[1].astype(int), axis=1)).sum()
        > np.abs(np.diff(sharp[0].astype(int), axis=1)).sum()
    )


def test_unmetered_takes_scene_values_as_they_are(face):
    settings = cam.metered(face, CAMERA, stages.furthest(CAMERA))
    assert changed(stages.unmetered(settings), settings) == {"gain"}
    assert stages.unmetered(settings).gain == 1


def shot(attack: media.Attack) -> np.ndarray:
    """A plain picture held before a webcam, 0.2 mm a pixel or so."""
    picture = np.random.default_rng(5).integers(0, 256, (12, 16, 3), np.uint8).repeat(40, 0).repeat(40, 1)
    box, eyes = (200.0, 150.0, 200.0, 200.0), ((250.0, 220.0), (350.0, 220.0))
    held = media.Held(rng(), LIGHT, attack, REPLAY, False)
    held.yaw = 20.0
    camera = replace(REPLAY.cameras["webcam"], width=160, height=160, lens=(0.2, 0.2), defocus=(0.0, 0.0))
    behind = np.full((160, 160, 3), 0.2, np.float32)
    wide = 60.0 if isinstance(attack.medium, display.Display) else 900.0
    view = media.View(camera, stages.furthest(camera), LIGHT, behind, (80.0, 80.0), wide)
    if isinstance(attack.medium, display.Display):
        seen = media.show_display(
            Frame(picture, box, eyes, 0.4), attack.medium, attack, held, view, np.zeros(3)
        )
        bands = optics.rows_in_time(160, attack.medium.hertz, attack.medium.flicker, 0.01, 0.028, 1.0)
        modulation = seen.modulation * bands
    else:
        sheet = media.printed(picture, box, eyes, attack, rng())
        seen = media.show_print(sheet, attack, held, view, np.zeros(3), 0.0)
        modulation = seen.modulation
    settings = cam.metered(seen.radiance, camera, view.settings)
    return cam.capture(seen.radiance, camera, settings, rng(), modulation)


PRINT_FIELDS = {
    "gamut": {"inks", "paper"},
    "dot gain": {"gain"},
    "drift": {"drift"},
    "halftone": {"lines"},
    "grain": {"grain"},
    "mottle": {"mottle"},
    "banding": {"banding"},
    "paper texture": {"texture"},
    "sheen": {"gloss", "streak"},
}
DISPLAY_FIELDS = {
    "grid": {"fill"},
    "viewing angle": {"falloff"},
    "glare": {"gloss"},
    "bands": {"flicker"},
    "brightness": {"peak"},
    "white point": {"white"},
    "black level": {"contrast"},
    "gamma": {"gamma"},
    "display gamut": {"gamut"},
    "bezel": {"bezel"},
}


@pytest.mark.parametrize(
    ("attack", "variants", "wanted"),
    [
        (PRINT, stages.print_stages(PRINT), PRINT_FIELDS),
        (SCREEN, stages.display_stages(SCREEN), DISPLAY_FIELDS),
    ],
    ids=["print", "display"],
)
def test_a_medium_without_a_stage_differs_in_that_stage_alone(attack, variants, wanted):
    media_changed = {
        stage: changed(v.medium, attack.medium) for stage, v in variants.items() if stage != "bend"
    }
    assert media_changed == wanted
    for stage, variant in variants.items():
        assert changed(variant, attack) == ({"warp"} if stage == "bend" else {"medium"})


@pytest.mark.parametrize("stage", [*PRINT_FIELDS, "bend"])
def test_a_print_without_a_stage_is_another_picture(stage):
    assert stages.levels(shot(PRINT), shot(stages.print_stages(PRINT)[stage])) > 0


@pytest.mark.parametrize("stage", DISPLAY_FIELDS)
def test_a_display_without_a_stage_is_another_picture(stage):
    assert stages.levels(shot(SCREEN), shot(stages.display_stages(SCREEN)[stage])) > 0


def test_without_the_grid_nothing_is_left_of_it():
    maps = np.stack(np.meshgrid(np.arange(40.0), np.arange(40.0)), -1).astype(np.float32)
    panel = stages.display_stages(SCREEN)["grid"].medium
    np.testing.assert_array_equal(display.grid(maps, 3.1, panel, np.eye(2) / 3.1, 0.2, 0.35), 1)


def test_difference_is_grey_where_nothing_changed():
    one = np.full((2, 2, 3), 90, np.uint8)
    other = one.copy()
    other[0, 0] = 80
    assert stages.difference(one, one).tolist() == np.full((2, 2, 3), 128).tolist()
    assert stages.difference(one, other, times=4)[0, 0].tolist() == [168] * 3
    assert stages.levels(one, other) == pytest.approx(10 / 4)
