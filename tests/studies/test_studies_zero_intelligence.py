import numpy as np

from society.studies import zero_intelligence as study
from society.studies._auction import zero_intelligence

VALUES, COSTS = np.array([9, 7, 3]), np.array([2, 4, 8])


def test_constrained_traders_never_lose():
    deals = zero_intelligence(VALUES, COSTS, 10, 200, 200, 0)
    assert (deals.price <= deals.value).all() and (deals.price >= deals.cost).all()
    assert np.bincount(deals.session).max() <= 3  # a trader leaves after its unit


def test_each_unit_is_traded_once_and_all_in_the_end_if_unconstrained():
    deals = zero_intelligence(VALUES, COSTS, 10, 50, 400, 1, constrained=False)
    assert (np.bincount(deals.session) == 3).all()
    assert (np.bincount(deals.session, deals.value - deals.cost) == VALUES.sum() - COSTS.sum()).all()
    assert (deals.price > deals.value).any()  # they do lose


def test_the_price_is_the_resting_orders():
    """One buyer who can only bid 1..5 and one seller who asks 5..5: whoever comes second pays what the first wrote."""
    deals = zero_intelligence(np.array([5]), np.array([5]), 5, 300, 400, 0)
    assert (deals.price == 5).all() and deals.price.size == 300
    deals = zero_intelligence(np.array([5]), np.array([1]), 5, 2000, 60, 0)
    assert abs(deals.price.mean() - 3) < 0.1 and deals.price.std() > 0.9  # symmetric


def test_a_seed_is_a_seed():
    one, two = (zero_intelligence(VALUES, COSTS, 10, 20, 50, 3) for _ in range(2))
    assert (one.price == two.price).all() and (one.session == two.session).all()


def test_the_study_holds():
    found = study.run(quick=True, seeds=[0])
    assert found["holds"] and len(found["rows"]) == 7
