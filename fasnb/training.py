"""One run: train a branch on one database, score every video that a table needs.

The loop is the same for all methods; a method is a step of `semisup` or `meta`. What a step draws depends on
the seed and the step's number alone, so a run that was stopped and resumed ends with the same bits.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from fasnb import augment, checkpoints, device, networks, paths, plgf, samples, schedules, semisup, whitening
from fasnb.corpus import Corpus
from fasnb.experiments import Experiment
from fasnb.faces import FaceSet
from fasnb.meta import IMPROVED, ORIGINAL, mpl_step
from fasnb.profiles import Profile
from fasnb.scores import COLUMNS
from fasnb.semisup import Batch, SemiConfig
from fasnb.state import Learner, State

STEPS = {
    "supervised": semisup.supervised_step,
    "pl": semisup.pl_step,
    "pl_uda": semisup.uda_step,
    "mpl_uda": mpl_step,
    "attvlad": semisup.supervised_step,
    "attvlad_novlad": semisup.supervised_step,
}
WEIGHTS, CHECKPOINT = paths.TRAINED, paths.CHECKPOINT
_LOGGED = 60  # points of a learning curve
_SCORED = 16  # faces a batch in testing
_WHITENED = 4_000_000  # pixels that the RGB branch's first filters are made from

Report = Callable[[float, str], None]
#: Uint8 faces or patches (n, 3, S, S) -> what the branch's network sees.
Input = Callable[[Tensor], Tensor]
INPUTS: dict[str, Input] = {"rgb": augment.network_input, "plgf": plgf.network_input}


class Stream:
    """Endless batches of indices: epochs of an order each, any step of which can be asked for directly."""

    def __init__(self, order: Callable[[np.random.Generator], np.ndarray], batch: int, seed: int, name: str):
        self.order, self.batch = order, batch
        self.seed = [seed, *name.encode()]
        self.epoch, self.current = 0, order(np.random.default_rng([*self.seed, 0]))

    def at(self, step: int) -> np.ndarray:
        """Indices (batch,) of a step."""
        places = np.arange(step * self.batch, (step + 1) * self.batch)
        epochs, within = np.divmod(places, len(self.current))
        return np.concatenate([self._epoch(e)[within[epochs == e]] for e in np.unique(epochs)])

    def _epoch(self, number: int) -> np.ndarray:
        if number != self.epoch:
            self.epoch, self.current = number, self.order(np.random.default_rng([*self.seed, number]))
        return self.current


@dataclass
class Task:
    """What a branch brings to the loop: its state, its settings, its batches."""

    state: State
    config: SemiConfig
    batch: Callable[[int, torch.Generator], Batch]
    steps: int
    record: dict[str, Any]


def new_network(
    experiment: Experiment, profile: Profile, where: torch.device, twin: int = 0
) -> torch.nn.Module:
    """The run's network as it starts, a function of its seed; twin 1 is MPL's student."""
    settings = {"bn_momentum": profile.bn_momentum} if experiment.branch == "rgb" else {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2 * experiment.seed + twin)
        network = networks.build(experiment.network(profile), **settings)
    return network.to(where).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def rgb_task(experiment: Experiment, profile: Profile, corpus: Corpus, where: torch.device) -> Task:
    """Patches from faces: a labelled stream, and an unlabelled one of all samples (section 3.1, 3.3)."""
    names = {"tau", "sigma"} if experiment.method != "supervised" else {"sigma"}
    options: dict[str, Any] = {name: experiment.setting(name) for name in names}
    if experiment.method == "mpl_uda":
        options |= IMPROVED if experiment.setting("loss") == "improved" else ORIGINAL
    config = SemiConfig(
        temperature=profile.temperature,
        lambda_u=profile.lambda_u,
        ramp=profile.ramp,
        ema=profile.ema,
        mu=profile.mu,
        grad_clip=profile.grad_clip,
        **options,
    )

    patch, seed = int(experiment.setting("patch")), experiment.seed
    drawn = samples.draw(
        corpus.training_faces(experiment.train), profile.samples, experiment.labelled(profile), seed, patch
    )
    some = augment.network_input(drawn.x[: max(1, _WHITENED // patch**2)])

    def learner(twin: int, wait: int) -> Learner:
        network = new_network(experiment, profile, where, twin)
        draws = torch.Generator().manual_seed(2 * seed + twin)
        whitening.whiten(network.get_parameter("conv1.weight"), some, draws)
        return Learner(
            network,
            profile.lr_rgb,
            lambda optimizer: schedules.warmup_cosine(optimizer, wait, profile.warmup, profile.steps),
            weight_decay=profile.weight_decay,
        )

    student = learner(1, profile.wait) if experiment.method == "mpl_uda" else None
    autocast = device.fast_bfloat16(where)
    state = State(learner(0, 0), student, seed=experiment.seed, autocast=autocast)
    x, y = drawn.x.to(where), drawn.y.to(where)
    labelled = Stream(lambda rng: rng.permutation(drawn.labelled), profile.batch, seed, "labelled")
    unlabelled = Stream(lambda rng: rng.permutation(len(x)), profile.batch * profile.mu, seed, "unlabelled")

    def batch(step: int, generator: torch.Generator) -> Batch:
        lb = torch.from_numpy(labelled.at(step)).to(where)
        x_lb = _channels_last(augment.weak(x[lb], generator))
        if experiment.method == "supervised":
            return Batch(x_lb, y[lb])
        x_ulb = x[torch.from_numpy(unlabelled.at(step)).to(where)]
        x_ulb_w = _channels_last(augment.weak(x_ulb, generator))
        strong = experiment.method != "pl"
        x_ulb_s = _channels_last(augment.strong(x_ulb, generator)) if strong else None
        return Batch(x_lb, y[lb], x_ulb_w, x_ulb_s)

    return Task(state, config, batch, profile.steps, drawn.record)


def plgf_task(experiment: Experiment, profile: Profile, corpus: Corpus, where: torch.device) -> Task:
    """Whole faces, all labelled, flipped at random, as PLGF maps; SGD of eq. 29 under eq. 30."""
    learner = Learner(
        new_network(experiment, profile, where),
        profile.lr_plgf,
        lambda optimizer: schedules.two_drops(optimizer, profile.s1, profile.s2),
        nesterov=False,
        weight_decay=profile.weight_decay,
    )
    found = corpus.training_faces(experiment.train)
    stream = balanced(found, profile.plgf_batch, experiment.seed, "faces")

    def batch(step: int, generator: torch.Generator) -> Batch:
        chosen = stream.at(step)
        x = torch.from_numpy(found.batch(chosen)).permute(0, 3, 1, 2)  # (B, 3, 256, 256)
        flip = torch.rand(len(x), 1, 1, 1, generator=generator) < 0.5
        x = torch.where(flip, x.flip(3), x).to(where)
        return Batch(plgf.network_input(x), torch.from_numpy(found.labels[chosen].astype(np.int64)).to(where))

    record = {
        "faces": len(found),
        "live": int(found.labels.sum()),
        "subjects": len(np.unique(samples.subjects_of(found))),
    }
    state = State(learner, seed=experiment.seed, autocast=device.fast_bfloat16(where))
    return Task(state, SemiConfig(sigma=0.0, ema=profile.ema), batch, profile.plgf_steps, record)


def train(
    experiment: Experiment, profile: Profile, corpus: Corpus, folder: Path, report: Report
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Train, or go on from `folder`'s checkpoint, and score. Returns (what to record, scores per video).

    The evaluated weights and the last checkpoint stay in `folder`: until the scores are recorded, a run
    that is stopped needs the latter.
    """
    where = device.choose()
    device.prepare(where)
    begun = time.monotonic()
    task = (rgb_task if experiment.branch == "rgb" else plgf_task)(experiment, profile, corpus, where)
    loaded = time.monotonic()
    curve, resumed_at = loop(
        STEPS[experiment.method], task, experiment.seed, profile.checkpoint_every, folder, report
    )
    trained = time.monotonic()
    network = task.state.average.network.eval()
    checkpoints.write(
        folder / WEIGHTS, network.state_dict(), {"experiment": experiment.name, "profile": profile.name}
    )

    def probabilities(pictures: np.ndarray) -> np.ndarray:
        return live_probabilities(network, experiment.branch, pictures, where)

    table = score(probabilities, experiment.train, corpus, report)
    done = task.steps - resumed_at
    extra = {
        "device": device.title(where),
        "precision": "bfloat16" if task.state.autocast else "float32",
        "parameters": networks.count_parameters(new_network(experiment, profile, where)),
        "samples": task.record,
        "resumed_at": resumed_at,
        "steps_per_s": round(done / max(trained - loaded, 1e-9), 3) if done else None,
        "seconds": {
            "load": round(loaded - begun, 2),
            "train": round(trained - loaded, 2),
            "score": round(time.monotonic() - trained, 2),
        },
        "curve": curve,
    }
    return extra, table


