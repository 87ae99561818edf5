"""A network's first filters as a whitening of what they see: fine texture counts from the first step on.

Neighbouring pixels of a face hardly differ: nearly all the variance of its 3x3 windows is their brightness.
Filters drawn at random see little else, while what a print or a display leaves behind are differences of a
few grey levels. Whitened windows have the same variance in every direction (Coates and Ng, "Learning feature
representations with k-means", 2012; as the first layer of a network: Page, "How to train your ResNet",
2018).
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

#: Variance of one grey level of 8 bits, in [-1, 1]: what is weaker is left weak.
EPS = (2 / 255) ** 2


def whitening(x: Tensor, k: int, eps: float = EPS) -> Tensor:
    """W with W (C + eps) W' = 1, C the covariance of the k x k windows of x (n, c, S, S): (d, d) float64.

        C = V diag(lambda) V'        W = V diag(1 / sqrt(lambda + eps)) V'        d = c k k

    Of all such matrices the symmetric one, which does not depend on the signs of the eigenvectors. Labels are
    not used.
    """
    windows = F.unfold(x.cpu().double(), k, stride=k)  # (n, d, L)
    windows = windows.transpose(1, 2).reshape(-1, windows.shape[1])  # (n L, d)
    windows = windows - windows.mean(0)
    values, v = torch.linalg.eigh(windows.T @ windows / len(windows))  # (d,), (d, d)
    return (v * (values.clamp_min(0) + eps).rsqrt()) @ v.T


@torch.no_grad()
def whiten(weight: Tensor, x: Tensor, generator: Generator) -> None:
    """Set filters (C, c, k, k) to random directions of the whitened windows of x (n, c, S, S).

    The directions are orthonormal, so that the filters' answers to x are uncorrelated, with a variance of
    lambda / (lambda + eps); where there are more filters than d, each d of them are.
    """
    many, d = len(weight), weight[0].numel()
    blocks = [
        torch.linalg.qr(torch.randn(d, d, dtype=torch.float64, generator=generator))[0]
        for _ in range(-(-many // d))
    ]
    filters = torch.cat(blocks)[:many] @ whitening(x, weight.shape[-1])  # (C, d)
    # Linear algebra's last digits hang on threads and on where memory lies; 11 bits do not, and are enough.
    weight.copy_(filters.half().view_as(weight))
