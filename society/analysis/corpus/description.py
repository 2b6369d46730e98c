"""A corpus described: every line that can be told of it, as estimates and as the table of the report."""

from __future__ import annotations

from textwrap import fill

import pandas as pd

from society.analysis.corpus.data import Corpus
from society.analysis.corpus.lines import LINES, line
from society.analysis.declared import Declared, Headline
from society.analysis.estimate import Estimate
from society.analysis.table import WIDTH, render


class Description(list[Estimate]):
    """A list of estimates that prints as the table of `society report`."""

    def __init__(self, estimates: list[Estimate], unit: str):
        super().__init__(estimates)
        self.unit = unit

    def __str__(self) -> str:
        """The report's table, with what n and the intervals are over."""
        pairs = "topographic_similarity, tree_reconstruction_error and language_similarity"
        note = f"intervals are over {self.unit}; those of {pairs} over meanings, that of abbreviation over distinct messages"
        text = render(list(self), Declared(Headline("", "", "episode", "")))
        return text + fill(note, WIDTH) + "\n"

    def frame(self) -> pd.DataFrame:
        """One row an estimate, with its fields as columns."""
        return pd.DataFrame([estimate.as_dict() for estimate in self])


def describe(corpus: Corpus) -> Description:
    """Every language metric of a corpus with interval, null, n and p, or NaN with the reason.

    The lines are those that `society report` has for a run whose `messages` the corpus is, computed by the same code.
    Intervals are jackknives over worlds if they are told, else over meanings (Corpus.unit), but those of pairs of meanings
    are over meanings. At most 8 speakers and 1,000 meanings are drawn where pairs are compared.
    """
    return Description([line(corpus, name) for name in LINES], corpus.unit)
