"""Claims: effects and verdicts from hand-made scores, beside the paper's own effects."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from fasnb import claims, grid
from fasnb.claims import CLAIMS, Effect, judge, judge_one, verdict
from fasnb.experiments import make
from fasnb.profiles import LITE, SMOKE
from fasnb.runs import Source, Store
from tests.test_runs import CODE, store

BY_KEY = {claim.key: claim for claim in CLAIMS}
PEOPLE = 10


def some(casia=0, replay=0, msu=0):
    """One live and one attack clip of ten people per split. Of so many test people the live clip is rejected.

    The threshold is 0.5 everywhere, so HTER is 5 points per such person, and AUC 10 points less each.
    """
    rows = []
    for database, wrong in (("casia", casia), ("replay", replay), ("msu", msu)):
        for split in ("devel" if database == "replay" else "train", "test"):
            for subject in range(PEOPLE):
                for label in (0, 1):
                    rejected = label and split == "test" and subject < wrong
                    score = 0.1 if rejected else (0.2, 0.8)[label]
                    rows.append(
                        {
                            **{"database": database, "path": f"{split}/{subject}/{label}.avi"},
                            **{"split": split, "subject": subject, "label": label, "camera": "", "light": ""},
                            **{"attack": "" if label else "print", "n_frames": 1, "score": score},
                            "frames": str(score),
                        }
                    )
    return pd.DataFrame(rows)


def put(where, method, train, seed=0, wrong=None, **overrides):
    table = some(**(wrong or {}))
    where.put(make(method, train, seed, **overrides), table, {}, datetime(2026, 1, 2, tzinfo=UTC), 1)


def uda(where, pl, pl_uda, seed=0):
    """Runs of Table 7's claim; `pl` and `pl_uda` tell how many people are rejected, by database."""
    for train in ("casia", "replay", "msu"):
        put(where, "pl", train, seed, pl)
        put(where, "pl_uda", train, seed, pl_uda)


ALL = {"casia": 8, "replay": 8, "msu": 8}
NONE = dict.fromkeys(ALL, 0)


def whole(frame):
    return frame[frame["part"] == ""].iloc[0]


def test_a_clear_effect_is_reproduced(tmp_path):
    one = store(tmp_path)
    uda(one, ALL, NONE)
    frame = judge_one(BY_KEY["uda"], one)
    got = whole(frame)
    assert got["verdict"] == "reproduced"
    assert got["effect"] == pytest.approx(40)
    assert 0 < got["low"] < 40 < got["high"]
    assert got["why"] == "4 of 4 parts clearly for it, 0 clearly against"
    assert frame["part"].tolist()[1:] == [f"{c} HTER" for c in (
        "CASIA → Replay", "Replay → CASIA", "Replay → MSU", "MSU → Replay")]  # fmt: skip
    assert frame["effect"].tolist()[1:] == pytest.approx([40] * 4)
    assert (got["seeds"], got["source"], got["profile"]) == ("0", "simulated", "smoke")
    assert "UDA helps across databases: reproduced. +40.0 points" in claims.sentence(got)
    assert "one seed" in claims.sentence(got)


def test_no_effect_is_not(tmp_path):
    one = store(tmp_path)
    uda(one, ALL, ALL)
    got = whole(judge_one(BY_KEY["uda"], one))
    assert (got["verdict"], got["effect"], got["low"], got["high"]) == ("not", 0, 0, 0)
    assert got["why"].startswith("no clear effect")


def test_a_reversed_effect_is_not_and_says_so(tmp_path):
    one = store(tmp_path)
    uda(one, NONE, ALL)
    got = whole(judge_one(BY_KEY["uda"], one))
    assert got["verdict"] == "not"
    assert got["effect"] == pytest.approx(-40)
    assert got["high"] < 0
    assert got["why"] == "reversed: 0 of 4 parts clearly for it, 4 clearly against"


def test_an_effect_with_one_database_against_it_is_partly(tmp_path):
    """Replay is the test database of two columns (+40 each), MSU of one (+40), CASIA of one (-25)."""
    one = store(tmp_path)
    uda(one, {"replay": 8, "msu": 8}, {"casia": 5})
    got = whole(judge_one(BY_KEY["uda"], one))
    assert got["effect"] == pytest.approx((3 * 40 - 25) / 4)
    assert got["low"] > 0
    assert (got["verdict"], got["why"]) == ("partly", "3 of 4 parts clearly for it, 1 clearly against")


def test_missing_runs_are_not_measured(tmp_path):
    one = store(tmp_path)
    uda(one, ALL, NONE)
    stem = one.stem(make("pl", "msu"))
    for suffix in (".json", ".csv"):
        (tmp_path / f"{stem}{suffix}").unlink()
    frame = judge_one(BY_KEY["uda"], one)
    assert set(frame["verdict"]) == {"not measured"}
    assert frame[["effect", "low", "high"]].isna().all(axis=None)
    assert frame["why"][0] == "1 of 6 arms are without runs: `fasnb run --profile smoke --only t7`"
    assert frame["paper"].notna().all()
    assert "not measured (1 of 6" in claims.sentence(whole(frame))


