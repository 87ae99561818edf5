import numpy as np
import pytest
import torch

from fasnb.bench import child, faces, scale


def test_exponent_of_a_power_law():
    factors = np.array([1, 2, 4, 8])
    assert scale.exponent(factors, 3 * factors**1.5) == pytest.approx(1.5)
    assert scale.exponent(factors, np.full(4, 7.0)) == pytest.approx(0)


def test_a_loop_tells_its_time_and_memory():
    seconds, megabytes = scale.loop(2, 8, 2)
    assert seconds > 0
    assert megabytes > 10


def test_rows_hold_every_factor_and_the_exponent(monkeypatch):
    def cost(module, function, *size):
        if function == "measured":
            clips, frames = map(int, size[0].rpartition("/")[2].split("x"))
            return clips, frames**0.5
        steps, labelled, _ = size
        return steps / 10, labelled**2

    monkeypatch.setattr(child, "call", cost)
    monkeypatch.setattr(faces, "write_clips", lambda root, frames, count: None)
    rows = scale.rows(torch.device("cpu"), quick=False)
    fits = {row.what: row.ours for row in rows if row.unit == "exponent"}
    assert fits == pytest.approx(
        {
            "time by steps": 1,
            "memory by steps": 0,
            "time by labelled patches": 0,
            "memory by labelled patches": 2,
            "time by clips": 1,
            "memory by clips": 0,
            "time by clip length": 0,
            "memory by clip length": 0.5,
        }
    )
    (row,) = (row for row in rows if row.what == "time, 8x steps")
    assert (row.ours, row.reference) == (16, 2)
