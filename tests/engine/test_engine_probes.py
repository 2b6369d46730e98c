"""Alternatives of a probe: each message once in a state, with probabilities that add up to 1."""

import numpy as np
import pytest
import torch

import society
from society.engine.probes import first_of_each


def test_a_repeated_alternative_counts_once():
    said = torch.tensor([[1, 2], [1, 2], [0, 0]])
    options = [said.roll(shift, 0) for shift in range(3)] + [torch.zeros(2, dtype=torch.long)]
    # world 0 is asked (1,2), (0,0), (1,2), silence; world 1 (1,2), (1,2), (0,0), silence; world 2 (0,0), (1,2), (1,2), silence
    expected = [[True, True, False, False], [True, False, True, False], [True, True, False, False]]
    assert first_of_each(options, said).tolist() == expected


def test_symbols_are_alternatives_of_every_world():
    options = [torch.tensor([symbol]) for symbol in range(3)]
    assert first_of_each(options, torch.zeros(2, 1, dtype=torch.long)).all()


def test_a_state_of_a_probe_has_each_message_once(tmp_path):
    tiny = {"training__agent_steps": 2048, "training__worlds": 64, "evaluation__worlds": 16, "evaluation__recorded_worlds": 16}
    tiny |= {"channel__symbols": 2, "channel__length": 2, "evaluation__ticks": 16, "evaluation__controls": ()}
    run = society.run("referential_game", out=tmp_path, quick=True, **tiny)
    probes = run.table("probes")
    states = probes.groupby(["world", "tick", "speaker", "listener", "head"])
    assert states["p_option"].sum().to_numpy() == pytest.approx(1)
    assert states["silent"].sum().max() == 1 and 2 <= states.size().max() <= 4  # two symbols in two places
    answers = probes[[name for name in probes.columns if name.startswith("a") and name[1:].isdigit()]].to_numpy()
    assert np.allclose(answers.sum(axis=1), 1, atol=1e-5)
