"""A run that is watched: rows on the way, the newest rollout, the lexicon, and being asked to stop."""

import threading
import time

import numpy as np
import pytest
from tiny_runs import assert_same_rows, finished, prepared, tiny

from society.engine import launch
from society.engine.filming import Glimpse
from society.engine.lexicon import Lexicon
from society.engine.rollout import Clock
from society.engine.training import Training
from society.record.files import Damaged
from society.record.stop import ask_to_stop, asked_to_stop
from society.record.store import Run
from society.record.tail import NAME, read_tail


def test_rows_are_on_the_disk_between_checkpoints(tmp_path):
    path = finished(tiny("bazaar", updates=5, training__checkpoint_every=1000), tmp_path / "run")
    assert [part.name[5:13] for part in sorted((path / "tables" / "metrics").iterdir())] == [f"{u:08d}" for u in range(1, 6)]


def test_the_lexicon_counts_what_was_said_for_what(tmp_path):
    config = tiny("referential_game", updates=3)
    run, words, seen = Training(config), Lexicon(), []
    run.update(Clock(), [words.tick, seen.append])
    columns = words.columns()
    spec = run.scenario.spec
    head = next(name for name, head in spec.heads.items() if head.speech)
    expected = {}
    for tick in seen:  # one message at a time
        meanings = run.scenario.meanings(tick.worlds.state)
        may = tick.seen.may(spec, head)
        for world, seat in may.nonzero().tolist():
            symbols = tick.turn.packed[world, seat, spec.columns[head]].tolist()
            for part, meaning in enumerate(meanings.values()):
                for position, symbol in enumerate(symbols):
                    key = (part, position, int(meaning[world, seat]), symbol)
                    expected[key] = expected.get(key, 0) + 1
    names = ("part", "position", "meaning", "symbol")

    def counts(table):
        return dict(zip(zip(*(list(table[name]) for name in names), strict=True), list(table["count"]), strict=True))

    assert counts(columns) == expected
    table = Run(finished(config, tmp_path / "run")).table("lexicon")
    assert table["update"].unique().tolist() == [1, 2, 3]
    assert counts(table[table["update"] == 1]) == expected


def test_a_world_without_speech_has_no_lexicon(tmp_path):
    assert "lexicon" not in Run(finished(tiny("matrix_game", updates=1), tmp_path / "run")).tables()


def test_a_glimpse_is_what_happened_in_world_0(tmp_path):
    run, seen = Training(tiny("bazaar", updates=3)), []
    film = Glimpse(tmp_path, 0, 80)
    run.update(Clock(), [film.tick, seen.append])
    film.write(1, 7)
    tail = read_tail(tmp_path)
    assert tail.frames.tick.tolist() == list(range(80, 80 + len(seen)))
    for t, tick in enumerate(seen):
        scene = run.scenario.scene(tick.worlds.state)
        assert (tail.frames.cells[t] == scene.cells[0].numpy()).all()
        assert np.allclose(tail.frames.seats["x"][t], scene.x[0].numpy(), atol=1 / 256, equal_nan=True)
    happened = [tick.outcome.events["trades"][0][0] for tick in seen]
    trades = [(80 + t, seat) for t, mask in enumerate(happened) for seat in mask.nonzero()[:, 0].tolist()]
    found = tail.events["trades"]
    assert list(zip(found["tick"], found.get("seat", []), strict=True)) == trades


def test_a_finished_run_has_no_tail(tmp_path):
    assert not (finished(tiny("bazaar", updates=2), tmp_path / "run") / NAME).exists()


def test_a_run_that_is_asked_to_stop_is_interrupted_and_goes_on_to_the_same_end(tmp_path, monkeypatch):
    config = tiny("bazaar", updates=6)
    whole = finished(config, tmp_path / "whole")
    path = prepared(config, tmp_path / "stopped")
    true = Training.update

    def asked_at_3(self, *args):
        if self.done == 2:
            ask_to_stop(path)
        return true(self, *args)

    monkeypatch.setattr(Training, "update", asked_at_3)
    with pytest.raises(KeyboardInterrupt):
        launch.execute(path)
    run = Run(path)
    assert run.state == "interrupted" and run.checkpoints()[-1] == 3 and not asked_to_stop(path)
    monkeypatch.setattr(Training, "update", true)
    launch.resume(path)
    assert_same_rows(whole, path)


def test_a_stop_reaches_an_evaluation_too(tmp_path):
    path = prepared(tiny("bazaar", updates=1, evaluation__ticks=2000), tmp_path / "run")

    def when_judging():
        until = time.monotonic() + 60
        while "evaluating" not in str(Run(path).status.get("message")) and time.monotonic() < until:
            time.sleep(0.01)
        ask_to_stop(path)

    asker = threading.Thread(target=when_judging)
    asker.start()
    with pytest.raises(KeyboardInterrupt):
        launch.execute(path)
    asker.join()
    assert Run(path).state == "interrupted"


def test_a_request_is_forgotten_when_the_run_is_resumed(tmp_path):
    path = prepared(tiny("matrix_game", updates=1), tmp_path / "run")
    ask_to_stop(path)
    launch.resume(path)
    assert Run(path).state == "done"


def test_of_twins_two_worlds_are_filmed_and_of_the_society_all_that_were_asked_for(tmp_path):
    path = finished(tiny("bazaar", updates=1, evaluation__frames_worlds=4), tmp_path / "run")
    filmed = {}
    for span in Run(path).frame_index():
        filmed.setdefault(span.condition, set()).add(span.world)
    assert filmed.pop("normal") == {0, 1, 2, 3} and len(filmed) > 3
    assert all(worlds == {0, 1} for worlds in filmed.values())


def test_a_request_never_leaves_the_run(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run" / "controls").mkdir(parents=True)
    (tmp_path / "run" / "controls" / "muted").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Damaged):
        ask_to_stop(tmp_path / "run")
    assert not list((tmp_path / "elsewhere").iterdir())
