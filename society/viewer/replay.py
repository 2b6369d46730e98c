"""A recorded world made ready for the player: frames and events as compact arrays, names and colours beside them."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from society.record.frames import CELL, NOWHERE, Frames, Span
from society.record.store import Run
from society.viewer import queries
from society.viewer.payload import encode

BUDGET = 48 * 2**20  # bytes of frames that a browser is given at once
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
MOST_GOODS = 64  # named by meta.json: offers are of pairs of them
HOLDS = "holds "  # a value of this name is a stock: what follows names the good
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")
EVENTS = {
    "trades": ("seat", "partner", "gave", "gave_amount", "got", "got_amount"),
    "contests": ("seat", "target", "good", "amount"),
}


@dataclass(frozen=True)
class Replay:
    """What the player is given: `facts` are plain JSON, `blob` the arrays of `payload.encode`."""

    facts: dict[str, Any]
    blob: str

    @property
    def id(self) -> str:
        """Changes when, and only when, there is something else to draw."""
        return hashlib.sha256(self.blob.encode()).hexdigest()[:16]


def window(run: Run, span: Span) -> int:
    """How many ticks of this world fit into one replay, at least 2."""
    first = run.frames(span.condition, span.world, span.first, span.first, seed=span.seed)
    size = (0 if first.cells is None else first.cells.nbytes) + sum(values.nbytes for values in first.seats.values())
    return max(2, BUDGET // max(size, 1))


def replay(run: Run, span: Span, first: int, last: int) -> Replay:
    """The ticks from `first` to `last` of one recorded world. Raises `Damaged`."""
    names = [("frames",), ("meta.json",), *(("tables", name) for name in EVENTS)]
    return _replay(str(run.path), tuple(queries.identity(run.path, *name) for name in names), span, first, last)


@lru_cache(maxsize=8)
def _replay(path: str, _: tuple[queries.Identity, ...], span: Span, first: int, last: int) -> Replay:
    run = Run(path)
    frames = run.frames(span.condition, span.world, first, last, seed=span.seed)
    arrays = {"tick": frames.tick.astype(np.int32)} | _drawn(frames)
    for name, columns in EVENTS.items():
        arrays |= {f"{name}.{column}": values for column, values in _events(run, name, columns, span, frames).items()}
    return Replay(facts(run, frames), encode(arrays))


def _drawn(frames: Frames) -> dict[str, np.ndarray]:
    """Cells, and the fields of the seats, places back in the steps in which they were stored."""
    arrays = {} if frames.cells is None else {"cells": frames.cells}
    for name, values in frames.seats.items():
        if values.dtype.kind == "f":
            steps = np.where(np.isnan(values), NOWHERE, np.rint(values * CELL))
            arrays[f"seat.{name}"] = steps.astype(np.uint16)
        else:
            arrays[f"seat.{name}"] = values
    return arrays


def _events(run: Run, name: str, columns: tuple[str, ...], span: Span, frames: Frames) -> dict[str, np.ndarray]:
    """The columns of the events that happened in these frames, by tick."""
    found = queries.table(run, name, condition=span.condition, seed=span.seed, world=span.world)
    if len(frames.tick):
        found = found[(found["tick"] >= frames.tick[0]) & (found["tick"] <= frames.tick[-1])]
    found = found.sort_values("tick", kind="stable")
    none = pd.Series(np.full(len(found), -1))
    return {column: found.get(column, none).to_numpy().astype(np.int32) for column in ("tick", *columns)}


# ------------------------------------------------------------------------------------------------------ names and colours


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
        "offers": _offers(run.config, len(goods)) if "offer" in values else [],
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


def _offers(config: Mapping[str, Any], goods: int) -> list[list[int]]:
    """[give, want, units given, units wanted] of each offer, in the order of the market's table; row 0 is no offer.

    Goods are paired as the market pairs them: every ordered pair, and for each every price of the config.
    """
    prices = config.get("market", {}).get("prices")
    if not isinstance(prices, list) or not all(isinstance(p, list) and len(p) == 2 for p in prices):
        return []
    return [[-1, -1, 0, 0], *([a, b, *price] for a, b in permutations(range(goods), 2) for price in prices)]
