"""Your own data in three lines: a corpus of messages and meanings, read, described and written.

    from society.analysis import corpus
    data = corpus.from_frame(frame, meanings=["shape", "colour"], messages=["m0", "m1"])
    print(corpus.describe(data))

The table is the one that `society report` prints of a run, from the same code. Nothing here imports torch.
"""

from society.analysis.corpus.data import Corpus
from society.analysis.corpus.description import Description, describe
from society.analysis.corpus.egg import from_egg
from society.analysis.corpus.files import from_jsonl, to_jsonl
from society.analysis.corpus.frame import from_frame, from_table

__all__ = ["Corpus", "Description", "describe", "from_egg", "from_frame", "from_jsonl", "from_table", "to_jsonl"]
