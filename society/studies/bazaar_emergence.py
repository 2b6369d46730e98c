"""What a society of the bazaar's preset `full` is worth: trade, specialisation, a voice, and what the voice says.

Every row is a contrast of populations grown at equal steps, one training run a seed, t-intervals over seeds, Holm over the
three declared contrasts. The bounds were written before the seeds that count (10-17) were run. The full study grows four
populations a seed and fifteen for prices, and takes more than an hour on one core; `quick` grows two seeds for a tenth of the
steps, with and without trade, and claims only that trade pays.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from society.analysis.statistics import holm, t_interval, t_test
from society.world.interventions import Content, mute

from ._bazaar import Played, config, grow, judge
from ._bazaar_side import raids, scarcity
from ._rows import bound, result, row

SEEDS = list(range(10, 18))
PRESET = "full"
CONTROLS = ("content_from_birth", "muted_from_birth", "tradeless_from_birth")
QUICK = {"training.agent_steps": 600_000, "evaluation.worlds": 32, "evaluation.ticks": 150}
PRICED = 3  # of the seeds, for prices
OURS = "ours: the aim was set before the seeds were run"


def run(quick: bool, seeds: list[int] | None) -> dict[str, Any]:
    """The declared table of the preset as rows with bounds."""
    seeds = seeds or (SEEDS[:2] if quick else SEEDS)
    start = time.perf_counter()
    if quick:
        rows = _quick_rows([_seed(seed, CONTROLS[-1:], QUICK) for seed in seeds])
    else:
        rows = [*_rows([_seed(seed, CONTROLS) for seed in seeds]), scarcity(seeds[:PRICED]), *raids(seeds)]
    rows[0]["seconds"] = time.perf_counter() - start
    return result("bazaar_emergence", rows, "a tenth of the steps: only trade is claimed" if quick else "")


def _seed(seed: int, controls: Sequence[str], fields: Mapping[str, Any] | None = None) -> dict[str, Played]:
    """All that is grown and judged of one seed, by condition."""
    wanted = config(PRESET, seed, fields)
    grown = grow(wanted)
    flat = Content(torch.ones(wanted.channel.symbols - 1))
    found = {name: judge(wanted, grown, change) for name, change in (("normal", None), ("mute", mute), ("content", flat))}
    found |= {f"script:{name}": judge(wanted, name) for name in ("random", "autarky", "trader")}
    for control in controls:
        without = config(PRESET, seed, fields, control)
        found[control] = judge(without, grow(without))
    return found


def _relative(each: Sequence[dict[str, Played]]) -> list[float]:
    """Welfare where autarky is 0 and the scripted trader 1, one number a seed."""
    low, high = ([one[f"script:{name}"].welfare for one in each] for name in ("autarky", "trader"))
    return [(one["normal"].welfare - a) / (b - a) for one, a, b in zip(each, low, high, strict=True)]


def _over(each: Sequence[dict[str, Played]], control: str, what: str = "welfare") -> list[float]:
    return [getattr(one["normal"], what) - getattr(one[control], what) for one in each]


def _rows(each: Sequence[dict[str, Played]]) -> list[dict[str, Any]]:
    worth = {control: _over(each, control) for control in CONTROLS}
    p = dict(zip(CONTROLS, holm([t_test(values) for values in worth.values()]), strict=True))
    unit = "meals per seat and 100 ticks"
    rows = [bound("welfare where autarky is 0 and the scripted trader 1", _relative(each), least=1.0, source=OURS)]
    for control, label, least in (
        ("content_from_birth", f"worth of content, {unit}", 3.0),
        ("muted_from_birth", f"worth of the channel, {unit}", 0.0),
        ("tradeless_from_birth", f"worth of trade, {unit}", 0.0),
    ):
        rows.append(_above(label, worth[control], least, f"p = {p[control]:.2g}, Holm over the three declared contrasts"))
    rows += [
        _above("visits to cells of one's own good, above random play", _over(each, "script:random", "own"), 0.0, ""),
        _above("the same, above a society grown without trade", _over(each, "tradeless_from_birth", "own"), 0.0, ""),
        bound(f"reliance: frozen and muted, {unit}", [-x for x in _over(each, "mute")], source="told beside worth"),
        bound(f"reliance: frozen, symbols drawn anew, {unit}", [-x for x in _over(each, "content")], source="told beside worth"),
    ]
    return rows


def _above(label: str, values: Sequence[float], least: float, note: str) -> dict[str, Any]:
    """A row that holds when the mean is at least `least` and its t-interval lies above 0."""
    found = t_interval(values)
    words = f"at least {least:g}, interval above 0" if least else "interval above 0"
    holds = found.low > 0 and found.value >= least
    ci = (found.low, found.high)
    return row(label, None, found.value, holds, ci=ci, tolerance=words, seeds=found.n, source=OURS, note=note)


def _quick_rows(each: Sequence[dict[str, Played]]) -> list[dict[str, Any]]:
    worth = _over(each, "tradeless_from_birth")
    return [
        bound("worth of trade, meals per seat and 100 ticks", worth, least=1.0, source=OURS),
        bound("welfare where autarky is 0 and the scripted trader 1", _relative(each), source=OURS),
    ]
