"""The lines of a report that are about language: which they are, what each means, and what they say together."""

import math
from collections.abc import Sequence

from society.analysis.declared import Declared
from society.analysis.estimate import Estimate
from society.viewer.words import interval, number, p_value

TWINS = ("mute", "content", "relabel", "scramble")
CONTROLS = ("muted_from_birth", "content_from_birth")
EFFECT, WORTH = "effect_of_", "worth_over_"
STRUCTURE, CAUSE, AGREEMENT = "structure", "causal effect", "agreement"
MEANS = {
    STRUCTURE: {
        "mutual_information": "what a message tells of what its speaker alone knows, above a shuffle of lives",
        "mutual_information.speaking": "the same, when only speaking and silence are told apart",
        "message_entropy": "how varied whole messages are, silence included",
        "ngram_entropy.1": "how varied single symbols are",
        "ngram_entropy.2": "how varied neighbouring pairs of symbols are",
        "synonymy": "H(message | meaning): 0 where a meaning has one word; below the null is a code",
        "homonymy": "H(meaning | message): 0 where a word has one meaning; below the null is a code",
        "abbreviation": "correlation of length and frequency of messages; Zipf's law is below 0",
        "topographic_similarity": "topsim: like meanings have like messages",
        "posdis": "each position speaks of one attribute",
        "bosdis": "each symbol speaks of one attribute, wherever it stands",
        "context_independence": "one symbol for one value of an attribute, whatever stands around it",
        "tree_reconstruction_error": "error of messages as sums of their attributes, held out: 0 is compositional, 1 is not",
        "generalisation_gap": "headline on meanings of training less that on new combinations",
    },
    CAUSE: {
        EFFECT: "the trained society with its messages changed, less as trained",
        WORTH: "as trained, less a society grown without words",
        "cic": "how far a listener's next action hangs on the message, weighed by what the speaker would say",
        "positive_listening": "change of a listener's actions between the message and silence",
        "positive_signalling": "how far what is said hangs on the speaker's state",
        "speaker_consistency": "what a message tells of its speaker's own next action; correlational",
        "instantaneous_coordination": "what a message tells of its hearer's next action; correlational",
    },
    AGREEMENT: {
        "language_similarity.self": "one mind's words for one meaning, compared twice; the null is two meanings",
        "language_similarity.others": "two minds' words for one meaning; the null is two meanings",
        "dialects": "minds that meet, less minds that do not: above the null they have dialects",
        "cross_play.gap": "a mind that speaks with itself, less with others",
        "talk_network": "the network of who speaks to whom",
    },
}


def effects(lines: Sequence[Estimate], told: Declared | None) -> list[Estimate]:
    """What the loss of words does to the headline: the lines of the twins, then of the controls, those without a value too."""
    name = told.headline.name if told else ""
    wanted = [*(f"{EFFECT}{one}.{name}" for one in TWINS), *(f"{WORTH}{one}.{name}" for one in CONTROLS)]
    found = {line.metric: line for line in lines}
    return [found[metric] for metric in wanted if metric in found]


def clear(line: Estimate) -> bool:
    """Whether its interval excludes its null, 0 where it names none."""
    null = line.null if math.isfinite(line.null) else 0.0
    return bool(line.ci_low > null or line.ci_high < null)


def sentence(found: Sequence[Estimate], headline: str) -> str:
    """What the effects say and what they do not, in plain text."""
    twins = [line for line in found if line.metric.startswith(EFFECT) and math.isfinite(line.value)]
    down = [line.condition for line in twins if clear(line) and line.value < line.null]
    up = [line.condition for line in twins if clear(line) and line.value > line.null]
    still = [line.condition for line in twins if not clear(line)]
    said = []
    if down:
        said.append(f"{_and(down)} lower{_s(down)} {headline}, {_their(down)} null: listeners rely on what is said")
    if up:
        said.append(f"{_and(up)} raise{_s(up)} {headline}, {_their(up)} null: there, words mislead")
    if still:
        said.append(f"the interval of {_and(still)} includes the null or is missing: no effect is shown")
    if not twins:
        said.append("this run has no twin world without words, so that it cannot tell whether they matter")
    return _begun("; ".join([*said, _worth([line for line in found if line.metric.startswith(WORTH)], headline)])) + "."


def _worth(lines: Sequence[Estimate], headline: str) -> str:
    known = [line for line in lines if math.isfinite(line.value)]
    if not known:
        return "no society was grown without words, so what they are worth is not known"
    if not any(math.isfinite(line.ci_low) for line in known):
        values = _and([f"{number(line.value)} over {line.condition}" for line in known])
        return f"the worth, {values}, is that of one training run and has no interval"
    higher = [line.condition for line in known if clear(line) and line.value > 0]
    lower = [line.condition for line in known if clear(line) and line.value <= 0]
    still = [line.condition for line in known if not clear(line)]
    said = [
        f"growing up with words makes {headline} {sign} than {_and(names)}, {_their(names)} null"
        for sign, names in (("higher", higher), ("lower", lower)) if names
    ]  # fmt: skip
    return "; ".join([*said, *([f"against {_and(still)} no worth is shown"] if still else [])])


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _s(names: Sequence[str]) -> str:
    return "s" if len(names) == 1 else ""


def _their(names: Sequence[str]) -> str:
    return "its interval excludes the" if len(names) == 1 else "their intervals exclude the"


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


def meaning_of(line: Estimate, headline: str) -> tuple[str, str] | None:
    """The group of a line and what it means; None for one that is not about language."""
    for prefix, some in ((EFFECT, TWINS), (WORTH, CONTROLS)):
        if any(line.metric == f"{prefix}{one}.{headline}" for one in some):
            return CAUSE, MEANS[CAUSE][prefix]
    for name in (line.metric, line.metric.partition(".")[0]):
        for group, names in MEANS.items():
            if name in names:
                return group, names[name]
    return None


def table(lines: Sequence[Estimate], told: Declared | None) -> list[dict[str, str]]:
    """The lines about language as text, group by group in the order of `MEANS`; one without a value says why."""
    name = told.headline.name if told else ""
    rows, places = [], []
    for line in lines:
        found = meaning_of(line, name)
        if found is None:
            continue
        group, means = found
        rows.append(
            {
                "about": group,
                "metric": line.metric[:120],
                "value": number(line.value) or "none",
                "95 % interval": interval(line.ci_low, line.ci_high),
                "null": number(line.null),
                "p": p_value(line.p),
                "n": str(line.n) if line.n else "",
                "unit": line.unit[:60],
                "what it means, and what is missing": _told(line, means),
            }
        )
        places.append((list(MEANS).index(group), [*MEANS[group].values()].index(means)))
    return [row for _, row in sorted(zip(places, rows, strict=True), key=lambda one: one[0])]


def _told(line: Estimate, means: str) -> str:
    reason = line.reason[:300]
    if not math.isfinite(line.value):
        return f"no value: {reason or 'no reason is told'} ({means})"
    return f"{means} ({reason})" if reason else means
