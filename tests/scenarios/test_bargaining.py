"""Alternating offers: payoffs by hand, and backward induction against the formula that it does not know."""

from fractions import Fraction

import pytest
import torch

from society import config as configs
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.world.interventions import mute
from society.world.worlds import Worlds


def make(intervention=None, split="all", **overrides):
    config = configs.resolve("bargaining", "default", overrides)
    return build.scenario(build.settle(config), intervention=intervention, split=split)


def play(scenario, script, worlds=64, count=8, seed=0):
    begun = Worlds.begin(scenario, seed, torch.arange(worlds))
    actor = Scripted(scenario.scripts[script])
    return list(ticks(begun, actor, actor.blank(begun), count, Clock()))


def game_of(game, *moves):
    """Play these moves, a demand or an answer, in one world; the outcome of each."""
    worlds, outcomes = Worlds.begin(game, 0, torch.arange(1)), []
    for t, move in enumerate(moves):
        mover = (0, 1, 1, 0)[t % 4]
        action = {name: torch.zeros(1, 2, dtype=torch.long) for name in game.spec.heads}
        if t % 2:
            action["accept"][0, mover] = move == "accept"
        else:
            action["keep"][0, mover] = move
        worlds, outcome, _ = worlds.step(game.spec.pack(action), worlds.observe())
        assert not outcome.illegal.any()
        outcomes.append(outcome)
    return outcomes


@pytest.mark.parametrize(
    ("moves", "payoffs"),
    [
        ((60, "accept"), (0.6, 0.4)),
        ((60, "refuse", 90, "accept"), (0.1 * 0.5, 0.9 * 0.5)),
        ((60, "refuse", 90, "refuse", 30, "accept"), (0.3 * 0.25, 0.7 * 0.25)),
        ((60, "refuse", 90, "refuse", 30, "refuse"), (0.0, 0.0)),
        ((100, "accept"), (1.0, 0.0)),
    ],
)
def test_payoffs_by_hand(moves, payoffs):
    outcomes = game_of(make(**{"world.rounds": 3, "world.discount": 0.5}), *moves)
    assert [bool(o.done) for o in outcomes] == [False] * (len(moves) - 1) + [True]
    assert all(not o.reward.any() for o in outcomes[:-1])
    last, rounds = outcomes[-1], len(moves) // 2
    assert last.reward[0].tolist() == pytest.approx(payoffs)
    mask, deal = last.events["deals"]
    agreed = moves[-1] == "accept"
    assert mask[0].tolist() == [True, False] and deal["agreed"][0, 0] == agreed and deal["rounds"][0, 0] == rounds
    assert [deal["score"][0, 0].item(), deal["partner_score"][0, 0].item()] == pytest.approx(payoffs)
    first = moves[-2] if rounds % 2 else 100 - moves[-2]
    assert deal["share0"][0, 0] == (first if agreed else -1)
    assert [int(last.measures[n].sum()) for n in ("game", "agreed", "rounds")] == [2, 2 * agreed, 2 * rounds]
    assert last.measures["first"][0].tolist() == pytest.approx([payoffs[0], 0])
    assert last.measures["second"][0].tolist() == pytest.approx([0, payoffs[1]])
    assert last.measures["surplus"][0].tolist() == pytest.approx([sum(payoffs), 0])


def test_demands_and_acceptances_are_offers_and_refusals_are_none():
    rows = []
    for o in game_of(make(**{"world.rounds": 2}), 70, "refuse", 40, "accept"):
        mask, offer = o.events["offers"]
        rows += [{n: x[0, seat].item() for n, x in offer.items()} | {"seat": seat} for seat in (0, 1) if mask[0, seat]]
    told = [tuple(r[name] for name in ("seat", "partner", "round", "keep0", "accepted")) for r in rows]
    assert told == [(0, 1, 0, 70, 0), (1, 0, 1, 40, 0), (0, 1, 1, -1, 1)]
    assert [r["demand"] for r in rows] == pytest.approx([0.7, 0.4, float("nan")], nan_ok=True)


def test_what_is_legal_and_what_is_seen():
    game = make(**{"world.rounds": 2, "world.pie": 10})
    assert game.spec.episode == 4
    worlds = Worlds.begin(game, 0, torch.arange(1))
    for t, mover in enumerate((0, 1, 1, 0)):
        seen, demand = worlds.observe(), (7, 0, 2, 0)[t]
        options = {n: seen.mask[0, mover, where] for n, where in game.spec.options.items()}
        assert options["accept"].tolist() == [True, t % 2 == 1] and options["keep"].sum() == (1 if t % 2 else 11)
        offered = (0, 3, 0, 8)[t]
        turn = [float(t == i) for i in range(4)]
        assert seen.features[0, mover].tolist() == turn + [1.0] * offered + [0.0] * (10 - offered)
        assert not seen.features[0, 1 - mover].any() and seen.active[0].tolist() == [mover == 0, mover == 1]
        action = {"accept": torch.zeros(1, 2, dtype=torch.long), "keep": torch.full((1, 2), demand)}
        worlds, outcome, _ = worlds.step(game.spec.pack(action), seen)
    assert outcome.done.all()


