"""A browser, the folders of runs, and a viewer of each, made once for all tests in this folder."""

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import chromium
import pytest
import trained
from attacker import ATTACKS
from served import serving

sys.path.append(str(Path(__file__).parents[1] / "viewer"))  # where the small made-up runs are


@pytest.fixture(scope="session")
def browser():
    """Chromium, or a reason to skip."""
    if reason := chromium.missing():
        pytest.skip(reason)
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def contexts(browser):
    """One profile for each theme; files of the viewer are cached in it as in a user's browser."""
    made = {theme: chromium.context_of(browser, theme) for theme in ("light", "dark")}
    yield made
    for context in made.values():
        context.close()


@pytest.fixture
def shown(contexts):
    """A new page in the light theme."""
    with chromium.Watched(contexts["light"]) as watched:
        yield watched


@pytest.fixture
def dark(contexts):
    """A new page in the dark theme."""
    with chromium.Watched(contexts["dark"]) as watched:
        yield watched


@pytest.fixture
def alone(names, tmp_path):
    """A viewer of a copy of the trained bazaar, in a folder that is the test's own, and that run."""
    run = trained.Run(tmp_path / "runs" / names["bazaar"])
    shutil.copytree(names.root / names["bazaar"], run.path)
    with serving(run.path.parent) as served:
        yield served, run


class Runs(dict):
    """Kind of run -> its name in the folder `root`; each is made when it is first asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.living = ExitStack()  # the live run goes on learning until this is closed

    def __missing__(self, kind: str) -> str:
        self[kind] = self._make(kind).name
        return self[kind]

    def _make(self, kind: str) -> trained.Run:
        if kind in trained.SCENARIOS:
            return trained.make_finished(self.root, kind)
        if kind == "live":
            return self.living.enter_context(trained.learning(self.root))
        if kind == "killed":
            return trained.killed_half_way(self.root)
        bazaar = trained.Run(self.root / self["bazaar"])
        if kind == "damaged":
            return trained.flipped(bazaar, "damaged-20260101-130000-abcdef", "run.toml")
        if kind == "damaged_rows":
            return trained.flipped(bazaar, "rows-20260101-130001-abcdef", "tables/*/part-*", "frames/part-*", "report.json")
        number = list(ATTACKS).index(kind)
        return ATTACKS[kind](self.root / f"{kind}-20260101-1400{number:02d}-abcdef", bazaar)


@pytest.fixture(scope="session")
def names(browser, tmp_path_factory: pytest.TempPathFactory):
    """The runs of the folder that `viewer` shows."""
    runs = Runs(tmp_path_factory.mktemp("folder") / "runs")
    runs.root.mkdir()
    with runs.living:
        yield runs


@pytest.fixture(scope="session")
def viewer(names: Runs):
    """The viewer of that folder."""
    with serving(names.root) as served:
        yield served


@pytest.fixture(scope="session")
def empty(browser, tmp_path_factory: pytest.TempPathFactory):
    """The viewer of a folder without a run."""
    root = tmp_path_factory.mktemp("empty")
    with serving(root) as served:
        yield served
