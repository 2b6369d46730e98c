"""What is said for what while a population learns: the table `lexicon`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .rollout import Tick

WORLDS = 64  # of a rollout that are counted: enough for a picture
MEANINGS = 256  # values of one part of a meaning; a part that has more is no lexicon and is left out


class Lexicon:
    """Counts symbols by meaning over one rollout. `tick` takes each of its ticks."""

    def __init__(self) -> None:
        self.said: list[Tensor] = []  # [K, L] symbols of those who could speak
        self.meant: list[Tensor] = []  # [K, parts]

    def tick(self, tick: Tick) -> None:
        """Take one tick."""
        spec = tick.worlds.scenario.spec
        name = next((n for n, h in spec.heads.items() if h.speech), None)
        meanings = tick.worlds.scenario.meanings(tick.worlds.state) if name else {}
        if name is None or not meanings:
            return
        could = tick.seen.may(spec, name)[:WORLDS]
        self.said.append(tick.turn.packed[:WORLDS][..., spec.columns[name]][could].cpu())
        self.meant.append(torch.stack([meaning[:WORLDS].long() for meaning in meanings.values()], dim=-1)[could].cpu())

    def columns(self) -> dict[str, Any] | None:
        """part, meaning, position, symbol, count: one row for each combination that occurred; None where nobody could speak."""
        if not self.said:
            return None
        said, meant = torch.cat(self.said), torch.cat(self.meant)
        pieces = []
        for part in range(meant.shape[1]):
            if not len(said) or len(meant[:, part].unique()) > MEANINGS:
                continue
            for position in range(said.shape[1]):
                pairs, count = torch.stack([meant[:, part], said[:, position]], 1).unique(dim=0, return_counts=True)
                place = torch.tensor([part, position]).expand(len(pairs), 2)
                pieces.append(torch.cat([place, pairs, count[:, None]], 1))
        if not pieces:
            return None
        names = ("part", "position", "meaning", "symbol", "count")
        return {name: column.numpy() for name, column in zip(names, torch.cat(pieces).T, strict=True)}
