"""A photograph as a person: where the face lies, its light, blinks and turns, its rim."""

import cv2
import numpy as np

from fasnb import detector
from fasnb.simfas import colour, portrait, scene
from fasnb.simfas.people import Layers, Pose
from fasnb.simfas.portrait import Portrait
from tests.simfas.pictures import LIGHT


def test_a_photographed_face_lies_where_a_rendered_one_does(
    portraits: list[Portrait], rendered: list[Layers]
) -> None:
    for one, other in zip(portraits, rendered):
        layers = one.render(Pose())
        np.testing.assert_allclose(layers.box, np.array(other.box) * 2, atol=0.04 * layers.box[2])
        np.testing.assert_allclose(layers.eyes, np.array(other.eyes) * 2, atol=0.03 * layers.box[2])
        box = detector.detect((colour.encode(scene.relit(layers, LIGHT)[..., :3]) * 255).astype(np.uint8))
        assert box is not None
        assert abs(box[0] + box[2] / 2 - layers.box[0] - layers.box[2] / 2) < 0.05 * layers.box[2]
        for name in ("key", "fill", "ambient"):
            assert getattr(layers, name).shape == (384, 384, 3)
            assert getattr(layers, name).dtype == np.float32
            assert getattr(layers, name).min() >= 0


def test_the_silhouette_is_the_rendered_one(portraits: list[Portrait], rendered: list[Layers]) -> None:
    for one, other in zip(portraits, rendered):
        truth = cv2.resize(other.alpha, (384, 384), interpolation=cv2.INTER_LINEAR) > 0.5
        found = one.render(Pose()).alpha > 0.5
        assert (truth & found).sum() / (truth | found).sum() > 0.85


def test_a_relit_photograph_keeps_its_colours_and_follows_the_light(
    portraits: list[Portrait], pictures: list[np.ndarray]
) -> None:
    face = np.s_[120:240, 140:245]
    for one, picture in zip(portraits, pictures):
        box = detector.detect(picture)
        assert box is not None
        square, _ = portrait.straightened(picture, box)
        own = colour.decode(square)[face].reshape(-1, 3)
        lit = scene.relit(one.render(Pose()), LIGHT)[face][..., :3].reshape(-1, 3)
        gain = float(colour.luminance(lit).mean() / colour.luminance(own).mean())
        assert 0.4 < gain < 2.5
        np.testing.assert_allclose(lit.mean(0), gain * own.mean(0), rtol=0.03)
        assert np.abs(lit / gain - own).mean() < 0.15 * own.mean()
        layers = one.render(Pose())
        left, right = layers.key[face][:, :50].mean(), layers.key[face][:, -50:].mean()
        assert left > 1.2 * right
        left, right = layers.fill[face][:, :50].mean(), layers.fill[face][:, -50:].mean()
        assert right > 1.2 * left


def test_a_blink_changes_the_eyes_and_nothing_else(portraits: list[Portrait]) -> None:
    for one in portraits:
        awake, asleep = one.render(Pose()), one.render(Pose(blink=1.0))
        change = np.abs(awake.ambient - asleep.ambient).max(axis=2)
        near = np.zeros((384, 384), bool)
        for x, y in awake.eyes:
            near[int(y) - 22 : int(y) + 14, int(x) - 22 : int(x) + 22] = True
            assert change[int(y) - 5 : int(y) + 5, int(x) - 10 : int(x) + 10].mean() > 0.02
        assert change[~near].max() == 0
        assert awake.eye_mask.sum() > 150
        assert asleep.eye_mask.sum() < 0.2 * awake.eye_mask.sum()


def test_a_turn_moves_the_middle_more_than_the_rim_and_leaves_the_shoulders() -> None:
    y, x = np.mgrid[0:384, 0:384]
    for pose, axis, at in ((Pose(yaw=8), 0, (177, 205)), (Pose(pitch=5), 1, (185, 192))):
        moved = ((x, y)[axis] - portrait.moved(pose)[axis]).astype(float)
        assert moved[at] > 7
        assert moved[at] > 2 * moved[177, 60] > 0
        assert np.abs(moved[350:]).max() == 0
        assert np.diff(portrait.moved(pose)[axis], axis=1 - axis).min() > 0.2  # nothing folds over
    x0, y0 = portrait.moved(Pose(roll=5))
    assert y0[159, 227] < 159 < y0[159, 157] + 1  # clockwise: the right eye goes down
    assert x0[60, 192] < 180


def test_boxes_and_eyes_move_with_the_face() -> None:
    for pose in (Pose(yaw=9), Pose(pitch=-5), Pose(yaw=-6, pitch=4, roll=3)):
        x, y = portrait.moved(pose)
        for home in [portrait.CENTRE, *portrait._eyes()]:
            there = portrait._place(pose, home)
            at = round(there[1]), round(there[0])
            assert abs(x[at] - home[0]) < 2.0
            assert abs(y[at] - home[1]) < 2.0


def test_what_sticks_out_beside_a_face_is_cut_off_and_hair_is_not() -> None:
    head = np.zeros((192, 192), np.uint8)
    cv2.ellipse(head, (96, 82), (40, 60), 0, 0, 360, 1, cv2.FILLED)
    shelf, hair = head.copy(), head.copy()
    shelf[90:96, 96:175] = 1
    hair[40:126, 45:147] = 1
    assert portrait._hanging(shelf)[:, 146:].max() == 0
    np.testing.assert_array_equal(portrait._hanging(hair), hair)
    assert portrait._hanging(shelf)[head == 1].min() == 1


def test_where_the_photograph_ends_the_person_goes_on(pictures: list[np.ndarray]) -> None:
    picture = pictures[2]
    box = detector.detect(picture)
    assert box is not None
    x, y, w, h = (round(v) for v in box)
    tight = np.ascontiguousarray(picture[y : y + h + 5, x : x + w])
    layers = Portrait(tight, (0, 0, w, h)).render(Pose(yaw=5))
    assert layers.alpha[170, 192] == 1
    assert layers.alpha[383, 192] == 1
    assert layers.alpha[:4].max() == 0
    assert layers.alpha[:250, :20].max() == 0


# --- folders
