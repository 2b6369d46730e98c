"""One writer a run directory; what cannot be is said before a directory is made."""

import fcntl

import pytest

from society.config import ConfigError, fingerprint, resolve
from society.engine import launch
from society.record.status import read_status

TINY = {"training.worlds": 2, "training.ticks": 2, "training.agent_steps": 32, "evaluation.worlds": 2, "evaluation.ticks": 2}


def tiny(**more):
    return resolve("bazaar", "quick", TINY | more)


def test_a_second_writer_is_refused_and_touches_nothing(tmp_path):
    (config,) = launch.vetted([tiny()])
    launch.prepare(config, tmp_path)
    before = read_status(tmp_path)
    with (tmp_path / "log.txt").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(launch.Busy, match="another process is at work"):
            launch.execute(tmp_path)
    assert read_status(tmp_path) == before and not (tmp_path / "checkpoints").exists()
    launch.execute(tmp_path)  # the lock goes with its holder
    assert read_status(tmp_path)["state"] == "done"


def test_a_control_without_anything_to_take_away_is_not_grown(tmp_path):
    wanted = TINY | {"training.worlds": 4, "training.agent_steps": 16}
    config = resolve("referential_game", "quick", wanted)
    (path,) = launch.run_many([config], tmp_path, ["tradeless_from_birth"])
    run = launch.Run(path)
    assert run.controls == {} and run.meta["missing"]["tradeless_from_birth"] == "this world has no market"
    assert run.meta["offers"] == []


def test_what_is_on_offer_is_told_beside_the_goods(tmp_path):
    (config,) = launch.vetted([resolve("bazaar", "quick")])
    launch.prepare(config, tmp_path)
    meta = launch.Run(tmp_path).meta
    assert meta["goods"] == ["A", "B"] and meta["offers"] == [[-1, -2, 1, 1], [0, 1, 1, 1], [1, 0, 1, 1]]


@pytest.mark.parametrize(
    ("field", "value"), [("evaluation.strangers", "/no/such/run"), ("training.ticks", 3), ("market.prices", [[1, 0]])]
)
def test_what_cannot_be_is_said_before_a_directory_is_made(tmp_path, field, value):
    name = "referential_game" if field == "training.ticks" else "bazaar"
    with pytest.raises(ConfigError, match=field):
        launch.run_many([resolve(name, "quick", {**TINY, field: value})], tmp_path)
    assert not any(tmp_path.iterdir())


def test_runs_that_may_be_pooled_share_a_fingerprint():
    plain = fingerprint(tiny())
    assert plain == fingerprint(tiny(seed=5))
    assert plain == fingerprint(tiny(**{"evaluation.controls": ["muted_from_birth"], "device": "cpu"}))
    assert plain != fingerprint(tiny(**{"learner.lr": 0.5}))
