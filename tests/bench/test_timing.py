import time

import numpy as np
import torch

from fasnb.bench import timing

CPU = torch.device("cpu")


def test_work_is_done_in_turns_and_the_warm_up_is_not_counted():
    done = []
    ours, reference = timing.alternate(
        lambda: done.append("A"),
        lambda: done.append("B"),
        3,
        CPU,
        warmup=1,
        before=lambda: done.append("-"),
    )
    assert "".join(done) == "A-B" * 4
    assert ours.shape == reference.shape == (3,)


def test_times_are_milliseconds_and_leave_out_what_comes_before():
    ours, reference = timing.alternate(
        lambda: time.sleep(0.01), lambda: None, 2, CPU, before=lambda: time.sleep(0.02)
    )
    assert (ours >= 10).all()
    assert (ours < 1000).all()
    assert (reference < 10).all()


def test_a_row_holds_medians_and_the_quartiles_of_the_ratio():
    found = timing.row("b", "w", np.array([1.0, 2.0, 4.0]), np.array([2.0, 8.0, 12.0]), CPU, goal=2.5)
    assert (found.ours, found.reference, found.ratio) == (2, 8, 3)  # ratios 2, 4, 3
    assert (found.low, found.high) == (2.5, 3.5)


def test_without_a_reference_the_quartiles_are_those_of_ours():
    found = timing.row("b", "w", np.array([1.0, 2.0, 3.0]), None, CPU)
    assert (found.ours, found.reference, found.ratio, found.low, found.high) == (2, None, None, 1.5, 2.5)
