"""One finished tiny run for all questions; nobody changes it."""

import desk_runs
import pytest


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    return desk_runs.make(tmp_path_factory.mktemp("runs"), **desk_runs.BAZAAR)
