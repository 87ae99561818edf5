"""What the compared networks share: the loop, checkpoints and resuming of our own branches, and scoring.

A method says what its network is, what it sees of a face, what one step's loss is, and how the network's
output becomes a decision. All learn alike: SGD with Nesterov momentum 0.9, a rate that falls along half a
cosine, gradients of length 5 at most; the moving average of the weights is what scores.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from fasnb import device, networks
from fasnb.faces import FaceSet
from fasnb.profiles import Profile
from fasnb.semisup import Batch, Log, SemiConfig
from fasnb.state import Learner, State
from fasnb.training import Report, Task, balanced, loop

#: (the method's own network in training mode, x (B, ...) float32, y (B,) int64, generator on the CPU) -> the
#: step's losses; the entry "loss" is what is minimised. All chance comes from the generator, or a resumed run
#: ends with other bits: no nn.Dropout.
Loss = Callable[[Any, Tensor, Tensor, torch.Generator], dict[str, Tensor]]
#: Faces (B, side, side, 3) uint8 RGB -> what the network sees, (B, ...) float32 on the CPU.
See = Callable[[NDArray[np.uint8]], Tensor]
#: (the method's own network in eval mode, x (B, ...)) -> p(live) (B,).
Decide = Callable[[Any, Tensor], Tensor]


def resized(pictures: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Faces (n, S, S, 3) uint8 -> (n, side, side, 3) uint8, averaged over areas."""
    if pictures.shape[1] == side:
        return pictures
    return np.stack([cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA) for one in pictures])


def rgb(pictures: NDArray[np.uint8]) -> Tensor:
    """(n, S, S, 3) uint8 -> (n, 3, S, S) float32 in -1 .. 1."""
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))).float() / 127.5 - 1


def cosine(steps: int) -> Callable[[Optimizer], LambdaLR]:
    """The rate falls from its start to 0 along half a cosine."""
    return lambda optimizer: LambdaLR(
        optimizer, lambda t: 0.5 + 0.5 * float(np.cos(np.pi * min(1, t / steps)))
    )


class Deep:
    """A compared network: `runs.Method` from a network, its view of a face, its loss and its decision."""

    def __init__(
        self,
        network: Callable[[], nn.Module],
        see: See,
        loss: Loss,
        decide: Decide,
        profile: Profile,
        seed: int,
        where: torch.device,
        side: int,
        lr: float = 0.01,
    ) -> None:
        """`network` makes one, drawing its weights from the seed; `side`: faces are resized to it first."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            made = network()
        # Channels last: about half the time of a convolution on a CPU.
        self.network = made.to(where).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.see, self.loss, self.decide = see, loss, decide
        self.profile, self.seed, self.where, self.side, self.lr = profile, seed, where, side, lr

    def fit(self, faces: FaceSet, folder: Path, report: Report) -> dict[str, Any]:
        """The profile's steps over batches that are even over classes and subjects, mirrored at random.

        Goes on from `folder`'s checkpoint, to the same bits. FasnbError where a class is missing. Returns the
        number of trainable parameters, the precision, the step it went on from and the learning curve.
        """
        profile, steps = self.profile, self.profile.other_steps
        parameters = networks.count_parameters(self.network)  # before the average, which trains none
        learner = Learner(self.network, self.lr, cosine(steps), weight_decay=profile.weight_decay)
        stream = balanced(faces, profile.other_batch, self.seed, "faces")
        # One generator for a step's draws: the batch's flips, then whatever the loss draws.
        draws = torch.Generator()

        def batch(step: int, generator: torch.Generator) -> Batch:
            draws.set_state(generator.get_state())
            chosen = stream.at(step)
            pictures = resized(faces.batch(chosen), self.side)
            flip = (torch.rand(len(chosen), generator=draws) < 0.5).numpy()
            pictures[flip] = pictures[flip, :, ::-1]  # (B, side, side, 3), left and right exchanged
            y = torch.from_numpy(faces.labels[chosen].astype(np.int64)).to(self.where)
            return Batch(self.see(pictures).to(self.where), y)

        def step(state: State, batch: Batch, config: SemiConfig) -> Log:
            with state.cast():
                losses = self.loss(state.teacher.network.train(), batch.x_lb, batch.y_lb, draws)
            state.teacher.update(losses["loss"], config.grad_clip)
            state.advance(config.ema)
            return {name: value.detach().float() for name, value in losses.items()}

        state = State(learner, seed=self.seed, autocast=device.fast_bfloat16(self.where))
        config = SemiConfig(sigma=0.0, ema=profile.ema, grad_clip=5.0)
        task = Task(state, config, batch, steps, {})
        curve, resumed_at = loop(step, task, self.seed, profile.checkpoint_every, folder, report)
        self.network = state.average.network.eval()
        return {
            "parameters": parameters,
            "precision": "bfloat16" if state.autocast else "float32",
            "resumed_at": resumed_at,
            "curve": curve,
        }

    @torch.inference_mode()
    def score(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """p(live) (n,) float32 of faces (n, S, S, 3) uint8 RGB.

        In float32 whatever the training's precision: bfloat16 would give many faces the same score.
        """
        x = self.see(resized(pictures, self.side)).to(self.where)
        return self.decide(self.network.eval(), x).float().cpu().numpy()

    def tensors(self) -> dict[str, Tensor]:
        """The weights that score: after `fit` the moving average's."""
        return self.network.state_dict()

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Weights as `tensors` gave them; RuntimeError where names or shapes do not fit."""
        self.network.load_state_dict(tensors)
        self.network.eval()
