"""`society check` passes every world of ours and finds what is planted in bad ones."""

from pathlib import Path

import jaxtyping
import pytest
import torch

from society import registry
from society.analysis.declared import Declared
from society.record.tables import LEADING, TABLES
from society.world.check import build, check
from society.world.interventions import mute
from society.world.scenario import Head, Observation, Outcome, Scenario, Script, Spec, replace, state
from society.world.worlds import Worlds

BAD = Path(__file__).parent / "bad"
SCENARIOS = registry.names("scenarios")


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_world_keeps_the_contract(name):
    assert check(registry.get("scenarios", name)) == []


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_a_world_declares_can_be_analysed(name):
    made = build(registry.get("scenarios", name))
    declared = Declared.from_json(dict(made.declared))
    seen, worlds = set(), Worlds.begin(made, 0, torch.arange(2))
    _, outcome, _ = worlds.step(torch.zeros(2, made.spec.seats, made.spec.numbers, dtype=torch.long), worlds.observe())
    seen |= {f"measure.{name}" for name in outcome.measures} | {"return_", "ticks"}
    assert declared.headline is None or declared.headline.column in seen
    for table, (_, columns) in outcome.events.items():
        assert table in TABLES
        derived = {f"{c}_mind" for c in columns if c in ("partner", "target")} | {"seat", "mind", *LEADING}
        assert set(TABLES[table]) <= set(columns) | derived


@pytest.mark.parametrize(
    ("file", "rules"),
    [("hidden", {"hidden state", "determinism"}), ("leaking", {"leak"}), ("lossy", {"goods"})],
)
def test_a_planted_fault_is_found(file, rules):
    found = check(registry.load_file(BAD / f"{file}.py"))
    assert {one.rule for one in found} & rules, found
    assert {one.rule for one in found} <= rules | {"leak"}  # a goal of whoever resets last is a leak as well
    assert all("\n" not in one.detail for one in found)


@state
class CountState:
    count: torch.Tensor  # [W, N]


class Count(Scenario):
    """A sound little world that each test below breaks in one place."""

    def __init__(self, config, parts):
        super().__init__(config, parts)
        self.spec = self.make_spec()
        self.declared = {}

    def make_spec(self, **changes):
        usual = {"seats": 2, "fields": {"count": (1,)}, "heads": {"pull": Head(3)}, "episode": 8}
        return Spec(**(usual | changes))

    def reset(self, key):
        return CountState(key.integers("count", 9, 2))

    def step(self, s, action, key):
        return replace(s, count=s.count + action["pull"]), Outcome(reward=action["pull"].float())

    def observe(self, s):
        return Observation(s.count[..., None].float())


