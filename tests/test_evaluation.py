"""Which split sets the threshold, which is judged; the report beside the paper's measures."""

import numpy as np
import pandas as pd
import pytest

from fasnb import evaluation, grid, metrics
from fasnb.errors import FasnbError
from fasnb.grid import Column
from tests.test_runs import some_scores


def videos(database, split, live, attacks, first_subject=1):
    """One subject per live and attack score pair."""
    rows = [
        {"label": label, "score": score, "subject": first_subject + i, "attack": "" if label else "print"}
        for label, many in ((1, live), (0, attacks))
        for i, score in enumerate(many)
    ]
    frame = pd.DataFrame(rows).assign(database=database, split=split, camera="", light="", n_frames=1)
    frame["path"] = [f"{split}/{i}.avi" for i in range(len(frame))]
    frame["frames"] = frame["score"].astype(str)
    return frame


# replay: devel meets FAR = FRR = 0 between 0.4 and 0.6, test is 0.2 lower; its train split would say 0.1
RUN = pd.concat(
    [
        videos("replay", "train", [0.15, 0.2], [0.0, 0.05]),
        videos("replay", "devel", [0.6, 0.7], [0.3, 0.4]),
        videos("replay", "test", [0.4, 0.6], [0.1, 0.2]),
        videos("casia", "train", [0.9, 0.95], [0.5, 0.7]),
        videos("casia", "test", [0.75, 0.9], [0.6, 0.85]),
    ]
)


def test_threshold_comes_from_devel_where_there_is_one_else_from_train():
    assert evaluation.threshold_of(RUN, "replay") == metrics.Threshold(0.5, "replay devel", "EER")
    assert evaluation.threshold_of(RUN, "casia") == metrics.Threshold(0.8, "casia train", "EER")


def test_intra_replay_is_hter_of_test_at_the_devel_threshold():
    cell = evaluation.evaluate(RUN, Column("replay", "replay", "replay", "hter"))
    assert cell.value == 0.25  # at 0.5: one of two live rejected, no attack accepted
    assert cell.threshold.where == "replay devel"
    # the wrong way, fitted on test, would show 0
    assert evaluation.evaluate(RUN, Column("x", "replay", "replay", "eer")).value == 0


def test_cross_uses_the_training_databases_threshold():
    cell = evaluation.evaluate(RUN, Column("casia>replay", "casia", "replay", "hter"))
    assert cell.value == 0.5  # 0.8 rejects every live video of replay
    assert cell.threshold == metrics.Threshold(0.8, "casia train", "EER")
    back = evaluation.evaluate(RUN, Column("replay>casia", "replay", "casia", "hter"))
    assert back.value == 0.5  # 0.5 accepts every attack of casia


def test_intra_eer_is_of_test():
    cell = evaluation.evaluate(RUN, Column("casia", "casia", "casia", "eer"))
    assert cell.value == pytest.approx(0.5)
    assert (cell.subjects, cell.videos, cell.without_face) == (2, 4, 0)
    devel = evaluation.evaluate(RUN, Column("replay_eer", "replay", "replay", "eer_devel"))
    assert devel.value == 0
    assert devel.threshold.where == "replay devel"


def test_videos_without_a_face_are_counted_apart():
    run = RUN.copy()
    at = (run["database"] == "casia") & (run["score"] == 0.85)
    run.loc[at, ["n_frames", "score", "frames"]] = [0, np.nan, ""]
    cell = evaluation.evaluate(run, Column("casia", "casia", "casia", "eer"))
    assert (cell.value, cell.videos, cell.without_face) == (0, 3, 1)


def test_what_a_run_did_not_score_is_an_error():
    with pytest.raises(FasnbError, match="no video of msu test"):
        evaluation.evaluate(RUN, grid.SEVEN[5])
    with pytest.raises(FasnbError, match="no video of replay devel"):
        evaluation.evaluate(RUN[RUN["split"] != "devel"], grid.SEVEN[2])
    only_live = RUN[(RUN["split"] != "test") | (RUN["label"] == 1)]
    for column in (grid.SEVEN[0], grid.SEVEN[1]):
        with pytest.raises(FasnbError, match="test"):
            evaluation.evaluate(only_live, column)


def test_samples_are_the_same_people_for_every_run():
    column = grid.SEVEN[0]
    first, second = some_scores(0), some_scores(0)
    assert (evaluation.evaluate(first, column).samples == evaluation.evaluate(second, column).samples).all()


def test_report_has_videos_and_frames_of_every_test_set():
    found = evaluation.report(some_scores(), "replay")
    assert found[["test", "unit"]].to_numpy().tolist() == [
        [database, unit] for unit in ("video", "frame") for database in ("casia", "msu", "replay")
    ]
    video = found[found["unit"] == "video"].set_index("test")
    assert (video["n"] == 15).all()
    assert (found[found["unit"] == "frame"]["n"] == 30).all()
    for row in found.itertuples():
        assert row.hter == pytest.approx((row.far + row.frr) / 2)
        assert row.bpcer == row.frr
        assert row.apcer >= row.far  # the worst type is never better than all pooled
        assert row.bpcer10 <= row.bpcer20 <= row.bpcer100
        assert row.where == "replay devel"
    expected = 100 * evaluation.evaluate(some_scores(), grid.SEVEN[3]).value
    assert video.loc["casia", "hter"] == pytest.approx(expected)
