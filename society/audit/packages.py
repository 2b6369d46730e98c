"""Functions of other packages, where they are installed: emlangkit 0.3. Nothing of them is kept here."""

from __future__ import annotations

import importlib
import importlib.metadata
import warnings
from typing import Any

from society.audit.ours import words_of
from society.audit.popular import BITS, SCORE, TOKENS
from society.audit.replicate import Replicate
from society.audit.verdicts import Audited, Function

PACKAGE = "emlangkit"


def available() -> tuple[dict[str, Audited], str]:
    """The functions that can be had, by name, and a line on what cannot ("" if all can)."""
    try:
        functions: Any = importlib.import_module(f"{PACKAGE}.metrics")
        version = importlib.metadata.version(PACKAGE)
    except ImportError as absent:
        return {}, f"no column for {PACKAGE}: {absent}; install it with: pip install {PACKAGE}"
    source = f"{PACKAGE} {version}"

    def judged(name: str, threshold: float) -> Function:
        def ask(data: Replicate) -> bool:
            meanings, messages = words_of(data, 0)
            return bool(_quiet(getattr(functions, name), messages[:TOKENS], meanings[:TOKENS]) > threshold)

        return ask

    def similarity(data: Replicate) -> float:
        meanings, messages = words_of(data, 0)
        return float(_quiet(functions.compute_topographic_similarity, messages[:TOKENS], meanings[:TOKENS])[1])

    def information(data: Replicate) -> bool:
        return bool(_quiet(functions.compute_mutual_information, data.messages, data.meanings) > BITS)

    return {
        f"compute_mutual_information above {BITS}": Audited(information, source, ("signalling",)),
        "compute_topographic_similarity, its p": Audited(similarity, source, ("compositional",)),
        f"compute_posdis above {SCORE}": Audited(judged("compute_posdis", SCORE), source, ("compositional",)),
        f"compute_bosdis above {SCORE}": Audited(judged("compute_bosdis", SCORE), source, ("compositional",)),
    }, ""  # fmt: skip


def _quiet(function: Any, messages: Any, meanings: Any) -> Any:
    """Its answer without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(messages, meanings)
