"""Grad-CAM of any stored network on any face and for either class; `explore_pictures` draws it."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fasnb import heatmaps, networks, paths, training, weights
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import Experiment
from fasnb.explore_faces import Face
from fasnb.runs import Result, Store

CLASSES = {"live": heatmaps.LIVE, "attack": heatmaps.ATTACK}
#: How the face is seen: whole, or in patches of the side that the RGB branch trains on.
TILES = {"whole face": 0, "64x64 patches": 64}


class Networks:
    """The networks of a store's runs of one seed that kept their weights, each read when first needed.

    The current run of an experiment, else the newest; compared methods have networks of other kinds and are
    left out. FasnbError where there is none.
    """

    def __init__(self, store: Store, seed: int = 0) -> None:
        """Look which weights are there, as training left them in the profile's build folder."""
        self._store = store
        self._results: dict[Experiment, Result] = {}
        for one in sorted({result.experiment for result in store.results()}, key=str):
            result = store.best(one) if one.seed == seed and one.branch != "other" else None
            if result and self._weights(result).exists():
                self._results[one] = result
        if not self._results:
            raise FasnbError(
                f"no run of seed {seed} in {store.folder} kept its weights; run `fasnb run` first"
            )
        self.experiments = list(self._results)
        self.network = lru_cache(maxsize=8)(self._network)

    def _weights(self, result: Result) -> Path:
        return paths.trained(self._store.profile.name, result.path.stem)

    def _network(self, experiment: Experiment) -> nn.Module:
        """The network of an experiment in eval mode; FasnbError where its weights are damaged."""
        path = self._weights(self._results[experiment])
        return weights.network(experiment.network(self._store.profile), path)

    def title(self, experiment: Experiment, target: str) -> str:
        """What a heat map shows, and the origin of its network."""
        record = self._results[experiment].record
        origin = f"{record['data']['source']} data, profile {record['profile']}"
        return f"Grad-CAM for {target}: {experiment.name} ({origin})"

    @staticmethod
    def whole_only(experiment: Experiment) -> bool:
        """Whether the network sees whole faces only, as the PLGF branch does."""
        return experiment.branch == "plgf"


def network_input(experiment: Experiment, picture: NDArray[np.uint8]) -> Tensor:
    """A face (S, S, 3) uint8 as the experiment's branch sees it: (1, 3, S, S) float32, RGB or PLGF."""
    pixels = torch.from_numpy(picture).permute(2, 0, 1)[None]
    return training.INPUTS[experiment.branch](pixels)


@dataclass(frozen=True)
class Reading:
    """A heat map (S, S) in [0, 1] of one class over a face, and numbers beside it.

    `live` is the probability of live (the mean over patches where it is seen in patches), `inside` the part
    of the heat in the face's inner `region` (left, top, right, bottom; NaN without heat), `area` that of the
    area.
    """

    heat: NDArray[np.float32] = field(repr=False)
    region: NDArray[np.float64] = field(repr=False)
    live: float
    inside: float
    area: float


def read(network: nn.Module, experiment: Experiment, face: Face, target: str, tile: str) -> Reading:
    """Eqs 1 and 2 for `target` ("live" or "attack"), the face seen as `tile` of TILES says.

    UsageError for an unknown class or tile, and for the PLGF branch seen in patches: it knows whole faces.
    """
    if target not in CLASSES or tile not in TILES:
        raise UsageError(f"unknown class {target!r} or view {tile!r}")
    if TILES[tile] and Networks.whole_only(experiment):
        raise UsageError("the PLGF branch sees whole faces; choose these, or a network of the RGB branch")
    x = network_input(experiment, face.picture)
    side = TILES[tile] or x.shape[-1]
    heat = heatmaps.scaled(heatmaps.tiled_evidence(network, x, CLASSES[target], side))
    with torch.inference_mode():
        live = networks.live_probability(network(heatmaps.patches(x, side))).mean()
    region = heatmaps.inner_regions(face.box[None], x.shape[-1])
    where = heatmaps.inside(x.shape[-1], region)
    inside = heatmaps.share_inside(heat, where)[0]
    return Reading(heat[0], region[0], float(live), float(inside), float(where.mean()))
