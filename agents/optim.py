"""Adam on rows of weights, one mind a row, with gradients clipped for each mind; frozen rows stay as they are."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from society.population.population import Population

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-5


def adam(
    population: Population, grad: Tensor, lr: float | Tensor, max_norm: float, may: Tensor | None = None
) -> tuple[Population, Tensor]:
    """One step (Kingma & Ba 2015) with gradient [P, D]; returns the population and each mind's gradient norm [P].

    Each mind's gradient is clipped to `max_norm` by itself. Rows that are not live, or that `may` [P] excludes (a mind
    without a step to learn from), keep weights, moments and step count.
    """
    norm = grad.norm(dim=1)
    grad = grad * (max_norm / (norm + 1e-6)).clamp(max=1.0)[:, None]
    steps = population.steps + 1
    one = torch.lerp(grad, population.moment1, BETA1)
    two = torch.lerp(grad.square(), population.moment2, BETA2)
    fix1 = 1 - BETA1 ** steps.to(torch.float64)
    fix2 = 1 - BETA2 ** steps.to(torch.float64)
    scale = (lr / fix1).float()[:, None]
    weights = population.weights - scale * one / ((two / fix2.float()[:, None]).sqrt() + EPSILON)
    live = population.live if may is None else population.live & may
    keep = live[:, None]  # without asking whether any row is frozen: an answer would have to wait for the device
    weights = torch.where(keep, weights, population.weights)
    one, two = torch.where(keep, one, population.moment1), torch.where(keep, two, population.moment2)
    steps = torch.where(live, steps, population.steps)
    return replace(population, weights=weights, moment1=one, moment2=two, steps=steps), norm
