"""Advantages, the optimiser, PPO and REINFORCE against independent computations."""

from dataclasses import replace

import pytest
import torch
from society.agents.mlp import MLP, MLPConfig
from society.agents.optim import Adam
from society.agents.ppo import PPO, PPOConfig, standardise
from society.agents.reinforce import REINFORCE, REINFORCEConfig

from society.keys import Keys
from society.population.population import Population
from society.population.rollout import Rollout, advantages
from society.world.scenario import Head, Spec

KEY = Keys.worldless(0, "test")


def minds_of(rollout, rows):
    """The same experience of some of the minds."""
    parts = {n: getattr(rollout, n) for n in Rollout.__dataclass_fields__ if n not in ("spec", "mask")}
    return Rollout(rollout.spec, mask=None, **{n: x[rows] for n, x in parts.items()})


# ---------------------------------------------------------------- advantages


def by_seat(r, p, row, gamma, lam):
    """Advantages of one seat, from its own decisions alone: sums of rewards between them, deltas, then their sum."""
    ticks = r.value.shape[1]
    mine = [t for t in range(ticks) if r.keep[p, t, row]]
    deltas = []
    for t in mine:
        reward, u = float(r.reward[p, t, row]), t
        while not r.ends[p, u, row] and u + 1 < ticks and not r.keep[p, u + 1, row]:
            u += 1
            reward += float(r.reward[p, u, row])
        ended = bool(r.ends[p, u, row])
        if ended:
            following = float(r.bootstrap[p, u, row])
        else:
            following = float(r.value[p, u + 1, row] if u + 1 < ticks else r.last_value[p, row])
        deltas.append((reward + gamma * following - float(r.value[p, t, row]), ended))
    out = {}
    for i, t in enumerate(mine):
        total, weight = 0.0, 1.0
        for delta, ended in deltas[i:]:
            total += weight * delta
            weight *= gamma * lam
            if ended:
                break
        out[t] = total
    return out


@pytest.mark.parametrize(("gamma", "lam"), [(0.9, 0.8), (1.0, 1.0), (0.5, 0.0)])
def test_advantages_are_those_of_a_loop_over_each_seats_own_decisions(population, rollout, gamma, lam):
    r = rollout(population(2), ticks=12, rows=20, keep=0.6, ends=0.2)
    adv, returns = advantages(r, gamma, lam)
    for p in range(2):
        for row in range(20):
            wanted = by_seat(r, p, row, gamma, lam)
            for t in range(12):
                assert float(adv[p, t, row]) == pytest.approx(wanted.get(t, 0.0), abs=1e-5)
    torch.testing.assert_close(returns, adv + r.value)


def test_a_seat_that_waits_is_paid_for_what_came_meanwhile_but_not_past_an_end(population, rollout):
    r = rollout(population(1), ticks=4, rows=1)
    flags = torch.tensor([[True], [False], [False], [True]])[None]
    zero = torch.zeros_like(r.value)
    r = replace(r, keep=flags, value=zero, bootstrap=zero, last_value=zero[:, 0], reward=zero + 1.0)
    r = replace(r, ends=torch.tensor([[False], [True], [False], [False]])[None])
    assert advantages(r, 0.9, 1.0)[0].flatten().tolist() == [2.0, 0.0, 0.0, 1.0]


def test_standardised_advantages_have_mean_zero_and_deviation_one_over_kept_steps():
    adv, keep = 3 + 5 * torch.randn(3, 4, 6), torch.rand(3, 4, 6) < 0.5
    out = standardise(adv, keep)
    for p in range(3):
        kept = out[p][keep[p]]
        assert float(kept.mean()) == pytest.approx(0, abs=1e-5)
        assert float(kept.std(correction=0)) == pytest.approx(1, abs=1e-4)
        assert not out[p][~keep[p]].any()


# ---------------------------------------------------------------- the optimiser


def test_adam_is_torchs_step_by_step(population):
    minds = population(3)
    theirs = [w.clone().requires_grad_() for w in minds.weights]
    optimisers = [torch.optim.Adam([w], lr=0.01, eps=1e-5) for w in theirs]
    ours, before = Adam(minds, 0.5), minds.weights.clone()
    for step in range(8):
        grad = torch.randn(minds.weights.shape) * (0.001 if step % 2 else 1.0)  # clipped, and not
        norm = ours.step(grad.clone(), 0.01)
        torch.testing.assert_close(norm, grad.norm(dim=1))
        for p, (w, optimiser) in enumerate(zip(theirs, optimisers, strict=True)):
            w.grad = grad[p].clone()
            torch.nn.utils.clip_grad_norm_([w], 0.5)
            optimiser.step()
            torch.testing.assert_close(ours.population.weights[p], w.detach(), rtol=1e-5, atol=1e-6)
    assert ours.population.steps.tolist() == [8, 8, 8]
    assert torch.equal(minds.weights, before) and minds.steps.tolist() == [0, 0, 0]  # it began from a copy


