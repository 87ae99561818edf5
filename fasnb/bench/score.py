"""score: from faces to p(live), both branches; and how long a fresh process takes to its first score."""

import time
from collections.abc import Callable

import numpy as np
import torch

from fasnb.bench import child, timing
from fasnb.bench.row import Row


def first_score(network: str) -> float:
    """One score of an RGB face by a new network, with what that needs and no more."""
    from fasnb import augment, networks

    face = torch.randint(0, 256, (1, 3, 256, 256), dtype=torch.uint8)
    with torch.inference_mode():
        return float(networks.live_probability(networks.build(network).eval()(augment.network_input(face))))


def only_torch() -> str:
    """What a first score cannot do without."""
    return torch.__version__


def _plain(network: torch.nn.Module, prepare: Callable, faces: np.ndarray, where: torch.device) -> np.ndarray:
    """The same in float32 and contiguous NCHW, as a script would have it."""
    with torch.no_grad():
        x = torch.from_numpy(faces).permute(0, 3, 1, 2).contiguous().to(where)
        return network(prepare(x)).softmax(1)[:, 1].cpu().numpy()


def _seconds(function: str, *arguments: str) -> float:
    begun = time.perf_counter()
    child.call(__name__, function, *arguments)
    return time.perf_counter() - begun


def rows(where: torch.device, quick: bool) -> list[Row]:
    """ms a face of 256 x 256, batch 1 and batched, against plain float32; seconds to the first score."""
    from fasnb import networks, profiles, training

    rgb = (profiles.SMOKE if quick or where.type == "cpu" else profiles.PAPER).rgb_network
    batches, rounds = ((1, 2), 1) if quick else ((1, 16), 15)
    found = []
    for branch, name in (("rgb", rgb), ("plgf", "attvlad")):
        plain = networks.build(name).eval().to(where)
        ours = networks.build(name).eval().to(where).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for n in batches:
            faces = np.random.default_rng(0).integers(0, 256, (n, 256, 256, 3), np.uint8)
            a, b = timing.alternate(
                lambda: training.live_probabilities(ours, branch, faces, where),  # noqa: B023
                lambda: _plain(plain, training.INPUTS[branch], faces, where),  # noqa: B023
                rounds,
                where,
                warmup=1 if quick else 3,
            )
            note = f"{1000 * n / np.median(a):.0f} faces/s; plain float32 NCHW"
            found.append(timing.row("score", f"{name}, batch {n}", a / n, b / n, where, note=note))
    pairs = [(_seconds("first_score", rgb), _seconds("only_torch")) for _ in range(1 if quick else 5)]
    a, b = np.array(pairs).T
    note = "a new process on the CPU; against one that only imports torch"
    found.append(timing.row("score", "first score", a, b, torch.device("cpu"), "s", note=note))
    return found
