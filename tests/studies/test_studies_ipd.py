"""Exact best responses by brute force over all policies, and values by playing."""

import itertools

import numpy as np
import pytest

from society.engine import build
from society.studies import ipd_best_response as study


@pytest.fixture(scope="module")
def rules():
    return {name: study.explore(build.scenario(study._config(name, 0))) for name in study.EXACT}


def by_playing(r, policy, rounds=1500):
    """Average discounted payoff of a policy of sure moves [S]."""
    here, total = 0, 0.0
    for t in range(rounds):
        total += study.DISCOUNT**t * r.reward[here, policy[here]]
        here = r.after[here, policy[here]]
    return (1 - study.DISCOUNT) * total


@pytest.mark.parametrize("name", study.EXACT)
def test_value_iteration_finds_the_best_of_all_policies(rules, name):
    r = rules[name]
    every = itertools.product((0, 1), repeat=len(r.after))
    best = max(study.policy_value(r, np.eye(2)[list(policy)]) for policy in itertools.islice(every, 4096))
    assert study.best_value(r) == pytest.approx(study.EXACT[name], abs=1e-7)
    assert best == pytest.approx(study.EXACT[name], abs=1e-7)


@pytest.mark.parametrize("name", study.EXACT)
def test_a_policy_is_worth_what_it_gets_by_playing(rules, name):
    r, rng = rules[name], np.random.default_rng(0)
    for _ in range(5):
        policy = rng.integers(2, size=len(r.after))
        assert study.policy_value(r, np.eye(2)[policy]) == pytest.approx(by_playing(r, policy), abs=1e-6)


def test_values_that_are_known(rules):
    def always(move, name):
        r = rules[name]
        return study.policy_value(r, np.eye(2)[[move] * len(r.after)])

    assert always(1, "tit_for_tat") == pytest.approx(0.04 * 5 + 0.96 * 1) == pytest.approx(always(1, "grim"))
    assert always(0, "always_defect") == 0 and always(0, "always_cooperate") == pytest.approx(3)
    half = np.full((len(rules["always_cooperate"].after), 2), 0.5)
    assert study.policy_value(rules["always_cooperate"], half) == pytest.approx(4)


def test_minds_learn_to_exploit_those_who_always_cooperate(rules, monkeypatch):
    monkeypatch.setattr(study, "STEPS", 60_000)
    values = study.learned(study._config("always_cooperate", 0), rules["always_cooperate"])
    assert values.shape == (study.SEEDS,) and values.mean() > 4.5 and values.max() <= 5 + 1e-9


@pytest.mark.parametrize(("enough", "holds"), [(9, True), (8, False)])
def test_nine_minds_in_ten_must_reach_it(monkeypatch, enough, holds):
    def learned(config, rules):
        exact = study.EXACT[config.world.opponent]
        return np.array([0.96 * exact] * enough + [0.9 * exact] * (10 - enough))

    monkeypatch.setattr(study, "learned", learned)
    rows = study.run(quick=True, seeds=None)["rows"]
    assert all(row["holds"] is (holds or "exact" in row["label"]) for row in rows)
