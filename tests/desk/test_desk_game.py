"""A played session against the recorded evaluation: who moves as the mind did gets what the mind got, to the last bit."""

import desk_runs
import numpy as np
import pandas as pd
import pytest
from desk_runs import TICKS

from society.analysis import report
from society.desk.game import Game, begin, seated
from society.desk.replays import Replay
from society.engine.launch import unfinished
from society.record.store import Run, write_status

SEAT, WORLD = 2, 1


def moves_of(run: Run, seat: int, world: int, ticks: int) -> list[dict[str, list[int]]]:
    """What the trained mind did in this seat at every tick, by the engine's own loop."""
    course = desk_runs.played_again(run, ticks)
    spec = course[0].worlds.scenario.spec
    own = [tick for tick in course if tick.seen.active is None or bool(tick.seen.active[world, seat])]
    return [{name: tick.turn.packed[world, seat, where].tolist() for name, where in spec.columns.items()} for tick in own]


def played(run: Run, moves, **asked) -> tuple[Run, list[dict[str, np.ndarray]]]:
    """A whole session whose player makes these moves; the run, and what the player was shown."""
    replay, shown = Replay(run), []
    known = seated({"condition": "normal", "world": WORLD, "seat": SEAT, "episodes": 1} | asked, replay)
    path = begin(run.path.parent, replay, known)

    def ask(sees):
        shown.append(sees)
        return moves[len(shown) - 1]

    game = Game(replay, known, path, ask)
    write_status(path, state="running")
    game.play(game.flush)
    game.close()
    write_status(path, state="done")
    return Run(path), shown


@pytest.fixture(scope="module")
def repeated(run) -> tuple[Run, list[dict[str, np.ndarray]]]:
    return played(run, moves_of(run, SEAT, WORLD, TICKS))


def test_who_moves_as_the_mind_did_gets_its_return(run, repeated):
    own = repeated[0].table("episodes").drop(columns=["condition", "mind"])
    theirs = run.table("episodes", where={"condition": "normal", "world": WORLD}).drop(columns=["condition", "mind"])
    assert len(own) == 4
    pd.testing.assert_frame_equal(own, theirs.reset_index(drop=True), check_exact=True, check_like=True)


def test_its_rows_are_those_of_the_evaluation(run, repeated):
    """Messages of world 1, which the tiny run recorded: the same, but for who sat in the seat."""
    own = repeated[0].table("messages").drop(columns="condition")
    theirs = run.table("messages", where={"condition": "normal", "world": WORLD}).drop(columns="condition")
    assert len(own) == 4 * TICKS and (own.loc[own["seat"] == SEAT, "mind"] == -1).all()
    same = [column for column in own.columns if column != "mind"]
    pd.testing.assert_frame_equal(own[same], theirs.reset_index(drop=True)[same], check_exact=True)


def test_the_player_is_shown_what_the_mind_was(run, repeated):
    course = desk_runs.played_again(run, TICKS)
    spec = course[0].worlds.scenario.spec
    for tick, sees in zip(course, repeated[1], strict=True):
        flat = np.concatenate([sees[f"field.{name}"].reshape(-1) for name in spec.fields])
        assert np.array_equal(flat, tick.seen.features[WORLD, SEAT].float().numpy())
        assert sees["field.ripe"].shape == spec.fields["ripe"]
        assert {name for name in sees if name.startswith("legal.")} == {f"legal.{name}" for name in spec.heads}


def test_another_move_is_another_world(run, repeated):
    moves = moves_of(run, SEAT, WORLD, TICKS)
    moves[0] = moves[0] | {"move": [(moves[0]["move"][0] + 1) % 5]}
    other, _ = played(run, moves)
    a, b = (one.frames("played", WORLD, 0, TICKS) for one in (other, repeated[0]))
    assert len(a.tick) == TICKS and np.array_equal(a.seats["x"][0], b.seats["x"][0])
    moved = [not np.array_equal(a.seats[name][1:, SEAT], b.seats[name][1:, SEAT]) for name in ("x", "y")]
    assert any(moved)


def test_it_is_a_run_of_its_own(run, repeated):
    own = repeated[0]
    assert own.verify() == [] and own.state == "done"
    assert own.meta["parent"] == run.name
    assert own.meta["played"] == {"of": run.name, "condition": "normal", "world": WORLD, "seat": SEAT, "episodes": 1}
    assert own.config == run.config
    assert set(own.table("episodes")["condition"]) == {"played"}


def test_it_is_never_pooled_with_a_trained_society(run, repeated):
    with pytest.raises(ValueError, match="cannot be pooled"):
        report.pool([run, repeated[0]])
    lines = report.build(repeated[0])
    assert all(np.isnan(line.value) for line in lines if line.condition == "normal")


def test_it_is_not_resumed(repeated):
    """Resuming would train from the first update in its place and drop what was played."""
    write_status(repeated[0].path, state="interrupted")
    with pytest.raises(ValueError, match="somebody played"):
        unfinished([repeated[0].path])
    write_status(repeated[0].path, state="done")


@pytest.mark.parametrize("scenario", ("negotiation", "matrix_game"))
def test_worlds_of_turns_are_played_turn_by_turn(tmp_path, scenario):
    """Only its own turns are the player's; several episodes in a row, each with its recorded return."""
    run = desk_runs.make(tmp_path, scenario, evaluation__ticks=12, evaluation__conditions=("normal",), evaluation__scripts=False)
    moves = moves_of(run, 1, 0, 12)
    own, shown = played(run, moves, seat=1, world=0, episodes=2)
    theirs = run.table("episodes", where={"condition": "normal", "world": 0})
    columns = ["episode", "seat", "return_", "ticks"]
    got = own.table("episodes")[columns]
    assert set(got["episode"]) == {0, 1} and 0 < len(shown) <= len(moves)
    expected = theirs[theirs["episode"] < 2][columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(got, expected, check_exact=True)
    if scenario == "negotiation":
        assert len(shown) < own.table("episodes").groupby("episode")["ticks"].sum().sum()
