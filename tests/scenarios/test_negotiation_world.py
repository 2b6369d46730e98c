"""Cao's game against its rules written a second time in numpy, and the scores that are known exactly."""

from math import exp, factorial

import numpy as np
import pytest
import torch
from society.scenarios.negotiation import levels

from society import config as configs
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.keys import Keys
from society.population.matchmaking import MATCHMAKERS
from society.world.interventions import mute
from society.world.worlds import Worlds

SETTINGS = {
    "silent": {"world.proposals": False},
    "proposals": {},
    "talk": {"world.talk": True, "channel.cost": 0.01},
    "prosocial": {"world.reward": "prosocial"},
    "mixed": {"world.reward": "mixed", "world.values": 10, "world.types": 2, "world.talk": True, "world.proposals": False},
}


def make(intervention=None, **overrides):
    config = configs.resolve("negotiation", "quick", overrides)
    return build.scenario(build.settle(config), intervention=intervention)


def play(scenario, script, worlds=64, count=12, seed=0):
    begun = Worlds.begin(scenario, seed, torch.arange(worlds))
    actor = Scripted(scenario.scripts[script])
    return list(ticks(begun, actor, actor.blank(begun), count, Clock()))


def unary(amounts, most):
    return [float(a >= level) for a in amounts for level in range(1, most + 1)]


def expected(game, s, action, said):
    """One world's turn by the rules: what the mover perceives, who gets what, whether it ends."""
    c = game.config
    mover = s["turn"] % 2
    other = 1 - mover
    most = [int(s["pool"] @ s["value"][seat]) for seat in (0, 1)]
    together = int((s["pool"] * s["value"].max(0)).sum())
    accepts = action["accept"][mover] == 1
    got = [0, 0]
    agreed = accepts and s["turn"] > 0 and (s["demand"] <= s["pool"]).all()
    units = {mover: s["pool"] - s["demand"], other: s["demand"]}
    if agreed:
        got = [int(units[seat] @ s["value"][seat]) for seat in (0, 1)]
    score = [got[seat] / most[seat] if most[seat] else 0.0 for seat in (0, 1)]
    joint = sum(got) / together if together else 0.0
    reward = {"selfish": score, "prosocial": [joint, joint], "mixed": [score[0], joint]}[c.reward]
    reward = list(reward)
    reward[mover] -= game.parts.channel.config.cost * (said > 0).sum()
    saw = list(np.eye(10)[min(s["turn"], 9)]) + unary(s["pool"], c.units) + unary(s["value"][mover], c.values)
    if c.proposals:
        saw += unary(s["demand"], c.units)
    if c.talk:
        saw += list(np.eye(game.parts.channel.config.symbols)[s["heard"]][:, 1:].ravel())
    keep = action["keep"][mover]
    return {
        "mover": mover, "accepts": accepts, "agreed": agreed, "over": accepts or s["turn"] + 1 >= s["last"],
        "score": score, "joint": joint, "reward": reward, "saw": saw, "units": units, "most": most, "together": together,
        "demand": float(keep @ s["value"][mover]) / most[mover] if most[mover] and not accepts else np.nan,
    }  # fmt: skip


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("script", ["random", "threshold"])
def test_the_rules_written_a_second_time(setting, script):
    game = make(**SETTINGS[setting])
    seen_over = seen_agreed = 0
    for tick in play(game, script):
        before, out = tick.worlds.state, tick.outcome
        after = (tick.ended or tick.after).state
        state = {n: getattr(before, n).numpy() for n in ("turn", "last", "pool", "value", "demand", "heard")}
        acted = {n: x.numpy() for n, x in game.spec.unpack(tick.turn.packed).items()}
        for w in range(64):
            s = {n: x[w] for n, x in state.items()}
            action = {n: x[w].reshape(2, -1) if n == "keep" else x[w] for n, x in acted.items()}
            said = action["say"][s["turn"] % 2] if game.config.talk else np.zeros(3)
            want = expected(game, s, action, said)
            mover, other = want["mover"], 1 - want["mover"]
            assert tick.seen.features[w, mover].tolist() == want["saw"] and not tick.seen.features[w, other].any()
            assert tick.seen.active[w].tolist() == [mover == 0, mover == 1]
            assert out.reward[w].tolist() == pytest.approx(want["reward"], abs=1e-6)
            assert bool(out.done[w]) == want["over"]
            assert after.turn[w] == s["turn"] + 1 and (after.pool[w].numpy() == s["pool"]).all()
            if not want["accepts"]:
                assert (after.demand[w].numpy() == action["keep"][mover]).all()
                assert not game.config.talk or (after.heard[w].numpy() == said).all()
            check_measures(out.measures, w, want, s)
            check_events(out.events, w, want, s, action)
            seen_over, seen_agreed = seen_over + want["over"], seen_agreed + want["agreed"]
    assert seen_over > 100 and seen_agreed > 5


