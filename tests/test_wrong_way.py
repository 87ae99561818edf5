"""The wrong ways, on scores where what they do is known."""

import numpy as np
import pandas as pd
import pytest

from fasnb import wrong_way
from fasnb.errors import FasnbError
from fasnb.evaluation import evaluate


def clips(database, split, values, frames=1):
    """Rows from (subject, label, score)."""
    return [
        {
            **{"database": database, "split": split, "path": f"{split}/{i}.avi", "subject": subject},
            **{"label": label, "attack": "" if label else "print", "camera": "", "light": ""},
            **{"n_frames": frames, "score": float(score), "frames": " ".join([str(float(score))] * frames)},
        }
        for i, (subject, label, score) in enumerate(values)
    ]


def shifted(shift, people=6, frames=1):
    """CASIA's threshold is 0.5; on Replay the same two classes lie `shift` lower."""
    own = [(who, label, (0.4, 0.6)[label]) for who in range(people) for label in (0, 1)]
    other = [(who, label, score - shift) for who, label, score in own]
    rows = clips("casia", "train", own, frames) + clips("casia", "test", own, frames)
    return pd.DataFrame(rows + clips("replay", "test", other, frames))


def test_a_threshold_fitted_on_the_target_hides_the_shift():
    frame = wrong_way.fitted_on_target(shifted(0.3), "casia", ("casia", "replay"))
    assert frame["way"].tolist() == ["right", "wrong", "wrong"] * 2
    at_home, away = frame[frame["test"] == "casia"], frame[frame["test"] == "replay"]
    assert at_home["value"].tolist() == [0, 0, 0]
    assert away["value"].tolist() == [50, 0, 0]  # every live video is rejected, or none
    assert away["where"].tolist() == ["casia train", "replay test", "replay test"]
    assert away["threshold"].iloc[0] == pytest.approx(0.5)
    assert away["rule"].tolist() == ["EER", "EER", "least HTER"]


def test_least_hter_by_hand():
    s, y = np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([0, 1, 0, 0, 1])
    value, at = wrong_way.least_hter(s, y, "x test")
    # at 0.5: no attack of three accepted, one live of two rejected; at 0.2: two attacks, no live
    assert value == pytest.approx((0 + 1 / 2) / 2)
    assert (at.value, at.where, at.rule) == (0.5, "x test", "least HTER")
    assert wrong_way.least_hter(np.array([0.9, 0.1]), np.array([0, 1]), "")[0] == 0.5  # all rejected


def noisy(seed, people=20):
    """No signal on Replay: every candidate's HTER is 50 % but for chance."""
    rng = np.random.default_rng(seed)
    own = [(who, label, (0.4, 0.6)[label]) for who in range(people) for label in (0, 1)]
    other = [(who, label, rng.random()) for who in range(people) for label in (0, 1)]
    return pd.DataFrame(clips("casia", "train", own) + clips("replay", "test", other))


def test_picking_on_test_finds_the_luckiest():
    candidates = {f"step {seed}": noisy(seed) for seed in range(8)}
    frame = wrong_way.picked(candidates, "casia", "replay").set_index("candidate")
    assert frame["value"].tolist() == pytest.approx(
        [100 * evaluate(table, wrong_way.column("casia", "replay")).value for table in candidates.values()]
    )
    wrong = frame[frame["way"].isin(("wrong", "both"))]
    assert wrong["value"].tolist() == [frame["value"].min()]
    assert (frame["chooser"] == 0).all()  # all alike at home: the first is picked
    assert frame["way"]["step 0"] in ("right", "both")


def test_the_right_choice_is_by_the_training_database():
    bad_at_home = shifted(0)
    bad_at_home.loc[bad_at_home["split"] == "train", "score"] = 0.5
    frame = wrong_way.picked({"a": bad_at_home, "b": shifted(0.3)}, "casia", "replay")
    assert frame["way"].tolist() == ["wrong", "right"]
    assert wrong_way.picked({"b": shifted(0.3)}, "casia", "replay")["way"].tolist() == ["both"]