def test_who_may_not_learn_keeps_everything(population):
    minds = population(3).freeze(torch.tensor([1]))
    adam = Adam(minds, 1.0, torch.tensor([True, True, False]))
    adam.step(torch.ones_like(minds.weights), 0.01)
    after = adam.population
    for name in ("weights", "moment1", "moment2", "steps"):
        before, now = getattr(minds, name), getattr(after, name)
        assert not torch.equal(before[0], now[0])
        assert torch.equal(before[1:], now[1:]), name


# ---------------------------------------------------------------- PPO

FULL = PPOConfig(lr=0.01, signalling=0.1, listening=0.1, minibatch=4 * 10, epochs=2)


def test_a_frozen_mind_is_equal_bit_by_bit_and_the_others_learn(population, rollout):
    before = population(4).freeze(torch.tensor([2]))
    after, report = PPO(FULL).learn(before, rollout(before), KEY, 0.0)
    for name in ("weights", "moment1", "moment2", "steps"):
        old, new = getattr(before, name), getattr(after, name)
        assert torch.equal(old[2], new[2])
        assert all(not torch.equal(old[p], new[p]) for p in (0, 1, 3))
    assert all(number.shape == (4,) for number in report.numbers.values())


def test_a_mind_without_a_step_keeps_everything(population, rollout):
    before = population(3)
    r = rollout(before)
    r.keep[1] = False
    after, _ = PPO(FULL).learn(before, r, KEY, 0.0)
    assert torch.equal(before.weights[1], after.weights[1]) and int(after.steps[1]) == 0
    assert not torch.equal(before.weights[0], after.weights[0])


