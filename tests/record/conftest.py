import shutil
from pathlib import Path

import pytest
from record_writer import begin, one_update

from society.record.files import write_json
from society.record.frames import FrameWriter
from society.record.recorder import Recorder
from society.record.store import write_status


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with every kind of file; nobody changes it."""
    path = tmp_path_factory.mktemp("runs") / "bazaar-20260101-120000-abcdef"
    begin(path)
    recorder, frames = Recorder(path), FrameWriter(path)
    for update in range(1, 9):
        one_update(recorder, frames, update)
    write_json(path / "report.json", {"estimates": [{"metric": "reward", "value": 0.25, "reason": None}]})
    write_status(path, state="done", update=8)
    begin(path / "controls" / "muted_from_birth")
    return path


@pytest.fixture
def run_path(whole_run: Path, tmp_path: Path) -> Path:
    """A copy of it to be damaged."""
    return Path(shutil.copytree(whole_run, tmp_path / whole_run.name))
