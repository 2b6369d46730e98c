"""Why a metric fails on a society that was made to trap it: one line each, written by hand."""

from __future__ import annotations

from fnmatch import fnmatch

CLOCK = "message and action (or meaning) both follow the clock, so they go together without one causing the other"
WHO = "speakers differ in what they know and in their favourite word: pooled over speakers the two go together"
PAIRS = "pairs of messages are no independent evidence, and repeats of a type are perfectly alike"
TOKENS = "tokens of one meaning and word are no independent evidence"
HEARD_BY_NOBODY = "the speaker's word and its own act hang on the same knowledge; nobody listens"
UNSAID = "weighs words by p(m|s): where one word is certain, what others would do counts nothing"
COIN = "a private coin moves the answer: it depends on the message, and yet never goes with it"
ONE_WORD = "one word only: nothing varies, though another word would be obeyed"
SEES = "the listener acts on the state it sees, and so in step with messages that it ignores"
SEVERAL = "gives no value for messages of several symbols (states share no options)"
NOISE = "gives no value on a noisy channel: what a probe's listener hears is not what was said"
LATE = "a probe looks one tick ahead; the answer comes two ticks late"
WHEN = "what counts is when one speaks; over all ticks, speech goes with neither meaning nor action"
ONE_BIT = "two words for a single attribute: they go with likeness of meaning, but nothing is composed"

# metrics (names, may end in *), truth, societies (may end in *), why; the first that fits is given
REASONS: tuple[tuple[str, bool, str, str], ...] = (
    ("causal influence (CIC)", True, "channel_noise*", NOISE),
    ("positive listening", True, "channel_noise*", NOISE),
    ("causal influence (CIC)", True, "delayed_answer", LATE),
    ("positive listening", True, "delayed_answer", LATE),
    ("causal influence (CIC)", True, "certain_speaker", UNSAID),
    ("causal influence (CIC)", True, "constant_language*", UNSAID),
    ("CIC of the reference*", False, "*", "a mean where the sum over messages belongs: ln M for messages that are ignored"),
    ("effect of *", True, "one_bit*", "the planted effect is small: .08 of .33"),
    ("mute without content", False, "one_bit*", "the content's effect is small and was missed"),
    ("positive signalling", True, "channel_noise*", NOISE),
    ("positive signalling", True, "shared_targets*", "each speaker was probed at one moment, when all worlds were alike"),
    ("positive signalling", True, "*", SEVERAL),
    ("positive signalling", False, "time_trend*", "the word follows the clock: part of the state, no private knowledge"),
    ("positive signalling", False, "common_cause*", "the word follows what everybody sees, which is no private knowledge"),
    ("positive signalling", False, "copycat*", "the word follows the listener's last action, which is part of the state"),
    ("positive signalling", False, "*", "habits differ between lives, and a state is counted as if its habit were known to it"),
    ("*coordination", False, "visible_state*", SEES),
    ("chi-square of message and next*", False, "visible_state*", SEES),
    ("*coordination", False, "common_cause*", "both follow what everybody sees"),
    ("chi-square of message and next*", False, "common_cause*", "both follow what everybody sees"),
    ("*coordination", False, "copycat*", "the speaker echoes the last action and the listener has habits"),
    ("chi-square of message and next*", False, "copycat*", "the speaker echoes the last action and the listener has habits"),
    ("*", False, "time_trend*", CLOCK),
    ("*", False, "identity*", WHO),
    ("*coordination", True, "private_offset*", COIN),
    ("chi-square of message and next*", True, "private_offset*", COIN),
    ("*coordination", True, "constant_language*", ONE_WORD),
    ("chi-square of message and next*", True, "constant_language*", ONE_WORD),
    ("*coordination", True, "delayed_answer", "looks at the next action; the answer comes two ticks late"),
    ("chi-square of message and next*", True, "delayed_answer", "looks at the next action; the answer comes two ticks late"),
    ("*", True, "timing_channel*", WHEN),
    ("speaker consistency above*", False, "pseudo_replication*", "few independent lives: bits by chance alone"),
    ("chi-square of message and own*", False, "pseudo_replication*", "word and act stay for life: repeats count as evidence"),
    ("*information*", False, "many_words*", "plug-in estimate: 64 meanings by 64 words leave bits by chance alone"),
    ("*information*", False, "*", "plug-in estimate from few lives or tokens: bits by chance alone"),
    ("chi-square of meaning*", False, "many_words*", "cells with hardly a count: the approximation fails"),
    ("chi-square of meaning*", False, "*", "what is known and what is said stay for life: repeats are counted as evidence"),
    ("*own action", True, "irrelevant_talk*", "speakers tell something else than what they act on"),
    ("speaker consistency*", True, "irrelevant_talk*", "speakers tell something else than what they act on"),
    ("success above*", False, "visible_state*", "the listener sees the state itself"),
    ("success above*", False, "skewed_state*", "one answer is right seven times in ten, whatever is said"),
    ("success above*", True, "*", "communicates, but not to the reward's advantage"),
    ("*own action", False, "*", HEARD_BY_NOBODY),
    ("speaker consistency above*", False, "*/without", "no null: what is told to nobody, and bits by chance alone"),
    ("speaker consistency", False, "*", HEARD_BY_NOBODY),
    ("topographic*, p over pairs", False, "*", PAIRS),
    ("*topographic_similarity, its p", False, "*", PAIRS),
    ("topographic*, tokens permuted", False, "*", TOKENS),
    ("*", False, "one_bit*", ONE_BIT),
    ("*posdis*", True, "bag_of_symbols", "order means nothing here; bosdis sees it"),
    ("*bosdis*", True, "*", "the same symbols stand for other values in other positions; posdis sees it"),
    ("*posdis*", True, "noisy*", "slips of the tongue lower the score below the threshold"),
    ("context independence*", True, "*", "a symbol stands for another value in each position, so none belongs to one concept"),
    ("context independence*", False, "*", "the score of random words is well above nought: a threshold is no null"),
    ("cross-play gap", True, "*", "one listener knows every code, so strangers understand each other through it"),
    ("words less than*", False, "*", "speakers that stray, or have many words, are unlike themselves too"),
)  # fmt: skip


def reason(metric: str, question: str, society: str, truth: bool) -> str:
    """The explanation, or nothing where the society was no trap for this metric."""
    for named, holds, where, why in REASONS:
        if truth == holds and _fits(metric, named) and _fits(society, where):
            return why
    return ""


def _fits(name: str, pattern: str) -> bool:
    """`*` stands for anything; nothing else is special."""
    return fnmatch(name, pattern.replace("[", "[[]"))
