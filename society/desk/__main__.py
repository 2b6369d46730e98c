"""`python -m society.desk ROOT`: answer what is asked about the runs in ROOT, alone, until nobody asks any more."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from society.record.files import Damaged
from society.record.letters import desk, hold

IDLE = 600.0


def main(argv: Sequence[str] | None = None) -> int:
    """0 when it ended because nobody asked, or another is at work there; 2 after one line for a folder that cannot be."""
    parser = argparse.ArgumentParser(prog="society.desk", allow_abbrev=False)
    parser.add_argument("root", type=Path)
    parser.add_argument("--parent", type=int, default=0, help="end when this process is no longer the parent")
    parser.add_argument("--idle", type=float, default=IDLE, help="seconds without a question after which to end")
    options = parser.parse_args(argv)
    try:
        held = hold(desk(options.root) / "lock")
        if held is None:
            return 0
        with held:
            from society.desk.worker import work  # torch, which only the one that works needs

            work(options.root, options.parent, options.idle)
    except KeyboardInterrupt:
        return 130
    except (Damaged, OSError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
