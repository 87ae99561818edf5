import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from fasnb import checkpoints
from fasnb.errors import FasnbError


def test_round_trip_keeps_bits_dtypes_and_numbers(tmp_path):
    tensors = {
        "w": torch.randn(3, 4),
        "half": torch.randn(2).bfloat16(),
        "state": torch.arange(5, dtype=torch.uint8),
        "n": torch.tensor(7),
    }
    numbers = {"step": 12, "rates": [0.1, 1e-9], "name": "x"}
    checkpoints.write(tmp_path / "a.safetensors", tensors, numbers)
    read, back = checkpoints.read(tmp_path / "a.safetensors")
    assert back == numbers
    assert read.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read[name].dtype == tensor.dtype
        assert torch.equal(read[name], tensor)


def test_views_of_one_storage_are_written_apart(tmp_path):
    whole = torch.arange(6.0)
    checkpoints.write(tmp_path / "a.safetensors", {"a": whole[:3], "b": whole[3:], "c": whole}, {})
    read, _ = checkpoints.read(tmp_path / "a.safetensors")
    assert read["b"].tolist() == [3, 4, 5]


def test_a_failed_write_leaves_the_old_checkpoint(tmp_path):
    path = tmp_path / "a.safetensors"
    checkpoints.write(path, {"a": torch.zeros(2)}, {"step": 1})
    with pytest.raises(TypeError):
        checkpoints.write(path, {"a": torch.ones(2)}, {"step": np.float32})
    assert checkpoints.read(path)[1] == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b"", lambda b: b"\x00" * 64, lambda b: b[4:]])
def test_damage_is_one_line_that_names_the_file(tmp_path, damage):
    path = tmp_path / "a.safetensors"
    checkpoints.write(path, {"a": torch.zeros(64)}, {"step": 1})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(FasnbError, match=r"a\.safetensors.*delete") as caught:
        checkpoints.read(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FasnbError, match="no such checkpoint"):
        checkpoints.read(tmp_path / "none.safetensors")


def test_one_that_may_not_be_opened_says_so(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise FileNotFoundError("No such file or directory")  # what safetensors raises on EACCES, too

    path = tmp_path / "a.safetensors"
    checkpoints.write(path, {}, {})
    monkeypatch.setattr(checkpoints, "safe_open", refused)
    with pytest.raises(FasnbError, match="cannot be opened; check its permissions"):
        checkpoints.read(path)


def test_equal_contents_are_equal_files(tmp_path):
    files = [tmp_path / f"{i}.safetensors" for i in range(8)]
    for path in files:
        checkpoints.write(path, {"x": torch.ones(3)}, {"step": 3, "loss": [0.1, 0.25]})
    assert len({path.read_bytes() for path in files}) == 1


def test_one_without_a_checksum_is_read_all_the_same(tmp_path):
    path = tmp_path / "a.safetensors"
    save_file({"x": torch.ones(3)}, path, {"fasnb": '{"step": 3}'})
    assert checkpoints.read(path)[1] == {"step": 3}


def test_a_flipped_bit_is_noticed(tmp_path):
    path = tmp_path / "a.safetensors"
    checkpoints.write(path, {"x": torch.ones(64)}, {"step": 3})
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(FasnbError, match="checksum"):
        checkpoints.read(path)


def test_weights_of_another_network_are_refused(tmp_path):
    with pytest.raises(FasnbError, match="another network"):
        checkpoints.load_network(torch.nn.Linear(2, 2), {"weight": torch.zeros(3, 3)}, tmp_path / "w")
