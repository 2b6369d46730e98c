"""Adam on rows of weights, one mind a row, with gradients clipped for each mind; frozen rows stay as they are."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor
from torch.optim.adam import adam

from society.population.population import Population

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-5


class Adam:
    """Steps of Adam (Kingma & Ba 2015) for P minds from where a population stands; it is left as it was.

    `population` is the one after the steps so far. Weights and moments are copied once and then changed in place, row by row
    by torch's fused kernel: a step reads each number once, and with many minds a step of many passes would cost more than the
    gradient. Rows that are not live, or that `may` [P] excludes (a mind without a step to learn from), keep weights, moments
    and step count.
    """

    def __init__(self, population: Population, max_norm: float, may: Tensor | None = None):
        names = ("weights", "moment1", "moment2", "steps")
        self.population = replace(population, **{name: getattr(population, name).clone() for name in names})
        self.max_norm = max_norm
        self.live = population.live if may is None else population.live & may
        self.rows = self.live.nonzero()[:, 0].tolist()

    def step(self, grad: Tensor, lr: float) -> Tensor:
        """One step down the gradient [P, D], which is overwritten; returns each mind's gradient norm [P]."""
        norm = grad.norm(dim=1)
        grad.mul_((self.max_norm / (norm + 1e-6)).clamp_(max=1.0)[:, None])
        now = self.population
        weights, grads, one, two, steps = (
            [tensor[row] for row in self.rows] for tensor in (now.weights, grad, now.moment1, now.moment2, now.steps.float())
        )
        if self.rows:
            adam(
                weights, grads, one, two, [], steps, fused=True, amsgrad=False, beta1=BETA1, beta2=BETA2, lr=lr,
                weight_decay=0.0, eps=EPSILON, maximize=False,
            )  # fmt: skip
        now.steps.add_(self.live)
        return norm
