"""Light, backgrounds, people in them, and their motion."""

from dataclasses import replace

import numpy as np
import pytest

from fasnb.simfas import clips, geometry, optics, scene, session
from fasnb.simfas.cast import Cast
from fasnb.simfas.domains import DOMAINS, REPLAY
from fasnb.simfas.people import Pose
from tests.simfas import plain

LIGHTS = [(name, light) for name, domain in DOMAINS.items() for light in domain.lights]


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def light(level: float = 1.0) -> scene.Light:
    one = np.full(3, level, np.float32)
    return scene.Light(one, one, one, one, 0.3, 0.0, 100.0)


@pytest.mark.parametrize(("name", "kind"), LIGHTS)
def test_lights_are_positive_and_reproducible(name: str, kind: str) -> None:
    model = DOMAINS[name].lights[kind]
    for seed in range(5):
        one, two = (scene.draw_light(model, rng(seed)) for _ in range(2))
        for part in ("key", "fill", "ambient", "backdrop", "room"):
            value = getattr(one, part)
            assert value.dtype == np.float32
            assert (value > 0).all()
            np.testing.assert_array_equal(value, getattr(two, part))


def test_light_comes_from_both_sides() -> None:
    sides = {np.sign(scene.draw_light(REPLAY.lights["adverse"], rng(seed)).direction) for seed in range(20)}
    assert sides == {-1, 1}


@pytest.mark.parametrize("style", ["curtain", "office", "window", "wall"])
def test_backgrounds(style: str) -> None:
    one, two = (scene.background(style, 90, 70, light(), rng(3)) for _ in range(2))
    assert one.shape == (70, 90, 3)
    assert one.dtype == np.float32
    assert one.min() > 0
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(
        scene.background(style, 90, 70, light(2.0), rng(3)), 2 * one, rtol=0.02, atol=0.01
    )


def test_unknown_background() -> None:
    with pytest.raises(ValueError, match="beach"):
        scene.background("beach", 90, 70, light(), rng())


def test_relighting_is_linear_in_the_lights() -> None:
    person = plain.layers()
    off = replace(light(), fill=np.zeros(3, np.float32), ambient=np.zeros(3, np.float32))
    key = scene.relit(person, off)
    np.testing.assert_allclose(key[1:, :, :3], (person.key * person.alpha[..., None])[1:], rtol=1e-6)
    both = scene.relit(person, light())[..., :3]
    fill = scene.relit(person, replace(off, key=off.fill, fill=light().fill))[..., :3]
    ambient = scene.relit(person, replace(off, key=off.fill, ambient=light().ambient))[..., :3]
    np.testing.assert_allclose(both, key[..., :3] + fill + ambient, rtol=1e-5, atol=1e-6)


def test_a_person_covers_the_background_where_opaque_only() -> None:
    person = scene.figure(plain.layers(), light(), 1.0, 0, 0)
    behind = np.full((plain.SIZE, plain.SIZE, 3), 7.0, np.float32)
    picture = scene.placed(person, np.eye(3), behind)
    assert picture[2, 2] == pytest.approx(7)
    assert picture[43, 48].max() < 2


def test_the_body_goes_on_beyond_what_was_rendered() -> None:
    person = scene.figure(plain.layers(), light(), 0.4, 20, 30)
    assert person.picture.shape == (plain.SIZE + 30, plain.SIZE + 40, 4)
    assert person.origin == (20, 0)
    assert person.picture[plain.SIZE :, 40:90, 3] == pytest.approx(1)
    assert not person.picture[:60, :15].any()  # nothing beside the head
    lit = optics.gridded(scene.relit(plain.layers(), light()), 0.4)
    np.testing.assert_allclose(person.picture[1 : plain.SIZE - 4, 30:-30], lit[1:-4, 10:-10], atol=0.05)


def sharpness(picture: np.ndarray) -> float:
    """Of the head's outline, whatever its size in px."""
    alpha = picture.mean(2)
    return float(np.abs(np.diff(alpha, axis=1)).max())


