"""Small games against Kuhn's own solution, values by hand, and OpenSpiel."""

import numpy as np
import pytest

from society.analysis import games, matrix_games
from society.analysis.cfr import solve
from society.studies.kuhn import equilibrium

ROCK = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], dtype=float)
KUHN = games.kuhn()


def random_strategy(seed):
    rng = np.random.default_rng(seed)
    return {info: rng.dirichlet(np.ones(a)) for info, (_, a) in games.information_sets(KUHN).items()}


def test_kuhn_uniform():
    alike = games.uniform(KUHN)
    assert len(alike) == 12
    assert games.value(KUHN, alike) == pytest.approx(1 / 8) and games.nash_conv(KUHN, alike) == pytest.approx(11 / 12)
    assert games.exploitability(KUHN, alike) == pytest.approx(11 / 24)


@pytest.mark.parametrize("alpha", [0, 0.1, 1 / 3])
def test_kuhns_equilibria(alpha):
    assert games.nash_conv(KUHN, equilibrium(alpha)) == pytest.approx(0, abs=1e-12)
    assert games.value(KUHN, equilibrium(alpha)) == pytest.approx(-1 / 18)
    bluffed = equilibrium(alpha) | games.mixed({"Qb": 0.0})
    assert games.nash_conv(KUHN, bluffed) > 0.05


def test_cfr_solves_kuhn_and_nothing_is_below_zero():
    solved = solve(KUHN, 100)
    assert 0 <= games.nash_conv(KUHN, solved) < 0.05 and games.value(KUHN, solved) == pytest.approx(-1 / 18, abs=0.005)
    assert min(games.nash_conv(KUHN, random_strategy(seed)) for seed in range(20)) > 0


def test_cfr_solves_a_matrix_as_the_linear_programme_does():
    payoff = np.random.default_rng(0).normal(size=(3, 4))
    tree = games.matrix_tree(payoff)
    row, column, value = matrix_games.zero_sum_equilibrium(payoff)
    assert games.nash_conv(tree, {"row": row, "column": column}) == pytest.approx(0, abs=1e-9)
    assert games.value(tree, solve(tree, 2000)) == pytest.approx(value, abs=0.01)


def test_best_response_does_not_see_hidden_cards():
    """Against a uniform opponent that is known, the response must be one action a set: brute force over all of them."""
    strategy, sets = random_strategy(3), [s for s, (p, _) in games.information_sets(KUHN).items() if p == 1]
    best = -9.0
    for code in range(2 ** len(sets)):
        pure = {info: np.eye(2)[code >> i & 1] for i, info in enumerate(sets)}
        best = max(best, -games.value(KUHN, {**strategy, **pure}))
    assert games.best_response_value(KUHN, strategy, 1) == pytest.approx(best)


def test_openspiel_agrees():
    spiel = pytest.importorskip("pyspiel", reason="open-spiel is not installed: pip install 'society-sim[oracles]'")
    policy = pytest.importorskip("open_spiel.python.policy")
    exploitability = pytest.importorskip("open_spiel.python.algorithms.exploitability")
    game = spiel.load_game("kuhn_poker")
    theirs = policy.TabularPolicy(game)
    for seed in range(3):
        ours = random_strategy(seed)
        for state, row in theirs.state_lookup.items():  # theirs: card 0, 1, 2 and then p or b
            theirs.action_probability_array[row] = ours["JQK"[int(state[0])] + state[1:]]
        assert games.nash_conv(KUHN, ours) == pytest.approx(exploitability.nash_conv(game, theirs))


def test_a_strategy_with_a_hole_is_named():
    with pytest.raises(ValueError, match="'J'"):
        games.value(KUHN, {})
    two = games.Node(tuple(games.Node(payoff=float(v)) for v in range(2)), 0, "same")
    three = games.Node(tuple(games.Node(payoff=float(v)) for v in range(3)), 0, "same")
    with pytest.raises(ValueError, match="same"):
        games.information_sets(games.Node((two, three), chance=(0.5, 0.5)))


def test_zero_sum_equilibria():
    row, column, value = matrix_games.zero_sum_equilibrium(ROCK)
    assert row == pytest.approx([1 / 3] * 3) and column == pytest.approx([1 / 3] * 3) and value == pytest.approx(0)
    row, column, value = matrix_games.zero_sum_equilibrium([[3, -1], [-2, 4]])  # a 2 x 2 without a saddle: by hand
    assert (row, column, value) == (pytest.approx([0.6, 0.4]), pytest.approx([0.5, 0.5]), pytest.approx(1.0))
    with pytest.raises(ValueError, match="finite matrix"):
        matrix_games.zero_sum_equilibrium([1, 2])


def test_nash_conv_of_matrices():
    rock = [1, 0, 0]
    assert matrix_games.nash_conv([ROCK, -ROCK], [rock, rock]) == 2
    assert matrix_games.nash_conv([ROCK, -ROCK], [[1 / 3] * 3] * 2) == pytest.approx(0)
    dilemma = np.array([[3, 0], [5, 1]])
    assert matrix_games.nash_conv([dilemma, dilemma.T], [[0, 1], [0, 1]]) == 0
    assert matrix_games.nash_conv([dilemma, dilemma.T], [[1, 0], [1, 0]]) == 4
    third = np.random.default_rng(0).normal(size=(3, 2, 3, 4))  # three players: against a sum over all profiles
    x = [np.array([0.3, 0.7]), np.array([0.2, 0.3, 0.5]), np.array([0.1, 0.2, 0.3, 0.4])]
    expected = 0.0
    for i, letters in enumerate(["abc,b,c->a", "abc,a,c->b", "abc,a,b->c"]):
        earned = np.einsum(letters, third[i], *[s for j, s in enumerate(x) if j != i])
        expected += earned.max() - earned @ x[i]
    assert matrix_games.nash_conv(list(third), x) == pytest.approx(expected)


def test_replicator():
    path = matrix_games.replicator(ROCK, [0.5, 0.3, 0.2], time=20)
    assert np.allclose(path.prod(axis=1), path[0].prod(), rtol=1e-6)  # the product of the shares is conserved
    assert np.abs(path - path[0]).max() > 0.1
    path = matrix_games.replicator([[3, 0], [5, 1]], [0.99, 0.01], time=30)
    assert path[-1] == pytest.approx([0, 1], abs=1e-6)
    hawk = matrix_games.replicator([[-1, 2], [0, 1]], [0.9, 0.1], time=40)  # V = 2, C = 4: half are hawks
    assert hawk[-1] == pytest.approx([0.5, 0.5], abs=1e-6)
