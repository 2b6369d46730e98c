"""Who strikes whom, and when (table `contests`)."""

import pandas as pd

from society.record.store import Run
from society.viewer.data.counted import counted

MOST = 24  # rows of a matrix that can be read
BINS = 60


def conditions(run: Run) -> dict[str, int]:
    """Condition -> strikes recorded."""
    rows = counted(run, "contests", ("condition",))
    return dict(zip(rows["condition"].astype(str), rows["count"].astype(int), strict=True))


def matrix(run: Run, condition: str) -> tuple[str, pd.DataFrame]:
    """What the ends are ("mind", or "seat" where one mind holds every seat), and striker, target, strikes of every pair.

    The `MOST` that strike or are struck most; a pair without a strike has 0. Raises `Damaged`.
    """
    ends, who = "mind", counted(run, "contests", ("mind", "target_mind"), condition=condition)
    if pd.concat([who["mind"], who["target_mind"]]).nunique() < 2:
        ends, who = "seat", counted(run, "contests", ("seat", "target"), condition=condition)
    who = who.set_axis(["striker", "target", "strikes"], axis=1)
    both = pd.concat([who.groupby("striker")["strikes"].sum(), who.groupby("target")["strikes"].sum()], axis=1).fillna(0)
    names = sorted(int(one) for one in both.sum(axis=1).nlargest(MOST).index)
    wide = who.pivot_table(index="striker", columns="target", values="strikes", aggfunc="sum")
    full = wide.reindex(index=names, columns=names).fillna(0).rename_axis(index="striker", columns="target")
    return ends, full.reset_index().melt("striker", value_name="strikes").astype(int)


def over_ticks(run: Run, shown: list[str]) -> pd.DataFrame:
    """condition, tick (the bin's first), strikes of a bin of ticks, of the conditions `shown`."""
    rows = counted(run, "contests", ("condition", "tick"), condition=shown)
    rows = rows[rows["tick"] >= 0]
    if rows.empty:
        return pd.DataFrame({"condition": [], "tick": [], "strikes": []})
    size = max(1, -(-(int(rows["tick"].max()) + 1) // BINS))
    bins = (rows["tick"] // size * size).rename("tick")
    found = rows["count"].groupby([rows["condition"], bins], sort=False).sum().unstack(fill_value=0)
    every = found.reindex(columns=range(0, int(rows["tick"].max()) + 1, size), fill_value=0)
    return every.reset_index().melt("condition", var_name="tick", value_name="strikes").astype({"tick": int, "strikes": int})
