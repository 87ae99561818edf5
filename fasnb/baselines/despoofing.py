"""Face de-spoofing: an attack is a live face plus a noise; find the noise, judge by its size.

A. Jourabloo, Y. Liu, X. Liu, "Face de-spoofing: anti-spoofing via noise modeling", ECCV 2018. An encoder and
a decoder take the face I (RGB and HSV) apart into a noise N and a live face, I^ = I - N; a map M from the
encoder says at which places the face is an attack. There is no ground truth of N, so losses shape it:

    zero/one map    J_z = mean |M - (1 - y)|                     y: 1 live, 0 attack
    magnitude       J_m = mean |N| of live faces
    repetition      J_r = max H(F(N)) of live faces, - max H(F(N)) of attacks
                    F: Fourier transform; H: sets its k x k lowest frequencies to zero
    visual quality  J_v: a critic that tells live faces from I^ of attacks must take I^ for live

Kept: the decomposition, these losses, the critic trained beside it, and the score from M and N. Ours:
- Faces of 128 x 128 (there 256), a map of 16 x 16 (there 32), about half the channels, SGD (there Adam), and
  weights of the losses that suit SGD and few steps.
- The paper's second judge of I^, DQ-Net, is a depth network trained before on live faces and attacks; there
  is none here. Instead the critic learns the attacks as they are, too, as not live, so that to please it I^
  must lose what tells an attack.
- As in the authors' released code, not in the paper: log(1 + .) of the spectrum, and J_s, which holds the
  mean magnitude of an attack's noise at a level, without which J_r would have it grow for ever. tanh
  bounds it, too.
- The score is a fixed curve of the means of M and of |N|, which count alike.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from fasnb.baselines.deep import Deep
from fasnb.profiles import Profile

SIDE = 128
HSV_TOP = np.array([180, 255, 255], np.float32)  # OpenCV keeps the hue in half degrees
BOUND = 0.1  # of a pixel's noise, in pictures from 0 to 1
LEVEL = 0.02  # mean magnitude that an attack's noise is to have: about 5 of 255 grey levels
#: Weights of the losses; `spoof` is J_s.
WEIGHTS = {"map": 1.0, "magnitude": 0.5, "spoof": 0.5, "repetition": 0.1, "quality": 0.05, "critic": 1.0}
LR = 0.02


def planes(pictures: NDArray[np.uint8]) -> Tensor:
    """Faces (n, S, S, 3) uint8 RGB -> RGB, then HSV, (n, 6, S, S) float32 in 0 .. 1."""
    n, side = pictures.shape[:2]
    hsv = cv2.cvtColor(np.ascontiguousarray(pictures).reshape(n * side, side, 3), cv2.COLOR_RGB2HSV)
    both = np.concatenate([pictures / np.float32(255), hsv.reshape(pictures.shape) / HSV_TOP], axis=3)
    return torch.from_numpy(both).permute(0, 3, 1, 2)  # the channels stay last in memory: faster


def _conv(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, 1, 1, bias=False), nn.BatchNorm2d(c_out), nn.ELU())


class DeSpoofing(nn.Module):
    """DS-Net and the critic: (B, 6, S, S) -> M (B, 1, S/8, S/8), N (B, 6, S, S), S a multiple of 8."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(6, 12)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.MaxPool2d(2), _conv(a, b), _conv(b, b + 4), _conv(b + 4, b))
            for a, b in ((12, 12), (12, 16), (16, 20))
        )
        self.zero_one = nn.Sequential(_conv(48, 16), nn.Conv2d(16, 1, 3, 1, 1))
        self.decoder = nn.ModuleList((_conv(48, 20), _conv(20, 12), nn.Conv2d(12, 6, 3, 1, 1, bias=False)))
        layers: list[nn.Module] = []
        for a, b in ((6, 12), (12, 16), (16, 24)):
            layers += [nn.Conv2d(a, b, 3, 2, 1), nn.LeakyReLU(0.1)]
        self.critic = nn.Sequential(
            *layers, nn.Conv2d(24, 1, 3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(0)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h, scales = self.stem(x), []
        for block in self.blocks:
            h = block(h)
            scales.append(h)  # (B, 12, S/2, S/2), (B, 16, S/4, S/4), (B, 20, S/8, S/8)
        # (B, 48, S/8, S/8)
        joined = torch.cat([F.adaptive_avg_pool2d(one, h.shape[-2:]) for one in scales], 1)
        noise = joined
        for layer in self.decoder:
            noise = layer(F.interpolate(noise, scale_factor=2, mode="bilinear"))
        return self.zero_one(joined).float(), BOUND * torch.tanh(noise.float())


def map_loss(zero_one: Tensor, y: Tensor) -> Tensor:
    """J_z: the map (B, 1, h, w) is to be 0 on live faces (y = 1), 1 on attacks (y = 0)."""
    return (zero_one - (1 - y.float()).view(-1, 1, 1, 1)).abs().mean()


def magnitude(noise: Tensor) -> Tensor:
    """The mean of |N| (B, 6, S, S) over planes and places in units of LEVEL: (B,)."""
    return noise.abs().mean((1, 2, 3)) / LEVEL


def magnitude_losses(noise: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """J_m, the mean magnitude of live faces' noise, and J_s, how far that of attacks is from LEVEL.

    Both are means over the whole batch, in units of LEVEL; the other class counts as 0.
    """
    found, live = magnitude(noise), y.float()
    return (found * live).mean(), ((found - 1).abs() * (1 - live)).mean()


def peak(noise: Tensor) -> Tensor:
    """max log(1 + |H(F(N))|) over frequencies, mean over planes: (B, C, S, S) -> (B,).

    F keeps the energy (it divides by S), so a wave of amplitude a has a peak of a S / 2. H sets the
    frequencies to zero of which both coordinates are below S/8: k = S/4.
    """
    side = noise.shape[-1]
    low = torch.fft.fftfreq(side, device=noise.device).abs() < 1 / 8
    spectrum = torch.fft.fft2(noise.float(), norm="ortho").abs()
    return torch.log1p(spectrum.masked_fill(low[:, None] & low, 0)).amax((2, 3)).mean(1)


def repetition_loss(noise: Tensor, y: Tensor) -> Tensor:
    """J_r: the spectral peak of live faces' noise less that of attacks', over the batch's size."""
    return (peak(noise) * (2 * y.float() - 1)).mean()


def quality_losses(critic: nn.Module, x: Tensor, noise: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """J_v, which teaches N alone, and the critic's own loss, which teaches the critic alone.

    J_v = - log D(I - N) of attacks; the critic's: - log D(I) of live faces, - log(1 - D) of attacks, of I and
    of I - N. Sums over faces divided by the batch's size. D: sigmoid of the critic's logits.
    """
    attack = y == 0
    restored = x[attack] - noise[attack]
    held = {name: value.detach() for name, value in critic.named_parameters()}
    judged = functional_call(critic, held, (restored,))
    quality = F.softplus(-judged.float()).sum() / len(x)
    seen = critic(torch.cat([x, restored.detach()])).float()
    target = torch.cat([y.float(), torch.zeros(len(restored), device=y.device)])
    return quality, F.binary_cross_entropy_with_logits(seen, target, reduction="sum") / len(x)


def losses(
    network: DeSpoofing, x: Tensor, y: Tensor, generator: torch.Generator | None = None
) -> dict[str, Tensor]:
    """One step's losses by name and their weighted sum, "loss". Draws nothing."""
    zero_one, noise = network(x)
    live, spoof = magnitude_losses(noise, y)
    quality, critic = quality_losses(network.critic, x, noise, y)
    found = {
        "map": map_loss(zero_one, y),
        "magnitude": live,
        "spoof": spoof,
        "repetition": repetition_loss(noise, y),
        "quality": quality,
        "critic": critic,
    }
    return {"loss": torch.stack([WEIGHTS[name] * value for name, value in found.items()]).sum(), **found}


def live_probability(zero_one: Tensor, noise: Tensor) -> Tensor:
    """p(live) (B,) = sigmoid(6 (1/2 - e)), e the mean of M's mean and the noise's magnitude.

    Trained, e is near 0 for live faces and near 1 for attacks; how steep the curve is changes no order.
    """
    evidence = (zero_one.mean((1, 2, 3)) + magnitude(noise)) / 2
    return torch.sigmoid(6 * (0.5 - evidence))


def decide(network: DeSpoofing, x: Tensor) -> Tensor:
    """p(live) (B,) of planes (B, 6, S, S)."""
    return live_probability(*network(x))


def build(profile: Profile, seed: int, where: torch.device) -> Deep:
    """De-Spoofing that has learnt nothing yet."""
    return Deep(DeSpoofing, planes, losses, decide, profile, seed, where, SIDE, LR)
