"""Lewis's game against its rules written a second time, and the success rates that are known exactly."""

import numpy as np
import pytest
import torch

from society import config as configs
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.engine.training import Training
from society.world.interventions import Content, mute
from society.world.worlds import Worlds

SKEWED = (0.1, 0.5, 0.15, 0.25)


def make(states=3, signals=3, intervention=None, **overrides):
    wanted = {"world.states": states, "channel.symbols": signals + 1} | overrides
    config = configs.resolve("lewis_game", "quick", wanted)
    return build.scenario(build.settle(config), split="all", intervention=intervention)


def play(game, script, worlds=64, count=2):
    begun = Worlds.begin(game, 0, torch.arange(worlds))
    actor = Scripted(game.scripts[script])
    return list(ticks(begun, actor, actor.blank(begun), count, Clock()))


def success(game, script, worlds=20_000):
    return float(play(game, script, worlds)[1].outcome.measures["correct"].double().mean())


@pytest.mark.parametrize("script", ["random", "code"])
@pytest.mark.parametrize("signals", [2, 3, 5])
def test_the_rules_written_a_second_time(script, signals):
    game = make(3, signals, **{"channel.cost": 0.1})
    for t, tick in enumerate(play(game, script, count=4)):
        s, out = tick.worlds.state, tick.outcome
        action = game.spec.unpack(tick.turn.packed)
        for w in range(64):
            seen = {n: tick.seen.features[w][:, where].numpy() for n, where in game.spec.slices.items()}
            legal = {n: tick.seen.mask[w][:, where].tolist() for n, where in game.spec.options.items()}
            nature, said, answer = int(s.nature[w]), int(action["say"][w, 0]), int(action["answer"][w, 1])
            if t % 2 == 0:
                assert seen["state"][0].tolist() == np.eye(3)[nature].tolist() and not seen["state"][1].any()
                assert legal["say"] == [[False] + [True] * signals, [True] + [False] * signals]
                assert legal["answer"] == [[True, False, False]] * 2 and 1 <= said <= signals
                assert out.reward[w].tolist() == pytest.approx([-0.1, 0]) and not out.done[w]
                heard = said
                assert int(tick.after.state.heard[w]) == heard
            else:
                heard = int(s.heard[w])
                assert seen["heard"][1].tolist() == np.eye(signals)[heard - 1].tolist() and not seen["heard"][0].any()
                assert not seen["state"].any() and legal["answer"] == [[True, False, False], [True] * 3]
                assert out.reward[w].tolist() == [float(answer == nature)] * 2 and out.done[w]
                told = {n: m[w].int().tolist() for n, m in out.measures.items()}
                assert told["correct"] == [int(answer == nature)] * 2 and told["receiver"] == [0, 1]
                assert [told[f"state{k}"][1] for k in range(3)] == [int(nature == k) for k in range(3)]
                assert [told[f"right{k}"][1] for k in range(3)] == [int(nature == k == answer) for k in range(3)]
            assert game.meanings(s)["state"][w].tolist() == [nature, -1]


def test_states_come_as_often_as_they_are_said_to():
    game = make(4, 4, **{"world.distribution": SKEWED})
    nature = Worlds.begin(game, 0, torch.arange(40_000)).state.nature
    share = torch.bincount(nature, minlength=4) / len(nature)
    assert share.tolist() == pytest.approx(SKEWED, abs=0.01)
    assert game.declared["chance"] == 0.5


@pytest.mark.parametrize(("signals", "best"), [(1, 0.5), (2, 0.75), (3, 0.9), (4, 1.0), (6, 1.0)])
def test_the_code_names_as_many_of_the_likeliest_states_as_there_are_signals(signals, best):
    assert success(make(4, signals, **{"world.distribution": SKEWED}), "code") == pytest.approx(best, abs=0.01)


def test_random_play_is_at_chance():
    assert success(make(5, 5), "random") == pytest.approx(0.2, abs=0.012)


@pytest.mark.parametrize("change", [mute, Content(torch.ones(3))], ids=["mute", "content"])
def test_the_code_without_its_channel_is_at_chance(change):
    assert success(make(intervention=change), "code") == pytest.approx(1 / 3, abs=0.015)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"channel.latency": 2}, "channel.latency = 2"),
        ({"channel.length": 2}, "channel.length = 2"),
        ({"world.distribution": (0.5, 0.5)}, "2 probabilities for states = 3"),
        ({"world.distribution": (0.5, 0.5, 0.5)}, "sums to 1.5"),
    ],
)
def test_what_cannot_be_played_is_refused_in_a_line(overrides, message):
    with pytest.raises(ValueError, match=message) as refused:
        make(**overrides)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("preset", ["quick", "urns"])
def test_two_minds_learn_to_signal(preset):
    steps = {"quick": 60_000, "urns": 20_000}[preset]
    run = Training(build.settle(configs.resolve("lewis_game", preset, {"training.agent_steps": steps, "seed": 1})))
    last = []
    while run.done < run.total:
        sums = run.update(Clock())[0].sums
        last.append(float(sums["correct"]) / 2 / float(sums["receiver"]))
    assert np.mean(last[:5]) < 0.5 and np.mean(last[-10:]) > 0.8
