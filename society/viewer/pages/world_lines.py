"""What the World page says in words: where twins part, and what a replay leaves out. All of it safe for Markdown."""

from collections.abc import Mapping, Sequence

from society.viewer import words
from society.viewer.data.parting import Parting
from society.viewer.words import plain

NAMED = 3  # seats that are named, and differences
VALUE = "value."
# How one seat, and how several seats, differ from their twins.
VERBS = {
    "place": ("is elsewhere", "are elsewhere"),
    "said": ("says something else", "say something else"),
    "trades": ("deals otherwise", "deal otherwise"),
    "contests": ("strikes otherwise", "strike otherwise"),
    "kind": ("is of another kind", "are of another kind"),
}


def condition(name: str) -> str:
    """A condition and what it is."""
    return f"**{plain(name[:80])}**: {plain(words.condition(name)) or 'a condition of this run'}"


def parting(found: Parting) -> str:
    """Where two conditions part, in a sentence."""
    if found.unlike:
        return f"They cannot be compared: {plain(found.unlike)}."
    if not found.ticks:
        return "No tick was recorded of both."
    ticks = f"{found.ticks:,} recorded ticks"
    if found.tick < 0:
        until = f" Deals and strikes after tick {found.until:,} were too many to compare." if found.until >= 0 else ""
        return f"They never part in the {ticks}.{until}"
    told = [_differs(names, who) for names, who in _alike(found.fields)]
    more = len(told) - NAMED
    rest = f"; {more} more difference{'s' * (more > 1)}" if more > 0 else ""
    return f"They part at **tick {found.tick:,}**: {'; '.join(told[:NAMED])}{rest}."


def _alike(fields: Sequence[tuple[str, tuple[int, ...]]]) -> list[tuple[list[str], tuple[int, ...]]]:
    """Names and seats; values that differ for the same seats are told at once."""
    told: list[tuple[list[str], tuple[int, ...]]] = []
    for name, who in fields:
        same = next((names for names, others in told if others == who and names[0].startswith(VALUE)), None)
        if same is not None and name.startswith(VALUE):
            same.append(name)
        else:
            told.append(([name], who))
    return told


def _differs(names: Sequence[str], who: Sequence[int]) -> str:
    if names[0] == "cells":
        return f"{len(who):,} cell{'s' * (len(who) > 1)} of the ground differ{'s' * (len(who) == 1)}"
    if names[0] in VERBS:
        return f"{seats(who)} {VERBS[names[0]][len(who) > 1]}"
    values = [plain(name.removeprefix(VALUE)[:40]) for name in names[:NAMED]]
    more = [f"{len(names) - NAMED} more"] * (len(names) > NAMED)
    return f"{seats(who)} differ{'s' * (len(who) == 1)} in {_listed([*values, *more])}"


def seats(who: Sequence[int]) -> str:
    """`seat 3`, `seats 1 and 4`, `seats 1, 2, 3 and 12 more`."""
    if len(who) <= 1:
        return f"seat {who[0]}" if who else "a seat"
    more = [f"{len(who) - NAMED:,} more"] * (len(who) > NAMED)
    return f"seats {_listed([*map(str, who[:NAMED]), *more])}"


def _listed(words_: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words_[:-1]), words_[-1]]))


def cut(found: Mapping[str, int]) -> str:
    """Which events are not drawn because there are too many; empty where all are."""
    names = {"trades": "deals", "contests": "strikes"}
    return " ".join(f"Too many {names.get(name, name)}: those after tick {tick:,} are not drawn." for name, tick in found.items())