@pytest.mark.parametrize("keep", [1.1, 0.5])
def test_a_mind_learns_the_same_alone_as_in_company(population, rollout, keep):
    together = population(3)
    r = rollout(together, keep=keep)
    r = replace(r, keep=r.keep[:1].expand_as(r.keep))  # as many steps each, so that minibatches are as many
    after, _ = PPO(FULL).learn(together, r, KEY, 0.25)
    for p in range(3):
        alone, _ = PPO(FULL.model_copy(update={"minibatch": FULL.minibatch // 3})).learn(
            together.take(torch.tensor([p])), minds_of(r, [p]), KEY, 0.25
        )
        torch.testing.assert_close(alone.weights[0], after.weights[p], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(alone.moment2[0], after.moment2[p], rtol=1e-3, atol=1e-6)


def test_what_others_did_changes_nothing(population, rollout):
    minds = population(3)
    r = rollout(minds)
    other = replace(r, reward=torch.cat([r.reward[:1], 9 * r.reward[1:]]), features=r.features.clone())
    other.features[1:] += 1
    one, _ = PPO(FULL).learn(minds, r, KEY, 0.0)
    two, _ = PPO(FULL).learn(minds, other, KEY, 0.0)
    assert torch.equal(one.weights[0], two.weights[0])
    assert not torch.equal(one.weights[1], two.weights[1])


def test_the_first_gradient_is_that_of_the_written_out_objective(population, rollout):
    """One minibatch of everything: ratios are 1, so it is the policy gradient, the value loss and the entropies."""
    minds = population(2)
    r = rollout(minds)
    c = PPOConfig(lr=0.01, epochs=1, minibatch=10_000, max_norm=1e6, entropy=0.03, entropy_speech=0.02)
    after, report = PPO(c).learn(minds, r, KEY, 0.0)
    adv, returns = advantages(r, c.gamma, c.lam)
    for p in range(2):
        w = minds.weights.clone().requires_grad_()
        replay = minds.policy.evaluate(w, r.features, None, r.action, r.memory, r.forget)
        kept = r.keep[p]
        a = adv[p][kept]
        a = (a - a.mean()) / a.std(correction=0)
        gain = (a * replay.logp[p][kept]).mean() - 0.5 * (replay.value[p][kept] - returns[p][kept]).square().mean()
        gain = gain + 0.03 * (replay.entropy["move"] + replay.entropy["guess"])[p][kept].mean()
        gain = gain + 0.02 * replay.entropy["say"][p][kept].mean()
        (grad,) = torch.autograd.grad(-gain, w)
        torch.testing.assert_close(after.moment1[p], 0.1 * grad[p], rtol=1e-3, atol=1e-6)
        assert float(report.numbers["grad_norm"][p]) == pytest.approx(float(grad[p].norm()), rel=1e-3)


def test_the_ratio_is_clipped_only_where_that_makes_the_objective_smaller(population, rollout):
    minds = population(1)
    r = rollout(minds, keep=1.1)
    c = PPOConfig(lr=0.01, epochs=1, minibatch=10_000, max_norm=1e6, entropy=0, entropy_speech=0, value_weight=0)
    adv, _ = advantages(r, c.gamma, c.lam)
    rising = adv > adv.mean()
    for shift in (1.0, -1.0):  # the recorded probability was lower, or higher, by a factor e
        after, _ = PPO(c).learn(minds, replace(r, logp=r.logp - shift), KEY, 0.0)
        w = minds.weights.clone().requires_grad_()
        logp = minds.policy.evaluate(w, r.features, None, r.action, r.memory, r.forget).logp
        flows = ~rising if shift > 0 else rising  # beyond the bound only the way back has a slope
        a = standardise(adv, r.keep)
        gain = ((logp - r.logp + shift).exp() * a * flows).mean()
        (grad,) = torch.autograd.grad(-gain, w)
        torch.testing.assert_close(after.moment1, 0.1 * grad, rtol=1e-3, atol=1e-6)


# ---------------------------------------------------------------- REINFORCE

ARMS = 4


def bandit(reward):
    """A mind that plays all arms alike, and a rollout in which it played each arm once."""
    spec = Spec(1, {"seen": (2,)}, {"arm": Head(ARMS)}, 1)
    policy = MLP(spec, MLPConfig(hidden=(5,)))
    minds = Population.begin(policy, 1, 0)
    weights = minds.weights.clone()
    for name, part in policy.layout.arrays(weights, torch.float32).items():
        if name.startswith("out"):
            part.zero_()
    minds = minds.with_tensors(minds.tensors() | {"weights": weights})
    features = torch.tensor([0.3, -0.7]).expand(1, 1, ARMS, 2)
    zero = torch.zeros(1, 1, ARMS)
    true = torch.ones(1, 1, ARMS, dtype=torch.bool)
    rollout = Rollout(
        spec, features, None, torch.arange(ARMS).view(1, 1, ARMS, 1), zero, zero, reward.view(1, 1, ARMS), zero,
        true, true, true, zero[:, 0], torch.zeros(1, ARMS, 0),
    )  # fmt: skip
    return minds, rollout


@pytest.mark.parametrize("baseline", ["none", "moving", "learned"])
def test_reinforce_follows_the_gradient_of_the_expected_reward(baseline):
    reward = torch.tensor([1.0, 0.0, 3.0, -2.0])
    minds, r = bandit(reward)
    c = REINFORCEConfig(baseline=baseline, entropy=0, value_weight=0, max_norm=1e6)
    after, _ = REINFORCE(c).learn(minds, r, KEY, 0.0)
    w = minds.weights.clone().requires_grad_()
    replay = minds.policy.evaluate(w, r.features[:, :, :1], None, r.action[:, :, :1], r.memory[:, :1], r.forget[:, :, :1])
    expected = (replay.logits["arm"][0, 0, 0, 0].softmax(-1) * reward).sum()
    (grad,) = torch.autograd.grad(-expected, w)
    assert float(grad.norm()) > 0.1
    torch.testing.assert_close(after.moment1, 0.1 * grad, rtol=1e-4, atol=1e-7)


def test_a_moving_baseline_moves_and_starts_at_the_first_mean():
    c = REINFORCEConfig(baseline="moving", momentum=0.7)
    minds, r = bandit(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    minds, _ = REINFORCE(c).learn(minds, r, KEY, 0.0)
    assert float(minds.baseline) == pytest.approx(2.5)
    minds, _ = REINFORCE(c).learn(minds, replace(r, reward=r.reward + 10), KEY, 0.0)
    assert float(minds.baseline) == pytest.approx(0.7 * 2.5 + 0.3 * 12.5)


def test_a_learned_baseline_learns_the_value():
    c = REINFORCEConfig(baseline="learned", lr=0.02, entropy=0)
    minds, r = bandit(torch.full((ARMS,), 2.0))
    for _ in range(200):
        minds, report = REINFORCE(c).learn(minds, r, KEY, 0.0)
    assert float(report.numbers["loss.value"]) < 1e-2


def whole_episodes(r):
    r.ends[:, -1] = True
    return r


@pytest.mark.parametrize("baseline", ["moving", "none"])
def test_a_baseline_that_learns_no_value_needs_rollouts_that_end_with_their_episodes(baseline):
    minds, r = bandit(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    r = replace(r, ends=torch.zeros(r.logp.shape, dtype=torch.bool))
    with pytest.raises(ValueError, match=rf"learner\.baseline = '{baseline}'"):
        REINFORCE(REINFORCEConfig(baseline=baseline)).learn(minds, r, KEY, 0.0)


def test_reinforce_leaves_frozen_minds_alone(population, rollout):
    before = population(3).freeze(torch.tensor([0]))
    after, _ = REINFORCE(REINFORCEConfig(baseline="moving")).learn(before, whole_episodes(rollout(before)), KEY, 0.0)
    for name in ("weights", "moment1", "moment2", "steps", "baseline"):
        assert torch.equal(getattr(before, name)[0], getattr(after, name)[0]), name
        assert not torch.equal(getattr(before, name)[1], getattr(after, name)[1])
