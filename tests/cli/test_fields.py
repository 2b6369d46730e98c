"""`society fields`: what a form is made of, against a world of one's own whose fields are known."""

import pytest

WORLD = '''"""A world with a field of every kind."""
from typing import Literal

from pydantic import Field

from society.config import Frozen


class Kinds(Frozen):
    size: int = Field(9, ge=3, lt=20, description="side in cells")
    share: float | None = Field(None, gt=0, le=0.5)
    map: Literal["valley", "brook"] = "valley"
    talk: bool = False
    title: str = "none yet"
    range: tuple[int, int] = (1, 5)
    names: tuple[Literal["a", "b"], ...] = ("b",)


class scenario:
    Config = Kinds
    PRESETS = {"quick": {"world": {"size": 5, "share": 0.25}}, "empty": {}}
'''


@pytest.fixture
def kinds(home):
    (home / "scenarios" / "kinds.py").write_text(WORLD)
    return home


def by_path(document):
    return {field["path"]: field for field in document["fields"]}


def test_every_kind_of_field_is_told_with_its_bounds(society, kinds):
    status, document, _ = society("fields", "kinds", "--json")
    fields = by_path(document)
    assert status == 0 and document["scenario"] == "kinds"
    assert document["presets"] == ["default", "empty", "quick"]
    told = {path.removeprefix("world."): one for path, one in fields.items() if one["section"] == "world"}
    assert {name: (one["kind"], one["optional"], one["value"]) for name, one in told.items()} == {
        "size": ("integer", False, 9),
        "share": ("number", True, None),
        "map": ("choice", False, "valley"),
        "talk": ("boolean", False, False),
        "title": ("text", False, "none yet"),
        "range": ("list", False, [1, 5]),
        "names": ("choices", False, ["b"]),
    }
    bounds = {name: [one[end] for end in ("low", "above", "high", "below")] for name, one in told.items()}
    assert bounds["size"] == [3, None, None, 20] and bounds["share"] == [None, 0, 0.5, None]
    assert told["map"]["choices"] == ["valley", "brook"] and told["names"]["choices"] == ["a", "b"]
    assert told["size"]["description"] == "side in cells" and told["title"]["choices"] is None
    assert fields["seed"]["section"] == "" and "scenario" not in fields and "preset" not in fields


def test_the_values_are_those_of_the_preset_and_of_what_else_is_given(society, kinds):
    quick = by_path(society("fields", "kinds", "--preset=quick", "--training.agent_steps=1e3", "--json")[1])
    assert (quick["world.size"]["value"], quick["world.share"]["value"]) == (5, 0.25)
    assert quick["training.agent_steps"]["value"] == 1000


def test_a_learner_brings_its_own_fields_and_its_choices_are_the_registry_s(society, kinds):
    _, ppo, _ = society("fields", "kinds", "--json")
    _, urns, _ = society("fields", "kinds", "--learner.name=urns", "--json")
    assert {"ppo", "reinforce", "urns"} <= set(by_path(ppo)["learner.name"]["choices"])
    assert "learner.clip" in by_path(ppo) and "learner.clip" not in by_path(urns)
    assert by_path(urns)["learner.name"]["value"] == "urns"
    assert [name.rpartition("/")[2] for name in urns["files"]] == ["kinds.py", "mlp.py", "urns.py"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nobody"], "nobody"),
        (["kinds", "--preset=none"], "choose default or empty or quick"),
        (["kinds", "--world.size=20"], "world.size = 20: must be a whole number from 3 below 20"),
        (["kinds", "--out=there"], "--out"),
        (["../kinds"], "unknown scenario"),
    ],
)
def test_what_cannot_be_is_one_line(society, kinds, words, says):
    status, out, err = society("fields", *words)
    assert (status, out) == (2, "") and err.count("\n") == 1 and says in err


def test_without_json_it_is_a_table_of_options(society, kinds):
    _, text, _ = society("fields", "kinds", "--quick")
    (line,) = [line for line in text.splitlines() if "--world.size" in line]
    assert " ".join(line.split()) == "--world.size side in cells; a whole number from 3 below 20 (value: 5)"
