"""The contract of a world, checked by playing it: `check(scenario class)` returns what broke it.

The scenario is built from its `default` and `quick` presets, plain and muted, tradeless and peaceful, and played with a
mixture of random actions and its own scripts. Whatever goes wrong inside it becomes a finding of one line.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from ..keys import Keys
from ..registry import one_line
from .channel import Channel, ChannelConfig
from .contest import Contest, ContestConfig
from .interventions import mute
from .market import Market, MarketConfig
from .scenario import Head, Observation, Outcome, Parts, Scenario, Spec
from .worlds import Worlds, legalise

SEED = 20_240_607
FIRST = 5_000  # the first world's number; 0 would hide a world that forgets its identity
BATCH, SMALL = 64, 8
PICKED = (13, 63)  # worlds of the batch that are compared with themselves in other company
TICKS = 32
CUT = 20  # longer episodes are cut here, so that every course crosses a reset
SECONDS = {BATCH: 0.5, SMALL: 0.3}  # of one recorded course; a slow world is played for fewer ticks
TOLERANCE = 1e-5
VARIANTS = ("plain", "muted", "tradeless", "peaceful")

Frame = dict[str, Tensor]  # one tick of some worlds: what is compared


@dataclass(frozen=True)
class Finding:
    """A rule of the contract and how it was broken, one line each."""

    rule: str
    detail: str


@dataclass
class Book:
    """Where findings are written down; the same one under several variants is noted once."""

    found: list[Finding] = field(default_factory=list)
    known: set[tuple[str, str]] = field(default_factory=set)
    where: str = ""

    def expect(self, holds: object, rule: str, detail: str) -> bool:
        """Note a finding unless `holds`; returns whether it holds."""
        if not bool(holds) and (rule, detail) not in self.known:
            self.known.add((rule, detail))
            self.found.append(Finding(rule, f"{self.where}: {detail}"))
        return bool(holds)

    @contextmanager
    def trying(self, rule: str) -> Iterator[None]:
        """Whatever is raised inside becomes a finding."""
        try:
            yield
        except Exception as error:  # a user's scenario may raise anything
            self.expect(False, rule, one_line(error))


def check(scenario: Any, ticks: int = TICKS) -> list[Finding]:
    """Play a scenario class, each course for `ticks`, and return every breach of the contract.

    It takes a second or two, for a slow world at most about ten, and raises nothing, whatever the scenario does.
    """
    book = Book(where=getattr(scenario, "__name__", repr(scenario)))
    is_one = isinstance(scenario, type) and issubclass(scenario, Scenario)
    if not book.expect(is_one, "scenario", "is no subclass of society.world.scenario.Scenario"):
        return book.found
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.no_grad(), book.trying("scenario"):
            for preset in dict.fromkeys(("default", *(name for name in scenario.PRESETS if name == "quick"))):
                _preset(book, scenario, preset, ticks)
    finally:
        torch.set_num_threads(threads)
    return book.found


def build(scenario: type[Scenario], preset: str = "default", variant: str = "plain") -> Scenario:
    """The scenario under one of its presets, whole or without one component (see `VARIANTS`)."""
    given: Mapping[str, Any] = scenario.PRESETS.get(preset, {})

    def section(name: str, schema: Any) -> Any:
        return schema.model_validate_json(json.dumps(given.get(name, {})), strict=True)

    world = section("world", scenario.Config)
    market, contest = section("market", MarketConfig), section("contest", ContestConfig)
    market = market.model_copy(update={"enabled": market.enabled and variant != "tradeless"})
    contest = contest.model_copy(update={"enabled": contest.enabled and variant != "peaceful"})
    channel = Channel(section("channel", ChannelConfig), mute if variant == "muted" else None)
    return scenario(world, Parts(channel, Market(market, goods=getattr(world, "goods", 2)), Contest(contest)))


def _preset(book: Book, scenario: type[Scenario], preset: str, ticks: int) -> None:
    def make(variant: str = "plain") -> Scenario:
        made = build(scenario, preset, variant)
        if made.spec.episode > ticks:  # long episodes end with the core's own cut
            made.spec = replace(made.spec, episode=CUT * ticks // TICKS)
        return made

    for variant in VARIANTS:
        book.where = preset if variant == "plain" else f"{preset}, {variant}"
        with book.trying("scenario"):
            whole = build(scenario, preset, variant)
            if variant == "plain":
                with book.trying("spec"):
                    _spec(book, whole)
            with book.trying("step"):
                whole_course = _course(book, make(variant), whole.spec, variant, ticks if variant == "plain" else ticks // 2)
                if variant == "plain" and whole_course:
                    with book.trying("determinism"):
                        _company(book, make, ticks)
    book.where = preset
    if any(head.speech for head in build(scenario, preset).spec.heads.values()):
        with book.trying("mute"):
            _muteness(book, make, ticks // 3)


# ---------------------------------------------------------------- what a world says of itself


def _spec(book: Book, made: Scenario) -> None:
    spec, channel = made.spec, made.parts.channel.config
    book.expect(spec.seats >= 1 and spec.episode >= 1, "spec", f"seats {spec.seats}, episode {spec.episode}: 1 or more")
    book.expect(spec.heads, "spec", "has no action head; give it one with option 0, the no-op")
    for name, head in spec.heads.items():
        book.expect(head.size >= 1 and head.length >= 1, "spec", f"head {name} has size {head.size} x {head.length}")
        fits = not head.speech or head == Head(channel.symbols, channel.length, speech=True)
        book.expect(fits, "spec", f"speech head {name} must have the channel's symbols and length")
    book.expect(spec.features >= 1, "spec", "has no observation fields")
    for name in spec.hearing:
        book.expect(name in spec.fields, "spec", f"hearing names {name!r}, which is no field of the observation")
    roles = spec.seat_roles or (0,) * spec.seats
    book.expect(len(roles) == spec.seats, "spec", f"seat_roles has {len(roles)} entries for {spec.seats} seats")
    book.expect(all(0 <= r < len(spec.roles) for r in roles), "spec", f"seat_roles {roles} name no role of {spec.roles}")
    plain = json.dumps(dict(made.declared)) if hasattr(made, "declared") else ""
    book.expect(plain, "spec", "has no `declared`: what analysis must know of it, as plain JSON ({} for nothing)")


# ---------------------------------------------------------------- playing


def _begin(made: Scenario, numbers: Tensor) -> Worlds:
    return Worlds.begin(made, SEED, FIRST + numbers)


def _random(spec: Spec, seen: Observation, key: Keys) -> Tensor:
    """Legal options [W, N, K], all alike; those of a seat without a legal one are whatever comes."""
    parts = []
    for name, head in spec.heads.items():
        score = key.uniform(f"check.{name}", spec.seats, head.length, head.size)
        if seen.mask is not None:
            score = score + seen.mask[..., None, spec.options[name]]
        parts.append(score.argmax(-1))
    return torch.cat(parts, dim=-1)


def _mixed(worlds: Worlds, seen: Observation) -> Tensor:
    """World by world in turn: random actions, then each script."""
    spec = worlds.scenario.spec
    packed, scripted = _random(spec, seen, worlds.key), list(_scripted(Book(), worlds, seen).values())
    for number, acts in enumerate(scripted, start=1):
        packed = torch.where((worlds.world % (len(scripted) + 1) == number)[:, None, None], acts, packed)
    return packed


def _frame(worlds: Worlds, seen: Observation, outcome: Outcome | None, rows: Tensor) -> Frame:
    """Copies of everything about some rows of the worlds, by name."""
    leaves, _ = pytree.tree_flatten_with_path(worlds.state)
    found = {f"state{pytree.keystr(path)}": leaf for path, leaf in leaves}
    found |= {f"observation.{name}": value for name, value in vars(seen).items() if value is not None}
    if outcome is not None:
        found |= {f"outcome.{name}": value for name, value in vars(outcome).items() if isinstance(value, Tensor)}
        found |= {f"measure {name}": value for name, value in outcome.measures.items()}
    return {name: tensor[rows].clone() for name, tensor in found.items()}


def _play(
    made: Scenario, numbers: Tensor, rows: Tensor, actions: list[Tensor] | int, between: Callable[[], None] | None = None
) -> tuple[list[Tensor], list[Frame]]:
    """Play given actions, or a mixture for so many ticks if time allows; returns the actions and frames of `rows`."""
    worlds, taken, frames = _begin(made, numbers), [], []
    start = time.monotonic()
    for t in range(actions if isinstance(actions, int) else len(actions)):
        if between:
            between()
        seen = worlds.observe()
        packed = _mixed(worlds, seen) if isinstance(actions, int) else actions[t]
        before = worlds
        worlds, outcome, _ = worlds.step(packed, seen)
        frames.append(_frame(before, seen, outcome, rows))
        taken.append(packed)
        if isinstance(actions, int) and t > 1 and time.monotonic() - start > SECONDS[BATCH]:
            break
    frames.append(_frame(worlds, worlds.observe(), None, rows))
    return taken, frames


def _company(book: Book, make: Callable[[], Scenario], ticks: int) -> None:
    """Determinism and leaks: the same worlds again, by another object, beside other worlds, in another order, alone."""
    everyone, picked = torch.arange(BATCH), torch.tensor(PICKED)
    made = make()
    actions, told = _play(made, everyone, picked, ticks)
    again = "the same keys and actions gave another course"
    _same(book, "determinism", again, told, _play(made, everyone, picked, actions)[1], 0.0)
    _same(book, "hidden state", f"{again} in a fresh object", told, _play(make(), everyone, picked, actions)[1], 0.0)
    with book.trying("hidden state"):
        other = [_begin(made, torch.arange(BATCH, BATCH + 3))]

        def visit() -> None:
            seen = other[0].observe()
            other[0] = other[0].step(_random(made.spec, seen, other[0].key), seen)[0]
            _begin(made, torch.arange(BATCH + 7, BATCH + 9))

        course = _play(made, everyone, picked, actions, visit)[1]
        _same(book, "hidden state", f"{again} while the same object ran other worlds", told, course, 0.0)
    turned = _play(made, everyone.flip(0), BATCH - 1 - picked, [a.flip(0) for a in actions])[1]
    _same(book, "leak", "a world's course depends on its place in the batch", told, turned, TOLERANCE)
    for place, number in enumerate(PICKED):
        rows = slice(number, number + 1)
        alone = _play(made, everyone[rows], torch.arange(1), [a[rows] for a in actions])[1]
        mine = [{name: tensor[place : place + 1] for name, tensor in frame.items()} for frame in told]
        if not _same(book, "leak", "a world alone takes another course than among 64", mine, alone, TOLERANCE):
            break


def _same(book: Book, rule: str, detail: str, one: list[Frame], two: list[Frame], tolerance: float) -> bool:
    """Integers bit for bit, floats within the tolerance; names the first tick and tensor that differ."""
    for t, (a, b) in enumerate(zip(one, two, strict=True)):
        for name in a:
            if name not in b or not _close(a[name], b[name], tolerance):
                return book.expect(False, rule, f"{detail}: {name} differs at tick {t}")
    return True


def _close(a: Tensor, b: Tensor, tolerance: float) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.is_floating_point() and tolerance:
        return torch.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
    return bool(((a == b) | (a.isnan() & b.isnan())).all())


# ---------------------------------------------------------------- tick by tick


def _course(book: Book, made: Scenario, spec: Spec, variant: str, ticks: int) -> bool:
    """Play one variant and look at everything it returns; whether it can be played. `spec` is the uncut one."""
    worlds = _begin(made, torch.arange(SMALL))
    leaves, shape = pytree.tree_flatten(worlds.state)
    if not _state(book, worlds.state, leaves):
        return False
    start = time.monotonic()
    for t in range(ticks):
        copies = [leaf.clone() for leaf in pytree.tree_leaves(worlds.state)]
        seen = worlds.observe()
        kept = all(_close(a, b, 0.0) for a, b in zip(pytree.tree_leaves(worlds.state), copies, strict=True))
        book.expect(kept, "in place", "observe changes the state that it was given")
        if not _observation(book, made, seen):
            return False
        actions = {"random": _random(made.spec, seen, worlds.key)} | _scripted(book, worlds, seen)
        packed = actions[list(actions)[t // 3 % len(actions)]]
        if not _outcome(book, made, _pure(book, worlds, seen, packed)):
            return False
        before = worlds
        worlds, outcome, ended = worlds.step(packed, seen)
        last = ended or worlds
        now, after = pytree.tree_flatten(last.state)
        kept = after == shape and all(a.shape == b.shape and a.dtype == b.dtype for a, b in zip(now, leaves, strict=True))
        book.expect(kept, "state", "step returns tensors of other shapes or dtypes than reset")
        _episodes(book, spec, before, outcome)
        _goods(book, made, before.state, outcome, last.state)
        _lives(book, made, before.state, outcome, last.state)
        _without(book, variant, outcome)
        _looks(book, made, worlds.state)
        if t > 1 and time.monotonic() - start > SECONDS[SMALL]:
            break
    return True


def _shaped(book: Book, rule: str, name: str, x: Any, shape: tuple[int, ...], kind: str = "") -> bool:
    """Whether x is a tensor of this shape, and of this kind: "float", "bool" or "int"; "" is any."""
    if not book.expect(isinstance(x, Tensor), rule, f"{name} is no tensor but {type(x).__name__}"):
        return False
    kinds = {"float": x.is_floating_point(), "bool": x.dtype == torch.bool, "": True}
    kinds["int"] = not kinds["float"] and not kinds["bool"] and not x.is_complex()
    fine = book.expect(kinds[kind], rule, f"{name} has dtype {x.dtype}, which is no {kind}")
    return book.expect(x.shape == shape, rule, f"{name} has shape {list(x.shape)}, not {list(shape)}") and fine


def _state(book: Book, state: Any, leaves: list[Any]) -> bool:
    book.expect(is_dataclass(state), "state", f"is a {type(state).__name__}; make it a class under @state")
    fine = book.expect(leaves, "state", "holds no tensor")
    for leaf in leaves:
        text = f"a leaf is a {type(leaf).__name__}: mark the class @state and keep tensors in it"
        fine &= book.expect(isinstance(leaf, Tensor), "state", text)
        if isinstance(leaf, Tensor):
            fine &= book.expect(leaf.shape[:1] == (SMALL,), "state", f"a tensor {list(leaf.shape)} has not W worlds first")
    return fine


def _observation(book: Book, made: Scenario, seen: Observation) -> bool:
    spec, seats = made.spec, (SMALL, made.spec.seats)
    fine = _shaped(book, "observation", "features", seen.features, (*seats, spec.features), "float")
    if not fine:
        return False
    book.expect(seen.features.isfinite().all(), "observation", "features hold a NaN or an infinity")
    if seen.active is not None and not _shaped(book, "observation", "active", seen.active, seats, "bool"):
        return False
    if seen.mask is None:
        return True
    options = sum(head.size for head in spec.heads.values())
    if not _shaped(book, "mask", "mask", seen.mask, (*seats, options), "bool"):
        return False
    for name, where in spec.options.items():
        free = seen.mask[..., where].any(-1)
        free = free if seen.active is None else free | ~seen.active
        book.expect(free.all(), "mask", f"head {name} leaves an active seat without a legal option")
    return True


def _scripted(book: Book, worlds: Worlds, seen: Observation) -> dict[str, Tensor]:
    """What each script would do, [W, N, K], if it is an action at all."""
    made, spec, acts = worlds.scenario, worlds.scenario.spec, {}
    for name, script in made.scripts.items():
        with book.trying("scripts"):
            action = script.act(worlds.state, seen, worlds.key)
            fine = book.expect(set(action) == set(spec.heads), "scripts", f"{name} acts on the heads {sorted(action)}")
            for head, shape in spec.heads.items():
                long = (shape.length,) if shape.length > 1 else ()
                wanted = (len(worlds.world), spec.seats, *long)
                fine = fine and _shaped(book, "scripts", f"{name}: {head}", action[head], wanted, "int")
            if fine:
                acts[name] = spec.pack(action)
                _, illegal = legalise(acts[name], seen, spec)
                legal = illegal is None or not illegal.any()
                book.expect(legal, "scripts", f"{name} does what is illegal or out of range")
    return acts


def _pure(book: Book, worlds: Worlds, seen: Observation, packed: Tensor) -> Outcome:
    """One step: nothing that is handed in is changed, and the inactive do nothing."""
    made, key = worlds.scenario, worlds.key
    action = made.spec.unpack(legalise(packed, seen, made.spec)[0])
    given, _ = pytree.tree_flatten((worlds.state, action, vars(seen), vars(key)))
    copies = [leaf.clone() if isinstance(leaf, Tensor) else leaf for leaf in given]

    def untouched(what: str) -> None:
        pairs = ((a, b) for a, b in zip(given, copies, strict=True) if isinstance(a, Tensor))
        book.expect(all(_close(a, b, 0.0) for a, b in pairs), "in place", f"{what} changes a tensor that it was given")

    state, outcome = made.step(worlds.state, action, key)
    untouched("step")
    for name in ("scene", "stock", "meanings", "life"):
        getattr(made, name)(worlds.state)
        untouched(name)
    if seen.active is not None:
        other = replace(worlds, seed=worlds.seed + 1).key
        noise = torch.where(seen.active[..., None], packed, _random(made.spec, Observation(seen.features), other))
        noisy = made.step(worlds.state, made.spec.unpack(legalise(noise, seen, made.spec)[0]), key)[0]
        same = all(_close(a, b, 0.0) for a, b in zip(*map(pytree.tree_leaves, (state, noisy)), strict=True))
        book.expect(same, "inactive", "what an inactive seat does changes the world")
    return outcome


def _outcome(book: Book, made: Scenario, outcome: Outcome) -> bool:
    seats, goods = (SMALL, made.spec.seats), (SMALL, made.spec.seats, len(made.spec.goods))
    fine = _shaped(book, "outcome", "reward", outcome.reward, seats, "float")
    fine = fine and book.expect(outcome.reward.isfinite().all(), "reward", "holds a NaN or an infinity")
    wanted: dict[str, tuple[tuple[int, ...], str]] = {"done": ((SMALL,), "bool"), "truncated": ((SMALL,), "bool")}
    wanted |= {"terminated": (seats, "bool"), "forget": (seats, "bool")}
    wanted |= {"created": (goods, "int"), "destroyed": (goods, "int")}
    for name, (shape, kind) in wanted.items():
        value = getattr(outcome, name)
        fine = (value is None or _shaped(book, "outcome", name, value, shape, kind)) and fine
    for name, measure in outcome.measures.items():
        fine = _shaped(book, "outcome", f"measure {name}", measure, seats) and fine
    for table, (mask, columns) in outcome.events.items():
        fine = _shaped(book, "events", f"the rows of {table}", mask, seats, "bool") and fine
        for name, column in columns.items():
            fine = _shaped(book, "events", f"{table}.{name}", column, seats) and fine
    return fine


def _episodes(book: Book, spec: Spec, before: Worlds, outcome: Outcome) -> None:
    if outcome.done is None or spec.ends_early:
        return
    early = outcome.done & (before.tick + 1 < spec.episode)
    book.expect(not early.any(), "episode", "a world is done before spec.episode ticks and spec.ends_early is False")


def _goods(book: Book, made: Scenario, before: Any, outcome: Outcome, after: Any) -> None:
    """Stocks are never negative, and change by what was created and destroyed."""
    stock, now = made.stock(before), made.stock(after)
    if stock is None or now is None:
        book.expect(not made.spec.goods, "goods", f"spec names the goods {made.spec.goods} and stock() gives none")
        return
    shape = (SMALL, made.spec.seats, len(made.spec.goods))
    if not all(_shaped(book, "goods", "stock", one, shape, "int") for one in (stock, now)):
        return
    book.expect((now >= 0).all(), "goods", "a stock is negative")
    flow = torch.zeros_like(stock)
    for sign, amounts in ((1, outcome.created), (-1, outcome.destroyed)):
        if amounts is not None:
            book.expect((amounts >= 0).all(), "goods", "created or destroyed is negative")
            flow = flow + sign * amounts
    missing = (now - stock - flow).sum(1)
    if bool((missing != 0).any()):
        good = made.spec.goods[int((missing != 0).any(0).int().argmax())]
        detail = f"the stock of {good} does not change by created - destroyed"
        book.expect(False, "goods", detail)


def _lives(book: Book, made: Scenario, before: Any, outcome: Outcome, after: Any) -> None:
    """Shapes of `meanings` and `life`; a seat with a new life has forgotten the old one."""
    seats = (SMALL, made.spec.seats)
    for name, meaning in made.meanings(after).items():
        _shaped(book, "meanings", name, meaning, seats, "int")
    life, now = made.life(before), made.life(after)
    if life is None or now is None or not _shaped(book, "life", "life", now, seats, "int"):
        return
    born = now != life
    forgot = torch.zeros_like(born) if outcome.forget is None else outcome.forget
    book.expect((forgot | ~born).all(), "life", "a seat begins a new life and Outcome.forget does not clear its memory")


def _without(book: Book, variant: str, outcome: Outcome) -> None:
    """Nobody deals in a tradeless world and nobody strikes in a peaceful one."""
    for kind, table in (("tradeless", "trades"), ("peaceful", "contests")):
        if variant == kind and table in outcome.events:
            book.expect(not outcome.events[table][0].any(), kind, f"{table} happen in a {kind} world")


def _looks(book: Book, made: Scenario, state: Any) -> None:
    with book.trying("scene"):
        scene, seats = made.scene(state), (SMALL, made.spec.seats)
        if scene is None:
            return
        fine = all(_shaped(book, "scene", name, x, seats) for name, x in (("x", scene.x), ("y", scene.y)))
        if fine:
            inside = (scene.x >= 0) & (scene.x < scene.width) & (scene.y >= 0) & (scene.y < scene.height)
            inside |= scene.x.isnan() | scene.y.isnan()
            book.expect(inside.all(), "scene", f"a seat is outside {scene.width} x {scene.height} cells")
        if scene.cells is not None and _shaped(book, "scene", "cells", scene.cells, (SMALL, scene.height, scene.width), "int"):
            book.expect(scene.cells.dtype == torch.uint8, "scene", f"cells are {scene.cells.dtype}, not uint8")
            book.expect((scene.cells < len(scene.legend)).all(), "scene", "a cell has no entry in the legend")
        if scene.kind is not None and _shaped(book, "scene", "kind", scene.kind, seats, "int"):
            known = (scene.kind >= 0) & (scene.kind < len(scene.kinds))
            book.expect(len(scene.sizes) in (0, len(scene.kinds)), "scene", "sizes and kinds differ in number")
            book.expect(known.all(), "scene", "a seat's kind has no entry in kinds")
        if scene.said is not None:
            _shaped(book, "scene", "said", scene.said, seats, "int")
        for name, value in scene.values.items():
            _shaped(book, "scene", f"value {name}", value, seats)


# ---------------------------------------------------------------- silence


def _muteness(book: Book, make: Callable[[str], Scenario], ticks: int) -> None:
    """Where all are silent a mute changes nothing; where all are mute nobody learns what another seat says."""
    plain, muted = make("plain"), make("muted")
    numbers, spec = torch.arange(SMALL), plain.spec
    speech = [where for name, where in spec.columns.items() if spec.heads[name].speech]
    aloud, dumb = _begin(plain, numbers), _begin(muted, numbers)
    for _ in range(ticks):
        seen = aloud.observe()
        packed = _random(spec, seen, aloud.key)
        for where in speech:
            packed[..., where] = 0
        one, two = (_frame(w, w.observe(), None, numbers) for w in (aloud, dumb))
        if not _same(book, "silence", "0 is not silence: a mute changes a world without a word", [one], [two], 0.0):
            break
        aloud, dumb = aloud.step(packed, seen)[0], dumb.step(packed, seen)[0]
    quiet, loud = _begin(muted, numbers), _begin(muted, numbers)
    others = torch.arange(1, spec.seats)
    for _ in range(ticks):
        seen = quiet.observe()
        packed = _random(spec, seen, quiet.key)
        spoken = packed.clone()
        for where in speech:
            packed[:, 0, where] = 0
        quiet, loud = quiet.step(packed, seen)[0], loud.step(spoken, loud.observe())[0]
        one, two = ({"heard": w.observe().features[:, others]} for w in (quiet, loud))
        if not _same(book, "mute", "what seat 0 says reaches another seat in a muted world", [one], [two], 0.0):
            break