def loop(step: Callable[..., semisup.Log], task: Task, seed: int, every: int, folder: Path,
         report: Report) -> tuple[list[dict[str, float]], int]:  # fmt: skip
    """Take the steps that are left after `folder`'s checkpoint, if any, and keep one every `every` steps.

    Returns the learning curve (a point now and then) and the step from which it went on.
    """
    curve, resumed_at = _resume(task, folder)
    state, generator = task.state, torch.Generator()
    log_every = max(1, task.steps // _LOGGED)
    while (t := state.step) < task.steps:
        generator.manual_seed((seed << 32) + t)
        log = step(state, task.batch(t, generator), task.config)
        if t % log_every == 0 or state.step == task.steps:
            values = semisup.floats(log)
            curve.append({"step": t} | {name: round(v, 5) for name, v in values.items()})
            report(0.95 * state.step / task.steps, f"loss {values['loss']:.3f}")
        if state.step % every == 0 or state.step == task.steps:
            numbers = state.numbers() | {"curve": curve}
            checkpoints.write(folder / CHECKPOINT, state.tensors(), numbers)
    return curve, resumed_at


def _resume(task: Task, folder: Path) -> tuple[list[dict[str, float]], int]:
    """Load the checkpoint, if there is one; the learning curve so far and the step reached."""
    path = folder / CHECKPOINT
    if not path.exists():
        return [], 0
    tensors, numbers = checkpoints.read(path)
    curve = numbers.pop("curve")
    task.state.load(tensors, numbers)
    return curve, task.state.step


def balanced(found: FaceSet, batch: int, seed: int, name: str) -> Stream:
    """Batches of whole faces, even over classes, then over subjects."""
    subjects = samples.subjects_of(found)
    return Stream(
        lambda rng: samples.order_by_strata(found.labels, subjects, len(found), rng), batch, seed, name
    )


@torch.inference_mode()
def live_probabilities(
    network: torch.nn.Module, branch: str, pictures: np.ndarray, where: torch.device
) -> np.ndarray:
    """p(live) (n,) float32 of faces (n, 256, 256, 3) uint8 RGB, by a network of this branch in eval mode."""
    x = torch.from_numpy(pictures).to(where).permute(0, 3, 1, 2)
    x = _channels_last(INPUTS[branch](x))
    with torch.autocast(where.type, torch.bfloat16, enabled=device.fast_bfloat16(where)):
        logits = network(x)
    return networks.live_probability(logits).cpu().numpy()


def score(
    probabilities: Callable[[np.ndarray], np.ndarray], train: str, corpus: Corpus, report: Report
) -> pd.DataFrame:
    """Scores of every video that a table needs; columns in `scores`. A video's score is its frames' mean.

    `probabilities`: faces (n, 256, 256, 3) uint8 RGB -> p(live) (n,), by what was trained on `train`.
    """
    rows: list[dict[str, Any]] = []
    sets = corpus.scored_faces(train)
    for number, (short, split, found) in enumerate(sets):
        values = np.concatenate([probabilities(pictures) for _, pictures in found.iterate(_SCORED)])
        rows += rows_of(short, split, found, values)
        report(0.95 + 0.05 * (number + 1) / len(sets), f"scored {short} {split}")
    return pd.DataFrame(rows, columns=list(COLUMNS))


def rows_of(short: str, split: str, found: FaceSet, values: np.ndarray) -> list[dict[str, Any]]:
    """One row per clip from the scores (N,) of its frames; clips without a face come with none."""
    rows = []
    for number, clip in enumerate(found.clips):
        own = values[found.clip_index == number]
        rows.append((clip, len(own), float(own.mean(dtype=np.float64)), " ".join(f"{v:.9g}" for v in own)))
    rows += [(clip, 0, float("nan"), "") for clip, _ in found.failures]
    facts = ("path", "subject", "label", "attack", "camera", "light")
    return [
        {"database": short, "split": split, "n_frames": n, "score": mean, "frames": text}
        | {name: getattr(clip, name) for name in facts}
        for clip, n, mean, text in rows
    ]


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)
