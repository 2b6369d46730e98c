"""Schedules of demand and supply: drawn anew for a world, and where they cross."""

from __future__ import annotations

import torch
from torch import Tensor

from society.keys import Keys

CENTRE, REACH = (0.25, 0.75), (0.05, 0.4)  # shares of the highest price


def draw(key: Keys, purpose: str, buyers: int, sellers: int, units: int, top: int) -> Tensor:
    """Random limits [W, N, U] in 1..top: buyers' values falling from seat to seat, then sellers' costs rising.

    A world has one centre, uniform over the middle half of the price range, and four reaches of 5-40 % of that range: how
    far the values and the costs lie above and below the centre. Units are uniform between their bounds, so demand may be
    steep and supply flat, and the equilibrium is not the centre.
    """
    centre = _between(key.uniform(f"{purpose}.centre", 1), CENTRE)
    low, high = _between(key.uniform(f"{purpose}.reach", 2, 2), REACH).unbind(1)
    sides = []
    for side, count in enumerate((buyers, sellers)):
        at = key.uniform(f"{purpose}.{side}", count * units)
        bottom = centre - low[:, side, None]
        limits = ((bottom + at * (low + high)[:, side, None]) * top).round().long().clamp(1, top)
        sides.append(limits.sort(dim=1, descending=side == 0).values.view(-1, units, count).transpose(1, 2))
    return torch.cat(sides, dim=1)


def _between(share: Tensor, bounds: tuple[float, float]) -> Tensor:
    return bounds[0] + share * (bounds[1] - bounds[0])


def equilibrium(limits: Tensor, buyers: int, top: int) -> tuple[Tensor, Tensor]:
    """The competitive price [W], float32, and the most that trade can give [W], of limits [W, N, U].

    The price is the middle of the interval that clears the market, which 0 and top + 1 bound (Smith 1962); the most is the
    sum of value - cost over the units of the equilibrium.
    """
    demand = limits[:, :buyers].flatten(1).sort(dim=1, descending=True).values
    supply = limits[:, buyers:].flatten(1).sort(dim=1).values
    n = min(demand.shape[1], supply.shape[1])
    gain = (demand[:, :n] - supply[:, :n]).clamp(min=-1)
    quantity = (gain >= 0).sum(1, keepdim=True)
    none, all_ = torch.zeros_like(quantity), torch.full_like(quantity, top + 1)
    wants, offers = torch.cat([all_, demand, none], 1), torch.cat([none, supply, all_], 1)  # the q-th unit is at place q
    low = torch.maximum(offers.gather(1, quantity), wants.gather(1, quantity + 1))
    high = torch.minimum(wants.gather(1, quantity), offers.gather(1, quantity + 1))
    return (low + high)[:, 0].float() / 2, gain.clamp(min=0).sum(1)
