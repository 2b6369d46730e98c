"""The closed form against play that is known, and the gradients against differences."""

import numpy as np
import pytest
import torch

from society.studies import lola as study

SURE = 40.0
TFT, ALL_C, ALL_D = ([SURE, SURE, -SURE, SURE, -SURE], [SURE] * 5, [-SURE] * 5)


def batch(*policies):
    return torch.tensor(policies, dtype=torch.float64)


def played(own, other, rounds=3000):
    """Discounted payoffs of two deterministic policies, round by round."""
    table, moves, total = {(1, 1): -1, (1, 0): -3, (0, 1): 0, (0, 0): -2}, None, 0.0
    for t in range(rounds):
        past = [0, 0] if moves is None else [1 + 2 * (1 - moves[k]) + (1 - moves[1 - k]) for k in (0, 1)]
        moves = (int(own[past[0]] > 0), int(other[past[1]] > 0))
        total += study.DISCOUNT**t * table[moves]
    return total


@pytest.mark.parametrize("own", [TFT, ALL_C, ALL_D, [-SURE, SURE, -SURE, SURE, -SURE], [SURE, SURE, SURE, -SURE, -SURE]])
@pytest.mark.parametrize("other", [TFT, ALL_C, ALL_D, [SURE, -SURE, SURE, -SURE, SURE]])
def test_the_value_is_that_of_playing(own, other):
    assert study.value(batch(own), batch(other)).item() == pytest.approx(played(own, other), abs=1e-6)


def test_a_batch_is_its_members():
    both = torch.randn(6, 2, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values = study.value(both[:, 0], both[:, 1])
    assert values.tolist() == pytest.approx([study.value(a[None], b[None]).item() for a, b in both])


def test_gradients_are_those_of_what_is_maximised():
    """Central differences: the aware learner's first-order look ahead, with the opponent's wishes taken where it stands."""
    one, two = torch.randn(2, 1, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    x, y = one.clone().requires_grad_(), two.clone().requires_grad_()
    naive, aware = study.gradient(x, y, False), study.gradient(x, y, True)
    (wished,) = torch.autograd.grad(study.value(x, y).sum(), y)

    def foreseen(own):
        a, b = own.clone().requires_grad_(), two.clone().requires_grad_()
        (step,) = torch.autograd.grad(study.value(b, a).sum(), b)
        return study.value(own, two).item() + float((wished * step).sum()) * study.STEP

    for k in range(5):
        nudge = torch.zeros(1, 5, dtype=torch.float64)
        nudge[0, k] = 1e-5
        plain = (study.value(one + nudge, two) - study.value(one - nudge, two)).item() / 2e-5
        assert naive[0, k].item() == pytest.approx(plain, rel=1e-4, abs=1e-6)
        assert aware[0, k].item() == pytest.approx((foreseen(one + nudge) - foreseen(one - nudge)) / 2e-5, rel=1e-3, abs=1e-4)
    assert not torch.allclose(naive, aware)


def test_a_few_seeds_already_differ_and_say_so():
    found = study.run(True, list(range(6)))
    naive, aware = found["rows"]
    assert naive["seeds"] == 6 and naive["ours"] < -1.9 < -1.5 < aware["ours"] and naive["published"] == -2.0
    assert np.isfinite([naive["ci_low"], aware["ci_high"]]).all()
