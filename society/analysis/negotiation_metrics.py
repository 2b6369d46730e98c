"""How negotiations ended and how demands fell: read from `deals` and `offers`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from society.analysis.bargaining_set import kalai_distance, nash_distance, pareto_optimal
from society.analysis.estimate import NAN, Estimate
from society.analysis.metrics import register
from society.analysis.negotiation import jain, scores, surplus_efficiency
from society.analysis.run import AbsentError, Reader, numbers
from society.analysis.statistics import Array
from society.analysis.world_lines import Line, mean_by_world, numbered_columns, world_lines

TURNS = 10  # of the concession curve
WORTHLESS = "in no game the pool was worth something to both sides"
ENDS = (
    Line("deals.agreement_rate", "share of games", contrast=True),
    Line("deals.rounds", "turns to agreement", "nobody agreed"),
    Line("deals.first_score", "of own maximum", "in no game the pool was worth something to the first mover"),
    Line("deals.second_score", "of own maximum", "in no game the pool was worth something to the second mover"),
    Line("deals.first_advantage", "of own maximum, first - second", WORTHLESS, contrast=True),
    Line("deals.jain", "1 = equal scores", "in no deal somebody got something"),
)
QUALITY = (
    Line("deals.surplus_efficiency", "of the joint maximum", contrast=True),
    Line("deals.pareto_share", "share of games", WORTHLESS),
    Line("deals.nash_distance", "in scores", WORTHLESS),
    Line("deals.kalai_distance", "in scores", WORTHLESS),
)


@register("deals", needs=("deals", "episodes"))
def deals(reader: Reader) -> Iterator[Estimate]:
    """Agreement, turns to it, scores of both sides and how equal they are, over worlds. No deal scores 0."""
    yield from world_lines(reader, "deals", ENDS, _ends)


def _ends(reader: Reader, condition: str) -> pd.DataFrame:
    frame = reader.rows("deals", condition, ("world",))
    agreed = _agreed(frame)
    made = agreed > 0
    score = np.stack([numbers(frame, "score"), numbers(frame, "partner_score")], axis=1)
    score = np.where(_valued(frame), score, NAN)
    measured = {
        "deals.agreement_rate": agreed,
        "deals.rounds": np.where(made, numbers(frame, "rounds"), NAN),
        "deals.first_score": score[:, 0],
        "deals.second_score": score[:, 1],
        "deals.first_advantage": score[:, 0] - score[:, 1],
        "deals.jain": np.where(made, jain(np.clip(score, 0, None)), NAN),
    }
    return mean_by_world(frame, measured)


@register("deal_quality", needs=("deals", "episodes"))
def deal_quality(reader: Reader) -> Iterator[Estimate]:
    """Surplus efficiency, Pareto-optimal share and distances to the Nash and Kalai-Smorodinsky points, no deal counted."""
    yield from world_lines(reader, "deals", QUALITY, _quality)


def _quality(reader: Reader, condition: str) -> pd.DataFrame:
    frame = reader.rows("deals", condition, ("world",))
    pools, values = _game(frame)
    made, own = _agreed(frame)[:, None], numbered_columns(frame, "share")
    if own.shape != pools.shape:
        raise AbsentError(f"table deals has {pools.shape[1]} columns pool0.. and {own.shape[1]} share0..")
    own = np.where((own >= 0) & (own <= pools), own, NAN)
    got = np.stack([np.where(made > 0, own, 0 * made), np.where(made > 0, pools - own, 0 * made)], axis=1)
    game = (pools, values, got)
    measures = (surplus_efficiency, pareto_optimal, nash_distance, kalai_distance)
    with np.errstate(over="ignore", invalid="ignore"):
        return mean_by_world(frame, {line.name: measure(*game) for line, measure in zip(QUALITY, measures, strict=True)})


def _agreed(frame: pd.DataFrame) -> Array:
    """1 or 0, NaN where it is not known."""
    agreed = numbers(frame, "agreed")
    return np.where(np.isfinite(agreed), agreed > 0, NAN)


def _game(frame: pd.DataFrame) -> tuple[Array, Array]:
    """Pools [N, I] and values [N, 2, I], NaN where below 0. AbsentError if the table does not tell them."""
    pools, own, other = (numbered_columns(frame, prefix) for prefix in ("pool", "value", "partner_value"))
    if not pools.shape == own.shape == other.shape:
        raise AbsentError("columns pool0.., value0.. and partner_value0.. differ in number")
    pools, values = np.where(pools >= 0, pools, NAN), np.stack([own, other], axis=1)
    return pools, np.where(values >= 0, values, NAN)


def _valued(frame: pd.DataFrame) -> Array:
    """Whether the pool is worth something to each side [N, 2]; true where the table does not tell the game."""
    try:
        pools, values = _game(frame)
    except AbsentError:
        return np.ones((len(frame), 2), dtype=bool)
    return np.isfinite(scores(pools, values, np.zeros_like(values)))


@register("concession", needs=("offers", "episodes"))
def concession(reader: Reader) -> Iterator[Estimate]:
    """The concession curve: mean demand at turn 0, 1, ..., over worlds; later turns are of the games that lasted."""
    lines = [Line(f"offers.demand.turn{t}", "of own maximum", "nobody demanded anything at this turn") for t in _turns(reader)]

    def by_turn(reader: Reader, condition: str) -> pd.DataFrame:
        frame = reader.rows("offers", condition, ("world",))
        turn, demand = numbers(frame, "round"), numbers(frame, "demand")
        return mean_by_world(frame, {line.name: np.where(turn == t, demand, NAN) for t, line in enumerate(lines)})

    yield from world_lines(reader, "offers", lines, by_turn)


def _turns(reader: Reader) -> range:
    """The turns at which anything was demanded in any condition, TURNS at most; one where nothing tells."""
    frame = reader.all("offers")
    if frame.empty or not {"round", "demand"} <= set(frame.columns):
        return range(1)
    told = pd.to_numeric(frame["round"], errors="coerce")[pd.to_numeric(frame["demand"], errors="coerce").notna()]
    last = told.max() if len(told) else 0
    return range(int(np.clip(last, 0, TURNS - 1)) + 1 if np.isfinite(last) else 1)
