"""The families of scripted societies about how a code is built and who shares it; `catalogue` has the others."""

from __future__ import annotations

from typing import Any

from society.audit import codes, policies
from society.audit.catalogue import Family, twin
from society.audit.society import answers

BUILT = answers(compositional=True, private=False)
WHOLE = answers(compositional=False, private=False)
OWN = answers(compositional=False, private=True)
CUBE: dict[str, Any] = {"attributes": 3, "values": 3, "messages": codes.strings(3, 3)}
WORDS: dict[str, Any] = {**CUBE, "code": codes.holistic(), "truth": WHOLE}
PARTS: dict[str, Any] = {**CUBE, "code": codes.compositional(), "truth": BUILT}
BAG = codes.either(range(1, 5), range(5, 9))
PAIRED: dict[str, Any] = {**CUBE, "pairs": True}

FAMILIES: list[Family] = [
    ("holistic", "a symbol for every value / a random word for every meaning", PARTS, WORDS, {}),
    ("few_types", "eight meanings said many times over: by parts / by random words",
     {"code": codes.compositional(), "truth": BUILT}, {"code": codes.holistic(), "truth": WHOLE},
     {"attributes": 3, "values": 2, "messages": codes.strings(2, 3)}),
    ("skewed_frequency", "Zipf's frequencies; by parts / by random words", PARTS, WORDS, {"means": codes.zipf}),
    ("length", "messages of one to three symbols; by parts / random words, the shorter the more frequent",
     {"code": codes.shortened, "truth": BUILT}, {"code": codes.abbreviated, "truth": WHOLE},
     {**CUBE, "messages": codes.shorter(3, 3), "means": codes.zipf}),
    ("bag_of_symbols", "a symbol for every value in any order / random pairs of symbols in any order",
     {"code": codes.bag(False), "truth": BUILT}, {"code": codes.bag(True), "truth": WHOLE},
     {"attributes": 2, "messages": BAG, "alias": codes.first_half(len(BAG), 2), "speak": policies.either_order}),
    ("one_bit", "every attribute has its symbol / two words tell one bit of one attribute", PARTS,
     {**CUBE, "code": codes.one_bit, "truth": WHOLE}, {}),
    ("noisy_speakers", "speakers stray four times in ten; by parts / by random words", PARTS, WORDS,
     {"speak": policies.tell(0.6)}),
    ("many_words", "a private random word for each of 64 things / any of 64 words",
     {"truth": OWN}, twin(speak=policies.babble(), truth={"listening": True}),
     {"attributes": 3, "messages": codes.strings(4, 3), "code": codes.holistic(True)}),
    ("dialects", "each pair has a language by parts of its own / all share one",
     {**PAIRED, "code": codes.compositional(True), "truth": {**BUILT, "private": True}},
     {**PAIRED, "code": codes.compositional(), "truth": BUILT}, {}),
    ("polyglot", "each speaker has words of its own and the listener knows all / all share words",
     {**CUBE, "code": codes.holistic(True), "truth": OWN}, WORDS, {"pairs": False}),
    ("noisy_dialects", "speakers stray seven times in ten; each pair's own words / shared words",
     {"code": codes.holistic(True), "truth": OWN}, {"code": codes.holistic(), "truth": WHOLE},
     {**PAIRED, "speak": policies.tell(0.3)}),
    ("unequal_skill", "listeners understand two to nine times in ten; each pair's own words / shared words",
     {"code": codes.holistic(True), "truth": OWN}, {"code": codes.holistic(), "truth": WHOLE},
     {**PAIRED, "skills": (0.25, 0.5, 0.75, 1.0)}),
    ("private_synonyms", "each speaker has a word of its own for every meaning / all use any of four words",
     {"speak": policies.tell(), "code": codes.holistic(True), "truth": answers(private=True)},
     {"speak": policies.synonyms(4), "code": codes.holistic(words=4), "truth": answers(private=False),
      "alias": codes.first_half(17, 4)}, {"messages": codes.words(16)}),
]  # fmt: skip
