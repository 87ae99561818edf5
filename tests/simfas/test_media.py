"""Prints and displays: colour, periodic structure, geometry, and each stage's off-switch."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasnb.simfas import camera as cam
from fasnb.simfas import display, geometry, media, optics, printing, scene
from fasnb.simfas.colour import LUMA, decode
from fasnb.simfas.domains import CASIA, DOMAINS, MSU, REPLAY

PRINTERS = [
    a.medium for d in DOMAINS.values() for a in d.attacks.values() if isinstance(a.medium, media.Printer)
]
PANELS = [
    a.medium for d in DOMAINS.values() for a in d.attacks.values() if isinstance(a.medium, media.Display)
]
PANEL = REPLAY.attacks["mobile_photo"].medium
LASER = REPLAY.attacks["print"].medium


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def ramp(h: int = 60, w: int = 80) -> np.ndarray:
    grey = np.linspace(30, 220, w).astype(np.uint8)
    return np.broadcast_to(grey[None, :, None], (h, w, 3)).copy()


# --- inks


def test_neugebauer_by_hand() -> None:
    inks = ((0.0, 1, 1), (1, 0.5, 1), (1, 1, 1), (1, 1, 1))
    printer = replace(LASER, inks=inks, paper=(0.8, 0.8, 0.8))
    shares = np.array([0.5, 0.5, 0, 0], np.float32)
    np.testing.assert_allclose(printing.reflectance(shares, printer), [0.4, 0.6, 0.8], rtol=1e-6)
    np.testing.assert_allclose(printing.reflectance(0 * shares, printer), [0.8, 0.8, 0.8], rtol=1e-6)


@given(st.floats(0, 1), st.floats(0, 0.2))
def test_dot_gain_keeps_white_and_solid(nominal: float, gain: float) -> None:
    share = float(printing.dot_gain(np.array(nominal), gain))
    assert nominal - 1e-9 <= share <= 1
    assert float(printing.dot_gain(np.array(0.0), gain)) == 0
    assert float(printing.dot_gain(np.array(1.0), gain)) == 1
    assert float(printing.dot_gain(np.array(0.5), gain)) == pytest.approx(0.5 + gain)


@pytest.mark.parametrize("printer", PRINTERS, ids=lambda p: p.name)
def test_profile_prints_greys_and_skin_right_and_compresses_vivid_colours(printer: media.Printer) -> None:
    colours = np.array(
        [[[128, 128, 128], [200, 200, 200], [198, 150, 125], [0, 0, 255], [0, 0, 0]]], np.uint8
    )
    shares = printing.separated(colours, printer)
    assert shares.min() >= 0
    assert shares.max() <= 1
    got = printing.reflectance(shares, printer)[0] / np.array(printer.paper)
    want = decode(colours)[0]
    np.testing.assert_allclose(got[:3], want[:3], rtol=0.25, atol=0.02)
    assert got[3, 2] - got[3, 0] < 0.75  # no ink is as blue as a display's blue
    assert 0.003 < got[4].mean() < 0.12  # nor as black as nothing


def test_sheet_keeps_mean_reflectance_and_texture_has_an_off_switch() -> None:
    smooth = replace(LASER, grain=0, mottle=0, texture=0, banding=0)
    shares = printing.separated(ramp(), LASER)
    bare = printing.sheet(shares, smooth, 0.4, rng())
    np.testing.assert_allclose(bare, printing.reflectance(shares, smooth), rtol=1e-6)
    rough = printing.sheet(shares, LASER, 0.4, rng())
    assert rough.mean() == pytest.approx(bare.mean(), rel=0.015)
    assert np.abs(rough - bare).max() > 0.005


def _flat_maps(h: int = 200, w: int = 240) -> np.ndarray:
    return geometry.plane_maps(np.eye(3), w, h, 0, (0, 0))


def test_halftone_keeps_the_mean_and_vanishes_in_a_soft_lens() -> None:
    # 0.3 mm a px: 1.8 screen cycles a px, as a telephone close to a print sees it.
    cycles = np.eye(2)
    seen = printing.screens(LASER, 0.3, cycles, 0.15, 0.3)
    assert seen, "a sharp lens before a line-skipping sensor must see the screen"
    assert printing.screens(LASER, 0.3, cycles, 1.2, 0.3) == []
    assert printing.screens(replace(LASER, lines=0), 0.3, cycles, 0.1, 0.3) == []
    shares = np.full((200, 240, 4), 0.4, np.float32)
    factor = printing.halftone(_flat_maps(), shares, LASER, seen)
    np.testing.assert_allclose(factor.mean((0, 1)), 1, atol=0.01)
    assert factor.std() > 0.01
    blank = printing.halftone(_flat_maps(), 0 * shares, LASER, seen)
    np.testing.assert_allclose(blank, 1, atol=1e-6)  # no dots on bare paper


# --- displays


@pytest.mark.parametrize("panel", PANELS, ids=lambda p: p.name)
def test_display_white_black_and_gamma(panel: media.Display) -> None:
    levels = np.array([[[0] * 3, [128] * 3, [255] * 3]], np.uint8)
    light = display.shown(levels, panel)[0] @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    assert light[2] == pytest.approx(panel.peak, rel=1e-4)
    assert light[2] / light[0] == pytest.approx(panel.contrast, rel=1e-3)
    black = 1 / panel.contrast
    assert light[1] / panel.peak == pytest.approx((128 / 255) ** panel.gamma * (1 - black) + black, rel=1e-3)


def test_grid_keeps_mean_luminance_and_turns_with_the_panel() -> None:
    maps = _flat_maps()
    pitch = 3.17  # texture px; the camera samples one texture px a pixel
    cycles = geometry.frequency(np.eye(3), (50, 50), (pitch, pitch))
    upright = display.grid(maps, pitch, replace(PANEL, stripes="rgb"), cycles, 0.3, 1.0)
    np.testing.assert_allclose(upright.mean((0, 1)), 1, atol=0.01)
    assert upright[..., 0].std() > 0.2
    # The colours' stripes lie a third of a pixel apart, so their sum is nearly even across.
    assert upright.mean(-1).std() < 0.4 * upright[..., 0].std()
    turned = display.grid(maps, pitch, replace(PANEL, stripes="rgb-y"), cycles, 0.3, 1.0)
    np.testing.assert_allclose(turned[:200, :200], upright[:200, :200].transpose(1, 0, 2), atol=1e-4)


def test_grid_is_off_behind_a_soft_lens_and_aliases_behind_a_sharp_one() -> None:
    maps = _flat_maps()
    pitch = 0.97  # 1.03 cycles a pixel: a beat of 33 px
    cycles = geometry.frequency(np.eye(3), (50, 50), (pitch, pitch))
    soft = display.grid(maps, pitch, PANEL, cycles, 1.2, 1.0)
    np.testing.assert_array_equal(soft, 1)
    moire = display.grid(maps, pitch, PANEL, cycles, 0.25, 0.35)[..., 1]
    column = moire.mean(1) - moire.mean()
    beat = np.argmax(np.abs(np.fft.rfft(column))[1:]) + 1
    assert len(column) / beat == pytest.approx(1 / (1 / pitch - 1), rel=0.25)


def test_a_small_gamut_pales_colours_and_keeps_their_luminance() -> None:
    red = np.full((1, 1, 3), (200, 60, 60), np.uint8)
    wide, narrow = (display.shown(red, replace(PANEL, gamut=g, white=6504))[0, 0] for g in (1.0, 0.7))
    assert narrow[0] - narrow[1] == pytest.approx(0.7 * (wide[0] - wide[1]), rel=1e-3)
    assert narrow @ LUMA == pytest.approx(wide @ LUMA, rel=1e-4)


def test_viewing_angle() -> None:
    assert display.viewing_angle(0, 0.3) == 1
    assert display.viewing_angle(30, 0.3) == pytest.approx(0.7)


def test_a_display_mirrors_the_room_by_its_gloss() -> None:
    attack = DOMAINS["replay-attack"].attacks["mobile_photo"]
    twice = replace(attack, medium=replace(attack.medium, gloss=2 * attack.medium.gloss))
    light = scene.draw_light(REPLAY.lights["controlled"], rng())
    one, two = (media.Held(rng(), light, a, REPLAY, False).surface for a in (attack, twice))
    np.testing.assert_allclose(two, 2 * one, rtol=1e-5)
    assert one.std() > 0.1 * one.mean(), "an even veil is no mirror image"


# --- geometry


def test_plane_without_tilt_or_bend_is_the_identity() -> None:
    maps = geometry.plane_maps(geometry.tilt(0, 0, 500), 30, 20, 0, (15, 10))
    y, x = np.mgrid[0:20, 0:30]
    np.testing.assert_allclose(maps[..., 0], x, atol=1e-5)
    np.testing.assert_allclose(maps[..., 1], y, atol=1e-5)
    texture = rng().random((20, 30, 3)).astype(np.float32)
    np.testing.assert_allclose(geometry.sample(texture, maps), texture, atol=1e-4)


@settings(max_examples=30)
@given(st.floats(-30, 30), st.floats(-30, 30), st.floats(-20, 20), st.floats(0.3, 3))
def test_homographies_have_inverses(yaw: float, pitch: float, roll: float, scale: float) -> None:
    matrix = geometry.tilt(yaw, pitch, 800) @ geometry.similarity((3, 4), (0, 0), scale, roll)
    points = np.array([[0.0, 0], [10, 4], [-7, 20]])
    back = geometry.apply(np.linalg.inv(matrix), geometry.apply(matrix, points))
    np.testing.assert_allclose(back, points, atol=1e-6)


def test_bend_shortens_the_chord_and_is_continuous_at_zero() -> None:
    bent = geometry.plane_maps(np.eye(3), 101, 5, 0.02, (50, 2))
    assert bent[2, 50, 0] == pytest.approx(50, abs=1e-4)
    assert bent[2, 90, 0] == pytest.approx(50 + np.arcsin(40 * 0.02) / 0.02, rel=1e-5)
    assert bent[2, 100, 0] < -1000  # beyond the cylinder's horizon
    slight = geometry.plane_maps(np.eye(3), 101, 5, 1e-6, (50, 2))
    np.testing.assert_allclose(slight, geometry.plane_maps(np.eye(3), 101, 5, 0, (50, 2)), atol=1e-3)


def test_bend_shading_is_one_when_flat() -> None:
    maps = _flat_maps()
    np.testing.assert_array_equal(printing.bend_shading(maps, 0, 120, 0.5), 1)
    assert not printing.streak(maps, 0, 120, 0.5, 9).any()
    bent = printing.bend_shading(maps, 0.005, 120, 0.5)
    assert bent[0, 10] > 1 > bent[0, 230]  # the side that turns to the light is brighter


def test_frequency_of_a_scaled_plane() -> None:
    cycles = geometry.frequency(np.diag([2.0, 2.0, 1.0]), (0, 0), (1.0, 4.0))
    np.testing.assert_allclose(cycles, [[0.5, 0], [0, 0.125]], atol=1e-9)


# --- the attacker's editing, and the medium in the room


def test_editing_off_is_the_identity_and_levels_stretch() -> None:
    assert media.edited(ramp(), 0, 1) is not None
    np.testing.assert_array_equal(media.edited(ramp(), 0, 1), ramp())
    stretched = media.edited(ramp(), 1, 1)
    assert stretched.min() < 3
    assert stretched.max() > 252
    assert media.edited(ramp(), 0, 0.8).mean() > ramp().mean()


def view(camera: cam.Camera, seed: int = 0) -> media.View:
    light = scene.draw_light(REPLAY.lights["controlled"], rng(seed))
    behind = np.full((60, 80, 3), 0.3, np.float32)
    return media.View(camera, cam.draw(camera, rng()), light, behind, (40.0, 28.0), 30.0)


BOX, EYES = (25.0, 15.0, 30.0, 30.0), ((33.0, 26.0), (47.0, 26.0))
STILL = np.zeros(3)


def held(domain: object, attack: str, where: media.View, hand: bool = False) -> media.Held:
    return media.Held(rng(), where.light, domain.attacks[attack], domain, hand)  # type: ignore[attr-defined]


def test_face_on_a_medium_lands_where_the_view_wants_it() -> None:
    where = view(REPLAY.cameras["webcam"])
    model = REPLAY.attacks["print"]
    sheet = media.printed(ramp(), BOX, EYES, model, rng())
    seen = media.show_print(sheet, model, held(REPLAY, "print", where), where, STILL, 0.0)
    x, y, w, h = seen.box
    assert (x + w / 2, y + h / 2) == pytest.approx((40, 28), abs=1.5)
    assert w == pytest.approx(30, rel=0.1)
    assert seen.radiance.shape == where.behind.shape
    assert seen.radiance.dtype == np.float32
    assert np.isfinite(seen.radiance).all()


def test_room_shows_beside_a_small_medium_and_thumbs_hold_it() -> None:
    where = replace(view(CASIA.cameras["low"]), face=15.0)
    model = CASIA.attacks["warped"]
    sheet = media.printed(ramp(), BOX, EYES, model, rng())
    free, hands = (
        media.show_print(sheet, model, held(CASIA, "warped", where, hand), where, STILL, 0.0).radiance
        for hand in (False, True)
    )
    np.testing.assert_allclose(free[:4, :4], 0.3, atol=1e-5)
    assert np.abs(free - hands).max() > 0.02


def test_display_without_light_or_grid_shows_its_picture() -> None:
    where = view(MSU.cameras["laptop"])
    panel = replace(
        MSU.attacks["ipad_video"].medium,
        white=6504,
        gamut=1,
        peak=1,
        contrast=1e6,
        gloss=0,
        falloff=0,
        bezel=0,
    )
    model = replace(MSU.attacks["ipad_video"], medium=panel)
    hold = media.Held(rng(), where.light, model, replace(MSU, tilt=0.0, roll=0.0), False)
    shot = _Shot(ramp(), BOX, EYES)
    seen = media.show_display(shot, panel, model, hold, where, STILL)
    middle = seen.radiance[28, 30:50].mean(-1)
    expected = ((ramp()[0, 30:50, 0] / 255) ** panel.gamma).astype(np.float32)
    np.testing.assert_allclose(middle, expected, rtol=0.08)


class _Shot:
    def __init__(self, picture: np.ndarray, box: geometry.Box, eyes: geometry.Points) -> None:
        self.picture, self.box, self.eyes, self.gain = picture, box, eyes, 1.0


def test_eye_holes_show_the_live_person_and_nothing_else_changes() -> None:
    where = view(CASIA.cameras["low"])
    model = CASIA.attacks["cut"]
    sheet = media.printed(ramp(), BOX, EYES, model, rng())
    hold = held(CASIA, "cut", where)
    seen = media.show_print(sheet, model, hold, where, STILL, 0.0)
    person = np.full((60, 80, 4), 5.0, np.float32)
    cut = media.behind_holes(seen, sheet, media.Eyes(person, EYES, np.zeros(5)), where, hold)
    changed = np.abs(cut.radiance - seen.radiance).max(-1) > 1e-6
    for x, y in seen.eyes:
        assert changed[round(y), round(x)]
        assert cut.radiance[round(y), round(x)].max() > 1
    assert changed.mean() < 0.1
    assert not changed[50:].any()


def test_the_picture_fills_a_panel_of_another_shape() -> None:
    wide, move = media._fitted(ramp(60, 80), replace(PANEL, width=160, height=90))
    assert wide.shape[1] / wide.shape[0] == pytest.approx(16 / 9, rel=0.03)
    assert move[1, 2] < 0
    tall, move = media._fitted(ramp(60, 80), replace(PANEL, width=50, height=60))
    assert tall.shape[1] / tall.shape[0] == pytest.approx(5 / 6, rel=0.03)
    assert move[0, 2] < 0


def test_optics_agree_between_grid_and_lens() -> None:
    """A grid drawn finely, blurred and averaged over pixels, has the contrast that its series says."""
    fine, pitch, sigma = 16, 2.6, 0.5  # samples per camera px; px per display pixel; px
    x = (np.arange(200 * fine) + 0.5) / fine
    lit = ((x / pitch) % 1 < PANEL.fill[0] / 3).astype(np.float32) * (3 / PANEL.fill[0])
    strip = np.tile(lit[None, :, None], (9, 1, 1))
    seen = optics.gaussian(strip, sigma * fine)[4].reshape(200, fine).mean(1)[20:-20]
    maps = _flat_maps(9, 200)
    cycles = geometry.frequency(np.eye(3), (0, 0), (pitch, pitch))
    series = display.grid(
        maps, pitch, replace(PANEL, stripes="rgb", fill=(PANEL.fill[0], 1.0)), cycles, sigma, 1.0
    )
    assert series[4, 20:-20, 0].std() == pytest.approx(seen.std(), rel=0.05)
