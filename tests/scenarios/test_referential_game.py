"""The referential game against its rules written a second time in numpy, and the accuracies that are known exactly."""

import itertools

import numpy as np
import pytest
import torch
from society.scenarios.referential_game import ReferentialConfig, combinations, distinct, held_out

from society import config as configs
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.engine.training import Training
from society.keys import Keys
from society.population.matchmaking import MATCHMAKERS, Seating
from society.world.interventions import Content, mute
from society.world.worlds import Worlds

SETTINGS = {
    "pick": {},
    "pick one of seven": {"world.attributes": 3, "world.values": 3, "world.candidates": 7, "channel.length": 4},
    "one symbol": {"channel.length": 1, "channel.symbols": 40, "world.candidates": 2},
    "rebuild": {"world.mode": "reconstruction", "world.reward": "share"},
    "rebuild all": {"world.mode": "reconstruction", "world.attributes": 3, "channel.cost": 0.1},
    "rebuild one": {"world.mode": "reconstruction", "world.attributes": 1},
}


def make(split="all", intervention=None, **overrides):
    config = configs.resolve("referential_game", "quick", overrides)
    return build.scenario(build.settle(config), split=split, intervention=intervention)


def play(scenario, script, worlds=64, count=4, seed=0):
    begun = Worlds.begin(scenario, seed, torch.arange(worlds))
    actor = Scripted(scenario.scripts[script])
    return list(ticks(begun, actor, actor.blank(begun), count, Clock()))


def accuracy(played):
    """The share of games won [by target held out or not], read from the measures alone."""
    measures = [tick.outcome.measures for tick in played]
    flat = {name: torch.cat([m[name][:, 1].double() for m in measures]).numpy() for name in measures[0]}
    judged, held = flat["listener"] > 0, flat["held_out"] > 0
    return flat["correct"][judged & ~held].mean(), flat["correct"][judged & held].mean() if held.any() else np.nan


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("script", ["random", "code"])
def test_the_rules_written_a_second_time(setting, script):
    game = make(**SETTINGS[setting])
    c, channel = game.config, game.parts.channel.config
    values = np.array(list(itertools.product(range(c.values), repeat=c.attributes)))
    held = held_out(c).numpy()
    for t, tick in enumerate(play(game, script)):
        s = {n: getattr(tick.worlds.state, n).numpy() for n in ("turn", "shown", "answer", "said", "heard")}
        after = tick.after.state if tick.ended is None else tick.ended.state
        action = {n: x.numpy() for n, x in game.spec.unpack(tick.turn.packed).items()}
        features, out = tick.seen.features.numpy(), tick.outcome
        assert (s["turn"] == t % 2).all()
        for w in range(64):
            target = values[s["shown"][w, s["answer"][w]]]
            one_hot = np.eye(c.values)
            seen = {n: features[w][:, where] for n, where in game.spec.slices.items()}
            active, mask = tick.seen.active[w].tolist(), tick.seen.mask[w].numpy()
            legal = {n: mask[:, where] for n, where in game.spec.options.items()}
            answer_head = "choose" if c.mode == "discrimination" else "guess"
            assert legal["say"][1, 1:].sum() == 0 and legal[answer_head][0, 1:].sum() == 0
            assert all(x[:, 0].all() for x in legal.values())
            said = action["say"][w].reshape(2, -1)
            price = channel.cost * (said[0] > 0).sum()
            if t % 2 == 0:
                assert active == [True, False] and legal["say"][0].all() and not legal[answer_head][1, 1:].any()
                assert (seen["target"][0] == one_hot[target].ravel()).all() and not features[w][1].any()
                assert not seen["heard"].any()
                assert (after.heard[w].numpy() == said[0]).all() and not s["heard"][w].any()
                assert out.reward[w].tolist() == pytest.approx([-price, 0])
                assert not any(m[w].any() for m in out.measures.values()) and not out.done[w]
            else:
                assert active == [False, True] and legal[answer_head][1].all() and not legal["say"][0, 1:].any()
                heard = np.eye(channel.symbols)[s["heard"][w]][:, 1:].ravel()
                assert (seen["heard"][1] == heard).all() and not features[w][0].any() and not seen["target"].any()
                if c.mode == "discrimination":
                    shown = values[s["shown"][w]]
                    assert (seen["candidates"][1] == one_hot[shown].ravel()).all()
                    assert len({tuple(x) for x in shown}) == c.candidates
                    right = shown[action["choose"][w, 1]] == target
                else:
                    right = action["guess"][w].reshape(2, -1)[1] == target
                won = right.mean() if c.reward == "share" else float(right.all())
                assert out.reward[w].tolist() == pytest.approx([won, won])
                measures = {n: m[w].double().tolist() for n, m in out.measures.items()}
                assert measures["correct"] == [right.all(), right.all()] and measures["listener"] == [0, 1]
                assert measures["held_out"] == [held[s["shown"][w, s["answer"][w]]]] * 2
                assert measures["attributes"] == pytest.approx([0, right.mean()])
                assert out.done[w] and tick.over[w]
        known = torch.stack(list(game.meanings(tick.worlds.state).values()), -1).numpy()
        assert (known[:, 0] == values[s["shown"][np.arange(64), s["answer"]]]).all() and (known[:, 1] == -1).all()


