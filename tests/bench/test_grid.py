import pytest
import torch

from fasnb.bench import grid


def test_the_row_compares_one_worker_with_two(monkeypatch):
    taken = {1: 9.0, 2: 5.0}
    monkeypatch.setattr(grid, "seconds", lambda workers, steps: taken[workers])
    (row,) = grid.rows(torch.device("cpu"), quick=True)
    assert (row.ours, row.reference, row.ratio, row.goal) == (5.0, 9.0, 1.8, 1.8)


def test_every_run_is_done_and_timed(monkeypatch):
    monkeypatch.setattr(grid, "RUNS", 1)
    assert grid.seconds(1, 1) > 0


def test_a_run_has_one_valid_score(tmp_path):
    from fasnb import experiments, profiles, scores

    extra, table = grid.busy(experiments.make("pl", "casia"), profiles.SMOKE, 1, tmp_path, print)
    assert extra["device"]
    assert scores.check(table)["score"].tolist() == pytest.approx([0.5])
