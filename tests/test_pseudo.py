import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fasnb import networks, pseudo
from fasnb.errors import FasnbError


def test_hand_computed():
    live = np.array([0.9, 0.2, 0.55, 0.4])
    labels = np.array([1, 0, 0, 1])
    table = pseudo.kept_and_right(live, labels, (0.5, 0.7, 0.85, 0.95))
    assert table["kept"].tolist() == [1, 0.5, 0.25, 0]
    assert table["right"].tolist()[:3] == [0.5, 1, 1]
    assert np.isnan(table["right"][3])


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=30))
def test_a_higher_threshold_never_keeps_more(pairs):
    live, labels = map(np.array, zip(*pairs, strict=True))
    kept = pseudo.kept_and_right(live, labels, np.linspace(0, 1, 11))["kept"]
    assert kept[0] == 1
    assert (np.diff(kept) <= 0).all()


def test_lengths_that_differ_are_refused():
    with pytest.raises(FasnbError, match="equally many"):
        pseudo.kept_and_right(np.zeros(2), np.zeros(3), [0.5])


def test_patches_are_scored_in_any_batch_size():
    network = networks.build("wrn-10-1")
    x = torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8)
    one, five = pseudo.live_of_patches(network, x, 1), pseudo.live_of_patches(network, x, 5)
    assert one.shape == (5,)
    assert np.allclose(one, five, atol=1e-5)
