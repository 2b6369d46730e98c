"""The minds themselves: where each came from, where it sat, what it earned."""

import numpy as np
import pandas as pd

from society.analysis.statistics import bootstrap_mean
from society.record.store import Run
from society.viewer.data.counted import counted, first_rows
from society.viewer.data.population import ENTROPY
from society.viewer.kept import cached

MOST = 100_000  # rows of lineage: far more than a run has minds
NODES = 300  # of a tree that can be read
WITH_INTERVAL = 64  # minds
LATE = 10  # updates at the end over which an entropy is averaged
SEED = 0


def lineage(run: Run) -> pd.DataFrame:
    """mind, parent (-1: none), born_update, frozen (bool), a row for each mind as it was written last. Raises `Damaged`."""
    rows = first_rows(run, "lineage", ("mind", "parent", "born_update", "frozen"), MOST)
    rows = rows.dropna().drop_duplicates("mind", keep="last")
    return rows.astype({"mind": np.int64, "parent": np.int64, "born_update": np.int64}).assign(frozen=rows["frozen"] > 0)


def tree(rows: pd.DataFrame) -> pd.DataFrame:
    """mind, parent, born_update, frozen, place, parent_place, parent_born: a tidy tree, time across, places downwards.

    Leaves stand one below the other, and who has children stands in the middle between the first and the last of them, so
    that no two branches cross. A parent that is not there, and one that descends from its own child, is none. At most
    `NODES` minds: the families that are largest, each from its founder down.
    """
    frozen = dict(zip(rows["mind"].tolist(), rows["frozen"].tolist(), strict=True))
    named = dict(zip(rows["mind"].tolist(), rows["parent"].tolist(), strict=True))
    parent = _without_circles({mind: one if one in named and one != mind else -1 for mind, one in named.items()})
    children: dict[int, list[int]] = {mind: [] for mind in parent}
    birth = dict(zip(rows["mind"].tolist(), rows["born_update"].tolist(), strict=True))
    order = sorted(parent, key=lambda mind: (birth[mind], mind))
    for mind in order:
        if parent[mind] >= 0:
            children[parent[mind]].append(mind)
    shown = _shown([mind for mind in order if parent[mind] < 0], children)
    place = _places([mind for mind in shown if parent[mind] < 0], children, set(shown))
    made = [
        {
            "mind": mind,
            "parent": parent[mind],
            "born_update": birth[mind],
            "frozen": bool(frozen[mind]),
            "place": place[mind],
            "parent_place": place.get(parent[mind], np.nan),
            "parent_born": float(birth[parent[mind]]) if parent[mind] >= 0 else np.nan,
        }
        for mind in shown
    ]
    return pd.DataFrame(made)


def _without_circles(parent: dict[int, int]) -> dict[int, int]:
    """The same where nobody is its own ancestor: a link that closes a circle is cut."""
    state: dict[int, int] = {}  # 1: on the path, 2: known to end
    found = dict(parent)
    for mind in found:
        path, at = [], mind
        while at >= 0 and at not in state:
            state[at] = 1
            path.append(at)
            at = found[at]
        if at >= 0 and state[at] == 1:
            found[path[-1]] = -1
        for one in path:
            state[one] = 2
    return found


def _shown(roots: list[int], children: dict[int, list[int]]) -> list[int]:
    """At most `NODES` minds, whole families first, the largest before others, founders before their descendants."""
    families = []
    for root in roots:
        family = [root]
        for mind in family:
            family += children[mind]
        families.append(family)
    families.sort(key=len, reverse=True)
    return [mind for family in families for mind in family][:NODES]


def _places(roots: list[int], children: dict[int, list[int]], shown: set[int]) -> dict[int, float]:
    """Where each mind stands; without recursion, since a line of descent may be long."""
    place: dict[int, float] = {}
    leaves = 0
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        mind, done = stack.pop()
        own = [child for child in children[mind] if child in shown]
        if done:
            place[mind] = (place[own[0]] + place[own[-1]]) / 2
        elif own:
            stack += [(mind, True), *((child, False) for child in reversed(own))]
        else:
            place[mind], leaves = float(leaves), leaves + 1
    return place


# ----------------------------------------------------------------------------------------------------------- who is who


@cached("tables/episodes", "tables/metrics", "tables/lineage")
def who(run: Run) -> pd.DataFrame:
    """mind, roles, seats, return, low, high, entropy, parent, born, frozen of every mind. Raises `Damaged`.

    `seats` counts rows of `episodes` in the society as trained, `return` is the mean over worlds of the mean return in
    them with the report's kind of interval (bootstrap over worlds; for at most `WITH_INTERVAL` minds), `entropy` the mean
    over heads and the last `LATE` updates in nats.
    """
    played, entropy, born = _played(run), _entropy(run), lineage(run).set_index("mind")
    minds = sorted({int(m) for frame in (played, entropy.to_frame(), born) for m in frame.index if m >= 0})
    found = pd.DataFrame(index=pd.Index(minds, name="mind")).join(played)
    found = found.assign(entropy=entropy, parent=born["parent"], born=born["born_update"], frozen=born["frozen"])
    return found.reset_index()


def _played(run: Run) -> pd.DataFrame:
    """roles, seats, return, low, high by mind."""
    rows = counted(run, "episodes", ("mind", "role", "world"), ("return_",), condition="normal")
    rows = rows[rows["mind"] >= 0]
    roles = rows.groupby("mind")["role"].agg(lambda names: ", ".join(sorted({str(name) for name in names})[:4])[:60])
    sums = rows.groupby(["mind", "world"])[["sum.return_", "count"]].sum()
    each = (sums["sum.return_"] / sums["count"]).rename("value")
    groups = each.groupby(level=0)
    found = pd.DataFrame({"roles": roles, "seats": rows.groupby("mind")["count"].sum(), "return": groups.mean()})
    low, high = {}, {}
    if len(found) <= WITH_INTERVAL:
        for mind in found.index:
            one = bootstrap_mean(each.loc[mind].to_numpy(), SEED)
            low[mind], high[mind] = one.low, one.high
    return found.assign(low=pd.Series(low, dtype=float), high=pd.Series(high, dtype=float))


def _entropy(run: Run) -> pd.Series:
    """Mean entropy of a mind's action heads over the last updates, nats."""
    heads = [name for name in counted(run, "metrics", ("name",))["name"] if str(name).startswith(ENTROPY)]
    if not heads:
        return pd.Series(dtype=float, name="entropy")
    last = counted(run, "metrics", ("agent_steps",), name=heads)["agent_steps"].tail(LATE)
    rows = counted(run, "metrics", ("mind",), ("value",), name=heads, agent_steps=[int(step) for step in last])
    return (rows["sum.value"] / rows["count"]).set_axis(rows["mind"]).rename("entropy")
