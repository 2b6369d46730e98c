"""The fifteen entries of Axelrod's first tournament, written from the descriptions in his paper (1980).

A rule is a function of a `View`: True where it cooperates, for R matches at once. The descriptions leave much open; what
is open is read as the axelrod package reads it, so that the two can be compared move by move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
RANDOM_LOOKING = 3.841458820694124  # the 5 % point of chi-squared with one degree of freedom
NYDEGGER = (1, 6, 7, 17, 22, 23, 26, 29, 30, 31, 33, 38, 39, 45, 49, 54, 55, 58, 61)
REWARD, SUCKER, TEMPTATION, PUNISHMENT = 3.0, 0.0, 5.0, 1.0


@dataclass
class View:
    """What a player sees: own and the other's moves so far [R, t] (True: cooperated), the length, and its `memory`."""

    mine: Flags
    theirs: Flags
    turns: int
    rng: np.random.Generator
    memory: dict[str, NDArray[np.int64]] = field(default_factory=dict)

    @property
    def turn(self) -> int:
        """Turns played."""
        return self.mine.shape[1]

    @property
    def yes(self) -> Flags:
        """Cooperation in every match."""
        return np.ones(len(self.mine), dtype=bool)

    def remember(self, name: str, start: int = 0) -> NDArray[np.int64]:
        """A number for each match that lasts through it, to be changed in place."""
        return self.memory.setdefault(name, np.full(len(self.mine), start))

    def chance(self, p: float | NDArray[np.float64]) -> Flags:
        """True with probability p in each match."""
        return self.rng.random(len(self.mine)) < p


Rule = Callable[[View], Flags]


def tit_for_tat(v: View) -> Flags:
    """Cooperate, then do what the other did (Rapoport)."""
    return v.theirs[:, -1] if v.turn else v.yes


def random(v: View) -> Flags:
    """A fair coin."""
    return v.chance(0.5)


def anonymous(v: View) -> Flags:
    """Name withheld: a probability of cooperating that wanders in .3 to .7."""
    return v.chance(v.rng.uniform(0.3, 0.7, len(v.mine)))


def joss(v: View) -> Flags:
    """Tit for tat that forgets to cooperate one time in ten."""
    return v.theirs[:, -1] & v.chance(0.9) if v.turn else v.yes


def feld(v: View) -> Flags:
    """Tit for tat whose cooperation after cooperation falls from 1 to .5 by turn 200."""
    return v.theirs[:, -1] & v.chance(max(1 - 0.5 * v.turn / 200, 0.5)) if v.turn else v.yes


def tullock(v: View) -> Flags:
    """Eleven cooperations, then a tenth less often than the other did in the last ten turns."""
    return v.chance(v.theirs[:, -10:].mean(axis=1) - 0.1) if v.turn >= 11 else v.yes


def grofman(v: View) -> Flags:
    """Cooperate, but after unlike moves with probability 2/7."""
    return (v.mine[:, -1] == v.theirs[:, -1]) | v.chance(2 / 7) if v.turn else v.yes


def grudger(v: View) -> Flags:
    """Cooperate until the other has ever defected (Friedman)."""
    return np.asarray(v.theirs.all(axis=1), dtype=bool)


def davis(v: View) -> Flags:
    """Ten cooperations, then `grudger`."""
    return grudger(v) if v.turn >= 10 else v.yes


def nydegger(v: View) -> Flags:
    """Tit for tat for three turns, then by a table of the last three outcomes, the latest weighing most."""
    if v.turn < 2:
        return tit_for_tat(v)
    if v.turn == 2:
        return tit_for_tat(v) & ~(~v.theirs[:, 0] & v.theirs[:, 1])
    outcome = 2 * ~v.theirs[:, -3:] + 1 * ~v.mine[:, -3:]
    return ~np.isin(outcome @ np.array([1, 4, 16]), NYDEGGER)


def downing(v: View) -> Flags:
    """The better of always cooperating and always defecting against the response so far, after two defections."""
    if v.turn < 2:
        return ~v.yes
    before = np.hstack([v.yes[:, None], v.mine[:, :-1]])  # the other's first move answers a cooperation
    met = (v.theirs & before).sum(axis=1) / (v.mine.sum(axis=1) + 1)
    forgiven = (v.theirs & ~before).sum(axis=1) / np.maximum((~v.mine).sum(axis=1), 2)
    c = met * REWARD + (1 - met) * SUCKER
    d = forgiven * TEMPTATION + (1 - forgiven) * PUNISHMENT
    return np.where(c == d, ~v.mine[:, -1], c > d)


def shubik(v: View) -> Flags:
    """Answer a defection with one more defection than the last time."""
    length, owed = v.remember("length"), v.remember("owed")
    if not v.turn:
        return v.yes
    struck = (owed == 0) & ~v.theirs[:, -1] & v.mine[:, -1]
    return _retaliate(struck, length, owed)


