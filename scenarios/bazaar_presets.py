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
PEACE: Mapping[str, Any] = {"enabled": False, "offered": False}

# Tried on seeds 0-5 (docs/worlds/bazaar.md says what) and frozen before seeds 10-17 were run.
# Short sight in a wide world makes a walk to the wrong seat dear. A voice that cannot be withheld leaves to speech only what
# it says: where silence is possible, half the societies settle on one call for all goods, and content is worth nothing.
WIDE: Mapping[str, Any] = {
    "world": {"size": 24, "view": 1, "density": 0.12, "own_yield": 10, "capacity": 20, "voice": "constant"},
    "market": {"lots": 10},
}

FULL: Mapping[str, Any] = {
    **LEARNING,
    **WIDE,
    "contest": PEACE,
    "training": {**LEARNING["training"], "agent_steps": 6_000_000},
    "learner": {**LEARNING["learner"], "signalling": 1.5},
    "evaluation": {
        "conditions": ["normal", "mute", "content", "relabel", "tradeless"],
        "controls": ["muted_from_birth", "content_from_birth", "tradeless_from_birth"],
    },
}

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "default": {**LEARNING, "training": {**LEARNING["training"], "agent_steps": 20_000_000}},
    "quick": {
        **LEARNING,
        "contest": PEACE,
        "evaluation": {**LEARNING["evaluation"], "controls": ["muted_from_birth"]},
    },
    "full": FULL,
    # The same world for eight independent minds. Each sees an eighth of the steps, so it takes larger ones.
    "society": {
        **FULL,
        "population": {"minds": 8},
        "training": {**FULL["training"], "agent_steps": 5_000_000},
        "learner": {**FULL["learner"], "lr": 2e-2, "signalling": 1.0},
    },
    # One good is scarcer than the other (`--world.abundance 0.5,1`) and three prices are on offer: A for B at 1:2, 1:1, 2:1.
    "scarcity": {
        **LEARNING,
        **WIDE,
        "world": {**WIDE["world"], "abundance": [0.5, 1.0]},
        "market": {"lots": 10, "prices": [[1, 1], [1, 2], [2, 1]]},
        "contest": PEACE,
        "training": {**LEARNING["training"], "agent_steps": 3_000_000},
        "learner": FULL["learner"],
        "evaluation": {"conditions": ["normal", "mute", "tradeless"]},
    },
    # Whoever strikes a trader gains a little and the society loses much; beside a guard a strike fails.
    "raiders": {
        **LEARNING,
        "world": {"guards": 1, "loot": 2},
        "contest": {"enabled": True, "offered": True, "take": 4, "cost": 0.2},
        "training": {**LEARNING["training"], "agent_steps": 4_000_000},
    },
}
