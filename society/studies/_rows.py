"""What every reproduction shares: its rows, the rule by which one holds, and the word for a missing package.

A study is `NAME.py` with `run(quick: bool, seeds: list[int] | None) -> dict` (`result` makes it): one process, one thread,
nothing kept between calls, all randomness from the seeds. `society reproduce` runs several at once and keeps the results.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from typing import Any

from society.analysis.statistics import t_interval

NAN = math.nan
TOLD = "none: it is told"  # the tolerance of a row that claims nothing


class MissingPackage(RuntimeError):  # noqa: N818
    """A study needs a third-party package that is not installed; the message is one line with the remedy."""


def need(package: str, extra: str = "oracles") -> Any:
    """Import a third-party package. Raises `MissingPackage` with the command that installs it."""
    try:
        return importlib.import_module(package)
    except ImportError:
        remedy = f"pip install 'society-sim[{extra}]'"
        raise MissingPackage(f"needs the package {package}: {remedy}") from None


def result(name: str, rows: Sequence[dict[str, Any]], note: str = "") -> dict[str, Any]:
    """The result of a study: it holds when it has rows and each of them does. `note` says in a line or two what was tried."""
    return {"name": name, "holds": bool(rows) and all(row["holds"] for row in rows), "rows": list(rows), "note": note}


def row(
    label: str,
    published: float | None,
    ours: float,
    holds: bool,
    *,
    source: str,
    tolerance: float | str | None = None,
    ci: tuple[float, float] = (NAN, NAN),
    seeds: Sequence[int] | int = 0,
    seconds: float = NAN,
    note: str = "",
) -> dict[str, Any]:
    """One line: the published or exact number, ours with a 95 % interval over seeds, and whether it holds.

    `tolerance` is a number (|ours - published| at most that) or words ("at least .95"); `seeds` are those used (or how
    many replicates); `note` says what a reader must know of a row that falls short.
    """
    return {
        "label": label,
        "published": plain(published),
        "ours": plain(ours),
        "ci_low": plain(ci[0]),
        "ci_high": plain(ci[1]),
        "tolerance": tolerance,
        "holds": bool(holds),
        "seeds": len(seeds) if isinstance(seeds, Sequence) else int(seeds),
        "seconds": plain(seconds),
        "source": source,
        "note": note,
    }


def near(
    label: str, published: float, values: Sequence[float], tolerance: float, *, source: str, **more: Any
) -> dict[str, Any]:
    """A row over seeds that holds when the mean of `values` lies within `tolerance` of `published`; t-interval."""
    interval = t_interval(values)
    holds = abs(interval.value - published) <= tolerance
    facts: dict[str, Any] = {"seeds": len(values), "ci": (interval.low, interval.high), "tolerance": tolerance}
    return row(label, published, interval.value, holds, source=source, **(facts | more))


def bound(
    label: str,
    values: Sequence[float],
    *,
    source: str,
    least: float = -math.inf,
    most: float = math.inf,
    published: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A row over seeds that holds when the mean of `values` lies between `least` and `most`; t-interval.

    Without a limit it only tells a number, and its tolerance says so.
    """
    interval = t_interval(values)
    words = [f"at least {least:g}"] * math.isfinite(least) + [f"at most {most:g}"] * math.isfinite(most)
    facts: dict[str, Any] = {"seeds": len(values), "ci": (interval.low, interval.high), "tolerance": ", ".join(words) or TOLD}
    return row(label, published, interval.value, least <= interval.value <= most, source=source, **(facts | more))


def plain(value: float | None) -> float | None:
    """A number that JSON can carry: NaN and infinities become None."""
    return None if value is None or not math.isfinite(value) else float(value)
