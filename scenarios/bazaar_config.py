"""The rules of the bazaar that a run can change."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from society.config import Frozen


class BazaarConfig(Frozen):
    """Rules of the bazaar."""

    seats: int = Field(8, ge=2, le=10_000, description="seats of a world")
    size: int = Field(20, ge=3, le=1000, description="side of the square torus in cells")
    goods: int = Field(2, ge=2, le=4, description="kinds of goods")
    recipes: Literal["all", "pairs"] = Field(
        "all", description="all: a meal is one of each good; pairs: two meals, A with B and C with D"
    )
    layout: Literal["scattered", "patches"] = Field("scattered", description="where goods grow")
    density: float = Field(0.08, gt=0, le=0.25, description="share of cells on which each good grows")
    abundance: tuple[Annotated[float, Field(gt=0, le=4)], ...] = Field(
        (), max_length=4, description="share of cells of each good in units of `density`; none given: all alike"
    )
    regrowth: float = Field(0.1, ge=0, le=1, description="probability a tick that a harvested cell is ripe again")
    own_yield: int = Field(5, ge=0, le=100, description="units that a harvest of one's own good gives")
    other_chance: float = Field(0.25, ge=0, le=1, description="probability that another good's harvest gives its unit")
    capacity: int = Field(10, ge=1, le=1000, description="most units of each good that a seat can hold")
    life: int = Field(48, ge=0, le=100_000, description="ticks between birth and death; 0: nobody dies")
    view: int = Field(2, ge=0, le=5, description="radius of the square that a seat sees, in cells")
    voice: Literal["free", "constant"] = Field(
        "free", description="constant: nobody can be silent, so who calls and when says nothing and only the symbol can"
    )
    guards: int = Field(
        0, ge=0, le=255, description="seats beside a victim that do not strike and make strikes at it fail; 0: nobody guards"
    )
    loot: int = Field(1, ge=1, le=1000, description="of so many units taken by a strike the striker keeps one, the rest is lost")
    episode: int = Field(512, ge=1, le=1_000_000, description="ticks of an episode")

    @model_validator(mode="after")
    def _fits(self) -> BazaarConfig:
        if self.recipes == "pairs" and self.goods % 2:
            raise ValueError(f"goods = {self.goods} cannot be eaten in pairs; use 2 or 4, or recipes = all")
        if self.abundance and len(self.abundance) != self.goods:
            raise ValueError(f"abundance has {len(self.abundance)} numbers for {self.goods} goods; give one for each")
        if sum(self.shares) > 1:
            raise ValueError(f"the goods would cover {sum(self.shares):g} of the cells; lower density or abundance to 1 in all")
        return self

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of the cells on which each good grows."""
        return tuple(self.density * a for a in self.abundance or (1.0,) * self.goods)
