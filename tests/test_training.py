"""The loop on toy faces: attacks are darker than live ones, so every method can learn them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fasnb import checkpoints, experiments, layouts, metrics, profiles, training
from fasnb.errors import FasnbError

TINY = replace(
    profiles.SMOKE,
    samples=64,
    labelled=16,
    steps=9,
    batch=8,
    wait=2,
    warmup=2,
    ramp=4,
    plgf_steps=6,
    plgf_batch=4,
    s1=4,
    s2=5,
    checkpoint_every=3,
    train_faces=1,
    test_faces=2,
)


class ToyFaces:
    """Faces of a few official clips, `frames` each, 96 pixels: texture, attacks half as bright."""

    def __init__(self, clips, frames, failing=()):
        self.failures = [(clip, "no face found") for clip in clips if clip.path in failing]
        self.clips = [clip for clip in clips if clip.path not in failing]
        self.clip_index = np.repeat(np.arange(len(self.clips), dtype=np.int32), frames)
        self.labels = np.array([clip.label for clip in self.clips], np.int8)[self.clip_index]
        self.frame = np.tile(np.arange(frames, dtype=np.int32), len(self.clips))

    def __len__(self):
        return len(self.clip_index)

    def batch(self, indices):
        pictures = [
            np.random.default_rng(int(i)).integers(60, 120, (96, 96, 3)) * (1 + self.labels[i])
            for i in np.asarray(indices)
        ]
        return np.stack(pictures).astype(np.uint8)

    def iterate(self, size):
        for start in range(0, len(self), size):
            indices = np.arange(start, min(start + size, len(self)))
            yield indices, self.batch(indices)


def some(database, split, live, attack):
    clips = [clip for clip in layouts.official_clips(database) if clip.split == split]
    return [c for c in clips if c.is_live][:live] + [c for c in clips if not c.is_live][:attack]


CORPUS = SimpleNamespace(
    training_faces=lambda short: ToyFaces(some("casia-fasd", "train", 6, 6), 1),
    scored_faces=lambda short: [
        ("casia", "train", ToyFaces(some("casia-fasd", "train", 2, 2), 2)),
        ("msu", "test", ToyFaces(some("msu-mfsd", "test", 2, 2), 2, ["scene01/real/" + "none"])),
    ],
)


def quiet(fraction, message):
    pass


@pytest.mark.parametrize("method", experiments.OWN)
def test_every_method_trains_and_scores_every_clip(tmp_path, method):
    extra, table = training.train(experiments.make(method, "casia"), TINY, CORPUS, tmp_path, quiet)
    assert len(table) == 8
    assert table["score"].between(0, 1).all()
    assert (table["n_frames"] == 2).all()
    assert extra["curve"][0]["step"] == 0
    assert all(np.isfinite(list(point.values())).all() for point in extra["curve"])
    assert {p.name for p in tmp_path.iterdir()} == {training.WEIGHTS, training.CHECKPOINT}


def test_supervised_learns_the_toy(tmp_path):
    profile = replace(TINY, steps=24, ema=0.8)
    _, table = training.train(experiments.make("supervised", "casia"), profile, CORPUS, tmp_path, quiet)
    assert metrics.auc(table["score"], table["label"]) == 1.0


@pytest.mark.parametrize("method", ["pl_uda", "mpl_uda", "attvlad"])
def test_a_run_stopped_and_resumed_ends_with_the_same_bits(tmp_path, method):
    experiment = experiments.make(method, "casia")
    whole, table = training.train(experiment, TINY, CORPUS, tmp_path / "whole", quiet)
    steps = TINY.steps if experiment.branch == "rgb" else TINY.plgf_steps
    stop_at = steps - 2  # between two checkpoints

    def stop(fraction, message):
        if fraction > 0.95 * (stop_at - 1) / steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(experiment, TINY, CORPUS, tmp_path / "parts", stop)
    resumed, again = training.train(experiment, TINY, CORPUS, tmp_path / "parts", quiet)
    assert 0 < resumed["resumed_at"] < steps
    assert resumed["curve"] == whole["curve"]
    assert again.equals(table)
    weights = [checkpoints.read(tmp_path / part / training.WEIGHTS)[0] for part in ("whole", "parts")]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_tau_0_and_a_half_are_the_same_training(tmp_path):
    tables = []
    for tau in (0, 0.5, 0.999):
        experiment = experiments.make("mpl_uda", "casia", tau=tau)
        tables.append(training.train(experiment, TINY, CORPUS, tmp_path / str(tau), quiet)[1])
    none, half, most = (
        checkpoints.read(tmp_path / str(tau) / training.WEIGHTS)[0] for tau in (0, 0.5, 0.999)
    )
    assert all(torch.equal(none[name], half[name]) for name in none)
    assert tables[0].equals(tables[1])
    assert not all(torch.equal(none[name], most[name]) for name in none)


def test_another_seed_gives_other_weights(tmp_path):
    for seed in (0, 1):
        training.train(
            experiments.make("supervised", "casia", seed), TINY, CORPUS, tmp_path / str(seed), quiet
        )
    a, b = (checkpoints.read(tmp_path / str(seed) / training.WEIGHTS)[0] for seed in (0, 1))
    name = next(name for name, value in a.items() if value.ndim == 4)
    assert not torch.equal(a[name], b[name])


def test_a_checkpoint_of_another_run_is_refused_in_one_line(tmp_path):
    experiment = experiments.make("attvlad", "casia")
    checkpoints.write(tmp_path / "checkpoint.safetensors", {"x": torch.zeros(1)}, {"step": 3, "curve": []})
    with pytest.raises(FasnbError, match="does not fit this run"):
        training.train(experiment, TINY, CORPUS, tmp_path, quiet)


def test_clips_without_a_face_are_rows_without_a_score():
    clips = some("msu-mfsd", "test", 2, 1)
    found = ToyFaces(clips, 2, [clips[1].path])
    rows = training.rows_of("msu", "test", found, np.array([0.25, 0.75, 0.5, 0.5], np.float32))
    assert [(row["n_frames"], row["frames"]) for row in rows] == [
        (2, "0.25 0.75"),
        (2, "0.5 0.5"),
        (0, ""),
    ]
    assert rows[0]["score"] == 0.5
    assert np.isnan(rows[2]["score"])
    assert rows[2]["path"] == clips[1].path


def test_streams_visit_every_index_once_an_epoch_and_can_be_asked_for_any_step():
    stream = training.Stream(lambda rng: rng.permutation(10), 4, seed=1, name="x")
    steps = [stream.at(t) for t in range(5)]
    flat = np.concatenate(steps)
    assert sorted(flat[:10]) == sorted(flat[10:]) == list(range(10))
    other = training.Stream(lambda rng: rng.permutation(10), 4, seed=1, name="x")
    assert [other.at(t).tolist() for t in (3, 0, 2)] == [steps[t].tolist() for t in (3, 0, 2)]


def test_a_batch_larger_than_the_epoch_spans_epochs():
    stream = training.Stream(lambda rng: rng.permutation(3), 8, seed=0, name="x")
    assert np.bincount(np.concatenate([stream.at(0), stream.at(1), stream.at(2)])).tolist() == [8, 8, 8]