def test_the_winners_luck_does_not_carry_over_to_other_people():
    frame = wrong_way.winners_curse({str(seed): noisy(seed) for seed in range(8)}, "casia", "replay", n=100)
    assert len(frame) == 100
    assert frame["seen"].mean() < frame["unseen"].mean() - 5
    # without a better network among them, the picked one is no better on new people than all on average
    assert frame["unseen"].mean() == pytest.approx(frame["average"].mean(), abs=6)
    again = wrong_way.winners_curse({str(s): noisy(s) for s in range(8)}, "casia", "replay", n=100)
    pd.testing.assert_frame_equal(frame, again)


def test_a_better_network_is_found_by_either_half():
    frame = wrong_way.winners_curse({"lucky": noisy(0), "good": shifted(0, people=20)}, "casia", "replay", 20)
    assert (frame["seen"] == 0).all()
    assert (frame["unseen"] == 0).all()
    assert (frame["average"] > 0).all()


def test_frames_of_one_video_are_no_new_observations():
    """Sixteen equal frames a video: frames as observations shrink the interval fourfold, people do not."""
    rng = np.random.default_rng(1)
    own = [(who, label, (0.4, 0.6)[label]) for who in range(40) for label in (0, 1)]
    other = [(who, label, rng.choice([0.3, 0.7])) for who in range(40) for label in (0, 1)]
    table = pd.DataFrame(clips("casia", "train", own, 16) + clips("replay", "test", other, 16))
    frame = wrong_way.counted_by(table, "casia", "replay").set_index(["judged", "resampled"])
    assert frame["n"].tolist() == [40, 80, 40, 80 * 16]
    assert frame["way"].tolist() == ["right", "wrong", "right", "wrong"]
    assert frame["value"].nunique() == 1
    width = frame["width"]
    assert width["frames", "people"] == width["videos", "people"]
    assert width["videos", "videos"] / width["frames", "frames"] == pytest.approx(4, rel=0.2)


def test_videos_of_one_person_are_no_new_observations_either():
    """Each person's eight live videos are all rejected or none."""
    own = [(0, label, (0.4, 0.6)[label]) for label in (0, 1)]
    other = [(who, 1, (0.3, 0.7)[who % 2]) for who in range(10) for _ in range(8)]
    other += [(who, 0, 0.1) for who in range(10) for _ in range(8)]
    table = pd.DataFrame(clips("casia", "train", own) + clips("replay", "test", other))
    width = wrong_way.counted_by(table, "casia", "replay")["width"]
    assert width[1] < 0.5 * width[0]


def test_the_three_beside_each_other():
    table, candidates = shifted(0.3, frames=2), {"a": noisy(0), "b": noisy(1)}
    fitted = wrong_way.fitted_on_target(table, "casia", ("casia", "replay"))
    chosen = wrong_way.picked(candidates, "casia", "replay")
    counted = wrong_way.counted_by(table, "casia", "replay")
    frame = wrong_way.beside(fitted, chosen, counted)
    assert frame["way"].tolist() == ["right", "wrong"] * 4
    assert frame["what"].tolist()[::2] == [
        "threshold fitted on CASIA test",
        "threshold fitted on Replay test",
        "best of 2 networks, picked on test",
        "24 frames as observations",
    ]
    assert frame["value"].tolist()[2:4] == [50, 0]
    assert frame["value"][4] == chosen["value"][0]
    assert frame["value"][5] == chosen["value"].min()


def test_nothing_to_pick_from_and_too_few_people():
    with pytest.raises(FasnbError, match="nothing to pick from"):
        wrong_way.picked({}, "casia", "replay")
    with pytest.raises(FasnbError, match="3 people; it takes four"):
        wrong_way.winners_curse({"a": noisy(0, people=3)}, "casia", "replay")
    live_only = noisy(0)
    live_only = live_only[(live_only["split"] == "train") | (live_only["label"] == 1)]
    with pytest.raises(FasnbError, match="no half of the people of replay test"):
        wrong_way.winners_curse({"a": live_only}, "casia", "replay")
