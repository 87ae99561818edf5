import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread():
    """Small sizes gain nothing from more, and lose much where another process wants the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
