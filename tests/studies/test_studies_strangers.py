"""Strangers: which cell of cross-play is whose, and that two pairs that learned are strangers to one another."""

import pytest
import torch

from society.studies import strangers


def test_own_partner_is_the_diagonal_and_strangers_are_the_rest():
    own, others = strangers.split(torch.tensor([[0.9, 0.1, 0.2], [0.3, 0.8, 0.5], [0.0, 0.2, 0.7]]))
    assert own == pytest.approx([0.9, 0.8, 0.7]) and others == pytest.approx([0.15, 0.4, 0.1])
    assert strangers.split(torch.tensor([[0.9]])) == (pytest.approx([0.9]), [])


def test_a_row_falls_short_where_strangers_understand(monkeypatch):
    monkeypatch.setattr(strangers, "cross_play_apart", lambda seeds: torch.full((2, 2), 0.97))
    monkeypatch.setattr(strangers, "cross_play_mixed", lambda seed: torch.tensor([[0.99, 0.85]]))
    found = strangers.run(quick=True, seeds=[0, 1])
    assert [row["holds"] for row in found["rows"]] == [True, False, True, False]


def test_speaker_by_listener(monkeypatch):
    """Two tiny pairs: what each learned with its own partner is worth nothing with the other's."""
    small = {"world.values": 2, "world.candidates": 2, "channel.symbols": 5, "channel.length": 1, "learner.lr": 0.03}
    monkeypatch.setattr(strangers, "FIELDS", strangers.FIELDS | small | {"population.network.hidden": (32,)})
    accuracy = strangers.cross_play_apart([0, 1, 2], steps=60_000)
    assert bool((accuracy.diagonal() > 0.75).all())
    assert sum(strangers.split(accuracy)[1]) / 3 < 0.65
