"""A simulator of societies of learning agents.

`import society` is cheap: torch and pandas are loaded by what you call, not by the import.

    import society
    run = society.run("bazaar", population=16, seed=0)
    print(run.report())
    run.table("trades")
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import Run, load, run

__all__ = ["Run", "load", "run"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads sleep; only heeded before torch loads
        from . import api

        return getattr(api, name)
    if name == "__version__":
        from importlib.metadata import version

        return version("society-sim")
    raise AttributeError(f"module 'society' has no attribute {name!r}")
