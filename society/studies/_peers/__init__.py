"""Our worlds beside other libraries': each side is a process of its own, a peer's in an environment of its own.

`environments` makes those environments; `child` is what a side's process runs, with the file of its library; `side` holds it
by a pipe; `versus` lets sides take turns and makes the rows. A benchmark is a `bench_NAME.py` beside.
"""
