"""The named configurations of the bazaar, as partial trees of the config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Chosen on seeds 0-5 for welfare and for what content is worth, then frozen; figures that count use other seeds.
LEARNING: Mapping[str, Any] = {
    "training": {"worlds": 256, "ticks": 16, "agent_steps": 7_000_000, "checkpoint_every": 50},
    "learner": {"lr": 1e-2, "minibatch": 4096, "signalling": 0.05, "listening": 0.005},
    "evaluation": {
        "conditions": ["normal", "mute", "content", "relabel", "scramble", "tradeless", "peaceful", "strangers"],
    },
}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": {**LEARNING, "training": {**LEARNING["training"], "agent_steps": 20_000_000}},
    "quick": {
        **LEARNING,
        "contest": {"enabled": False, "offered": False},
        "evaluation": {**LEARNING["evaluation"], "controls": ["muted_from_birth"]},
    },
}
