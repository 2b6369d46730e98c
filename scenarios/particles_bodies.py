"""Who and what is in a particle world: roles of seats, kinds of landmarks. No world by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """Seats that are alike: their bodies, and what they perceive in mpe2's order. Without thrust a body stays where it is."""

    name: str
    sees: tuple[str, ...]
    count: int = 1
    radius: float = 0.05
    thrust: float = 5.0
    top: float = math.inf
    speaks: bool = False
    colour: str = "#0072B2"


@dataclass(frozen=True)
class Mark:
    """Landmarks that are alike; they begin anywhere in [-spread, spread] squared. Solid ones push what runs into them."""

    name: str
    count: int
    radius: float = 0.05
    solid: bool = False
    spread: float = 1.0
    colours: tuple[str, ...] = ("#999999",)
