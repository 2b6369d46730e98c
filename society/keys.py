"""Counter-based randomness: every draw is a pure function of (seed, world, episode, tick, purpose, seat).

SplitMix64 (Steele, Lea & Flood 2014) used as a counter-based generator: a key is a 64-bit integer per world, a draw is the
finaliser of key + (index + 1) * golden gamma. Integer arithmetic wraps alike on CPU and GPU, so every draw is equal bit for
bit on both, whatever the number of threads and whoever shares the batch. There is no state, so nothing to save or restore.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

_GAMMA = -0x61C8864680B583EB  # 0x9E3779B97F4A7C15 as a signed 64-bit integer
_MIX1 = -0x40A7B892E31B1A47  # 0xBF58476D1CE4E5B9
_MIX2 = -0x6B2FB644ECCEEE15  # 0x94D049BB133111EB
_MASK = (1 << 64) - 1
_SHIFTS = tuple(np.uint64(bits) for bits in (30, 27, 31))
_FACTORS = tuple(np.uint64(factor & _MASK) for factor in (_MIX1, _MIX2))


def _mix(x: Tensor) -> Tensor:
    """SplitMix64's finaliser, in place. On a CPU by numpy, which takes a third of torch's time to call a kernel."""
    if not x.is_cpu:
        return _mix_tensor(x)
    _mix_array(x.numpy().view(np.uint64))
    return x


def _mix_array(x: npt.NDArray[np.uint64]) -> None:
    x ^= x >> _SHIFTS[0]
    x *= _FACTORS[0]
    x ^= x >> _SHIFTS[1]
    x *= _FACTORS[1]
    x ^= x >> _SHIFTS[2]


def _mix_tensor(x: Tensor) -> Tensor:
    """The same on any device. torch shifts arithmetically: the masks make the shifts logical."""
    x ^= (x >> 30).bitwise_and_(0x3FFFFFFFF)
    x *= _MIX1
    x ^= (x >> 27).bitwise_and_(0x1FFFFFFFFF)
    x *= _MIX2
    x ^= (x >> 31).bitwise_and_(0x1FFFFFFFF)
    return x


def _mix_int(x: int) -> int:
    """The same finaliser on one Python integer, as a signed 64-bit value."""
    x &= _MASK
    x = ((x ^ (x >> 30)) * (_MIX1 & _MASK)) & _MASK
    x = ((x ^ (x >> 27)) * (_MIX2 & _MASK)) & _MASK
    x ^= x >> 31
    return x - (1 << 64) if x >> 63 else x


@cache
def _tag(name: str) -> int:
    """A fixed 64-bit word for a name: two CRCs of it, mixed, so that no table of purposes has to be kept."""
    data = name.encode()
    return _mix_int(zlib.crc32(data) << 32 | zlib.crc32(b"society" + data))


@lru_cache(maxsize=256)
def _counters(n: int, device: torch.device) -> Tensor:
    return (torch.arange(1, n + 1, device=device) * _GAMMA).contiguous()


@dataclass(frozen=True)
class Keys:
    """The keys of W worlds at one moment: of a seed, and of worlds, episodes and ticks [W] int64.

    Nothing is mixed before the first draw: a world without chance pays nothing. A tape of another world (condition
    `scramble`) is looked up by the three fields. Draws have shape [W, *shape]; the last axis is usually the seat. Two draws
    of one moment that must differ need different purposes.
    """

    seed: int
    world: Tensor
    episode: Tensor
    tick: Tensor

    @classmethod
    def at(cls, seed: int, world: Tensor, episode: Tensor, tick: Tensor) -> Keys:
        """The keys of `seed` for worlds, episodes and ticks [W] int64."""
        return cls(seed, world, episode, tick)

    @classmethod
    def worldless(cls, seed: int, *path: str | int) -> Keys:
        """One key [1] for what belongs to no world: initialisation, shuffles, matchmaking. `path` names the use."""
        word = _mix_int(seed + 1)
        for part in ("worldless", *path):
            word = _mix_int(word + (_tag(part) if isinstance(part, str) else (part + 1) * _GAMMA))
        none = torch.full((1,), -1)
        made = cls(seed, none, none, none)
        made.__dict__["base"] = torch.tensor([word])  # in place of what would be mixed of world, episode and tick
        return made

    def later(self, tick: Tensor) -> Keys:
        """The keys of the same worlds in the same episodes at another tick [W]; what is mixed of both is mixed once."""
        found = Keys(self.seed, self.world, self.episode, tick)
        if "stem" in self.__dict__:
            found.__dict__["stem"] = self.stem
        return found

    @cached_property
    def stem(self) -> Tensor:
        """The mixed (seed, world, episode), int64 [W]."""
        return _mix(_mix(self.world * _GAMMA + _mix_int(self.seed + 1)) + (self.episode + 1) * _GAMMA)

    @cached_property
    def base(self) -> Tensor:
        """The mixed (seed, world, episode, tick), int64 [W]."""
        return _mix(self.stem + (self.tick + 1) * _GAMMA)

    def bits(self, purpose: str, *shape: int) -> Tensor:
        """64 random bits each, int64 [W, *shape]."""
        n = math.prod(shape)
        start = _mix(self.base + _tag(purpose))
        return _mix(start[:, None] + _counters(n, start.device)).view(-1, *shape)

    def bits_at(self, purpose: str, row: Tensor, place: Tensor) -> Tensor:
        """Of `bits(purpose, n)` the entries [row, place] alone, int64, whatever n is: a few of very many."""
        return _mix(_mix(self.base + _tag(purpose))[row] + (place + 1) * _GAMMA)

    def words(self, purpose: str, *shape: int) -> Tensor:
        """32 random bits each, int64 [W, *shape] in [0, 2**32): the high, then the low halves of `bits`."""
        n = math.prod(shape)
        bits = self.bits(purpose, (n + 1) // 2)
        halves = torch.cat([(bits >> 32).bitwise_and_(0xFFFFFFFF), bits.bitwise_and_(0xFFFFFFFF)], dim=1)
        return (halves if halves.shape[1] == n else halves[:, :n]).view(-1, *shape)

    def uniform(self, purpose: str, *shape: int) -> Tensor:
        """Uniform on [0, 1) in steps of 2**-24, float32 [W, *shape]; exact on every device."""
        return (self.words(purpose, *shape) >> 8).to(torch.float32).mul_(2.0**-24)

    def integers(self, purpose: str, high: int | Tensor, *shape: int) -> Tensor:
        """Uniform integers in [0, high), int64 [W, *shape]; high < 2**31 (Lemire's multiply-shift, bias below high / 2**32)."""
        return below(self.words(purpose, *shape), high)

    def bernoulli(self, purpose: str, p: float | Tensor, *shape: int) -> Tensor:
        """True with probability p (a number, or a tensor that broadcasts to the draw), bool [W, *shape]."""
        return chance(self.words(purpose, *shape), p)

    def permutation(self, purpose: str, n: int) -> Tensor:
        """A random order of 0..n-1 for each world, int64 [W, n]."""
        return self.bits(purpose, n).argsort(dim=-1)

    def normal(self, purpose: str, *shape: int) -> Tensor:
        """Standard normal, float32 [W, *shape]. Floating point: equal on one device, close on another."""
        return torch.special.ndtri(self.uniform(purpose, *shape).double().add_(2.0**-25)).float()


def below(words: Tensor, high: int | Tensor) -> Tensor:
    """Words of 32 bits as uniform integers in [0, high)."""
    return (words * high) >> 32


def chance(words: Tensor, p: float | Tensor) -> Tensor:
    """Words of 32 bits as True with probability p, to within 2**-32."""
    return words < (p.double() * 2.0**32 if isinstance(p, Tensor) else round(p * 2**32))
