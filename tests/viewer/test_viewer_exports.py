"""What the report page gives away reads back as what the run holds, and the command makes the run again."""

import io
import shlex
from pathlib import Path

import pandas as pd
import viewer_runs

from society.analysis.estimate import Estimate
from society.cli import main
from society.config import from_toml, resolve, to_toml
from society.record.store import Run
from society.viewer.data import exports


def test_a_table_reads_back(tmp_path: Path, monkeypatch) -> None:
    run = Run(viewer_runs.finished(tmp_path / "run"))
    monkeypatch.setattr(exports, "PIECE", 3)
    for name, count in exports.counts(run).items():
        read = pd.read_csv(io.BytesIO(exports.table_csv(str(run.path), name)))
        pd.testing.assert_frame_equal(read, run.table(name), check_dtype=False)
        assert len(read) == count > 0


def test_text_is_never_a_formula_of_a_spreadsheet() -> None:
    lines = [Estimate("=HYPERLINK(1)", "normal", 1.0), Estimate("@x", "+1", -2.0), Estimate("reward", "mute", 1.0)]
    read = pd.read_csv(io.BytesIO(exports.estimates_csv(lines)))
    assert read["metric"].tolist() == ["'=HYPERLINK(1)", "'@x", "reward"]
    assert read["condition"].tolist() == ["normal", "'+1", "mute"] and read["value"].tolist() == [1, -2, 1]


def test_the_command_makes_the_run_again(tmp_path: Path, monkeypatch) -> None:
    from society import api

    made = []

    def enough(configs, *_):
        made.extend(configs)
        raise ValueError("seen")

    monkeypatch.setattr(api, "run_many", enough)
    config = resolve("lewis_game", overrides={"seed": 5, "training.worlds": 7})
    folder = tmp_path / "a run"
    folder.mkdir()
    (folder / "run.toml").write_text(to_toml(config))
    command = shlex.split(exports.again(Run(folder)))
    assert main([*command[1:], "--out", str(tmp_path)]) == 2
    assert main([*command[1:], "--seed", "6", "--out", str(tmp_path)]) == 2
    assert to_toml(made[0]) == to_toml(config) and made[1].seed == 6
    assert to_toml(made[1]) == to_toml(from_toml(to_toml(config).replace("seed = 5", "seed = 6")))


def test_a_file_says_everything_itself(tmp_path: Path, capsys) -> None:
    (tmp_path / "run.toml").write_text(to_toml(resolve("lewis_game")))
    for words in (["--quick"], ["--training.worlds", "3"], ["--preset", "quick"], ["--seed", "many"]):
        assert main(["run", str(tmp_path / "run.toml"), *words]) == 2
        assert words[0] in capsys.readouterr().err
    (tmp_path / "run.toml").write_text("scenario = 3")
    assert main(["run", str(tmp_path / "run.toml")]) == 2 and main(["run", str(tmp_path / "none.toml")]) == 2
    assert capsys.readouterr().err.count("\n") == 2
