"""The reference agent of every world: each option of each head as often as any other, by key."""

import torch
from scipy.stats import chisquare

from society.keys import Keys
from society.world.scenario import Head, Observation, Spec
from society.world.scripts import uniform


def test_every_option_alike_for_every_seat_head_and_position():
    spec = Spec(seats=2, fields={"x": (1,)}, heads={"move": Head(5), "say": Head(3, 2, speech=True)}, episode=4)
    number = torch.arange(4000)
    keys = Keys.at(0, number, torch.zeros_like(number), torch.zeros_like(number))
    action = uniform(spec).act(None, Observation(torch.zeros(4000, 2, 1)), keys)
    assert {name: tuple(drawn.shape) for name, drawn in action.items()} == {"move": (4000, 2), "say": (4000, 2, 2)}
    for drawn, options in ((action["move"], 5), (action["say"].flatten(1), 3)):
        for column in drawn.T:
            assert chisquare(torch.bincount(column, minlength=options)).pvalue > 1e-4
    assert not torch.equal(action["say"][..., 0], action["say"][..., 1])
    spec.pack(action)
