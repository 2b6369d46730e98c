import pytest

WORLD = '''"""A toy world."""
from typing import Literal

from pydantic import Field

from society.config import Frozen

from ._helper import LOW


class Toy(Frozen):
    size: int = Field(9, ge=LOW, le=64, description="cells on a side")
    rate: float = Field(0.5, ge=0, le=1)
    kind: Literal["a", "b"] = "a"
    maybe: float | None = None
    names: tuple[str, ...] = ("x",)
    pairs: tuple[tuple[int, int], ...] = ()
    wild: float = 0.0
    wide: int = 0
    text: str = ""


class scenario:
    Config = Toy
    PRESETS = {
        "quick": {
            "world": {"size": 5, "names": ("p", "q")},
            "learner": {"lr": 0.1},
            "population": {"network": {"width": 4}},
        },
        "wrong": {"world": {"sizes": 5}},
    }
'''
POLICY = "from society.config import Frozen\n\n\nclass policy:\n    class Config(Frozen):\n        {}\n"
LEARNER = POLICY.replace("policy", "learner")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with a user's own world and minds, and the current directory."""
    files = {
        "scenarios/toyworld.py": WORLD,
        "scenarios/_helper.py": "LOW = 2\n",
        "scenarios/plain.py": '"""Not a scenario."""\nother = 1\n',
        "agents/narrow.py": POLICY.format("width: int = 32"),
        "agents/deep.py": POLICY.format("depth: int = 2"),
        "agents/slow.py": LEARNER.format("lr: float = 3e-4"),
        "agents/odd.py": LEARNER.format("gain: int = 3"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("society.config._USUAL", {"population.policy": "narrow", "learner.name": "slow"})
    return tmp_path
