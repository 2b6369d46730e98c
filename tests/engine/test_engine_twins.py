"""Twins: the same worlds with one thing changed, and nothing else until that thing is felt."""

from types import SimpleNamespace

import pytest
import torch
from tiny_runs import CONDITIONS, tiny
from torch.utils import _pytree as pytree

from society import registry
from society.engine import build, evaluation
from society.world.channel import Channel

TRANSMIT, TICK = Channel.transmit, evaluation.Notes.tick
SPOKEN = ("mute", "content", "relabel", "scramble")


class Watched:
    """An evaluation of minds with loud weights: all its ticks, and all that went through its channels, by condition."""

    def __init__(self, name, path, monkeypatch, conditions=CONDITIONS):
        wanted = {"worlds": 6, "ticks": 40, "recorded_worlds": 0, "scripts": False, "conditions": conditions}
        config = tiny(name, 0, population__minds=2, **{f"evaluation__{field}": value for field, value in wanted.items()})
        self.ticks, self.heard, self.now = {}, {}, ""
        self.symbols = config.channel.symbols

        def listen(channel, said, key, life):
            heard = TRANSMIT(channel, said, key, life)
            self.heard.setdefault(self.now, []).append(SimpleNamespace(said=said, heard=heard, key=key, life=life))
            return heard

        def watch(notes, t, one):
            self.ticks.setdefault(notes.condition, []).append(one)
            TICK(notes, t, one)

        monkeypatch.setattr(Channel, "transmit", listen)
        monkeypatch.setattr(evaluation.Notes, "tick", watch)
        (path / name).mkdir()
        fresh = build.population(config, build.scenario(config)).mutate(0, 0, 0.3)
        self.missing = evaluation.Evaluation(config, fresh, path / name, 1).run(lambda name: setattr(self, "now", name))

    def course(self, condition):
        """What was seen and done, tick by tick: tensors with W first."""
        for one in self.ticks[condition]:
            yield [one.seen.features, one.turn.packed, *pytree.tree_leaves(one.worlds.state)]


@pytest.fixture(params=registry.names("scenarios"))
def watched(request, tmp_path, monkeypatch):
    return Watched(request.param, tmp_path, monkeypatch)


def test_twins(watched, tmp_path, monkeypatch, request):
    """One evaluation, looked at from all sides; each check says what it holds."""
    check_normal_is_itself(watched, tmp_path, monkeypatch)
    for condition in CONDITIONS[1:]:
        if condition not in watched.missing:
            check_nothing_else_differs(watched, condition)
    if "mute" not in watched.missing:
        check_what_is_heard(watched)


def check_normal_is_itself(watched, tmp_path, monkeypatch):
    name = watched.ticks["normal"][0].worlds.scenario.__class__.__module__.rpartition(".")[2]
    (tmp_path / "again").mkdir()
    again = Watched(name, tmp_path / "again", monkeypatch, ("normal",))
    for one, two in zip(watched.course("normal"), again.course("normal"), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def check_nothing_else_differs(watched, condition):
    """In each world everything is bit-equal up to the tick in which the intervention first changed something."""
    worlds = len(watched.ticks["normal"][0].worlds.world)
    untouched = torch.ones(worlds, dtype=torch.bool)
    differs = 0
    for t, (one, two) in enumerate(zip(watched.course("normal"), watched.course(condition), strict=True)):
        for a, b in zip(one, two, strict=True):
            assert torch.equal(a[untouched], b[untouched]), f"{condition}: tick {t}"
        differs += not all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
        if condition in SPOKEN:
            spoken = watched.heard[condition][t]
            untouched &= (spoken.said == spoken.heard).flatten(1).all(1)
        else:
            table = {"tradeless": "trades", "peaceful": "contests"}[condition]
            untouched &= ~watched.ticks["normal"][t].outcome.events[table][0].any(1)
    assert differs or untouched.all(), f"{condition} changed what was heard and nobody noticed"


def check_what_is_heard(watched):
    said = torch.stack([one.said for one in watched.heard["normal"]])
    assert (said > 0).any()
    for one in watched.heard["normal"]:
        assert torch.equal(one.said, one.heard)
    assert all(not one.heard.any() for one in watched.heard["mute"])
    for one in watched.heard["content"]:
        assert torch.equal(one.heard > 0, one.said > 0) and int(one.heard.max()) < watched.symbols
    for t, one in enumerate(watched.heard["scramble"]):
        assert torch.equal(one.heard, said[t].roll(-1, 0))  # the tape of the next world, the last plays the first's
    words = {}
    for one in watched.heard["relabel"]:
        where = one.key.world[:, None] * 1000 + torch.arange(one.life.shape[1])
        for place, episode, life, spoken, heard in zip(
            where.flatten().tolist(),
            one.key.episode.repeat_interleave(one.life.shape[1]).tolist(),
            one.life.flatten().tolist(),
            one.said.flatten(0, 1).tolist(),
            one.heard.flatten(0, 1).tolist(),
            strict=True,
        ):
            for a, b in zip(spoken, heard, strict=True):
                assert words.setdefault((place, episode, life, a), b) == b  # constant within a life
                assert (a == 0) == (b == 0)
    by_life = {}
    for (place, episode, life, a), b in words.items():
        by_life.setdefault((place, episode, life), {})[a] = b
    assert all(len(set(order.values())) == len(order) for order in by_life.values())  # a permutation
