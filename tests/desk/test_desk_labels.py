"""Names for people fit what they name, in every world that has any, and mean what they say."""

import pytest
import torch
from tiny_runs import tiny

from society import registry
from society.engine import build
from society.world.worlds import Worlds


@pytest.mark.parametrize("scenario", sorted(registry.names("scenarios")))
def test_there_is_a_name_for_each(scenario):
    spec, labels = (made := build.scenario(tiny(scenario, 1))).spec, made.labels
    for key, names in labels.items():
        kind, _, name = key.partition(".")
        if kind == "head" and name in spec.heads:
            assert len(names) == spec.heads[name].size, key
        elif kind == "field":
            assert len(names) == spec.fields[name][-1], key
        else:
            assert key == "head.strike" and "strike" not in spec.heads
        assert len(set(names)) == len(names) and all(names), key


def test_steps_go_where_their_names_say():
    config = tiny("bazaar", 1, world__size=8, world__seats=2)
    made = build.scenario(config)
    names, nothing = made.labels["head.move"], torch.zeros(1, 2, made.spec.numbers, dtype=torch.long)
    ways = {"stay": (0, 0), "north": (0, -1), "south": (0, 1), "east": (1, 0), "west": (-1, 0)}
    for option, name in enumerate(names):
        worlds = Worlds.begin(made, 0, torch.arange(1))
        packed = nothing.clone()
        packed[..., made.spec.columns["move"]] = option
        after, _, _ = worlds.step(packed, worlds.observe())
        there, here = made.scene(after.state), made.scene(worlds.state)
        moved = [(int(b - a) + 4) % 8 - 4 for a, b in ((here.x[0, 0], there.x[0, 0]), (here.y[0, 0], there.y[0, 0]))]
        assert tuple(moved) == ways[name]
        own = after.observe().features[0, 0, made.spec.slices["self"]]
        assert own[made.labels["field.self"].index(f"went {name}")] == 1
