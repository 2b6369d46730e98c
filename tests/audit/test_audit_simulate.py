"""The simulator of scripted societies: keyed twins that differ in one thing, and interventions that do what they say."""

import numpy as np
import pytest

from society.audit import codes, societies
from society.audit.replicate import Replicate
from society.audit.simulate import CONDITIONS, play

BY_NAME = {one.name: one for one in societies()}
HONEST, BEACON, CODE = BY_NAME["honest"], BY_NAME["beacon"], BY_NAME["holistic"]


def test_a_play_is_a_pure_function_of_its_seed():
    first, again, other = play(HONEST, 3), play(HONEST, 3), play(HONEST, 4)
    assert np.array_equal(first.said, again.said) and np.array_equal(first.action, again.action)
    assert not np.array_equal(first.meaning, other.meaning)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_intervention_changes_what_is_heard_and_nothing_before(condition):
    normal = play(CODE, 0)
    changed = play(CODE, 0, condition, tape=normal)
    assert np.array_equal(normal.meaning, changed.meaning) and np.array_equal(normal.said, changed.said)
    assert not np.array_equal(normal.heard, changed.heard)


def test_mute_is_silence_and_content_keeps_who_spoke_when():
    normal = play(BEACON, 0, worlds=2000)
    assert (play(BEACON, 0, "mute").heard == 0).all()
    content = play(BEACON, 0, "content", tape=normal, worlds=2000)
    assert np.array_equal(content.heard > 0, normal.said > 0)
    shares = [np.bincount(x[x > 0], minlength=5)[1:] / (x > 0).sum() for x in (normal.said, content.heard)]
    assert np.abs(shares[0] - shares[1]).max() < 0.02


def test_relabel_is_one_permutation_for_each_speaker_of_a_world():
    normal = play(HONEST, 0)
    heard = play(HONEST, 0, "relabel", tape=normal).heard
    together = set()
    for world in range(4):
        for speaker in range(4):
            rows = normal.floor == speaker
            pairs = {(int(a), int(b)) for a, b in zip(normal.said[rows, world], heard[rows, world], strict=True)}
            assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
            together |= pairs if world == 0 else set()
    assert len(together) > len({a for a, _ in together})  # the speakers of a world are relabelled apart


def test_scramble_is_the_next_world():
    normal = play(HONEST, 0)
    heard = play(HONEST, 0, "scramble", tape=normal).heard
    assert np.array_equal(heard, np.roll(normal.said, -1, axis=1))


TABLES = [codes.words(4), codes.strings(3, 3), codes.shorter(3, 3), codes.either(range(1, 3), range(3, 5))]


@pytest.mark.parametrize("table", TABLES)
def test_every_message_has_one_place(table):
    assert np.array_equal(codes.number_of(table, table), np.arange(len(table)))
    assert (table[0] == 0).all() and (table[1:] > 0).any(axis=1).all()


def test_what_is_not_in_the_table_has_no_place():
    assert codes.number_of(codes.either([1, 2], [3, 4]), np.array([[1, 2], [1, 3]])).tolist() == [-1, 1]


def test_tables_have_the_rows_of_a_run():
    data = Replicate(CODE, 0)
    run = data.run
    messages, probes = run.table("messages", where={"condition": "normal"}), run.table("probes")
    assert len(messages) == len(data.messages) and {"m2", "meaning2", "life", "mind"} <= set(messages.columns)
    acts = probes[[c for c in probes.columns if c.startswith("a")]].to_numpy()
    state = probes.groupby(["world", "tick"])["p_option"].sum()
    assert np.allclose(acts.sum(axis=1), 1) and np.allclose(state, 1) and len(state) == 80
    paid = run.table("episodes", where={"condition": "normal"})
    assert paid["return_"].sum() == pytest.approx(data.rewards.sum()) and paid["ticks"].sum() == len(data.rewards)
    assert set(run.table("episodes")["condition"]) == {"normal", *CONDITIONS}
