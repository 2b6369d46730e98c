from itertools import product

import numpy as np
import pytest

from society.analysis.economy import gini
from society.studies import wealth_exchange as study


def test_the_exact_value_is_that_of_the_chain_itself():
    """Three people, four units: the stationary law of the transition matrix weighs a state with its holders, as `_brute`."""
    states = [s for s in product(range(5), repeat=3) if sum(s) == 4]
    step = np.zeros((len(states), len(states)))
    for i, state in enumerate(states):
        givers = [g for g in range(3) if state[g]]
        for giver, receiver in product(givers, range(3)):
            after = list(state)
            after[giver] -= 1
            after[receiver] += 1
            step[i, states.index(tuple(after))] += 1 / (3 * len(givers))
    law = np.linalg.matrix_power(step, 400)[0]
    expected = sum(p * gini(state) for p, state in zip(law, states, strict=True))
    assert study.exact_gini(3, 1) == pytest.approx(_brute(3, 3))
    assert expected == pytest.approx(_brute(3, 4))


def _brute(people, units):
    """Every state weighted with the number of people who have something."""
    states = [s for s in product(range(units + 1), repeat=people) if sum(s) == units]
    weight = np.array([np.count_nonzero(s) for s in states])
    return float((weight * [gini(s) for s in states]).sum() / weight.sum())


def test_limits():
    assert abs(study.exact_gini(100, 1) - 2 / 3) < 0.01 and abs(study.exact_gini(60, 3) - 4 / 7) < 0.02
    rng, queue = np.random.default_rng(0), np.full(200_000, 1)
    for _ in range(60):  # a long queue seen in many places at once is the same law as one of a large N
        queue = queue - (queue > 0) + rng.poisson((queue > 0).mean(), queue.size)
    assert study.queue_gini() == pytest.approx(gini(queue), abs=0.004)


@pytest.mark.parametrize("exchange", [study.one_at_a_time, study.sweeps, study.all_at_once])
def test_no_unit_is_lost(exchange):
    wealth, rng = np.full((3, 12), 2), np.random.default_rng(0)
    for _ in range(20):
        exchange(wealth, rng)
    assert (wealth.sum(axis=1) == 24).all() and wealth.min() >= 0 and wealth.std() > 0


def test_the_study_holds():
    found = study.run(quick=True, seeds=[0])
    assert found["holds"] and len(found["rows"]) == 6
