"""A scenario as a `mesa.Model`: a society of trained minds, scripts and a Mesa user's own agents in one world.

    class MyTrader(SocietyAgent):
        def choose(self, observation):
            return {"move": 2, "offer": 1}

    model = SocietyModel("bazaar", minds="latest", seats={0: MyTrader}, rng=0)
    model.run_for(100)
    model.agents.agg("total_reward", sum)

The world lives in tensors and is stepped by the engine; `model.agents` are views of it. For mesa 3.3 and newer 3.x.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

try:
    import mesa
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(f"{error.name} is missing: pip install 'mesa>=3.3,<4'", name=error.name) from None
import numpy as np
import torch
from torch import Tensor

from ..config import Config
from ..engine import build
from ..engine.evaluation import FIRST_WORLD
from ..engine.rollout import Actor, Clock, Scripted, Tick, ticks
from ..engine.trained import run_config, trained
from ..population.population import Population
from ..world.scenario import Outcome
from ..world.worlds import Worlds, legalise
from .mesa_agents import SocietyAgent
from .mesa_columns import Columns, Now, event_rows, quiet, readers
from .mesa_seats import Sitter, actor, choices, fitting, placed, script, seated
from .mesa_space import Place, Plane, paint, portray, space_of
from .session import settled

__all__ = ["SocietyAgent", "SocietyModel", "paint", "portray"]


class SocietyModel(mesa.Model):
    """One world of a scenario, from its first tick until it ends.

    `scenario`, `preset`, `quick` and the config's fields (with `__` for the dot: `world__size=12`) are those of
    `society.run`. `minds`: a run (a `society.Run`, its directory, its name, "latest") or a `Population`; they sit as in the
    first world of an evaluation, and with a run's own seed as `rng` they live its very course. A run brings its config: fields
    change single ones of it. `seats` gives seats, by number or by role, to subclasses of `SocietyAgent` or to scripts of the
    scenario by name; without minds all other seats are played by the script `others`. An integer `rng` below 2**31 is the
    world's seed; from any other one is drawn, as Mesa does.

    After each step: `reward` is what all seats earned together in it, `events` the rows of its trades and the like,
    `illegal` the forced options so far that became the no-op, `columns` everything that is known of a seat, by name.
    `running` is False when the world ended. `datacollector` collects at the start and after each step; it begins with
    `agents` (how many live) and `reward`, and may be replaced. Raises ConfigError, Unknown, ValueError, Damaged.
    """

    def __init__(
        self,
        scenario: str,
        *,
        preset: str = "default",
        quick: bool = False,
        rng: Any = None,
        minds: Any = None,
        seats: Mapping[int | str, Sitter] | None = None,
        others: str = "random",
        **fields: Any,
    ):
        if "seed" in fields:
            raise ValueError(f"seed = {fields['seed']!r}: Mesa's word for it is rng; give rng={fields['seed']!r}")
        rng = int(rng) if isinstance(rng, np.integer) else rng  # Mesa takes numpy's integers for no seed
        super().__init__(rng=rng)
        seed = rng if isinstance(rng, int) and 0 <= rng < 2**31 else int(self.rng.integers(2**31))
        self.config, population = _lives(scenario, minds, {"preset": preset, "quick": quick}, seed, fields)
        self.rules = build.scenario(self.config, split="all")
        self.spec = self.rules.spec
        device = torch.device(self.config.device)
        self._worlds = Worlds.begin(self.rules, seed, torch.tensor([FIRST_WORLD], device=device))
        self._sitters = placed(self.spec, self.rules.scripts, seats or {})
        self._actor, self._mind = self._actors(population, others)
        self._memory = self._actor.blank(self._worlds)
        self._over = False
        self._space: Place | Plane | None = None
        blank, did = self._nothing()
        self.reward, self.illegal = 0.0, 0
        self.events: dict[str, list[dict[str, float]]] = {table: [] for table in blank.events}
        self._now = Now(self._worlds, blank, did, [0.0] * self.spec.seats, self._mind)
        self._readers = readers(self._now)
        self.columns = Columns(self._readers, self._now)
        self._life: list[int | None] = [None] * self.spec.seats
        self._agents_of: dict[int, SocietyAgent] = {}
        self._succeed(self._lives_now(), self._now.total)
        self.datacollector = mesa.DataCollector({"agents": lambda model: len(model.agents), "reward": "reward"})
        self.datacollector.collect(self)

    def step(self) -> None:
        """One tick of the world. Raises ValueError when it has ended, and what a `choose` raises."""
        if self._over:
            raise ValueError(f"{self.config.scenario}: the world has ended; make a new model")
        with torch.no_grad():
            tick = next(ticks(self._worlds, self._actor, self._memory, 1, Clock()))
        self._take(tick)
        self.datacollector.collect(self)

    def run_for(self, duration: float) -> None:
        """So many steps, or fewer where the world ends."""
        for _ in range(int(duration)):
            if self.running:
                self.step()

    @property
    def space(self) -> Place | Plane | None:
        """Where the agents are, as a space of Mesa's that follows the world; made when it is first asked for."""
        if self._space is None:
            self._space = space_of(self)
            if self._space is not None:
                self._space.follow(self)
        return self._space

    def _actors(self, population: Any, others: str) -> tuple[Actor, list[int]]:
        """Who decides, and the mind of each seat (-1: none)."""
        choose = choices(self.spec, lambda: {s: a for s, a in self._agents_of.items() if isinstance(self._sitters.get(s), type)})
        if population is None:
            rest: Actor = Scripted(script(self.rules.scripts, others))
            mind = [-1] * self.spec.seats
        else:
            if isinstance(population, Path):
                population = trained(population, self.config, self.rules)
            rest = fitting(seated(population, self.config, self.rules), self._worlds)
            mind = [-1 if s in self._sitters else m for s, m in enumerate(rest.seating.mind[0].tolist())]
        return actor(rest, self._sitters, choose, self._worlds), mind

    def _nothing(self) -> tuple[Outcome, Tensor]:
        """What a tick brings where nothing happens, so that all names are known before the first; what is done in it."""
        packed = torch.zeros(1, self.spec.seats, self.spec.numbers, dtype=torch.long, device=self._worlds.world.device)
        with torch.no_grad():
            _, outcome, _ = self._worlds.step(packed, self._worlds.observe())
        return quiet(outcome, torch.ones(self.spec.seats, dtype=torch.bool, device=packed.device)), packed[0]

    def _take(self, tick: Tick) -> None:
        """The world has moved: bury, bear, show."""
        self._worlds, self._memory = tick.ended or tick.after, tick.memory_after
        self._over = bool(tick.over)
        self.running = not self._over
        outcome = tick.outcome
        earned = outcome.reward[0].double().tolist()
        self.reward, self.events = sum(earned), event_rows(outcome)
        self.illegal += 0 if outcome.illegal is None else int(outcome.illegal.sum())
        did = legalise(tick.turn.packed, tick.seen, self.spec)[0][0]
        total = [before + now for before, now in zip(self._now.total, earned, strict=True)]
        lives = self._lives_now()
        fresh = [life != last for life, last in zip(lives, self._life, strict=True)]
        shown = total
        if any(fresh):
            mask = torch.tensor(fresh, device=did.device)
            outcome, did = quiet(outcome, mask), did.masked_fill(mask[:, None], 0)
            shown = [0.0 if new else sum_ for new, sum_ in zip(fresh, total, strict=True)]
        self._now = Now(self._worlds, outcome, did, shown, self._mind)
        self.columns = Columns(self._readers, self._now)
        if any(fresh):
            self._succeed(lives, total)
        if self._space is not None:
            self._space.follow(self)

    def _lives_now(self) -> list[int | None]:
        """The number of each seat's present life; None where nobody lives."""
        state = self._worlds.state
        life, alive = self.rules.life(state), getattr(state, "alive", None)
        numbers = [0] * self.spec.seats if life is None else life[0].tolist()
        return numbers if alive is None else [n if a else None for n, a in zip(numbers, alive[0].tolist(), strict=True)]

    def _succeed(self, lives: list[int | None], total: list[float]) -> None:
        """Whose life ended leaves with its `total`, who was born comes as a new agent of the seat's class."""
        changed = [seat for seat, life in enumerate(lives) if life != self._life[seat]]
        self._life = lives
        for seat in changed:
            if seat in self._agents_of:
                self._agents_of.pop(seat).depart(total[seat])
        for seat in changed:
            if lives[seat] is not None:
                sitter = self._sitters.get(seat)
                self._agents_of[seat] = (sitter if isinstance(sitter, type) else SocietyAgent)(self, seat)


def _lives(
    scenario: str, minds: Any, asked: dict[str, Any], seed: int, fields: dict[str, Any]
) -> tuple[Config, Population | Path | None]:
    """The config of a model, and the minds: a population, a run's directory, nobody."""
    if minds is None or isinstance(minds, Population):
        return settled(scenario, seed=seed, **asked, **fields), minds
    path, config = run_config(getattr(minds, "path", minds))
    if asked != {"preset": "default", "quick": False}:
        raise ValueError(f"preset, quick: the run {path.name} brings its own config; change single fields of it")
    if config.scenario != scenario:
        raise ValueError(f"minds of {path.name}: grew up in {config.scenario}; give that in place of {scenario}")
    own = {k: v for k, v in config.model_dump(mode="json").items() if k not in ("scenario", "preset", "seed", "device")}
    return settled(scenario, seed=seed, **{**own, **fields}), path
