from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fasnb.databases import Database
from fasnb.difficulty import NotOfThese, groups, texture
from fasnb.errors import FasnbError
from fasnb.layouts import subset
from fasnb.metrics import Threshold
from fasnb.simfas.people import Person

AT = Threshold(0.5, "msu train", "EER")


def database(tmp_path, marker):
    clips = subset("msu", "smoke")
    source = "simulated" if marker else "real"
    return Database("msu-mfsd", tmp_path, source, clips, [], [], [], marker, len(clips), {})


def four():
    """Two women and two men, a live video and an attack each; men are rejected, one attack passes."""
    rows = [
        ("a", "female", 0.9, 0.1),
        ("b", "female", 0.8, 0.6),
        ("c", "male", 0.3, 0.2),
        ("d", "male", 0.2, 0.1),
    ]
    long = [(who, sex, label, s) for who, sex, *both in rows for label, s in zip((1, 0), both)]
    frame = pd.DataFrame(long, columns=["who", "sex", "label", "score"])
    return frame.assign(everyone="everyone", age="under 30", tone="dark")


@pytest.mark.parametrize(
    ("age", "band"),
    [(29.99, "under 30"), (30, "30 to 49"), (49.99, "30 to 49"), (50, "50 and over"), (75, "50 and over")],
)
def test_borders_of_ages(age, band):
    assert groups.age_band(age) == band


@pytest.mark.parametrize(
    ("tone", "band"), [(0, "light"), (0.33, "light"), (1 / 3, "medium"), (2 / 3, "dark"), (1, "dark")]
)
def test_borders_of_tones(tone, band):
    assert groups.tone_band(tone) == band


def test_people_are_those_that_the_simulation_filmed(tmp_path):
    known = groups.people(database(tmp_path, {"seed": 3, "faces": 0})).set_index("subject")
    subject = int(known.index[0])
    one = Person(f"msu-mfsd/{subject}", 3)
    assert tuple(known.loc[subject, ["sex", "years", "shade"]]) == (one.sex, one.age, one.tone)
    assert known.loc[subject, "age"] == groups.age_band(one.age)
    assert len(known) == 20  # smoke: 12 and 8


def test_unknown_people_are_not_guessed(tmp_path):
    with pytest.raises(NotOfThese, match="known only of simulated databases"):
        groups.people(database(tmp_path, None))
    with pytest.raises(FasnbError, match=r"photographs.*known only of simulated databases"):
        groups.people(database(tmp_path, {"seed": 0, "faces": 12}))


def test_videos_get_their_person_by_database_and_subject(tmp_path):
    opened = {"msu": database(tmp_path, {"seed": 0}), "casia": replace(database(tmp_path, {"seed": 0}),
              name="casia-fasd", clips=subset("casia", "smoke"))}  # fmt: skip
    frame = pd.DataFrame({"database": ["msu", "casia"], "subject": [2, 2], "label": 1, "score": 0.5})
    found = groups.named(frame, opened)
    assert list(found["who"]) == ["msu/2", "casia/2"]
    assert found["years"].nunique() == 2


def test_rates_by_hand():
    table = groups.rates(four(), AT).set_index(["group", "value"])
    assert table.loc[("sex", "female"), "frr"] == 0
    assert table.loc[("sex", "female"), "far"] == 0.5
    assert table.loc[("sex", "male"), "frr"] == 1
    assert table.loc[("sex", "male"), "far"] == 0
    everyone = table.loc[("everyone", "everyone")]
    assert (everyone["frr"], everyone["far"]) == (0.5, 0.25)
    assert (everyone["people"], everyone["live"], everyone["attacks"]) == (4, 4, 4)
    assert ("age", "50 and over") not in table.index  # nobody
    assert everyone["frr_low"] <= 0.5 <= everyone["frr_high"]


def test_one_person_has_no_interval_and_a_missing_class_no_rate():
    alone = four()[lambda f: (f["who"] == "a") & (f["label"] == 1)]
    row = groups.rates(alone, AT).iloc[0]
    assert row["frr"] == 0
    assert np.isnan(row["far"])
    assert np.isnan(row["frr_low"])
    assert groups.gaps(alone, AT).empty


def test_the_widest_gap_by_hand():
    gaps = groups.gaps(four(), AT).set_index(["group", "rate"])
    frr = gaps.loc[("sex", "frr")]
    assert (frr["worst"], frr["best"], frr["gap"]) == ("male", "female", 1)
    assert (frr["low"], frr["high"]) == (1, 1)  # all men, no woman
    far = gaps.loc[("sex", "far")]
    assert (far["worst"], far["best"], far["gap"]) == ("female", "male", 0.5)
    assert set(gaps.index.get_level_values("group")) == {"sex"}  # the others have one group


def test_pooling_puts_every_detector_at_its_own_threshold():
    def scored(train, value):
        tests = pd.DataFrame({"database": ["casia", "msu"], "score": [0.4, 0.6]})
        return texture.Scored(train, Threshold(value, f"{train} train", "EER"), tests, tests, {})

    both = [scored("casia", 0.3), scored("msu", 0.7)]
    mine, at = groups.pooled(both, own=True)
    assert at.value == 0
    assert list(mine["score"] >= at.value) == [True, False]  # .4 at .3 and .6 at .7
    other, _ = groups.pooled(both, own=False)
    assert list(zip(other["train"], other["database"])) == [("casia", "msu"), ("msu", "casia")]
    assert list(other["score"] >= 0) == [True, False]
