"""The planted truths hold: each is tested in the societies themselves, by intervening, not by any metric."""

from dataclasses import replace

import numpy as np
import pytest

from society.analysis import language
from society.audit import QUESTIONS, societies
from society.audit.simulate import CONDITIONS, facts_of, play
from society.audit.society import SPEAKERS

EVERY = societies()
BY_NAME = {one.name: one for one in EVERY}
WORLDS = 250
NONE, THERE = 4.0, 5.0  # standard errors: below is nothing, above is an effect; the smallest planted one is at 9


def errors_from_zero(difference):
    """|mean over worlds| in standard errors; no difference at all is 0."""
    spread = difference.std(ddof=1) / np.sqrt(len(difference))
    return 0.0 if spread == 0 else float(difference.mean() / spread)


def test_there_are_twins_of_more_than_forty_families():
    families = {}
    for one in EVERY:
        families.setdefault(one.family, []).append(one.planted)
    assert len(families) >= 40 and all(planted == [True, False] for planted in families.values())
    assert len(BY_NAME) == len(EVERY)
    assert {question for one in EVERY for question in one.truth} == set(QUESTIONS)


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_each_question_has_both_answers(question):
    asked = [one.truth[question] for one in EVERY if question in one.truth]
    assert 3 <= sum(asked) < len(asked)


@pytest.mark.parametrize("society", EVERY, ids=lambda one: one.name)
def test_what_changes_reward(society):
    normal = play(society, 0, worlds=WORLDS)
    silent = play(society, 1, "mute", worlds=WORLDS, listen=society.silent or society.listen)
    reward = {c: play(society, 0, c, tape=normal, worlds=WORLDS).reward.mean(axis=0) for c in CONDITIONS}
    before = normal.reward.mean(axis=0)
    asked = {"mute": "channel", "content": "content", "relabel": "content", "scramble": "own_world"}
    for condition, question in asked.items():
        far = abs(errors_from_zero(reward[condition] - before))
        assert far > THERE if society.truth[question] else far < NONE, (condition, far)
    gain = errors_from_zero(before - silent.reward.mean(axis=0))
    assert gain > THERE if society.truth["worth"] else gain < NONE
    assert society.truth["presence"] == (society.truth["channel"] and not society.truth["content"])


@pytest.mark.parametrize("society", EVERY, ids=lambda one: one.name)
def test_who_signals_and_who_listens(society):
    """Other knowledge, all else equal: do words change? Other words, all else equal: do actions change? Exactly."""
    normal = play(society, 0)
    other = replace(society, means=lambda s, u, floor: (society.means(s, u, floor) + 1) % s.meanings)
    knew = play(other, 0, facts=normal.facts)
    signals = any(not np.array_equal(a, b) for a, b in zip(normal.p_said, knew.p_said, strict=True))
    heard = [play(society, 0, condition, tape=normal) for condition in CONDITIONS]
    listens = any(not np.array_equal(one.action, normal.action) for one in heard)
    assert (signals, listens) == (society.truth["signalling"], society.truth["listening"])
    assert society.truth["communication"] == (signals and listens)


@pytest.mark.parametrize("society", [one for one in EVERY if "private" in one.truth], ids=lambda one: one.name)
def test_who_has_a_code_of_their_own(society):
    code = facts_of(society, 0).code
    differs = any(not np.array_equal(code[0], code[s]) for s in range(1, SPEAKERS))
    assert differs == society.truth["private"]


@pytest.mark.parametrize("seed", range(3))
def test_codes_by_parts_score_one_and_others_do_not(seed):
    def spoken(name):
        society = BY_NAME[name]
        said = society.messages[facts_of(society, seed).code[0]]
        return society.attributes_of(np.arange(society.meanings)), np.where(said > 0, said, -1)

    assert language.posdis(*spoken("holistic")) == pytest.approx(1.0)
    assert language.posdis(*spoken("holistic/without")) < 0.2
    assert language.bosdis(*spoken("bag_of_symbols")) == pytest.approx(1.0)
    assert len(np.unique(spoken("one_bit/without")[1], axis=0)) == 2
    _, short = spoken("length")
    assert set((short >= 0).sum(axis=1)) == {2, 3}
