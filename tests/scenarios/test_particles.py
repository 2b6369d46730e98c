"""The particle worlds: starts, actions, channel and perception by hand; scripts in their order. mpe2: test_studies_mpe2."""

import dataclasses

import pytest
import torch

from society import config as configs
from society.config import ConfigError
from society.engine import build
from society.engine.rollout import Scripted
from society.keys import Keys
from society.studies._play import play
from society.world.interventions import mute
from society.world.scenario import replace
from society.world.worlds import Worlds

NAMES = (
    "simple_spread",
    "simple_speaker_listener",
    "simple_reference",
    "simple_tag",
    "simple_adversary",
    "simple_world_comm",
)
TALKING = ("simple_speaker_listener", "simple_reference", "simple_world_comm")


def make(name, intervention=None, **overrides):
    return build.scenario(build.settle(configs.resolve(name, overrides=overrides)), intervention=intervention)


def begin(game, count=4, seed=0):
    return Worlds.begin(game, seed, torch.arange(count))


def act(game, worlds, **given):
    action = {name: torch.zeros(len(worlds.world), game.seats, dtype=torch.long) for name in game.spec.heads}
    return worlds.step(game.spec.pack(action | given), worlds.observe())


def returns(name, script, count=128, **overrides):
    game = make(name, **overrides)
    return play(game, Scripted(game.scripts[script]), count, seed=0, first=0)["return_"].mean(0)


@pytest.mark.parametrize("name", NAMES)
def test_an_episode_begins_at_rest_anywhere_in_the_plane(name):
    game = make(name)
    s = begin(game, 2000).state
    assert not s.vel.any() and not s.air.any()
    span = s.pos.abs().amax((0, 2))
    wanted = torch.tensor([1.0] * game.seats + [m.spread for m in game.marks for _ in range(m.count)])
    assert (span <= wanted).all() and (span > 0.99 * wanted).all()
    assert s.pos.mean((0, 2)).abs().max() < 0.05
    for q in range(game.goals):
        assert (torch.bincount(s.goal[:, q], minlength=game.lands) / 2000 - 1 / game.lands).abs().max() < 0.05


@pytest.mark.parametrize("name", NAMES)
def test_a_world_is_cut_off_after_25_ticks_and_never_ends_by_itself(name):
    worlds = begin(make(name), 2)
    for t in range(25):
        worlds, outcome, ended = act(worlds.scenario, worlds)
        assert outcome.done is None and outcome.truncated.tolist() == [t == 24] * 2 and (ended is not None) == (t == 24)


@pytest.mark.parametrize("name", NAMES)
def test_thrusts_are_none_left_right_down_up(name):
    game = make(name)
    for option, way in enumerate(([0, 0], [-1, 0], [1, 0], [0, -1], [0, 1])):
        worlds = begin(game, 64)
        spread = torch.arange(1, 1 + worlds.state.pos.shape[1])[:, None] * torch.tensor([3.0, 0.0])  # nobody touches anybody
        worlds = dataclasses.replace(worlds, state=replace(worlds.state, pos=spread.expand(64, -1, -1)))
        after, _, _ = act(game, worlds, move=torch.full((64, game.seats), option))
        thrust = torch.tensor([role.thrust for role in game.roles for _ in range(role.count)])
        assert torch.allclose(after.state.vel[0], 0.1 * thrust[:, None] * torch.tensor(way).float(), atol=1e-6)
        assert torch.equal(after.state.pos, worlds.state.pos)  # the velocity of before: none
        again, _, _ = act(game, after)
        assert torch.allclose(again.state.pos - after.state.pos, torch.nn.functional.pad(
            0.1 * after.state.vel, (0, 0, 0, game.lands)), atol=1e-6)  # fmt: skip


@pytest.mark.parametrize("name", TALKING)
@pytest.mark.parametrize("latency", [1, 3])
def test_a_message_is_heard_after_the_latency_by_those_who_hear(name, latency):
    game = make(name, **{"channel.length": 2, "channel.latency": latency})
    worlds, where = begin(game, 1), game.spec.slices["heard"]
    symbols = game.parts.channel.config.symbols
    said = torch.zeros(1, game.seats, 2, dtype=torch.long)
    said[0, 0] = torch.tensor([2, symbols - 1])
    for t in range(latency + 1):
        heard = worlds.observe().features[0, :, where].view(game.seats, 2, symbols - 1)
        hears = {"simple_speaker_listener": [1], "simple_reference": [1], "simple_world_comm": [0, 1, 2, 3]}[name]
        for seat in range(game.seats):
            if t == latency and seat in hears:
                assert heard[seat].nonzero().tolist() == [[0, 1], [1, symbols - 2]]
            else:
                assert not heard[seat].any()
        worlds, _, _ = act(game, worlds, say=said if t == 0 else torch.zeros_like(said))


