"""The two commands beside the tests: what takes the pictures, and what measures."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from chromium import HEIGHT, WIDTH
from PIL import Image

pytestmark = pytest.mark.browser
HERE = Path(__file__).parent


def told(name: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, str(HERE / name), *words], capture_output=True, text=True, check=False)


def test_pictures_are_taken_of_the_runs_in_a_folder(names, tmp_path):
    shutil.copytree(names.root / names["bazaar"], tmp_path / "runs" / names["bazaar"])  # of the attackers' no picture is wanted
    done = told("pictures.py", str(tmp_path / "runs"), "--only", "report,world-dark", "--to", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for name, bright in (("report", True), ("world-dark", False)):
        with Image.open(tmp_path / f"{name}.png") as image:
            assert image.size == (WIDTH, HEIGHT) and (tmp_path / f"{name}.png").stat().st_size < 200_000
            corner = image.convert("L").getpixel((3, HEIGHT - 3))
            assert (corner > 200) is bright


def test_a_picture_of_a_run_that_is_not_there_is_a_line(browser, tmp_path):
    done = told("pictures.py", str(tmp_path), "--only", "economy", "--to", str(tmp_path))
    assert done.returncode == 1 and "there is no finished run of bazaar" in done.stderr and "Traceback" not in done.stderr


def test_a_short_watch_of_a_live_run(browser, tmp_path):
    """The ten minutes of `make measure-viewer` in a few seconds: too short to judge memory, long enough for all else."""
    done = told("measure.py", "--only", "watch", "--watch", "20", "--folder", str(tmp_path))
    assert "Traceback" not in done.stderr, done.stderr
    lines = done.stdout.splitlines()
    assert [line for line in lines if re.match(r"troubles of (World|Population)", line) and " none " in line][1:], done.stdout
    assert sum("MB, then" in line for line in lines) == 3
    made = next(line for line in lines if line.startswith("updates"))
    assert int(re.search(r" (\d+) ", made)[1]) > 0
