"""A folder of trained weights: card.json says what is in it, the safetensors files are the networks.

Reading a card is light; torch is loaded by `load` alone. `cards` writes such folders.
"""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fasnb import paths
from fasnb.errors import FasnbError, UsageError
from fasnb.experiments import METHODS, OTHERS, TRAIN_DATABASES
from fasnb.metrics import Threshold
from fasnb.profiles import PROFILES

if TYPE_CHECKING:  # reading a card loads no torch
    import torch

CARD = "card.json"
SCHEMA = 1
#: Of several folders the one of the largest profile is taken.
_PROFILES = tuple(reversed(PROFILES))
_DEFAULT = "mpl_uda"
_MAKE = "make one with `fasnb run --profile P --only t8`, then `fasnb card --profile P`"

#: The networks of the profiles, by branch; a card may name no other.
NETWORKS: dict[str, frozenset[str]] = {
    "rgb": frozenset(one.rgb_network for one in PROFILES.values()),
    "plgf": frozenset(one.plgf_network + end for one in PROFILES.values() for end in ("", "-novlad")),
    "other": frozenset(OTHERS),
}

#: Faces (n, 256, 256, 3) uint8 RGB -> p(live) (n,) of each branch, by its name.
Probabilities = Callable[[NDArray[np.uint8]], dict[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class Branch:
    """One network: its branch (rgb, plgf; other = a compared method), what to build, its share of p(live)."""

    branch: str
    network: str
    weight: float
    file: str
    sha256: str


@dataclass(frozen=True)
class Card:
    """What a weights folder is: `facts` is card.json's content."""

    folder: Path
    facts: dict[str, Any]
    branches: tuple[Branch, ...]
    threshold: Threshold

    @property
    def method(self) -> str:
        """The method that is scored with, e.g. mpl_uda (with AttVLAD beside it)."""
        return self.facts["method"]

    @property
    def title(self) -> str:
        """In words: "MPL+UDA + AttVLAD, trained on casia, simulated data, profile lite"."""
        return self.facts["title"]


def read(folder: Path) -> Card:
    """The card of a weights folder; FasnbError where it is missing, damaged or of another layout."""
    path = folder / CARD
    try:
        facts = json.loads(path.read_bytes())
        if facts["schema"] != SCHEMA:
            raise ValueError(f"it has layout {facts['schema']}, not {SCHEMA}")
        names = ("branch", "network", "weight", "file", "sha256")
        branches = tuple(Branch(*(one[name] for name in names)) for one in facts["branches"])
        threshold = Threshold(
            float(facts["threshold"]["value"]), *(facts["threshold"][k] for k in ("where", "rule"))
        )
        total = sum(one.weight for one in branches)
        if not branches or not math.isclose(total, 1, abs_tol=1e-6) or not math.isfinite(threshold.value):
            raise ValueError("weights of the branches that do not add up to 1, or no threshold")
        _check(facts, branches)
    except FileNotFoundError:
        raise FasnbError(f"{path}: no such weights; {_MAKE}") from None
    except OSError as error:
        raise FasnbError(f"{path} cannot be read ({error.strerror}); mend its permissions") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FasnbError(f"{path} is no card of weights: {error}; {_MAKE}") from error
    return Card(folder, facts, branches, threshold)


def _check(facts: dict[str, Any], branches: tuple[Branch, ...]) -> None:
    """Raise ValueError or KeyError where a card says what cannot be."""
    for name in ("method", "title", "profile", "train"):
        if not isinstance(facts[name], str):
            raise ValueError(f"{name} is {str(facts[name])[:40]!r}")
    if facts["method"] not in METHODS:
        raise ValueError(f"unknown method {facts['method']!r}")
    if type(facts["seed"]) is not int or facts["seed"] < 0:
        raise ValueError(f"the seed is {str(facts['seed'])[:40]!r}")
    commands = facts.get("reproduce", [])
    if not isinstance(commands, list) or not all(isinstance(line, str) for line in commands):
        raise ValueError("reproduce is no list of commands")
    for one in branches:
        # A name is built before its weights are looked at: one of a billion parameters would not end well.
        if one.network not in NETWORKS.get(one.branch, ()):
            raise ValueError(f"unknown network {one.network!r} of a branch {one.branch!r}")
        if Path(one.file).name != one.file or "\0" in one.file:
            raise ValueError("a file outside its folder")
        if not one.weight >= 0:
            raise ValueError(f"the share of {one.branch} is {one.weight}")


def choose(folder: Path | None = None, method: str | None = None) -> Card:
    """The card of a folder, or of the best of its sub-folders: largest profile, then casia before others.

    `folder` defaults to weights/ of the checkout. Without a `method` (color_lbp, or color-lbp) MPL+UDA's is
    preferred. FasnbError where there is none, UsageError for an unknown method or one that is not held.
    """
    method = method and method.replace("-", "_")
    if method is not None and method not in METHODS:
        raise UsageError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    top = folder or paths.WEIGHTS
    if (top / CARD).exists() or not any(top.glob(f"*/{CARD}")):
        cards = [read(top)]
    else:
        cards = [read(path.parent) for path in sorted(top.glob(f"*/{CARD}"))]
    fitting = [card for card in cards if method in (None, card.method)]
    if not fitting:
        held = ", ".join(sorted({card.method for card in cards}))
        raise UsageError(f"{top} holds weights of {held}, none of {method}; {_MAKE} --method {method}")
    return min(fitting, key=_rank)


def _rank(card: Card) -> tuple[bool, int, int, int, str]:
    facts = card.facts
    size = _PROFILES.index(facts["profile"]) if facts["profile"] in _PROFILES else len(_PROFILES)
    trained = TRAIN_DATABASES.index(facts["train"]) if facts["train"] in TRAIN_DATABASES else 9
    return card.method != _DEFAULT, size, trained, int(facts["seed"]), card.folder.name


def load(card: Card) -> Probabilities:
    """The networks of a card, ready to score on this machine's device.

    FasnbError where a file is missing, was changed since the card was written, or does not fit the network.
    """
    from fasnb import device

    where = device.choose()
    device.prepare(where)
    loaded = {one.branch: _function(card, one, where) for one in card.branches}
    return lambda faces: {
        name: np.asarray(function(faces), dtype=np.float64) for name, function in loaded.items()
    }


def _function(card: Card, one: Branch, where: Any) -> Callable[[NDArray], NDArray]:
    from fasnb import checkpoints

    path = card.folder / one.file
    remedy = f"make the folder again: {'; '.join(card.facts.get('reproduce', [])) or 'fasnb card'}"
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, ValueError) as error:  # a name that no file can have is a ValueError
        raise FasnbError(f"{path} cannot be read ({error}); {remedy}") from error
    if found != one.sha256:
        raise FasnbError(f"{path} is not the file that {CARD} speaks of; {remedy}")
    try:
        return scorer(one.branch, one.network, checkpoints.read(path)[0], where, card.facts)
    except (FasnbError, RuntimeError, KeyError, ValueError, TypeError, IndexError) as error:
        raise FasnbError(f"{path} does not fit the network {one.network}; {remedy}") from error


def network(name: str, path: Path) -> "torch.nn.Module":
    """The network of this name (`networks.build`) with the weights in `path`, on the CPU in eval mode.

    FasnbError where the file is missing, damaged or another network's.
    """
    from fasnb import checkpoints

    return _filled(name, checkpoints.read(path)[0], path)


def _filled(name: str, tensors: dict[str, Any], path: Path) -> "torch.nn.Module":
    from fasnb import checkpoints, networks

    found = networks.build(name)
    checkpoints.load_network(found, tensors, path)
    return found.eval()


def scorer(
    branch: str, network: str, tensors: dict[str, Any], where: Any, facts: dict[str, Any]
) -> Callable[[NDArray], NDArray]:
    """Faces (n, 256, 256, 3) uint8 RGB -> p(live) (n,), by a network of these weights.

    `facts` (profile, seed) build a compared method. FasnbError, RuntimeError or KeyError where the weights do
    not fit.
    """
    if branch == "other":
        from fasnb import profiles
        from fasnb.baselines import runs

        method = runs.build(network, profiles.get(facts["profile"]), facts["seed"], where)
        method.load(tensors)
        return method.score
    import torch

    from fasnb import training

    model = _filled(network, tensors, Path(network))
    model = model.to(where).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return lambda faces: training.live_probabilities(model, branch, faces, where)
