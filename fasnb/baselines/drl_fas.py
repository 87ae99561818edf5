"""DRL-FAS: a glance at the whole face, then looks at places that an agent chooses, learnt by reward.

R. Cai, H. Li, S. Wang, C. Chen, A. C. Kot, "DRL-FAS: a novel framework based on deep reinforcement learning
for face anti-spoofing", IEEE TIFS, 2020. A CNN sees the face; a recurrent agent looks at T patches of it, one
after the other, and decides from each where to look next; both are fused for the class.

    g = CNN(face)                       h_0 = tanh(W_0 g)
    l_t ~ pi(. | h_t) = N(m_t, s^2)     m_t = tanh(W_l h_t), the place, -1 .. 1 from edge to edge
    h_{t+1} = GRU(f(patch at l_t, l_t), h_t)
    p = softmax(W_g g + W_h h_T)        R = 1 where argmax p = y, else 0

Cutting a patch has no gradient, so the places are learnt by REINFORCE, all else by cross-entropy:

    L = L_class - a mean_t log pi(l_t | h_t) (R - b_t) + mean_t (b_t - R)^2        b_t = v . h_t: baseline
    L_class = H(y, softmax(W_g g)) + H(y, softmax(W_h h_T))

In testing l_t = m_t: no chance is left.

Kept: global features, recurrent choice of patches, reward, fusion. Ours:
- The CNN is ResNet-18's four stages of two blocks (pre-activated) with a quarter of its channels, on the face
  at 128 x 128, without pretrained weights (there ResNet-18, pretrained on ImageNet). Four looks.
- Patches of 64 x 64 are cut from the 256 x 256 face, at its full resolution, and seen by three convolutions.
- A Gaussian policy of fixed width, a learnt baseline, one reward for all looks, and places and baseline
  that do not teach h_t, as in the recurrent attention model (Mnih et al. 2014) on which the paper builds.
- One training from end to end (there the CNN goes first), and a cross-entropy for g and for h_T each instead
  of one for both: else the glance, which learns few people by heart, leaves nothing for the looks to learn.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fasnb import networks
from fasnb.baselines.deep import Deep, rgb
from fasnb.networks import WideBlock
from fasnb.profiles import Profile

SIDE = 256
PATCH = 64
LOOKS = 4
SPREAD = 0.25  # s, in half sides: 32 pixels
HIDDEN = 64
POLICY = 0.1  # a
LR = 0.03


def cut(x: Tensor, places: Tensor, size: int) -> Tensor:
    """Patches (B, C, size, size) of x (B, C, H, W) at places (B, 2), x and y.

    -1 is the patch at the left or upper edge, 1 at the right or lower one; beyond, the edge's. No gradient
    reaches the places.
    """
    room = torch.tensor([x.shape[3] - size, x.shape[2] - size], device=places.device)
    corners = ((places.detach().float().clamp(-1, 1) + 1) / 2 * room).round().long().tolist()
    return torch.stack([one[:, v : v + size, u : u + size] for one, (u, v) in zip(x, corners)])


class Glance(nn.Module):
    """The global CNN: (B, 3, S, S) -> (B, 128). Halves the side first, by averages."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 7, 2, 3, bias=False)
        blocks: list[nn.Module] = []
        c_in = 16
        for c_out, stride in ((16, 1), (32, 2), (64, 2), (128, 2)):
            blocks += [
                WideBlock(c_in, c_out, stride, 0.1, activate_first=not blocks),
                WideBlock(c_out, c_out, 1, 0.1, activate_first=False),
            ]
            c_in = c_out
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(c_in)

    def forward(self, x: Tensor) -> Tensor:
        h = F.max_pool2d(self.stem(F.avg_pool2d(x, 2)), 2)  # (B, 16, S/8, S/8)
        return F.leaky_relu(self.norm(self.blocks(h)), 0.1).mean((2, 3))


