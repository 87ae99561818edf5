"""On tiny real video files in the official layouts, with face files so that no detector is needed."""

import json
import pickle
from dataclasses import replace

import cv2
import numpy as np
import pytest

from fasnb import layouts, profiles, reproduce, session
from fasnb.corpus import Corpus
from fasnb.errors import FasnbError, UsageError

PROFILE = replace(profiles.SMOKE, train_faces=2, test_faces=1)


def write_video(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25, (64, 48))
    rng = np.random.default_rng(seed)
    for _ in range(3):
        video.write(rng.integers(0, 255, (48, 64, 3), np.uint8))
    video.release()


@pytest.fixture
def root(tmp_path):
    """MSU-MFSD with two subjects of each split; the others with their first subject's clips only."""
    for name in layouts.DATABASES:
        for split, subjects in layouts.SUBJECTS[name].items():
            clips = [c for c in layouts.subset(name, "smoke") if c.split == split]
            chosen = [c for c in clips if c.subject in subjects[:2] and "Replay" not in c.path][:8]
            for number, clip in enumerate(chosen):
                video = tmp_path / name / clip.path
                write_video(video, number)
                if name == "msu-mfsd":
                    rows = "".join(f"{i}, 8, 4, 40, 40, 16, 12, 30, 12\n" for i in range(3))
                    video.with_suffix(".face").write_text(rows)
                if name == "replay-attack":
                    face = tmp_path / name / "face-locations" / (clip.path.removesuffix(".mov") + ".face")
                    face.parent.mkdir(parents=True, exist_ok=True)
                    face.write_text("".join(f"{i} 8 4 32 36\n" for i in range(3)))
    return tmp_path


def test_sets_hold_the_profiles_faces_and_the_right_splits(root, tmp_path):
    corpus = Corpus(root, PROFILE, tmp_path / "cache")
    training = corpus.training_faces("msu")
    assert len(training) == 2 * len(training.clips)
    assert {clip.split for clip in training.clips} == {"train"}
    scored = corpus.scored_faces("replay")
    assert [(short, split) for short, split, _ in scored][:1] == [("replay", "devel")]
    assert {split for _, split, _ in scored[1:]} == {"test"}
    own = corpus.scored_faces("msu")[0]
    assert own[:2] == ("msu", "train")


def test_the_source_names_its_kind_and_changes_with_the_data(root, tmp_path):
    corpus = Corpus(root, PROFILE, tmp_path / "cache")
    lines = []
    source = corpus.source(say=lines.append)
    assert source.kind == "real"
    assert any("without a face" in line for line in lines)  # noise in CASIA, which has no face files
    assert corpus.source() == source
    clip = next(c for c in layouts.subset("msu", "smoke") if (root / "msu-mfsd" / c.path).exists())
    write_video(root / "msu-mfsd" / clip.path, 99)
    changed = Corpus(root, PROFILE, tmp_path / "cache").source()
    assert changed.digest != source.digest


def test_partly_simulated_data_are_called_mixed(root, tmp_path):
    marker = {"scale": "smoke", "complete": True, "seed": 0}
    (root / "msu-mfsd" / "SIMULATED.json").write_text(json.dumps(marker))
    assert Corpus(root, PROFILE, tmp_path / "cache").source().kind == "mixed"


def test_an_incomplete_database_is_refused_unless_the_profile_allows_it(root, tmp_path):
    strict = replace(PROFILE, allow_partial=False)
    with pytest.raises(FasnbError, match=r"casia-fasd.*missing"):
        _ = Corpus(root, strict, tmp_path / "cache").databases


def test_a_split_without_clips_is_named(root, tmp_path):
    for path in (root / "replay-attack" / "devel").rglob("*.mov"):
        path.unlink()
    with pytest.raises(FasnbError, match="no devel clips"):
        Corpus(root, PROFILE, tmp_path / "cache").scored_faces("replay")


def test_a_corpus_travels_to_worker_processes(root, tmp_path):
    corpus = Corpus(root, PROFILE, tmp_path / "cache")
    assert len(pickle.loads(pickle.dumps(corpus)).training_faces("msu")) == len(corpus.training_faces("msu"))


def test_given_data_are_never_simulated_over(root, tmp_path, monkeypatch):
    monkeypatch.setattr(reproduce, "simulated", lambda *a, **k: pytest.fail("simulated"))
    monkeypatch.setattr("fasnb.corpus.paths.CACHE", tmp_path / "cache")
    lab = session.start("smoke", store=str(tmp_path / "store"), data=str(root))
    assert lab.store_folder == tmp_path / "store"
    assert lab.root == root


def test_an_unknown_profile_is_refused():
    with pytest.raises(UsageError, match="unknown profile"):
        session.start("enormous")
