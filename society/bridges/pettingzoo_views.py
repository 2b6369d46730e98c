"""What an agent of a PettingZoo environment sees: its space, and a tick's observations of all seats."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from ..world.scenario import Observation, Spec
from .spaces import choices, feature_space


class Views:
    """Observations of a spec: a Box of features [F], or where `masked` a Dict of it and of what is legal.

    The mask is what gymnasium's `sample` takes: int8 [options] for Discrete; for MultiDiscrete a tuple of such arrays, one for
    each number of the action. It allows the no-op alone to those who may not act.
    """

    def __init__(self, spec: Spec, masked: bool):
        self.spec, self.masked = spec, masked
        self.sizes, self.several = spec.sizes, len(spec.sizes) > 1

    def space(self) -> spaces.Space[Any]:
        """A new space of one agent's observations."""
        features = feature_space(self.spec)
        if not self.masked:
            return features
        each = [spaces.Box(0, 1, (size,), np.int8) for size in self.sizes]
        mask: spaces.Space[Any] = spaces.Tuple(each) if self.several else each[0]
        return spaces.Dict({"observation": features, "action_mask": mask})

    def rows(self, seen: Observation) -> list[Any]:
        """What each seat of the first world sees."""
        features = seen.features[0].cpu().numpy().astype(np.float32)
        if not self.masked:
            return list(features)
        options = choices(self.spec, seen)
        assert options is not None  # or it were not masked
        return self._with_masks(features, options[0].cpu().numpy().astype(np.int8))

    def blank(self) -> Any:
        """What nobody sees: zeros and the no-op."""
        features = np.zeros((1, self.spec.features), np.float32)
        return self._with_masks(features, np.zeros((1, sum(self.sizes)), np.int8))[0] if self.masked else features[0]

    def _with_masks(self, features: NDArray[np.float32], options: NDArray[np.int8]) -> list[Any]:
        parts = np.split(options, np.cumsum(self.sizes)[:-1], axis=1)
        for part in parts:
            part[:, 0] |= ~part.any(axis=1)  # where nothing is legal the world takes the no-op
        found = zip(*parts, strict=True) if self.several else parts[0]
        return [{"observation": row, "action_mask": mask} for row, mask in zip(features, found, strict=True)]

    def fields(self, observation: Any) -> dict[str, NDArray[np.float32]]:
        """The named fields of one observation, each in its own shape."""
        packed = observation["observation"] if self.masked else observation
        return {name: packed[self.spec.slices[name]].reshape(shape) for name, shape in self.spec.fields.items()}
