"""Tables 9 to 13: which is drawn, and a summary that is true of any numbers."""

import numpy as np
import pytest

from fasnb import ablations, committed, tables
from fasnb.experiments import make
from tests.test_committed import two_stores
from tests.test_runs import put, store


@pytest.fixture
def both(tmp_path, monkeypatch):
    return two_stores(tmp_path, monkeypatch)


def test_the_fullest_table_is_drawn(both):
    several = committed.stores(both[0])
    nine, ten = committed.build("t9", several), committed.build("t10", several)
    assert ablations.fullest(nine)["profile"].iloc[0] == "lite"
    assert ablations.fullest(ten) is ten[0]
    assert ablations.NAMES == ("t9", "t10", "t11", "t12", "t13")


def test_summary_names_the_rows_of_lowest_and_highest_mean(both):
    frame = tables.build("t12", both[1])
    frame["value"] = [10.0, 20, 30, 40, 11, 21, 31, 41]
    assert ablations.summary(frame) == (
        "Mean over 4 columns, profile lite: lowest original loss (25.0 %), highest improved loss (26.0 %). "
        "The paper: lowest improved loss (9.5 %), highest original loss (10.9 %)."
    )


def test_summary_does_not_compare_incomplete_rows(both, tmp_path):
    frame = tables.build("t9", both[1])
    frame["value"] = np.repeat([50.0, 1, 2, 3, 4, 5, 6, 7, 8], 7)
    frame.loc[7, "value"] = np.nan  # a column of the row with the lowest mean
    text = ablations.summary(frame)
    assert "lowest tau 0.6, sigma 0.15 (2.0 %), highest tau 0.6, sigma 0 (50.0 %). 1 incomplete" in text
    one = store(tmp_path / "one")
    for train in ("casia", "replay", "msu"):
        put(one, make("attvlad", train))
    text = ablations.summary(tables.build("t10", one))
    assert "1 of 2 rows complete, nothing to compare. The paper: lowest AttVLAD (11.0 %)" in text
