"""Checkpoints: tensors and plain numbers in one safetensors file, replaced atomically, nothing pickled."""

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

_NUMBERS = "fasnb"


def write(path: Path, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
    """Write tensors (any dtype, any device) and JSON-able numbers to one file, whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # One storage may stand behind two names (a tied weight); safetensors wants each on its own.
    atomic.write_bytes(path, save({k: v.clone() for k, v in plain.items()}, {_NUMBERS: json.dumps(numbers)}))


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors (on the CPU) and numbers of a checkpoint.

    Raises FasnbError where the file is missing, damaged or none of ours.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        numbers = json.loads(metadata[_NUMBERS])
    except FileNotFoundError:
        raise FasnbError(f"{path}: no such checkpoint; run the experiment first") from None
    except (SafetensorError, OSError, KeyError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FasnbError(f"{path}: not a readable checkpoint ({reason}); delete it and run again") from error
    return tensors, numbers


def load_network(network: torch.nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Load weights into `network`; FasnbError where names or shapes do not fit."""
    try:
        network.load_state_dict(dict(tensors))
    except RuntimeError as error:
        raise FasnbError(f"{path}: weights of another network; delete it and run again") from error
