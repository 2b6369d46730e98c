import numpy as np
import pytest

from society.studies import nowak_may as study


def slowly(cooperates, b):
    """The rule cell by cell."""
    h, w = cooperates.shape
    near = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    score = np.zeros((h, w))
    for y in range(h):
        for x in range(w):
            partners = sum(int(cooperates[(y + i) % h, (x + j) % w]) for i, j in near)
            score[y, x] = partners if cooperates[y, x] else b * partners
    after = np.zeros_like(cooperates)
    for y in range(h):
        for x in range(w):
            best = max(near, key=lambda d: score[(y + d[0]) % h, (x + d[1]) % w])
            after[y, x] = cooperates[(y + best[0]) % h, (x + best[1]) % w]
    return after


@pytest.mark.parametrize("b", [1.3, 1.85, 2.6])
def test_a_step_is_the_rule_cell_by_cell(b):
    for seed in range(3):
        now = np.random.default_rng(seed).random((7, 9)) < 0.6
        assert (study.step(now, b) == slowly(now, b)).all()


def test_all_of_one_kind_stay():
    assert study.step(np.ones((5, 5), dtype=bool), 1.9).all() and not study.step(np.zeros((5, 5), dtype=bool), 1.9).any()


def test_one_defector_takes_his_neighbours():
    """8 b beats the 9 of those further off from b = 1.125 on: a block of nine defectors; below it he stays alone."""
    assert (~study.step(study.block(False, 1), 1.2)).sum() == 9
    assert (~study.step(study.block(False, 1), 1.1)).sum() == 1


def test_the_study_holds_on_a_smaller_torus(monkeypatch):
    whole = study.cooperators
    monkeypatch.setattr(study, "cooperators", lambda seed, side, steps, b, start: whole(seed, 150, min(steps, 300), b, start))
    found = study.run(quick=True, seeds=[0])
    assert found["holds"] and len(found["rows"]) == 9
