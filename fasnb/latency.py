"""How long a network takes for one frame, measured (Table 14's last column)."""

import time

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
        network.to(device)
    rounds = [
        {name: milliseconds(network, x, 1, 2 if turn == 0 else 0)[0] for name, network in networks.items()}
        for turn in range(runs)
    ]
    times = pd.DataFrame(rounds)  # (runs, networks)
    low, middle, high = (times.quantile(q) for q in (0.25, 0.5, 0.75))
    found = pd.DataFrame({"ms": middle, "low": low, "high": high})
    return found.rename_axis("network").reset_index()
