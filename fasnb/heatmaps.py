"""Where a network finds its evidence: Grad-CAM (Selvaraju et al. 2017) of both branches, and its checks.

    alpha_k = 1/Z sum_ij d y_c / d A_ij^k        (eq. 1)  y_c: the class's logit, A^k: map k of a layer
    L       = ReLU( sum_k alpha_k A^k )          (eq. 2)  enlarged to the picture

L is coarse (a quarter of the picture's side in a WideResNet, a 16th in AttVLAD) and knows no sign (what
speaks against the class is cut off). Where it is high, the class's logit rises with what the layer found
there; it does not say what that was, nor that the network would fail without it.
"""

import copy

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from fasnb import intervals
from fasnb.detector import MARGIN
from fasnb.errors import UsageError
from fasnb.networks import AttVLAD, WideResNet

ATTACK, LIVE = 0, 1
_BATCH = 16  # pictures at a time: the memory does not grow with their number
#: Eyes, nose and mouth in a face box: left, top, right, bottom as shares of its width and height.
INNER = (0.2, 0.28, 0.8, 0.95)
SHARES = ("class", "faces", "subjects", "without_heat", "heat_inside", "low", "high", "area_inside")


def last_layer(network: nn.Module) -> str:
    """The layer that Grad-CAM reads: the last maps before pooling. UsageError for other networks."""
    if isinstance(network, WideResNet):
        return "relu"
    if isinstance(network, AttVLAD):
        return "stages"
    raise UsageError(f"no layer is known for a {type(network).__name__}; name one")


def evidence(network: nn.Module, x: Tensor, target: int | NDArray, layer: str = "") -> NDArray[np.float32]:
    """Eq. 2 for x (N, 3, H, W), as the network takes it: (N, H, W) float32 >= 0, not scaled.

    `target` is LIVE or ATTACK, for all or one per picture (N,); `layer` is a name of
    `network.named_modules()` whose output is (N, C, h, w); empty: `last_layer`. The network is looked at in
    eval mode; its mode and gradients stay as they were.
    UsageError for another target, for x of another shape, and for a layer that is not there, is not used once
    or has no places.
    """
    from captum.attr import LayerGradCam  # imported here: it takes a second

    classes = np.asarray(target)
    if classes.dtype.kind not in "iu" or not np.isin(classes, (ATTACK, LIVE)).all():
        raise UsageError(f"the target must be {LIVE} (live) or {ATTACK} (attack), not {target!r}")
    if classes.shape not in ((), (len(x),)):
        raise UsageError(f"{len(x)} pictures need one target or as many, not {classes.size}")
    if x.ndim != 4 or not len(x) or not x.is_floating_point():
        raise UsageError(f"Grad-CAM takes float pictures (N, 3, H, W), not {x.dtype} {tuple(x.shape)}")
    targets = torch.from_numpy(np.broadcast_to(classes, len(x)).astype(np.int64)).to(x.device)  # (N,)
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        cam = LayerGradCam(network, _layer(network, layer or last_layer(network), x[:1]))
        maps = [
            _enlarged(cam.attribute(part, target=own, relu_attributions=True).detach(), x.shape[2:])
            for part, own in zip(x.split(_BATCH), targets.split(_BATCH))
        ]
    finally:
        for module, mode in modes.items():
            module.training = mode
    return torch.cat(maps).numpy()


def _layer(network: nn.Module, name: str, x: Tensor) -> nn.Module:
    """The layer of this name; UsageError unless it gives maps, once, when the network looks at x."""
    try:
        module = network.get_submodule(name)
    except AttributeError:
        raise UsageError(f"a {type(network).__name__} has no layer {name!r}") from None
    seen: list[tuple[int, ...]] = []
    hook = module.register_forward_hook(lambda m, i, out: seen.append(tuple(getattr(out, "shape", ()))))
    try:
        with torch.no_grad():
            network(x)
    finally:
        hook.remove()
    if len(seen) != 1 or len(seen[0]) != 4 or seen[0][2] * seen[0][3] < 2:
        gives = f"gives {seen[0]}" if len(seen) == 1 else f"runs {len(seen)} times"
        raise UsageError(f"layer {name!r} {gives}; Grad-CAM needs one that gives maps (N, C, h, w), once")
    return module


def _enlarged(maps: Tensor, size: tuple[int, ...]) -> Tensor:
    """(N, 1, h, w) -> (N, H, W) float32 on the CPU, bilinear."""
    return F.interpolate(maps.float(), size=size, mode="bilinear", align_corners=False)[:, 0].cpu()