@pytest.fixture(autouse=True)
def unchecked():
    """Shapes unchecked at run time, as they are for users: the contract's own rules must find what is wrong."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def breaks(rule, **methods):
    """The rules that a Count with some members exchanged breaks, at least `rule`."""
    found = check(type("Broken", (Count,), methods), ticks=9)
    assert rule in {one.rule for one in found}, found
    assert all("\n" not in one.detail and "Traceback" not in one.detail for one in found)


def test_a_sound_world_passes():
    assert check(Count, ticks=9) == []


def test_a_thing_that_is_no_scenario():
    assert [one.rule for one in check(dict)] == ["scenario"]
    assert [one.rule for one in check("bazaar")] == ["scenario"]


def test_a_preset_that_cannot_be():
    breaks("scenario", PRESETS={"default": {"world": {"nothing": 1}}})


def test_errors_inside_become_findings():
    def step(self, s, action, key):
        raise RuntimeError("two\nlines")

    breaks("step", step=step)
    breaks("scenario", __init__=lambda self, config, parts: 1 / 0)


def test_spec_rules():
    def spec(**changes):
        return lambda self: Count.make_spec(self, **changes)

    breaks("spec", make_spec=spec(hearing=("voices",)))
    breaks("spec", make_spec=spec(seat_roles=(0,)))
    breaks("spec", make_spec=spec(heads={"say": Head(7, speech=True)}))
    breaks("observation", make_spec=spec(fields={"count": (2,)}))


def test_state_rules():
    @state
    class Two:
        count: torch.Tensor
        other: torch.Tensor

    breaks("state", reset=lambda self, key: {"count": 3})
    breaks("state", reset=lambda self, key: Two(key.integers("count", 9, 2), torch.zeros(3)))

    def widen(self, s, action, key):
        return replace(s, count=(s.count + action["pull"]).float()), Outcome(reward=action["pull"].float())

    breaks("state", step=widen)


def test_observation_rules():
    breaks("observation", observe=lambda self, s: Observation(s.count[..., None] / 0.0))
    breaks("observation", observe=lambda self, s: Observation(s.count[..., None]))
    legal = torch.tensor([True, True, False])

    def stuck(self, s):
        return Observation(s.count[..., None].float(), (legal & (s.count > 4)[..., None]))

    breaks("mask", observe=stuck)


def test_a_world_of_turns_and_a_seat_that_acts_out_of_turn(monkeypatch):
    def observe(self, s):
        return Observation(s.count[..., None].float(), None, s.count % 2 == 0)

    assert check(type("Turns", (Count,), {"observe": observe}), ticks=9) == []
    monkeypatch.setattr("society.world.check.legalise", lambda packed, seen, spec: (packed, None))
    breaks("inactive", observe=observe)


def test_chance_without_keys_is_found():
    def step(self, s, action, key):
        return replace(s, count=s.count + torch.randint(3, s.count.shape)), Outcome(reward=action["pull"].float())

    breaks("determinism", step=step)


def test_a_world_that_knows_its_place_in_the_batch_is_found():
    def step(self, s, action, key):
        return replace(s, count=s.count + torch.arange(len(s.count))[:, None]), Outcome(reward=action["pull"].float())

    breaks("leak", step=step)


def test_in_place_changes_are_found():
    def step(self, s, action, key):
        s.count.add_(action["pull"])
        return s, Outcome(reward=action["pull"].float())

    def observe(self, s):
        s.count.clamp_(max=5)
        return Observation(s.count[..., None].float())

    def greedy(self, s, action, key):
        return replace(s, count=s.count + action["pull"].mul_(2)), Outcome(reward=action["pull"].float())

    breaks("in place", step=step)
    breaks("in place", observe=observe)
    breaks("in place", step=greedy)


def test_outcome_rules():
    def wrong(**changes):
        return lambda self, s, action, key: (s, Outcome(**{"reward": torch.zeros(s.count.shape)} | changes))

    breaks("outcome", step=wrong(reward=torch.zeros(3)))
    breaks("outcome", step=wrong(done=torch.zeros(3, dtype=torch.bool)))
    breaks("outcome", step=wrong(measures={"m": torch.zeros(1)}))
    breaks("reward", step=lambda self, s, action, key: (s, Outcome(reward=s.count / 0.0)))
    breaks("events", step=wrong(events={"trades": (torch.zeros(1), {})}))

    def early(self, s, action, key):
        return s, Outcome(reward=torch.zeros(s.count.shape), done=s.count[:, 0] > 6)

    breaks("episode", step=early)


def test_goods_rules():
    def goods(self):
        return Count.make_spec(self, goods=("A",))

    breaks("goods", make_spec=goods)  # no stock
    held = {"make_spec": goods, "stock": lambda self, s: s.count[..., None]}
    breaks("goods", **held)  # nobody wrote down what was created

    def minus(self, s, action, key):
        pull = action["pull"][..., None]
        after = replace(s, count=s.count - action["pull"])
        return after, Outcome(reward=action["pull"].float(), destroyed=pull)

    breaks("goods", **held, step=minus)  # below zero


def test_lives_meanings_and_scene():
    from society.world.scenario import Scene

    breaks("life", life=lambda self, s: s.count)  # a new life without forgetting
    breaks("meanings", meanings=lambda self, s: {"m": s.count[0]})
    breaks("scene", scene=lambda self, s: Scene(2, 2, s.count, s.count))


def test_scripts_rules():
    def script(act):
        return property(lambda self: {"one": Script(act, "")})

    breaks("scripts", scripts=script(lambda s, seen, key: {"pull": s.count * 0 + 3}))
    breaks("scripts", scripts=script(lambda s, seen, key: {"push": s.count}))
    breaks("scripts", scripts=script(lambda s, seen, key: {"pull": s.count.float()}))
    breaks("scripts", scripts=script(lambda s, seen, key: {}["missing"]))


def talking(around):
    """A world whose message goes to the neighbour, by the channel or around it."""

    def spec(self):
        return Count.make_spec(self, heads={"say": Head(3, speech=True)}, hearing=("count",))

    def step(self, s, action, key):
        said = action["say"][..., None]
        heard = said if around else self.parts.channel.transmit(said, key, s.count)
        return replace(s, count=heard[..., 0].flip(1)), Outcome(reward=torch.zeros(s.count.shape))

    return {"make_spec": spec, "step": step}


def test_a_message_around_the_channel_is_found():
    assert check(type("Talking", (Count,), talking(around=False))) == []
    breaks("mute", **talking(around=True))


def test_a_mute_that_changes_the_silent_is_found():
    def step(self, s, action, key):
        quiet = self.parts.channel.intervention is mute
        return replace(s, count=s.count + int(quiet)), Outcome(reward=torch.zeros(s.count.shape))

    breaks("silence", make_spec=talking(False)["make_spec"], step=step)


def test_trade_in_a_tradeless_world_is_found():
    def step(self, s, action, key):
        row = action["pull"] > 0
        return s, Outcome(reward=row.float(), events={"trades": (row, {}), "contests": (row, {})})

    breaks("tradeless", step=step)
    breaks("peaceful", step=step)
