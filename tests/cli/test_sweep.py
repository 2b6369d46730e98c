"""`society sweep`: what a file means, what is done is not done again, and bad files end in one line with nothing made."""

import itertools
import json
import os
import shutil

import pytest

from society.cli import main
from society.cli.sweeps import compare
from society.config import to_toml
from society.engine import launch, sweep
from society.record.store import Run

SMALL = """
scenario = "lewis_game"
seeds = "3-4"
controls = []
[fields]
training.agent_steps = 0
training.worlds = 2
evaluation.worlds = 2
evaluation.ticks = 4
evaluation.frames_ticks = 1
evaluation.scripts = false
evaluation.conditions = ["normal"]
"""


def cells(tmp_path, text):
    file = tmp_path / "s.toml"
    file.write_text(text)
    return sweep.read(file)


def test_lists_of_one_table_go_together_and_tables_are_crossed(tmp_path):
    vary = '[[vary]]\nlearner.lr = [1e-3, 1e-2]\nlearner.gamma = [0.5, 0.9]\n[[vary]]\npopulation.minds = [2, 4, 6]\n'
    found = cells(tmp_path, SMALL + vary)
    expected = itertools.product([(1e-3, 0.5), (1e-2, 0.9)], [2, 4, 6])
    made = [(c.learner.lr, c.learner.gamma, c.population.minds) for cell in found for c in cell.configs[:1]]
    assert made == [(lr, gamma, minds) for (lr, gamma), minds in expected]
    assert [config.seed for config in found[0].configs] == [3, 4]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("scenario = 3", "scenario"),
        ('scenario = "bazar"', "bazaar"),
        ("scenario = ", "s.toml"),
        ("[fields]\nseed = 1", "scenario"),
        (SMALL + "[[vary]]\nlearner.lr = 1e-3", "[[vary]] number 1"),
        (SMALL + "[[vary]]\nlearner.lr = [1e-3]\nlearner.gamma = [0.5, 0.9]", "one length"),
        (SMALL + "[[vary]]\nlearner.lr = [1e-3]\n[[vary]]\nlearner.lr = [1e-2]", "learner.lr is varied twice"),
        (SMALL + "[[vary]]\ntraining.worlds = [2, 4]", "training.worlds is both"),
        (SMALL + "[[vary]]\nlearner.lr = [1e-3, 1e-3]", "the same run"),
        (SMALL + "[vary]\nlearner.lr = [1e-3]", "[[vary]]"),
        (SMALL + "[[vary]]\nlearner.lx = [1e-3]", "learner.lx"),
        (SMALL.replace('"3-4"', '"4-3"'), "seeds"),
        (SMALL.replace('"3-4"', "[1, 1]"), "seeds"),
        (SMALL.replace('"3-4"', '"0-99999999"'), "10000 runs"),
        (SMALL.replace("[]", '["mute"]'), "mute"),
        (SMALL.replace("seeds", "seads"), "seads"),
        (SMALL.replace("controls = []", 'preset = ["a"]'), "preset"),
        (SMALL.replace("controls = []", "preset = {a = 1}"), "preset"),
        (SMALL.replace("[]", '["muted_from_birth", "muted_from_birth"]'), "muted_from_birth is named twice"),
        (SMALL + "seed = 7", "at the top: seeds"),
        (SMALL + "[[vary]]\nseed = [7, 8]", "at the top: seeds"),
        (SMALL + "evaluation.controls = []", "as controls"),
        (SMALL + '"population.minds" = 2\n[[vary]]\npopulation = [2, 4]', "population.minds is both"),
        (SMALL + '"learner.lr" = 1e-3\n[fields.learner]\nlr = 1e-2', "learner.lr is given twice"),
        (SMALL + "".join(f"[[vary]]\na{i} = [1, 2]\n" for i in range(200)), "10000 runs"),
        (SMALL + '"\\u001b[31m\\u202ered" = 1', "?[31m?red"),
        (SMALL.replace('"lewis_game"', '"lewis_game"\npreset = "none"'), "preset"),
    ],
)
def test_a_bad_file_is_one_line_and_nothing_is_made(tmp_path, capsys, text, named):
    file = tmp_path / "s.toml"
    file.write_text(text)
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and named in said and "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_no_file_and_no_text_are_bad_input(tmp_path, capsys):
    assert main(["sweep", str(tmp_path / "none.toml")]) == 2
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    assert main(["sweep", str(tmp_path / "b.toml"), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_what_is_done_is_kept_and_what_is_not_is_finished(tmp_path, capsys):
    file, out = tmp_path / "s.toml", tmp_path / "out"
    file.write_text(SMALL)
    (cell,) = sweep.read(file)
    launch.execute(launch.begin(cell.configs[0], out))  # seed 3 is done, seed 4 has begun, in an older command
    begun = launch.begin(cell.configs[1], out)
    (out / "not a run").mkdir()
    done = next(path for path in out.iterdir() if path != begun and path.name != "not a run")
    before = (done / "status.json").stat().st_mtime_ns
    for _ in range(2):
        assert main(["sweep", str(file), "--out", str(out), "--json"]) == 0
        (told,) = json.loads(capsys.readouterr().out)["cells"]
        assert [Run(path).config["seed"] for path in told["runs"]] == [3, 4]
        assert sorted(told["runs"]) == sorted([str(done), str(begun)])
        assert Run(begun).state == "done" and (begun / "report.json").is_file()
        assert (done / "status.json").stat().st_mtime_ns == before
        assert any(one["metric"] == "success" and one["n"] == 2 for one in told["estimates"])


def test_a_run_of_another_config_is_left_alone(tmp_path):
    file, out = tmp_path / "s.toml", tmp_path / "out"
    file.write_text(SMALL)
    other = sweep.read(file)[0].configs[0].model_copy(update={"seed": 99})
    left = launch.begin(other, out)
    groups = sweep.gather(sweep.read(file), out)
    assert left not in groups[0] and len(set(groups[0])) == 2
    assert to_toml(launch.load_config(Run(left))) == to_toml(other)


def test_two_sweeps_do_not_begin_the_same_runs_twice(tmp_path, capsys):
    file, out = tmp_path / "s.toml", tmp_path / "out"
    file.write_text(SMALL)
    with sweep.alone(out):
        assert main(["sweep", str(file), "--out", str(out)]) == 2
    assert "another sweep is at work" in capsys.readouterr().err and list(out.iterdir()) == []


def test_of_two_runs_of_one_config_the_one_that_is_done_counts(tmp_path):
    file, out = tmp_path / "s.toml", tmp_path / "out"
    file.write_text(SMALL.replace('"3-4"', "[3]"))
    (cell,) = sweep.read(file)
    launch.execute(done := launch.begin(cell.configs[0], out))
    begun = [launch.begin(cell.configs[0], out) for _ in range(2)]
    os.rename(begun[0], out / "lewis_game-20000101-000000-abcdef")  # one is older, one is newer
    assert sweep.gather([cell], out) == [[done]]


def test_a_run_that_lost_its_control_is_made_again_and_a_damaged_table_is_said(tmp_path, capsys):
    file, out = tmp_path / "s.toml", tmp_path / "out"
    file.write_text(SMALL.replace('"3-4"', "[3]").replace("controls = []", 'controls = ["muted_from_birth"]'))
    (cell,) = sweep.read(file)
    ((path,),) = sweep.gather([cell], out)
    assert sweep.gather([cell], out) == [[path]]
    control = path / "controls" / "muted_from_birth"
    control.rename(tmp_path / "lost")
    ((other,),) = sweep.gather([cell], out)
    assert other != path
    shutil.rmtree(other)
    (tmp_path / "lost").rename(control)
    for job in (path, control):
        launch.execute(job)
    table = next((control / "tables" / "episodes").iterdir())
    table.write_bytes(table.read_bytes()[:40])
    assert main(["sweep", str(file), "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert table.name in said and "society:" in said.splitlines()[-1]


def line(metric, value, unit="meals", condition="normal"):
    told = {"metric": metric, "condition": condition, "value": value, "unit": unit}
    return told | {"ci_low": 1.0, "ci_high": 3.0, "n": 2, "reason": "no"}


@pytest.mark.parametrize("headline", ["welfare", ""])
def test_cells_are_compared_by_what_one_of_them_has(tmp_path, headline):
    (tmp_path / "meta.json").write_text(json.dumps({"declared": {"headline": {"name": headline}} if headline else {}}))
    told = [line("welfare", 2.0), line("welfare", 9.0, condition="mute"), line("relative.welfare", None, ""), line("gini", 0.1)]
    other = [line("welfare", None), line("relative.welfare", None, ""), line("worth_over_x.welfare", 1.5)]
    cells = [{"fields": {"a": n}, "runs": [str(tmp_path)], "estimates": one} for n, one in ((1, told), (2, other))]
    text = compare(cells)
    if not headline:
        assert text.startswith("nothing to compare")
        return
    blocks = [one.split("  ")[0] for one in text.splitlines() if not one.startswith(" ")]
    assert blocks == ["welfare (meals)", "worth_over_x.welfare (meals)"]
    assert "9" not in text and text.count("no value") == 2
