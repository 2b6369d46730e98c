"""How scripted speakers speak and scripted listeners listen; each builder gives a `Speak` or a `Listen`.

Speakers explore (they say what they mean nine times in ten), as trained ones do: a speaker that never strays makes p(m | s)
degenerate, and that is one of the societies, not the rule.
"""

from __future__ import annotations

import numpy as np

from society.audit.codes import number_of
from society.audit.society import Facts, Floats, Ints, Listen, Scene, Society, Speak, mixed

SURE = 0.9


def _say(society: Society, message: Ints, sure: float) -> Floats:
    return mixed(message, len(society.messages), sure, first=1)


def tell(sure: float = SURE) -> Speak:
    """The word of the speaker's own code for what it knows."""
    return lambda society, facts, scene: _say(society, facts.code[scene.speaker][scene.meaning], sure)


def babble() -> Speak:
    """Any message."""
    return lambda society, facts, scene: _say(society, np.full(len(scene.meaning), -1), 0.0)


def constant(message: int = 1) -> Speak:
    """One message, always."""
    return lambda society, facts, scene: _say(society, np.full(len(scene.meaning), message), 1.0)


def habit(society: Society, facts: Facts, scene: Scene) -> Floats:
    """The symbol that is the speaker's for its life."""
    return _say(society, 1 + scene.habit, SURE)


def only(speaker: int, one: Speak, others: Speak) -> Speak:
    """`one` for a single speaker, `others` for the rest."""
    return lambda society, facts, scene: (one if scene.speaker == speaker else others)(society, facts, scene)


def when(share: float, one: Speak) -> Speak:
    """Speak with probability `share`, else be silent."""

    def speak(society: Society, facts: Facts, scene: Scene) -> Floats:
        p = share * one(society, facts, scene)
        p[:, 0] += 1.0 - share
        return p

    return speak


def beacon(known: bool, one: Speak, sure: float = SURE) -> Speak:
    """Speak when something is there (meaning above 0) and be silent otherwise; unless `known`, half of the time."""

    def speak(society: Society, facts: Facts, scene: Scene) -> Floats:
        there = np.where(scene.meaning > 0, sure, 1.0 - sure) if known else np.full(len(scene.meaning), 0.5)
        p = there[:, None] * one(society, facts, scene)
        p[:, 0] += 1.0 - there
        return p

    return speak


def timing(known: bool) -> Speak:
    """One word, said in the first tick on the floor for meaning 0 and in the second for 1; unless `known`, at random."""

    def speak(society: Society, facts: Facts, scene: Scene) -> Floats:
        now = np.where(scene.meaning == scene.tick % 2, SURE, 1.0 - SURE) if known else np.full(len(scene.meaning), 0.5)
        p = np.zeros((len(now), len(society.messages)))
        p[:, 0], p[:, 1] = 1.0 - now, now
        return p

    return speak


def synonyms(words: int = 2) -> Speak:
    """Any of the `words` words that a meaning has."""

    def speak(society: Society, facts: Facts, scene: Scene) -> Floats:
        first = facts.code[scene.speaker][scene.meaning]
        step = (len(society.messages) - 1) // words
        return np.asarray(np.mean([_say(society, first + i * step, SURE) for i in range(words)], axis=0))

    return speak


def either_order(society: Society, facts: Facts, scene: Scene) -> Floats:
    """The two symbols of the code in any order."""
    word = facts.code[scene.speaker][scene.meaning]
    swapped = society.messages[:, ::-1]
    other = number_of(society.messages, swapped[word])
    return (_say(society, word, SURE) + _say(society, other, SURE)) / 2


def echo(society: Society, facts: Facts, scene: Scene) -> Floats:
    """The listener's last action as a symbol."""
    last = 1 + scene.acted[-1] if scene.acted else np.full(len(scene.meaning), -1)
    return _say(society, last, SURE)


