import numpy as np
import pandas as pd
import pytest

from fasnb import metrics
from fasnb.baselines.color_lbp import histograms
from fasnb.corpus import Corpus
from fasnb.difficulty import texture
from fasnb.errors import FasnbError
from fasnb.metrics import Threshold
from tests.test_corpus import PROFILE, root  # noqa: F401  (root: a small tree of the three databases)


def videos(scores, labels, subjects, attack="print", camera="webcam", database="msu"):
    kinds = [attack if label == 0 else "" for label in labels]
    return pd.DataFrame(
        {"database": database, "split": "test", "path": [str(i) for i in range(len(scores))]}
        | {"subject": subjects, "label": labels, "attack": kinds, "camera": camera, "score": scores}
    )


def made(database, split, people=6, gap=2.0, first=0, seed=0):
    """A split of people with two live videos and two attacks, apart by `gap` in one of five features."""
    rng = np.random.default_rng([seed, len(database), len(split)])
    labels = np.tile([1, 1, 0, 0], people)
    x = rng.normal(0, 0.5, (len(labels), 5)).astype(np.float32)
    x[:, 0] += gap * labels
    frame = videos(np.zeros(len(labels)), labels, first + np.repeat(np.arange(people), 4), database=database)
    return texture.Split(x, frame.drop(columns="score").assign(split=split))


def three():
    splits = {(name, "train"): made(name, "train") for name in ("casia", "replay", "msu")}
    splits["replay", "devel"] = made("replay", "devel", first=100)
    splits |= {(name, "test"): made(name, "test", first=200) for name in ("casia", "replay", "msu")}
    return splits


def test_separation_and_shift_by_hand():
    # Live .9 .8 .7 .2, attacks .6 .5 .4 .1: at .55 one live in four is rejected, one attack in four accepted.
    frame = videos([0.9, 0.8, 0.7, 0.2, 0.6, 0.5, 0.4, 0.1], [1, 1, 1, 1, 0, 0, 0, 0], [1, 2, 3, 4] * 2)
    row = texture.rates(frame, Threshold(0.85, "casia train", "EER"))
    assert row["eer"] == pytest.approx(0.25)
    assert (row["far"], row["frr"]) == (0, 0.75)
    assert row["hter"] == pytest.approx(0.375)
    assert row["shift"] == pytest.approx(0.375 - 0.25)
    assert row["auc"] == pytest.approx((4 + 4 + 4 + 1) / 16)
    assert (row["subjects"], row["videos"], row["where"]) == (4, 8, "casia train")
    assert row["hter_low"] <= row["hter"] <= row["hter_high"]


def test_no_subject_is_on_both_sides_of_a_fold():
    subjects = np.repeat(np.arange(13), 4)
    fold = texture.folds(subjects)
    assert set(fold) == set(range(5))
    assert pd.Series(fold).groupby(subjects).nunique().eq(1).all()
    assert (fold == texture.folds(subjects)).all()
    assert set(texture.folds(np.array([1, 1, 2]))) == {0, 1}  # fewer subjects than folds
    with pytest.raises(FasnbError, match="two subjects"):
        texture.folds(np.array([7, 7]))


def test_a_fold_is_scored_by_a_fit_that_never_saw_it(monkeypatch):
    seen = []

    class Spy:
        def fit(self, x, labels):
            seen.append(set(x[:, 0]))
            return self

        def score(self, x):
            assert not seen[-1] & set(x[:, 0])
            return x[:, 0]

    monkeypatch.setattr(texture, "ColorLbp", Spy)
    x, fold = np.arange(12.0)[:, None], np.repeat([0, 1, 2], 4)
    assert (texture.held_out(x, np.tile([0, 1], 6), fold) == x[:, 0]).all()
    assert len(seen) == 3


def test_thresholds_come_from_devel_or_from_held_out_training_videos():
    splits = three()
    casia, replay = texture.judge(splits, "casia"), texture.judge(splits, "replay")
    assert casia.threshold.where == "casia train, 5 folds"
    assert replay.threshold.where == "replay devel"
    assert set(casia.own["split"]) == {"train"}
    assert set(replay.own["split"]) == {"devel"}
    expected = metrics.eer(casia.own["score"], casia.own["label"], "x")[1]
    assert casia.threshold.value == expected.value
    assert set(casia.tests["split"]) == {"test"}


def test_one_row_per_pair_and_the_same_again():
    def table():
        return texture.within_and_across(
            [texture.judge(three(), name) for name in ("casia", "replay", "msu")]
        )

    found = table()
    assert len(found) == 9
    assert (found["shift"] == found["hter"] - found["eer"]).all()
    assert (found["auc"] > 0.9).all()
    pd.testing.assert_frame_equal(found, table())


def test_media_and_cameras_are_counted_apart():
    easy = videos([0.9, 0.9, 0.1, 0.1], [1, 1, 0, 0], [1, 2, 1, 2])
    hard = videos([0.8, 0.2], [0, 0], [1, 2], attack="screen", camera="phone")
    tests = pd.concat([easy, hard], ignore_index=True)
    one = texture.Scored("casia", Threshold(0.5, "casia train", "EER"), easy, tests, {"msu": 0})
    table = texture.by_medium([one]).set_index(["by", "value"])
    assert table.loc[("attack", "print"), "far"] == 0
    assert table.loc[("attack", "screen"), "far"] == 0.5
    assert table.loc[("attack", "screen"), "auc"] == 1  # .9 .9 above .8 and .2
    assert np.isnan(table.loc[("attack", "screen"), "frr"])
    assert table.loc[("camera", "webcam"), "frr"] == 0
    assert np.isnan(table.loc[("camera", "phone"), "auc"])  # no live video
    assert table.loc[("attack", "screen"), "videos"] == 2


def test_features_are_means_over_a_clips_faces_by_one_process_or_two(root, tmp_path, monkeypatch):  # noqa: F811
    found = Corpus(root, PROFILE, tmp_path / "cache").training_faces("msu")
    one = texture.features(found)
    assert one.shape == (len(found.clips), 354)
    faces = found.batch(np.flatnonzero(found.clip_index == 1))
    assert one[1] == pytest.approx(np.mean([histograms(face) for face in faces], axis=0), abs=1e-6)
    monkeypatch.setattr(texture, "_CHUNK", 5)
    assert (texture.features(found, workers=2) == one).all()
