"""How near an auction comes to its competitive price: Smith's alpha and price bias, read from `trades`.

Only of runs whose deals tell the competitive price of their moment (a column `equilibrium`). Deals of several schedules are
comparable as shares of that price; those of a world are taken together, and intervals are over worlds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from society.analysis.economy import price_bias, smith_alpha
from society.analysis.estimate import NAN, Estimate
from society.analysis.metrics import register
from society.analysis.outcome_metrics import estimate, with_reason
from society.analysis.run import SCRIPT, AbsentError, Reader, attempt, numbers
from society.analysis.statistics import bootstrap_mean

RANDOM_TRADERS = f"{SCRIPT}zero_intelligence"  # the null: what budgets alone achieve (Gode & Sunder 1993)
SEED = 0
FIGURES: dict[str, Callable[[np.ndarray], float]] = {
    "smith_alpha": lambda relative: smith_alpha(relative, 1.0),
    "price_bias": lambda relative: price_bias(relative, 1.0),
}


@register("auction", needs=("trades",))
def auction(reader: Reader) -> Iterator[Estimate]:
    """Smith's alpha and price bias of an auction in % of the competitive price, beside random traders with a budget."""
    frame = reader.all("trades")
    if "equilibrium" not in frame.columns or "condition" not in frame.columns:
        return
    twins = reader.twins()  # a market that is closed has no price
    for name, figure in FIGURES.items():
        for condition in (c for c in reader.conditions() if c not in twins):
            yield attempt(name, condition, "% of the competitive price", _line(reader, name, condition, figure))


def _line(reader: Reader, name: str, condition: str, figure: Callable[[np.ndarray], float]) -> Callable[[], Estimate]:
    def make() -> Estimate:
        interval = bootstrap_mean(_by_world(reader, condition, figure).to_numpy(), SEED)
        try:
            null = float(_by_world(reader, RANDOM_TRADERS, figure).mean())
        except AbsentError:
            null, interval = NAN, with_reason(interval, f"no null: {RANDOM_TRADERS} was not run")
        return estimate(name, condition, interval, "% of the competitive price", null=null)

    return make


def _by_world(reader: Reader, condition: str, figure: Callable[[np.ndarray], float]) -> pd.Series:
    """The figure of each world, over all its deals as shares of the competitive price of their moment."""
    frame = reader.rows("trades", condition, ("world", "gave_amount", "equilibrium"))
    known = numbers(frame, "equilibrium")
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(known > 0, numbers(frame, "gave_amount") / known, np.nan)
    deals = pd.Series(relative).groupby(frame["world"].to_numpy())
    worlds = deals.agg(lambda one: figure(one.dropna().to_numpy())).astype(float).dropna()
    if worlds.empty:
        raise AbsentError("no deal tells its competitive price")
    return worlds
