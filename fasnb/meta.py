"""Meta pseudo labels with UDA (section 3.3): a teacher that is told how its pupils do.

The teacher labels the strong view of unlabelled patches, the student learns from these labels, and what
that did to the student on labelled patches comes back to the teacher:

    y_hat ~ softmax z_s(theta_T)                                 one label for both networks
    theta_S' = theta_S - eta grad H(y_hat, x_ulb_s; theta_S)     the student's lesson
    h = s_old - s_new                                            its labelled loss before and after
    L_T = L_uda + h H(y_hat, z_s)                                the teacher's loss

Lowering h H(y_hat, z_s) makes labels that helped (h > 0) likelier. For sampled labels the expectation of its
gradient is exactly that of the student's loss after the lesson with respect to the teacher, up to the batch
size; `gradient_check` shows it.
"""

from typing import Any

import torch
from torch import Generator, Tensor

from fasnb.errors import UsageError
from fasnb.semisup import (
    Batch,
    Log,
    SemiConfig,
    _log,
    consistency_loss,
    ramp,
    smoothed_cross_entropy,
)
from fasnb.state import Learner, State

#: Table 12 as we read it, for SemiConfig(**IMPROVED).
#: "improved": the sign and the labels that follow the true meta-gradient.
IMPROVED: dict[str, Any] = {"feedback": "old_minus_new", "pseudo_label": "sampled"}
#: "original": what the widespread code does, sign turned and most likely label.
ORIGINAL: dict[str, Any] = {"feedback": "new_minus_old", "pseudo_label": "argmax"}

BASELINE_DECAY = 0.99


def pseudo_labels(z: Tensor, kind: str, generator: Generator) -> Tensor:
    """The teacher's labels for logits z (B, C): (B,) classes, or (B, C) probabilities if `kind` is "soft".

    "sampled" draws from softmax z, with one number in [0, 1) per patch from the generator.
    """
    p = z.detach().softmax(1)
    if kind == "soft":
        return p
    if kind == "argmax":
        return p.argmax(1)
    u = torch.rand(len(z), 1, generator=generator, device=generator.device).to(z.device, non_blocking=True)
    return (u >= p.cumsum(1)[:, :-1]).sum(1)  # the class whose stretch of [0, 1) holds u


def feedback(s_old: Tensor, s_new: Tensor, kind: str) -> Tensor:
    """h, from the student's labelled loss before and after its lesson: how good the labels were."""
    if kind == "off":
        return torch.zeros_like(s_old)
    return s_old - s_new if kind == "old_minus_new" else s_new - s_old


def teacher_term(h: Tensor, z_s: Tensor, y_hat: Tensor) -> Tensor:
    """h H(y_hat, z_s), mean over the batch.

    With soft labels of its own, y_hat = softmax z_s, the gradient is h (softmax z_s - y_hat) = 0: nothing
    is fed back.
    """
    return h * smoothed_cross_entropy(z_s, y_hat)


def lesson(
    student: Learner, batch: Batch, y_hat: Tensor, config: SemiConfig, state: State
) -> tuple[Tensor, Tensor, Tensor]:
    """One update of the student on (x_ulb_s, y_hat) -> (s_old, s_new, its loss).

    Like is compared with like: s_old and s_new are the loss on the same labelled patches alone, normalised
    by their own batch statistics, so that a student that did not move gives s_old - s_new = 0 exactly.
    Running statistics are recorded once for the strong and once for the labelled patches.
    """
    with student.still():
        s_old = _labelled_loss(student, batch, state)
    with state.cast():
        z = student(batch.strong())  # (mu B, C)
    loss = smoothed_cross_entropy(z, y_hat, config.sigma)
    student.update(loss, config.grad_clip)
    return s_old, _labelled_loss(student, batch, state), loss


@torch.no_grad()
def _labelled_loss(student: Learner, batch: Batch, state: State) -> Tensor:
    # Under autocast too: rounding adds about 3e-4 to differences of about 1e-2 (WRN-10-1, rate 0.05).
    with state.cast():
        z_lb = student(batch.x_lb)
    return smoothed_cross_entropy(z_lb, batch.y_lb)


def mpl_step(state: State, batch: Batch, config: SemiConfig) -> Log:
    """MPL+UDA: the teacher labels, the student learns, the teacher learns from both (see above).

    L_uda = H_sigma(y_lb, z_lb) + r(t) lambda_u L_u(z_s, z_w), as in `semisup`, without the hard labels of PL.

    While the student waits (its rate is 0) it is not run and the teacher learns by L_uda alone: a student
    that cannot move has nothing to say. The weak view only makes targets, so it runs without gradients and,
    for batch-norm, as a batch of its own.
    """
    teacher, student = state.teacher, state.student
    if student is None:
        raise UsageError("meta pseudo labels need a student; build the state with two networks")
    x_ulb_w, x_ulb_s = batch.weak(), batch.strong()

    with state.cast():
        with torch.no_grad():
            z_w = teacher(x_ulb_w)  # (mu B, C)
        z = teacher(torch.cat((batch.x_lb, x_ulb_s)))  # (B + mu B, C)
    z_lb, z_s = z.split((len(batch.x_lb), len(x_ulb_s)))
    labelled = smoothed_cross_entropy(z_lb, batch.y_lb, config.sigma)
    consistency, confident = consistency_loss(z_s, z_w, config.temperature, config.tau)
    loss = labelled + ramp(state.step, config.ramp) * config.lambda_u * consistency
    log = _log(labelled=labelled, consistency=consistency, confident=confident)

    learning = student.lr > 0
    if learning:
        y_hat = pseudo_labels(z_s, config.pseudo_label, state.generator)
        s_old, s_new, student_loss = lesson(student, batch, y_hat, config, state)
        h = feedback(s_old, s_new, config.feedback)
        loss = loss + teacher_term(_centred(h, state, config), z_s, y_hat)
        log |= _log(student=student_loss, s_old=s_old, s_new=s_new, feedback=h)
    else:
        student.wait()
    teacher.update(loss, config.grad_clip)
    state.advance(config.ema, averaged=learning)
    return _log(loss=loss) | log


def _centred(h: Tensor, state: State, config: SemiConfig) -> Tensor:
    """h less the average of the feedback before it; that average takes h in afterwards, not before."""
    if config.baseline == "none":
        return h
    centred = h - state.baseline
    state.baseline.lerp_(h, 1 - BASELINE_DECAY)
    return centred
