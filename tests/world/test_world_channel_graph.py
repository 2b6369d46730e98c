"""Who hears whom: what a graph lets through, by hand and against other ways to silence, in every world that talks."""

import dataclasses

import pytest
import torch

from society import registry
from society.config import resolve
from society.engine import build
from society.keys import Keys
from society.world.channel import Channel, ChannelConfig
from society.world.interventions import mute
from society.world.worlds import Worlds

OPTIONS = {"bargaining": {"world.talk": True}, "matrix_game": {"world.talk": True}, "negotiation": {"world.talk": True}}
WORLDS, TICKS = 3, 12


def made(name, graph=(), intervention=None, **channel):
    """A world as its preset has it; where it can be silent, with talk."""
    fields = OPTIONS.get(name, {}) | {"channel.graph": graph} | {f"channel.{key}": value for key, value in channel.items()}
    return build.scenario(build.settle(resolve(name, overrides=fields)), intervention=intervention)


def talks(name):
    try:
        return any(head.speech for head in made(name).spec.heads.values())
    except (ValueError, registry.Broken):
        return False


TALKING = [name for name in registry.names("scenarios") if talks(name)]


def course(world, ticks=TICKS):
    """What is perceived [T, W, N, F] and paid [T, W, N] under random actions that hang on nothing but the moment."""
    worlds, seen, paid = Worlds.begin(world, 0, torch.arange(WORLDS)), [], []
    sizes = torch.tensor([head.size for head in world.spec.heads.values() for _ in range(head.length)])
    for _ in range(ticks):
        view = worlds.observe()
        packed = worlds.key.words("test", world.spec.seats, len(sizes)) % sizes
        worlds, outcome, _ = worlds.step(packed, view)
        seen.append(view.features)
        paid.append(outcome.reward)
    return torch.stack(seen), torch.stack(paid)


def heard(world, features):
    """The columns of the fields that carry what others said."""
    return torch.cat([features[..., world.spec.slices[name]] for name in world.spec.hearing], -1)


def only(*speakers):
    """An intervention that silences all others: another way to the same end."""

    def silence(said, key, life):
        return said * torch.isin(torch.arange(said.shape[1]), torch.tensor(speakers))[:, None]

    return silence


def complete(seats):
    return [[a, b] for a in range(seats) for b in range(seats) if a != b]


def test_all_worlds_that_talk_are_here():
    assert {"bazaar", "simple_world_comm", "simple_reference", "lewis_game", "referential_game", "task_and_talk"} <= set(TALKING)


@pytest.mark.parametrize("name", TALKING)
def test_a_complete_graph_is_no_graph(name):
    plain = made(name)
    whole = made(name, complete(plain.spec.seats))
    assert all(torch.equal(a, b) for a, b in zip(course(plain), course(whole), strict=True))


@pytest.mark.parametrize("name", TALKING)
def test_through_one_edge_one_seat_hears_what_it_would_hear_if_nobody_else_spoke(name):
    """A leader may hear itself, graph or no graph; nobody else does."""
    seats = made(name).spec.seats

    def hearing(world):
        return heard(world, course(world)[0])

    own = torch.stack([hearing(made(name, intervention=only(n)))[:, :, n] for n in range(seats)], 2)
    something = False
    for speaker, listener in {(0, 1), (1, 0), (seats - 1, 0), (0, seats - 1)}:
        got = hearing(made(name, [[speaker, listener]]))
        alone = hearing(made(name, intervention=only(speaker, listener)))
        others = torch.arange(seats) != listener
        assert torch.equal(got[:, :, listener], alone[:, :, listener])
        assert torch.equal(got[:, :, others], own[:, :, others])
        something |= not torch.equal(got, own)
    assert something


def test_a_ring_of_voices_by_hand():
    """Seats on a line, 1 apart, each saying its own symbol: loudness in 5 directions (here, north, south, east, west)."""
    air = torch.tensor([[[1], [2], [3]]])
    x = torch.tensor([[0, 1, 2]])
    dx = x[:, None, :] - x[:, :, None]
    near, far = 1 - 1 / 5, 1 - 2 / 5
    told = Channel(ChannelConfig(symbols=4, graph=[[0, 1], [1, 2], [2, 0]])).hear_around(air, dx, torch.zeros_like(dx), span=4)
    expected = torch.zeros(3, 3, 5)  # listener, symbol, direction
    expected[1, 0, 4] = near  # seat 1 hears seat 0 in the west
    expected[2, 1, 4] = near
    expected[0, 2, 3] = far  # seat 0 hears seat 2 in the east, two cells away
    assert torch.allclose(told, expected.view(1, 3, 15), atol=1e-6)