def _retaliate(struck: Flags, length: NDArray[np.int64], owed: NDArray[np.int64]) -> Flags:
    """Where struck, owe one defection more than ever before; pay one where any is owed. True where none is."""
    length += struck
    owed[struck] = length[struck]
    paying = owed > 0
    owed -= paying
    return ~paying


def tideman_chieruzzi(v: View) -> Flags:
    """Retaliation that grows with every run of defections; a fresh start for whom is far behind and no coin; D D at the end."""
    length, owed, counted = v.remember("length"), v.remember("owed"), v.remember("defections")
    last, second = v.remember("last fresh start"), v.remember("second")
    if not v.turn:
        return v.yes
    defected, now = ~v.theirs[:, -1], v.turn + 1
    counted += defected
    lead = 5 * ((~v.mine).sum(axis=1) - (~v.theirs).sum(axis=1))  # T - S apiece; R and P are the same for both
    far = np.abs(counted - v.turn / 2) >= 1.5 * np.sqrt(v.turn)
    late = (last == 0) | (now - last >= 20)
    again = second == 1
    fresh = ~again & late & (lead >= 10) & (v.turns - now >= 10) & ~defected & far
    second[:] = fresh
    last[fresh] = now
    for forgotten in (length, owed, counted):
        forgotten[fresh] = 0
    held = again | fresh
    cooperates = held.copy()
    rest, here = ~held, np.flatnonzero(~held)
    less, due = length[here], owed[here]
    cooperates[rest] = _retaliate((due == 0) & defected[here], less, due)
    length[here], owed[here] = less, due
    return cooperates & (v.turn < v.turns - 2)


def stein_rapoport(v: View) -> Flags:
    """Tit for tat after four cooperations, defection while the other looks random (seen every 15 turns), D D at the end."""
    looks = v.remember("random")
    if (v.turn + 1) % 15 == 0:
        looks[:] = _looks_random(v.theirs)
    tat = tit_for_tat(v) if v.turn >= 4 else v.yes
    return tat & (looks == 0) & (v.turn < v.turns - 2)


def _looks_random(moves: Flags) -> Flags:
    """As many cooperations as defections, as far as chi-squared can tell."""
    n = moves.shape[1]
    looks: Flags = (2 * moves.sum(axis=1) - n) ** 2 / n <= RANDOM_LOOKING
    return looks


def graaskamp(v: View) -> Flags:
    """Tit for tat with a probe on turn 51; then D against a random one, C with a twin or tit for tat, else sly defections."""
    looks, due = v.remember("random"), v.remember("next defection", -1)
    if v.turn < 56:
        return tit_for_tat(v) & (v.turn != 50)
    looks |= _looks_random(v.theirs)
    same = (v.theirs[:, 1:] == v.mine[:, :-1]).all(axis=1) | (v.theirs == v.mine).all(axis=1)
    sly = (looks == 0) & ~same
    due[sly & (due < 0)] = v.turn + v.rng.integers(5, 16, int((sly & (due < 0)).sum()))
    strikes = sly & (due == v.turn)
    due[strikes] = v.turn + v.rng.integers(5, 16, int(strikes.sum()))
    return np.where(looks == 1, False, np.where(same, v.theirs[:, -1], ~strikes))


RULES: dict[str, Rule] = {
    "TitForTat": tit_for_tat,
    "TidemanChieruzzi": tideman_chieruzzi,
    "Nydegger": nydegger,
    "Grofman": grofman,
    "Shubik": shubik,
    "SteinRapoport": stein_rapoport,
    "Grudger": grudger,
    "Davis": davis,
    "Graaskamp": graaskamp,
    "Downing": downing,
    "Feld": feld,
    "Joss": joss,
    "Tullock": tullock,
    "Anonymous": anonymous,
    "Random": random,
}
DETERMINISTIC = (
    "TitForTat", "TidemanChieruzzi", "Nydegger", "Shubik", "SteinRapoport", "Grudger", "Davis", "Downing",
)  # fmt: skip


def match(first: Rule, second: Rule, turns: int, repetitions: int, seed: int) -> tuple[Flags, Flags]:
    """Both players' moves [R, turns] of independent matches, True for cooperation."""
    rng = np.random.default_rng(seed)
    moves = np.zeros((2, repetitions, turns), dtype=bool)
    memory: tuple[dict[str, NDArray[np.int64]], ...] = ({}, {})
    for t in range(turns):
        seen = moves[:, :, :t]
        chosen = [
            rule(View(seen[i], seen[1 - i], turns, rng, memory[i])) for i, rule in enumerate((first, second))
        ]  # both before either is written
        moves[0, :, t], moves[1, :, t] = chosen
    return moves[0], moves[1]


def scores(mine: Flags, theirs: Flags) -> NDArray[np.float64]:
    """Points of each turn [R, turns]: 3 for mutual cooperation, 1 for mutual defection, 5 and 0."""
    return np.where(mine, np.where(theirs, REWARD, SUCKER), np.where(theirs, TEMPTATION, PUNISHMENT))
