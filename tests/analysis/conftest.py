"""A run made of frames, with numbers that can be worked out by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from society.record.tables import LEADING, TABLES

DECLARED: dict[str, Any] = {
    "headline": {
        "name": "welfare",
        "measure": "eaten",
        "per": "seat_tick",
        "scale": 100.0,
        "unit": "pairs per seat and 100 ticks",
    },
    "relative": {"one": "script:trader", "zero": "script:autarky"},
    "chance": 1.4,
    "primary": ["worth_over_content_from_birth.welfare", "worth_over_tradeless_from_birth.welfare"],
    "measures": {
        "specialisation": {
            "numerator": "visits_own",
            "denominator": "visits_all",
            "unit": "share",
            "null": "script:random",
        }
    },
    "language": {"meanings": ["shape", "colour"]},
}


class FrameRun:
    """A run whose tables are frames in memory."""

    def __init__(self, tables, declared=DECLARED, controls=None, seed=0):
        self.tables, self.controls, self.path = tables, controls or {}, Path("nowhere")
        self.meta, self.config = {"declared": declared}, {"seed": seed}

    def table(self, name, columns=None, where=None):
        frame = self.tables.get(name, pd.DataFrame({c: [] for c in (*LEADING, *TABLES[name])}))
        for column, value in (where or {}).items():
            frame = frame[frame[column] == value]
        return frame if columns is None else frame[columns]


def episodes(condition, per_world, seats=2, ticks=10):
    """Every seat of world w eats per_world[w] per tick on average; seat 0 eats all of it when there are two."""
    worlds = len(per_world)
    frame = pd.DataFrame(
        {
            "condition": condition,
            "seed": 0,
            "world": np.repeat(np.arange(worlds), seats),
            "tick": ticks,
            "episode": 0,
            "seat": np.tile(np.arange(seats), worlds),
            "mind": 0,
            "role": "trader",
            "ticks": ticks,
        }
    )
    frame["return_"] = np.repeat(np.asarray(per_world, dtype=float), seats) * ticks
    frame["measure.eaten"] = np.where(frame["seat"] == 0, frame["return_"] * seats, 0.0)
    frame["measure.visits_own"], frame["measure.visits_all"] = 3, 4
    return frame


def bazaar(seed=0, normal=(0.2, 0.4, 0.3), mute=(0.1, 0.3, 0.2), control=(0.1, 0.1, 0.1)):
    """A run with one twin (mute), three scripts, two controls, messages, probes, trades, contests and timing."""
    scripts = {"script:autarky": (0.1, 0.1, 0.1), "script:trader": (0.5, 0.5, 0.5), "script:random": (0.0, 0.0, 0.02)}
    own = [episodes("normal", normal), episodes("mute", mute), *(episodes(c, v) for c, v in scripts.items())]
    lead = {"condition": "normal", "seed": 0, "world": 0, "tick": 1}
    trades = pd.DataFrame(
        [{**lead, "seat": 0, "partner": 1, "gave": 0, "gave_amount": 2, "got": 1, "got_amount": 3}] * 3
    )
    contests = pd.DataFrame([{**lead, "world": 1, "seat": 0, "target": 1, "good": 0, "amount": 4}])
    tables = {
        "episodes": pd.concat(own, ignore_index=True),
        "trades": trades,
        "contests": contests,
        "messages": messages(),
        "probes": probes(),
        "timing": pd.DataFrame(
            {
                "phase": ["total", "act", "total"],
                "seconds": [1.0, 9.0, 3.0],
                "agent_steps_per_second": [200.0, 1.0, 100.0],
            }
        ).assign(condition="training", seed=0, world=-1, tick=-1, update=[0, 0, 1], agent_steps=0),
    }
    names = ("content_from_birth", "tradeless_from_birth")
    controls = {name: FrameRun({"episodes": episodes(name, control)}) for name in names}
    return FrameRun(tables, controls=controls, seed=seed)


def messages():
    """Two attributes of three values, each said by its own position; 18 lives of one message each."""
    pairs = np.array([(i, j) for i in range(3) for j in range(3)] * 2)
    frame = pd.DataFrame(
        {"condition": "normal", "seed": 0, "world": 0, "tick": np.arange(18), "episode": 0}, index=range(18)
    )
    frame["seat"], frame["mind"], frame["life"] = 0, 0, np.arange(18)
    return frame.assign(m0=pairs[:, 1] + 1, m1=pairs[:, 0] + 4, meaning0=pairs[:, 0], meaning1=pairs[:, 1])


def probes():
    """World 0: a listener that copies a uniform binary message. World 1: one that is deaf."""
    heard = {"world": [0, 0, 1, 1], "option": [0, 1, 0, 1], "a0": [1.0, 0.0, 0.3, 0.3], "a1": [0.0, 1.0, 0.7, 0.7]}
    state = {"condition": "normal", "seed": 0, "tick": 0, "speaker": 0, "listener": 1, "mind": 0, "head": "move"}
    frame = pd.DataFrame(heard).assign(**state, p_option=0.5)
    return frame.assign(silent=(frame["option"] == 0).astype(int))


@pytest.fixture
def run():
    return bazaar()
