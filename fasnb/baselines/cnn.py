"""CNN: a convolutional network in AlexNet's manner on faces at five scales, its features to an SVM.

J. Yang, Z. Lei, S. Z. Li, "Learn convolutional neural network for face anti-spoofing", arXiv:1408.5601, 2014:
the face with more and more of what is around it, in five boxes of 1.0, 1.4, 1.8, 2.2 and 2.6 times the
face's, each brought to 128 x 128; AlexNet (five convolutions, three full layers) learns live and attack; the
features of its last layer but one go to a support vector machine.

    phi(x) = [h_7(x_1), ..., h_7(x_5)]        h_7: what the second full layer gives, x_k: the face at scale k
    p(x)   = SVM(phi(x))                      with Platt's sigmoid, as in `svm`

What is kept: the face's surroundings as evidence, the layout of AlexNet, features to a separate machine.
What is not:
- Our faces end at 1.25 times the box. The five scales are 0.75, 0.875, 1, 1.125 and 1.25 times the box: the
  widest shows some of the hair, the neck and the wall, hardly the edge of a print or the rim of a screen,
  which the paper's wider boxes may.
- One network for all scales, each face of a step at a scale drawn at random, where the paper reports each
  scale by itself; the machine sees the features of all five side by side.
- 96 x 96 pixels and under a hundredth of AlexNet's parameters; batch normalisation for its normalisation over
  neighbouring channels, so that tens of steps suffice. Single frames only. The machine is linear.
- As in the paper the machine learns from faces that the network has learnt from, so its held-out AUC and its
  sigmoid are too sure of themselves.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from fasnb.baselines.deep import Deep, resized, rgb
from fasnb.baselines.textures import Textures
from fasnb.faces import FaceSet
from fasnb.profiles import Profile
from fasnb.training import Report

SIDE = 160  # of the whole face
SEEN = 96  # of what the network sees
#: Sides of the centre crops: 0.75, 0.875, 1, 1.125 and 1.25 of the face box, which is 0.8 of the picture.
CROPS = (96, 112, 128, 144, 160)
FEATURES = 64
LR = 0.01


def scales(pictures: NDArray[np.uint8]) -> Tensor:
    """Faces (n, 160, 160, 3) uint8 -> their five centre crops (n, 5, 3, 96, 96) float32 in -1 .. 1."""
    crops = []
    for side in CROPS:
        edge = (SIDE - side) // 2
        inner = pictures[:, edge : edge + side, edge : edge + side]
        crops.append(rgb(resized(inner, SEEN)))
    return torch.stack(crops, 1)


def dropped(h: Tensor, generator: torch.Generator | None) -> Tensor:
    """Dropout of one half, drawn from the generator; h as it is without one."""
    if generator is None:
        return h
    kept = torch.rand(h.shape, generator=generator) >= 0.5
    return h * (2 * kept).to(h)


class AlexNet(nn.Module):
    """Five convolutions and three full layers: (B, 3, 96, 96) -> logits (B, 2)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        # Widths, windows, strides; as in AlexNet, pooling (3 x 3, stride 2) after the first, second, fifth.
        shapes = ((3, 24, 7, 2), (24, 48, 5, 1), (48, 64, 3, 1), (64, 64, 3, 1), (64, 48, 3, 1))
        for number, (c_in, c_out, window, stride) in enumerate(shapes):
            layers += [
                nn.Conv2d(c_in, c_out, window, stride, window // 2, bias=False),
                nn.BatchNorm2d(c_out),
                nn.ReLU(inplace=True),
            ]
            layers += [nn.MaxPool2d(3, 2)] if number in (0, 1, 4) else []
        self.stages = nn.Sequential(*layers)
        self.fc6 = nn.Linear(48 * 5 * 5, 128)
        self.fc7 = nn.Linear(128, FEATURES)
        self.fc8 = nn.Linear(FEATURES, 2)

    def features(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """h_7 (B, 64) >= 0; dropout before and after the first full layer where there is a generator."""
        h = self.stages(x).flatten(1)  # (B, 48 x 5 x 5): 96 -> 48 -> 23 -> 11 -> 5
        h = F.relu(self.fc6(dropped(h, generator)))  # (B, 128)
        return F.relu(self.fc7(dropped(h, generator)))

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> Tensor:
        return self.fc8(self.features(x, generator))


def loss(network: AlexNet, x: Tensor, y: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
    """Cross entropy of x (B, 5, 3, 96, 96), each face at one scale drawn at random."""
    scale = torch.randint(len(CROPS), (len(x),), generator=generator).to(x.device)
    one = x[torch.arange(len(x), device=x.device), scale]  # (B, 3, 96, 96)
    return {"loss": F.cross_entropy(network(one, generator).float(), y)}


def described(network: AlexNet, x: Tensor) -> NDArray[np.float32]:
    """phi (B, 320) float32 of x (B, 5, 3, 96, 96)."""
    return network.features(x.flatten(0, 1)).float().reshape(len(x), -1).cpu().numpy()


class Cnn(Deep):
    """The network learns first, then the machine from its features of the training faces."""

    def __init__(self, profile: Profile, seed: int, where: torch.device) -> None:
        super().__init__(AlexNet, scales, loss, self._decide, profile, seed, where, side=SIDE, lr=LR)
        self.machine = Textures(self._describe, "linear", seed)

    def fit(self, faces: FaceSet, folder: Path, report: Report) -> dict[str, Any]:
        """As in `Deep.fit` and `Textures.fit`; also returns what the machine's cross-validation found."""
        facts = super().fit(faces, folder, lambda part, message: report(0.9 * part, message))
        found = self.machine.fit(faces, folder, lambda part, message: report(0.9 + 0.1 * part, message))
        return facts | {f"svm_{name}": found[name] for name in ("c", "held_out_auc", "vectors")}

    @torch.inference_mode()
    def _describe(self, face: NDArray[np.uint8]) -> NDArray[np.float32]:
        """phi (320,) of one face (H, W, 3)."""
        x = self.see(resized(face[None], self.side)).to(self.where)
        return described(self.network.eval(), x)[0]

    def _decide(self, network: AlexNet, x: Tensor) -> Tensor:
        return torch.from_numpy(self.machine.svm.score(described(network, x)))

    def tensors(self) -> dict[str, Tensor]:
        """The network's weights and what the machine learnt."""
        own = {f"network.{name}": value for name, value in super().tensors().items()}
        return own | {f"svm.{name}": value for name, value in self.machine.tensors().items()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `tensors` gave; KeyError or RuntimeError where it does not fit."""
        for part, load in (("network.", super().load), ("svm.", self.machine.load)):
            load({k.removeprefix(part): value for k, value in tensors.items() if k.startswith(part)})


def build(profile: Profile, seed: int, where: torch.device) -> Cnn:
    """A network and a machine that have learnt nothing yet."""
    return Cnn(profile, seed, where)
