"""Two actors in the same worlds: each is obeyed in its own seats and remembers as it would alone."""

import torch

from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock, Minds, Mixed, Scripted, ticks
from society.engine.training import Training
from society.population.matchmaking import Seating
from society.world.worlds import Worlds


def test_each_is_obeyed_in_its_own_seats_of_its_own_worlds():
    game = build.scenario(build.settle(resolve("matrix_game", overrides={"world.game": "prisoners_dilemma"})))
    both = (Scripted(game.scripts[name]) for name in ("always_cooperate", "always_defect"))
    loyal = torch.tensor([[True, True], [True, False], [False, True], [False, False]])
    actor, worlds = Mixed(loyal, *both), Worlds.begin(game, 0, torch.arange(4))
    (tick,) = ticks(worlds, actor, actor.blank(worlds), 1, Clock())
    move = tick.turn.packed[..., game.spec.columns["move"]][..., 0]
    assert torch.equal(move == game.cooperates, loyal)


def test_one_row_of_seats_is_meant_for_all_worlds():
    game = build.scenario(build.settle(resolve("matrix_game")))
    random, loyal = (Scripted(game.scripts[name]) for name in ("random", "always_cooperate"))
    actor, worlds = Mixed(torch.tensor([True, False]), random, loyal), Worlds.begin(game, 0, torch.arange(64))
    seen = worlds.observe()
    packed, alone = (who.act(worlds, seen, who.blank(worlds)).packed for who in (actor, random))
    assert torch.equal(packed[:, 0], alone[:, 0]) and (packed[:, 1] == packed[0, 1]).all()
    assert not torch.equal(packed[:, 1], alone[:, 1])


def test_minds_that_remember_do_so_beside_others():
    """A recurrent mind mixed with itself and with one of its kind is the mind alone: same acts, same memory."""
    fields = {"population.policy": "gru", "population.network.hidden": 16, "population.minds": 2}
    run = Training(build.settle(resolve("referential_game", overrides=fields)))
    worlds, spec = Worlds.begin(run.scenario, 1, torch.arange(8)), run.scenario.spec
    one, two = (Minds(run.population, Seating.of(torch.full((8, spec.seats), mind), 2)) for mind in (0, 1))
    seats = torch.arange(spec.seats) == 0
    mixed, again, alone = Mixed(seats, one, two), Mixed(seats, one, one), one
    size = alone.blank(worlds).shape[-1]
    assert size > 0 and mixed.blank(worlds).shape[-1] == 2 * size
    with torch.no_grad():
        played = [list(ticks(worlds, who, who.blank(worlds), 3, Clock())) for who in (alone, again, mixed)]
    for own, twice in zip(*played[:2], strict=True):
        assert torch.equal(twice.turn.packed, own.turn.packed)
        assert torch.equal(twice.memory_after, torch.cat([own.memory_after] * 2, -1))
    first = played[2][0]
    assert torch.equal(first.turn.memory[..., :size], played[0][0].turn.memory)
    assert not torch.equal(first.turn.memory[..., size:], played[0][0].turn.memory)
