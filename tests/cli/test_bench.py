"""`society bench`: where the package to compare with is missing, its options, its bars and its table."""

import importlib.abc
import json
import sys
from types import SimpleNamespace

import pytest

from society.cli import benches, main, studies
from society.studies._peers import environments


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
    played = SimpleNamespace(bench=lambda quick: {"rows": []})
    monkeypatch.setattr(benches, "study", lambda name: studies.study(name) if name == "bench_sugarscape" else played)
    assert main(["bench", "--quick", "--json"]) == 0
    told = {one["name"]: one for one in json.loads(capsys.readouterr().out)["results"]}
    assert {"worlds", "acting", "games", "seats", "memory", "profile", "population"} <= set(told)
    assert "mesa" in told["sugarscape"]["reason"] and "reason" not in told["population"]


@pytest.mark.parametrize("study", ["sugarscape_mesa", "mpe2_equivalence"])
def test_a_study_says_which_package_it_needs(bare, capsys, tmp_path, study):
    assert main(["reproduce", study, "--quick", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "needs the package" in said.out.replace("\n", " ") or "needs the" in said.out
    assert "Traceback" not in said.out + said.err


# ---------------------------------------------------------------- options


@pytest.mark.parametrize("words", [["worlds", "--scenario", "bazaar"], ["--scenario", "bazaar"]])
def test_a_scenario_goes_with_the_profile_alone(capsys, words):
    assert main(["bench", *words]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and "society bench profile --scenario bazaar" in said.err


def test_a_scenario_that_is_not_there(capsys):
    assert main(["bench", "profile", "--scenario", "bazar"]) == 2
    assert "'bazar'" in (said := capsys.readouterr().err.splitlines()[-1]) and "bazaar" in said


@pytest.mark.parametrize(("outcome", "status"), [("made: /somewhere", 0), ("failed: no network", 1)])
def test_making_the_peers_measures_nothing(capsys, monkeypatch, outcome, status):
    monkeypatch.setattr(environments, "make", lambda say: say("making") or {"vmas": outcome})
    monkeypatch.setattr(benches, "study", lambda name: pytest.fail("measured"))
    assert main(["bench", "--make-peers", "--json"]) == status
    said = capsys.readouterr()
    assert json.loads(said.out) == {"peers": {"vmas": outcome}} and said.err == "making\n"


# ---------------------------------------------------------------- bars and table

NOT_MADE = "b has no environment here: society bench --make-peers"
ROWS = [
    {"workload": "w", "unit": "agent-steps/s", "ours": 1e6, "peer": "a", "peer_value": 1e4,
     "ratio": 100.0, "ratio_min": 90.0, "ratio_max": 110.0},
    {"workload": "w", "unit": "agent-steps/s", "ours": 9e5, "peer": "b", "peer_value": None,
     "ratio": None, "ratio_min": None, "ratio_max": None, "reason": NOT_MADE},
    {"workload": "w: memory", "unit": "MiB", "ours": 100.0, "peer": "a", "peer_value": 200.0,
     "ratio": 0.5, "ratio_min": 0.5, "ratio_max": 0.5},
    {"workload": "v|2", "unit": "agent-steps/s", "ours": 2000.0, "peer": "none: it is told", "peer_value": None,
     "ratio": None, "ratio_min": None, "ratio_max": None},
]  # fmt: skip
DOCUMENT = {"machine": "M, 2 cores", "date": "2026-01-02", "results": [{"name": "n", "rows": ROWS, "note": "Note."}]}


def test_bars_stand_on_one_logarithmic_scale():
    assert benches.plot(ROWS) == [
        "",
        "  a second, from 1k to 1M, logarithmic",
        "  w",
        "    ours |########################################| 1M",
        "    a    |#############                           | 10k",
        "  v|2",
        "    ours |####                                    | 2k",
        "",
    ]
    assert benches.plot(ROWS[2:]) == []  # one rate alone, or none, is no picture


def test_a_row_is_a_line():
    lines = benches.told(DOCUMENT).splitlines()
    assert lines[:5] == [
        "machine: M, 2 cores",
        "n:",
        "  w: ours 1e+06 agent-steps/s, a 1e+04, ratio 100 [90, 110]",
        f"  w: ours 9e+05 agent-steps/s; b: {NOT_MADE}",
        "  w: memory: ours 100 MiB, a 200, ratio 0.5 [0.5, 0.5]",
    ]
    assert lines[5] == "  v|2: ours 2000 agent-steps/s" and lines[-1] == "  Note."


def test_a_table_for_a_readme():
    assert benches.table(DOCUMENT).splitlines() == [
        "M, 2 cores, 2026-01-02; medians, ratios of the same round [least, greatest].",
        "",
        "| work | ours | peer | ours / peer |",
        "|---|---|---|---|",
        "| w | 1M agent-steps/s | a: 10k | 100.00 [90.00, 110.00] |",
        f"| w | 900k agent-steps/s | {NOT_MADE} | - |",
        "| w: memory | 100 MiB | a: 200 | 0.50 [0.50, 0.50] |",
        "| v\\|2 | 2k agent-steps/s | - | - |",
    ]


@pytest.mark.parametrize(("value", "text"), [(0.5, "0.5"), (999, "999"), (999.9, "1k"), (894_400, "894k"), (2.814e9, "2.81G")])
def test_short_numbers(value, text):
    assert benches.short(value) == text


def test_what_a_peer_says_steers_no_terminal():
    hostile = [{**ROWS[0], "reason": "\x1b[2J gone"}]
    assert "\x1b" not in benches.told({**DOCUMENT, "results": [{"name": "n", "rows": hostile}]})
    assert "\x1b" not in benches.table({**DOCUMENT, "results": [{"name": "n", "rows": [{**hostile[0], "peer_value": None}]}]})
