import torch

from fasnb.bench import augmentation


def test_one_row_whose_ratio_is_the_share_of_the_speed_without():
    (row,) = augmentation.rows(torch.device("cpu"), quick=True)
    assert (row.bench, row.goal) == ("augmentation", 0.95)
    assert row.low <= row.ratio <= row.high
