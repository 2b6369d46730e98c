"""Rubinstein: the formula by hand, the plan against it, and a row that falls short when it should."""

import pytest

from society.studies import rubinstein


def test_the_formula_by_hand():
    assert [rubinstein.formula(rounds) for rounds in (1, 2, 3, 4)] == pytest.approx([1.0, 0.2, 0.84, 0.328])
    assert rubinstein.formula(200) == pytest.approx(1 / 1.8)
    assert rubinstein.formula(2, 0.5) == 0.5


@pytest.mark.parametrize("rounds", [1, 2, 3, 4])
def test_the_plan_meets_the_formula(rounds):
    assert rubinstein.planned(rounds) == pytest.approx(rubinstein.formula(rounds), abs=1e-6)


def test_a_learnt_share_that_is_off_falls_short(monkeypatch):
    monkeypatch.setattr(rubinstein, "learnt", lambda rounds, seeds, steps: {2: [0.2, 0.22], 3: [0.5, 0.6]}[rounds])
    rows = {row["label"]: row["holds"] for row in rubinstein.run(quick=True, seeds=[0, 1])["rows"]}
    assert [label for label, holds in rows.items() if not holds] == ["learnt, T = 3: first mover's share"]
    assert len(rows) == 7
