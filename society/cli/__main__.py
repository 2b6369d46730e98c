"""`python -m society.cli` is the command `society`."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
