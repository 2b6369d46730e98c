"""Tree reconstruction error: is a message the composition of what its attributes say?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from society.analysis.language.arrays import Integers, codes, rows, same_number, words
from society.analysis.statistics import NAN, Array, Interval, Permuted, bootstrap_means, permutation_p

FOLDS = 10


def tree_reconstruction_error(meanings: ArrayLike, messages: ArrayLike, *, folds: int = FOLDS, seed: int = 0) -> float:
    """Held-out tree reconstruction error with linear composition (Andreas 2019).

    Every value of every attribute has a vector, a meaning [N, K] is the sum of those of its values, and the vectors are
    fitted by least squares to the messages [N, L] as one-hot positions (of each distinct meaning the mean of its messages).
    The error is the mean squared distance to the messages of meanings that were left out of the fit, in `folds` parts,
    over that of guessing the mean message: 0 for a compositional language, 1 where the attributes do not help. A meaning
    whose value occurs in no other part is not asked for. NaN for fewer than two attributes or a constant language. Our choice
    of the squared distance and its scale makes it comparable between languages; Andreas leaves both open.
    """
    return tree_reconstruction_test(meanings, [messages], folds=folds, permutations=0, seed=seed).value


def tree_reconstruction_test(
    meanings: ArrayLike,
    messages: Sequence[ArrayLike],
    *,
    folds: int = FOLDS,
    permutations: int = 99,
    seed: int = 0,
) -> Permuted:
    """The mean error of several minds' messages, each [N, L], for the same meanings [N, K].

    The null permutes the messages over the distinct meanings, of all minds at once; one-sided (less), n counts meanings.
    """
    return _tested(_fit(meanings, messages, folds, seed), permutations, seed)


def _tested(fit: _Fit, permutations: int, seed: int) -> Permuted:
    n = len(fit.kernels[0]) if fit.kernels else 0
    if fit.reason:
        return Permuted(NAN, n=n, reason=fit.reason)
    rng, value = np.random.default_rng(seed), fit.value()
    null = np.array([fit.error(rng.permutation(n)) for _ in range(permutations)])
    null = null[np.isfinite(null)]
    return Permuted(value, null, permutation_p(value, null, "less"), n)


def tree_reconstruction(
    meanings: ArrayLike, messages: Sequence[ArrayLike], *, folds: int = FOLDS, permutations: int = 99, seed: int = 0
) -> tuple[Permuted, Interval]:
    """`tree_reconstruction_test`, and the same value with a 95 % percentile bootstrap interval over the distinct meanings."""
    fit = _fit(meanings, messages, folds, seed)
    if fit.reason:
        return _tested(fit, permutations, seed), Interval(NAN, n=len(fit.asked), reason=fit.reason)
    parts = np.stack([part for k in fit.kernels for part in fit.parts(k)], axis=1)

    def ratio(means: Array) -> Array:
        return np.asarray((means[:, ::2] / means[:, 1::2]).mean(axis=1), dtype=float)

    return _tested(fit, permutations, seed), bootstrap_means(parts[fit.asked], ratio, seed)


@dataclass(frozen=True)
class _Fit:
    """Held-out residuals of every meaning's message as linear maps of all messages, of the model and of the plain mean."""

    model: Array  # [U, U]
    mean: Array  # [U, U]
    kernels: list[Array]  # of each mind: inner products of the messages of all meanings [U, U]
    asked: Array  # [U] meanings that the other folds let one predict
    reason: str = ""

    def parts(self, kernel: Array) -> tuple[Array, Array]:
        """Squared error of each meaning, of the model and of the mean: [U] each."""
        return _squares(self.model, kernel), _squares(self.mean, kernel)

    @cached_property
    def grams(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The quadratic forms of the summed squared errors."""
        return (self.model.T @ self.model).astype(np.float32), (self.mean.T @ self.mean).astype(np.float32)

    def error(self, order: Integers) -> float:
        """The mean over minds of the relative error with the messages in this order, to six digits."""
        shuffled = [kernel.take(order, axis=0).take(order, axis=1) for kernel in self.singles]
        model, mean = ([max(0.0, float(np.vdot(gram, k))) for k in shuffled] for gram in self.grams)
        return float(np.mean(np.array(model) / np.maximum(mean, 1e-300)))

    @cached_property
    def singles(self) -> list[NDArray[np.float32]]:
        """The kernels in single precision, for the many orders of the null."""
        return [kernel.astype(np.float32) for kernel in self.kernels]

    def value(self) -> float:
        """The mean over minds of the relative error."""
        sums = [(model.sum(), mean.sum()) for model, mean in map(self.parts, self.kernels)]
        return float(np.mean([model / max(mean, 1e-300) for model, mean in sums]))


def _squares(residual: Array, kernel: Array) -> Array:
    return np.maximum(0.0, np.einsum("ij,ij->i", residual @ kernel, residual))


def _fit(meanings: ArrayLike, messages: Sequence[ArrayLike], folds: int, seed: int) -> _Fit:
    a = rows(meanings)
    index = codes(a)
    n = int(index.max(initial=-1)) + 1
    said = [words(m) for m in messages]
    for m in said:
        same_number(a, m)
    kernels = [_kernel(m, index, n) for m in said]
    varied = [k for k in kernels if k.size and np.abs(k - k[0, 0]).max() > 1e-9]
    nothing, each = np.zeros((n, n)), np.zeros(n, dtype=bool)
    if a.shape[1] < 2 or n < 4 or not varied:
        why = (
            "fewer than two attributes"
            if a.shape[1] < 2
            else "fewer than four meanings"
            if n < 4
            else "all messages are the same"
        )
        return _Fit(nothing, nothing, kernels, each, why)
    model, mean, asked = _residuals(a[np.unique(index, return_index=True)[1]], folds, seed)
    why = "" if asked.sum() > 1 else "no meaning is made of values that occur in others"
    return _Fit(model, mean, varied, asked, why)


def _kernel(messages: Integers, index: Integers, n: int) -> Array:
    """Inner products of the mean one-hot messages of meanings 0..n-1, summed over positions."""
    kernel, uttered = np.zeros((n, n)), np.bincount(index, minlength=n)
    for column in messages.T:
        symbol = codes(column)
        one_hot = sparse.csr_array((1 / uttered[index], (index, symbol)), shape=(n, int(symbol.max(initial=0)) + 1))
        kernel += (one_hot @ one_hot.T).toarray()
    return kernel


def _residuals(meanings: Integers, folds: int, seed: int) -> tuple[Array, Array, Array]:
    """Of distinct meanings [U, K]: residual maps of the model and of the mean [U, U], and which meanings are asked for [U]."""
    n = len(meanings)
    design = np.hstack([column[:, None] == np.unique(column) for column in meanings.T]).astype(float)
    part = np.random.default_rng(seed).permutation(n) % min(folds, n)
    model, mean, asked = np.zeros((n, n)), np.zeros((n, n)), np.zeros(n, dtype=bool)
    for fold in range(min(folds, n)):
        train, test = np.flatnonzero(part != fold), np.flatnonzero(part == fold)
        test = test[(design[test] <= design[train].max(axis=0)).all(axis=1)]
        asked[test] = True
        model[np.ix_(test, train)] = -design[test] @ np.linalg.pinv(design[train])
        mean[np.ix_(test, train)] = -1 / len(train)
        model[test, test] = mean[test, test] = 1.0
    return model, mean, asked
