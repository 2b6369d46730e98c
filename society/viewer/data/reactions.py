"""What listeners would have done after another message: the desk's answer, checked and put in order of change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from society.analysis import language


@dataclass(frozen=True, eq=False)
class Reaction:
    """One listener and head: probabilities of its options [A] before and after; how far apart they are (total variation in
    0..1, Jensen-Shannon divergence in nats)."""

    listener: int
    head: str
    before: np.ndarray
    after: np.ndarray
    variation: float
    divergence: float


def reactions(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> list[Reaction]:
    """Those listeners that had a choice, the greatest change first; what does not fit together is left out."""
    listeners = facts.get("listeners")
    if not isinstance(listeners, list) or not all(type(seat) is int for seat in listeners):
        return []
    heads = [str(head[0]) for head in facts.get("heads") or [] if isinstance(head, list) and head]
    told = facts.get("reacts")
    reacts = told if isinstance(told, dict) else {}
    found: list[Reaction] = []
    for head in heads:
        before, after = (arrays.get(f"{when}.{head}") for when in ("before", "after"))
        if before is None or after is None or before.shape != after.shape or before.ndim != 2 or len(before) != len(listeners):
            continue
        choice = reacts.get(head) if isinstance(reacts.get(head), list) else None
        able = choice if choice is not None and len(choice) == len(listeners) else [True] * len(listeners)
        kept = [i for i, can in enumerate(able) if can]
        if not kept:
            continue
        b, a = before[kept].astype(float), after[kept].astype(float)
        alone = np.ones((len(kept), 1))
        # The measures of the report: half the L1 distance, and the influence of two messages said equally often.
        variation = language.positive_listening_by_state(alone, a[:, None], b) / 2
        divergence = language.cic_by_state(np.repeat(alone, 2, axis=1) / 2, np.stack([b, a], axis=1))
        found += [Reaction(listeners[i], head, b[k], a[k], float(variation[k]), float(divergence[k])) for k, i in enumerate(kept)]
    return sorted(found, key=lambda one: -one.variation)


def table(one: Reaction, was: str, would: str) -> pd.DataFrame:
    """option, message, p: both distributions of a reaction, one row for each bar."""
    options = np.arange(len(one.before))
    pieces = [pd.DataFrame({"option": options, "message": name, "p": p}) for name, p in ((was, one.before), (would, one.after))]
    return pd.concat(pieces, ignore_index=True)


def distances(found: list[Reaction]) -> pd.DataFrame:
    """A row for each reaction: how far it moved, and its likeliest option before and after."""
    return pd.DataFrame(
        {
            "seat": [one.listener for one in found],
            "head": [one.head[:40] for one in found],
            "total variation": [one.variation for one in found],
            "Jensen-Shannon (nats)": [one.divergence for one in found],
            "likeliest before": [int(one.before.argmax()) for one in found],
            "likeliest after": [int(one.after.argmax()) for one in found],
        }
    )
