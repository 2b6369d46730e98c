"""A browser, the folders of runs, and a viewer of each, made once for all tests in this folder."""

import sys
from pathlib import Path

import chromium
import pytest
import trained
from attacker import ATTACKS
from served import Served, serving

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


@pytest.fixture(scope="session")
def names(browser, tmp_path_factory: pytest.TempPathFactory):
    """Kind of run -> its name, in the folder `names["root"]`; the live one is learning until the tests end."""
    root = tmp_path_factory.mktemp("folder") / "runs"
    made = {"root": str(root)} | trained.make_finished(root)
    bazaar = trained.Run(root / made["bazaar"])
    made["killed"] = trained.killed_half_way(root).name
    made["damaged"] = trained.flipped(bazaar, "damaged-20260101-130000-abcdef", "run.toml").name
    made["damaged_rows"] = trained.flipped(
        bazaar, "damaged_rows-20260101-130001-abcdef", "tables/*/part-*", "frames/part-*", "report.json"
    ).name
    for number, (attack, make) in enumerate(ATTACKS.items()):
        made[attack] = make(root / f"{attack}-20260101-14000{number}-abcdef", bazaar).name
    with trained.learning(root) as run:
        yield made | {"live": run.name}


@pytest.fixture(scope="session")
def viewer(names: dict[str, str]):
    """The viewer of that folder."""
    with serving(Path(names["root"])) as served:
        yield served


@pytest.fixture(scope="session")
def empty(browser, tmp_path_factory: pytest.TempPathFactory):
    """The viewer of a folder without a run."""
    root = tmp_path_factory.mktemp("empty")
    with serving(root) as served:
        yield served


__all__ = ["Served"]
