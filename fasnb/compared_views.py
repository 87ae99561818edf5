"""What three of the compared methods go by, as pictures: a depth, a noise, the places of an agent's looks.

Auxiliary is to predict depth of a live face and none of an attack, De-Spoofing noise of an attack and none of
a live face, DRL-FAS places worth a look. Faces are (n, 256, 256, 3) uint8 RGB.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import matplotlib
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from fasnb import checkpoints
from fasnb.baselines import auxiliary, despoofing, drl_fas, runs
from fasnb.baselines.deep import Deep, resized
from fasnb.compared import middle_faces
from fasnb.errors import FasnbError
from fasnb.experiments import Experiment
from fasnb.metrics import auc

if TYPE_CHECKING:  # only names here
    from fasnb.faces import FaceSet
    from fasnb.session import Session

METHODS = ("auxiliary", "despoofing", "drl_fas")
#: The four looks' colours in their order, RGB: white, yellow, blue, black, so that lightness alone tells.
LOOK_COLOURS = ((255, 255, 255), (240, 228, 66), (86, 180, 233), (0, 0, 0))
BATCH = 32


def opened(lab: "Session", train: str, seed: int) -> dict[str, Deep]:
    """The trained networks of METHODS, on the processor; a run whose weights are gone is trained again.

    FasnbError where a file of weights is damaged or another network's.
    """
    found = {}
    for name in METHODS:
        method = runs.build(name, lab.profile, seed, torch.device("cpu"))
        path = lab.weights(Experiment(name, train, seed=seed))
        try:
            method.load(checkpoints.read(path)[0])
        except RuntimeError as error:
            raise FasnbError(f"{path} does not fit {name}; delete it to train the run again") from error
        assert isinstance(method, Deep)
        found[name] = method
    return found


def one_of_each(found: "FaceSet") -> dict[str, int]:
    """The place of one middle face of each kind, "live" first, attack types as they appear."""
    first: dict[str, int] = {}
    for place in middle_faces(found).values():
        first.setdefault(_kind(found, place), place)
    return dict(sorted(first.items(), key=lambda item: item[0] != "live"))


def _kind(found: "FaceSet", place: int) -> str:
    return found.clips[found.clip_index[place]].attack or "live"


@torch.inference_mode()
def depths(method: Deep, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Auxiliary's maps (n, 32, 32) float32: 0 is flat, 1 the tip of the nose."""
    return method.network.eval()(_seen(method, pictures)).float().numpy()


