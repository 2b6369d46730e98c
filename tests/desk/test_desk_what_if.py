"""What if it had said something else: against the probes that the evaluation itself wrote, and against itself."""

import desk_runs
import numpy as np
import pytest

from society.desk.worker import Desk


def test_it_is_what_the_evaluation_probed(run):
    """Same world, tick, speaker and symbol: the same numbers as in the table, for every listener and head."""
    probes = run.table("probes")
    states = probes[["world", "tick", "speaker"]].drop_duplicates()
    assert len(states) >= 8
    compared, desk = 0, Desk(run.path.parent)  # one for all: what it keeps warm changes no answer
    for world, tick, speaker in states.to_numpy().tolist()[::5]:
        for option in range(3):
            asked = {"kind": "what_if", "condition": "normal", "world": world, "tick": tick, "speaker": speaker}
            facts, arrays = desk.answer(desk_runs.request(run, **asked, message=[option]))
            same = (probes["world"] == world) & (probes["tick"] == tick) & (probes["speaker"] == speaker)
            rows = probes[same & (probes["option"] == option)]
            assert facts["same"] and len(rows) == 3 * 3  # three heads, three listeners
            for head, size in facts["heads"]:
                own = rows[rows["head"] == head].sort_values("listener")
                assert own["listener"].tolist() == facts["listeners"]
                table = own[[f"a{i}" for i in range(size)]].to_numpy()
                assert np.array_equal(arrays[f"after.{head}"].astype("float64"), table)
                compared += 1
            assert facts["p_message"] == pytest.approx(rows["p_option"].iloc[0], abs=1e-6)
    assert compared >= 18


def test_what_was_said_changes_nothing_and_something_else_does(run):
    rows = run.rows("messages", ["tick", "seat", "m0"], {"condition": "normal", "world": 0}, 0, 40)
    changed = 0
    for tick, seat, said in rows.to_numpy().tolist()[::9]:
        ask = {"kind": "what_if", "condition": "normal", "world": 0, "tick": tick, "speaker": seat}
        facts, arrays = desk_runs.answer(run, **ask, message=[said])
        assert facts["said"] == [said] and facts["p_said"] == facts["p_message"]
        _, other = desk_runs.answer(run, **ask, message=[(said + 1) % 3])
        for head, _ in facts["heads"]:
            assert np.array_equal(arrays[f"before.{head}"], arrays[f"after.{head}"])
            assert np.array_equal(arrays[f"before.{head}"], other[f"before.{head}"])
            changed += not np.array_equal(other[f"before.{head}"], other[f"after.{head}"])
    assert changed >= 5


def test_who_cannot_speak_is_not_asked(tmp_path):
    """In the referential game only seat 0, the sender, speaks, and only at the first tick of an episode."""
    run = desk_runs.make(tmp_path, "referential_game", channel__symbols=3, channel__length=2)
    ask = {"kind": "what_if", "condition": "normal", "world": 0}
    facts, arrays = desk_runs.answer(run, **ask, tick=0, speaker=0, message=[1, 2])
    assert facts["listeners"] == [1] and facts["same"] and len(arrays) == 2
    with pytest.raises(ValueError, match="seat 1 of world 0 cannot speak at tick 0"):
        desk_runs.answer(run, **ask, tick=0, speaker=1, message=[1, 2])
    with pytest.raises(ValueError, match="message = "):
        desk_runs.answer(run, **ask, tick=0, speaker=0, message=[1])


def test_a_world_without_a_channel(tmp_path):
    run = desk_runs.make(tmp_path, "commons_harvest", evaluation__conditions=("normal",))
    with pytest.raises(ValueError, match="no channel"):
        desk_runs.answer(run, kind="what_if", condition="normal", world=0, tick=0, speaker=0, message=[0])
    with pytest.raises(ValueError, match="condition = mute: this world has no channel"):
        desk_runs.answer(run, kind="inside", condition="mute", world=0, seat=0, first=0, last=1)
