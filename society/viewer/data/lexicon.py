"""A lexicon made ready to draw: the shares of a symbol-by-meaning table, and how many bits the symbol tells of the meaning."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import random_table

from society.analysis.language.arrays import entropy
from society.viewer.data.language import SILENCE

SHOWN = 24  # rows or columns of a heat map; the rest, by frequency, is one of its own
SHUFFLES = 39
CELLS = 400_000  # of all shuffled tables together, beyond which fewer are made
MANY = 100_000_000  # utterances beyond which the limit stands for shuffles
MOMENTS = 60  # of a training that are drawn
POSITIONS = 4  # of a message that are drawn side by side
SHOWS = {
    "saying": "P(symbol | meaning)",
    "meaning": "P(meaning | symbol)",
    "pmi": "pointwise mutual information",
    "count": "counts",
}


@dataclass(frozen=True, eq=False)
class Cells:
    """A heat map: `rows` has meaning, symbol (labels), value, count; the labels in the order in which they are drawn."""

    rows: pd.DataFrame
    meanings: list[str]
    symbols: list[str]


@dataclass(frozen=True)
class Told:
    """Plug-in bits that a symbol tells of a meaning; mean of its shuffles; `most` is the meaning's own entropy."""

    bits: float
    null: float
    most: float
    n: int


def cells(found: pd.DataFrame, show: str) -> Cells:
    """The table of `found` (meaning, symbol, count), as `show` (a key of `SHOWS`) wants it, one row for each pair.

    A share is 0 where the pair did not occur; pointwise mutual information, in bits, is missing there.
    """
    sums: pd.DataFrame = found.groupby(["meaning", "symbol"], as_index=False)["count"].sum()  # type: ignore[assignment]
    meaning, meanings = _labels(sums, "meaning", "value")
    # Symbols are those that speak of the meanings shown.
    symbol, names = _labels(sums, "symbol", "symbol", ~meaning.str.contains("other"))
    table = sums.assign(meaning=meaning, symbol=symbol).pivot_table("count", "meaning", "symbol", "sum", fill_value=0)
    counts = table.reindex(index=meanings, columns=names, fill_value=0).to_numpy(dtype=float)
    pairs = {"meaning": np.repeat(meanings, len(names)), "symbol": np.tile(names, len(meanings))}
    rows = pd.DataFrame(pairs | {"value": _values(counts, show).ravel(), "count": counts.ravel().astype(np.int64)})
    return Cells(rows, meanings, names)


def _values(counts: np.ndarray, show: str) -> np.ndarray:
    of_meaning, of_symbol = counts.sum(axis=1, keepdims=True), counts.sum(axis=0, keepdims=True)
    if show == "count":
        return counts
    if show == "pmi":
        ratio = counts * counts.sum() / np.maximum(of_meaning * of_symbol, 1e-300)
        return np.log2(ratio, out=np.full_like(ratio, np.nan), where=ratio > 0)
    whole = of_meaning if show == "saying" else of_symbol
    return np.divide(counts, whole, out=np.zeros_like(counts), where=whole > 0)


def _labels(sums: pd.DataFrame, column: str, what: str, known: pd.Series | None = None) -> tuple[pd.Series, list[str]]:
    """Each row's label, and all labels in order: silence, the most frequent by number, then what is left as one.

    Only the rows that are `known` count towards which are the most frequent.
    """
    counted = sums if known is None else sums.assign(count=sums["count"].where(known, 0))
    often = counted.groupby(column)["count"].sum().sort_values(ascending=False, kind="stable")
    kept = sorted(int(one) for one in (often.index if len(often) <= SHOWN else often.index[: SHOWN - 1]))
    if what == "symbol" and SILENCE in often.index and SILENCE not in kept:
        kept = [SILENCE, *kept[1:]]
    rest = len(often) - len(kept)
    names = {one: "silence" if what == "symbol" and one == SILENCE else str(one) for one in kept}
    other = f"{rest} other {what}{'s' if rest > 1 else ''}"
    return sums[column].map(names).fillna(other), [*names.values(), *([other] if rest else [])]


def told(found: pd.DataFrame) -> Told:
    """Mutual information of symbol and meaning over all utterances of `found` (meaning, symbol, count).

    The null shuffles utterances one by one, as their lives are not counted: tables of the same margins are drawn (Patefield
    1981), and beyond `MANY` utterances it is the limit for large samples (Miller 1955); NaN for too large a table. It is what few
    utterances feign, and no test: that is the report's, which shuffles lives.
    """
    counts = found["count"].to_numpy(dtype=np.int64)
    total = int(counts.sum())
    if not total:
        return Told(np.nan, np.nan, np.nan, 0)
    (meaning, rows), (symbol, columns) = (_margin(found[name].to_numpy(), counts) for name in ("meaning", "symbol"))
    most, alone = _bits(rows), _bits(columns)
    if len(rows) < 2 or len(columns) < 2:  # a constant tells nothing
        return Told(0.0, 0.0, most, total)
    joint = _margin(meaning * len(columns) + symbol, counts)[1]
    bits, cells = max(0.0, most + alone - _bits(joint)), len(rows) * len(columns)
    if total > MANY:
        return Told(bits, (len(rows) - 1) * (len(columns) - 1) / (2 * total * np.log(2)), most, total)
    if cells > 10 * CELLS:
        return Told(bits, np.nan, most, total)
    draws = int(np.clip(CELLS // cells, 3, SHUFFLES))
    tables = random_table(rows, columns).rvs(draws, method="patefield", random_state=np.random.default_rng(0))
    null = np.mean([max(0.0, most + alone - _bits(table.ravel())) for table in tables])
    return Told(bits, float(null), most, total)


def _margin(values: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row's place among the values that occur, and how often each of them does."""
    _, place = np.unique(values, return_inverse=True)
    return place, np.bincount(place, counts).astype(np.int64)


def _bits(counts: np.ndarray) -> float:
    return float(entropy(np.arange(len(counts)), counts.astype(float)))


def moments(found: pd.DataFrame) -> list[int]:
    """The agent-steps at which a lexicon was taken down, up to `MOMENTS` of them, the first and the last included."""
    steps = np.unique(found["agent_steps"].to_numpy())
    kept = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MOMENTS)).round().astype(int))
    return [int(step) for step in steps[kept]]


def curve(found: pd.DataFrame) -> pd.DataFrame:
    """agent_steps, position, bits, null, most of each moment and position of `found`, one part of a training's lexicon."""
    rows = []
    known = found[found["agent_steps"].isin(moments(found)) & (found["position"] < POSITIONS)]
    for _, some in known.groupby(["agent_steps", "position"], sort=True):
        one, position = told(some), int(some["position"].iloc[0])
        rows.append((int(some["agent_steps"].iloc[0]), f"position {position + 1}", one.bits, one.null, one.most))
    return pd.DataFrame(rows, columns=["agent_steps", "position", "bits", "null", "most"])
