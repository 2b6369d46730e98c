import math

import numpy as np
import pytest
from scipy import stats

from society.analysis.schelling import schelling_diagram


def pairs(table, worlds=10, noise=0.0, seed=0):
    """Rows of a two-player game: payoffs R_c(0), R_c(1), R_d(0), R_d(1), every cell played in every world."""
    rng, rows = np.random.default_rng(seed), []
    for w in range(worlds):
        rows += [(table[0] + noise * rng.normal(), 1, 0, w), (table[1] + noise * rng.normal(), 1, 1, w)]
        rows += [(table[2] + noise * rng.normal(), 0, 0, w), (table[3] + noise * rng.normal(), 0, 1, w)]
    return *(np.array(c, dtype=float) for c in zip(*rows, strict=True)), 2


@pytest.mark.parametrize(
    ("name", "table", "verdict", "fear", "greed"),
    [
        ("prisoner", (0, 3, 1, 5), "dilemma", True, True),
        ("stag hunt", (0, 4, 1, 3), "dilemma", True, False),
        ("chicken", (1, 3, 0, 5), "dilemma", False, True),
        ("harmony", (2, 4, 1, 3), "none", False, False),
        ("deadlock", (0, 1, 3, 5), "none", True, True),  # all defecting is better
        ("nothing matters", (1, 1, 1, 1), "none", False, False),
    ],
)
def test_games_whose_kind_is_known(name, table, verdict, fear, greed):
    for noise in (0.0, 0.3):
        if noise and name == "nothing matters":
            continue
        found = schelling_diagram(*pairs(table, worlds=12, noise=noise), seed=0)
        assert (found.verdict, found.fear, found.greed) == (verdict, fear, greed), (name, noise)
    assert [i.value for i in found.cooperate] + [i.value for i in found.defect] == pytest.approx(table, abs=0.3)


@pytest.mark.parametrize(("multiplier", "verdict"), [(0.8, "none"), (2.0, "dilemma"), (4.8, "none")])
def test_a_public_good_of_four_is_a_dilemma_between_one_and_four(multiplier, verdict):
    """Each contributes 1, the pot times the multiplier is shared: R_c(x) = m (x + 1) / 4 - 1, R_d(x) = m x / 4."""
    rng, rows = np.random.default_rng(1), []
    for w in range(100):
        x = w % 5  # cooperators in this world
        for seat in range(4):
            kind = int(seat < x)
            rows.append((multiplier * x / 4 - kind + rng.normal(0, 0.05), kind, x - kind, w))
    found = schelling_diagram(*(np.array(c, dtype=float) for c in zip(*rows, strict=True)), 4, seed=0)
    assert found.verdict == verdict
    assert [i.value for i in found.cooperate] == pytest.approx([multiplier * (x + 1) / 4 - 1 for x in range(4)], abs=0.05)
    assert [i.value for i in found.defect] == pytest.approx([multiplier * x / 4 for x in range(4)], abs=0.05)
    assert all(i.low <= i.value <= i.high for i in (*found.cooperate, *found.defect)) and found.cooperate[0].n == 20


def test_the_tests_are_scipys():
    rows = pairs((0, 3, 2.8, 5), worlds=8, noise=1.0, seed=3)
    found = schelling_diagram(*rows, seed=0)
    returns, kind, x, _, _ = rows
    cell = {(k, at): returns[(kind == k) & (x == at)] for k in (0, 1) for at in (0, 1)}

    def greater(a, b):  # every world is in every cell
        return stats.ttest_rel(a, b, alternative="greater").pvalue

    assert found.total == pytest.approx(greater(cell[1, 1], cell[0, 0]))
    assert found.rising == pytest.approx(greater(cell[1, 1], cell[1, 0]))
    raw = sorted((greater(cell[0, at], cell[1, at]), at) for at in (0, 1))
    assert found.tempted[raw[0][1]] == pytest.approx(2 * raw[0][0])  # Holm over the two x


def test_noise_is_undecided_and_a_missing_cell_is_named():
    found = schelling_diagram(*pairs((0, 3, 1, 5), worlds=4, noise=30.0), seed=0)
    assert found.verdict == "undecided" and "wide" in found.reason
    returns, kind, x, world, players = pairs((0, 3, 1, 5))
    kept = ~((kind == 1) & (x == 0))
    found = schelling_diagram(returns[kept], kind[kept], x[kept], world[kept], players, seed=0)
    assert found.verdict == "undecided" and found.reason == "no world has a cooperator among 0 other cooperators"
    assert math.isnan(found.cooperate[0].value) and found.cooperate[0].reason
    assert schelling_diagram([], [], [], [], 2, seed=0).verdict == "undecided"


def test_worlds_are_the_replicate_not_their_ticks():
    """A hundred copies of one world's rows are one world: no verdict."""
    returns, kind, x, _, players = pairs((0, 3, 1, 5), worlds=100, noise=0.3)
    found = schelling_diagram(returns, kind, x, np.zeros(400), players, seed=0)
    assert found.verdict == "undecided" and found.cooperate[1].n == 1 and found.reason.startswith("one world has")


def test_no_effect_is_seldom_called_a_dilemma():
    called = [schelling_diagram(*pairs((1, 1, 1, 1), worlds=10, noise=1.0, seed=s), seed=0).verdict for s in range(120)]
    assert called.count("dilemma") <= 1 and called.count("undecided") > 90


def test_wrong_shapes_are_one_line():
    for bad in (([1.0], [1], [0], [0], 1), ([1.0], [1, 0], [0], [0], 2)):
        with pytest.raises(ValueError, match="two or more players"):
            schelling_diagram(*bad, seed=0)
