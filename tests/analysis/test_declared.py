import json

import pytest
from conftest import DECLARED

from society.analysis.declared import Declared

SMALL = {"name": "accuracy", "measure": "correct", "per": "episode", "unit": "share"}


def test_round_trip_through_json():
    declared = Declared.from_json(DECLARED)
    assert Declared.from_json(json.loads(json.dumps(declared.to_json()))) == declared
    assert declared.headline.column == "measure.eaten" and declared.measures["specialisation"].null == "script:random"


def test_little_is_required():
    declared = Declared.from_json({"headline": SMALL})
    assert (declared.headline.scale, declared.relative, declared.chance, declared.primary) == (1.0, None, None, ())
    assert Declared.from_json(declared.to_json()) == declared


@pytest.mark.parametrize(
    "data, told",
    [
        ({}, "declared.headline: missing"),
        (None, "declared: expected a table"),
        ({"headline": {**SMALL, "per": "tick"}}, "declared.headline.per: 'tick' is not one of seat_tick, episode"),
        ({"headline": {**SMALL, "scale": "1"}}, "declared.headline.scale: expected a finite number"),
        ({"headline": {**SMALL, "scale": float("nan")}}, "declared.headline.scale: expected a finite number"),
        ({"headline": {**SMALL, "colour": 1}}, "declared.headline.colour: no such field"),
        ({"headline": {**SMALL, "rows": {"measure.listener": "yes"}}}, "declared.headline.rows.measure.listener: exp"),
        ({"headline": {**SMALL, "splits": {"train": "measure.t"}}}, "declared.headline.splits.train"),
        ({"headline": {"name": "x"}}, "declared.headline.measure: missing"),
        ({"headline": SMALL, "relative": {"one": "a"}}, "declared.relative.zero: missing"),
        ({"headline": SMALL, "primary": "a"}, "declared.primary: expected a list"),
        ({"headline": SMALL, "chance": True}, "declared.chance: expected a finite number"),
        ({"headline": SMALL, "measures": {"m": {"numerator": "a"}}}, "declared.measures.m.denominator: missing"),
        ({"headline": SMALL, "headlines": {}}, "declared.headlines: no such field"),
    ],
)
def test_an_error_is_one_line_that_names_the_field(data, told):
    with pytest.raises(ValueError) as error:
        Declared.from_json(data)
    assert str(error.value).startswith(told) and "\n" not in str(error.value)
