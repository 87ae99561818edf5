"""Identities are deterministic, distinct, varied; renders are sane; performances smooth and prefix-stable."""

import hashlib
import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fasnb import layouts
from fasnb.simfas.clips import ATTACKERS
from fasnb.simfas.domains import DOMAINS
from fasnb.simfas.people import Layers, Person, Pose, face_box, performance, stable_rng

SMALL = 192  # px; enough for what is tested, a quarter of the time


def composed(layers: Layers) -> np.ndarray:
    """sRGB uint8 picture of a person under mixed light before grey."""
    light = 0.7 * layers.key + 0.2 * layers.fill + 0.3 * layers.ambient
    image = layers.alpha[..., None] * light + (1 - layers.alpha[..., None]) * 0.3
    return (np.clip(image, 0, 1) ** (1 / 2.2) * 255).astype(np.uint8)


@pytest.fixture(scope="module")
def crowd() -> list[tuple[Person, Layers]]:
    """Six people, each in a frontal pose at full size."""
    people = [Person(f"subject-{k}", 7) for k in range(6)]
    return [(p, p.render(Pose())) for p in people]


def test_layers_have_the_promised_shapes_and_ranges(crowd):
    for _, layers in crowd:
        for name in ("key", "fill", "ambient"):
            radiance = getattr(layers, name)
            assert radiance.shape == (384, 384, 3)
            assert radiance.dtype == np.float32
            assert np.isfinite(radiance).all()
            assert radiance.min() >= 0
            assert 0.001 < radiance[layers.alpha > 0.5].mean() < 1
        for mask in (layers.alpha, layers.eye_mask):
            assert mask.shape == (384, 384)
            assert mask.dtype == np.float32
            assert mask.min() >= 0
            assert mask.max() == 1
        assert 150 < layers.box[2] < 260
        assert layers.box[2] == layers.box[3]


