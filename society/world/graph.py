"""A graph of who hears whom is obeyed or refused, never passed over in silence."""

from __future__ import annotations

from .scenario import Scenario


def heeds(made: Scenario) -> None:
    """Raises ValueError in one line where `channel.graph` is given to a world that cannot obey it, or names no seat of it."""
    channel, spec = made.parts.channel, made.spec
    if not channel.config.graph:
        return
    if not any(head.speech for head in spec.heads.values()):
        raise ValueError("channel.graph: nobody speaks in this world; leave it empty")
    if spec.seats > 2 and not spec.routes:
        raise ValueError(
            f"channel.graph: this world of {spec.seats} seats does not ask who hears whom (Spec.routes); leave it empty"
        )
    channel.hears(spec.seats)
