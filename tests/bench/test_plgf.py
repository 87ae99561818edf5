import numpy as np
import torch

from fasnb.bench import plgf as bench
from fasnb.plgf import plgf


def test_both_ways_give_the_same_map():
    pictures = np.random.default_rng(0).random((2, 20, 24, 3), np.float32)
    ours = plgf(torch.from_numpy(pictures).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(bench.opencv(pictures), ours, atol=2e-6)


def test_rows_against_a_copy_and_against_opencv():
    copy, opencv = bench.rows(torch.device("cpu"), quick=True)
    assert (copy.goal, opencv.goal) == (0.6, None)
    assert "GB/s" in copy.note
