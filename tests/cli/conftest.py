import importlib
import json
import sys
import types

import pytest

from society.cli import main

WORLD = '''"""A toy world."""
from society.config import Frozen


class Toy(Frozen):
    size: int = 9


class scenario:
    Config = Toy
    PRESETS = {"quick": {"world": {"size": 5}}}
'''


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The current directory, with one world of the user's own."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "toyworld.py").write_text(WORLD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOCIETY_DEBUG", raising=False)
    return tmp_path


@pytest.fixture
def stub(monkeypatch):
    """Put a stand-in for a module where a command will import it."""

    def put(name, **attributes):
        module = types.ModuleType(name)
        vars(module).update(attributes)
        package, _, last = name.rpartition(".")
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setattr(importlib.import_module(package), last, module, raising=False)
        return module

    return put


@pytest.fixture
def society(capsys):
    """Run a command line: (status, standard output or its JSON, standard error)."""

    def run(*argv):
        status = main(list(argv))
        out, err = capsys.readouterr()
        return status, json.loads(out) if "--json" in argv and status in (0, 1) else out, err

    return run