def check_measures(measures, w, want, s):
    m = {n: x[w].double().tolist() for n, x in measures.items()}
    over, worth = want["over"], [want["over"] and most > 0 for most in want["most"]]
    assert m["game"] == [over, over] and m["agreed"] == [want["agreed"]] * 2
    assert m["rounds"] == [over * (s["turn"] + 1)] * 2
    assert m["joint"] == pytest.approx([over * want["joint"], 0], abs=1e-6)
    assert m["worth"] == [over and want["together"] > 0, 0]
    assert m["first_games"] == [worth[0], 0] and m["second_games"] == [0, worth[1]]
    assert m["first_score"] == pytest.approx([over * want["score"][0], 0], abs=1e-6)
    assert m["second_score"] == pytest.approx([0, over * want["score"][1]], abs=1e-6)


def check_events(events, w, want, s, action):
    mover, types = want["mover"], range(len(s["pool"]))
    mask, offer = events["offers"]
    assert mask[w].tolist() == [mover == 0, mover == 1]
    row = {n: x[w, mover].item() for n, x in offer.items()}
    assert row["partner"] == 1 - mover and row["round"] == s["turn"] and row["accepted"] == want["accepts"]
    assert row["demand"] == pytest.approx(want["demand"], nan_ok=True)
    assert [row[f"keep{k}"] for k in types] == ([-1] * len(types) if want["accepts"] else list(action["keep"][mover]))
    mask, deal = events["deals"]
    assert mask[w].tolist() == [want["over"], False]
    row = {n: x[w, 0].item() for n, x in deal.items()}
    assert row["partner"] == 1 and row["agreed"] == want["agreed"] and row["rounds"] == s["turn"] + 1
    assert [row["score"], row["partner_score"]] == pytest.approx(want["score"], abs=1e-6)
    assert [row[f"pool{k}"] for k in types] == list(s["pool"])
    assert [row[f"value{k}"] for k in types] == list(s["value"][0])
    assert [row[f"partner_value{k}"] for k in types] == list(s["value"][1])
    assert [row[f"share{k}"] for k in types] == (list(want["units"][0]) if want["agreed"] else [-1] * len(types))


def test_accepting_at_once_and_a_demand_beyond_the_pool_are_worth_nothing():
    game = make()
    worlds = Worlds.begin(game, 3, torch.arange(2000))
    keep = torch.full((2000, 2, 3), 5)
    nothing = {"accept": torch.zeros(2000, 2, dtype=torch.long), "keep": keep}
    at_once = {**nothing, "accept": torch.ones(2000, 2, dtype=torch.long)}
    _, out, _ = worlds.step(game.spec.pack(at_once), worlds.observe())
    assert out.done.all() and not out.reward.any() and not out.measures["agreed"].any()
    later, _, _ = worlds.step(game.spec.pack(nothing), worlds.observe())
    _, out, _ = later.step(game.spec.pack(at_once), later.observe())
    full = (worlds.state.pool == 5).all(-1)
    assert full.any() and not full.all()
    assert out.done.all() and (out.measures["agreed"][:, 0].bool() == full).all() and not out.reward[~full].any()


