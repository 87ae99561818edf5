"""A training loop's memory, files and threads stay; a leak is told from noise."""

import sys

import numpy as np
import pandas as pd
import pytest

from tests.torture import long


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc, which only Linux has")
def test_a_short_training_keeps_its_files_threads_and_memory(tmp_path):
    found, steps = long.measured(2, tmp_path, every_s=0.1)
    assert steps > 3
    half = found[found["second"] >= found["second"].max() / 2]
    assert half["threads"].max() == half["threads"].min()
    assert half["files"].max() - half["files"].min() <= 3  # a checkpoint or the log may be open
    assert half["rss_mb"].max() - half["rss_mb"].min() < 30  # too short for a slope


def test_slope_is_that_of_the_line_and_zero_error_without_noise():
    seconds = np.arange(0.0, 60, 1)
    b, error = long.slope(seconds, 100 + 2 * seconds / 60)
    assert b == pytest.approx(2)
    assert error == pytest.approx(0, abs=1e-9)


def test_a_leak_is_told_from_noise(tmp_path):
    rng, seconds = np.random.default_rng(0), np.arange(0.0, 180, 1)
    quiet = pd.DataFrame({"second": seconds, "rss_mb": 400 + rng.normal(0, 3, 180), "files": 7, "threads": 2})
    assert all(flat for *_, flat in long.judge(quiet).values())
    leaks = quiet.assign(rss_mb=quiet["rss_mb"] + seconds / 10, files=7 + seconds // 5)
    assert [flat for *_, flat in long.judge(leaks).values()] == [False, False, True]
    assert long.draw(leaks, tmp_path).exists()
    assert len(pd.read_csv(tmp_path / "long.csv")) == 180
