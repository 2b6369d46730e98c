"""Run directories that speak, for the tests of the page Language."""

from pathlib import Path

import numpy as np
import viewer_runs
from viewer_runs import EVIL

from society.record.files import write_json
from society.record.recorder import Recorder

WORLDS, TICKS, MINDS, VALUES = 4, 30, 4, 3


def said(mind: np.ndarray, meaning: np.ndarray, dialect: bool = True) -> np.ndarray:
    """Two symbols [N, 2] for a meaning; minds 0 and 2 speak one dialect, 1 and 3 another. One mind in four is silent first."""
    turned = (meaning + (mind % 2) * dialect) % VALUES
    return np.stack([np.where((mind == 3) & (meaning == 0), 0, turned + 1), np.full_like(meaning, 2)], axis=1)


def rows(condition: str, world_ticks: int = TICKS) -> dict[str, object]:
    """Messages of a condition, one for each tick, world and seat; seat k is mind k."""
    tick, world, seat = (a.ravel() for a in np.meshgrid(range(world_ticks), range(WORLDS), range(MINDS), indexing="ij"))
    meaning = (tick + world + seat) % VALUES
    words = said(seat, meaning)
    columns = {"condition": condition, "seed": 3, "world": world, "tick": tick, "episode": tick // 10, "seat": seat}
    return columns | {"mind": seat, "life": 0, "m0": words[:, 0], "m1": words[:, 1], "meaning0": meaning}


def speaking(path: Path, state: str = "done") -> Path:
    """A run with messages of two conditions, a control that speaks, a lexicon of three moments, frames and a report."""
    viewer_runs.begin(path, "done" if state == "done" else state)
    viewer_runs.play(path)
    meta = viewer_runs.DECLARED | {"headline": viewer_runs.DECLARED["headline"] | {"unit": "meals"}}
    _named(path, meta)
    recorder = Recorder(path)
    for condition in ("normal", "mute"):
        recorder.add("messages", rows(condition))
    training = {"condition": "training", "seed": 3, "world": -1, "tick": -1}
    for update, noise in ((1, 20), (2, 10), (3, 0)):
        for position in range(2):
            meaning, symbol = (a.ravel() for a in np.meshgrid(range(VALUES), range(VALUES), indexing="ij"))
            count = np.where(meaning == symbol, 40, noise * 2)
            moment = {"update": update, "agent_steps": update * 100, "part": 0, "position": position}
            recorder.add("lexicon", training | moment | {"meaning": meaning, "symbol": symbol, "count": count})
    recorder.flush(4)
    _report(path)
    control = viewer_runs.begin(path / "controls" / "muted_from_birth", "done")
    recorder = Recorder(control)
    recorder.add("messages", rows("muted_from_birth", 3))
    recorder.flush(1)
    return path


def odd(path: Path) -> Path:
    """Whole by its checksums, and still nonsense: numbers that are no symbols, text for meanings, huge counts."""
    viewer_runs.begin(path, "done", toml='scenario = "x"\nchannel = 7\n')
    _named(path, viewer_runs.DECLARED, meanings=[EVIL, EVIL])
    recorder = Recorder(path)
    huge = 2**62
    wild = {"m0": [1.5, np.nan, np.inf, -3.0], "meaning0": [EVIL, "1", "", EVIL], "meaning1": [-1, huge, 0, 1]}
    place = {"condition": EVIL, "seed": [3, -1, huge, 3], "world": [huge, -5, 0, 1], "tick": [-1, huge, 0, 0]}
    recorder.add("messages", place | {"episode": 0, "seat": [0, -7, huge, 1], "mind": [-9, huge, 0, 1], "life": 0} | wild)
    training = {"condition": "training", "seed": 3, "world": -1, "tick": -1, "update": 1}
    steps = {"agent_steps": [-5, huge, 1, 1], "part": [0, huge, 0, 0], "position": [0, 0, 0, huge]}
    recorder.add("lexicon", training | steps | {"meaning": [0, 1, 2, 3], "symbol": [huge, 0, 1, -1], "count": 2**52})
    recorder.flush(1)
    return path


def _named(path: Path, declared: dict[str, object], meanings: object = ("colour",)) -> None:
    import json

    meta = json.loads((path / "meta.json").read_text())
    meta = {name: value for name, value in meta.items() if name != "sha256"}
    write_json(path / "meta.json", meta | {"declared": declared, "meanings": list(meanings)})  # type: ignore[call-overload]


def _report(path: Path) -> None:
    def line(metric: str, condition: str, value: float | None, low: float | None, high: float | None, **more: object) -> dict:
        blank = {"null": 0.0, "n": 64, "unit": "share", "reason": "", "p": None, "primary": False}
        return blank | {"metric": metric, "condition": condition, "value": value, "ci_low": low, "ci_high": high} | more

    lines = [
        line("welfare", "normal", 2.0, 1.9, 2.1, null=0.5),
        line("effect_of_mute.welfare", "mute", -1.0, -1.2, -0.8),
        line("effect_of_content.welfare", "content", -0.1, -0.3, 0.1),
        line("effect_of_relabel.welfare", "relabel", None, None, None, reason=f"not played {EVIL}"),
        line("worth_over_muted_from_birth.welfare", "muted_from_birth", 0.5, None, None, n=1),
        line("posdis", "normal", 0.4, 0.3, 0.5, null=0.1, p=0.01),
        line("topographic_similarity", "normal", None, None, None, null=None, reason="needs two attributes"),
        line("dialects", "normal", 0.6, None, None, p=0.04),
    ]
    write_json(path / "report.json", {"estimates": lines})
