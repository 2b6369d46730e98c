"""Small run directories for the viewer's tests, made by the recorder's own writers; names in them try to be markup."""

from pathlib import Path

import numpy as np

from society.record.files import write_json, write_text_sealed
from society.record.frames import FrameWriter
from society.record.recorder import Recorder
from society.record.store import write_status

EVIL = "<script>alert(1)</script>"
LINK = "![x](http://example.com/x.png)"
TOML = """scenario = "bazaar"
seed = 3
[market]
prices = [[1, 1], [2, 1]]
"""
DECLARED = {
    "headline": {"name": "welfare", "measure": "eaten", "per": "seat_tick", "unit": f"meals {LINK}"},
    "relative": {"one": "script:trader", "zero": "script:autarky"},
    "primary": ["worth_over_tradeless_from_birth.welfare"],
}
SCENE = {
    "height": 5,
    "width": 6,
    "legend": [["bare", "#F4F1EA"], ["good A", "#0072B2"], [EVIL, "red;background:url(http://example.com)"]],
    "kinds": [[f"gathers {EVIL}", "#0072B2"], ["gathers B", "#E69F00"]],
}


def begin(path: Path, state: str = "running", toml: str = TOML, **status: object) -> Path:
    path.mkdir(parents=True)
    meta = {
        "run_toml_sha256": write_text_sealed(path / "run.toml", toml),
        "created": "2026-01-01T12:00:00+00:00",
        "declared": DECLARED,
        "scene": SCENE,
    }
    write_json(path / "meta.json", meta)
    write_status(path, state=state, update=2, agent_steps=200, total=400, **status)
    return path


def learn(path: Path, minds: tuple[int, ...] = (-1,)) -> None:
    recorder = Recorder(path)
    for update in range(1, 4):
        leading = {"condition": "training", "seed": 3, "world": -1, "tick": -1}
        steps = {"update": update, "agent_steps": update * 100}
        for mind in minds:
            names = ["reward", f"odd.{EVIL}"]
            recorder.add("metrics", leading | steps | {"mind": mind, "name": names, "value": [update / 3 + mind, -1.0]})
        timing = {"phase": ["act", "total"], "seconds": [0.5, 1.0], "agent_steps_per_second": [200.0, 100.0]}
        recorder.add("timing", leading | steps | timing)
    recorder.flush(3)


def play(path: Path, cells: bool = True, conditions: tuple[str, ...] = ("normal", "mute"), ticks: int = 12) -> None:
    frames, recorder = FrameWriter(path), Recorder(path)
    for condition in conditions:
        for t in range(ticks):
            grid = np.full((5, 6), t % 2, np.uint8) if cells else None
            seats = {"x": [t % 6, np.nan], "y": [0.5, 4], "kind": [0, 1], "said": [t % 3, 0]}
            values = {"value.holds A": [t, 0], "value.holds B": [0, 1], "value.offer": [1, 3], "value.age": [t, 2]}
            frames.add(condition, 3, 0, t, grid, seats | (values if cells else {f"value.{EVIL}": [1, 2]}))
        event = {"condition": condition, "seed": 3, "world": 0, "seat": 0, "mind": 0}
        deal = {"partner": 1, "partner_mind": 0, "gave": 0, "gave_amount": 2, "got": 1, "got_amount": 1}
        recorder.add("trades", event | deal | {"tick": np.array([2, 7, 99])})
        blow = {"target": 1, "target_mind": 0, "good": 0, "amount": 1}
        recorder.add("contests", event | blow | {"tick": np.array([4])})
    frames.flush(3)
    recorder.flush(3)


def report(path: Path) -> None:
    def line(metric: str, condition: str, value: float | None, low: float | None = None, **more: object) -> dict:
        high = None if low is None else value + (value - low)
        blank = {"null": None, "n": 64, "unit": LINK, "reason": "", "p": None, "primary": False}
        return blank | {"metric": metric, "condition": condition, "value": value, "ci_low": low, "ci_high": high} | more

    lines = [
        line("welfare", "normal", 2.0, 1.9),
        line("welfare", "mute", 1.0, 0.9),
        line("welfare", "tradeless_from_birth", 1.5, 1.2),
        line("welfare", "script:trader", 9.0, 8.0),
        line("relative.welfare", "normal", 0.2, 0.1, null=0.0),
        line("effect_of_mute.welfare", "mute", -1.0, -1.2, null=0.0, p=0.0001),
        line("effect_of_peaceful.welfare", "peaceful", None, reason=f"no strikes {EVIL}"),
        line("worth_over_tradeless_from_birth.welfare", "tradeless_from_birth", 0.5, null=0.0, n=1, primary=True),
        line("worth_over_content_from_birth.welfare", "content_from_birth", None, reason="was not run", primary=True),
        line(EVIL, EVIL, 1.0),
        {"metric": 7, "value": "many", "ci_low": True},  # whole by its checksum, and still nonsense
    ]
    write_json(path / "report.json", {"estimates": lines})


def finished(path: Path, cells: bool = True) -> Path:
    begin(path, "done")
    learn(path)
    play(path, cells)
    report(path)
    control = begin(path / "controls" / "tradeless_from_birth", "done")
    learn(control, minds=(0, 1))
    play(control, cells, ("tradeless_from_birth",))
    return path


def live(path: Path) -> Path:
    begin(path)
    learn(path)
    return path


def killed(path: Path) -> Path:
    begin(path, heartbeat=1.0)
    learn(path)
    return path


def new_and_live(path: Path) -> Path:
    return begin(path)


def damaged_status(path: Path) -> Path:
    finished(path)
    (path / "status.json").write_text("{}")
    return path


def damaged_tables(path: Path) -> Path:
    """Its documents are whole; each table, the frames and the report are not."""
    finished(path)
    for part in [*path.glob("tables/*/part-*"), *path.glob("frames/part-*"), path / "report.json"]:
        part.write_bytes(part.read_bytes()[:-9] + b"corrupted")
    return path


KINDS = {
    "finished": finished,
    "without_cells": lambda path: finished(path, cells=False),
    "live": live,
    "new": new_and_live,
    "killed": killed,
    "damaged_status": damaged_status,
    "damaged_tables": damaged_tables,
}
