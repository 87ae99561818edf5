"""Does the teacher's feedback point the right way? A problem small enough to know the answer.

Two linear networks, two classes, four unlabelled points: 16 ways to label them, so every expectation is a
sum and the gradient the teacher ought to follow is exact (float64, autograd through the student's whole
lesson).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd import grad

from fasnb.meta import feedback, pseudo_labels, teacher_term
from fasnb.semisup import smoothed_cross_entropy

CLASSES, POINTS, FEATURES = 2, 4, 3


@dataclass(frozen=True)
class Toy:
    """theta_t, theta_s: the two networks, (C, D), z = x theta^T. All float64."""

    theta_t: Tensor  # (C, D), requires its gradient
    theta_s: Tensor  # (C, D), requires its gradient
    x_ulb: Tensor  # (4, D)
    x_lb: Tensor  # (6, D)
    y_lb: Tensor  # (6,)
    eta: float  # the student's rate

    def labelings(self) -> Tensor:
        """All ways to label the unlabelled points, (16, 4) int64."""
        return torch.tensor(list(product(range(CLASSES), repeat=len(self.x_ulb))))

    def probability(self, y: Tensor) -> Tensor:
        """p(y) = prod_i softmax(z_T(x_i))[y_i], the chance that the teacher samples the labeling y (4,)."""
        log_p = (self.x_ulb @ self.theta_t.T).log_softmax(1)
        return log_p.gather(1, y[:, None]).sum().exp()

    def labelled_loss(self, theta_s: Tensor) -> Tensor:
        """The loss of a student on the labelled points."""
        return smoothed_cross_entropy(self.x_lb @ theta_s.T, self.y_lb)

    def lesson(self, y: Tensor) -> Tensor:
        """theta_S' = theta_S - eta grad H(y, z_S): the student after one step on y, classes or soft."""
        loss = smoothed_cross_entropy(self.x_ulb @ self.theta_s.T, y)
        return (self.theta_s - self.eta * grad(loss, self.theta_s)[0]).detach()


def toy(seed: int, eta: float = 0.5) -> Toy:
    """A random problem."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    x_lb = normal(6, FEATURES)
    return Toy(
        theta_t=normal(CLASSES, FEATURES).requires_grad_(),
        theta_s=normal(CLASSES, FEATURES).requires_grad_(),
        x_ulb=normal(POINTS, FEATURES),
        x_lb=x_lb,
        y_lb=(x_lb[:, 0] > 0).long(),
        eta=eta,
    )


def exact_gradient(problem: Toy) -> Tensor:
    """d/d theta_T of sum_y p(y) L_lb(theta_S'(y)), the student's expected loss after its lesson, (C, D)."""
    expected = sum(
        (problem.probability(y) * problem.labelled_loss(problem.lesson(y)) for y in problem.labelings()),
        start=torch.zeros((), dtype=torch.float64),
    )
    return grad(expected, problem.theta_t)[0]


def estimated_gradient(problem: Toy, kind: str, labels: str) -> Tensor:
    """The gradient of the teacher's term of `meta`, (C, D), times the number of points as the term is a mean.

    For sampled labels it is the expectation over all labelings; the others know only one labeling.
    """

    def term(y: Tensor) -> Tensor:
        s_old = problem.labelled_loss(problem.theta_s).detach()
        s_new = problem.labelled_loss(problem.lesson(y))
        z = problem.x_ulb @ problem.theta_t.T
        return grad(POINTS * teacher_term(feedback(s_old, s_new, kind), z, y), problem.theta_t)[0]

    if labels == "sampled":
        terms = [problem.probability(y).detach() * term(y) for y in problem.labelings()]
        return torch.stack(terms).sum(0)
    return term(pseudo_labels(problem.x_ulb @ problem.theta_t.T, labels, torch.Generator()))


class Row(NamedTuple):
    """cosine: between estimated and exact gradient, NaN where the estimate is 0. length: their ratio."""

    feedback: str
    pseudo_label: str
    seed: int
    cosine: float
    length: float


def gradient_table(seeds: Iterable[int] = range(9)) -> list[Row]:
    """Every choice of feedback and pseudo label on random problems: ready for pandas.DataFrame."""
    rows = []
    for seed in seeds:
        problem = toy(seed)
        exact = exact_gradient(problem).flatten()
        for kind, labels in product(("old_minus_new", "new_minus_old"), ("sampled", "argmax", "soft")):
            estimate = estimated_gradient(problem, kind, labels).flatten()
            length = (estimate.norm() / exact.norm()).item()
            cosine = (estimate @ exact / (estimate.norm() * exact.norm())).item()
            rows.append(Row(kind, labels, seed, cosine if length > 1e-12 else float("nan"), length))
    return rows
