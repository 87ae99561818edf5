from pathlib import Path

import numpy as np
import pytest

from fasnb.bench import child
from fasnb.errors import FasnbError


def test_a_function_runs_in_a_process_of_its_own():
    assert child.call("os", "getpid") != child.call("os", "getpid")
    assert child.call("math", "hypot", 3, 4) == 5


def test_failure_there_is_one_line_here():
    with pytest.raises(FasnbError, match=r"^math.sqrt failed in its own process: ValueError.*") as error:
        child.call("math", "sqrt", -1)
    assert "\n" not in str(error.value)


def peaks():
    before = child.peak_memory()
    np.ones(10_000_000)  # 80 MB, given back at once
    return before, child.peak_memory()


def test_the_peak_is_of_memory_that_was_given_back_too(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[2])
    before, after = child.call("tests.bench.test_child", "peaks")
    assert before + 60 < after < before + 100


def test_the_peak_is_not_inherited():
    assert child.call("fasnb.bench.child", "peak_memory") < child.peak_memory()
