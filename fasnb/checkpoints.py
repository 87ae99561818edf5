"""Checkpoints: tensors and plain numbers in one safetensors file, replaced atomically, nothing pickled."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from fasnb import atomic
from fasnb.errors import FasnbError

_NUMBERS, _CHECKSUM = "fasnb", "sha256"


def write(path: Path, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
    """Write tensors (any dtype, any device) and JSON-able numbers to one file, whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # One storage may stand behind two names (a tied weight); safetensors wants each on its own.
    plain = {name: tensor.clone() for name, tensor in plain.items()}
    # One entry of metadata: safetensors writes several in any order, and equal runs are to be equal files.
    text = json.dumps({**numbers, _CHECKSUM: _checksum(plain, json.dumps(numbers))})
    atomic.write_bytes(path, save(plain, {_NUMBERS: text}))


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors (on the CPU) and numbers of a checkpoint.

    Raises FasnbError where the file is missing, damaged or none of ours.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        numbers = json.loads(metadata[_NUMBERS])
        given = numbers.pop(_CHECKSUM, None)  # older ones have none
        if given not in (None, _checksum(tensors, json.dumps(numbers))):
            raise ValueError("its checksum does not hold")
    except FileNotFoundError:
        if path.exists():  # safetensors says so of a file that it may not open, too
            raise FasnbError(f"{path}: cannot be opened; check its permissions") from None
        raise FasnbError(f"{path}: no such checkpoint; run the experiment first") from None
    except (
        SafetensorError,
        OSError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        RuntimeError,
    ) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FasnbError(f"{path}: not a readable checkpoint ({reason}); delete it and run again") from error
    return tensors, numbers


def _checksum(tensors: Mapping[str, Tensor], numbers: str) -> str:
    """SHA-256 of numbers and tensors (on the CPU, contiguous), by name."""
    total = hashlib.sha256(numbers.encode())
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def load_network(network: torch.nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Load weights into `network`; FasnbError where names or shapes do not fit."""
    try:
        network.load_state_dict(dict(tensors))
    except RuntimeError as error:
        raise FasnbError(f"{path}: weights of another network; delete it and run again") from error
