"""A support vector machine over textures, whose decision is turned into a probability of live.

    z    = (x - mean) / scale                                        standardised by the training faces
    f(x) = sum_i alpha_i K(s_i, z) + b,  K linear: s.z / d,  K rbf: exp(-|s - z|^2 / d),  d features
    p(x) = 1 / (1 + exp(a f(x) + c))                                 Platt 1999

a and c are fitted to decisions on subjects that the machine had not seen; so is C chosen. What was learnt is
kept as tensors, and a decision is computed from them alone.
"""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from fasnb import metrics
from fasnb.errors import FasnbError
from fasnb.metrics import Floats

Kernel = Literal["linear", "rbf"]

#: What C is chosen from, the smallest of equals. Both kernels are near 1 on the diagonal, whatever d.
GRID = (0.1, 1.0, 10.0, 100.0)
FOLDS = 5
NAMES = ("mean", "scale", "vectors", "dual", "intercept", "sigmoid")


def folds(groups: NDArray, labels: NDArray, count: int = FOLDS) -> NDArray[np.int64]:
    """The fold (N,) of every sample: a group lies in one fold, and any fold left out leaves both classes.

    Groups are dealt in turn, those of live samples alone, of both, of attacks alone: a class's groups are
    neighbours in that order, so that they never all lie in one fold. FasnbError where a class has fewer than
    two groups.
    """
    live, attack = (np.unique(groups[labels == label]) for label in (1, 0))
    if min(len(live), len(attack)) < 2:
        raise FasnbError("a support vector machine learns from two live and two attack clips at least")
    mixed = np.intersect1d(live, attack)
    turn = np.concatenate([np.setdiff1d(live, mixed), mixed, np.setdiff1d(attack, mixed)])
    place = {group: i % count for i, group in enumerate(turn)}
    return np.array([place[group] for group in groups])


def kernel_of(kind: Kernel, one: Floats, other: Floats) -> Floats:
    """K (n, m) between standardised features (n, d) and (m, d)."""
    products = one @ other.T / one.shape[1]
    if kind == "linear":
        return products
    norms = [(x * x).sum(1) / x.shape[1] for x in (one, other)]
    return np.exp(-np.maximum(norms[0][:, None] + norms[1] - 2 * products, 0))


def platt(decisions: Floats, labels: NDArray) -> tuple[float, float]:
    """(a, c) of Platt's sigmoid: maximum likelihood under his softened targets; classes count alike."""
    from scipy.optimize import minimize
    from scipy.special import expit

    live = labels == 1
    counts = np.where(live, live.sum(), (~live).sum())
    target = np.where(live, (counts + 1) / (counts + 2), 1 / (counts + 2))

    def loss(parameters: Floats) -> tuple[float, Floats]:
        u = parameters[0] * decisions + parameters[1]  # -log p = log(1 + e^u), -log(1 - p) = log(1 + e^-u)
        value = target * np.logaddexp(0, u) + (1 - target) * np.logaddexp(0, -u)
        slope = (expit(u) - (1 - target)) / counts
        return float((value / counts).sum()), np.array([slope @ decisions, slope.sum()])

    start = np.array([-1 / max(float(decisions.std()), 1e-8), 0.0])
    a, c = minimize(loss, start, jac=True, method="BFGS").x
    return float(a), float(c)


class Svm:
    """The machine on features; `fit` or `load` first. 1 = live, 0 = attack."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.learnt: dict[str, Tensor] = {}

    def fit(self, x: NDArray[np.float32], labels: NDArray, groups: NDArray) -> dict[str, Any]:
        """Learn from x (N, d), labels (N,) and groups (N,), which cross-validation keeps together.

        Returns C, the area under the ROC of the held-out decisions, the number of support vectors. FasnbError
        where a class has fewer than two groups.
        """
        fold = folds(groups, labels)
        mean, spread = x.mean(0, dtype=np.float64), x.std(0, dtype=np.float64)
        scale = np.where(spread > 1e-8, spread, 1.0)  # a feature that never varies says nothing
        z = (x - mean) / scale
        # Once for all folds and all C: the standardisation knows held-out faces, but none of their labels.
        gram = kernel_of(self.kernel, z, z)
        held_out = {c: _held_out(gram, labels, fold, c) for c in GRID}
        auc = {c: metrics.auc(values, labels) for c, values in held_out.items()}
        best = max(GRID, key=lambda c: (auc[c], -c))
        machine = _machine(best).fit(gram, labels)
        learnt = {
            "mean": mean,
            "scale": scale,
            "vectors": z[machine.support_],
            "dual": machine.dual_coef_[0],
            "intercept": machine.intercept_,
            "sigmoid": np.array(platt(held_out[best], labels)),
        }
        self.learnt = {
            name: torch.from_numpy(value.astype(np.float32 if name == "vectors" else np.float64))
            for name, value in learnt.items()
        }
        return {"c": best, "held_out_auc": round(auc[best], 4), "vectors": len(machine.support_)}

    def decide(self, x: ArrayLike) -> Floats:
        """f(x) (n,) of features (n, d), above 0 for live."""
        mean, scale, vectors, dual, intercept = (self.learnt[name].numpy() for name in NAMES[:5])
        z = (np.asarray(x, np.float64) - mean) / scale
        return kernel_of(self.kernel, z, vectors.astype(np.float64)) @ dual + intercept

    def score(self, x: ArrayLike) -> NDArray[np.float32]:
        """p(live) (n,) of features (n, d)."""
        from scipy.special import expit

        a, c = self.learnt["sigmoid"].numpy()
        return expit(-(a * self.decide(x) + c)).astype(np.float32)

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take over what `learnt` was; KeyError for a missing tensor, RuntimeError where shapes disagree."""
        learnt = {name: tensors[name] for name in NAMES}
        n, d = learnt["vectors"].shape
        shapes = {"mean": (d,), "scale": (d,), "dual": (n,), "intercept": (1,), "sigmoid": (2,)}
        for name, shape in shapes.items():
            if tuple(learnt[name].shape) != shape:
                raise RuntimeError(f"{name} is {tuple(learnt[name].shape)} and not {shape}")
        self.learnt = learnt


def _machine(c: float) -> Any:
    from sklearn.svm import SVC

    return SVC(C=c, kernel="precomputed", class_weight="balanced")


def _held_out(gram: Floats, labels: NDArray, fold: NDArray, c: float) -> Floats:
    """Decisions (N,) of every sample by a machine that was fitted without its fold."""
    out = np.empty(len(labels))
    for number in np.unique(fold):
        rest, own = fold != number, fold == number
        fitted = _machine(c).fit(gram[np.ix_(rest, rest)], labels[rest])
        out[own] = fitted.decision_function(gram[np.ix_(own, rest)])
    return out