def test_a_person_is_as_sharp_on_the_sensor_however_large_and_stays_in_place() -> None:
    """What was rendered in fewer px than the camera has is not blurred less, nor moved by half a px."""
    layers, behind = plain.layers(), np.zeros((240, 240, 3), np.float32)
    sharp, places = [], []
    for scale in (0.45, 0.55, 1.0, 1.5, 2.0):
        matrix = geometry.similarity((48, 43), (120, 100), scale, 0)
        picture = scene.placed(scene.figure(layers, light(), scale, 0, 0), matrix, behind)
        whole = np.where(picture.sum(2) > 0.5, 1.0, 0.0)[:100]
        places.append(float((whole.sum(0) * np.arange(240)).sum() / whole.sum()))
        sharp.append(sharpness(picture[60:110]))
    assert places == pytest.approx([120] * 5, abs=0.8)
    assert max(sharp[2:]) < 1.35 * min(sharp[:2])


def test_shrinking_does_not_alias_and_keeps_the_place() -> None:
    layers = plain.layers()
    matrix = geometry.similarity((48, 43), (24, 20), 0.4, 0)
    picture = scene.placed(
        scene.figure(layers, light(), 0.4, 30, 60), matrix, np.zeros((48, 48, 3), np.float32)
    )
    middle = picture[20, 24]
    np.testing.assert_allclose(middle, (layers.key + layers.fill + layers.ambient)[43, 48], rtol=0.1)
    assert not picture[:3].any()


def test_box_and_eyes_follow_a_move() -> None:
    matrix = geometry.similarity((0, 0), (10, 20), 2.0, 0)
    assert geometry.moved_box(matrix, (1, 2, 3, 4)) == pytest.approx((12, 24, 6, 8))
    assert geometry.moved_points(matrix, ((1, 2), (3, 4))) == ((12, 24), (16, 28))


def test_moments_depend_on_the_frame_alone_and_blink_once_in_two() -> None:
    shown = [session.moment(n, 0, 2) for n in range(16)]
    assert [number for number, _ in shown] == [n // 4 for n in range(16)]
    assert [n for n, (_, closed) in enumerate(shown) if closed] == [2, 10]
    swapped = [session.moment(n, 1, 2) for n in range(8)]
    assert [number for number, _ in swapped] == [1] * 4 + [0] * 4


def test_sway_is_smooth_and_its_speed_is_its_derivative() -> None:
    sway = session.Sway(rng())
    h = 1e-5
    for t in (0.0, 0.7, 3.1):
        slope = (sway.at(t + h) - sway.at(t - h)) / (2 * h)
        np.testing.assert_allclose(sway.speed(t), slope, rtol=1e-4, atol=1e-4)
    rms = np.std([sway.at(t) for t in np.arange(0, 200, 0.05)], axis=0)
    np.testing.assert_allclose(rms, 1, rtol=0.15)


def test_a_take_renders_each_pose_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Pose] = []

    def render(pose: Pose):  # type: ignore[no-untyped-def]
        calls.append(pose)
        return plain.layers(pose)

    take = session.Take("msu-mfsd/1", 0, render)
    for _ in range(2):
        for at, closed in [(0, False), (0, True), (1, False)]:
            assert take.layers(at, closed).alpha.max() == 1
    assert len(calls) == 3
    assert [pose.blink == 1 for pose in calls] == [False, True, False]
    assert take.reference == pytest.approx(48)


def test_live_and_attack_share_handling() -> None:
    """Focus, exposure, balance, saturation, sharpening, face size and place are drawn by the same code from
    the same ranges: over many clips their means agree within the scatter of a mean.
    """
    from fasnb import layouts

    drawn: dict[bool, list[list[float]]] = {True: [], False: []}
    subject = clips.Subject(
        replace(REPLAY, cameras={"webcam": replace(REPLAY.cameras["webcam"], width=32, height=24)}),
        1,
        Cast(0),
    )
    for clip in layouts.official_clips("replay-attack")[::3]:
        state = clips._Clip(clip, subject)
        s = state.drawn
        drawn[clip.is_live].append(
            [
                s.lens,
                s.defocus,
                s.meter,
                s.balance,
                s.saturation,
                s.contrast,
                s.sharpen,
                state.face,
                *state.place,
            ]
        )
    live, attack = np.array(drawn[True]), np.array(drawn[False])
    error = np.sqrt(live.var(0) / len(live) + attack.var(0) / len(attack))
    assert (np.abs(live.mean(0) - attack.mean(0)) < 4 * error).all()
