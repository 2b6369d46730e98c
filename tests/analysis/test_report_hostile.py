"""A report of hostile names: no line of it steers a terminal or breaks in two."""

from society.analysis.declared import Declared, Headline
from society.analysis.estimate import Estimate
from society.analysis.report import render

DECLARED = Declared(Headline("", "", "episode", ""))


def test_names_units_and_reasons_cannot_steer_a_terminal():
    evil = "a\x1b[2J\nb\r\u202e\x07"
    lines = [
        Estimate(evil, evil, 1.0, 0.5, 1.5, 3, unit=evil),
        Estimate.missing(evil, evil, evil, unit=evil),
        Estimate(evil, "normal", 1.0, 0.5, 1.5, 3, unit=evil, primary=True, reason=evil),
    ]
    text = render(lines, DECLARED)
    assert all(line.isprintable() for line in text.split("\n"))
    plain = [Estimate("name", "normal", 1.0, 0.5, 1.5, 3, unit="u")]
    broken = [Estimate("na\nme", "normal", 1.0, 0.5, 1.5, 3, unit="u\nu")]
    assert len(render(plain, DECLARED).splitlines()) == len(render(broken, DECLARED).splitlines())
