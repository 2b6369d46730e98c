"""Frozen policies in twin worlds under named conditions: what trained minds rely on.

Every condition plays the same worlds by the same keys with one thing changed, so twins can be paired by world. Rows go to
the tables `episodes`, `messages`, `trades`, `contests` and `probes`, frames to the replay; all carry their condition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from ..config import Config
from ..keys import Keys
from ..population.matchmaking import Seating
from ..population.population import Population
from ..record.frames import FrameWriter
from ..record.recorder import Recorder
from ..record.stop import asked_to_stop
from ..world.interventions import Content, Relabel, Scramble, mute
from ..world.scenario import Scenario
from ..world.worlds import Worlds
from . import build
from .filming import frame_bytes, shots
from .probes import can_speak, probe
from .rollout import Clock, Minds, Scripted, Tick, ticks

TWIN_FRAMES = 2  # worlds of a twin, a script or a control that are filmed: enough to lay beside the society as trained
FRAME_BUDGET = 128 * 2**20  # bytes of frames of one condition before compression; one world is filmed whatever it takes
PROBES = 8  # moments of the normal run that are probed
FIRST_WORLD = 1 << 30  # evaluation worlds are none that training ever saw


@dataclass
class Tape:
    """What was said in the normal run: messages [T, W, N, L], from which content and scramble are made."""

    said: list[Tensor] = field(default_factory=list)

    def hear(self, tick: Tick, speech: str) -> None:
        """Add one tick. A seat whose turn it is not says nothing, whatever its mind sampled."""
        spec = tick.worlds.scenario.spec
        self.said.append(tick.turn.packed[..., spec.columns[speech]] * tick.seen.may(spec, speech)[..., None])

    def tensor(self) -> Tensor:
        """[T, W, N, L] int64."""
        return torch.stack(self.said)

    def marginal(self, symbols: int) -> Tensor:
        """Relative frequency [V - 1] of the spoken symbols; uniform if nobody spoke."""
        counts = torch.bincount(self.tensor().flatten(), minlength=symbols)[1:].double()
        return counts / counts.sum() if counts.sum() else torch.ones(symbols - 1, dtype=torch.double)


class Evaluation:
    """One population judged under every condition that the config asks for."""

    def __init__(self, config: Config, population: Population, path: Path, update: int):
        self.config, self.population, self.update = config, population, update
        self.recorder, self.frames = Recorder(path), FrameWriter(path)
        self.plain = self._scenario()
        self.tape = Tape()
        self.missing: dict[str, str] = {}

    def run(self, progress: Callable[[str], None] | None = None) -> dict[str, str]:
        """Play all conditions and scripts and write their rows. Returns condition -> reason for those not played."""
        if self.config.condition != "normal":
            self._play(self.config.condition, self.plain, self.minds())
        else:
            for condition in dict.fromkeys(("normal", *self.config.evaluation.conditions)):
                if progress:
                    progress(condition)
                reason = self._condition(condition)
                if reason:
                    self.missing[condition] = reason
            for name, script in (self.plain.scripts if self.config.evaluation.scripts else {}).items():
                if progress:
                    progress(f"script:{name}")
                self._play(f"script:{name}", self.plain, Scripted(script))
        self.recorder.flush(self.update)
        self.frames.flush(self.update)
        return self.missing

    def _scenario(self, **changes: Any) -> Scenario:
        """The scenario with every task, also those that training held out, and one thing changed."""
        return build.scenario(self.config, split="all", **changes)

    def minds(self, population: Population | None = None, mind: Tensor | None = None) -> Minds:
        """Who acts: this population, seated by the config's matchmaker if nobody says where each mind [W, N] sits."""
        e, spec = self.config.evaluation, self.plain.spec
        population = population or self.population
        if mind is None:
            key = Keys.worldless(self.config.seed, "evaluation.seating")
            mind = build.matchmaker(self.config)(self.population.minds, spec, e.worlds, key)
        mind = mind.to(population.weights.device)
        return Minds(population, Seating.of(mind, population.minds), e.temperature)

    def _condition(self, condition: str) -> str | None:
        """Play one condition, or say why it cannot be."""
        reason = lacks(condition, self.config, self.plain)
        if reason:
            return reason
        if condition == "strangers":
            return self._strangers()
        self._play(condition, self.stage(condition), self.minds())
        return None

    def stage(self, condition: str) -> Scenario:
        """The scenario of a condition: the run's own, or a twin. `content` and `scramble` need the normal run's tape."""
        config, symbols = self.config, self.config.channel.symbols
        changed: dict[str, Callable[[], Scenario]] = {
            "normal": lambda: self.plain,
            config.condition: lambda: self.plain,
            "mute": lambda: self._scenario(intervention=mute),
            "content": lambda: self._scenario(intervention=Content(self.tape.marginal(symbols))),
            "relabel": lambda: self._scenario(intervention=Relabel(config.seed, symbols)),
            "scramble": lambda: self._scenario(
                intervention=Scramble(self.tape.tensor(), FIRST_WORLD, self.plain.spec.episode)
            ),
            "tradeless": lambda: self._scenario(trade=False),
            "peaceful": lambda: self._scenario(peace=True),
        }
        return changed[condition]()

    def begin(self, scenario: Scenario) -> Worlds:
        """The worlds that every condition plays, at their start."""
        device = torch.device(self.config.device)
        worlds = torch.arange(FIRST_WORLD, FIRST_WORLD + self.config.evaluation.worlds, device=device)
        return Worlds.begin(scenario, self.config.seed, worlds)

    def _strangers(self) -> str | None:
        """Another run's minds in seat 0 of every world."""
        from .strangers import adopt

        if not self.config.evaluation.strangers:
            return "no other run was named; give --evaluation.strangers RUN"
        both, reason = adopt(self.config, self.population, self.plain)
        if both is None:
            return reason
        host = self.minds().seating.mind
        mind = host.clone()
        mind[:, 0] = host[:, 0] + self.population.minds
        self._play("strangers", self.plain, self.minds(both, mind))
        return None

    def _play(self, condition: str, scenario: Scenario, actor: Minds | Scripted) -> None:
        """Play one condition and record it."""
        config, e = self.config, self.config.evaluation
        worlds = self.begin(scenario)
        mind = actor.seating.mind if isinstance(actor, Minds) else torch.full((e.worlds, scenario.spec.seats), -1)
        notes = Notes(self, condition, scenario, mind)
        due, gap = 0, max(e.ticks // PROBES, 1)
        with torch.no_grad():
            for t, tick in enumerate(ticks(worlds, actor, actor.blank(worlds), e.ticks, Clock())):
                if asked_to_stop(self.recorder.path):
                    raise KeyboardInterrupt
                notes.tick(t, tick)
                if condition == "normal" and isinstance(actor, Minds) and t >= due and can_speak(tick):
                    due += gap
                    for rows in probe(config, tick, actor, notes.leading(t)):
                        self.recorder.add("probes", rows)
        notes.close()


class Notes:
    """Takes down one condition: sums for `episodes`, events and messages of the recorded worlds, frames."""

    def __init__(self, owner: Evaluation, condition: str, scenario: Scenario, mind: Tensor):
        self.owner, self.condition, self.scenario = owner, condition, scenario
        self.mind = mind.cpu()
        self.seed = owner.config.seed
        e = owner.config.evaluation
        self.kept = min(e.recorded_worlds, e.worlds)
        framed = e.frames_worlds if condition == "normal" else min(e.frames_worlds, TWIN_FRAMES)
        self.framed, self.framed_ticks = min(framed, e.worlds), min(e.frames_ticks, e.ticks)
        self.speech = next((n for n, h in scenario.spec.heads.items() if h.speech), None)
        self.sums: dict[str, Tensor] = {}
        self.started = 0
        self.last: Tick | None = None

    def leading(self, tick: int) -> dict[str, Any]:
        """The leading columns of a row that belongs to no one world."""
        return {"condition": self.condition, "seed": self.seed, "tick": tick}

    def tick(self, t: int, tick: Tick) -> None:
        """Take down one tick."""
        outcome = tick.outcome
        active = torch.ones_like(outcome.reward) if tick.seen.active is None else tick.seen.active.float()
        now = {"return_": outcome.reward, "ticks": active}
        now |= {f"measure.{name}": measure for name, measure in outcome.measures.items()}
        for name, value in now.items():
            self.sums[name] = self.sums.get(name, 0) + value.double()  # type: ignore[assignment]
        if self.speech:
            self._messages(t, tick)
        for table, (mask, columns) in outcome.events.items():
            self._events(table, t, mask, columns)
        if t < self.framed_ticks and self.framed:
            self._frame(t, tick)
        if bool(tick.over.any()):
            self._episodes(t, tick, tick.over)
        self.last = tick

    def close(self) -> None:
        """Write the episodes that the horizon cut off."""
        assert self.last is not None
        unfinished = (self.sums["ticks"].sum(1) > 0) & ~self.last.over
        self._episodes(self.owner.config.evaluation.ticks - 1, self.last, unfinished)

    def _episodes(self, t: int, tick: Tick, which: Tensor) -> None:
        where = which.nonzero()[:, 0]
        if not len(where):
            return
        spec = self.scenario.spec
        seats = spec.seats
        rows = self.leading(t) | {
            "world": _repeat(where, seats),
            "episode": _repeat(tick.worlds.episode[where], seats),
            "seat": _tile(seats, len(where)),
            "mind": self.mind[where.cpu()].flatten().numpy(),
            "role": list(spec.role_names) * len(where),
        }
        rows |= {name: value[where].flatten().cpu().numpy() for name, value in self.sums.items()}
        self.owner.recorder.add("episodes", rows)
        for name in self.sums:
            self.sums[name] = torch.where(which[:, None], 0.0, self.sums[name])

    def _messages(self, t: int, tick: Tick) -> None:
        assert self.speech is not None
        spec, k = self.scenario.spec, self.kept
        said = tick.turn.packed[..., spec.columns[self.speech]]
        if self.condition == "normal":
            self.owner.tape.hear(tick, self.speech)
        if not k:
            return
        seats = spec.seats
        life = self.scenario.life(tick.worlds.state)
        life = tick.worlds.episode[:, None].expand(-1, seats) if life is None else life
        rows = {
            "world": _repeat(torch.arange(k), seats),
            "episode": _repeat(tick.worlds.episode[:k], seats),
            "seat": _tile(seats, k),
            "mind": self.mind[:k].flatten().numpy(),
            "life": life[:k].flatten().cpu().numpy(),
        }
        rows |= {f"m{i}": said[:k, :, i].flatten().cpu().numpy() for i in range(said.shape[-1])}
        for i, meaning in enumerate(self.scenario.meanings(tick.worlds.state).values()):
            rows[f"meaning{i}"] = meaning[:k].flatten().cpu().numpy()
        keep = tick.seen.may(spec, self.speech)[:k].flatten().cpu().numpy()
        rows = {name: column[keep] for name, column in rows.items()}
        self.owner.recorder.add("messages", self.leading(t) | rows)

    def _events(self, table: str, t: int, mask: Tensor, columns: Any) -> None:
        where = mask[: self.kept].nonzero()
        if not len(where):
            return
        world, seat = where.unbind(1)
        rows = self.leading(t) | {"world": world.cpu().numpy(), "seat": seat.cpu().numpy()}
        rows["mind"] = self.mind[world.cpu(), seat.cpu()].numpy()
        for name, column in columns.items():
            rows[name] = column[world, seat].cpu().numpy()
            if name in ("partner", "target"):
                there = torch.cat([self.mind, torch.full_like(self.mind[:, :1], -1)], dim=1)  # -1: a partner without a seat
                rows[f"{name}_mind"] = there[world.cpu(), column[world, seat].cpu()].numpy()
        self.owner.recorder.add(table, rows)

    def _frame(self, t: int, tick: Tick) -> None:
        # a picture costs most of all where somebody else renders it: only of the worlds that are filmed
        scene = self.scenario.scene(pytree.tree_map(lambda leaf: leaf[: self.framed], tick.worlds.state))
        if scene is None:
            return
        if t == 0:
            self.framed = min(self.framed, max(1, FRAME_BUDGET // (frame_bytes(scene) * self.framed_ticks)))
        for world, cells, seats in shots(scene, self.framed):
            self.owner.frames.add(self.condition, self.seed, world, t, cells, seats)


def _repeat(x: Tensor, seats: int) -> Any:
    return x.repeat_interleave(seats).cpu().numpy()


def _tile(seats: int, worlds: int) -> Any:
    return torch.arange(seats).repeat(worlds).numpy()


def lacks(condition: str, config: Config, world: Scenario) -> str | None:
    """Why this world has nothing that a twin or a control could take away; None if it has."""
    if condition in ("mute", "content", "relabel", "scramble", "muted_from_birth", "content_from_birth"):
        return None if any(head.speech for head in world.spec.heads.values()) else "this world has no channel"
    if condition in ("tradeless", "tradeless_from_birth"):
        return None if world.spec.goods and config.market.enabled else "this world has no market"
    if condition == "peaceful":
        strikes = any(head.contest for head in world.spec.heads.values())
        return None if strikes and config.contest.enabled else "this world has no strikes"
    return None


def scene_facts(scenario: Scenario, worlds: Worlds) -> dict[str, Any] | None:
    """The static facts of the scene, as JSON for meta.json: size, legend, kinds, whether it wraps."""
    scene = scenario.scene(worlds.state)
    if scene is None:
        return None
    return {
        "height": scene.height,
        "width": scene.width,
        "legend": [list(entry) for entry in scene.legend],
        "kinds": [list(entry) for entry in scene.kinds],
        "wraps": scene.wraps,
        "sizes": list(scene.sizes),
    }
