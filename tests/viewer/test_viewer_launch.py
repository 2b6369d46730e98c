"""Starting and stopping the viewer."""

import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest
import viewer_runs

from society.viewer import launch

HOME = Path(launch.__file__).resolve().parents[2]


def test_a_busy_port_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((launch.HOST, 0))
        taken.listen()
        assert launch.view(None, tmp_path, taken.getsockname()[1]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "--port" in said.err


def test_the_command_keeps_to_this_machine(tmp_path: Path) -> None:
    words = launch.command(tmp_path / "one", tmp_path, 8700)
    assert "--server.address=127.0.0.1" in words and "--browser.gatherUsageStats=false" in words
    assert words[words.index("--") :] == ["--", "--root", str(tmp_path), "--run", "one"]


def test_nothing_in_the_current_folder_is_imported(tmp_path: Path) -> None:
    for module in ("argparse", "numpy", "streamlit"):  # as a folder of runs from elsewhere may hold them
        (tmp_path / f"{module}.py").write_text("open('ran', 'w').close()\n")
    command = [sys.executable, "-m", "society.desk", "--help"]
    ended = subprocess.run(command, cwd=tmp_path, env=launch._environment(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0 and "usage: society.desk" in ended.stdout
    assert not (tmp_path / "ran").exists()


def test_the_config_of_app_py_says_the_same() -> None:
    config = tomllib.loads((HOME / ".streamlit" / "config.toml").read_text("utf-8"))
    assert config["server"]["address"] == launch.HOST
    assert config["browser"]["gatherUsageStats"] is False
    for theme in ("light", "dark"):
        assert config["theme"][theme]["primaryColor"] == launch.OPTIONS[f"theme.{theme}.primaryColor"]


def test_it_serves_and_stops_when_interrupted(tmp_path: Path) -> None:
    run = viewer_runs.live(tmp_path / "bazaar-20260101-120000-abcdef")
    code = (
        "import sys; from pathlib import Path; from society.viewer.launch import view;"
        "sys.exit(view(Path(sys.argv[1]), Path('runs'), None))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(run)], stdout=subprocess.PIPE, text=True, cwd=HOME, start_new_session=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?run=bazaar-20260101-120000-abcdef", line)
        assert found, line
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/_stcore/health", timeout=10) as answer:
            assert answer.status == 200
        os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does
        assert process.wait(timeout=20) == 0
        with pytest.raises(OSError):
            socket.create_connection((launch.HOST, int(found[1])), timeout=1)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stdout.close()


def test_the_viewer_imports_neither_torch_nor_the_engine() -> None:
    code = (
        "import sys, society.viewer.main, society.viewer.launch;"
        "bad = [m for m in sys.modules if m == 'torch' or m.startswith(('society.engine', 'society.world'))];"
        "sys.exit(' '.join(bad) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=HOME)
