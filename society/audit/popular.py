"""How these metrics are often used: tests that take tokens or pairs for independent, and bare thresholds.

Written here in our own words, to stand beside ours; nothing in this file is recommended.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from society.analysis import language
from society.analysis.statistics import Interval, Permuted, mantel, t_interval
from society.audit.ours import two_samples, words_of
from society.audit.replicate import Replicate
from society.audit.society import SPEAKERS, Ints
from society.audit.verdicts import POPULAR, Audited, Function

TOKENS = 96  # messages taken for the pairwise measures
BITS, SCORE, ALIKE = 0.1, 0.2, 0.5  # thresholds
POSITIVE = 0.01


def chi_square(x: Ints, y: Ints) -> float:
    """p of Pearson's chi-square test of x [N, ...] and y [N, ...], every row counted as independent; 1 if one is constant."""
    a, b = language.codes(x), language.codes(y)
    if a.max() == 0 or b.max() == 0:
        return 1.0
    table = np.zeros((int(a.max()) + 1, int(b.max()) + 1))
    np.add.at(table, (a, b), 1.0)
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def plug_in_information(x: Ints, y: Ints) -> float:
    """Mutual information in bits, no bias taken off."""
    both = np.column_stack([language.codes(x), language.codes(y)])
    parts = (language.codes(both[:, :1]), language.codes(both[:, 1:]), language.codes(both))
    first, second, joint = (language.entropy(part) for part in parts)
    return first + second - joint


def _tokens(data: Replicate) -> tuple[Ints, Ints]:
    meanings, messages = words_of(data, 0)
    return meanings[:TOKENS], messages[:TOKENS]


def naive_pairs(data: Replicate) -> float:
    """Spearman's p over pairs of tokens, as if pairs were independent."""
    meanings, messages = _tokens(data)
    upper = np.triu_indices(len(meanings), 1)
    near, far = language.hamming_distances(meanings)[upper], language.edit_distances(messages)[upper]
    if np.ptp(near) == 0 or np.ptp(far) == 0:
        return 1.0
    return float(stats.spearmanr(near, far).pvalue)


def permuted_tokens(data: Replicate) -> Permuted:
    """A Mantel test that permutes tokens, though tokens of one type share meaning and message."""
    meanings, messages = _tokens(data)
    return mantel(language.hamming_distances(meanings), language.edit_distances(messages), data.seed, permutations=99)


def above(measure: Callable[[ArrayLike, ArrayLike], float], threshold: float) -> Function:
    """A score of the first speaker's tokens above a threshold."""
    return lambda data: bool(measure(*words_of(data, 0)) > threshold)


def published_influence(data: Replicate) -> Interval:
    """Causal influence with p(a) as the mean over messages of p(a, m), where the sum belongs; over states."""
    said, acts = data.probed
    joint = said[:, :, None] * acts
    apart = said[:, :, None] * joint.mean(axis=1)[:, None, :]
    ratio = np.divide(joint, apart, out=np.ones_like(joint), where=(joint > 0) & (apart > 0))
    return t_interval((joint * np.log(ratio)).sum(axis=(1, 2)))


def success(data: Replicate) -> float:
    """Binomial p that answers are right more often than one in A."""
    right = int(data.rewards.sum())
    return float(stats.binomtest(right, len(data.rewards), 1 / data.society.values, "greater").pvalue)


def unlike_words(data: Replicate) -> bool:
    """Two speakers' words for one meaning are less than half alike."""
    first, second = two_samples(data)
    alike = language.language_similarity(first, second)
    return bool(alike[~np.eye(SPEAKERS, dtype=bool)].mean() < ALIKE)


def metrics() -> dict[str, Audited]:
    """Popular practice, by name."""
    given = {
        f"mutual information above {BITS} bits": (lambda d: plug_in_information(d.meanings, d.messages) > BITS, "signalling"),
        "chi-square of meaning and message": (lambda d: chi_square(d.meanings, d.messages), "signalling"),
        "chi-square of message and own action": (lambda d: chi_square(d.messages, d.own_actions), "communication"),
        f"speaker consistency above {POSITIVE} bits": (
            lambda d: plug_in_information(d.messages, d.own_actions) > POSITIVE, "communication"),
        "success above 1 / actions": (success, "communication"),
        "chi-square of message and next action": (lambda d: chi_square(d.messages, d.actions), "listening"),
        "CIC of the reference implementation": (published_influence, "listening"),
        "topographic similarity, p over pairs": (naive_pairs, "compositional"),
        "topographic similarity, tokens permuted": (permuted_tokens, "compositional"),
        f"posdis above {SCORE}": (above(language.posdis, SCORE), "compositional"),
        f"bosdis above {SCORE}": (above(language.bosdis, SCORE), "compositional"),
        f"context independence above {SCORE}": (above(language.context_independence, SCORE), "compositional"),
        f"words less than {ALIKE} alike": (unlike_words, "private"),
    }  # fmt: skip
    return {name: Audited(_plain(function), POPULAR, (question,)) for name, (function, question) in given.items()}


def _plain(function: Callable[[Replicate], object]) -> Function:
    """numpy's bool as Python's."""

    def ask(data: Replicate) -> Permuted | Interval | float | bool:
        answer = function(data)
        return bool(answer) if isinstance(answer, np.bool_) else answer  # type: ignore[return-value]

    return ask
