"""Our own metrics as the audit asks them: the registered lines of a run's report, and the array functions with their nulls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from society.analysis import language
from society.analysis.estimate import Estimate
from society.analysis.metrics import METRICS
from society.analysis.report import pool
from society.analysis.run import Reader
from society.analysis.statistics import Interval, Permuted, permutation_p, t_interval
from society.audit.replicate import Replicate
from society.audit.society import SPEAKERS, Ints
from society.audit.verdicts import CAUSAL, OURS, Audited, Function, calls

PERMUTATIONS = 39  # enough for a test at .05: the smallest p is .025


def line(metric: str, name: str) -> Function:
    """The line `name` of the registered run metric `metric`. ValueError if it gives no such line."""

    def ask(data: Replicate) -> Estimate:
        found = {one.metric: one for one in data.estimates(metric)}
        if name not in found:
            raise ValueError(f"metric {metric} gives no line {name}; it gives {', '.join(found)}")
        return found[name]

    return ask


def worth(data: Replicate) -> float:
    """p that eight training runs earn more than their eight populations grown without a channel; 1 where they earn less."""
    metric = next(one for one in METRICS if one.name == "worth")
    name = "worth_over_muted_from_birth.reward"
    lines = [[next(one for one in metric.answer(Reader(run)) if one.metric == name)] for run in data.grown()]
    (found,) = pool(lines)
    return found.p if found.value > 0 else 1.0


def presence_alone(data: Replicate) -> bool:
    """Muting changes reward and another content does not."""
    return calls(line("effect", "effect_of_mute.reward")(data)) and not calls(line("effect", "effect_of_content.reward")(data))


def _lives(data: Replicate) -> Ints:
    return data.worlds * SPEAKERS + data.speakers


def speaker_consistency(data: Replicate) -> Permuted:
    """Message and own action, shuffled over speakers' lives."""
    return language.speaker_consistency(data.messages, data.own_actions, lives=_lives(data))


def instantaneous_coordination(data: Replicate) -> Permuted:
    """Message and the listener's next action, shuffled over speakers' lives."""
    return language.instantaneous_coordination(data.messages, data.actions, lives=_lives(data))


def words_of(data: Replicate, speaker: int) -> tuple[Ints, Ints]:
    """What a speaker said and meant, messages padded with -1."""
    own = data.speakers == speaker
    return data.meanings[own], np.where(data.messages[own] > 0, data.messages[own], -1)


def over_meanings(measure: Callable[[ArrayLike, ArrayLike], float]) -> Function:
    """A score of the first speaker's usual words, against the words dealt out anew over its meanings."""

    def ask(data: Replicate) -> Permuted:
        meanings, messages = language.modal_messages(*words_of(data, 0))
        value, rng = measure(meanings, messages), np.random.default_rng(data.seed)
        null = np.array([measure(meanings, messages[rng.permutation(len(messages))]) for _ in range(PERMUTATIONS)])
        return Permuted(value, null, permutation_p(value, null, "greater"), len(messages))

    return ask


def tree_reconstruction(data: Replicate) -> Permuted:
    """Held-out error of a linear composition, against words dealt out anew."""
    meanings, messages = language.modal_messages(*words_of(data, 0))
    return language.tree_reconstruction_test(meanings, [messages], permutations=PERMUTATIONS)


def cross_play_gap(data: Replicate) -> Interval:
    """Success with the own partner minus success with others' partners, over worlds."""
    games = data.crossed()
    speaker = np.concatenate([np.repeat(game.floor, game.reward.shape[1]) for game in games])
    size = len(speaker) // len(games)
    listener = (speaker + np.repeat(np.arange(len(games)), size)) % SPEAKERS
    world = np.concatenate([np.tile(np.arange(g.reward.shape[1]), len(g.floor)) for g in games])
    won = np.concatenate([game.reward.ravel() for game in games])
    return language.cross_play(speaker, listener, won, replicate=world).gap


def similarity_gap(data: Replicate) -> Interval:
    """How much more alike a speaker's words are to its own than to others' for one meaning, over meanings."""
    first, second = two_samples(data)
    if not first.size:
        return Interval(np.nan, reason="no meaning that every speaker spoke of twice")
    each = language.similarities(first, second)
    same = np.eye(SPEAKERS, dtype=bool)
    return t_interval(each[same].mean(axis=0) - each[~same].mean(axis=0))


def two_samples(data: Replicate) -> tuple[Ints, Ints]:
    """Two words of each speaker for every meaning that all spoke of twice: [S, X, L] each."""
    places = data.society.values ** np.arange(data.society.attributes)[::-1]
    which, said = data.meanings @ places, np.where(data.messages > 0, data.messages, -1)
    found = [[np.flatnonzero((data.speakers == s) & (which == x))[:2] for s in range(SPEAKERS)] for x in np.unique(which)]
    twice = [rows for rows in found if all(len(own) == 2 for own in rows)]
    index = np.array(twice, dtype=np.int64).reshape(-1, SPEAKERS, 2).transpose(2, 1, 0)
    return said[index[0]], said[index[1]]


def metrics() -> dict[str, Audited]:
    """Ours, by name."""
    effects = {"mute": "channel", "content": "content", "relabel": "content", "scramble": "own_world"}
    found = {
        f"effect of {name}": Audited(line("effect", f"effect_of_{name}.reward"), CAUSAL, (question,))
        for name, question in effects.items()
    }
    return found | {
        "mute without content": Audited(presence_alone, CAUSAL, ("presence",)),
        "worth over muted from birth": Audited(worth, CAUSAL, ("worth",)),
        "causal influence (CIC)": Audited(line("probes", "cic"), CAUSAL, ("listening",)),
        "positive listening": Audited(line("probes", "positive_listening"), CAUSAL, ("listening",)),
        "positive signalling": Audited(line("probes", "positive_signalling"), OURS, ("signalling",)),
        "mutual information": Audited(line("mutual_information", "mutual_information"), OURS, ("signalling",)),
        "speaker consistency": Audited(speaker_consistency, OURS, ("communication",)),
        "instantaneous coordination": Audited(instantaneous_coordination, OURS, ("listening",)),
        "topographic similarity": Audited(line("topographic_similarity", "topographic_similarity"), OURS, ("compositional",)),
        "posdis": Audited(over_meanings(language.posdis), OURS, ("compositional",)),
        "bosdis": Audited(over_meanings(language.bosdis), OURS, ("compositional",)),
        "context independence": Audited(over_meanings(language.context_independence), OURS, ("compositional",)),
        "tree reconstruction": Audited(tree_reconstruction, OURS, ("compositional",)),
        "cross-play gap": Audited(cross_play_gap, OURS, ("private",)),
        "language similarity gap": Audited(similarity_gap, OURS, ("private",)),
    }