def test_runs_of_several_data_sets_are_not_compared(tmp_path):
    uda(store(tmp_path, source=Source("simulated", "old")), ALL, NONE)
    one = store(tmp_path)
    put(one, "pl", "casia", wrong=ALL)
    got = whole(judge_one(BY_KEY["uda"], one))
    assert (got["verdict"], got["why"]) == ("not measured", "the runs are of several data sets")


def test_both_arms_are_judged_on_the_same_resampled_people(tmp_path):
    """One person more is rejected by the worse arm: no resample can turn that round."""
    one = store(tmp_path)
    uda(one, dict.fromkeys(ALL, 5), dict.fromkeys(ALL, 4))
    frame = judge_one(BY_KEY["uda"], one)
    assert frame["effect"].to_numpy() == pytest.approx(5)
    assert (frame["low"] >= 0).all()
    assert (frame["high"][1:] <= 20).all()


def test_people_of_two_databases_are_drawn_independently(tmp_path):
    """Three independent databases for one: the interval of the mean is narrower than that of a column."""
    one = store(tmp_path)
    uda(one, dict.fromkeys(ALL, 5), NONE)
    frame = judge_one(BY_KEY["uda"], one)
    width = (frame["high"] - frame["low"]).to_numpy()
    # columns CASIA 1/4, MSU 1/4, Replay (twice, the same people) 1/2: standard deviation x sqrt(6)/4
    assert width[0] / width[1:].mean() == pytest.approx(np.sqrt(6) / 4, rel=0.15)


def test_the_effect_is_the_mean_over_the_seeds_that_all_runs_have(tmp_path):
    one = Store(tmp_path, LITE, Source("simulated", "d1"), CODE)
    for seed, count in ((0, 8), (1, 4)):
        uda(one, dict.fromkeys(ALL, count), NONE, seed)
    put(one, "pl", "casia", seed=2, wrong=ALL)  # seed 2 lacks the others
    got = whole(judge_one(BY_KEY["uda"], one))
    assert got["seeds"] == "0 1"
    assert got["effect"] == pytest.approx((40 + 20) / 2)
    assert got["spread"] == pytest.approx(np.std([40, 20], ddof=1))
    assert "mean of 2 seeds" in claims.sentence(got)


def test_separation_is_the_fall_of_the_area_under_the_curve(tmp_path):
    one = store(tmp_path)
    for method in ("mpl_uda", "attvlad"):
        put(one, method, "casia", wrong={"replay": 6})
    frame = judge_one(BY_KEY["separation"], one)
    assert len(frame) == 1
    assert frame["effect"][0] == pytest.approx(60)
    assert frame["verdict"][0] == "reproduced"
    assert np.isnan(frame["paper"][0])


@pytest.mark.parametrize(
    ("effect", "parts", "expected"),
    [
        ((2, 1, 3), [(3, 1, 5), (1, -1, 3)], "reproduced"),
        ((2, 1, 3), [(5, 4, 6), (-1, -2, -0.5)], "partly"),
        ((2, -1, 5), [(5, 4, 6), (-1, -3, 1)], "partly"),
        ((2, -1, 5), [(5, 4, 6), (-1, -2, -0.5)], "not"),
        ((2, -1, 5), [(2, -1, 5)], "not"),
        ((-0.1, -1, 0.8), [(5, 4, 6), (-5.2, -11, 1)], "not"),
        ((-2, -3, -1), [(5, 4, 6), (-9, -10, -8)], "not"),
        ((2, 0, 4), [(2, 0, 4)], "not"),
        ((2, np.nan, np.nan), [(2, np.nan, np.nan)], "not measured"),
    ],
)
def test_rule_of_the_verdicts(effect, parts, expected):
    assert verdict(Effect(*effect), [Effect(*part) for part in parts])[0] == expected
    assert expected in claims.VERDICTS
    assert f"{expected}:".capitalize() in claims.RULE


def test_the_papers_own_effects(tmp_path):
    frame = judge(Store(tmp_path / "none", SMOKE))
    own = frame[frame["part"] == ""].set_index("claim")["paper"]
    assert own["uda"] == pytest.approx(((31.0 + 45.6 + 37.7 + 28.8) - (7.1 + 32.7 + 22.7 + 12.1)) / 4)
    assert own["mpl"] == pytest.approx(((32.7 - 27.5) + (23.4 - 23.2)) / 2)
    assert own["vlad"] == pytest.approx(((20.4 - 25.6) + (30.7 - 20.5) + (31.4 - 18.1) + (20.3 - 9.4)) / 4)
    assert own["loss"] == pytest.approx((43.7 - 38.1) / 4)
    # by the mean of its seven columns, the paper's best setting is another one than it settles on
    rival = frame[(frame["claim"] == "tau_sigma") & frame["part"].str.endswith("tau 0, sigma 0.1")]
    assert rival["paper"].iloc[0] == pytest.approx((70.8 - 71.8) / 7)
    assert (own.drop("separation") > 0).all()
    assert set(frame["verdict"]) == {"not measured"}


def test_every_claim_names_cells_of_its_table():
    for claim in CLAIMS:
        columns = {column.key for column in grid.table(claim.table).columns}
        rows = {arm.key for arm in grid.table(claim.table).arms}
        for pair in claim.pairs:
            for row, column in (pair.better, pair.worse):
                assert row in rows
                assert column in columns
            assert pair.better != pair.worse
    assert len(BY_KEY) == len(CLAIMS) == 9
