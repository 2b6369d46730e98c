"""Messages spoken symbol by symbol: an autoregressive head for P minds at once.

The logits of symbol l depend on the trunk and on all symbols before it: u_l = silu(A_l h + sum_{k<l} E_kl[m_k]),
logits_l = C u_l. All positions of a given message are one product, because the sum over earlier symbols is a product with
a block-triangular matrix; speaking takes one small step for each symbol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import one_hot, silu

from society.world.scenario import Head

INNER = 64  # width of the layer between trunk and symbol


def shapes(width: int, head: Head) -> dict[str, tuple[int, ...]]:
    """Arrays of one message head."""
    return {
        "trunk.w": (width, head.length * INNER),
        "trunk.b": (head.length * INNER,),
        "before.w": (head.length * head.size, head.length * INNER),
        "logit.w": (INNER, head.size),
        "logit.b": (head.length * head.size,),
    }


def _before(arrays: Mapping[str, Tensor], head: Head) -> Tensor:
    """E [P, L * V, L * INNER] with the blocks k >= l removed: a symbol sees only those before it."""
    earlier = torch.ones(head.length, head.length, device=arrays["before.w"].device).triu(1)
    blocks = earlier.repeat_interleave(head.size, 0).repeat_interleave(INNER, 1)
    return arrays["before.w"] * blocks.to(arrays["before.w"].dtype)


def logits(trunk: Tensor, arrays: Mapping[str, Tensor], head: Head, message: Tensor) -> Tensor:
    """Logits [P, L, V, R] in float32 of every symbol of `message` (one-hot [P, R, L, V]) given those before it."""
    minds, rows = trunk.shape[:2]
    inner = torch.baddbmm(arrays["trunk.b"][:, None], trunk, arrays["trunk.w"])
    inner = inner + torch.bmm(message.flatten(2), _before(arrays, head))
    inner = silu(inner).view(minds, rows * head.length, INNER)
    out = torch.bmm(inner, arrays["logit.w"]).view(minds, rows, head.length, head.size).float()
    return out.permute(0, 2, 3, 1).contiguous() + arrays["logit.b"].view(minds, head.length, head.size, 1).float()


def speak(
    trunk: Tensor,
    arrays: Mapping[str, Tensor],
    head: Head,
    masked: Callable[[Tensor], Tensor],
    draw: Callable[[Tensor, int], Tensor],
) -> tuple[Tensor, Tensor]:
    """Symbols [P, R, L] drawn one after another, and the log-probability [P, R] of the message.

    `masked` takes the illegal options' probability from logits [P, V, R], `draw` chooses from them at a position [P, R].
    """
    inner = torch.baddbmm(arrays["trunk.b"][:, None], trunk, arrays["trunk.w"])
    before, bias = _before(arrays, head), arrays["logit.b"].view(trunk.shape[0], head.length, head.size, 1).float()
    symbols, total = [], torch.zeros(trunk.shape[:2], device=trunk.device)
    for position in range(head.length):
        here = slice(position * INNER, (position + 1) * INNER)
        out = torch.bmm(silu(inner[..., here]), arrays["logit.w"]).float().transpose(1, 2) + bias[:, position]
        out = masked(out)
        symbol = draw(out, position)
        total = total + out.log_softmax(1).gather(1, symbol[:, None])[:, 0]
        spoken = one_hot(symbol, head.size).to(trunk.dtype)
        inner = inner + torch.bmm(spoken, before[:, position * head.size : (position + 1) * head.size])
        symbols.append(symbol)
    return torch.stack(symbols, dim=-1), total