class Look(nn.Module):
    """f: patches (B, 3, 64, 64) and their places (B, 2) -> (B, 64)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for c_in, c_out in ((3, 16), (16, 32), (32, HIDDEN)):
            layers += [nn.Conv2d(c_in, c_out, 3, 1, 1, bias=False), nn.BatchNorm2d(c_out)]
            layers += [nn.ReLU(), nn.MaxPool2d(2)]
        self.what = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.where = nn.Linear(2, HIDDEN)

    def forward(self, patches: Tensor, places: Tensor) -> Tensor:
        return self.what(patches) + self.where(places)


class Looks(NamedTuple):
    """What the agent did on B faces, in float32."""

    means: Tensor  # m_t, (T, B, 2)
    places: Tensor  # l_t, (T, B, 2)
    baselines: Tensor  # b_t, (T, B)
    glance: Tensor  # logits from g, (B, 2)
    local: Tensor  # logits from h_T, (B, 2)

    @property
    def logits(self) -> Tensor:
        """Both fused, (B, 2): a linear layer on [g, h_T], written as the sum of its two halves."""
        return self.glance + self.local


class Agent(nn.Module):
    """The whole network: faces (B, 3, S, S), S at least 64, and chance (T, B, 2) or none -> Looks.

    chance: what is added to m_t in units of s, drawn from N(0, 1) in training; without it l_t = m_t.
    """

    def __init__(self) -> None:
        super().__init__()
        self.glance = Glance()
        self.look = Look()
        self.begin = nn.Linear(128, HIDDEN)
        self.core = nn.GRUCell(HIDDEN, HIDDEN)
        self.next_place = nn.Linear(HIDDEN, 2)
        self.baseline = nn.Linear(HIDDEN, 1)
        self.glance_class = nn.Linear(128, 2)
        self.local_class = nn.Linear(HIDDEN, 2)

    def forward(self, x: Tensor, chance: Tensor | None = None) -> Looks:
        g = self.glance(x)  # (B, 128)
        h = torch.tanh(self.begin(g))  # (B, 64)
        means, places, baselines = [], [], []
        for t in range(LOOKS):
            known = h.detach()  # the reward teaches where to look, not what to remember
            mean = torch.tanh(self.next_place(known)).float()
            place = mean.detach() if chance is None else mean.detach() + SPREAD * chance[t]
            means.append(mean)
            places.append(place)
            baselines.append(self.baseline(known).squeeze(1).float())
            h = self.core(F.relu(self.look(cut(x, place, PATCH), place)), h)
        return Looks(
            torch.stack(means),
            torch.stack(places),
            torch.stack(baselines),
            self.glance_class(g).float(),
            self.local_class(h).float(),
        )


def policy_loss(looks: Looks, reward: Tensor) -> Tensor:
    """- mean log pi(l_t | h_t) (R - b_t), up to a constant; its gradient is REINFORCE's. reward (B,).

    log pi = - |l_t - m_t|^2 / (2 s^2) + const. The advantage R - b_t is a number here, not a way to b_t.
    """
    log_pi = -((looks.places - looks.means) ** 2).sum(2) / (2 * SPREAD**2)  # (T, B)
    return -(log_pi * (reward - looks.baselines).detach()).mean()


def losses(network: Agent, x: Tensor, y: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
    """One step's losses by name and their weighted sum, "loss"; the looks' chance comes from `generator`."""
    chance = torch.randn(LOOKS, len(x), 2, generator=generator).to(x.device)
    looks = network(x, chance)
    reward = (looks.logits.argmax(1) == y).float()
    glance, local = F.cross_entropy(looks.glance, y), F.cross_entropy(looks.local, y)
    policy, baseline = policy_loss(looks, reward), F.mse_loss(looks.baselines, reward.expand(LOOKS, -1))
    total = glance + local + POLICY * policy + baseline
    parts = {"glance": glance, "local": local, "policy": policy, "baseline": baseline}
    return {"loss": total, **parts, "reward": reward.mean()}


def decide(network: Agent, x: Tensor) -> Tensor:
    """p(live) (B,) of faces (B, 3, S, S), each look at the policy's mean."""
    return networks.live_probability(network(x).logits)


def build(profile: Profile, seed: int, where: torch.device) -> Deep:
    """DRL-FAS that has learnt nothing yet."""
    return Deep(Agent, rgb, losses, decide, profile, seed, where, SIDE, LR)