def test_the_key_comes_from_the_left_and_the_fill_from_the_right(crowd):
    for _, layers in crowd:
        x, y, w, h = (int(v) for v in layers.box)
        rows = slice(y + h // 3, y + 2 * h // 3)
        left, right = slice(x + w // 6, x + w // 2), slice(x + w // 2, x + 5 * w // 6)
        assert layers.key[rows, left].mean() > 1.1 * layers.key[rows, right].mean()
        assert layers.fill[rows, right].mean() > 1.1 * layers.fill[rows, left].mean()


def test_eyes_lie_in_the_eye_mask_and_the_box_left_one_first(crowd):
    for _, layers in crowd:
        assert layers.eyes[0][0] < layers.eyes[1][0]
        x, y, w, h = layers.box
        for ex, ey in layers.eyes:
            assert x < ex < x + w
            assert y < ey < y + h / 2
            assert layers.eye_mask[int(ey) - 6 : int(ey) + 7, int(ex) - 6 : int(ex) + 7].max() > 0.9
        far = np.ones_like(layers.eye_mask, bool)
        for ex, ey in layers.eyes:
            far[int(ey) - 20 : int(ey) + 20, int(ex) - 30 : int(ex) + 30] = False
        assert layers.eye_mask[far].sum() == 0


def test_no_holes_within_the_face(crowd):
    for _, layers in crowd:
        x, y, w, h = (int(v) for v in layers.box)
        assert layers.alpha[y + h // 5 : y + 4 * h // 5, x + w // 4 : x + 3 * w // 4].min() == 1


def test_the_cascade_finds_the_faces_where_the_boxes_say(crowd):
    finder = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")
    found = 0
    for _, layers in crowd:
        boxes = finder.detectMultiScale(composed(layers), 1.1, 3)
        if len(boxes) == 0:
            continue
        x, y, w, h = max(boxes, key=lambda b: b[2])
        bx, by, bw, bh = layers.box
        across = max(0, min(x + w, bx + bw) - max(x, bx)) * max(0, min(y + h, by + bh) - max(y, by))
        found += across / (w * h + bw * bh - across) > 0.6
    assert found >= 5


def test_no_two_people_alike(crowd):
    pictures = [composed(layers).astype(float) for _, layers in crowd]
    for i in range(len(crowd)):
        for j in range(i):
            a, b = crowd[i][0].traits, crowd[j][0].traits
            assert np.linalg.norm(a.local - b.local) > 0.5
            assert np.abs(pictures[i] - pictures[j]).mean() > 4  # of 255


def test_the_same_bits_twice_also_in_another_process():
    pose = Pose(yaw=5, pitch=-3, roll=2, blink=0.3, smile=0.5, mouth=0.4, gaze=(0.2, -0.3))
    first, again = (Person("twin", 3).render(pose, SMALL) for _ in range(2))
    for name in ("key", "fill", "ambient", "alpha", "eye_mask"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert (first.box, first.eyes) == (again.box, again.eyes)
    code = (
        "from fasnb.simfas.people import Person, Pose; import hashlib;"
        "l = Person('twin', 3).render(Pose(5, -3, 2, 0.3, 0.5, 0.4, (0.2, -0.3)), 192);"
        "print(hashlib.sha256(l.key.tobytes() + l.alpha.tobytes()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(first.key.tobytes() + first.alpha.tobytes()).hexdigest()
    assert other.stderr == ""  # the renderer starts without a word


def test_another_seed_is_another_person():
    a, b = Person("x", 1).traits, Person("x", 2).traits
    assert not np.array_equal(a.local, b.local)


def test_a_blink_closes_the_eyes(crowd):
    for person, _ in crowd[:3]:
        opened, half, shut = (person.render(Pose(blink=b), SMALL).eye_mask.sum() for b in (0.0, 0.5, 1.0))
        assert shut < 0.04 * opened
        assert shut < half < opened


def test_head_turns_go_where_the_pose_says(crowd):
    person = crowd[0][0]
    middle, right, down = (
        np.array(person.render(p, SMALL).eyes).mean(axis=0) for p in (Pose(), Pose(yaw=12), Pose(pitch=8))
    )
    assert right[0] > middle[0] + 3
    assert down[1] > middle[1] + 3
    left, right = person.render(Pose(roll=8), SMALL).eyes
    assert right[1] > left[1] + 3  # clockwise


def test_open_mouths_and_smiles_change_the_mouth(crowd):
    person = crowd[1][0]
    rest = person.render(Pose(), SMALL)
    x, y, w, h = (int(v) for v in rest.box)
    mouth = (slice(y + 2 * h // 3, y + h), slice(x + w // 4, x + 3 * w // 4))
    for pose in (Pose(mouth=0.8), Pose(smile=1.0)):
        change = np.abs(composed(person.render(pose, SMALL)).astype(float) - composed(rest))
        assert change[mouth].mean() > 3


def test_traits_span_tones_ages_sexes_and_styles():
    people = [Person(f"p{k}", 0) for k in range(200)]
    tones = np.array([p.tone for p in people])
    assert np.histogram(tones, 5, (0, 1))[0].min() >= 10
    assert min(p.age for p in people) >= 18
    assert max(p.age for p in people) > 60
    assert {p.sex for p in people} == {"female", "male"}
    assert 60 < sum(p.sex == "male" for p in people) < 140
    assert len({p.hair for p in people}) >= 9


@settings(max_examples=15)
@given(st.text(max_size=8), st.integers(0, 50), st.integers(0, 120), st.integers(0, 120))
def test_performances_are_prefix_stable_and_in_range(key, take, a, b):
    short, long = sorted((a, b))
    poses = performance(key, take, long)
    assert performance(key, take, short) == poses[:short]
    for p in poses:
        assert abs(p.yaw) <= 12
        assert abs(p.pitch) <= 8
        assert abs(p.roll) <= 6
        assert 0 <= p.blink <= 1
        assert 0 <= p.smile <= 1
        assert 0 <= p.mouth <= 1


def test_performances_are_smooth_blink_and_differ_by_take():
    poses = performance("someone", 0, 500)
    yaw = np.array([p.yaw for p in poses])
    assert np.abs(np.diff(yaw)).max() < 1.5  # degrees a frame
    blink = np.array([p.blink for p in poses])
    starts = ((blink[1:] > 0.5) & (blink[:-1] <= 0.5)).sum()
    assert 3 <= starts <= 16  # in 20 seconds
    assert performance("someone", 1, 500) != poses


def test_stable_rng_does_not_depend_on_the_process():
    assert stable_rng("person", "a", 1).integers(1 << 30) == 205336886
    assert stable_rng("ab", "c").random() != stable_rng("a", "bc").random()


def test_face_box_of_a_hand_computed_face():
    x, y, side = face_box(np.array([[90.0, 100.0], [110.0, 100.0]]), np.array([100.0, 200.0]))
    assert side == pytest.approx(162)
    assert (x, y) == (pytest.approx(100 - 81), pytest.approx(115 - 81))


def test_renders_where_the_home_folder_cannot_be_written(tmp_path):
    code = "from fasnb.simfas import render; import warp as wp; print(wp.config.kernel_cache_dir)"
    env = {**os.environ, "HOME": "/proc/nowhere", "TMPDIR": str(tmp_path)}
    env.pop("WARP_CACHE_PATH", None)
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert out.stdout.startswith(str(tmp_path))


def test_the_databases_people_are_many_and_no_two_are_alike():
    """In shape (head basis, standard deviations) and in colour (skin's pigments, hair, eyes)."""
    keys = [
        f"{db}/{n}" for db in DOMAINS for split in layouts.SPLITS[db] for n in layouts.SUBJECTS[db][split]
    ]
    keys += [f"casia-fasd/attacker-{split}-{n}" for split in ("train", "test") for n in range(ATTACKERS)]
    traits = [Person(key, 0).traits for key in keys]
    assert len(keys) == len(set(keys)) == 135 + 2 * ATTACKERS
    shape = np.array([t.local for t in traits])
    colour = np.array([[t.melanin, t.blood, t.age / 50, *t.hair, *t.iris] for t in traits])
    for what, least in ((shape, 2.0), (colour, 0.02)):
        apart = np.linalg.norm(what[:, None] - what[None], axis=2)[np.triu_indices(len(keys), 1)]
        assert apart.min() > least
    assert {t.sex for t in traits} == {"female", "male"}
    assert np.histogram([t.tone for t in traits], 4, (0, 1))[0].min() >= 10
