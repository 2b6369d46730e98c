"""What the page Economy asks of a run but for prices: which societies deal, in what goods, and who gave what to whom."""

import numpy as np
import pandas as pd

from society.analysis.economy import flows
from society.analysis.replicates import Array
from society.record.store import Run
from society.viewer import queries
from society.viewer.data.counted import counted, first_rows
from society.viewer.kept import cached

SEATS = 10_000  # a seat, a mind or a world from here on is none


def societies(run: Run) -> dict[str, Run]:
    """The conditions that have deals, in order of name after normal, and the run (itself or a control) that has them."""
    return owners(run, "trades")


def owners(run: Run, table: str) -> dict[str, Run]:
    """The conditions that have rows of a table: twins and references of the run itself, then its controls."""
    found: dict[str, Run] = {}
    for one in queries.family(run).values():
        for condition in _conditions(one, table):
            found.setdefault(condition, one)
    return dict(sorted(found.items(), key=lambda item: (item[0] != "normal", item[1] is not run, item[0])))


def rows_of(run: Run, table: str) -> pd.DataFrame:
    """condition, rows of a table, in the order of `owners`."""
    found = owners(run, table)
    rows = [_conditions(one, table)[name] for name, one in found.items()]
    return pd.DataFrame({"condition": list(found), "rows": rows})


def _conditions(run: Run, table: str) -> dict[str, int]:
    rows = counted(run, table, ("condition",))
    return {str(name): int(count) for name, count in zip(rows["condition"], rows["count"], strict=True) if name != "training"}


def goods(run: Run) -> list[str]:
    """Names of the goods as the run tells them; [] where it does not."""
    told = run.meta.get("goods")
    return [str(good) for good in told[:64]] if isinstance(told, list) else []


def good_name(names: list[str], good: int) -> str:
    """A good's name, or its number where it has none."""
    return names[good] if 0 <= good < len(names) else f"good {good}"


@cached("tables/trades")
def exchanges(run: Run, condition: str, world: int | None) -> pd.DataFrame:
    """giver, receiver, good, units, deals: of the seats of a world, or of all minds where `world` is None.

    Each deal counts twice, once for either side's gift. Raises `Damaged`.
    """
    who, whom = ("mind", "partner_mind") if world is None else ("seat", "partner")
    where = {"condition": condition} | ({} if world is None else {"world": world})
    found = counted(run, "trades", (who, whom, "gave", "got"), ("gave_amount", "got_amount"), **where)
    columns = ["giver", "receiver", "good", "units", "deals"]
    there = found[[who, whom, "gave", "sum.gave_amount", "count"]].set_axis(columns, axis=1)
    back = found[[whom, who, "got", "sum.got_amount", "count"]].set_axis(columns, axis=1)
    both = pd.concat([there, back])
    both = both[(both["giver"] >= 0) & (both["receiver"] >= 0) & (both["good"] >= 0) & (both["units"] > 0)]
    both = both[(both["giver"] < SEATS) & (both["receiver"] < SEATS)]
    return both.groupby(columns[:3], as_index=False)[["units", "deals"]].sum()


def given_shares(given: pd.DataFrame) -> pd.DataFrame:
    """who, good, deals, units, share: of all deals in which somebody gave, how many gave this good (`exchanges` in)."""
    each = given.groupby(["giver", "good"], as_index=False)[["units", "deals"]].sum()
    each["share"] = each["deals"] / each.groupby("giver")["deals"].transform("sum")
    return each.rename(columns={"giver": "who"})


def ties(given: pd.DataFrame) -> Array:
    """Units that row gave to column, all goods together [P, P] (`exchanges` in)."""
    if given.empty:
        return np.zeros((0, 0))
    players = int(max(given["giver"].max(), given["receiver"].max())) + 1
    return flows(given["giver"], given["receiver"], given["units"], players)


def deals_of(run: Run, condition: str, world: int | None, who: int, most: int = 60) -> pd.DataFrame:
    """The first deals in which a seat of a world (or a mind) took part: world, tick, partner, gave, got and amounts, its side."""
    own, other = ("mind", "partner_mind") if world is None else ("seat", "partner")
    where = {"condition": condition} | ({} if world is None else {"world": world})
    columns = ["world", "tick", own, other, "gave", "gave_amount", "got", "got_amount"]
    turned = {own: other, other: own, "gave": "got", "got": "gave", "gave_amount": "got_amount", "got_amount": "gave_amount"}
    first = first_rows(run, "trades", columns, most, **where, **{own: who})
    second = first_rows(run, "trades", columns, most, **where, **{other: who}).rename(columns=turned)
    both = pd.concat([first, second.loc[second[other] != who, first.columns]])  # what a mind deals with itself is told once
    both = both.sort_values(["tick", "world"], kind="stable")[:most]
    return both.rename(columns={other: "partner"})[["world", "tick", "partner", "gave", "gave_amount", "got", "got_amount"]]


def strikes(run: Run, condition: str, world: int) -> pd.DataFrame:
    """Strikes that landed between the seats of a world, as `exchanges`: from giver to receiver, `units` and `deals` of them."""
    found = counted(run, "contests", ("seat", "target"), condition=condition, world=world)
    found = found.set_axis(["giver", "receiver", "deals"], axis=1).assign(good=0)
    found["units"] = found["deals"]
    return found[found["giver"].between(0, SEATS - 1) & found["receiver"].between(0, SEATS - 1)]
