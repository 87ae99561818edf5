import pytest
import torch

from fasnb import device
from fasnb.errors import UsageError


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    monkeypatch.delenv("FASNB_DEVICE", raising=False)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_the_best_there_is_is_chosen(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device.choose().type == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device.choose().type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.choose().type == "cuda"


def test_the_environment_asks_and_an_argument_asks_louder(monkeypatch):
    monkeypatch.setenv("FASNB_DEVICE", "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.choose().type == "cpu"
    assert device.choose("cuda").type == "cuda"


def test_a_device_that_is_not_there_is_not_replaced_in_silence(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="cuda was asked for but this torch has none"):
        device.choose("cuda")
    with pytest.raises(UsageError, match="unknown device 'gpu'; set FASNB_DEVICE to one of auto, cuda"):
        device.choose("gpu")


def test_a_run_on_the_cpu_has_one_thread_unless_told(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.delenv("FASNB_THREADS", raising=False)
    device.prepare(cpu)
    assert torch.get_num_threads() == 1
    monkeypatch.setenv("FASNB_THREADS", "2")
    device.prepare(cpu)
    assert torch.get_num_threads() == 2


def test_a_cpu_is_named_by_its_maker():
    assert device.title(torch.device("cpu")) not in ("", "cpu")
    assert device.title(torch.device("mps")) == "mps"
