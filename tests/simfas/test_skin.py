"""Pigments darken and redden as they should; paint is in range and varied; masks lie where they should."""

import numpy as np
import pytest

from fasnb.simfas import hair, heads, skin
from fasnb.simfas.locks import Skull, depth_below


def complexion(**change):
    base = dict(
        melanin=0.3, blood=0.4, age=40, mottle=1.0, freckles=0.1, stubble=0.0, lipstick=0.0,
        hair=np.full(3, 0.02), brow=np.full(3, 0.02), brow_density=1.0,
        brow_thickness=0.06, brow_arch=0.8, brow_height=0.0,
    )  # fmt: skip
    return skin.Complexion(**{**base, **change})


BARE = np.zeros((skin.ROWS, skin.COLUMNS), np.float32)


def test_tint_by_hand_and_in_the_right_direction():
    np.testing.assert_allclose(skin.tint(0.0, 0.0), skin.DERMIS)
    np.testing.assert_allclose(skin.tint(1.0, 0.5), skin.DERMIS * np.exp(-skin.MELANIN - skin.BLOOD / 2))
    light, dark, flushed = skin.tint(0.1, 0.4), skin.tint(1.4, 0.4), skin.tint(0.1, 0.9)
    assert (dark < light / 3).all()
    assert flushed[0] / flushed[1] > light[0] / light[1]
    assert skin.tint(np.zeros((2, 5)), np.zeros((2, 5))).shape == (2, 5, 3)


def test_paint_is_in_range_deterministic_and_about_the_tint():
    first, slopes = skin.paint(np.random.default_rng(1), complexion(), BARE)
    again, _ = skin.paint(np.random.default_rng(1), complexion(), BARE)
    np.testing.assert_array_equal(first, again)
    assert first.shape == slopes.shape == (skin.ROWS, skin.COLUMNS, 4)
    assert first.dtype == slopes.dtype == np.float32
    albedo = first[..., :3]
    assert albedo.min() > 0
    assert albedo.max() < 1
    np.testing.assert_allclose(np.median(albedo, axis=(0, 1)), skin.tint(0.3, 0.4), rtol=0.12)
    assert albedo[..., 1].std() > 0.01  # mottled


def test_brows_stubble_and_scalp_darken_where_they_are():
    p, _ = skin.rest_map()
    brows = skin.brows(np.random.default_rng(0), complexion())
    assert brows.max() > 0.5
    where = p[brows > 0.4]
    assert where[:, 1].min() > 7.3
    assert where[:, 1].max() < 7.7
    assert np.abs(where[:, 0]).min() > 0.05
    assert (where[:, 0] < 0).mean() == pytest.approx(0.5, abs=0.1)
    beard = skin.stubble(np.random.default_rng(0), 1.0)
    assert p[beard > 0.3][:, 1].max() < 7.35
    roots = hair.roots(np.random.default_rng(0), hair.STYLES["side"], 0.0)
    assert 0.9 < roots.max() <= 1
    assert (
        roots[(np.abs(p[..., 0]) < 0.3) & (p[..., 1] < 7.6) & (p[..., 2] > 1)].max() < 0.05
    )  # none on the face


def test_lips_are_redder_than_the_cheek():
    paint, _ = skin.paint(np.random.default_rng(2), complexion(mottle=0.0), BARE)
    lips = skin.mask("lips") > 0.9
    ratio = paint[..., 0] / paint[..., 1]
    assert ratio[lips].mean() > 1.2 * np.median(ratio)


def test_locate_finds_the_texel_of_a_point():
    p, _ = skin.rest_map()
    at = skin.locate(np.array([0.3, -0.3, 0.0]), np.array([7.5, 7.5, 7.0]))
    for (column, row), (x, y) in zip(np.round(at).astype(int), ((0.3, 7.5), (-0.3, 7.5), (0.0, 7.0))):
        np.testing.assert_allclose(p[row, column, :2], (x, y), atol=0.02)


