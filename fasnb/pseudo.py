"""How many pseudo labels a threshold keeps, and how many of the kept are right (section 3.1.1)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fasnb.errors import FasnbError

if TYPE_CHECKING:  # whoever only counts labels need not load it
    import torch


def live_of_patches(network: "torch.nn.Module", x: "torch.Tensor", batch: int = 64) -> np.ndarray:
    """p(live) (N,) of patches x (N, 3, P, P) uint8, by a network of the RGB branch in eval mode."""
    import torch

    from fasnb import augment
    from fasnb.networks import live_probability

    network.eval()
    with torch.inference_mode():
        parts = [live_probability(network(augment.network_input(part))) for part in x.split(batch)]
    return torch.cat(parts).numpy()


def kept_and_right(live: np.ndarray, labels: np.ndarray, taus: Iterable[float]) -> pd.DataFrame:
    """Per threshold tau: the share of patches with confidence max(p, 1 - p) >= tau, and how many of those
    have the right class (NaN where none is kept). `live` (N,) is p(live), `labels` (N,) 1 live, 0 attack.
    """
    live, labels = np.asarray(live, float), np.asarray(labels)
    if live.shape != labels.shape or live.ndim != 1 or not len(live):
        raise FasnbError(f"scores and labels must be equally many, not {live.shape} and {labels.shape}")
    confidence, right = np.maximum(live, 1 - live), (live >= 0.5) == (labels == 1)
    rows = []
    for tau in taus:
        kept = confidence >= tau
        rows.append(
            {"tau": tau, "kept": kept.mean(), "right": right[kept].mean() if kept.any() else float("nan")}
        )
    return pd.DataFrame(rows)
