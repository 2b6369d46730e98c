"""mpe2 beside our particle worlds, also with other numbers of bodies; a wrong rule is seen."""

import dataclasses

import pytest
from society.scenarios import particles

from society.studies import mpe2_equivalence as study

OPTIONS = {
    "simple_spread": ({"N": 5, "local_ratio": 0.2}, {"agents": 5, "local_ratio": 0.2}),
    "simple_speaker_listener": ({}, {}),
    "simple_reference": ({"local_ratio": 0.9}, {"local_ratio": 0.9}),
    "simple_tag": (
        {"num_good": 3, "num_adversaries": 5, "num_obstacles": 4},
        {"good": 3, "adversaries": 5, "obstacles": 4},
    ),
    "simple_adversary": ({"N": 4}, {"good": 4}),
    "simple_world_comm": (
        {"num_good": 3, "num_adversaries": 3, "num_obstacles": 2, "num_food": 3, "num_forests": 3},
        {"good": 3, "adversaries": 3, "obstacles": 2, "food": 3, "forests": 3},
    ),
}
needs_mpe2 = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:pkg_resources:UserWarning")


@pytest.fixture(autouse=True)
def _there(monkeypatch):
    monkeypatch.setenv("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    pytest.importorskip("mpe2", reason="mpe2 is not installed: pip install 'society-sim[oracles]'")


@needs_mpe2
@pytest.mark.parametrize("name", study.WORLDS)
def test_other_numbers_of_bodies(name):
    theirs, ours = OPTIONS[name]
    double, single = study.compare(name, study.play(study.WORLDS[name], 6, 7, **theirs), **ours)
    assert max(double.values()) < 1e-6
    assert single["states"] < 1e-2


@needs_mpe2
@pytest.mark.parametrize("wrong", [{"damping": 0.26}, {"stiffness": 90.0}, {"margin": 0.01}, {"dt": 0.11}])
def test_a_wrong_constant_is_seen(wrong, monkeypatch):
    theirs = study.play("simple_spread_v3", 6, 1)
    monkeypatch.setattr(particles, "LAW", dataclasses.replace(particles.LAW, **wrong))
    assert max(study.compare("simple_spread", theirs)[0].values()) > 1e-4


@needs_mpe2
def test_the_study_names_every_world_and_holds(monkeypatch):
    monkeypatch.setattr(study, "EPISODES", 3)
    found = study.run(quick=True, seeds=[3])
    assert found["holds"] and len(found["rows"]) == 4 * len(study.WORLDS)
    assert {row["label"].split(":")[0] for row in found["rows"]} == set(study.WORLDS)


@needs_mpe2
def test_what_is_no_number_is_no_agreement():
    theirs = study.play("simple_spread_v3", 2, 1)
    theirs.reward[3, 0, 0] = float("nan")
    assert study.compare("simple_spread", theirs)[0]["rewards"] == study.MISSING
