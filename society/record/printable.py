"""Text that is safe to print: names come from files and scenarios that others wrote."""

from __future__ import annotations


def printable(text: str) -> str:
    """One line that cannot steer a terminal: white space as a space, anything else that has no glyph as a question mark."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text)
