"""Clean up: growth and dirt against their formulas, the cleaning beam on rivers made by hand, and what scripts earn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from society.config import resolve
from society.engine import build
from society.engine.rollout import Scripted
from society.keys import Keys
from society.studies._play import play
from society.world.grid import EAST, NORTH, SOUTH
from society.world.worlds import Worlds

CLEAN, ZAP = 7, 8


def make(preset="default", **fields):
    return build.scenario(build.settle(resolve("clean_up", preset, {k.replace("__", "."): v for k, v in fields.items()})))


def key(t=0, worlds=1):
    number = torch.arange(worlds)
    return Keys.at(1, number, torch.zeros_like(number), torch.full_like(number, t))


def river(made, *dirty, worlds=1):
    """A river [W, R] of which only these cells (row, column) are dirty."""
    cells = torch.tensor([made.bodies.grid.cell(y, x) for y, x in dirty], dtype=torch.long)
    return torch.isin(made.river, cells).expand(worlds, -1)


def dirty_cells(made, dirt):
    y, x = made.bodies.grid.yx(made.river[dirt[0]])
    return set(zip(y.tolist(), x.tolist(), strict=True))


def placed(made, *seats):
    """A world whose first seats stand at ((row, column), facing) and whose others are away for good; the river clean."""
    s = Worlds.begin(made, 0, torch.arange(1)).state
    n, grid = made.config.seats, made.bodies.grid
    facing = torch.zeros(1, n, dtype=torch.long)
    pos, out = torch.full_like(facing, grid.cell(1, 1)), torch.full_like(facing, 10_000)
    for i, ((y, x), way) in enumerate(seats):
        pos[0, i], facing[0, i], out[0, i] = grid.cell(y, x), way, 0
    return replace(s, players=replace(s.players, pos=pos, facing=facing, out=out), dirt=torch.zeros_like(s.dirt))


def do(made, s, *acts, t=0):
    act = torch.zeros(1, made.config.seats, dtype=torch.long)
    act[0, : len(acts)] = torch.tensor(acts)
    return made.step(s, {"act": act}, key(t))


# ---------------------------------------------------------------- growth and dirt


@pytest.mark.parametrize("dirty", [0, 29, 40, 57, 58, 100, 145])
def test_apples_grow_as_the_formula_says(dirty):
    """.05 min(1, (d - .4) / (0 - .4)) with d = dirty / 145; nothing at d >= .4 (58 cells)."""
    made = make()
    dirt = torch.arange(145) < dirty
    wanted = max(0.0, 0.05 * min(1.0, (dirty / 145 - 0.4) / (0 - 0.4)))
    assert float(made.rate(dirt[None])) == pytest.approx(wanted, abs=1e-12)
    worlds = 500
    bare = torch.zeros(worlds, len(made.sites), dtype=torch.bool)
    grown = int(made.grow(bare, dirt.expand(worlds, -1), key(worlds=worlds)).sum())
    draws = bare.numel()
    if wanted < 1e-9:
        assert grown == 0
    else:
        assert chisquare([grown, draws - grown], [draws * wanted, draws * (1 - wanted)]).pvalue > 0.01


def test_dirt_falls_on_one_clean_cell_in_two_ticks_after_fifty():
    made, worlds = make(), 20_000
    dirt = (torch.arange(145) % 5 == 0).expand(worlds, -1)
    fell = 0
    for tick, falls in ((0, False), (49, False), (50, True), (300, True), (999, True)):
        after = made.pollute(dirt, torch.full((worlds,), tick), key(tick, worlds))
        fresh = (after & ~dirt).sum(-1)
        assert (after | ~dirt).all() and fresh.max() == int(falls)
        if falls:
            fell += int(fresh.sum())
            assert chisquare(np.asarray((after & ~dirt).sum(0)[~dirt[0]])).pvalue > 0.01  # every clean cell alike
    assert chisquare([fell, 3 * worlds - fell], [1.5 * worlds] * 2).pvalue > 0.01
    full = torch.ones_like(dirt)
    assert made.pollute(full, torch.full((worlds,), 60), key(0, worlds)).all()


def test_the_start_is_as_dirty_as_said_and_bare():
    made = make()
    s = Worlds.begin(made, 0, torch.arange(50)).state
    assert (s.dirt.sum(-1) == round(0.54 * 145)).all() and not s.apples.any()
    assert len({tuple(row.tolist()) for row in s.dirt}) == 50


# ---------------------------------------------------------------- the beam


def test_every_ray_of_the_beam_cleans_the_first_dirt_within_three_cells():
    made = make(world__dirt_rate=0.0)
    s = placed(made, ((6, 10), NORTH))
    # left ray: at 3, behind it none; middle: two in a row; right: at 4 rows, out of reach
    s = replace(s, dirt=river(made, (3, 9), (5, 10), (4, 10), (2, 11), (5, 14)))
    s, got = do(made, s, CLEAN)
    assert dirty_cells(made, s.dirt) == {(4, 10), (2, 11), (5, 14)}
    assert got.measures["cleaned"][0].tolist() == [2] + [0] * 6 and got.reward.sum() == 0
    s, got = do(made, s, CLEAN)  # it rests for two ticks
    s, got2 = do(made, s, CLEAN)
    assert got.measures["cleaned"].sum() == got2.measures["cleaned"].sum() == 0
    s, got = do(made, s, CLEAN)
    assert dirty_cells(made, s.dirt) == {(2, 11), (5, 14)} and got.measures["cleaned"].sum() == 1


def test_a_cell_cleaned_by_two_counts_once_and_only_the_facing_counts():
    made = make(world__dirt_rate=0.0)
    s = placed(made, ((6, 10), NORTH), ((6, 11), NORTH), ((6, 20), SOUTH), ((6, 26), EAST))
    s = replace(s, dirt=river(made, (5, 10), (5, 20), (5, 26)))
    s, got = do(made, s, CLEAN, CLEAN, CLEAN, CLEAN)
    assert dirty_cells(made, s.dirt) == {(5, 20), (5, 26)}
    assert got.measures["cleaned"][0].tolist() == [1] + [0] * 6


def test_the_river_is_the_same_but_for_what_was_cleaned_and_what_fell():
    made = make("quick")
    worlds = Worlds.begin(made, 0, torch.arange(64))
    for _ in range(100):
        seen, before = worlds.observe(), worlds.state.dirt.sum(-1)
        worlds, got, ended = worlds.step(worlds.key.integers("test", 9, 3, 1), seen)
        assert not (ended or worlds) is not worlds
        change = worlds.state.dirt.sum(-1) - before + got.measures["cleaned"].sum(-1)
        assert ((change == 0) | (change == 1)).all()


def test_a_zapped_seat_is_away_for_fifty_ticks_and_cleans_nothing():
    made = make(world__dirt_rate=0.0)
    s = placed(made, ((8, 10), NORTH), ((6, 10), NORTH))
    s, got = do(made, s, ZAP)
    assert int(s.players.out[0, 1]) == 50 and got.events["contests"][1]["target"][0, 0] == 1
    for t in range(50):
        assert not made.observe(s).active[0, 1]
        s, _ = do(made, s, t=t + 1)
    assert made.observe(s).active[0, 1]


def test_the_window_shows_river_dirt_orchard_and_beams():
    made = make(world__ahead=1, world__behind=1, world__aside=0, world__dirt_rate=0.0)
    s = placed(made, ((6, 10), NORTH), ((13, 10), SOUTH))
    s = replace(s, dirt=river(made, (5, 10)), apples=torch.zeros_like(s.apples))
    cells = made.observe(s).features[0, :2, made.spec.slices["cells"]].view(2, 3, 8)
    assert cells[0].tolist() == [[0, 0, 0, 0, 0, 1, 1, 0], [0, 1, 0, 0, 0, 0, 0, 0], [0] * 8]
    assert cells[1, 0].tolist() == [0, 0, 0, 0, 0, 0, 0, int(made.bodies.grid.drawing[made.bodies.grid.cell(14, 10)] == "a")]
    s, _ = do(made, s, CLEAN)
    assert made.observe(s).features[0, 0, made.spec.slices["cells"]].view(3, 8)[0].tolist() == [0, 0, 0, 0, 1, 1, 0, 0]


# ---------------------------------------------------------------- what scripts earn


def test_random_play_and_free_riders_earn_exactly_nothing_from_the_standard_start():
    made = make(world__episode=300)
    for script in ("random", "greedy"):
        assert not play(made, Scripted(made.scripts[script]), 8, 0)["return_"].any()


def test_one_who_cleans_feeds_those_who_do_not():
    made = make("quick")
    cleaner = play(made, Scripted(made.scripts["cleaner"]), 16, 0)["return_"].mean()
    greedy = play(made, Scripted(made.scripts["greedy"]), 16, 0)["return_"].mean()
    assert cleaner > 10 * greedy
