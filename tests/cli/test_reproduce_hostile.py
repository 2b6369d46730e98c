"""Reproductions under attack: full disks, killed processes, hostile labels and damaged results cost one line, no result."""

import os
import signal
import subprocess
import sys
import time

import pytest

from society.cli import main, reproductions
from society.cli.studies import _table

GOOD = "def run(quick, seeds):\n    return {'holds': True, 'rows': [{'label': 'a', 'ours': 1.0, 'holds': True}]}\n"


@pytest.fixture
def studies(tmp_path, monkeypatch):
    folder = tmp_path / "studies"
    folder.mkdir()
    monkeypatch.setattr("society.studies.__path__", [str(folder)])
    yield folder
    for name in [n for n, m in sys.modules.items() if str(getattr(m, "__file__", "")).startswith(str(folder))]:
        del sys.modules[name]


def test_a_disk_that_fills_up_costs_no_result(studies, tmp_path, monkeypatch):
    (studies / "hostile_disk.py").write_text(GOOD)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reproductions, "write_json", full)
    said = []
    (found,) = reproductions.reproduce(["hostile_disk"], True, None, tmp_path / "out", said.append)
    assert found["holds"] and "cannot be kept (No space left on device); free some space" in said[0]


def test_a_folder_in_the_place_of_a_result_costs_no_result(studies, tmp_path):
    (studies / "hostile_place.py").write_text(GOOD)
    (tmp_path / "out" / reproductions._file("hostile_place", True, None)).mkdir(parents=True)
    said = []
    (found,) = reproductions.reproduce(["hostile_place"], True, None, tmp_path / "out", said.append)
    assert found["holds"] and "cannot be kept (Is a directory)" in said[0]


def test_a_process_that_is_killed_is_a_reason_and_the_others_are_kept(studies, tmp_path, monkeypatch):
    monkeypatch.setattr(reproductions, "cores", lambda: 2)
    (studies / "fine.py").write_text(GOOD)
    wait = f"    while not list(pathlib.Path({str(tmp_path / 'out')!r}).glob('fine-*')):\n        time.sleep(0.05)\n"
    killed = f"import os, pathlib, time\ndef run(quick, seeds):\n{wait}    os.kill(os.getpid(), 9)\n"
    (studies / "killed.py").write_text(killed)
    found = reproductions.reproduce(["fine", "killed"], True, None, tmp_path / "out", lambda line: None)
    assert found[0]["holds"] and "a process was killed" in found[1]["reason"]
    assert [file.name.split("-")[0] for file in (tmp_path / "out").iterdir()] == ["fine"]


SLOW = "import os, pathlib, time\ndef run(quick, seeds):\n"
SLOW += "    (pathlib.Path({at!r}) / str(os.getpid())).touch()\n    time.sleep(60)\n"
DRIVER = """
import signal, sys, society.studies
from society.cli import main, reproductions
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is born deaf to it
    society.studies.__path__ = [sys.argv[1]]
    reproductions.cores = lambda: 2
    sys.exit(main(["reproduce", "one", "two", "--out", sys.argv[2]]))
"""


@pytest.mark.parametrize("kill, status", [(signal.SIGINT, 130), (signal.SIGKILL, -9)])
def test_a_parent_that_is_stopped_leaves_no_process_at_work(studies, tmp_path, kill, status):
    pids = tmp_path / "pids"
    pids.mkdir()
    for name in ("one", "two"):
        (studies / f"{name}.py").write_text(SLOW.format(at=str(pids)))
    (tmp_path / "driver.py").write_text(DRIVER)
    command = [sys.executable, str(tmp_path / "driver.py"), str(studies), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as parent:
        began = time.monotonic()
        while len(list(pids.iterdir())) < 2 and time.monotonic() - began < 60:
            time.sleep(0.05)
        parent.send_signal(kill)  # to it alone, as a job scheduler does
        said = parent.communicate(timeout=50)[1]  # the workers hold this pipe: it ends when they do
    assert parent.returncode == status and "Traceback" not in said
    assert len(list(pids.iterdir())) == 2 and not any(_works(int(file.name)) for file in pids.iterdir())


def _works(pid):
    """Is the process there, and more than an entry that nobody waited for?"""
    try:
        os.kill(pid, 0)
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_labels_cannot_steer_a_terminal_or_break_the_table():
    row = {"label": "a\x1b[31m\nb\r\u202e", "holds": True, "ours": 1.0, "note": "n\x1b[0m\nz"}
    result = {"name": "x\x1b]0;t\x07", "reason": "", "seconds": 1.0, "kept": False, "holds": True, "rows": [row]}
    failed = {"name": "y", "reason": "failed: \x1b[2J", "seconds": 1.0, "kept": False, "holds": False, "rows": []}
    assert all(line.isprintable() for line in _table([result, failed]))


def test_a_name_that_is_too_long_is_bad_input(capsys):
    assert main(["reproduce", "golden_languages", "--out", "x" * 300]) == 2
    assert "this is a bug" not in capsys.readouterr().err
