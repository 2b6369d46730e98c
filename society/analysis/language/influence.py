"""What a message does: causal influence, positive signalling and listening, from probabilities under do(message)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from society.analysis.language.arrays import codes
from society.analysis.replicates import real
from society.analysis.statistics import NAN, Array


def _distributions(p: ArrayLike, ndim: int) -> Array:
    """Rows that sum to 1 along the last axis; what is no positive number counts as 0, a row without mass stays zero."""
    share = real(p)
    if share.ndim != ndim:
        raise ValueError(f"probabilities have shape {share.shape}; give {ndim} axes, the last that of the choices")
    share = np.where(np.isfinite(share) & (share > 0), share, 0.0)
    total = share.sum(axis=-1, keepdims=True)
    return np.divide(share, total, out=np.zeros_like(share), where=total > 0)


def cic_by_state(p_m: ArrayLike, p_action: ArrayLike) -> Array:
    """Causal influence of communication of each state [S], in nats (Lowe et al. 2019).

    sum_m p(m|s) KL(pi(.|s, do(m)) || sum_m' p(m'|s) pi(.|s, do(m'))). p_m [S, M]: the speaker's probabilities, 0
    padding; p_action [S, M, A]: the listener's. 0 for a deaf listener, ln M for one that copies a uniform message.
    Weighted by p(m|s), so that a perfectly certain speaker scores 0, however much its listener would heed other words.
    """
    said, acts = _distributions(p_m, 2), _distributions(p_action, 3)
    mean = np.einsum("sm,sma->sa", said, acts)[:, None, :]
    ratio = np.divide(acts, mean, out=np.ones_like(acts), where=(acts > 0) & (mean > 0))
    return np.maximum(0.0, np.einsum("sm,sma->s", said, acts * np.log(ratio)))


def cic(p_m: ArrayLike, p_action: ArrayLike) -> float:
    """Mean over states of `cic_by_state`, in nats; NaN without a state."""
    each = cic_by_state(p_m, p_action)
    return float(each.mean()) if each.size else NAN


def positive_signalling(p_m: ArrayLike, minds: ArrayLike | None = None, weights: ArrayLike | None = None) -> float:
    """Positive signalling (Eccles et al. 2019): I(m; state) = H(mean_s p(m|s)) - mean_s H(p(m|s)) in nats, p_m [S, M].

    Of each mind on its own, then the mean over `minds` [S]: who speaks is not what is seen. A state counts `weights`
    [S] times. Exact for these states, so that no shuffle is needed: 0 when speakers ignore the state. A mind of fewer
    than two states is left out; NaN if all are.
    """
    p = _distributions(p_m, 2)
    if len(p) < 2:
        return NAN
    mind = np.zeros(len(p), dtype=np.int64) if minds is None else codes(minds)
    weight = np.ones(len(p)) if weights is None else real(weights)
    several = np.bincount(mind) > 1
    total = np.bincount(mind, weight)
    kept = np.flatnonzero(several & (total > 0))
    if not kept.size:
        return NAN
    mean = np.zeros((len(total), p.shape[1]))
    np.add.at(mean, mind, weight[:, None] * p)
    uncertain = np.bincount(mind, weight * _nats(p))
    each = _nats(mean[kept] / total[kept, None]) - uncertain[kept] / total[kept]
    return max(0.0, float(each.mean()))


def _nats(p: Array) -> Array:
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1)


def positive_listening_by_state(p_m: ArrayLike, p_action: ArrayLike, p_action_silent: ArrayLike) -> Array:
    """Positive listening of each state [S]: sum_m p(m|s) || pi(.|s, m) - pi(.|s, silence) ||_1, in 0..2.

    p_m [S, M], p_action [S, M, A], p_action_silent [S, A] (Lowe et al. 2019; Eccles et al. 2019).
    """
    distance = np.abs(_distributions(p_action, 3) - _distributions(p_action_silent, 2)[:, None, :]).sum(axis=-1)
    return np.asarray((_distributions(p_m, 2) * distance).sum(axis=-1))


def positive_listening(p_m: ArrayLike, p_action: ArrayLike, p_action_silent: ArrayLike) -> float:
    """Mean over states of `positive_listening_by_state`; NaN without a state."""
    each = positive_listening_by_state(p_m, p_action, p_action_silent)
    return float(each.mean()) if each.size else NAN
