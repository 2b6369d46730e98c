"""Keys against a plain implementation of the published algorithm, and the statistics of what is drawn from them."""

import itertools
import random

import pytest
import torch
from scipy import stats

from society import keys
from society.keys import Keys, _tag, chance

MASK = (1 << 64) - 1


class SplitMix64:
    """Steele, Lea & Flood (2014), as in Vigna's reference C code."""

    def __init__(self, state):
        self.state = state & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)


def mix(z):
    """SplitMix64's finaliser of a word."""
    return SplitMix64((z - 0x9E3779B97F4A7C15) & MASK).next()


def one(seed=0, world=0, episode=0, tick=0):
    return Keys.at(seed, *(torch.tensor([x]) for x in (world, episode, tick)))


def plain_bits(seed, world, episode, tick, purpose, count):
    """The same draws in Python integers, from the keys' definition."""
    gamma = 0x9E3779B97F4A7C15
    word = mix(world * gamma + mix(seed + 1))
    word = mix(word + (episode + 1) * gamma)
    word = mix(word + (tick + 1) * gamma)
    stream = SplitMix64(mix(word + _tag(purpose)))
    return [stream.next() for _ in range(count)]


def plain_words(seed, world, count):
    """High, then low halves of the bits."""
    bits = plain_bits(seed, world, 0, 0, "x", (count + 1) // 2)
    return [*(b >> 32 for b in bits), *(b & 0xFFFFFFFF for b in bits)][:count]


def test_the_published_numbers():
    """The first outputs of SplitMix64 from state 1234567, as published with its reference implementations."""
    stream = SplitMix64(1234567)
    assert [stream.next() for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_bits_equal_a_plain_implementation():
    draw = random.Random(0)
    for _ in range(200):
        seed, world, episode = draw.randrange(2**31), draw.randrange(2**40), draw.randrange(10**6)
        tick, count = draw.randrange(-1, 10**6), draw.randrange(1, 40)
        got = one(seed, world, episode, tick).bits("purpose", count)[0].tolist()
        assert [x & MASK for x in got] == plain_bits(seed, world, episode, tick, "purpose", count)


def test_a_draw_depends_on_its_own_world_only():
    worlds = torch.arange(100)
    zero = torch.zeros_like(worlds)
    together = Keys.at(3, worlds, zero, zero + 5).bits("x", 4, 2)
    for w in (0, 17, 99):
        assert torch.equal(together[w : w + 1], one(3, w, 0, 5).bits("x", 4, 2))


def test_each_part_of_a_key_counts():
    usual = {"seed": 1, "world": 2, "episode": 3, "tick": 4}
    draws = [one(**(usual | change)).bits("x", 8) for change in ({}, *({k: 9} for k in usual))]
    draws.append(one(**usual).bits("y", 8))
    assert len({tuple(d.flatten().tolist()) for d in draws}) == 6


def test_worldless_keys_are_told_apart_by_their_path():
    paths = [(), ("a",), ("b",), ("a", 0), ("a", 1), (0, "a"), ("a", "b"), ("ab",)]
    assert len({int(Keys.worldless(0, *path).base) for path in paths}) == len(paths)
    assert int(Keys.worldless(0, "a").base) != int(Keys.worldless(1, "a").base)


@pytest.mark.parametrize("axis", ["counter", "world", "tick", "episode", "seed", "purpose"])
def test_uniforms_are_uniform_along_every_axis(axis):
    n, zero = 20_000, torch.zeros(20_000, dtype=torch.long)
    line = torch.arange(n)
    if axis == "counter":
        draw = one().uniform("x", n)[0]
    elif axis in ("seed", "purpose"):
        keys = (one(seed=i).uniform("x", 1) if axis == "seed" else one().uniform(f"p{i}", 1) for i in range(2000))
        draw = torch.cat(list(keys))[:, 0]
    else:
        places = {name: zero for name in ("world", "episode", "tick")} | {axis: line}
        draw = Keys.at(0, **places).uniform("x", 1)[:, 0]
    counts = torch.histc(draw, 50, 0, 1).numpy()
    assert stats.chisquare(counts).pvalue > 1e-4
    lag = stats.spearmanr(draw[:-1].numpy(), draw[1:].numpy()).pvalue
    assert lag > 1e-4


def test_neighbouring_keys_are_independent():
    worlds, zero = torch.arange(20_000), torch.zeros(20_000, dtype=torch.long)
    here = Keys.at(0, worlds, zero, zero)
    others = {
        "another purpose": here.uniform("y", 1),
        "the next tick": Keys.at(0, worlds, zero, zero + 1).uniform("x", 1),
        "the next world": Keys.at(0, worlds + 1, zero, zero).uniform("x", 1),
        "the next episode": Keys.at(0, worlds, zero + 1, zero).uniform("x", 1),
        "the next seed": Keys.at(1, worlds, zero, zero).uniform("x", 1),
        "the next seat": here.uniform("x", 2)[:, 1:],
    }
    mine = (here.uniform("x", 1)[:, 0] * 8).long()
    for name, other in others.items():
        table = torch.bincount(mine * 8 + (other[:, 0] * 8).long(), minlength=64).view(8, 8)
        assert stats.chi2_contingency(table.numpy()).pvalue > 1e-4, name


@pytest.mark.parametrize("high", [1, 2, 3, 7, 256, 10**6, 2**31 - 1])
def test_integers_are_words_times_high(high):
    """Lemire's multiply-shift on the words; 499 is odd, so the last word's low half is left over."""
    key = one(5, 6)
    for count in (500, 499):
        words = plain_words(5, 6, count)
        assert key.words("x", count)[0].tolist() == words
        assert key.integers("x", high, count)[0].tolist() == [w * high >> 32 for w in words]


def test_uniforms_are_the_top_24_bits_of_words():
    want = [(w >> 8) / 2**24 for w in plain_words(5, 6, 333)]
    assert one(5, 6).uniform("x", 333)[0].tolist() == want


def test_integers_take_a_tensor_of_bounds():
    high = torch.tensor([1, 5, 9])
    draw = one().integers("x", high, 1000, 3)
    assert (draw < high).all() and (draw >= 0).all()
    assert stats.chisquare(torch.bincount(draw[0, :, 2], minlength=9).numpy()).pvalue > 1e-4


def test_bernoulli_thresholds_are_exact():
    """True exactly where the word of 32 bits lies below p * 2**32; p = 0 and 1 are never and always."""
    key, words = one(7), plain_words(7, 0, 5000)
    for p in (0.0, 2**-32, 0.1, 0.25, 0.5, 0.9, 1 - 2**-32, 1.0):
        assert key.bernoulli("x", p, 5000)[0].tolist() == [w < round(p * 2**32) for w in words]
    assert not key.bernoulli("x", 0.0, 5000).any() and key.bernoulli("x", 1.0, 5000).all()
    each = torch.rand(5000, generator=torch.Generator().manual_seed(0))
    assert key.bernoulli("x", each, 5000)[0].tolist() == [w < p * 2**32 for w, p in zip(words, each.tolist(), strict=True)]
    edge = torch.tensor([2**32 - 1, 2**31, 2**31 - 1])
    assert chance(edge, torch.tensor([1.0, 0.5, 0.5])).tolist() == [True, False, True]


def test_permutations_are_permutations_and_all_alike():
    worlds, zero = torch.arange(6000), torch.zeros(6000, dtype=torch.long)
    orders = Keys.at(0, worlds, zero, zero).permutation("x", 3)
    assert (orders.sort(-1).values == torch.arange(3)).all()
    known = {order: i for i, order in enumerate(itertools.permutations(range(3)))}
    counts = torch.bincount(torch.tensor([known[tuple(o)] for o in orders.tolist()]), minlength=6)
    assert stats.chisquare(counts.numpy()).pvalue > 1e-4


def test_normals_are_normal_and_finite():
    draw = one().normal("x", 20_000)[0]
    assert draw.isfinite().all() and stats.kstest(draw.numpy(), "norm").pvalue > 1e-4


def test_every_device_mixes_alike():
    drawn = torch.randint(-(2**63), 2**63 - 1, (4096,), generator=torch.Generator().manual_seed(0))
    drawn[:4] = torch.tensor([0, -1, 2**63 - 1, -(2**63)])
    before = drawn.tolist()
    by_tensor = keys._mix_tensor(drawn.clone())
    assert torch.equal(keys._mix(drawn), by_tensor)  # in place, by numpy
    assert by_tensor.tolist() == [keys._mix_int(word) for word in before]