@pytest.mark.parametrize("name", TALKING)
def test_a_muted_world_hears_nothing_and_moves_alike(name):
    loud, dumb = begin(make(name), 8), begin(make(name, intervention=mute), 8)
    for _ in range(5):
        seen = loud.observe()
        packed = loud.scenario.spec.pack(loud.scenario.scripts["random"].act(loud.state, seen, loud.key))
        loud, dumb = loud.step(packed, seen)[0], dumb.step(packed, dumb.observe())[0]
        assert torch.equal(loud.state.pos, dumb.state.pos)
        where = dumb.scenario.spec.slices["heard"]
        assert loud.observe().features[..., where].any() and not dumb.observe().features[..., where].any()


def test_what_is_said_costs_its_speaker():
    game = make("simple_reference", **{"channel.cost": 0.5})
    worlds = begin(game, 3)
    said = torch.tensor([1, 0]).expand(3, -1)
    apart = act(game, worlds, say=said)[1].reward - act(game, worlds)[1].reward
    assert torch.allclose(apart, torch.tensor([-0.5, 0.0]).expand(3, -1))


def test_who_cannot_move_or_speak_has_no_choice_in_it():
    game = make("simple_speaker_listener")
    seen = begin(game).observe()
    assert seen.may(game.spec, "move").tolist() == [[False, True]] * 4
    assert seen.may(game.spec, "say").tolist() == [[True, False]] * 4
    assert begin(make("simple_reference")).observe().mask is None


def test_the_speaker_alone_knows_the_goal_and_the_meanings_say_so():
    game = make("simple_speaker_listener")
    worlds = begin(game, 300)
    told = worlds.observe().features[..., game.spec.slices["goal"]]
    goal = worlds.state.goal[:, 0]
    assert torch.equal(told[:, 0].argmax(-1), goal) and not told[:, 1].any()
    assert game.meanings(worlds.state)["goal"].tolist() == [[g, -1] for g in goal.tolist()]


def test_rewards_of_the_talking_worlds_by_hand():
    game = make("simple_speaker_listener")
    s = begin(game, 1).state
    pos = torch.tensor([[[9.0, 9.0], [0.0, 0.0], [0.3, 0.4], [1.0, 0.0], [0.0, 1.0]]])
    assert game.judge(replace(s, pos=pos, goal=torch.tensor([[0]])))[0][0].tolist() == pytest.approx([-0.25, -0.25])
    game = make("simple_reference", **{"world.local_ratio": 0.75})
    pos = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [0.3, 0.4], [1.0, 0.0], [1.0, 1.0]]])
    # seat 0 knows where seat 1 should go (landmark 2, 1 away), seat 1 where seat 0 should (landmark 0, .5 away)
    reward = game.judge(replace(begin(game, 1).state, pos=pos, goal=torch.tensor([[2, 0]])))[0]
    assert torch.allclose(reward, -torch.tensor([[0.25 * 0.75 + 0.75 * 1.0, 0.25 * 0.75 + 0.75 * 0.5]]))


def test_forests_hide_but_not_from_the_leader():
    game = make("simple_world_comm")
    s = begin(game, 1).state
    pos = 5.0 + 2.0 * torch.arange(s.pos.shape[1])[:, None].expand(-1, 2).clone()  # all far from all
    forest = pos[game.forests][0]
    pos[4] = forest  # the first prey is in it, and the second adversary
    pos[1] = forest + 0.1
    seen = game.observe(replace(s, pos=pos[None], vel=torch.ones_like(s.vel))).features[0]
    others, runs = (seen[:, game.spec.slices[name]].view(6, -1, 2).abs().sum(-1) > 0 for name in ("others", "velocities"))
    assert others[0].all() and runs[0].all()  # the leader
    assert others[1].tolist() == [False, False, False, True, False]  # inside: sees who is inside
    assert others[2].tolist() == [True, False, True, False, True]  # outside: sees who is outside
    assert runs[1].tolist() == [True, False] and runs[2].tolist() == [False, True]
    assert others[4].tolist() == [False, True, False, False, False] and runs[5].tolist() == [False, False]
    inside = seen[:, game.spec.slices["in_forest"]]
    assert (inside == 1).nonzero().tolist() == [[1, 0], [4, 0]]
    assert game.meanings(replace(s, pos=pos[None]))["forest of prey 0"].tolist() == [[1, -1, -1, -1, -1, -1]]


