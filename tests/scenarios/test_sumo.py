"""Sumo: bouts set up by hand, what is zero-sum and symmetric, who wins against whom."""

import pytest
import torch

from society import config as configs
from society.engine import build
from society.engine.rollout import Mixed, Scripted
from society.keys import Keys
from society.studies._play import play
from society.world.scenario import replace
from society.world.worlds import Worlds

LEFT, RIGHT = 1, 2


def make(**world):
    return build.scenario(build.settle(configs.resolve("sumo", overrides={"world": world} if world else {})))


def bouts(game, count, seed=0):
    return Worlds.begin(game, seed, torch.arange(count))


def set_up(game, *places, vel=((0.0, 0.0), (0.0, 0.0))):
    begun = bouts(game, 1)
    return replace(begun.state, pos=torch.tensor([places]), vel=torch.tensor([vel]))


def step(game, state, first, second):
    key = Keys.at(0, *(torch.zeros(1, dtype=torch.long) for _ in range(3)))
    return game.step(state, {"move": torch.tensor([[first, second]])}, key)


def scores(game, first, second, count=100):
    """What each seat [W, 2] has of whole bouts between two scripts, one in each seat."""
    both = Mixed(torch.tensor([True, False]), *(Scripted(game.scripts[name]) for name in (first, second)))
    return play(game, both, count, seed=0, first=0)["return_"]


def test_a_bout_begins_face_to_face():
    s = bouts(make(), 500).state
    assert torch.allclose(s.pos.sum(1), torch.zeros(500, 2), atol=1e-6)
    assert torch.allclose(s.pos.norm(dim=-1), torch.full((500, 2), 0.5), atol=1e-6)
    assert (s.pos[:, 0].mean(0).abs() < 0.06).all()  # at any angle


@pytest.mark.parametrize(
    ("places", "speed", "paid"),
    [
        (((0.95, 0.0), (0.0, 0.0)), (1.0, 0.0), [-1, 1]),  # the first goes over the edge at 1.05
        (((0.85, 0.0), (0.0, 0.0)), (1.0, 0.0), [0, 0]),  # and is still on it at .95
        (((0.0, 0.0), (0.0, -1.01)), (0.0, 0.0), [1, -1]),
        (((0.0, 1.01), (0.0, -1.01)), (0.0, 0.0), [0, 0]),  # both at once and equally far
        (((0.0, 1.02), (0.0, -1.01)), (0.0, 0.0), [-1, 1]),  # both at once: who is further out
    ],
)
def test_who_leaves_the_disc_has_lost(places, speed, paid):
    game = make()
    after, outcome = step(game, set_up(game, *places, vel=(speed, (0.0, 0.0))), 0, 0)
    assert outcome.reward.tolist() == [paid]
    assert bool(outcome.done) == bool((after.pos.norm(dim=-1) > 1).any())
    assert outcome.measures["won"].tolist() == [[paid[0] == 1, paid[1] == 1]]
    assert outcome.measures["first_won"].tolist() == [[paid[0] == 1] * 2]
    assert not outcome.measures["pushed"].any()  # nobody touched anybody


def test_time_out_is_a_draw():
    game = make(episode=3)
    worlds = bouts(game, 2)
    for t in range(3):
        worlds, outcome, _ = worlds.step(torch.zeros(2, 2, 1, dtype=torch.long), worlds.observe())
        assert outcome.done.tolist() == [t == 2] * 2 and not outcome.reward.any()


def test_contact_keeps_the_momentum_of_unequal_masses():
    game = make(mass=(1.0, 4.0))
    s = set_up(game, (-0.15, 0.0), (0.15, 0.0), vel=((1.0, 0.0), (-0.5, 0.0)))
    after, _ = step(game, s, 0, 0)
    before = 1.0 * s.vel[0, 0] + 4.0 * s.vel[0, 1]
    assert torch.allclose(1.0 * after.vel[0, 0] + 4.0 * after.vel[0, 1], 0.75 * before, atol=1e-5)
    assert after.apart.item() == 0 and (after.vel - 0.75 * s.vel).abs().max() > 0.2


def test_strength_and_mass_by_hand():
    """Thrust 2 * 3 on mass 2 for a tenth: a velocity of .3."""
    game = make(mass=(2.0, 1.0), strength=(3.0, 1.0))
    after, _ = step(game, set_up(game, (-0.5, 0.0), (0.5, 0.0)), RIGHT, LEFT)
    assert torch.allclose(after.vel, torch.tensor([[[0.3, 0.0], [-0.2, 0.0]]]))


def test_a_push_is_told_from_a_misstep():
    game = make(strength=(2.0, 1.0))
    state = set_up(game, (0.3, 0.0), (0.75, 0.0))
    for _ in range(20):
        state, outcome = step(game, state, RIGHT, LEFT)
        if outcome.done:
            break
    assert outcome.reward.tolist() == [[1, -1]] and outcome.measures["pushed"].all()


def test_each_seat_sees_the_same_bout_from_its_own_side():
    game = make(mass=(1.0, 2.0), strength=(1.5, 1.0))
    s = set_up(game, (0.1, 0.2), (-0.3, 0.4), vel=((0.5, 0.0), (0.0, -0.5)))
    one, two = game.observe(s).features[0].tolist()
    assert one == pytest.approx([0.1, 0.2, 0.5, 0.0, -0.4, 0.2, 0.0, -0.5, 1.0, 1.0, 1.5, 2.0, 1.0])
    assert two == pytest.approx([-0.3, 0.4, 0.0, -0.5, 0.4, -0.2, 0.5, 0.0, 1.0, 2.0, 1.0, 1.0, 1.5])


def test_scripts_and_their_order():
    game = make()
    assert (scores(game, "hold", "random", count=50).sum(1) == 0).all()  # zero-sum
    for rival, least in (("hold", 0.3), ("push", 0.9)):
        score = scores(game, rival, "random")[:, 0]
        assert score.mean() > least and (score >= 0).float().mean() > 0.95
    assert scores(game, "push", "push", count=64).abs().mean() < 0.1  # equals hold each other up
    alike = scores(game, "random", "random", count=300)[:, 0]
    assert abs(alike.mean()) < 0.15  # neither seat is the better one


def test_the_strong_push_the_weak_off():
    score = scores(make(strength=(2.0, 1.0)), "push", "hold", count=64)
    assert score[:, 0].mean() > 0.9
