"""Learning from few labels: supervised, pseudo labels (PL), and PL with consistency (UDA). One step each.

    x_lb, y_lb    labelled patches, weakly augmented, and their classes
    x_ulb_w       unlabelled patches, weakly augmented
    x_ulb_s       the same patches, strongly augmented
    z             logits; z_lb, z_w and z_s of the three

Meta pseudo labels, which put a student beside the network trained here, are in `meta`.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from fasnb.errors import UsageError
from fasnb.state import State

FEEDBACK = ("old_minus_new", "new_minus_old", "off")
PSEUDO_LABEL = ("sampled", "argmax", "soft")
BASELINE = ("none", "moving_average")

#: What a step reports: tensors without dimensions on the network's device, so that no step waits for it.
#: `floats` brings them over at once.
Log = dict[str, Tensor]


@dataclass(frozen=True)
class SemiConfig:
    """The settings of a step. tau, sigma: Table 9. feedback, pseudo_label, baseline: MPL only, Table 12."""

    tau: float = 0.6  # confidence from which an unlabelled patch counts
    sigma: float = 0.15  # label smoothing
    temperature: float = 0.7  # below 1 sharpens the weak view's prediction (UDA)
    lambda_pl: float = 1.0  # weight of the hard pseudo labels (PL, PL+UDA)
    lambda_u: float = 1.0  # weight of the consistency (UDA)
    ramp: int = 5000  # steps until both weights are reached; shorten it with the run
    ema: float = 0.995  # of the network that is evaluated; lower it with the run
    mu: int = 7  # unlabelled patches for each labelled one; read by whoever makes the batches
    grad_clip: float = 0.0  # longest gradient, 0 = any
    feedback: str = "old_minus_new"
    pseudo_label: str = "sampled"
    baseline: str = "none"  # subtracted from the feedback: less variance, same expectation

    def __post_init__(self) -> None:
        for name, allowed in (("feedback", FEEDBACK), ("pseudo_label", PSEUDO_LABEL), ("baseline", BASELINE)):
            if getattr(self, name) not in allowed:
                raise UsageError(
                    f"unknown {name} '{getattr(self, name)}'; choose one of {', '.join(allowed)}"
                )
        for name, low, high in (("tau", 0, 1), ("sigma", 0, 1), ("ema", 0, 1)):
            if not low <= getattr(self, name) <= high:
                raise UsageError(f"{name} must lie between {low} and {high}, not {getattr(self, name)}")
        if self.temperature <= 0 or self.mu < 1:
            raise UsageError("the temperature must be above 0 and mu at least 1")
        if min(self.ramp, self.lambda_pl, self.lambda_u, self.grad_clip) < 0:
            raise UsageError("ramp, weights and grad_clip must not be negative")


@dataclass(frozen=True)
class Batch:
    """What a step learns from: inputs (B, 3, S, S) and twice (mu B, 3, S, S) float, classes (B,) int64."""

    x_lb: Tensor
    y_lb: Tensor
    x_ulb_w: Tensor | None = None
    x_ulb_s: Tensor | None = None

    def weak(self) -> Tensor:
        return self._there(self.x_ulb_w, "weak")

    def strong(self) -> Tensor:
        return self._there(self.x_ulb_s, "strong")

    @staticmethod
    def _there(x: Tensor | None, which: str) -> Tensor:
        if x is None:
            raise UsageError(f"this method needs the {which} view of unlabelled patches; add it to the batch")
        return x


# The pieces of the losses


def smoothed_cross_entropy(z: Tensor, y: Tensor, sigma: float = 0.0) -> Tensor:
    """H(y', softmax z), mean over the batch, with y' = (1 - sigma) y + sigma / C.

    z (B, C); y (B,) classes or (B, C) probabilities.
    """
    return F.cross_entropy(z, y, label_smoothing=sigma)


def sharpen(z: Tensor, temperature: float) -> Tensor:
    """q = softmax(z / T), (B, C): T < 1 moves the probabilities apart. No gradient."""
    return (z.detach() / temperature).softmax(1)


def confidence_mask(q: Tensor, tau: float) -> Tensor:
    """1 where max q >= tau, else 0: (B, C) -> (B,), of q's dtype."""
    return (q.amax(1) >= tau).to(q.dtype)


def pseudo_label_loss(z: Tensor, tau: float) -> tuple[Tensor, Tensor]:
    """L_pl = 1/|B| sum 1[max p >= tau] H(argmax p, p), p = softmax z, and the share of confident patches.

    The mean is over the whole batch: patches without confidence count as 0. z (B, C).
    """
    p = z.detach().softmax(1)
    mask = confidence_mask(p, tau)
    return (mask * F.cross_entropy(z, p.argmax(1), reduction="none")).mean(), mask.mean()


def consistency_loss(z_s: Tensor, z_w: Tensor, temperature: float, tau: float) -> tuple[Tensor, Tensor]:
    """L_u = 1/|B| sum 1[max q >= tau] H(q, softmax z_s), q = softmax(z_w / T), and the confident share.

    Only the strong view's logits z_s receive gradients. Both (B, C).
    """
    q = sharpen(z_w, temperature)
    mask = confidence_mask(q, tau)
    return (mask * F.cross_entropy(z_s, q, reduction="none")).mean(), mask.mean()


def ramp(t: int, steps: int) -> float:
    """min(1, (t + 1) / steps): the part of the unlabelled weights that counts at step t."""
    return min(1.0, (t + 1) / steps) if steps else 1.0


# One step of each method: a State and a Batch in, the State changed, a Log out


def supervised_step(state: State, batch: Batch, config: SemiConfig) -> Log:
    """The labelled patches alone: L = H_sigma(y_lb, z_lb)."""
    with state.cast():
        z_lb = state.teacher(batch.x_lb)  # (B, C)
    loss = smoothed_cross_entropy(z_lb, batch.y_lb, config.sigma)
    state.teacher.update(loss, config.grad_clip)
    state.advance(config.ema)
    return _log(loss=loss, labelled=loss)


def pl_step(state: State, batch: Batch, config: SemiConfig) -> Log:
    """PL (section 3.1.1): L = H_sigma(y_lb, z_lb) + r(t) lambda_pl L_pl(z_w)."""
    x_ulb_w = batch.weak()
    with state.cast():
        z = state.teacher(torch.cat((batch.x_lb, x_ulb_w)))  # (B + mu B, C)
    z_lb, z_w = z.split((len(batch.x_lb), len(x_ulb_w)))

    labelled = smoothed_cross_entropy(z_lb, batch.y_lb, config.sigma)
    pseudo, confident = pseudo_label_loss(z_w, config.tau)
    loss = labelled + ramp(state.step, config.ramp) * config.lambda_pl * pseudo
    state.teacher.update(loss, config.grad_clip)
    state.advance(config.ema)
    return _log(loss=loss, labelled=labelled, pseudo=pseudo, confident=confident)


def uda_step(state: State, batch: Batch, config: SemiConfig) -> Log:
    """PL+UDA (section 3.1.2, Table 1).

        L = H_sigma(y_lb, z_lb) + r(t) (lambda_pl L_pl(z_w) + lambda_u L_u(z_s, z_w))

    The weak view's own pseudo labels, and the strong view drawn to the weak view's sharpened prediction.
    """
    x_ulb_w, x_ulb_s = batch.weak(), batch.strong()
    with state.cast():
        z = state.teacher(torch.cat((batch.x_lb, x_ulb_w, x_ulb_s)))  # (B + 2 mu B, C)
    z_lb, z_w, z_s = z.split((len(batch.x_lb), len(x_ulb_w), len(x_ulb_s)))

    labelled = smoothed_cross_entropy(z_lb, batch.y_lb, config.sigma)
    pseudo, _ = pseudo_label_loss(z_w, config.tau)
    consistency, confident = consistency_loss(z_s, z_w, config.temperature, config.tau)
    unlabelled = config.lambda_pl * pseudo + config.lambda_u * consistency
    loss = labelled + ramp(state.step, config.ramp) * unlabelled
    state.teacher.update(loss, config.grad_clip)
    state.advance(config.ema)
    return _log(loss=loss, labelled=labelled, pseudo=pseudo, consistency=consistency, confident=confident)


def _log(**values: Tensor) -> Log:
    return {name: value.detach() for name, value in values.items()}


def floats(log: Log) -> dict[str, float]:
    """A step's report as Python floats, with one transfer from the device."""
    return dict(zip(log, torch.stack([v.double() for v in log.values()]).tolist(), strict=True))
