import time

import torch

from fasnb.bench import where


def test_operators_fall_into_the_narrowest_kind():
    assert where.kind_of("aten::mkldnn_convolution") == "convolution"
    assert where.kind_of("aten::convolution_backward") == "convolution, backward"
    assert where.kind_of("aten::native_batch_norm_backward") == "batch-norm"
    assert where.kind_of("aten::leaky_relu_") == "activation"
    assert where.kind_of("aten::cat") == where.OTHER


def test_time_lands_where_it_was_spent():
    x, weight = torch.rand(4, 16, 64, 64), torch.rand(16, 16, 3, 3)
    begun = time.perf_counter()
    found = where.spent(lambda: torch.conv2d(x, weight), torch.device("cpu"))
    took = 1000 * (time.perf_counter() - begun)
    assert 0 < found["convolution"] <= took
    assert found["convolution"] > found["activation"] == found["convolution, backward"] == 0


def test_a_row_of_every_kind():
    found = where.rows(torch.device("cpu"), quick=True)
    assert [row.what for row in found] == [*where.KINDS, where.OTHER]
    assert all(row.ours >= 0 and row.unit == "ms" for row in found)
    assert found[1].ours > 0