def grid(rounds, discount, pie):
    """Subgame-perfect units of the first mover, in exact fractions; who is indifferent accepts."""
    units = pie
    for _ in range(rounds - 1):
        waits = discount * units  # what the other side gets by refusing, in units of now
        units = pie - (-(-waits.numerator // waits.denominator))
    return units


@pytest.mark.parametrize("pie", [25, 100, 200])
@pytest.mark.parametrize("discount", ["4/5", "1/2", "9/10", "1"])
def test_planning_finds_the_subgame_perfect_split(pie, discount):
    share = Fraction(discount)
    for rounds in (1, 2, 3, 4, 7):
        game = make(**{"world.pie": pie, "world.rounds": rounds, "world.discount": float(share)})
        wanted = grid(rounds, share, pie)
        assert game.plan.value[0, 0, 0].item() == pytest.approx(wanted / pie, abs=1e-6), rounds
        assert game.plan.value[0, 0].sum().item() == pytest.approx(1.0)  # agreed at once
        assert (game.plan.value[0] == game.plan.value[0, :1]).all()  # nothing lies on the table yet


def test_the_plan_is_a_best_response_to_itself():
    """One deviation anywhere, then the plan: nobody gains. Deviations are played out in the scenario, not in the plan."""
    game = make(**{"world.pie": 10, "world.rounds": 3})
    planned = play(game, "subgame_perfect", 1, 2)
    assert planned[0].turn.packed[0, 0].tolist() == [0, 8] and planned[1].turn.packed[0, 1].tolist() == [1, 0]
    base = planned[1].outcome.reward[0].tolist()
    assert base == pytest.approx([0.8, 0.2])
    for keep in range(11):
        worlds = Worlds.begin(game, 0, torch.arange(1))
        action = {"accept": torch.zeros(1, 2, dtype=torch.long), "keep": torch.tensor([[keep, 0]])}
        worlds, _, _ = worlds.step(game.spec.pack(action), worlds.observe())
        actor, total = Scripted(game.scripts["subgame_perfect"]), 0.0
        for tick in ticks(worlds, actor, actor.blank(worlds), 5, Clock()):
            total += tick.outcome.reward[0, 0].item()
            if tick.outcome.done.all():
                break
        assert total <= base[0] + 1e-6


def test_scripts_split_as_they_say():
    game = make()
    for script, first in (("subgame_perfect", 0.84), ("split_half", 0.5)):
        out = play(game, script, 16, 2)[-1].outcome
        assert out.done.all() and out.reward[:, 0].tolist() == pytest.approx([first] * 16)
    rates = [t.outcome.measures for t in play(game, "random", 2000, 2)]
    assert float(rates[1]["agreed"].double().mean()) == pytest.approx(0.5, abs=0.04)


def test_talk_is_heard_unless_muted_and_absent_by_default():
    talk = {"world.talk": True, "channel.length": 2}
    for intervention in (None, mute):
        game = make(intervention, **talk)
        worlds = Worlds.begin(game, 0, torch.arange(4))
        action = {name: torch.zeros(4, 2, dtype=torch.long) for name in ("accept", "keep")} | {"say": torch.full((4, 2, 2), 3)}
        after, _, _ = worlds.step(game.spec.pack(action), worlds.observe())
        assert after.state.heard.tolist() == [[3 * (intervention is None)] * 2] * 4
        heard = after.observe().features[:, 1, game.spec.slices["heard"]]
        assert heard.sum(-1).tolist() == [2.0 * (intervention is None)] * 4
    assert "say" not in make().spec.heads
    with pytest.raises(ValueError, match="latency"):
        make(**talk, **{"channel.latency": 3})


def test_exploring_starts_are_of_training_alone():
    """Of games that are learnt from a third begins in each round; a late one ends sooner and is worth less."""
    learnt, judged = make(split="train"), make(split="all")
    start = Worlds.begin(learnt, 0, torch.arange(3000)).state.turn
    assert (torch.bincount(start) / 3000).tolist() == pytest.approx([1 / 3, 0, 1 / 3, 0, 1 / 3], abs=0.04)
    assert not Worlds.begin(judged, 0, torch.arange(3000)).state.turn.any()
    assert not Worlds.begin(make(split="train", **{"world.exploring_starts": False}), 0, torch.arange(99)).state.turn.any()
    answered = play(learnt, "split_half", 3000, 2)[1].outcome
    assert answered.done.all() and answered.reward[:, 0].tolist() == pytest.approx((0.5 * 0.8 ** (start // 2)).tolist())
