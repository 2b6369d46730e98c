"""Stacked minds against torch's own modules with copied weights, and sampling against its probabilities."""

import pytest
import torch
from society.agents.gru import GRU, GRUConfig
from society.agents.networks import SILENT_LOGIT, Layout, log_prob, sample
from torch import nn


def linear(weight, bias):
    layer = nn.Linear(*weight.shape)
    layer.weight.data, layer.bias.data = weight.T.clone(), bias.clone()
    return layer


def test_a_stack_of_minds_is_as_many_separate_networks(spec, mlp, rough):
    minds, rows = 3, 7
    weights = rough(mlp, minds)
    w = mlp.layout.arrays(weights, torch.float32)
    features = torch.randn(minds, 2, rows, spec.features)
    action = torch.zeros(minds, 2, rows, spec.numbers, dtype=torch.long)
    none = torch.zeros(minds, 2, rows, dtype=torch.bool)
    got = mlp.evaluate(weights, features, None, action, torch.zeros(minds, rows, 0), none)
    for p in range(minds):
        trunk = nn.Sequential(
            linear(w["0.w"][p], w["0.b"][p]), nn.SiLU(), linear(w["1.w"][p], w["1.b"][p]), nn.SiLU()
        )
        hidden = trunk(features[p])
        out = linear(w["out.w"][p], w["out.b"][p])(hidden)  # move 4, guess 2 x 2
        torch.testing.assert_close(got.logits["move"][p, :, :, 0], out[..., :4], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(got.logits["guess"][p].flatten(-2), out[..., 4:], rtol=1e-4, atol=1e-5)
        value = linear(w["value.w"][p], w["value.b"][p])(hidden)[..., 0]
        torch.testing.assert_close(got.value[p], value, rtol=1e-4, atol=1e-5)


@pytest.fixture
def gru(spec):
    return GRU(spec, GRUConfig(hidden=10, memory=8))


def test_the_cell_is_torchs(spec, gru, rough):
    weights = rough(gru, 2)
    w = gru.layout.arrays(weights, torch.float32)
    features, memory = torch.randn(2, 6, spec.features), torch.randn(2, 6, 8)
    got = gru.act(weights, features, None, memory, torch.rand(2, 6, spec.numbers), 1.0).memory
    for p in range(2):
        cell = nn.GRUCell(10, 8)
        cell.weight_ih.data, cell.bias_ih.data = w["x.w"][p].T.clone(), w["x.b"][p].clone()
        cell.weight_hh.data, cell.bias_hh.data = w["h.w"][p].T.clone(), w["h.b"][p].clone()
        inside = torch.nn.functional.silu(linear(w["in.w"][p], w["in.b"][p])(features[p]))
        torch.testing.assert_close(got[p], cell(inside, memory[p]), rtol=1e-4, atol=1e-5)


def test_acting_tick_by_tick_is_replayed_exactly_with_memory_cleared_where_it_was(gru, population, rollout):
    minds = population(2, gru)
    r = rollout(minds)
    assert bool(r.forget.any()) and not bool(r.forget.all())
    again = gru.evaluate(minds.weights, r.features, None, r.action, r.memory, r.forget)
    torch.testing.assert_close(again.logp, r.logp, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(again.value, r.value, rtol=1e-4, atol=1e-5)
    for other in (torch.zeros_like(r.forget), torch.ones_like(r.forget)):
        wrong = gru.evaluate(minds.weights, r.features, None, r.action, r.memory, other)
        assert float((wrong.value - r.value).abs().max()) > 1e-3


def test_a_mind_is_the_same_in_any_population(mlp):
    together = mlp.initial(5, torch.arange(4))
    assert torch.equal(mlp.initial(5, torch.tensor([2]))[0], together[2])
    assert not torch.equal(together[0], together[1])
    assert not torch.equal(mlp.initial(6, torch.tensor([2]))[0], together[2])


def test_matrices_begin_orthogonal_and_biases_at_zero():
    layout = Layout({"a.w": (6, 4), "b.w": (4, 6), "a.b": (4,)})
    w = layout.arrays(layout.initial(0, torch.arange(2), {"a.w": 3.0}), torch.float32)
    torch.testing.assert_close(w["a.w"].transpose(1, 2) @ w["a.w"], 9 * torch.eye(4).expand(2, 4, 4), atol=1e-4, rtol=0)
    torch.testing.assert_close(w["b.w"] @ w["b.w"].transpose(1, 2), 2 * torch.eye(4).expand(2, 4, 4), atol=1e-4, rtol=0)
    assert not w["a.b"].any()


def test_options_are_drawn_as_often_as_probable_and_impossible_ones_never():
    logits = torch.tensor([SILENT_LOGIT, 0.3, -1.0, SILENT_LOGIT, 1.2, -3.0, SILENT_LOGIT])
    rows = 100_000
    draw = torch.rand(rows, generator=torch.Generator().manual_seed(0))
    counts = torch.bincount(sample(logits.expand(rows, -1), draw, 1.0), minlength=7)
    expected = logits.softmax(-1) * rows
    possible = expected > 0
    assert not counts[~possible].any()
    assert float(((counts - expected)[possible] ** 2 / expected[possible]).sum()) < 16.3  # 99.9 %, 3 degrees of freedom
    hot = torch.bincount(sample(logits.expand(rows, -1), draw, 4.0), minlength=7)
    wanted = (logits / 4).softmax(-1) * rows
    assert float(((hot - wanted)[possible] ** 2 / wanted[possible]).sum()) < 16.3


@pytest.mark.parametrize("draw", [0.0, 1 - 2.0**-24])
def test_the_ends_of_the_unit_interval_draw_no_impossible_option(draw):
    logits = 5 * torch.randn(5000, 9, generator=torch.Generator().manual_seed(3))
    logits[:, 0], logits[:, -1] = SILENT_LOGIT, SILENT_LOGIT
    chosen = sample(logits, torch.full((5000,), draw), 1.0)
    assert int(chosen.min()) > 0 and int(chosen.max()) < 8


def test_log_probability_and_entropy_are_those_of_a_categorical():
    logits = torch.randn(4, 5)
    option = torch.randint(5, (4,))
    there = torch.distributions.Categorical(logits=logits)
    logs, spread = log_prob(logits, option)
    torch.testing.assert_close(logs, there.log_prob(option))
    torch.testing.assert_close(spread, there.entropy())
    masked = logits.masked_fill(torch.arange(5) > 0, SILENT_LOGIT)
    assert torch.equal(log_prob(masked, torch.zeros(4, dtype=torch.long))[1], torch.zeros(4))
