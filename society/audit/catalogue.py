"""The families of scripted societies about signalling, listening and worth: each a planted society and its twin without.

`FAMILIES` in this file and in `catalogue_codes` make the whole list; `societies()` gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from society.audit import codes, policies
from society.audit.society import Society, answers, nothing

Family = tuple[str, str, Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]
SIGNALS = {"signalling": True}
HEARS = {"listening": True}
BOTH = {"signalling": True, "listening": True, "communication": True}

BASE: dict[str, Any] = {
    "messages": codes.words(4),
    "code": codes.holistic(),
    "means": codes.uniform,
    "speak": policies.tell(),
    "listen": policies.obey(),
    "truth": answers(),
}


def twin(**fields: Any) -> dict[str, Any]:
    """The twin without what is planted: these fields, and `truth` of what is true nevertheless."""
    return {**fields, "truth": nothing(**fields.get("truth", {}))}


BABBLE = twin(speak=policies.babble(), truth=HEARS)
EVENT: dict[str, Any] = {"values": 2, "code": codes.holistic()}
PRESENCE = {"content": False, "presence": True}

# name, what it is, planted, twin, what both share
FAMILIES: list[Family] = [
    ("honest", "speakers say what they know / any word; listeners obey", {}, BABBLE, {}),
    ("deaf_listener", "the listener obeys / guesses; speakers are honest", {},
     twin(listen=policies.deaf, truth=SIGNALS), {}),
    ("constant_symbol", "each speaker has one symbol for life: that of what it knows for life / a habit",
     {"means": codes.for_life}, twin(speak=policies.habit, truth=HEARS), {}),
    ("beacon", "somebody calls when something is there / at random; the word is any",
     {"speak": policies.beacon(True, policies.babble()), "truth": answers(**PRESENCE)},
     twin(speak=policies.beacon(False, policies.babble()), truth=HEARS),
     {**EVENT, "listen": policies.instead(policies.always(0), policies.always(1))}),
    ("unused_content", "the word tells what is there; the listener heeds the word / only that there was one",
     {"listen": policies.instead(policies.always(0), policies.obey())},
     {"listen": policies.instead(policies.always(0), policies.any_but_first), "truth": answers(**PRESENCE)},
     {"speak": policies.beacon(True, policies.tell())}),
    ("liar", "speakers say the opposite and listeners know it / believe them",
     {}, twin(listen=policies.contrary(), truth={**BOTH, "channel": True, "content": True, "own_world": True}), {}),
    ("timing_channel", "when the one word is said tells what is known / nothing",
     {"speak": policies.timing(True), "truth": answers(**PRESENCE)},
     twin(speak=policies.timing(False), truth=HEARS),
     {**EVENT, "means": codes.per_turn, "hold": 2, "listen": policies.clocked}),
    ("visible_state", "the listener is blind and obeys / sees the state itself and heeds no message",
     {}, twin(listen=policies.sees, silent=policies.sees, truth=SIGNALS), {}),
    ("crutch", "the listener relies on messages; grown without, it guesses / sees the state as well",
     {}, {"silent": policies.sees, "truth": answers(worth=False)}, {}),
    ("synonyms", "two words for every meaning / eight words for nothing", {"speak": policies.synonyms()}, BABBLE,
     {"messages": codes.words(8), "code": codes.holistic(words=2), "alias": codes.first_half(9, 2)}),
    ("homonyms", "every word has two meanings / two words for nothing", {}, BABBLE,
     {"messages": codes.words(2), "code": codes.merged}),
    ("one_honest", "one of four speakers is honest / none; all are believed",
     {"speak": policies.only(1, policies.tell(), policies.babble())}, BABBLE, {}),
    ("sparse_speech", "three words in ten ticks, honest / any", {"speak": policies.when(0.3, policies.tell())},
     twin(speak=policies.when(0.3, policies.babble()), truth=HEARS), {}),
    ("delayed_answer", "the answer comes two ticks late / never", {"listen": policies.late(2, policies.obey())},
     twin(listen=policies.deaf, truth=SIGNALS), {"delay": 2}),
    ("channel_noise", "three symbols in ten are garbled; speakers are honest / babble", {}, BABBLE, {"noise": 0.3}),
    ("pseudo_replication", "what is known and what is said stay for life, fitting / unrelated",
     {}, twin(speak=policies.habit, listen=policies.deaf), {"means": codes.for_life}),
    ("time_trend", "words and actions drift with the day / and do nothing else", {},
     twin(speak=policies.drift, listen=policies.by_clock), {"means": codes.trending, "silent": policies.by_clock}),
    ("common_cause", "all see the weather; they talk of what they know / of the weather, and act on it", {},
     twin(speak=policies.weather, listen=policies.by_public), {}),
    ("copycat", "a listener of habits is told things / is echoed", {"listen": policies.sticky(0.4, policies.obey())},
     twin(speak=policies.echo, listen=policies.sticky(0.8, policies.deaf)), {}),
    ("self_talk", "speakers do as they say: what they know, and are heard / any word, and nobody hears", {},
     twin(speak=policies.babble(), listen=policies.deaf), {"own": "said"}),
    ("irrelevant_talk", "speakers tell what is asked / something else; they are believed",
     {"speak": policies.first_attribute}, twin(speak=policies.second_attribute, truth=BOTH),
     {"attributes": 2, "fixed_query": True, "code": codes.first_attribute_code}),
    ("identity", "each speaker mostly knows one thing; it is told / has a favourite word, and who speaks is seen",
     {}, twin(speak=policies.favourite, listen=policies.by_speaker),
     {"means": codes.favoured, "silent": policies.by_speaker}),
    ("code_drift", "the code moves at noon and listeners know / any word",
     {"speak": policies.shifted, "listen": policies.shifted_back}, BABBLE, {}),
    ("skewed_state", "one answer is right seven times in ten; told / always given",
     {}, twin(listen=policies.majority, truth=SIGNALS), {"means": codes.skewed, "silent": policies.majority}),
    ("misleading_babble", "the listener believes any word and knows the odds in silence; told / misled",
     {}, twin(speak=policies.babble(), truth={**HEARS, "channel": True, "presence": True}),
     {"means": codes.skewed, "listen": policies.instead(policies.majority, policies.obey())}),
    ("certain_speaker", "speakers never stray; the listener obeys / guesses", {},
     twin(listen=policies.deaf, truth=SIGNALS), {"speak": policies.tell(1.0)}),
    ("rare_listening", "the listener attends to one message in four / to none",
     {"listen": policies.sometimes(0.25, policies.obey())}, twin(listen=policies.deaf, truth=SIGNALS), {}),
    ("private_offset", "the listener answers what it hears / moved by a coin of its own", {},
     twin(listen=policies.offset, truth=BOTH), {}),
    ("divided_worlds", "all worlds gain / half of them gain what the others lose", {},
     twin(listen=policies.divided, truth=BOTH), {}),
    ("shared_targets", "every world / all worlds alike have the same right answer", {},
     {"means": codes.everywhere, "truth": answers(own_world=False)}, {}),
    ("constant_language", "honest words / always the same word, obeyed", {},
     twin(speak=policies.constant(), truth=HEARS), {}),
]  # fmt: skip


def societies() -> list[Society]:
    """Every society, twins side by side, the planted one first."""
    from society.audit import catalogue_codes

    return [one for family in (*FAMILIES, *catalogue_codes.FAMILIES) for one in twins(family)]


def twins(family: Family) -> Iterator[Society]:
    """The planted society and its twin without the effect."""
    name, about, planted, bare, shared = family
    for given, with_it in ((planted, True), (bare, False)):
        fields = {**BASE, **shared, **given}
        suffix = "" if with_it else "/without"
        yield Society(name=name + suffix, family=name, planted=with_it, about=about, **fields)
