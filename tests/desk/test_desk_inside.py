"""What the desk says of a mind, against the engine's own loop and against what the run recorded."""

import desk_runs
import numpy as np
import pytest
import torch
from desk_runs import BRIEF, TICKS

from society.desk.inside import described
from society.desk.worker import Desk

TWINS = ("mute", "content", "relabel", "scramble", "tradeless", "peaceful")


@pytest.fixture(scope="module")
def course(run):
    return desk_runs.played_again(run, TICKS)


def test_it_is_what_the_mind_saw_did_and_expected(run, course):
    facts, arrays = desk_runs.answer(run, kind="inside", condition="normal", world=1, seat=2, first=7, last=15)
    spec = course[0].worlds.scenario.spec
    assert arrays["tick"].tolist() == list(range(7, 16))
    assert facts["fields"] == [[n, s.stop - s.start] for n, s in spec.slices.items()] and facts["hearing"] == ["heard"]
    seen = np.concatenate([arrays[f"field.{name}"] for name in spec.fields], axis=1)
    assert np.array_equal(seen, torch.stack([tick.seen.features[1, 2] for tick in course[7:]]).float().numpy())
    for name, where in spec.columns.items():
        did = torch.stack([tick.turn.packed[1, 2, where] for tick in course[7:]])
        assert arrays[f"did.{name}"].tolist() == did.tolist()
        assert np.allclose(arrays[f"head.{name}"].sum(-1), 1, atol=1e-5)
    minds = course[0].turn.decision.value.shape[0]
    assert minds == 1  # so row [0, world * seats + seat] is this seat's, by hand
    values = torch.stack([tick.turn.decision.value[0, 1 * spec.seats + 2] for tick in course[7:]]).float().numpy()
    assert np.array_equal(arrays["value"], values)
    rewards = torch.stack([tick.outcome.reward[1, 2] for tick in course[7:]]).float().numpy()
    assert np.array_equal(arrays["reward"], rewards)


def test_probabilities_are_those_by_which_the_mind_chose(run, course):
    """exp(logp) of the whole action is the product of the probabilities of its parts, and the mind's own record of it."""
    facts, arrays = desk_runs.answer(run, kind="inside", condition="normal", world=0, seat=1, first=0, last=15)
    chosen = np.ones(TICKS)
    for name, _, _ in facts["heads"]:
        did = arrays[f"did.{name}"]
        chosen *= np.take_along_axis(arrays[f"head.{name}"], did[..., None], -1)[..., 0].prod(axis=1)
    logp = np.array([float(tick.turn.decision.logp[0, 1]) for tick in course])
    assert np.allclose(np.log(chosen), logp, atol=0.05)  # bfloat16 where the machine has it


@pytest.mark.parametrize("condition", ("normal", *TWINS))
def test_a_replay_is_what_was_recorded(run, condition):
    facts, _ = desk_runs.answer(run, kind="inside", condition=condition, world=0, seat=0, first=0, last=15)
    assert facts["same"] and facts["compared"] == 10 + 4 * 16  # frames of 10 ticks, messages of four seats in 16


def test_another_world_is_not_the_same(run, monkeypatch):
    """Frames of world 0 against a replay that has world 1 in its place."""
    from society.desk import inside as module

    found = module.compare
    monkeypatch.setattr(module, "compare", lambda r, c, s, w, course: found(r, c, s, 0, _turned(course)))
    facts, _ = desk_runs.answer(run, kind="inside", condition="normal", world=0, seat=0, first=0, last=9)
    assert not facts["same"] and facts["compared"] > 10


def _turned(course):
    from dataclasses import replace

    from torch.utils import _pytree as pytree

    def turn(tick):
        state = pytree.tree_map(lambda leaf: leaf.roll(1, 0), tick.worlds.state)
        return replace(tick, worlds=replace(tick.worlds, state=state))

    return [(t, turn(tick)) for t, tick in course]


def test_what_was_not_recorded_is_not_called_the_same(run):
    facts, _ = desk_runs.answer(run, kind="inside", condition="normal", world=3, seat=0, first=0, last=3)
    assert facts["same"] is False and facts["compared"] == 0


def test_a_warm_desk_says_what_a_fresh_one_says(run):
    desk = Desk(run.path.parent)
    ask = {"kind": "inside", "condition": "normal", "world": 0, "seat": 3}
    desk.answer(desk_runs.request(run, **ask, first=0, last=15))
    for first, last in ((13, 15), (3, 5), (12, 12)):
        _, warm = desk.answer(desk_runs.request(run, **ask, first=first, last=last))
        _, fresh = desk_runs.answer(run, **ask, first=first, last=last)
        assert warm.keys() == fresh.keys() and all(np.array_equal(warm[name], fresh[name]) for name in warm)


def test_a_control_is_asked_by_its_own_condition(tmp_path):
    from tiny_runs import finished, tiny

    run = desk_runs.make(tmp_path, **BRIEF)
    grown = tiny("bazaar", 2, **BRIEF).model_copy(update={"condition": "muted_from_birth"})
    finished(grown, run.path / "controls" / "muted_from_birth")
    ask = {"kind": "inside", "world": 0, "seat": 0, "first": 0, "last": 9}
    whole = desk_runs.request(run, condition="muted_from_birth", **ask) | {"control": "muted_from_birth"}
    facts, arrays = Desk(tmp_path).answer(whole)
    assert facts["same"] and facts["compared"] == 10 + 40 and not arrays["field.heard"].any()
    with pytest.raises(ValueError, match="it can be played again for muted_from_birth"):
        Desk(tmp_path).answer(whole | {"condition": "normal"})


def test_a_mind_with_a_memory_is_replayed_with_it(tmp_path):
    run = desk_runs.make(tmp_path, population__policy="gru", **BRIEF)
    ask = {"kind": "inside", "condition": "normal", "world": 0, "seat": 1}
    facts, late = desk_runs.answer(run, **ask, first=6, last=15)
    _, whole = desk_runs.answer(run, **ask, first=0, last=15)
    assert facts["same"]
    for name in ("value", "head.move", "head.say"):
        assert np.allclose(late[name], whole[name][6:], atol=1e-6)
    logs = np.array([float(tick.turn.decision.logp[0, 1]) for tick in desk_runs.played_again(run, TICKS)])
    chosen = np.ones(TICKS)
    for name, _, _ in facts["heads"]:
        chosen *= np.take_along_axis(whole[f"head.{name}"], whole[f"did.{name}"][..., None], -1)[..., 0].prod(axis=1)
    assert np.allclose(np.log(chosen), logs, atol=0.05)


def test_the_world_is_described_in_plain_json(run, course):
    import json

    told = described(course[0].worlds.scenario)
    assert json.loads(json.dumps(told)) == told and told["speech"] == "say"