def test_leaving_the_arena_costs_what_mpe2_says():
    from society.scenarios.particles_chase import bounds

    pos = torch.tensor([[[0.89, 0.0], [0.95, -0.95], [1.5, 0.0], [-9.0, 0.0]]])
    assert bounds(pos)[0].tolist() == pytest.approx([0.0, 1.0, 2.718282, 10.0], rel=1e-5)


@pytest.mark.parametrize(
    ("name", "better", "worse", "gap"),
    [
        ("simple_spread", "assigned", "random", 10),
        ("simple_speaker_listener", "code", "centroid", 5),
        ("simple_speaker_listener", "centroid", "random", 15),
        ("simple_reference", "code", "centroid", 4),
        ("simple_reference", "centroid", "random", 5),
        ("simple_adversary", "split", "random", 1),
    ],
)
def test_scripts_in_their_order(name, better, worse, gap):
    assert returns(name, better)[-1] > returns(name, worse)[-1] + gap


@pytest.mark.parametrize(("name", "hunters"), [("simple_tag", 3), ("simple_world_comm", 4)])
def test_scripted_hunters_catch_more_than_random_ones(name, hunters):
    assert returns(name, "chase")[:hunters].mean() > returns(name, "random")[:hunters].mean() + 5


def test_touches_are_counted_for_the_prey_and_paid_to_every_hunter():
    game = make("simple_tag")
    found = play(game, Scripted(game.scripts["chase"]), 16, seed=0, first=0)
    touches = found["touched"].sum(1, keepdim=True)
    assert touches.any() and torch.equal(found["reward_adversaries"][:, :3], 10 * touches.expand(-1, 3))


def test_a_mean_channel_still_lets_the_scripts_act():
    for symbols in (2, 3):
        assert returns("simple_speaker_listener", "code", 8, **{"channel.symbols": symbols, "channel.length": 2}).isfinite().all()
        assert returns("simple_world_comm", "chase", 8, **{"channel.symbols": symbols}).isfinite().all()


def test_a_reach_in_cells_is_refused():
    with pytest.raises((ValueError, ConfigError), match=r"channel\.reach"):
        make("simple_reference", **{"channel.reach": 3})


def test_float_states_agree_in_any_company():
    """A world among 300 and alone, by the same actions, also where bodies collide."""
    game = make("simple_tag", **{"world.good": 3})
    many, alone = begin(game, 300), Worlds.begin(game, 0, torch.arange(17, 18))
    for _ in range(25):
        seen = many.observe()
        packed = game.spec.pack(game.scripts["chase"].act(many.state, seen, many.key))
        many, alone = many.step(packed, seen)[0], alone.step(packed[17:18], alone.observe())[0]
        assert torch.allclose(many.state.pos[17], alone.state.pos[0], atol=1e-5)


def test_discs_are_painted_where_they_are():
    from society.scenarios.particles_scene import PIXELS, SCALE

    game = make("simple_tag")
    s = begin(game, 1).state
    pos = s.pos.clone()
    pos[0, 4:] = torch.tensor([[0.5, 0.5], [9.0, 9.0]])
    scene = game.scene(replace(s, pos=pos))
    painted = (scene.cells[0] == 2).nonzero().float()
    centre = painted.mean(0)
    assert centre[1].item() == pytest.approx((0.5 + 1.4) * SCALE - 0.5, abs=0.6)
    assert centre[0].item() == pytest.approx(PIXELS - 1 - ((0.5 + 1.4) * SCALE - 0.5), abs=0.6)  # up is up
    assert len(painted) == pytest.approx(3.14159 * (0.2 * SCALE) ** 2, rel=0.1)
    assert torch.equal(scene.cells.max(), torch.tensor(2, dtype=torch.uint8)) and not scene.wraps


def test_keys_of_another_world_draw_another_start():
    game = make("simple_spread")
    one, two = begin(game, 2).state.pos
    assert not torch.equal(one, two)
    zero = torch.zeros(1, dtype=torch.long)
    assert not torch.equal(game.reset(Keys.at(0, zero, zero, zero - 1)).pos, game.reset(Keys.at(0, zero, zero + 1, zero - 1)).pos)
