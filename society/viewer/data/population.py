"""What the Population page asks of a run: learning curves with the spread between minds, and where the time went."""

import numpy as np
import pandas as pd

from society.record.store import Run
from society.viewer import queries
from society.viewer.data.counted import counted, numeric, readable
from society.viewer.kept import cached

POINTS = 240  # of one curve: about as many as a figure has room for, and what a live page holds of it
QUANTILES = (0.1, 0.9)  # of the band between minds
MOST_NAMES = 200  # to choose from
ENTROPY = "entropy."
CURVE = ["population", "agent_steps", "value", "low", "high", "minds"]
COLUMNS = ("agent_steps", "mind", "value")


def rollouts_of_an_episode(run: Run) -> int:
    """How many rollouts of the training an episode lasts, 1 where the config does not tell."""
    sizes = []
    for section, name in (("world", "episode"), ("training", "ticks")):
        table = run.config.get(section)
        size = table.get(name) if isinstance(table, dict) else None
        sizes.append(size if isinstance(size, int) and 0 < size < 10**6 else 0)
    return -(-sizes[0] // sizes[1]) if all(sizes) else 1


def names(run: Run) -> list[str]:
    """The names of table `metrics`, of the run and its controls, in order of the alphabet. Raises `Damaged`."""
    found: set[str] = set()
    for one in queries.family(run).values():
        found |= set(counted(one, "metrics", ("name",))["name"].astype(str))
    return sorted(found)[:MOST_NAMES]


def curve(run: Run, name: str, window: int = 1) -> pd.DataFrame:
    """population, agent_steps, value, low, high, minds of one metric, for the run and its controls. Raises `Damaged`.

    Each number is the mean of the last `window` rollouts: of an episode's, where a rollout is a part of it.

    Where the population speaks for itself (mind -1) that is the value, and there is no band. Else it is the mean over
    minds, and low and high are the 10 % and 90 % quantiles between them: a spread, no confidence interval. At most
    `POINTS` rows of each population, evenly chosen, the last one among them.
    """
    found = []
    for label, one in queries.family(run).items():
        rows = _curve(one, name, window)
        if len(rows):
            found.append(rows.assign(population=label)[CURVE])
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({column: [] for column in CURVE})


@cached("tables/metrics")
def _curve(run: Run, name: str, window: int) -> pd.DataFrame:
    steps = counted(run, "metrics", ("agent_steps",), name=name)["agent_steps"].to_numpy()
    if not len(steps):
        return pd.DataFrame({column: [] for column in CURVE})
    every = -(-len(steps) // POINTS)
    chosen = steps[::-1][::every][::-1]
    few = {"agent_steps": chosen.tolist()} if len(chosen) < len(steps) else {}
    with readable(run, "metrics"):
        rows = numeric(run.table("metrics", list(COLUMNS), {"name": name, **few}), ("agent_steps", "mind"))
    rows = rows[np.isfinite(rows["value"])]
    whole = rows[rows["mind"] == -1]
    groups = (rows if whole.empty else whole).groupby("agent_steps")["value"]
    made = groups.agg(value="mean", minds="size")
    if whole.empty and (made["minds"] > 1).any():
        low, high = (groups.quantile(q) for q in QUANTILES)
        made = made.assign(low=low, high=high)
    else:
        made = made.assign(low=np.nan, high=np.nan)
    if window > every:
        smooth = made[["value", "low", "high"]].rolling(round(window / every), min_periods=1).mean()
        made = made.assign(**{name: smooth[name] for name in smooth})
    return made.reset_index()


def entropies(run: Run) -> pd.DataFrame:
    """As `curve`, of every action head in turn, with its name as `head`."""
    heads = [name for name in names(run) if name.startswith(ENTROPY)]
    found = [curve(run, name).assign(head=name.removeprefix(ENTROPY)) for name in heads[:8]]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({column: [] for column in (*CURVE, "head")})


def throughput(run: Run) -> pd.DataFrame:
    """population, phase, seconds, agent_steps (the last ones): the time of a whole run, by phase, and of its controls."""
    found = []
    for label, one in queries.family(run).items():
        rows = counted(one, "timing", ("phase", "agent_steps"), ("seconds",))
        if len(rows):
            sums = rows.groupby("phase", sort=False).agg(seconds=("sum.seconds", "sum"), agent_steps=("agent_steps", "max"))
            found.append(sums.reset_index().assign(population=label))
    columns = ["population", "phase", "seconds", "agent_steps"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame({column: [] for column in columns})


def speed(run: Run) -> pd.DataFrame:
    """population, agent_steps, value: agent-steps per second of the learning so far, at most `POINTS` of each population.

    From the phase that is the whole of an update (`total`), or all phases where none is.
    """
    found = []
    for label, one in queries.family(run).items():
        rows = counted(one, "timing", ("phase", "agent_steps"), ("seconds",))
        whole = rows[rows["phase"] == "total"]
        seconds = (rows if whole.empty else whole).groupby("agent_steps")["sum.seconds"].sum()
        steps = pd.Series(np.diff(seconds.index.to_numpy(), prepend=0), index=seconds.index)
        bins = np.arange(len(seconds)) * POINTS // max(len(seconds), POINTS)
        sums = pd.DataFrame({"steps": steps, "seconds": seconds, "agent_steps": seconds.index}).groupby(bins)
        pace = sums["steps"].sum() / sums["seconds"].sum().where(lambda s: s > 0)
        found.append(pd.DataFrame({"agent_steps": sums["agent_steps"].max(), "value": pace, "population": label}).dropna())
    return pd.concat(found, ignore_index=True)[["population", "agent_steps", "value"]]