def scaled(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each map (N, H, W) over its own largest value: [0, 1]. One of zeros (no evidence) stays so."""
    peak = maps.max(axis=(1, 2), keepdims=True)
    return np.divide(maps, peak, out=np.zeros_like(maps), where=peak > 0)


def grad_cam(network: nn.Module, x: Tensor, target: int | NDArray, layer: str = "") -> NDArray[np.float32]:
    """Grad-CAM heat of x (N, 3, H, W): (N, H, W) float32 in [0, 1], each map over its largest value.

    The rest as in `evidence`.
    """
    return scaled(evidence(network, x, target, layer))


def patches(x: Tensor, side: int) -> Tensor:
    """Faces x (N, C, S, S) cut into side x side patches, row by row: (N (S / side)^2, C, side, side).

    UsageError where S is no multiple of `side`.
    """
    n, channels, size, _ = x.shape
    if side < 1 or size % side:
        raise UsageError(f"faces of {size} pixels cannot be cut into patches of {side}")
    k = size // side
    cut = x.reshape(n, channels, k, side, k, side).permute(0, 2, 4, 1, 3, 5)
    return cut.reshape(n * k * k, channels, side, side)


def tiled_evidence(
    network: nn.Module, x: Tensor, target: int | NDArray, side: int, layer: str = ""
) -> NDArray[np.float32]:
    """`evidence` of faces x (N, 3, S, S) seen patch by patch, each on its own and put back: (N, S, S).

    The rest as in `evidence` and `patches`.
    """
    n, _, size, _ = x.shape
    cut = patches(x, side)
    k = size // side
    targets = np.repeat(target, k * k) if np.ndim(target) else target
    maps = evidence(network, cut, targets, layer).reshape(n, k, k, side, side)
    return maps.transpose(0, 1, 3, 2, 4).reshape(n, size, size)


def inner_regions(boxes: NDArray, size: int, margin: float = MARGIN) -> NDArray[np.float64]:
    """Where eyes, nose and mouth are in faces cut around `boxes` (N, 4) x, y, w, h of the video.

    (N, 4) left, top, right, bottom in pixels of the cut face (`detector.crop`): INNER of the box, which lies
    in the middle of the cut.
    """
    wide = np.asarray(boxes, np.float64)[:, 2:]  # (N, 2) w, h
    wide = wide * (size / (wide.max(axis=1, keepdims=True) * (1 + 2 * margin)))
    corner = (size - wide) / 2
    inner = np.asarray(INNER).reshape(2, 2)
    return np.concatenate([corner + inner[0] * wide, corner + inner[1] * wide], axis=1)


def inside(size: int, regions: NDArray) -> NDArray[np.bool_]:
    """Which pixels have their centre in each region (N, 4) of `inner_regions`: (N, size, size) bool."""
    at = np.arange(size) + 0.5
    left, top, right, bottom = (edge[:, None] for edge in np.asarray(regions).T)
    rows, columns = (at >= top) & (at < bottom), (at >= left) & (at < right)  # (N, size) both
    return rows[:, :, None] & columns[:, None, :]


def share_inside(maps: NDArray, where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The part of each map's heat that lies `where`, both (N, H, W): (N,) float64, NaN for a map of zeros."""
    heat = np.asarray(maps, np.float64)
    total = heat.sum(axis=(1, 2))
    part = (heat * where).sum(axis=(1, 2))
    return np.divide(part, total, out=np.full(len(heat), np.nan), where=total > 0)


def shares_by_class(maps: NDArray, boxes: NDArray, labels: NDArray, subjects: NDArray) -> pd.DataFrame:
    """How much of the heat of maps (N, S, S) lies in the inner region of their faces, a row per class.

    Columns class (live, attack), faces, subjects, without_heat (maps of zeros, left out of the mean),
    heat_inside (mean share), low, high (95 % over subjects), area_inside (the region's share of the area:
    what heat spread evenly would give).
    """
    where = inside(maps.shape[1], inner_regions(boxes, maps.shape[1]))
    part, area, rows = share_inside(maps, where), where.mean(axis=(1, 2)), []
    for label, name in ((LIVE, "live"), (ATTACK, "attack")):
        if (own := labels == label).any():
            low, high = intervals.mean_interval(part[own], subjects[own])
            none = int(np.isnan(part[own]).sum())
            mean = np.nanmean(part[own]) if none < own.sum() else np.nan
            counts = (int(own.sum()), len(np.unique(subjects[own])), none)
            rows.append((name, *counts, mean, low, high, area[own].mean()))
    return pd.DataFrame(rows, columns=list(SHARES))


def randomised(network: nn.Module, seed: int, only: str = "") -> nn.Module:
    """A copy whose weights are shuffled within each tensor: the same numbers, nothing learned.

    `only`: shuffle those of this module alone.

    For the sanity check of Adebayo et al. (2018): a map that stays when what was learned goes does not show
    what was learned. Running statistics of batch-norm are kept.
    """
    fresh = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in fresh.get_submodule(only).parameters():
            order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
            weight.copy_(weight.flatten()[order].view_as(weight))
    return fresh


def rank_correlation(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    """Spearman's correlation of maps (N, H, W), pair by pair: (N,) float64, NaN where one is flat.

    1: the same order of places, by however different heat; 0: none. UsageError where the shapes differ.
    """
    if a.shape != b.shape or a.ndim != 3:
        raise UsageError(f"maps (N, H, W) of one shape are compared, not {a.shape} with {b.shape}")
    pairs = ((pd.Series(x.ravel()).rank(), pd.Series(y.ravel()).rank()) for x, y in zip(a, b))
    return np.array([p.corr(q) if p.nunique() > 1 and q.nunique() > 1 else np.nan for p, q in pairs])
