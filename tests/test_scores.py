"""The per-video table: round trip, damaged rows name their clip, frames, fusion."""

import numpy as np
import pandas as pd
import pytest

from fasnb import scores
from fasnb.errors import FasnbError


def table(n=4, **changes):
    rows = [
        {"database": "casia", "path": f"test_release/{i + 1}/1.avi", "split": "test", "subject": i + 21,
         "label": i % 2, "attack": "" if i % 2 else "cut", "camera": "low", "light": "", "n_frames": 2,
         "score": 0.25 + i / 8, "frames": f"{0.125 + i / 8} {0.375 + i / 8}"}
        for i in range(n)
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(**changes)


def test_round_trip(tmp_path):
    first = table()
    again = scores.from_csv(scores.to_csv(first).encode(), tmp_path / "x.csv")
    pd.testing.assert_frame_equal(again, scores.check(first))


def test_float32_scores_survive_exactly(tmp_path):
    values = np.random.default_rng(0).random(4).astype(np.float32)
    again = scores.from_csv(scores.to_csv(table(score=values.astype(float))).encode(), tmp_path / "x.csv")
    assert (again["score"].to_numpy().astype(np.float32) == values).all()


def test_non_response_keeps_an_empty_score(tmp_path):
    first = table(
        n_frames=[2, 0, 2, 2], score=[0.1, np.nan, 0.2, 0.3], frames=["0 0.2", "", "0.2 0.2", "0.3 0.3"]
    )
    again = scores.from_csv(scores.to_csv(first).encode(), tmp_path / "x.csv")
    assert np.isnan(again.loc[1, "score"])
    assert list(scores.answered(again)["subject"]) == [21, 23, 24]
    assert len(scores.per_frame(again)) == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score": [0.1, np.nan, 0.2, 0.3]}, "casia/test_release/2/1.avi has a score that is not a number"),
        ({"label": [0, 1, 3, 1]}, "casia/test_release/3/1.avi has a label"),
        ({"path": ["a", "b", "a", "c"]}, "casia/a appears twice"),
        ({"n_frames": [2, 2, 2, 0]}, "casia/test_release/4/1.avi has a score but no frames"),
        ({"subject": ["x", "y", "z", "w"]}, "no number"),
        ({"subject": [10**30, 2, 3, 4]}, "no number"),
        ({"score": [0.1, np.inf, 0.2, 0.3]}, "casia/test_release/2/1.avi has a score that is not a number"),
        ({"n_frames": [2, 2, -1, 2]}, "casia/test_release/3/1.avi has fewer than no frames"),
    ],
)
def test_impossible_rows_name_their_clip(changes, message):
    with pytest.raises(FasnbError, match=message):
        scores.check(table(**changes))


def test_damaged_csv_names_the_file(tmp_path):
    good = scores.to_csv(table())
    lines = good.splitlines()
    for bad in (
        good[: len(good) // 2],
        "",
        "no,columns\n1,2\n",
        good + '"',
        lines[0] + "\n" + lines[1] + ",,,\n",
    ):
        with pytest.raises(FasnbError, match=r"run-1.csv.*delete"):
            scores.from_csv(bad.encode(), tmp_path / "run-1.csv")
    for frames in ("x 1", "1", "1 1 1"):
        bad = scores.to_csv(table(frames=["0 1", frames, "0 1", "0 1"])).encode()
        with pytest.raises(FasnbError, match=r"run-1.csv: casia/test_release/2/1.avi: .*frame"):
            scores.from_csv(bad, tmp_path / "run-1.csv")
    with pytest.raises(FasnbError, match=r"run-1.csv"):
        scores.from_csv(b"\xff\xfe\x00", tmp_path / "run-1.csv")


def test_frames_and_videos_are_inverse():
    first = scores.check(table())
    frames = scores.per_frame(first)
    assert list(frames["score"][:2]) == [0.125, 0.375]
    assert list(frames["frame"][:4]) == [0, 1, 0, 1]
    pd.testing.assert_frame_equal(scores.check(scores.per_video(frames)), first)


def test_frames_that_disagree_name_their_clip():
    with pytest.raises(FasnbError, match=r"test_release/2/1.avi: 3 frame scores where n_frames is 2"):
        scores.per_frame(table(frames=["0 1", "0 1 1", "0 1", "0 1"]))
    with pytest.raises(FasnbError, match=r"test_release/2/1.avi: frame 1 has no number"):
        scores.per_frame(table(frames=["0 1", "0 nan", "0 1", "0 1"]))
    with pytest.raises(FasnbError, match=r"test_release/2/1.avi: frame 0 has no number"):
        scores.per_frame(table(frames=["0 1", "inf 0", "0 1", "0 1"]))
    with pytest.raises(FasnbError, match=r"test_release/1/1.avi"):
        scores.per_video(scores.per_frame(table()).assign(score=np.nan))


def test_fusion_is_equation_31():
    rgb, plgf = table(), table(score=[0.5, 0.25, 0.75, 1.0], frames=["0.5 0.5", "0.25 0.25", "0.5 1", "1 1"])
    fused = scores.fuse([(rgb, 0.8), (plgf.iloc[::-1], 0.2)])  # joined by path, not by row
    assert list(fused["path"]) == list(rgb["path"])
    assert fused["score"].tolist() == pytest.approx([0.3, 0.35, 0.55, 0.7])
    assert scores.per_frame(fused)["score"].tolist()[:2] == pytest.approx([0.2, 0.4])


def test_fusion_of_a_non_response_is_one():
    silent = table(
        n_frames=[2, 0, 2, 2], score=[0.1, np.nan, 0.2, 0.3], frames=["0 0.2", "", "0.2 0.2", "0.3 0.3"]
    )
    fused = scores.fuse([(table(), 0.8), (silent, 0.2)])
    assert list(scores.answered(fused)["subject"]) == [21, 23, 24]
    scores.check(fused)


def test_fusion_of_different_videos_is_refused():
    with pytest.raises(
        FasnbError, match=r"1 videos were scored by one branch only, first casia/test_release/4/1.avi"
    ):
        scores.fuse([(table(), 0.8), (table(3), 0.2)])
