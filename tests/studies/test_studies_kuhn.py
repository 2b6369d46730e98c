import numpy as np
import pytest

from society.analysis import games
from society.studies import _kuhn_learning as learning
from society.studies import kuhn as study


def test_the_games_played_are_kuhns():
    """Mean payoff of sampled games to the mover of the first card is the tree's value of the same policy."""
    rng = np.random.default_rng(0)
    policy = rng.dirichlet([1, 1], size=(1, len(learning.SETS)))
    strategy = dict(zip(learning.SETS, policy[0], strict=True))
    _, info, _, payoff = learning._play(policy, 200_000, rng)
    assert payoff[info < 3].mean() == pytest.approx(games.value(games.kuhn(), strategy), abs=0.01)
    assert payoff[(info >= 3) & (info < 9)].mean() == pytest.approx(-games.value(games.kuhn(), strategy), abs=0.01)


def test_learning_comes_closer_to_an_equilibrium_and_repeats_itself():
    few, more = learning.learn(3, 20), learning.learn(3, 400)
    gap = [games.nash_conv(games.kuhn(), s) for s in (few, more)]
    assert gap[1] < 0.25 * gap[0]
    again = learning.learn(3, 20)
    assert all((few[info] == again[info]).all() for info in few)


def test_the_study_holds(monkeypatch):
    monkeypatch.setattr(study, "learn", lambda seed, updates: learning.learn(seed, 800))
    assert study.run(quick=True, seeds=[20])["holds"]
