"""Bootstrap over subjects: agrees with plain resampling, respects subjects, is seeded and fast."""

import math
import time

import numpy as np
import pytest

from fasnb import metrics
from fasnb.errors import UsageError
from fasnb.intervals import bootstrap, bootstrap_interval, interval, mean_interval
from fasnb.metrics import Threshold

HALF = Threshold(0.5, "casia train", "EER")


def videos(people=20, each=10, seed=0):
    rng = np.random.default_rng(seed)
    subjects = np.repeat(np.arange(people), each)
    labels = np.tile([1] * 3 + [0] * (each - 3), people)
    scores = np.clip(
        rng.normal(0.35 + 0.3 * labels, 0.15) + np.repeat(rng.normal(0, 0.1, people), each), 0, 1
    )
    return scores, labels, subjects


def copies(draw, subjects):
    """The rows of a resample, written out: subject i repeated draw[i] times."""
    return np.concatenate(
        [np.flatnonzero(subjects == i) for i, times in enumerate(draw) for _ in range(times)]
    )


@pytest.mark.parametrize("statistic", ["eer", "auc", "hter", "far", "frr"])
def test_every_resample_equals_the_statistic_of_its_copied_rows(statistic):
    scores, labels, subjects = videos(people=6)
    n = 20
    got = bootstrap(statistic, scores, labels, subjects, HALF, n=n, seed=3)
    draws = np.random.default_rng(3).multinomial(6, np.full(6, 1 / 6), size=n)
    for value, draw in zip(got, draws):
        rows = copies(draw, subjects)
        s, y = scores[rows], labels[rows]
        plain = {
            "eer": lambda s=s, y=y: metrics.eer(s, y)[0],
            "auc": lambda s=s, y=y: metrics.auc(s, y),
            "hter": lambda s=s, y=y: metrics.hter(s, y, HALF),
            "far": lambda s=s, y=y: metrics.far(s, y, HALF),
            "frr": lambda s=s, y=y: metrics.frr(s, y, HALF),
        }[statistic]()
        assert value == pytest.approx(plain)


def test_interval_covers_the_estimate_and_is_reproducible():
    scores, labels, subjects = videos()
    low, high = bootstrap_interval("eer", scores, labels, subjects, seed=1)
    assert low < metrics.eer(scores, labels)[0] < high
    assert (low, high) == bootstrap_interval("eer", scores, labels, subjects, seed=1)
    assert (low, high) != bootstrap_interval("eer", scores, labels, subjects, seed=2)


def test_subjects_are_drawn_whole():
    # ten identical clips per person: clip-wise resampling would be far too sure of itself
    rng = np.random.default_rng(0)
    person = rng.random(10) < 0.5  # each person is either always or never accepted as an attack
    subjects = np.repeat(np.arange(10), 10)
    scores = np.repeat(np.where(person, 0.9, 0.1), 10)
    labels = np.zeros(100, dtype=int)
    whole = bootstrap("far", scores, labels, subjects, HALF)
    clips = bootstrap("far", scores, labels, np.arange(100), HALF)
    assert whole.std() > 2.5 * clips.std()  # sqrt(10) in theory


def test_subject_names_do_not_matter():
    scores, labels, subjects = videos(people=5)
    names = np.array([f"client{i:03d}" for i in subjects])
    assert (bootstrap("eer", scores, labels, names) == bootstrap("eer", scores, labels, subjects)).all()


def test_unhappy_paths():
    scores, labels, subjects = videos(people=3)
    with pytest.raises(UsageError, match="needs a threshold"):
        bootstrap("hter", scores, labels, subjects)
    with pytest.raises(UsageError, match="unknown statistic"):
        bootstrap("acc", scores, labels, subjects)
    assert all(map(math.isnan, bootstrap_interval("eer", scores, labels, np.zeros(len(scores)))))
    assert all(map(math.isnan, interval([float("nan")] * 3)))
    assert np.isnan(bootstrap("eer", [], [], [], n=5)).all()


def test_resamples_without_a_class_are_left_out():
    # subject 0 has all the live clips: a resample without it has no FRR
    scores, labels, subjects = np.array([0.9, 0.8, 0.2, 0.6]), np.array([1, 1, 0, 0]), np.array([0, 0, 1, 2])
    samples = bootstrap("hter", scores, labels, subjects, HALF, n=400)
    assert np.isnan(samples).any()
    low, high = interval(samples)
    assert low == 0
    assert high == pytest.approx(0.5)  # only subject 2's attack drawn: FAR 1, FRR 0


def test_five_hundred_videos_take_a_moment():
    scores, labels, subjects = videos(people=50)
    bootstrap("eer", scores, labels, subjects, n=10)
    start = time.perf_counter()
    bootstrap("eer", scores, labels, subjects, n=1000)
    assert time.perf_counter() - start < 0.9  # 0.04 s on an idle core; the room is for a busy machine


def test_interval_of_a_mean_agrees_with_copied_rows_and_leaves_nan_out():
    values = np.array([0.1, 0.2, np.nan, 0.6, 0.9, 0.5])
    subjects = np.array(["a", "a", "a", "b", "c", "c"])
    draws = np.random.default_rng(4).multinomial(3, np.full(3, 1 / 3), size=50)
    kept = ~np.isnan(values)
    means = [values[kept][copies(draw, np.array([0, 0, 1, 2, 2]))].mean() for draw in draws]
    assert mean_interval(values, subjects, n=50, seed=4) == pytest.approx(interval(means))
    assert all(math.isnan(end) for end in mean_interval(values[:3], subjects[:3]))
    assert all(math.isnan(end) for end in mean_interval([], []))
