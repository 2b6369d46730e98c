"""The golden languages hold with our metrics, and the study notices a metric that is wrong."""

import numpy as np
import pytest

from society.studies import golden_languages as study


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(study, "DRAWS", 40)


def verdicts(result):
    return {row["label"]: row["holds"] for row in result["rows"]}


def test_every_row_holds_and_carries_its_numbers():
    found = study.run(quick=True, seeds=[0, 1])
    assert found["holds"] and found["name"] == "golden_languages" and len(found["rows"]) == 11
    exact = [row for row in found["rows"] if row["label"].startswith("compositional")]
    assert [row["ours"] for row in exact] == pytest.approx([1.0, 1.0, 0.0], abs=1e-12)
    assert all(row["note"] for row in found["rows"] if "NaN" in row["label"])
    drop = {"seconds"}
    again = study.run(quick=True, seeds=[0, 1])
    for one, other in zip(found["rows"], again["rows"], strict=True):
        assert {k: v for k, v in one.items() if k not in drop} == {k: v for k, v in other.items() if k not in drop}


@pytest.mark.parametrize(
    ("name", "wrong", "caught"),
    [
        ("posdis", lambda a, m: study.posdis(a, m) - 1e-6, ["compositional 5x5x5: posdis"]),
        ("bosdis", lambda a, m: 0.0, ["a constant language: measures that give NaN", "one item: measures that give NaN"]),
        # of edit distances: a compositional language is then less than perfectly similar
        ("topsim", lambda a, m: study.topographic_similarity(a, m, "edit"), ["compositional 5x5x5: topsim"]),
        ("topsim", lambda a, m: np.float64(0.03), ["holistic 5x5x5, mean of 40 draws: topsim"]),
    ],
)
def test_a_wrong_metric_falls_short(monkeypatch, name, wrong, caught):
    monkeypatch.setitem(study.MEASURES, name, wrong)
    found = study.run(quick=True, seeds=[0])
    assert not found["holds"]
    assert not any(verdicts(found)[label] for label in caught)
