"""How long a network takes for one frame, measured (Table 14's last column)."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd
import torch
from torch import Tensor


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


@torch.inference_mode()
def milliseconds(network: torch.nn.Module, x: Tensor, runs: int = 20, warmup: int = 3) -> np.ndarray:
    """Wall milliseconds of `runs` forward passes of `x` after `warmup` uncounted ones, (runs,) float64."""
    network.eval()
    for _ in range(warmup):
        network(x)
    times = []
    for _ in range(runs):
        _wait(x.device)
        begun = time.perf_counter()
        network(x)
        _wait(x.device)
        times.append(1000 * (time.perf_counter() - begun))
    return np.array(times)


def compare(
    networks: dict[str, torch.nn.Module], size: int = 224, runs: int = 20, device: str = "cpu"
) -> pd.DataFrame:
    """Median and quartiles of several networks on one frame (1, 3, size, size): network, ms, low, high.

    The networks take turns, so that a change of the machine's speed meets all of them.
    """
    x = torch.rand(1, 3, size, size, device=device)
    for network in networks.values():
        milliseconds(network.to(device), x, 2, warmup=0)  # not counted
    timers = {name: partial(_once, network, x) for name, network in networks.items()}
    return in_turns(timers, runs, "network")


def _once(network: torch.nn.Module, x: Tensor) -> float:
    return float(milliseconds(network, x, 1, warmup=0)[0])


def in_turns(timers: Mapping[str, Callable[[], float]], runs: int, what: str) -> pd.DataFrame:
    """Median and quartiles of `runs` rounds that ask every timer once: columns `what`, ms, low, high.

    A timer does its work and returns the milliseconds that it took.
    """
    times = pd.DataFrame([{name: timer() for name, timer in timers.items()} for _ in range(runs)])
    low, middle, high = (times.quantile(q) for q in (0.25, 0.5, 0.75))  # of (runs, timers)
    return pd.DataFrame({"ms": middle, "low": low, "high": high}).rename_axis(what).reset_index()
