"""Reference farmers of the fruit market: autarky, and a trader who swaps one for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from society.world.scenario import Action

if TYPE_CHECKING:
    from .fruit_market import FruitMarket, FruitMarketState

FAR = 1 << 20
LOADED = 4  # fruits of its own with which a trader goes to meet somebody


def autarky(world: FruitMarket, s: FruitMarketState) -> Action:
    """Harvests its own trees in view and eats at once, what it likes best first."""
    return {"move": _search(world, s), "offer": torch.zeros_like(s.pos), "eat": _meal(world, s, own=s.pos >= 0)}


def trader(world: FruitMarket, s: FruitMarketState) -> Action:
    """Harvests its own, offers one for one while it has any, eats what it likes best; its own only when nearly hungry.

    With wares and nobody of the other kind in reach it walks towards the nearest.
    """
    mine = s.stock.gather(-1, world.kind.expand_as(s.pos)[..., None])[..., 0]
    table = world.parts.market.table.to(s.pos.device)
    # the cheapest lot of those that give one's own: one for one where the market has it
    price = (table[:, 2] + table[:, 3]) + FAR * (table[:, 0] != world.kind[:, None])
    offer = torch.where(mine > 0, price.argmin(-1), 0)
    dx, dy = world.torus.ways(s.pos)
    apart = dx.abs() + dy.abs() + FAR * (world.kind[:, None] == world.kind)
    nearest, who = apart.min(dim=-1)
    within = torch.maximum(dx.abs(), dy.abs()).gather(-1, who[..., None])[..., 0] <= world.parts.market.config.reach
    meet = (mine >= LOADED) & ~within & (nearest < FAR)
    move = torch.where(meet, world.torus.step_towards(s.pos, s.pos.gather(1, who)), _search(world, s))
    return {"move": move, "offer": offer, "eat": _meal(world, s, own=s.fasting >= world.config.hunger_after)}


def _meal(world: FruitMarket, s: FruitMarketState, own: Tensor) -> Tensor:
    """The fruit to eat [W, N]: the other kind's if one is held, one's own where `own` says so, else none."""
    mine = world.kind.expand_as(s.pos)
    has = s.stock.gather(-1, mine[..., None])[..., 0] > 0
    other = s.stock.gather(-1, (1 - mine)[..., None])[..., 0] > 0
    return torch.where(other, 2 - mine, torch.where(has & own, 1 + mine, 0))


def _search(world: FruitMarket, s: FruitMarketState) -> Tensor:
    """The move towards the nearest ripe tree of one's own kind in view; where there is none, straight on."""
    cells = world.window[s.pos]
    dx, dy = world.torus.way(s.pos[..., None], cells)
    worlds = torch.arange(len(cells), device=cells.device)[:, None, None]
    wanted = s.ripe[worlds, cells] & (s.grows[worlds, cells] == 1 + world.kind[:, None])
    far, best = torch.where(wanted, dx.abs() + dy.abs(), FAR).min(dim=-1)
    goal = cells.gather(-1, best[..., None])[..., 0]
    straight = torch.where(s.heading > 0, s.heading, 1 + s.pos % 4)
    return torch.where(far < FAR, world.torus.step_towards(s.pos, goal), straight)
