"""What the core owns for every world: legality, whose turn it is, episodes."""

import torch

from society import registry
from society.world.check import build
from society.world.scenario import Head, Observation, Spec
from society.world.worlds import Worlds, legalise

SPEC = Spec(seats=2, fields={"x": (1,)}, heads={"a": Head(3), "say": Head(2, 2, speech=True)}, episode=5)
NOTHING = torch.zeros(1, 2, 1)


def test_what_is_out_of_range_becomes_the_no_op_and_is_counted():
    packed, illegal = legalise(torch.tensor([[[3, 1, 0], [2, 1, -1]]]), Observation(NOTHING), SPEC)
    assert packed.tolist() == [[[0, 1, 0], [2, 1, 0]]] and illegal.tolist() == [[True, True]]
    packed, illegal = legalise(torch.tensor([[[2, 1, 0], [0, 0, 1]]]), Observation(NOTHING), SPEC)
    assert packed.tolist() == [[[2, 1, 0], [0, 0, 1]]] and not illegal.any()


def test_what_the_mask_forbids_becomes_the_no_op():
    mask = torch.tensor([[[True, True, False, True, False], [True] * 5]])
    packed, illegal = legalise(torch.tensor([[[2, 1, 0], [2, 1, 7]]]), Observation(NOTHING, mask), SPEC)
    assert packed.tolist() == [[[0, 0, 0], [2, 1, 0]]] and illegal.tolist() == [[True, True]]


def test_the_inactive_do_nothing_and_nothing_is_held_against_them():
    active = torch.tensor([[False, True]])
    for mask in (None, torch.ones(1, 2, 5, dtype=torch.bool)):
        packed, illegal = legalise(torch.tensor([[[9, 1, 1], [1, 1, 1]]]), Observation(NOTHING, mask, active), SPEC)
        assert packed.tolist() == [[[0, 0, 0], [1, 1, 1]]] and not illegal.any()


def test_packing_is_undone_by_unpacking():
    packed = torch.arange(12).view(2, 2, 3)
    action = SPEC.unpack(packed)
    assert action["a"].shape == (2, 2) and action["say"].shape == (2, 2, 2)
    assert torch.equal(SPEC.pack(action), packed)


def test_a_world_ends_after_its_episode_and_begins_anew_by_its_own_keys():
    made = build(registry.get("scenarios", "bazaar"))
    made.spec = Spec(**{**vars_of(made.spec), "episode": 3})
    worlds = Worlds.begin(made, 1, torch.tensor([4, 9]))
    still = torch.zeros(2, made.spec.seats, made.spec.numbers, dtype=torch.long)
    for tick in range(1, 7):
        worlds, outcome, ended = worlds.step(still, worlds.observe())
        over = tick % 3 == 0
        assert (ended is not None) == over and bool(outcome.truncated.all()) == over
        assert worlds.episode.tolist() == [tick // 3] * 2 and worlds.tick.tolist() == [tick % 3] * 2
    fresh = Worlds.begin(made, 1, torch.tensor([9]))
    later = made.reset(type(fresh.key).at(1, fresh.world, fresh.episode + 2, fresh.tick - 1))
    assert torch.equal(worlds.state.pos[1:], later.pos) and not torch.equal(fresh.state.pos, later.pos)


def vars_of(spec):
    return {name: getattr(spec, name) for name in Spec.__dataclass_fields__}
