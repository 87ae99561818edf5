"""plgf: the map against a copy of the same tensor, and on the CPU against the way through OpenCV."""

import cv2
import numpy as np
import torch

from fasnb.bench import timing
from fasnb.bench.row import Row
from fasnb.plgf import EPS, masks, plgf


def opencv(pictures: np.ndarray) -> np.ndarray:
    """The PLGF (n, H, W, 3) float32 of pictures (n, H, W, 3) float32 in [0, 1], one picture at a time."""
    mx, my = masks().numpy()
    found = np.empty_like(pictures)
    for image, out in zip(pictures, found):
        divisor = np.maximum(image, EPS)
        x = cv2.filter2D(image, -1, mx, borderType=cv2.BORDER_REPLICATE) / divisor
        y = cv2.filter2D(image, -1, my, borderType=cv2.BORDER_REPLICATE) / divisor
        out[:] = np.arctan(np.sqrt(x**2 + y**2))
    return found


def rows(where: torch.device, quick: bool) -> list[Row]:
    """Two rows on the CPU, one elsewhere: ms a batch of float32 faces (n, 3, 256, 256)."""
    n, rounds = (1, 2) if quick else (16, 31) if where.type == "cpu" else (256, 31)
    x = torch.rand(n, 3, 256, 256, generator=torch.Generator().manual_seed(0)).to(where)
    moved = 2 * x.numel() * x.element_size()  # read once, written once
    a, b = timing.alternate(lambda: plgf(x), lambda: x.clone(), rounds, where, warmup=3)
    speed, copied = (moved / np.median(t) / 1e6 for t in (a, b))
    note = f"{n} faces; {speed:.1f} GB/s against {copied:.1f} GB/s"
    found = [timing.row("plgf", "against a copy", a, b, where, goal=0.6, note=note)]
    if where.type == "cpu":
        pictures = np.ascontiguousarray(x.permute(0, 2, 3, 1).numpy())
        a, b = timing.alternate(lambda: plgf(x), lambda: opencv(pictures), rounds, where)
        found.append(timing.row("plgf", "against OpenCV", a, b, where, note=f"{n} faces"))
    return found