def test_a_graph_does_not_bring_the_distant_nearer():
    air, dx = torch.tensor([[[1], [1]]]), torch.tensor([[[0, 5], [-5, 0]]])
    channel = Channel(ChannelConfig(reach=4, graph=["0-1"]))
    assert not channel.hear_around(air, dx, torch.zeros_like(dx), span=9).any()


def test_renumbered_seats_hear_the_same():
    key = Keys.at(0, torch.arange(4), torch.zeros(4, dtype=torch.long), torch.zeros(4, dtype=torch.long))
    air, at = key.integers("air", 4, 6, 2), key.integers("at", 9, 6, 2)
    dx, dy = (at[:, None, :, i] - at[:, :, None, i] for i in range(2))
    edges, order = [[0, 1], [0, 5], [2, 3], [4, 2], [5, 4]], torch.tensor([3, 5, 0, 1, 4, 2])
    renumbered = [[order.tolist().index(a), order.tolist().index(b)] for a, b in edges]
    one = Channel(ChannelConfig(symbols=4, length=2, graph=edges)).hear_around(air, dx, dy, 16)
    two = Channel(ChannelConfig(symbols=4, length=2, graph=renumbered)).hear_around(
        air[:, order], dx[:, order][:, :, order], dy[:, order][:, :, order], 16
    )
    assert torch.equal(one[:, order], two) and one.any()


def test_of_two_seats_words_are_lost_and_paid_for():
    channel = Channel(ChannelConfig(cost=0.5, graph=[[1, 0]]))
    said = torch.tensor([[[2], [1]]])
    zero = torch.zeros(1, dtype=torch.long)
    arrived = channel.transmit(said, Keys.at(0, zero, zero, zero), torch.zeros(1, 2, dtype=torch.long))
    assert arrived.tolist() == [[[0], [1]]]
    assert channel.price(said).tolist() == [[0.5, 0.5]]


def test_a_scripted_trader_goes_to_no_call_that_it_cannot_hear():
    """Who hears only a seat that is silenced does what it does in a muted world."""

    def moves(world):
        worlds, done = Worlds.begin(world, 0, torch.arange(4)), []
        for _ in range(24):
            seen = worlds.observe()
            packed = world.spec.pack(world.scripts["beacon"].act(worlds.state, seen, worlds.key))
            done.append(packed[..., 0])
            worlds, _, _ = worlds.step(packed, seen)
        return torch.stack(done)

    others = only(*range(1, 8))
    assert torch.equal(moves(made("bazaar", [[0, 1]], others)), moves(made("bazaar", intervention=mute)))
    assert not torch.equal(moves(made("bazaar", intervention=others)), moves(made("bazaar", intervention=mute)))


@pytest.mark.parametrize(
    ("name", "graph", "words"),
    [
        ("bazaar", "0-8", "names seat 8; the seats of this world are 0 to 7"),
        ("lewis_game", "0-2", "names seat 2"),
        ("simple_world_comm", "0-9", "names seat 9"),
        ("sugarscape", "0-1", "nobody speaks"),
        ("simple_spread", "0-1", "nobody speaks"),
    ],
)
def test_a_graph_that_cannot_be_obeyed_is_refused(name, graph, words):
    with pytest.raises(ValueError, match=words) as caught:
        made(name, graph)
    assert "\n" not in str(caught.value)


def test_a_world_of_many_seats_that_does_not_ask_the_channel_is_refused(monkeypatch):
    kind = registry.get("scenarios", "bazaar")
    begin = kind.__init__

    def unrouted(self, config, parts):
        begin(self, config, parts)
        self.spec = dataclasses.replace(self.spec, routes=False)

    monkeypatch.setattr(kind, "__init__", unrouted)
    with pytest.raises(ValueError, match="does not ask who hears whom"):
        made("bazaar", "0-1")
    made("bazaar")