def test_the_code_is_understood_always_and_random_play_is_at_chance():
    for setting, chance in {"pick": 1 / 4, "pick one of seven": 1 / 7, "rebuild": 1 / 25, "rebuild all": 1 / 125}.items():
        game = make(**SETTINGS[setting])
        assert accuracy(play(game, "code", 500)) == (1.0, 1.0)
        assert game.declared["chance"] == pytest.approx(chance)
        train, held = accuracy(play(game, "random", 4000, 6))
        spread = (chance * (1 - chance) / 10_000) ** 0.5
        assert train == pytest.approx(chance, abs=4 * spread) and held == pytest.approx(chance, abs=10 * spread)


@pytest.mark.parametrize("change", [mute, Content(torch.ones(5))], ids=["mute", "content"])
def test_the_code_without_its_channel_is_at_chance(change):
    train, _ = accuracy(play(make(intervention=change), "code", 4000, 6))
    assert train == pytest.approx(0.25, abs=0.02)
    heard = play(make(intervention=change), "code")[1].worlds.state.heard
    assert bool(heard.any()) == (change is not mute)


def test_a_channel_of_too_few_symbols_confuses_the_code():
    train, _ = accuracy(play(make(**{"channel.symbols": 4}), "code", 1000))  # values 2, 3, 4 are one symbol
    assert 0.5 < train < 0.95


def test_noise_misleads_the_code():
    train, _ = accuracy(play(make(**{"channel.noise": 0.5}), "code", 1000))
    assert 0.3 < train < 0.9


def drawn(game, worlds=300, episodes=6):
    """Combinations shown [W * E, C] and which of them were targets."""
    begun = torch.arange(worlds)
    states = [game.reset(Keys.at(0, begun, begun * 0 + e, begun * 0 - 1)) for e in range(episodes)]
    return torch.cat([s.shown for s in states]), torch.cat([game._target(s) for s in states])


def test_training_never_shows_what_is_held_out_and_judging_shows_all_alike():
    held = held_out(make().config)
    assert int(held.sum()) == 4
    shown, target = drawn(make("train"))
    assert not held[shown].any() and target.unique().numel() == 21
    shown, target = drawn(make("all"), 2000)
    share = torch.bincount(target, minlength=25) / len(target)
    assert float((share - 0.04).abs().max()) < 0.01
    assert target.unique().numel() == 25 and shown.unique().numel() == 25


def test_the_run_itself_trains_on_the_one_and_judges_on_the_other():
    config = build.settle(configs.resolve("referential_game", "quick"))
    assert Training(config).scenario.parts.split == "train"
    assert build.scenario(config).parts.split == "train"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
@pytest.mark.parametrize(("attributes", "values"), [(1, 4), (2, 2), (2, 5), (3, 4)])
def test_what_is_held_out_is_one_set_and_leaves_every_value_to_be_seen(attributes, values, share):
    rules = ReferentialConfig(attributes=attributes, values=values, held_out=share, candidates=2)
    held = held_out(rules)
    assert torch.equal(held, held_out(rules))
    most = int(share * values**attributes)
    assert int(held.sum()) <= most and (attributes == 1 or values == 2 or int(held.sum()) == most)
    if attributes == 1:
        assert not held.any()
    trained = combinations(rules)[~held]
    assert all(trained[:, k].unique().numel() == values for k in range(attributes))


