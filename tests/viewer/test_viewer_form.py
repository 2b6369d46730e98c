"""The form: what a schema becomes, the words that its values become, and that the command line reads them back."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from society import config
from society.cli import commands, fields, parser
from society.viewer import form
from society.viewer.form import Field, Schema, Value
from society.viewer.queries import Refused

ALL = (
    Field("seed", "", "integer", 0),
    Field("world.size", "world", "integer", 9),
    Field("world.share", "world", "number", None, optional=True),
    Field("world.map", "world", "choice", "valley", choices=("valley", "brook")),
    Field("world.talk", "world", "boolean", False),
    Field("world.title", "world", "text", "one"),
    Field("world.range", "world", "list", [1, 5]),
    Field("world.payoffs", "world", "list", []),
    Field("evaluation.conditions", "evaluation", "choices", ["normal"], choices=("normal", "mute")),
    Field("evaluation.controls", "evaluation", "choices", [], choices=("muted_from_birth",)),
    Field("learner.lr", "learner", "number", 0.0003),
)
SCHEMA = Schema("kinds", "quick", ("default", "quick"), "mlp", "ppo", ALL)


def real(scenario: str, preset: str = "default") -> Schema:
    """The schema of a scenario, told in this process."""
    told = fields.document(config.resolve(scenario, preset))
    return Schema(scenario, preset, tuple(told["presets"]), "mlp", "ppo", tuple(form._field(one) for one in told["fields"]))


def resolved(words: list[str]) -> Any:
    """The config that the command line makes of the words."""
    options = parser.parse(words)
    return commands._config(options, options.seeds[0])


def at(chosen: Any, path: str) -> Any:
    found = chosen.model_dump(mode="json")
    for part in path.split("."):
        found = found[part]
    return found


def test_only_what_was_changed_is_sent_each_kind_in_its_own_way() -> None:
    same: dict[str, Value] = {field.path: field.value for field in ALL} | {"world.range": "1,5", "world.payoffs": ""}
    assert form.arguments(SCHEMA, "0", same) == ["run", "kinds", "--preset=quick", "--seeds=0"]
    other = {
        "world.size": 12, "world.share": 0.1, "world.map": "brook", "world.talk": True, "world.title": "--out=/etc ",
        "world.range": "2,3", "world.payoffs": "[[[-1.5, 2]]]", "evaluation.conditions": ["normal", "mute"],
        "evaluation.controls": ["muted_from_birth"], "learner.lr": 1e-05,
    }  # fmt: skip
    assert form.arguments(SCHEMA, " 0-4 ", other) == [
        "run", "kinds", "--preset=quick", "--seeds=0-4",
        "--world.size=12", "--world.share=0.1", "--world.map=brook", "--world.talk=true", "--world.title=--out=/etc",
        "--world.range=2,3", "--world.payoffs=[[[-1.5, 2]]]", '--evaluation.conditions=["normal", "mute"]',
        '--evaluation.controls=["muted_from_birth"]', "--learner.lr=1e-05",
    ]  # fmt: skip
    assert form.arguments(SCHEMA, "", {"evaluation.conditions": []})[-1] == "--evaluation.conditions="


def test_the_default_preset_and_an_optional_value_that_is_taken_away() -> None:
    given = Schema("kinds", "default", ("default",), "mlp", "ppo", (Field("world.share", "world", "number", 0.5, optional=True),))
    assert form.arguments(given, "3", {"world.share": None}) == ["run", "kinds", "--seeds=3", "--world.share=none"]


def another(field: Field) -> Value:
    """Another value that the field takes, by its kind."""
    if field.kind == "boolean":
        return not field.value
    if field.kind in ("choice", "choices"):
        others = [one for one in field.choices if field.value not in (one, [one])]
        return others[-1] if field.kind == "choice" else others[:2]
    if field.kind in ("integer", "number"):
        low = field.low if field.low is not None else field.above
        high = field.high if field.high is not None else field.below
        step = 1 if field.kind == "integer" else ((high or 1) - (low or 0)) / 3
        return (low or 0) + (step if field.value != (low or 0) + step else 2 * step)
    return {
        "world.payoffs": "[[[-1.5, 2.0], [0.1, 0]]]", "world.endowment": "3,4", "world.metabolism": "2,2", "world.vision": "1,2",
        "market.prices": "[[2, 3], [1, 1]]", "population.network.hidden": "7,8", "world.abundance": "0.5,0.1",
        "evaluation.strangers": "--seed=3", "training.threads": "3", "population.matchmaker": "pairs",
        "channel.graph": "[[0, 1]]", "population.graph": "[[0, 1, 2.5], [1, 0]]",
    }[field.path]  # fmt: skip


def outcome(make: Callable[[], Any], path: str) -> Any:
    """The field's value, or the line that refuses it: some fields fit no other field's default."""
    try:
        return at(make(), path)
    except config.ConfigError as error:
        return str(error)


@pytest.mark.parametrize("scenario", ["matrix_game", "sugarscape"])
def test_the_command_line_reads_back_exactly_what_the_form_sends(scenario: str) -> None:
    chosen, usual = real(scenario), config.resolve(scenario)
    refused = 0
    for field in chosen.fields:
        if field.path in ("seed", *form.NAMES):
            continue
        value = another(field)
        words = form.arguments(chosen, "0", {field.path: value})
        found = outcome(lambda words=words: resolved(words), field.path)
        given = {field.path: tuple(value) if isinstance(value, list) else value}
        assert found == outcome(lambda given=given: config.resolve(scenario, "default", given), field.path)
        assert found != at(usual, field.path), field
        refusal = isinstance(found, str) and " = " in found
        refused += refusal
        assert refusal or isinstance(value, str) or found == value
    assert refused < 8 and len(chosen.fields) > 60


@settings(max_examples=25)
@given(some.floats(min_value=0, max_value=1), some.integers(1, 65_536), some.lists(some.sampled_from(config.CONDITIONS)))
def test_numbers_and_lists_come_back_bit_for_bit(share: float, worlds: int, conditions: list[str]) -> None:
    values = {"social.prosocial": share, "evaluation.worlds": worlds, "evaluation.conditions": conditions, "evaluation.ticks": 1}
    found = resolved(form.arguments(LEWIS, "0", values))
    assert (found.social.prosocial, found.evaluation.worlds) == (share, worlds)
    assert list(found.evaluation.conditions) == conditions


LEWIS = real("lewis_game")


def test_every_default_of_every_scenario_is_sent_as_itself() -> None:
    """If a form sent all its defaults, the run would be the same: what is shown for a value is that value."""
    for scenario in ("bazaar", "commons_harvest", "double_auction", "sumo"):
        chosen = real(scenario)
        fields = [field for field in chosen.fields if field.path not in ("seed", "evaluation.controls")]
        words = ["run", scenario, "--seeds=0", *(f"--{field.path}={form.shown(field.value)}" for field in fields)]
        assert resolved(words) == config.resolve(scenario)


def test_another_learner_has_other_fields_and_is_itself_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*words: str) -> dict[str, Any]:
        return fields.document(commands._config(parser.parse(list(words)), None))

    monkeypatch.setattr(form, "_asked", asked)
    base = form.schema("lewis_game")
    other = form.under(base, "gru", "urns")
    assert form.under(base, "mlp", "ppo") is base
    values = {field.path: field.value for field in other.fields} | {"population.policy": "gru", "learner.name": "urns"}
    assert form.changes(other, values) == {"population.policy": "gru", "learner.name": "urns"}
    assert base.field("learner.clip") and not other.field("learner.clip")
    assert base.key("learner.lr") != other.key("learner.lr") and base.key("learner.name") == other.key("learner.name")
    assert resolved(form.arguments(other, "0", values)).learner.name == "urns"


def test_a_schema_is_asked_for_again_when_a_file_of_it_has_changed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file, asked = tmp_path / "kinds.py", []
    file.write_text("one")
    monkeypatch.setattr(form, "_schemas", {})
    told = {"presets": ["default"], "files": [str(file)], "fields": fields.document(config.resolve("lewis_game"))["fields"]}
    monkeypatch.setattr(form, "_asked", lambda *words: asked.append(words) or told)
    assert form.schema("kinds") is form.schema("kinds") and len(asked) == 1
    file.write_text("another")
    form.schema("kinds")
    assert asked == [("fields", "kinds", "--preset=default")] * 2


def test_the_viewer_learns_the_fields_and_never_loads_torch() -> None:
    code = (
        "import sys; from society.viewer import form; found = form.schema('lewis_game', 'quick')\n"
        "assert found.field('training.agent_steps').kind == 'integer' and found.preset == 'quick'\n"
        "assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_the_command_line_refuses_is_its_one_line(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cli = tmp_path / "cli.py"
    cli.write_text("import sys; print('noise', file=sys.stderr); sys.exit('society: preset = \\'x\\': choose quick')")
    monkeypatch.setattr(form, "COMMAND", (sys.executable, str(cli)))
    with pytest.raises(Refused, match=r"^preset = 'x': choose quick$"):
        form.schema("lewis_game", "x")
    cli.write_text("print('{')")
    with pytest.raises(Refused, match="cannot be had"):
        form.schema("lewis_game", "x")
