"""Task and talk against its rules written a second time in numpy, and the accuracies that are known exactly."""

import itertools

import numpy as np
import pytest
import torch

from society import config as configs
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.world.interventions import mute
from society.world.worlds import Worlds

SETTINGS = {
    "minimal": {},
    "remembering": {"world.remembers": True, "world.answers": 12, "channel.symbols": 12},
    "each counts": {"world.reward": "all", "channel.cost": 0.1},
    "three rounds": {"world.rounds": 3, "world.questions": 4, "world.values": 3},
}


def make(split="all", intervention=None, **overrides):
    config = configs.resolve("task_and_talk", "quick", overrides)
    return build.scenario(build.settle(config), split=split, intervention=intervention)


def play(game, script, worlds=48, count=10):
    begun = Worlds.begin(game, 3, torch.arange(worlds))
    actor = Scripted(game.scripts[script])
    return list(ticks(begun, actor, actor.blank(begun), count, Clock()))


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("script", ["random", "code"])
def test_the_rules_written_a_second_time(setting, script):
    game = make(**SETTINGS[setting])
    c, symbols = game.config, game.parts.channel.config.symbols
    objects = list(itertools.product(range(c.values), repeat=c.attributes))
    tasks = [(i, j) for i in range(c.attributes) for j in range(c.attributes) if i != j]
    said = {}
    for t, tick in enumerate(play(game, script)):
        turn, state, out = t % (2 * c.rounds + 1), tick.worlds.state, tick.outcome
        action = {name: x.numpy() for name, x in game.spec.unpack(tick.turn.packed).items()}
        features = tick.seen.features.numpy()
        mask = tick.seen.mask.numpy()
        for w in range(48):
            if turn == 0:
                said[w] = []
            who = turn % 2
            thing, task = objects[int(state.object[w])], tasks[int(state.task[w])]
            assert tick.seen.active[w].tolist() == [who == 0, who == 1]
            words = mask[w, who, :symbols].sum()
            assert words == (1 if turn == 2 * c.rounds else (c.questions, c.answers)[who])
            seen = {name: features[w, who, where] for name, where in game.spec.slices.items()}
            assert not features[w, 1 - who].any()
            expected = {name: np.zeros_like(x) for name, x in seen.items()}
            if who == 0:
                expected["task"][tasks.index(task)] = 1
            else:
                expected["object"] = np.eye(c.values)[list(thing)].ravel()
            if who == 0 or c.remembers:
                expected["turn"][turn] = 1
            lines = {"said": [x for s, x in said[w] if s == who], "heard": [x for s, x in said[w] if s != who]}
            if who == 1 and not c.remembers:
                lines = {"said": [], "heard": lines["heard"][-1:]}
            for name, line in lines.items():
                table = np.zeros((c.rounds, symbols))
                table[np.arange(len(line)), line] = 1
                expected[name] = table[:, 1:].ravel()
            assert all((seen[name] == expected[name]).all() for name in seen)
            price = 0.0
            if turn < 2 * c.rounds:
                word = int(action["say"][w, who])
                said[w].append((who, word))
                price = game.parts.channel.config.cost * (word > 0)
                assert out.reward[w].tolist() == pytest.approx([-price * (who == 0), -price * (who == 1)])
                assert not any(m[w].any() for m in out.measures.values()) and not out.done[w]
            else:
                right = action["guess"][w, 0] == np.array([thing[k] for k in task])
                won = right.mean() if c.reward == "share" else float(right.all())
                assert out.reward[w].tolist() == pytest.approx([won, won]) and out.done[w]
                measures = {name: m[w].tolist() for name, m in out.measures.items()}
                held = bool(game.held_out[int(state.object[w])])
                assert measures == {"correct": [right.all()] * 2, "either": [right.any()] * 2, "judged": [1] * 2,
                                    "held_out": [held] * 2}  # fmt: skip


def rate(game, script, name="correct"):
    played = play(game, script, 400, 25)
    total = {n: sum(float(t.outcome.measures[n].sum()) for t in played) for n in (name, "judged")}
    return total[name] / total["judged"]


def test_the_code_is_understood_always_and_chance_is_exact():
    assert rate(make(), "code") == 1.0
    assert rate(make(), "random") == pytest.approx(1 / 16, abs=0.02)
    assert rate(make(), "random", "either") == pytest.approx(1 - (3 / 4) ** 2, abs=0.04)
    assert rate(make(intervention=mute), "code") < 0.2


def test_an_answer_without_memory_does_not_depend_on_the_round():
    """The same object and question give the answerer the same observation in both rounds; with memory they do not."""
    for remembers, same in ((False, True), (True, False)):
        game = make(**{"world.remembers": remembers})
        state = Worlds.begin(game, 0, torch.arange(6)).state
        two = torch.ones(6, 2, dtype=torch.long)
        first = game.observe(type(state)(**vars(state) | {"turn": torch.ones(6).long(), "asked": two}))
        talk = dict.fromkeys(("asked", "answered", "answers"), two)
        later = game.observe(type(state)(**vars(state) | talk | {"turn": torch.full((6,), 3)}))
        assert torch.equal(first.features[:, 1], later.features[:, 1]) == same


def test_training_never_shows_an_object_that_is_held_out():
    game = make(split="train")
    shown = Worlds.begin(game, 0, torch.arange(2000)).state.object
    assert set(shown.tolist()) == set((~game.held_out).nonzero()[:, 0].tolist()) and int(game.held_out.sum()) == 12
    assert set(Worlds.begin(make(), 0, torch.arange(2000)).state.object.tolist()) == set(range(64))


@pytest.mark.parametrize(
    ("overrides", "message"),
    [({"channel.symbols": 5}, "use 4"), ({"channel.length": 2}, "one symbol a turn"), ({"world.attributes": 1}, "from 2")],
)
def test_what_cannot_be_played_is_refused_in_a_line(overrides, message):
    with pytest.raises(ValueError, match=message):
        make(**overrides)
