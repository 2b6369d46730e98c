"""`society bench` where the package to compare with is missing: one line, and the other benchmarks run all the same."""

import importlib.abc
import json
import sys

import pytest

from society.cli import main
from society.studies import bench_population


class Blocker(importlib.abc.MetaPathFinder):
    """As if these packages were not installed."""

    def __init__(self, *names):
        self.names = names

    def find_spec(self, fullname, path=None, target=None):
        if fullname.split(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


@pytest.fixture
def bare(monkeypatch):
    """No mesa, no mpe2, no numba."""
    missing = ("mesa", "mpe2", "numba")
    for name in [name for name in sys.modules if name.split(".")[0] in missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Blocker(*missing), *sys.meta_path])
    # one tick of ours is enough to come to the peer
    monkeypatch.setattr("society.studies.bench_sugarscape.play", lambda *_: iter(()))


def test_a_peer_that_is_not_installed_is_named_with_its_remedy(bare, capsys):
    assert main(["bench", "sugarscape", "--quick"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert "mesa" in said.err and "pip install" in said.err and "bug" not in said.err


def test_the_others_are_measured_all_the_same(bare, capsys, monkeypatch):
    monkeypatch.setattr(bench_population, "bench", lambda quick: {"name": "population", "rows": []})
    assert main(["bench", "--quick", "--json"]) == 0
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)["results"]}
    assert "mesa" in told["sugarscape"]["reason"] and "reason" not in told["population"]


@pytest.mark.parametrize("study", ["sugarscape_mesa", "mpe2_equivalence"])
def test_a_study_says_which_package_it_needs(bare, capsys, tmp_path, study):
    assert main(["reproduce", study, "--quick", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "needs the package" in said.out.replace("\n", " ") or "needs the" in said.out
    assert "Traceback" not in said.out + said.err
