"""The control by a network: it must not tell live people from attacks whose media change nothing.

A WideResNet learns from the training people before control media (fasnb/simfas/control.py) and is asked about
the test people before them. Where it does well, it has found something that is no medium: a leak.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pandas as pd
import torch

from fasnb import device, paths, pools, training
from fasnb.corpus import Corpus
from fasnb.difficulty import network
from fasnb.difficulty.stages import EVERY, FRAMES, SIZE, rendered, thinned
from fasnb.intervals import bootstrap_interval
from fasnb.layouts import SHORT, Clip, subset
from fasnb.metrics import auc
from fasnb.semisup import supervised_step
from fasnb.simfas import control
from fasnb.simfas.cast import Cast
from fasnb.simfas.domains import DOMAINS
from fasnb.simfas.trials import shots

STEPS, SAMPLES = 1_500, 4_800


@dataclass
class Held:
    """Faces in memory, as `samples.Faces` wants them."""

    clips: list[Clip]
    pictures: np.ndarray  # (N, 256, 256, 3) uint8, FRAMES a clip

    @property
    def clip_index(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.clips)), FRAMES)

    @property
    def labels(self) -> np.ndarray:
        return np.array([clip.label for clip in self.clips], np.int8)[self.clip_index]

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """(n, 256, 256, 3) uint8."""
        return self.pictures[np.asarray(indices)]


def captured(database: str, split: str, scale: str, cast: Cast) -> Held:
    """A split's people before control media; of Replay-Attack's attacks one in four."""
    clips = [clip for clip in thinned(subset(database, scale)) if clip.split == split]
    found = list(shots(control.control(DOMAINS[database]), clips, cast, FRAMES, SIZE, EVERY))
    return Held([shot.clip for shot in found], np.concatenate([shot.faces for shot in found]))


def told_apart(job: tuple[str, Corpus, Cast]) -> tuple[str, float, float, float, int, int]:
    """One database: short name, AUC per clip on the test people, its interval, people, clips."""
    short, corpus, cast = job
    cv2.setNumThreads(1)
    where = device.choose()
    device.prepare(where)
    train, test = (captured(SHORT[short], split, corpus.profile.scale, cast) for split in ("train", "test"))
    sizes = replace(
        network.profile(corpus.profile), steps=STEPS, wait=0, warmup=50, samples=SAMPLES, labelled=SAMPLES
    )
    experiment = next(e for e in network.EXPERIMENTS if e.train == short)
    held: Any = SimpleNamespace(training_faces=lambda name: train)
    task, generator = training.rgb_task(experiment, sizes, held, where), torch.Generator()
    for step in range(STEPS):
        generator.manual_seed(step)
        supervised_step(task.state, task.batch(step, generator), task.config)
    net = task.state.average.network.eval()
    chunks = [
        training.live_probabilities(net, "rgb", test.pictures[at : at + 16], where)
        for at in range(0, len(test.pictures), 16)
    ]
    scores = np.concatenate(chunks).reshape(-1, FRAMES).mean(1)
    labels, who = (np.array([getattr(clip, name) for clip in test.clips]) for name in ("label", "subject"))
    low, high = bootstrap_interval("auc", scores, labels, who, n=400)
    return short, auc(scores, labels), low, high, len(np.unique(who)), len(who)


def rows(corpus: Corpus, workers: int, say: Callable[[str], None]) -> dict[str, pd.DataFrame]:
    """ "control-network": database, auc, low, high, people, clips. NotOfThese as in stages.rows."""
    cast = Cast(rendered(corpus), paths.kept_poses())
    out = []
    with pools.pool(workers) as pool:
        for row in pool.map(told_apart, [(short, corpus, cast) for short in SHORT]):
            say(f"{row[0]} control, by a network: AUC {row[1]:.2f}")
            out.append(row)
    return {
        "control-network": pd.DataFrame(out, columns=["database", "auc", "low", "high", "people", "clips"])
    }