def drift(society: Society, facts: Facts, scene: Scene) -> Floats:
    """A symbol that goes with the time of day, whatever the speaker knows."""
    return _say(society, np.full(len(scene.meaning), 1 + scene.tick * society.values // scene.ticks), 0.8)


def weather(society: Society, facts: Facts, scene: Scene) -> Floats:
    """The symbol of what everybody sees."""
    return _say(society, 1 + scene.public, SURE)


def favourite(society: Society, facts: Facts, scene: Scene) -> Floats:
    """The symbol that this speaker likes, whatever it knows."""
    return _say(society, np.full(len(scene.meaning), 1 + scene.speaker), 0.7)


def shifted(society: Society, facts: Facts, scene: Scene) -> Floats:
    """The code of the first half of the day, moved by one word in the second."""
    word = facts.code[scene.speaker][scene.meaning]
    return _say(society, _after_noon(scene, word - 1, len(society.messages) - 1, 1) + 1, SURE)


def second_attribute(society: Society, facts: Facts, scene: Scene) -> Floats:
    """The value of the attribute that nobody ever asks for."""
    return _say(society, 1 + scene.attributes[:, 1], SURE)


def first_attribute(society: Society, facts: Facts, scene: Scene) -> Floats:
    """The value of the first attribute."""
    return _say(society, 1 + scene.attributes[:, 0], SURE)


def _after_noon(scene: Scene, value: Ints, values: int, step: int) -> Ints:
    return (value + (step if scene.tick >= scene.ticks // 2 else 0)) % values


# --- listeners --------------------------------------------------------------------------------------------------------


def understood(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Ints:
    """The answer [W] that the listener's reading of the message gives to the query; -1 where it reads nothing."""
    if society.alias is not None:
        heard = np.where(heard > 0, society.alias[heard], heard)
    table = facts.decode[min(scene.listener, len(facts.decode) - 1)][scene.speaker]
    meaning = np.where(heard > 0, table[np.maximum(heard, 0)], -1)
    value = np.take_along_axis(society.attributes_of(np.maximum(meaning, 0)), scene.query[:, None], axis=1)[:, 0]
    return np.where(meaning >= 0, value, -1)


def obey(sure: float = SURE) -> Listen:
    """Answer what was understood; guess where nothing was."""

    def listen(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
        skill = facts.skill[min(scene.listener, len(facts.skill) - 1)]
        return mixed(understood(society, facts, scene, heard), society.values, sure * skill)

    return listen


def contrary(sure: float = SURE) -> Listen:
    """Answers something else than what the speaker means, by one: the believer of a liar."""

    def listen(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
        told = understood(society, facts, scene, heard)
        return mixed(np.where(told >= 0, (told + 1) % society.values, -1), society.values, sure)

    return listen


def deaf(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """Guess."""
    return mixed(np.full(len(heard), -1), society.values, 0.0)


def sees(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """Answer what it sees for itself; no message is heeded."""
    return mixed(scene.target, society.values, SURE)


def majority(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """The most frequent answer, always."""
    return mixed(np.zeros(len(heard), dtype=np.int64), society.values, SURE)


def by_public(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """Act on what everybody sees."""
    return mixed(scene.public, society.values, SURE)


def by_speaker(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """What this speaker mostly means, whatever it says."""
    return mixed(np.full(len(heard), scene.speaker), society.values, SURE)


def by_clock(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """Act by the time of day."""
    return mixed(np.full(len(heard), scene.tick * society.values // scene.ticks), society.values, 0.8)


def sticky(sure: float, then: Listen) -> Listen:
    """The last action again with probability `sure`, else as `then`."""

    def listen(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
        other = then(society, facts, scene, heard)
        return sure * mixed(scene.acted[-1], society.values, 1.0) + (1 - sure) * other if scene.acted else other

    return listen


def instead(silence: Listen, speech: Listen) -> Listen:
    """`silence` where nothing is heard, `speech` where something is."""

    def listen(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
        quiet = (heard == 0)[:, None]
        return np.where(quiet, silence(society, facts, scene, heard), speech(society, facts, scene, heard))

    return listen


def any_but_first(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """Guess, but never the first answer."""
    return mixed(np.full(len(heard), -1), society.values, 0.0, first=1)


def always(answer: int) -> Listen:
    """One answer nearly always."""
    return lambda society, facts, scene, heard: mixed(np.full(len(heard), answer), society.values, SURE)


def clocked(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """Reads the moment: speech in the first tick means 0 and in the second 1, silence the other."""
    spoke, second = (heard != 0).astype(np.int64), scene.tick % 2
    return mixed(np.where(spoke == 1, second, 1 - second), society.values, SURE)


def late(delay: int, one: Listen) -> Listen:
    """Answers what was heard `delay` ticks ago."""

    def listen(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
        past = scene.heard[-delay] if len(scene.heard) >= delay else np.zeros_like(heard)
        return one(society, facts, scene, past)

    return listen


def sometimes(share: float, one: Listen) -> Listen:
    """Heeds messages when its coin falls below `share`."""

    def listen(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
        attends = (scene.coin < share)[:, None]
        return np.where(attends, one(society, facts, scene, heard), deaf(society, facts, scene, heard))

    return listen


def offset(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """What was understood, moved by a private coin: the answer depends on the message, and is right by luck only."""
    told = understood(society, facts, scene, heard)
    moved = (told + (scene.coin * society.values).astype(np.int64)) % society.values
    return mixed(np.where(told >= 0, moved, -1), society.values, SURE)


def divided(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """Right three times in ten in half of the worlds, wrong by one nine times in ten in the others: no gain on average."""
    told = understood(society, facts, scene, heard)
    wrong = np.where(told >= 0, (told + 1) % society.values, -1)
    return mixed(np.where(scene.odd == 1, wrong, told), society.values, np.where(scene.odd == 1, 0.9, 0.3))


def shifted_back(society: Society, facts: Facts, scene: Scene, heard: Ints) -> Floats:
    """Knows that the code moves at noon."""
    words = len(society.messages) - 1
    return obey()(society, facts, scene, np.where(heard > 0, _after_noon(scene, heard - 1, words, -1) + 1, heard))


