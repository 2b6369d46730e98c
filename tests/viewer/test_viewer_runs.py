"""The page of runs: the list, its curves, the comparison against pandas, the form with a schema of every kind."""

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import viewer_runs
from streamlit.testing.v1 import AppTest
from viewer_app import opened as app
from viewer_runs import EVIL, KINDS

from society.analysis.estimate import Estimate
from society.record.files import write_json
from society.record.recorder import Recorder
from society.record.stop import asked_to_stop
from society.record.store import Run
from society.viewer import form, jobs, queries
from society.viewer.data import runs as data
from society.viewer.figures import runs as figures
from society.viewer.form import Field, Schema
from society.viewer.queries import Refused


def said(test: AppTest) -> str:
    blocks = [*test.markdown, *test.error, *test.warning, *test.info, *test.success, *test.caption, *test.code]
    return "\n".join(str(block.value) for block in blocks)


def tick(test: AppTest, *names: str) -> AppTest:
    """Tick the lines of these runs at the table's left edge."""
    table = test.dataframe[0]
    rows = [list(table.value["run"]).index(name) for name in names]
    test.session_state[table.key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return test.run()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of every kind; nobody changes it."""
    folder = tmp_path_factory.mktemp("runs")
    for number, (kind, make) in enumerate(KINDS.items()):
        make(folder / f"{kind}-20260101-12000{number}-abcdef")
    return folder


def name_of(root: Path, kind: str) -> str:
    return next(path.name for path in root.iterdir() if path.name.startswith(kind + "-"))


# -------------------------------------------------------------------------------------------------------------- the list


def test_the_list_filters_by_text_scenario_and_state_and_says_so_in_the_address(root: Path) -> None:
    test = app(root, q="without", state="done")
    assert list(test.dataframe[0].value["run"]) == [name_of(root, "without_cells")]
    test = app(root, state="killed", scenario="bazaar")
    assert list(test.dataframe[0].value["run"]) == [name_of(root, "killed")]
    test.text_input(key="choose_q").set_value("x" * 10_000 + "\0/../").run()
    assert not test.exception and "No run fits" in said(test)
    test.text_input(key="choose_q").set_value("").run()
    test.selectbox(key="choose_state").set_value("live").run()
    assert test.query_params["state"] == "live"
    assert "q" not in test.query_params and len(test.dataframe[0].value) == 2


def test_a_click_on_a_cell_opens_the_report(root: Path) -> None:
    test = app(root)
    table = test.dataframe[0]
    row = list(table.value["run"]).index(name_of(root, "finished"))
    test.session_state[table.key] = {"selection": {"rows": [], "columns": [], "cells": [(row, "run")]}}
    test.run()
    assert not test.exception
    assert (test.query_params["run"], test.query_params["page"]) == (name_of(root, "finished"), "Report")


def test_only_what_can_be_done_with_the_ticked_runs_is_offered(root: Path) -> None:
    test = app(root)

    def offered(*kinds: str) -> set[str]:
        tick(test, *(name_of(root, kind) for kind in kinds))
        return {word for word in ("compare", "stop", "resume") if not test.button(key=f"runs_{word}").disabled}

    assert offered() == set()
    assert offered("live") == {"stop"}
    assert offered("killed") == {"resume"}
    assert offered("finished", "killed") == {"compare", "resume"}
    assert offered(*list(KINDS)[:5]) == {"stop", "resume"}


def test_stop_asks_the_ticked_live_runs_and_no_other(tmp_path: Path) -> None:
    live = viewer_runs.live(tmp_path / "live-20260101-120000-abcdef")
    done = viewer_runs.finished(tmp_path / "a-20260101-120001-abcdef")
    test = tick(app(tmp_path), live.name, done.name)
    test.button(key="runs_stop").click().run()
    assert not test.exception and asked_to_stop(live) and not asked_to_stop(done)
    assert "stopping" in dict(zip(test.dataframe[0].value["run"], test.dataframe[0].value["state"], strict=True))[live.name]


def test_a_line_is_read_again_when_a_file_changes_and_when_time_may_have_changed_it(tmp_path: Path) -> None:
    run = Run(viewer_runs.live(tmp_path / "live-20260101-120000-abcdef"))
    assert data.line(tmp_path, run).state == "live"
    viewer_runs.write_status(run.path, state="running", heartbeat=1.0)
    assert data.line(tmp_path, Run(run.path)).state == "killed"
    viewer_runs.report(run.path)
    assert data.line(tmp_path, Run(run.path)).headline == "2.00 [1.90, 2.10]"


def test_a_long_list_is_drawn_at_once_and_its_curves_follow(root: Path) -> None:
    runs = queries.runs(root)
    assert data.sparklines(root, runs, budget=-1) == [None] * len(runs)
    # none in the new one and in the one whose tables are damaged
    assert len([found for found in data.sparklines(root, runs, budget=60) if found]) == 5


def test_a_curve_is_the_mean_over_minds_as_pandas_has_it(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for update in range(1, 101):
        leading = {"condition": "training", "seed": 0, "world": -1, "tick": -1, "update": update, "agent_steps": update * 10}
        for mind in range(3):
            recorder.add("metrics", leading | {"mind": mind, "name": ["reward"], "value": [float(update**2 * (mind + 1))]})
    recorder.flush(1)
    run = Run(tmp_path)
    expected = run.table("metrics").groupby("agent_steps", as_index=False)["value"].mean()
    found = data.curve(run, "reward")
    assert list(found["agent_steps"]) == list(expected["agent_steps"]) and list(found["value"]) == list(expected["value"])
    thin = data.thinned(found, 40)
    assert len(thin) == 40
    edges = [sum(n * 40 // 100 < i for n in range(100)) for i in range(41)]  # 40 stretches of two or three rows
    assert list(thin["value"]) == [expected["value"][a:b].mean() for a, b in pairwise(edges)]
    assert data.sparkline(run)[0] == thin["value"].iloc[0]  # no meta.json: the reward


def test_what_is_not_finite_is_left_out_of_a_curve() -> None:
    rows = pd.DataFrame({"agent_steps": [1.0, 2, 3], "value": [1.0, math.nan, math.inf]})
    assert list(data.thinned(rows, 40)["agent_steps"]) == [1]


# -------------------------------------------------------------------------------------------------------- the comparison

LINES = {
    "A": [
        Estimate("welfare", "normal", 2.0, 1.5, 2.5, unit="meals"),
        Estimate("welfare", "mute", 1.0),
        Estimate("odd", "normal", 7.0),
        Estimate("odd", "normal", 8.0),
    ],
    "B": [Estimate("welfare", "normal", 5.0, 4.0, 6.0), Estimate("gini", "normal", 0.25), Estimate("odd", "normal", math.nan)],
    "C": [Estimate("welfare", "mute", 4.0, 3.0, 5.0)],
}


def test_the_table_side_by_side_is_pandas_pivot_with_its_differences() -> None:
    found = data.side_by_side(LINES).set_index(["metric", "condition"])
    told = [(letter, one.metric, one.condition, one.value) for letter, lines in LINES.items() for one in lines]
    long = pd.DataFrame(told, columns=["run", "metric", "condition", "v"]).drop_duplicates(["run", "metric", "condition"])
    wide = long.pivot(index=["metric", "condition"], columns="run", values="v").reindex(found.index)
    for letter in "ABC":
        pd.testing.assert_series_equal(found[f"value {letter}"], wide[letter], check_names=False)
    for letter in "BC":
        pd.testing.assert_series_equal(found[f"{letter} - A"], wide[letter] - wide["A"], check_names=False)
    assert list(found.index) == [("welfare", "normal"), ("welfare", "mute"), ("odd", "normal"), ("gini", "normal")]
    assert found.loc[("welfare", "normal"), ["unit", "low B", "high B", "B - A"]].tolist() == ["meals", 4.0, 6.0, 3.0]


def test_a_figure_has_a_row_for_each_value_and_its_interval() -> None:
    rows = figures.compared(LINES, "welfare")
    assert rows[["run", "condition", "value"]].values.tolist() == [
        ["A", "normal", 2.0], ["A", "mute", 1.0], ["B", "normal", 5.0], ["C", "mute", 4.0],
    ]  # fmt: skip
    chart = json.dumps(figures.dots(rows, list("ABC"), "meals").to_dict())
    assert "meals" in chart and "#0072B2" in chart


def test_the_fields_that_differ_and_no_other(tmp_path: Path) -> None:
    one = Run(viewer_runs.begin(tmp_path / "one"))
    toml = viewer_runs.TOML.replace("seed = 3", "seed = 4") + "[world]\nx = 1\n"
    other = Run(viewer_runs.begin(tmp_path / "other", toml=toml))
    found = data.differing({"A": one, "B": other})
    assert found.values.tolist() == [["seed", "3", "4"], ["world.x", "(not there)", "1"]]
    assert data.comparable({"A": one, "B": other}) == ""
    assert "no replicates" in data.comparable({"A": one, "B": one})
    write_json(other.path / "meta.json", other.meta | {"fingerprint": "another"})
    assert "differently" in data.comparable({"A": one, "B": Run(other.path)})
    elsewhere = Run(viewer_runs.begin(tmp_path / "elsewhere", toml='scenario = "sumo"\nseed = 3\n'))
    assert "different scenarios" in data.comparable({"A": one, "B": elsewhere})


def test_two_runs_are_compared_at_an_address(root: Path) -> None:
    names = [name_of(root, kind) for kind in ("finished", "without_cells", "live")]
    test = app(root, compare=",".join(names), metric="welfare")
    assert not test.exception and not test.error
    assert test.selectbox(key="choose_metric").value == "welfare"
    shown = next(table.value for table in test.dataframe if "A [95 %]" in table.value)
    line = shown[(shown["metric"] == "welfare") & (shown["condition"] == "normal")].iloc[0]
    assert (line["A [95 %]"], line["B less A"], line["C [95 %]"]) == ("2.00 [1.90, 2.10]", "0", "")
    assert EVIL not in said(test)
    test.button(key="compare_back").click().run()
    assert "compare" not in test.query_params and "run" in test.dataframe[0].value


ASKED = ("", "one", ",", "..,../secret", "a\0b,c", "x" * 10_000 + ",y", "a,b,c,d,e", "%2e%2e,/etc", EVIL + ",b")


@pytest.mark.parametrize("asked", ASKED)
def test_what_cannot_be_compared_is_refused_in_a_line(root: Path, asked: str) -> None:
    test = app(root, compare=asked)
    assert not test.exception and len(test.error) == 1
    assert len(test.error[0].value) < 200 and EVIL not in said(test)


def test_a_damaged_run_is_not_compared(root: Path) -> None:
    test = app(root, compare=f"{name_of(root, 'finished')},{name_of(root, 'damaged_status')}")
    assert not test.exception and "damaged" in test.error[0].value
    test = app(root, compare=f"{name_of(root, 'finished')},{name_of(root, 'damaged_tables')}")
    assert not test.exception


# -------------------------------------------------------------------------------------------------------------- the form

FIELDS = (
    Field("seed", "", "integer", 0),
    Field("device", "", "choice", "auto", choices=("auto", "cpu")),
    Field("world.size", "world", "integer", 9, low=3, below=20, description=f"side {EVIL}"),
    Field("world.share", "world", "number", None, optional=True, above=0, high=0.5),
    Field("world.talk", "world", "boolean", False),
    Field("world.title", "world", "text", "one"),
    Field("world.range", "world", "list", [1, 5]),
    Field("population.policy", "population", "choice", "mlp", choices=("mlp", "gru")),
    Field("learner.name", "learner", "choice", "ppo", choices=("ppo", "urns")),
    Field("learner.lr", "learner", "number", 0.0003, above=0, high=1.0),
    Field("training.agent_steps", "training", "integer", 2_000_000, low=0, high=10**13),
    Field("evaluation.controls", "evaluation", "choices", [], choices=("muted_from_birth",)),
    Field("evaluation.conditions", "evaluation", "choices", ["normal"], choices=("normal", "mute")),
    Field("evaluation.strangers", "evaluation", "text", ""),
)


@pytest.fixture
def shaped(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str, list[str]]]:
    """A schema of every kind, and the starts that the form asked for instead of processes."""

    def schema(scenario: str, preset: str = "default", policy: str = "", learner: str = "") -> Schema:
        if learner == "urns":
            raise Refused(f"learner.name = 'urns': nothing to learn {EVIL}")
        return Schema(scenario, preset, ("default", "quick"), "mlp", "ppo", FIELDS)

    asked: list[tuple[Path, str, list[str]]] = []
    monkeypatch.setattr(form, "scenarios", lambda: {"bazaar": "A market.", "toy": f"A toy {EVIL}."})
    monkeypatch.setattr(form, "schema", schema)
    monkeypatch.setattr(jobs, "run", lambda root, token, words: asked.append((root, token, list(words))))
    return asked


def widget(kind: Any, test: AppTest, path: str) -> Any:
    key = f"field_toy_quick_{'ppo' if path == 'learner.lr' else ''}_{path}"
    return getattr(test, kind)(key=key)


def test_the_form_has_a_widget_of_each_kind_and_sends_what_was_changed(root: Path, shaped: list) -> None:
    test = app(root, start="toy", preset="quick")
    assert not test.exception and EVIL not in said(test)
    assert "society run toy --preset=quick --seeds=0 --out=" in test.code[0].value
    size, steps = widget("number_input", test, "world.size"), widget("number_input", test, "training.agent_steps")
    assert (size.min, size.max, size.value, size.step) == (3, 19, 9, 1) and steps.max == 10**13
    assert widget("number_input", test, "learner.lr").step == pytest.approx(1e-4)
    test.text_input(key="field_seeds").set_value("0-2")
    widget("multiselect", test, "evaluation.controls").set_value(["muted_from_birth"])
    size.set_value(12)
    widget("number_input", test, "world.share").set_value(0.25)
    widget("toggle", test, "world.talk").set_value(True)
    widget("text_input", test, "world.title").set_value("--out=/etc; x")
    widget("text_input", test, "world.range").set_value("2,3")
    widget("selectbox", test, "device").set_value("cpu")
    widget("multiselect", test, "evaluation.conditions").set_value([])
    widget("selectbox", test, "evaluation.strangers").set_value(name_of(root, "finished"))
    test.run()
    assert "9 of 14 fields" in said(test)
    test.button(key="start_now").click().run()
    ((where, _, words),) = shaped
    assert where == root and words == [
        "run", "toy", "--preset=quick", "--seeds=0-2", "--device=cpu", "--world.size=12", "--world.share=0.25",
        "--world.talk=true", "--world.title=--out=/etc; x", "--world.range=2,3",
        '--evaluation.controls=["muted_from_birth"]', "--evaluation.conditions=",
        f"--evaluation.strangers={root.absolute() / name_of(root, 'finished')}",
    ]  # fmt: skip


def test_a_double_click_starts_one_run_and_a_third_another(root: Path, shaped: list, monkeypatch: pytest.MonkeyPatch) -> None:
    test = app(root, start="toy")
    test.button(key="start_now").click().run()
    first = jobs.Job(shaped[0][1], ("run", "toy"), 1.0, "starting")
    monkeypatch.setattr(jobs, "jobs", lambda root: [first])
    test.run()
    assert test.button(key="start_now").disabled
    from society.viewer.pages import runs_start

    monkeypatch.setattr(runs_start.st, "session_state", test.session_state)
    runs_start._begin(root, jobs.new_token(), ["run", "toy"])  # the second half of a double click, late
    assert len(shaped) == 1
    monkeypatch.setattr(jobs, "jobs", lambda root: [jobs.Job(shaped[0][1], ("run", "toy"), 1.0, "begun", ("toy-1",))])
    runs_start._begin(root, jobs.new_token(), ["run", "toy"])
    assert len(shaped) == 2 and shaped[0][1] != shaped[1][1]


def test_what_the_command_refuses_is_said_at_the_form_and_nothing_is_lost(
    root: Path, shaped: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = app(root, start="toy", preset="quick")
    widget("text_input", test, "world.title").set_value("kept").run()
    test.button(key="start_now").click().run()
    failed = jobs.Job(shaped[0][1], ("run", "toy"), 1.0, "failed", (), f"world.size = 12: must be even {EVIL}")
    monkeypatch.setattr(jobs, "jobs", lambda root: [failed])
    test.run()
    assert not test.exception and "must be even" in test.error[0].value and EVIL not in said(test)
    assert widget("text_input", test, "world.title").value == "kept" and not test.button(key="start_now").disabled

    def refused(*_: object) -> None:
        raise Refused("a value may have 4000 characters")

    monkeypatch.setattr(jobs, "run", refused)
    test.button(key="start_now").click().run()
    assert "4000" in said(test) and widget("text_input", test, "world.title").value == "kept"


def test_a_learner_that_cannot_be_had_is_said_in_a_line(root: Path, shaped: list) -> None:
    test = app(root, start="toy", preset="quick")
    widget("selectbox", test, "learner.name").set_value("urns").run()
    assert not test.exception and "nothing to learn" in test.error[0].value and EVIL not in said(test)


@pytest.mark.parametrize("asked", ["../etc", "a\0b", "x" * 10_000, "", "toy.py", EVIL])
def test_a_scenario_or_preset_that_is_none_is_another_with_a_warning(root: Path, shaped: list, asked: str) -> None:
    test = app(root, start=asked, preset=asked)
    assert not test.exception and len(test.warning) == 2 and EVIL not in said(test)
    assert test.code[0].value.startswith("society run bazaar --seeds=0")
    assert asked == "" or asked not in said(test)


def test_without_a_run_the_form_is_open(tmp_path: Path, shaped: list) -> None:
    test = app(tmp_path / "none", page="Runs")
    assert not test.exception and "There is no run in" in said(test)
    assert test.button(key="start_now") and test.selectbox(key="choose_start").value == "bazaar"


def test_what_was_started_is_shown_above_the_list(root: Path, shaped: list, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        jobs.Job("2-a", ("run", EVIL), 2.0, "starting"),
        jobs.Job("1-a", ("resume", f"/x/{name_of(root, 'killed')}"), 1.0, "failed", (), f"another process is at work {EVIL}"),
    ]
    gone: list[str] = []
    monkeypatch.setattr(jobs, "jobs", lambda root: found)
    monkeypatch.setattr(jobs, "dismiss", lambda root, token: gone.append(token))
    test = app(root)
    assert "Starting" in test.caption[0].value and "another process" in test.error[0].value and EVIL not in said(test)
    test.button(key="dismiss_1-a").click().run()
    assert gone == ["1-a"] and not test.exception
