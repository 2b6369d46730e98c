"""Commons harvest: regrowth against its table, the zap, time-outs, moves, on states made by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from society.config import ConfigError, resolve
from society.engine import build
from society.engine.rollout import Scripted
from society.keys import Keys
from society.studies._play import play
from society.world.grid import EAST, NORTH, SOUTH, WEST
from society.world.worlds import Worlds

FORWARD, BACK, LEFT, RIGHT, TURN_LEFT, TURN_RIGHT, ZAP = range(1, 8)
PEACE = {"contest.enabled": False}


def make(preset="default", **fields):
    return build.scenario(build.settle(resolve("commons_harvest", preset, {k.replace("__", "."): v for k, v in fields.items()})))


def begin(made, worlds=1):
    return Worlds.begin(made, 0, torch.arange(worlds)).state


def placed(made, *seats):
    """A state of one world whose first seats stand at ((row, column), facing) and whose others are away for good."""
    s = begin(made)
    n, grid = made.config.seats, made.bodies.grid
    facing = torch.zeros(1, n, dtype=torch.long)
    pos = torch.full_like(facing, grid.cell(1, 1))
    out = torch.full((1, n), 10_000)
    for i, ((y, x), way) in enumerate(seats):
        pos[0, i], facing[0, i], out[0, i] = grid.cell(y, x), way, 0
    zero = torch.zeros_like(pos)
    return replace(s, players=replace(s.players, pos=pos, facing=facing, out=out, cool=zero, beam=zero))


def key(t=0, worlds=1):
    number = torch.arange(worlds)
    return Keys.at(1, number, torch.zeros_like(number), torch.full_like(number, t))


def do(made, s, *acts, t=0):
    act = torch.zeros(1, made.config.seats, dtype=torch.long)
    act[0, : len(acts)] = torch.tensor(acts)
    return made.step(s, {"act": act}, key(t))


def places(made, s):
    y, x = made.bodies.grid.yx(s.players.pos)
    return list(zip(y[0].tolist(), x[0].tolist(), strict=True))


# ---------------------------------------------------------------- regrowth


def test_neighbours_are_the_twelve_cells_within_two_or_the_eight_of_the_block():
    for kind, count, far in (("disc", 12, 4), ("block", 8, 2)):
        made = make(world__map="grove", world__neighbourhood=kind)
        y, x = (v.numpy() for v in made.bodies.grid.yx(made.sites))
        middle = int(np.flatnonzero((y == 4) & (x == 7))[0])
        near = made.near[middle].bool().numpy()
        assert near.sum() == count and not near[middle]
        assert (((y - 4) ** 2 + (x - 7) ** 2)[near] <= far).all()


@pytest.mark.parametrize(
    ("preset", "table"),
    [
        ("default", [0, 0.0025, 0.005, 0.025, 0.025]),
        ("ssd", [0, 0.005, 0.02, 0.05, 0.05]),
        ("perolat", [0, 0.01, 0.01, 0.05, 0.05, 0.1]),
    ],
)
def test_an_empty_site_grows_as_its_live_neighbours_say(preset, table):
    """Hand-made groves with 0, 1, 2, .. live apples round the middle: how often it grew in 60,000 ticks, by chi-square."""
    made = make(preset, world__map="grove")
    y, x = made.bodies.grid.yx(made.sites)
    middle = int(((y == 4) & (x == 7)).nonzero())
    neighbours = made.near[middle].nonzero()[:, 0]
    far = int(((y == 2) & (x == 2)).nonzero())  # an apple that is no neighbour counts for nothing
    draws, grown = 60_000, []
    number = torch.arange(draws)
    keys = Keys.at(7, number, torch.zeros_like(number), torch.zeros_like(number))
    for live in range(len(table)):
        apples = torch.zeros(1, len(made.sites), dtype=torch.bool)
        apples[0, neighbours[:live]] = True
        apples[0, far] = True
        grown.append(int(made.regrow(apples.expand(draws, -1), keys)[:, middle].sum()))
    assert grown[0] == 0
    expected = draws * np.array(table[1:])
    observed = np.array(grown[1:])
    for seen, wanted in zip(observed, expected, strict=True):
        assert chisquare([seen, draws - seen], [wanted, draws - wanted]).pvalue > 0.01
    wrong = draws * (np.array(table[1:]) * 1.1)
    assert any(chisquare([s, draws - s], [w, draws - w]).pvalue < 0.01 for s, w in zip(observed, wrong, strict=True))


def test_an_eaten_commons_never_comes_back_and_live_apples_stay():
    made = make()
    s = placed(made)
    bare = replace(s, apples=torch.zeros_like(s.apples))
    for t in range(50):
        bare, _ = do(made, bare, t=t)
        s, _ = do(made, s, t=t)
    assert not bare.apples.any() and s.apples.all()


def test_whoever_stands_on_an_apple_eats_it_once():
    made = make(world__regrowth=(0.0,))
    s = placed(made, ((6, 4), NORTH))  # south of the lowest apple of the first patch
    s, got = do(made, s, FORWARD)
    assert got.reward[0].tolist() == [1.0] + [0.0] * 6 and int((~s.apples).sum()) == 1
    assert [int(got.measures[n][0, 0]) for n in ("eaten", "rewarded", "rewarded_tick")] == [1, 1, 1]
    s, got = do(made, s, 0)
    assert got.reward.sum() == 0 and got.measures["stock"].sum() == 77 and got.measures["sites"].sum() == pytest.approx(78)


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("facing", "steps"),
    [
        (NORTH, {FORWARD: (-1, 0), BACK: (1, 0), LEFT: (0, -1), RIGHT: (0, 1)}),
        (EAST, {FORWARD: (0, 1), BACK: (0, -1), LEFT: (-1, 0), RIGHT: (1, 0)}),
        (SOUTH, {FORWARD: (1, 0), BACK: (-1, 0), LEFT: (0, 1), RIGHT: (0, -1)}),
        (WEST, {FORWARD: (0, -1), BACK: (0, 1), LEFT: (1, 0), RIGHT: (-1, 0)}),
    ],
)
def test_moves_go_by_the_facing_and_leave_it(facing, steps):
    made = make()
    s = placed(made, ((13, 10), facing))
    for act, (dy, dx) in steps.items():
        now, _ = do(made, s, act)
        assert places(made, now)[0] == (13 + dy, 10 + dx) and int(now.players.facing[0, 0]) == facing
    for act, way in ((TURN_LEFT, facing - 1), (TURN_RIGHT, facing + 1), (0, facing)):
        now, _ = do(made, s, act)
        assert places(made, now)[0] == (13, 10) and int(now.players.facing[0, 0]) == way % 4


def test_no_two_seats_ever_share_a_cell():
    made = make("quick", world__seats=8)
    worlds = Worlds.begin(made, 3, torch.arange(64))
    for _ in range(120):
        seen = worlds.observe()
        worlds, _, _ = worlds.step(worlds.key.integers("test", 8, 8, 1), seen)
        p = worlds.state.players
        spot = torch.where(p.out == 0, p.pos, -1 - torch.arange(8))
        assert (spot.sort(-1).values.diff() != 0).all() and not made.bodies.grid.wall[p.pos].any()


# ---------------------------------------------------------------- the zap


def zap(made, s):
    now, got = do(made, s, ZAP)
    mask, columns = got.events["contests"]
    rows = [(int(seat), int(columns["target"][0, seat])) for seat in mask[0].nonzero()[:, 0]]
    return now, got, rows


@pytest.mark.parametrize(
    ("victim", "hit"),
    [
        ((13, 11), True),
        ((13, 13), True),
        ((13, 14), False),
        ((12, 12), True),
        ((14, 13), True),
        ((15, 12), False),
        ((13, 9), False),
        ((12, 10), False),
    ],
)
def test_a_zap_reaches_three_cells_ahead_in_three_columns(victim, hit):
    made = make()
    now, got, rows = zap(made, placed(made, ((13, 10), EAST), (victim, NORTH)))
    assert rows == ([(0, 1)] if hit else []) and int(now.players.out[0, 1]) == (4 if hit else 0)
    assert got.reward.sum() == 0 and got.measures["zaps"][0, 0]


def test_a_zap_stops_at_walls_and_hits_the_nearest_only():
    made = make()
    # beside the western wall, facing north: the left ray does not exist; a seat behind another is safe
    now, _, rows = zap(made, placed(made, ((13, 1), NORTH), ((11, 1), EAST), ((12, 1), EAST), ((12, 2), EAST)))
    assert rows == [(0, 2)] and now.players.out[0, :4].tolist() == [0, 0, 4, 0]


def test_of_seats_equally_near_the_middle_ray_hits_first_then_the_left():
    made = make()
    left, middle, right = ((12, 12), NORTH), ((13, 12), NORTH), ((14, 12), NORTH)
    assert zap(made, placed(made, ((13, 10), EAST), right, left, middle))[2] == [(0, 3)]
    assert zap(made, placed(made, ((13, 10), EAST), right, left))[2] == [(0, 2)]


def test_who_is_away_is_not_hit_and_shields_nobody():
    made = make()
    s = placed(made, ((13, 10), EAST), ((13, 11), NORTH), ((13, 12), NORTH))
    s = replace(s, players=replace(s.players, out=s.players.out + 9 * (torch.arange(made.config.seats) == 1)))
    now, _, rows = zap(made, s)
    assert rows == [(0, 2)] and now.players.out[0, :3].tolist() == [0, 8, 4]


def test_a_zapped_seat_is_away_for_four_ticks_and_does_nothing():
    made = make()
    s, _, _ = zap(made, placed(made, ((13, 10), EAST), ((13, 12), NORTH)))
    for t in range(4):
        assert not made.observe(s).active[0, 1]
        s, got = do(made, s, 0, 0, t=t + 1)
        assert got.measures["out"][0, 1]
    assert made.observe(s).active[0, 1]
    _, got = do(made, s, t=5)
    assert not got.measures["out"][0, 1]
    assert made.bodies.grid.drawing[int(s.players.pos[0, 1])] == "s"


def test_a_zap_needs_its_rest():
    made = make()
    s = placed(made, ((13, 10), EAST))
    fired = []
    for t in range(7):
        s, got = do(made, s, ZAP, t=t)
        fired.append(bool(got.measures["zaps"][0, 0]))
    assert fired == [True, False, False, True, False, False, True]


def test_the_repositorys_zap_costs_one_and_fifty_and_sends_nobody_away():
    made = make("ssd")
    now, got, rows = zap(made, placed(made, ((13, 10), EAST), ((13, 12), NORTH)))
    assert rows == [(0, 1)] and got.reward[0, :2].tolist() == [-1.0, -50.0] and int(now.players.out[0, 1]) == 0


def test_zaps_of_a_crowd_are_those_of_rays_walked_cell_by_cell():
    made = make("quick", world__seats=14, world__beam_length=4, world__beam_radius=2, world__cooldown=0)
    grid, worlds, landed = made.bodies.grid, Worlds.begin(made, 3, torch.arange(24)), 0
    for _ in range(6):
        act = worlds.key.integers("test", 8, 14, 1)
        p = worlds.state.players
        _, zaps = made.bodies.zap(p, act[..., 0])
        for w in range(24):
            who = {int(p.pos[w, i]): i for i in range(14) if p.out[w, i] == 0}
            for seat in range(14):
                far, side = int(grid.ahead[p.facing[w, seat]]), int(grid.ahead[(p.facing[w, seat] + 1) % 4])
                met = []
                for right in range(-2, 3) if act[w, seat, 0] == ZAP else ():
                    for ahead in range(5):
                        cell = int(p.pos[w, seat]) + right * side + ahead * far
                        if grid.wall[cell]:
                            break
                        if ahead > 0 and cell in who:
                            met.append((ahead, abs(right), right > 0, who[cell]))
                assert int(zaps.target[w, seat]) == (min(met)[-1] if met else -1)
                landed += bool(met)
        worlds, _, _ = worlds.step(act, worlds.observe())
    assert landed > 50


def test_in_peace_no_zap_lands_or_costs_anything_and_without_the_option_there_is_none():
    made = make("ssd", contest__enabled=False)
    now, got, rows = zap(made, placed(made, ((13, 10), EAST), ((13, 12), NORTH)))
    assert rows == [] and got.reward.sum() == 0 and not now.players.out[0, :2].any()
    bare = make(contest__offered=False)
    assert bare.spec.heads["act"].size == 7 and not bare.spec.heads["act"].contest
    assert make().spec.heads["act"].size == 8 and make().spec.heads["act"].contest


# ---------------------------------------------------------------- what is seen, and what scripts earn


def test_the_window_shows_apples_seats_walls_and_beams():
    made = make(world__ahead=2, world__behind=0, world__aside=1)
    s = placed(made, ((13, 1), NORTH), ((12, 2), NORTH))
    s = replace(s, apples=torch.zeros_like(s.apples), players=replace(s.players, beam=torch.tensor([[0, 1] + [0] * 5])))
    cells = made.observe(s).features[0, 0, made.spec.slices["cells"]].view(3, 3, 4)
    apple, seat, wall, beam = cells.unbind(-1)
    assert not apple.any()
    assert seat.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert wall.tolist() == [[1, 0, 0]] * 3
    assert beam.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]  # the other's beam starts ahead of it, three columns wide
    s = placed(made, ((6, 4), NORTH))
    apple = made.observe(s).features[0, 0, made.spec.slices["cells"]].view(3, 3, 4)[..., 0]
    assert apple.tolist() == [[1, 1, 1], [0, 1, 0], [0, 0, 0]]


def test_more_seats_than_places_is_one_line():
    with pytest.raises((ConfigError, ValueError), match="places to begin on"):
        make("quick", world__seats=64)


def test_greed_eats_the_commons_up_and_restraint_keeps_it():
    made = make("quick")
    greedy, sustainable = (play(made, Scripted(made.scripts[name]), 16, 0) for name in ("greedy", "sustainable"))
    assert greedy["stock_at_end"].sum() == 0 and (sustainable["stock_at_end"].sum(1) > 0).all()
    assert sustainable["return_"].mean() > 2 * greedy["return_"].mean()


@pytest.mark.parametrize(("restraint", "eats"), [(4, True), (5, False)])
def test_restraint_takes_an_apple_with_just_enough_neighbours(restraint, eats):
    """The tip of a patch and the four apples near it: each has exactly four live neighbours."""
    made = make(world__restraint=restraint)
    y, x = made.bodies.grid.yx(made.sites)
    few = sum((y == row) & (x == column) for row, column in ((1, 4), (2, 3), (2, 4), (2, 5), (3, 4))).bool()
    s = replace(placed(made, ((1, 3), NORTH)), apples=few[None])
    act = made.scripts["sustainable"].act(s, made.observe(s), key())["act"]
    assert bool(act[0, 0] > 0) == eats