def test_pools_and_values_are_uniform_and_turns_are_a_cut_poisson():
    zero = torch.zeros(40_000, dtype=torch.long)
    state = make().reset(Keys.at(0, torch.arange(40_000), zero, zero - 1))
    for draws in (state.pool, state.value):
        share = torch.bincount(draws.flatten(), minlength=6) / draws.numel()
        assert share.tolist() == pytest.approx([1 / 6] * 6, abs=0.006)
    poisson = [exp(-7) * 7**n / factorial(n) for n in range(60)]
    wanted = [sum(poisson[:5]), *poisson[5:10], sum(poisson[10:])]
    share = torch.bincount(state.last - 4, minlength=7) / len(state.last)
    assert len(share) == 7 and share.tolist() == pytest.approx(wanted, abs=0.01)


def test_levels_are_unary():
    assert levels(torch.tensor([[0, 2, 3]]), 3).int().tolist() == [[0, 0, 0, 1, 1, 0, 1, 1, 1]]


def test_the_anchors_of_the_scripts():
    """Joint scores by hand from the same draws: what each rule gives, and 1 where every unit goes to who values it more."""
    game = make()
    state = Worlds.begin(game, 0, torch.arange(2000)).state
    pool, value = state.pool.numpy(), state.value.numpy()
    best = (pool * value.max(1)).sum(1)
    kept = {"take_all": np.ones_like(pool), "threshold": value[:, 0] >= 3}
    for script in ("take_all", "threshold", "full_information"):
        tick = play(game, script, 2000, 2)[-1]
        joint = tick.outcome.measures["joint"][:, 0].numpy()
        assert tick.outcome.measures["agreed"].all()
        if script == "full_information":
            assert joint[best > 0] == pytest.approx(1.0)
        else:
            wanted = (pool * np.where(kept[script], value[:, 0], value[:, 1])).sum(1)[best > 0] / best[best > 0]
            assert joint[best > 0] == pytest.approx(wanted, abs=1e-6)


def test_ties_go_to_either_side_alike():
    game = make()
    tick = play(game, "full_information", 4000, 2)[-1]
    m = {n: float(x.double().sum()) for n, x in tick.outcome.measures.items()}
    first, second = m["first_score"] / m["first_games"], m["second_score"] / m["second_games"]
    assert first == pytest.approx(0.632, abs=0.02) and second == pytest.approx(0.632, abs=0.02)


def test_a_muted_talker_is_not_heard_and_a_silent_game_has_no_voice():
    talk = {"world.talk": True}
    assert any(t.after.state.heard.any() for t in play(make(**talk), "random"))
    assert not any(t.after.state.heard.any() for t in play(make(mute, **talk), "random"))
    assert "say" not in make().spec.heads and "heard" not in make().spec.fields and not make().meanings(None)
    assert make(**talk).spec.heads["say"].size == 11  # ten symbols to speak, and silence
    with pytest.raises(ValueError, match=r"channel.latency = 2: .*use 1"):
        make(**talk, **{"channel.latency": 2})


def test_both_minds_move_first_with_everyone_and_one_does_with_teams():
    spec = make().spec
    key = Keys.worldless(0, "test")
    assert set(MATCHMAKERS["teams"](2, spec, 8, key)[:, 0].tolist()) == {0}
    assert MATCHMAKERS["everyone"](2, spec, 8, key)[:, 0].tolist() == [0, 1] * 4


def test_the_scene_shows_who_would_get_what():
    game = make()
    worlds = Worlds.begin(game, 5, torch.arange(32))
    _, last = play(game, "threshold", 32, 2, seed=5)
    scene, before = game.scene(last.worlds.state), game.scene(worlds.state)
    pool, keeps = worlds.state.pool, last.worlds.state.demand
    columns = slice(2 + 3, 2 + 6)
    assert ((before.cells[:, :, columns] == 1).sum(1) == pool).all()
    assert ((scene.cells[:, :, columns] == 2).sum(1) == keeps).all()
    assert ((scene.cells[:, :, columns] == 3).sum(1) == pool - keeps).all()
    assert ((scene.cells[:, :, 1:4] == 4).sum(1) == worlds.state.value[:, 0]).all()
    assert ((scene.cells[:, :, 9:12] == 4).sum(1) == worlds.state.value[:, 1]).all()
    assert scene.values["keeps 0"][:, 0].tolist() == keeps[:, 0].tolist() and (scene.values["keeps 0"][:, 1] == -1).all()
