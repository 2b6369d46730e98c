"""Names and colours of a recorded world: what the player is told besides numbers. Text stays text, colours are checked."""

import re
from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np

from society.record.frames import Frames
from society.record.store import Run

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
MOST_GOODS = 64  # named by meta.json: offers are of pairs of them
MOST_OFFERS = 4096
HOLDS = "holds "  # a value of this name is a stock: what follows names the good
NO_OFFER = [-1, -1, 0, 0]
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")


def facts(run: Run, frames: Frames) -> dict[str, Any]:
    """Size, legends, goods and what each offer means, from the run's own scene and config.

    A scene that says too little gets neutral names, so that any frames can be drawn.
    """
    scene = run.meta.get("scene")
    scene = scene if isinstance(scene, dict) else {}
    shape = (0, 0) if frames.cells is None else frames.cells.shape[1:]
    legend, kinds = _legend(scene.get("legend")), _legend(scene.get("kinds"))
    values = [name.removeprefix("value.") for name in frames.seats if name.startswith("value.")]
    held = [name.removeprefix(HOLDS) for name in values if name.startswith(HOLDS)]
    named = run.meta.get("goods")
    goods = held or ([str(good) for good in named[:MOST_GOODS]] if isinstance(named, list) else [])
    colours = dict(legend)
    return {
        "height": shape[0] or _side(scene.get("height"), frames, "y"),
        "width": shape[1] or _side(scene.get("width"), frames, "x"),
        "legend": legend,
        "kinds": kinds,
        "wraps": bool(scene.get("wraps", True)) and frames.cells is not None,
        "sizes": _sizes(scene.get("sizes"), len(kinds)),
        "values": values,
        "goods": [[good, colours.get(f"good {good}", OKABE_ITO[i % len(OKABE_ITO)])] for i, good in enumerate(goods)],
        "offers": offers(run, len(goods)) if "offer" in values else [],
    }


def _sizes(told: Any, kinds: int) -> list[float]:
    """Diameters of the kinds in cells; none where the scene does not tell one for each that can be drawn."""
    fine = isinstance(told, list) and len(told) == kinds and all(isinstance(one, int | float) and 0 < one <= 256 for one in told)
    return [float(one) for one in told] if fine else []


def _legend(entries: Any) -> list[list[str]]:
    """Pairs of name and colour; a colour that is none is replaced, so that no file's text reaches a style."""
    pairs = [one for one in entries if isinstance(one, list) and len(one) == 2] if isinstance(entries, list) else []
    return [
        [str(name), colour if isinstance(colour, str) and _HEX.fullmatch(colour) else OKABE_ITO[i % len(OKABE_ITO)]]
        for i, (name, colour) in enumerate(pairs)
    ]


def _side(told: Any, frames: Frames, axis: str) -> int:
    """A side of the scene in cells: as told, else so that every place fits."""
    if isinstance(told, int) and 1 <= told <= 256:
        return told
    places = frames.seats.get(axis)
    return 1 if places is None or np.isnan(places).all() else int(np.nanmax(places)) + 1


def offers(run: Run, goods: int) -> list[list[int]]:
    """[give, want, units given, units wanted] of each option of the head `offer`; row 0 is no offer.

    As meta.json tells it. A run from before it did gets the market's whole table: every ordered pair of goods, and for each
    every price of the config.
    """
    told = run.meta.get("offers")
    if isinstance(told, list) and told and len(told) <= MOST_OFFERS and all(_terms(row) for row in told):
        return [NO_OFFER if row[0] < 0 else [int(one) for one in row] for row in told]
    return _from_config(run.config, goods)


def _terms(row: Any) -> bool:
    """Whether a row of meta.json is four whole numbers that a browser can hold."""
    return isinstance(row, list) and len(row) == 4 and all(type(one) is int and abs(one) < 2**31 for one in row)


def _from_config(config: Mapping[str, Any], goods: int) -> list[list[int]]:
    market = config.get("market")
    prices = market.get("prices") if isinstance(market, dict) else None
    if not isinstance(prices, list) or not all(isinstance(price, list) and len(price) == 2 for price in prices):
        return []
    return [NO_OFFER, *([a, b, *price] for a, b in permutations(range(goods), 2) for price in prices)]
