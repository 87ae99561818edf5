"""Which device computes (cuda, mps or cpu; automatically, or as `FASNB_DEVICE` says) and how it is set up."""

import os
from pathlib import Path

import torch

from fasnb.errors import UsageError
from fasnb.provenance import processor

CHOICES = ("auto", "cuda", "mps", "cpu")


def choose(name: str | None = None) -> torch.device:
    """The device of this name (default: `FASNB_DEVICE`, else auto). UsageError where it is not to be had."""
    name = name or os.environ.get("FASNB_DEVICE", "auto")
    if name not in CHOICES:
        raise UsageError(f"unknown device {name!r}; set FASNB_DEVICE to one of {', '.join(CHOICES)}")
    have = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, there in have.items() if there))
    if not have[name]:
        raise UsageError(f"device {name} was asked for but this torch has none; set FASNB_DEVICE=auto or cpu")
    return torch.device(name)


def title(device: torch.device) -> str:
    """The device in words, for records and captions."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return processor() if device.type == "cpu" else device.type


def prepare(device: torch.device) -> None:
    """Set up this process for repeatable results on `device`.

    On the CPU sums depend on the number of threads, so a run has one (`FASNB_THREADS` for another number,
    then with other last digits); a grid fills the cores with several runs instead.
    """
    if device.type == "cpu":
        torch.set_num_threads(int(os.environ.get("FASNB_THREADS", "1")))
    else:
        # cuBLAS repeats its sums only with a workspace of fixed size, set before its first call
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False


def fast_bfloat16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware: about twice as fast there, slower elsewhere."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux: full precision
        return False
    return device.type == "cpu" and ("avx512_bf16" in flags or "amx_bf16" in flags)
