"""Moments worth a mark on a replay's scrub bar: deaths, and the first time that a symbol is spoken."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from society.record.frames import NOTHING, Frames

MOST_SYMBOLS = 512  # firsts that are kept: no channel here has as many symbols
Columns = dict[str, np.ndarray]  # int32, one entry for each event, ascending in tick


def deaths(frames: Frames, after: int) -> Columns:
    """`tick`, `seat` of each death with `after` <= tick: the place of a seat ends to be, or its `value.age` falls (reborn).

    The tick is that of the first frame in which the former life is over, so the frame before `after` must be among `frames`
    for a death at `after` to be seen.
    """
    over = _gone(frames) | _reborn(frames)
    times, seats = over.nonzero()
    tick = frames.tick[1:][times] if len(frames.tick) else frames.tick[:0]
    kept = tick >= after
    return {"tick": tick[kept].astype(np.int32), "seat": seats[kept].astype(np.int32)}


def _gone(frames: Frames) -> np.ndarray:
    """[T - 1, N] whether a seat that had a place has none in the frame that follows."""
    x, y = frames.seats.get("x"), frames.seats.get("y")
    if x is None or y is None:
        return np.zeros((max(len(frames.tick) - 1, 0), 1), bool)
    nowhere = np.isnan(x) | np.isnan(y)
    return nowhere[1:] & ~nowhere[:-1]


def _reborn(frames: Frames) -> np.ndarray:
    """[T - 1, N] whether a seat is younger in the frame that follows."""
    age = frames.seats.get("value.age")
    if age is None:
        return np.zeros((max(len(frames.tick) - 1, 0), 1), bool)
    return (age[1:] < age[:-1]) & (age[1:] != NOTHING)


def firsts(pieces: Iterable[Frames]) -> pd.DataFrame:
    """tick, seat, symbol: when and by whom each symbol was first spoken in `pieces` that follow each other; by tick.

    Of seats that spoke it in the same tick the lowest counts. Silence is none.
    """
    found: dict[int, tuple[int, int]] = {}
    for frames in pieces:
        said = frames.seats.get("said")
        if said is None or not said.size:
            continue
        symbols, where = np.unique(said, return_index=True)
        for symbol, at in zip(symbols.tolist(), where.tolist(), strict=True):
            if symbol > 0 and symbol not in found:
                found[symbol] = int(frames.tick[at // said.shape[1]]), at % said.shape[1]
    rows = sorted((tick, seat, symbol) for symbol, (tick, seat) in found.items())[:MOST_SYMBOLS]
    return pd.DataFrame(rows, columns=["tick", "seat", "symbol"], dtype="int64")
