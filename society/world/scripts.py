"""The reference agent that every world can have: every option of every head alike."""

from __future__ import annotations

from typing import Any

from ..keys import Keys
from .scenario import Action, Observation, Script, Spec


def uniform(spec: Spec) -> Script:
    """Draws each number of the action by itself, by key, whether it is legal or not: for worlds without a mask."""

    def act(state: Any, seen: Observation, key: Keys) -> Action:
        return {
            name: key.integers(f"script.{name}", head.size, spec.seats, *[head.length] * (head.length > 1))
            for name, head in spec.heads.items()
        }

    return Script(act, "every option alike")