@torch.inference_mode()
def noises(method: Deep, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """De-Spoofing's N, its RGB planes, (n, 128, 128, 3) float32 in grey levels of 255."""
    noise = method.network.eval()(_seen(method, pictures))[1]  # (n, 6, 128, 128)
    return 255 * noise[:, :3].permute(0, 2, 3, 1).float().numpy()


@torch.inference_mode()
def middles(method: Deep, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The middles (n, T, 2) float32 of the patches that DRL-FAS looks at, x and y in pixels of 256."""
    at = method.network.eval()(_seen(method, pictures)).places.permute(1, 0, 2).float().numpy()
    return (at + 1) / 2 * (drl_fas.SIDE - drl_fas.PATCH) + drl_fas.PATCH / 2


def _seen(method: Deep, pictures: NDArray[np.uint8]) -> Tensor:
    return method.see(resized(pictures, method.side))


def rows(methods: Mapping[str, Deep], pictures: NDArray[np.uint8]) -> dict[str, list[NDArray[np.uint8]]]:
    """The rows of a picture (`pictures.side_by_side`), each of n uint8 RGB images, by what is seen.

    The noise is shown ten times as strong, grey where there is none.
    """
    looks = middles(methods["drl_fas"], pictures)
    noise = noises(methods["despoofing"], pictures)
    shrunk = resized(pictures, despoofing.SIDE)
    depth = depths(methods["auxiliary"], pictures)
    marked = [_marked(one, at) for one, at in zip(pictures, looks)]
    return {
        "DRL-FAS: its looks\n(white, yellow, blue, black)": marked,
        "Auxiliary: depth\n(dark 0, bright 1)": [_coloured(one) for one in depth],
        "De-Spoofing:\nnoise x 10": [_grey(10 * one + 127.5) for one in noise],
        "De-Spoofing:\nface - noise": [_grey(a - b) for a, b in zip(shrunk, noise)],
    }


def _grey(levels: NDArray) -> NDArray[np.uint8]:
    return levels.round().clip(0, 255).astype(np.uint8)


def _coloured(depth: NDArray[np.float32]) -> NDArray[np.uint8]:
    return _grey(255 * matplotlib.colormaps["viridis"](depth.clip(0, 1))[..., :3])


def _marked(face: NDArray[np.uint8], looks: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The face with a square around each patch that was looked at, the last on top."""
    shown = face.copy()
    corners = (looks - drl_fas.PATCH / 2).round().astype(int)
    for (x, y), colour in zip(corners.tolist(), LOOK_COLOURS):
        cv2.rectangle(shown, (x, y), (x + drl_fas.PATCH - 1, y + drl_fas.PATCH - 1), colour, 3)
    return shown


def by_kind(methods: Mapping[str, Deep], found: "FaceSet", chosen: Sequence[int]) -> pd.DataFrame:
    """What the networks find in these faces, a row a kind ("live", an attack type) in order of appearance.

    Columns: kind; faces; depth (mean of the map; a live face is taught `target_depth`); noise (mean |N| in
    grey levels; an attack is held near 255 `despoofing.LEVEL`, over six planes); moves (pixels: how far from
    its own mean a look lies, root mean square); x1, y1 ... (pixels: the mean middle of each look).
    """
    parts = []
    for start in range(0, len(chosen), BATCH):
        some = list(chosen[start : start + BATCH])
        pictures = found.batch(some)
        looks = middles(methods["drl_fas"], pictures)  # (n, T, 2)
        facts = {
            "kind": [_kind(found, place) for place in some],
            "depth": depths(methods["auxiliary"], pictures).mean((1, 2)),
            "noise": np.abs(noises(methods["despoofing"], pictures)).mean((1, 2, 3)),
        }
        named = {
            f"{axis}{t + 1}": looks[:, t, i] for t in range(looks.shape[1]) for i, axis in enumerate("xy")
        }
        parts.append(pd.DataFrame(facts | named))
    each = pd.concat(parts, ignore_index=True)
    kinds = each.groupby("kind", sort=False)
    out = kinds.mean()
    where = each.columns[3:]
    squares = kinds[list(where)].var(ddof=0).sum(axis=1) / (len(where) / 2)
    summary = {"faces": kinds.size(), "moves": np.sqrt(squares)}
    out = out.astype(float).assign(**summary)  # float64: float32 is shown with digits that it does not have
    return out[["faces", "depth", "noise", "moves", *where]].reset_index()


@torch.inference_mode()
def worth_of_looks(method: Deep, found: "FaceSet", chosen: Sequence[int], seed: int = 0) -> pd.DataFrame:
    """What DRL-FAS's parts are worth: the area under the ROC curve of these faces by each, columns by, auc.

    Its decision (glance + looks), the glance alone, the looks alone; then the looks alone again, all of them
    at the middle of the face, and at places drawn evenly: an agent that has learnt where to look is better
    than both. NaN where a class is missing.
    """
    agent = method.network.eval()
    held = copy.deepcopy(agent)  # m_t = tanh(0): the middle
    for parameter in held.next_place.parameters():
        parameter.zero_()
    generator = torch.Generator().manual_seed(seed)
    parts: list[dict[str, Tensor]] = []
    for start in range(0, len(chosen), BATCH):
        x = _seen(method, found.batch(list(chosen[start : start + BATCH])))
        own = agent(x)
        even = 2 * torch.rand(drl_fas.LOOKS, len(x), 2, generator=generator) - 1  # places, -1 .. 1
        logits = {
            "glance + looks": own.logits,
            "glance": own.glance,
            "looks": own.local,
            "looks, at the middle": held(x).local,
            "looks, anywhere": held(x, even / drl_fas.SPREAD).local,
        }
        parts.append({name: both[:, 1] - both[:, 0] for name, both in logits.items()})
    labels = found.labels[list(chosen)]
    rows = [(by, auc(torch.cat([part[by] for part in parts]).numpy(), labels)) for by in parts[0]]
    return pd.DataFrame(rows, columns=["by", "auc"])


def target_depth() -> float:
    """The mean of a live face's depth as it is taught."""
    return float(auxiliary.depth().mean())