def test_wrinkles_come_with_age():
    p, _ = skin.rest_map()
    young = skin._wrinkles(np.random.default_rng(0), p, 25)
    old = skin._wrinkles(np.random.default_rng(0), p, 70)
    assert np.abs(young).max() == 0
    assert np.abs(old).max() > 3


def test_hairline_is_higher_in_front_and_recedes_with_baldness():
    forehead, crown, nape = np.array([[0, 7.7, 1.5], [0, 8.4, 0.6], [0, 7.0, -0.35]])
    assert hair.hairline(forehead, 0.0, 0.0) < 0
    assert hair.hairline(crown, 0.0, 0.0) > 0
    assert hair.hairline(nape, 0.0, 0.0) > 0
    assert hair.hairline(crown, 0.75, 0.0) < 0
    assert hair.hairline(nape, 0.75, 0.0) > 0


def test_a_skull_keeps_points_within_its_shell():
    rng = np.random.default_rng(0)
    d = rng.normal(size=(20000, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    skull = Skull(d, np.zeros(3))
    p = d[:50] * np.linspace(0.5, 2, 50)[:, None]
    r = np.linalg.norm(skull.between(p, np.full(50, 0.1), np.full(50, 0.2)), axis=1)
    assert r.min() > 1.09
    assert r.max() < 1.31
    inside = (np.linalg.norm(p, axis=1) > 1.11) & (np.linalg.norm(p, axis=1) < 1.29)
    np.testing.assert_allclose(r[inside], np.linalg.norm(p, axis=1)[inside])


def test_depth_below_the_outside():
    rng = np.random.default_rng(0)
    d = rng.normal(size=(20000, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    both = np.concatenate([d, d * 0.8])
    deep = depth_below(both)
    assert deep[:20000].max() < 1e-6
    away = (
        np.abs(both[20000:, 1]) < 0.75
    )  # cells at the poles are too narrow to be filled by this many points
    np.testing.assert_allclose(deep[20000:][away], 0.2, atol=1e-6)


def plain_head(sex):
    macro = heads.macro_weights(sex, 30, 0, 0, np.array([0, 0.5, 0.5]))
    return heads.shape(macro, np.zeros(len(heads.basis().raised)))


def test_beards_follow_the_skin_and_join_other_hair():
    shape = heads.shape(
        heads.macro_weights(1, 30, 0, 0, np.array([0, 0, 1.0])), np.zeros(len(heads.basis().raised))
    )
    beard = hair.beard(np.random.default_rng(0), shape, 0.1, np.full(3, 0.02), 0.0)
    assert beard.follow.min() >= 0
    leaders = heads.posed(shape, {}, np.eye(3))[beard.follow]
    assert np.linalg.norm(beard.points - leaders, axis=1).max() < 0.25  # dm: each hair stays by its own skin
    head = hair.grow(np.random.default_rng(0), shape, hair.STYLES["crop"], np.full(3, 0.02), 0.0, 0.0)
    assert head.follow.max() == -1
    both = hair.joined(head, beard)
    assert len(both.points) == len(head.points) + len(beard.points) == len(both.follow) == len(both.depth)
    np.testing.assert_array_equal(both.points[both.triangles[-1]], beard.points[beard.triangles[-1]])
    assert hair.joined(None, beard) is beard


@pytest.mark.parametrize("style", [s for s in hair.STYLES.values() if s.locks], ids=lambda s: s.name)
def test_hair_stays_off_the_eyes(style):
    shape = heads.shape(
        heads.macro_weights(0, 30, 0, 0, np.array([0, 1.0, 0])), np.zeros(len(heads.basis().raised))
    )
    locks = hair.grow(np.random.default_rng(1), shape, style, np.full(3, 0.02), 0.0, 0.0)
    assert np.isfinite(locks.points).all()
    before = locks.points[locks.points[:, 2] > shape.eye_centres[0, 2]]
    for eye in shape.eye_centres:
        assert (np.abs(before[:, :2] - eye[:2]) < 0.12).all(axis=1).sum() == 0
