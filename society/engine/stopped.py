"""What a guard says when it stops a run."""


class Stopped(Exception):  # noqa: N818 (it says what happened to the run)
    """A guard stopped the run; the last good checkpoint is kept. One line that names the cause and the remedy."""
