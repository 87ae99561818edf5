import numpy as np
import pytest
import torch

from fasnb import experiments, profiles
from fasnb.bench import material, paper

CPU = torch.device("cpu")


def test_rows_of_every_method_of_its_runs_and_of_the_grid(monkeypatch):
    spent = {
        "supervised": 1.0,
        "pl": 2.0,
        "pl_uda": 3.0,
        "mpl_uda": 4.0,
        "attvlad": 0.5,
        "attvlad_novlad": 0.25,
    }
    monkeypatch.setattr(paper, "steps", lambda method, where, profile: np.full(2, spent[method]))
    rows = {row.what.partition(",")[0]: row for row in paper.rows(CPU, quick=True)}
    assert rows["a step of MPL+UDA"].ours == 4
    assert rows["a run of MPL+UDA"].ours == pytest.approx(4 * 64_000 / 3600)
    assert rows["a run of AttVLAD"].ours == pytest.approx(0.5 * 3_000 / 3600)
    (grid,) = (row for what, row in rows.items() if what.startswith("the grid"))
    assert grid.unit == "days"
    assert grid.ours > 9 * 4 * 64_000 / 86_400  # Table 7 alone has nine runs of MPL+UDA


def test_whole_faces_cost_by_their_area():
    assert paper.cost(experiments.make("mpl_uda", "casia", patch=256)) == 16
    assert paper.cost(experiments.make("pl", "casia")) == 1
    assert paper.cost(experiments.make("attvlad", "casia")) == 1


@pytest.mark.parametrize("method", ["mpl_uda", "attvlad"])
def test_a_step_is_trainings_own(method):
    profile = paper.full(quick=True)
    made = material.build(method, CPU, profile)
    assert made.steps == paper.length(method)
    assert (paper.steps(method, CPU, profile) > 0).all()


def test_the_student_learns_in_the_timed_steps():
    made = material.build("mpl_uda", CPU, paper.full(quick=True))
    assert made.state.student.lr == profiles.PAPER.lr_rgb


def test_full_is_the_papers_profile_but_for_the_wait():
    ours, theirs = paper.full(quick=False), profiles.PAPER
    same = ("rgb_network", "batch", "mu", "samples", "labelled", "steps", "plgf_batch", "plgf_steps")
    assert all(getattr(ours, name) == getattr(theirs, name) for name in same)
