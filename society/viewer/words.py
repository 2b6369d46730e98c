"""What the viewer says: plain words for states and conditions, and numbers as text."""

import math

STATES = {
    "live": "running now",
    "done": "finished",
    "failed": "stopped by a guard",
    "killed": "its process is gone",
    "interrupted": "interrupted; `society resume` goes on",
    "damaged": "cannot be trusted",
}
CONDITIONS = {
    "normal": "the society as it was trained",
    "mute": "twin world: nobody hears anything",
    "content": "twin world: each spoken symbol replaced by a random draw; who speaks, and when, is kept",
    "relabel": "twin world: symbols exchanged once for each speaker's life",
    "scramble": "twin world: seats hear what was said in another world",
    "tradeless": "twin world: no offer ever clears",
    "peaceful": "twin world: no strike lands",
    "strangers": "twin world: a mind of another run sits in seat 0",
    "played": "a person in one seat, trained minds in all others",
    "muted_from_birth": "control: a population grown without hearing",
    "content_from_birth": "control: a population grown hearing random symbols in place of what was said",
    "tradeless_from_birth": "control: a population grown without trade",
}
_SPECIAL = set("\\`*_{}[]()<>#+-.!|~$:&\"'/=@^%")


def condition(name: str) -> str:
    """A condition in words; empty where there are none."""
    return "reference: a scripted agent in every seat" if name.startswith("script:") else CONDITIONS.get(name, "")


def plain(text: object) -> str:
    """Text from a file, made safe for Markdown: every mark is escaped and line breaks become blanks.

    An address in it stays text: a space without width keeps it from being made a link.
    """
    flat = " ".join(str(text).encode("utf-8", "replace").decode().split())
    for link in ("://", "www.", "@"):
        flat = flat.replace(link, f"{link[:-1]}\u200b{link[-1]}")
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in flat)


def number(value: float | None) -> str:
    """Three significant digits and a true minus sign; nothing for what is no number."""
    if value is None or not math.isfinite(value):
        return ""
    if value == 0:
        return "0"
    size = abs(value)
    places = max(0, 2 - math.floor(math.log10(size)))
    text = f"{value:,.{places}f}" if 1e-3 <= size < 1e5 else f"{value:.2g}"
    return text.replace("-", "\u2212")


def interval(low: float, high: float) -> str:
    """`[low, high]`, or nothing where either is missing."""
    return f"[{number(low)}, {number(high)}]" if math.isfinite(low) and math.isfinite(high) else ""


def p_value(p: float) -> str:
    """A p-value as it is printed in a paper."""
    if not math.isfinite(p):
        return ""
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")
