import subprocess
import sys

import numpy as np
import pytest
import torch

from fasnb import networks, training
from fasnb.bench import child, score

CPU = torch.device("cpu")


@pytest.mark.parametrize(("branch", "name"), [("rgb", "wrn-10-1"), ("plgf", "attvlad")])
def test_the_plain_way_gives_the_same_scores(branch, name):
    network = networks.build(name).eval()
    faces = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
    plain = score._plain(network, training.INPUTS[branch], faces, CPU)
    ours = training.live_probabilities(network, branch, faces, CPU)
    np.testing.assert_allclose(ours, plain, atol=0.02)


def test_rows_of_both_branches_and_the_first_score(monkeypatch):
    monkeypatch.setattr(child, "call", lambda module, function, *arguments: None)
    rows = score.rows(CPU, quick=True)
    assert [row.what for row in rows] == [
        *(f"{name}, batch {n}" for name in ("wrn-10-1", "attvlad") for n in (1, 2)),
        "first score",
    ]
    assert [row.unit for row in rows] == ["ms"] * 4 + ["s"]


def test_a_first_score_loads_neither_tables_nor_pictures():
    code = "import sys; from fasnb.bench import score; score.first_score('wrn-10-1'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" in done.stdout.split()
    assert not {"pandas", "cv2", "sklearn", "matplotlib"} & set(done.stdout.split())