def test_every_ordered_choice_is_equally_likely():
    key = Keys.at(3, torch.arange(24_000), torch.zeros(24_000).long(), torch.zeros(24_000).long())
    chosen = distinct(key, 4, 3)
    counts = torch.bincount(chosen @ torch.tensor([16, 4, 1]), minlength=64)
    assert int((counts > 0).sum()) == 24
    expected = 1000.0
    assert float(((counts[counts > 0] - expected) ** 2 / expected).sum()) < 49.8  # 99.9 %, 23 degrees of freedom
    whole = distinct(key, 5, 5)
    assert bool((whole.sort(1).values == torch.arange(5)).all())


def at_random(worlds):
    action = worlds.scenario.scripts["random"].act(worlds.state, worlds.observe(), worlds.key)
    return worlds.step(worlds.scenario.spec.pack(action), worlds.observe())[0]


def test_a_games_course_is_its_keys_and_not_its_company():
    game = make()
    everyone = Worlds.begin(game, 7, torch.arange(32))
    alone = Worlds.begin(game, 7, torch.tensor([19]))
    for _ in range(5):
        for name in ("shown", "answer", "heard"):
            assert torch.equal(getattr(everyone.state, name)[19], getattr(alone.state, name)[0])
        everyone, alone = (at_random(worlds) for worlds in (everyone, alone))
    one, other = (Worlds.begin(game, seed, torch.arange(64)).state.shown for seed in (1, 2))
    assert not torch.equal(one, other)
    assert int(Worlds.begin(game, 0, torch.arange(400)).state.answer.unique().numel()) == 4


def test_out_of_turn_nothing_is_done_and_a_forced_answer_is_counted():
    game = make()
    worlds = Worlds.begin(game, 0, torch.arange(8))
    forced = torch.full((8, 2, game.spec.numbers), 3)
    after, outcome, _ = worlds.step(forced, worlds.observe())
    assert bool((after.state.heard == 3).all()) and bool(outcome.illegal[:, 0].all()) and not outcome.illegal[:, 1].any()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"channel.latency": 2}, "latency"),
        ({"world.candidates": 22}, "use fewer"),
        ({"world.attributes": 8, "world.values": 10}, "up to 65536"),
    ],
)
def test_what_cannot_be_played_is_refused_in_a_line(overrides, message):
    with pytest.raises(ValueError, match=message):
        make(**overrides)


SMALL = {
    "world.mode": "reconstruction", "world.attributes": 1, "world.values": 3, "channel.symbols": 4, "channel.length": 1,
    "population.network.hidden": (32,), "training.worlds": 128, "training.agent_steps": 60_000, "learner.lr": 0.02,
}  # fmt: skip


def test_two_minds_learn_to_name_three_things_and_not_if_grown_mute():
    def success(condition):
        config = build.settle(configs.resolve("referential_game", "quick", SMALL))
        run = Training(config.model_copy(update={"condition": condition}))
        last = []
        while run.done < run.total:
            sums = run.update(Clock())[0].sums
            last.append(float(sums["correct"]) / 2 / float(sums["listener"]))
        return np.mean(last[-4:])

    assert success("normal") > 0.9
    assert success("muted_from_birth") == pytest.approx(1 / 3, abs=0.05)


def test_every_scene_fits_the_table():
    for setting in SETTINGS.values():
        game = make(**setting)
        for tick in play(game, "code", 3, 2):
            scene = game.scene(tick.worlds.state)
            assert scene.cells.shape == (3, scene.height, scene.width) and scene.cells.dtype == torch.uint8
            assert int(scene.cells.max()) < len(scene.legend)
            assert scene.x.tolist() == [[0, scene.width - 1]] * 3
            target = combinations(game.config)[game._target(tick.worlds.state)]
            assert torch.equal(scene.cells[:, 0, 1 : 1 + game.config.attributes].long() - 1, target)


def test_presets_seat_separate_speakers_and_listeners():
    for preset, minds in {"default": 2, "quick": 2, "population": 16}.items():
        config = configs.resolve("referential_game", preset)
        game = build.scenario(build.settle(config))
        mind = MATCHMAKERS[config.population.matchmaker](minds, game.spec, 64, Keys.worldless(0, "x"))
        assert config.population.minds == minds and config.training.ticks % 2 == 0 and config.evaluation.ticks % 2 == 0
        assert int(mind[:, 0].max()) < minds // 2 <= int(mind[:, 1].min())
        assert Seating.of(mind, minds).full
