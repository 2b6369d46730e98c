"""Why a metric fails on a society that was made to trap it: one line each, written by hand."""

from __future__ import annotations


def reason(metric: str, question: str, society: str, truth: bool) -> str:
    """The explanation, or nothing where the society was no trap for this metric."""
    return ""
