import pickle
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from society import config
from society.config import ConfigError, fingerprint, from_toml, resolve, to_toml

NARROW = {"population.policy": "narrow", "learner.name": "slow"}
UNIQUE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def toy(preset="default", quick=False, **fields):
    return resolve("toyworld", preset, NARROW | {k.replace("__", "."): v for k, v in fields.items()}, quick)


def message(**fields):
    with pytest.raises(ConfigError) as caught:
        toy(**fields)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_tree_has_the_schemas_of_what_it_configures(home):
    made = toy()
    assert made.world.size == 9
    assert made.population.network.width == 32
    assert (made.learner.name, made.learner.lr) == ("slow", 3e-4)
    assert made.channel.symbols >= 2
    assert isinstance(made, config.Config) and isinstance(made.population, config.PopulationConfig)
    assert (made.seed, made.condition, made.preset) == (0, "normal", "default")


def test_defaults_then_preset_then_overrides(home):
    quick = toy(quick=True)
    assert (quick.world.size, quick.world.names, quick.learner.lr, quick.preset) == (5, ("p", "q"), 0.1, "quick")
    assert quick == toy("quick")
    assert toy(quick=True, world__size=7).world.size == 7
    assert toy(quick=True, world__size=7).world.names == ("p", "q")


def test_overrides_by_section_and_by_shorthand(home):
    assert toy(population=16).population.minds == 16
    assert toy(learner="odd").learner.gain == 3
    assert toy(world={"size": 4, "kind": "b"}).world.kind == "b"


def test_options_of_a_preset_go_with_its_learner_and_policy(home):
    made = toy(quick=True, learner__name="odd", population__policy="deep")
    assert made.learner.gain == 3 and made.population.network.depth == 2


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("training.agent_steps", "1e6", 1_000_000),
        ("training.agent_steps", "1_000", 1000),
        ("world.rate", "0", 0.0),
        ("world.rate", "1e-1", 0.1),
        ("evaluation.scripts", "false", False),
        ("evaluation.scripts", "True", True),
        ("world.names", "a, b", ("a", "b")),
        ("world.names", "", ()),
        ("world.pairs", "[[1, 2], [3, 4]]", ((1, 2), (3, 4))),
        ("world.maybe", "none", None),
        ("world.maybe", "2", 2.0),
        ("world.kind", "B", "b"),
        ("world.text", "1e6", "1e6"),
        ("evaluation.conditions", "normal,mute", ("normal", "mute")),
        ("seed", "7", 7),
    ],
)
def test_text_is_read_by_the_schema(home, field, text, value):
    made = toy(**{field.replace(".", "__"): text})
    for part in field.split("."):
        made = getattr(made, part)
    assert made == value and type(made) is type(value)


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"world__size": 1}, ["world.size", "= 1", "from 2 to 64"]),
        ({"world__size": "1.5"}, ["world.size", "1.5", "whole number from 2 to 64"]),
        ({"world__size": 3.0}, ["world.size", "3.0", "whole number"]),
        ({"world__size": True}, ["world.size", "True", "whole number"]),
        ({"world__size": "9" * 5000}, ["world.size", "99", "from 2 to 64"]),
        ({"world__szie": 3}, ["unknown field world.szie", "3", "did you mean world.size"]),
        ({"size": 3}, ["unknown field size", "world.size"]),
        ({"zzzz": 3}, ["unknown field zzzz", "there is", "seed"]),
        ({"world__kind": "c"}, ["world.kind", "'c'", "one of a, b"]),
        ({"world__names": 3}, ["world.names", "3", "a list"]),
        ({"world__maybe": "x"}, ["world.maybe", "'x'", "a number or none"]),
        ({"world__rate": "nan"}, ["world.rate", "nan", "from 0 to 1"]),
        ({"world__wild": float("inf")}, ["world.wild", "inf", "a number"]),
        ({"world__text": "\ud800"}, ["world.text", "ud800", "a text"]),
        ({"world": 3}, ["world = 3", "world.size"]),
        ({"device": "gpu"}, ["device", "'gpu'", "auto, cpu, cuda"]),
        ({"seed": -1}, ["seed", "-1", "from 0 below 2147483648"]),
        ({"seed": 2**31}, ["seed", "2147483648", "below"]),
        ({"population__minds": 4097}, ["population.minds", "4097", "from 1 to 4096"]),
        ({"population__matchmaker": "A B"}, ["population.matchmaker", "'A B'", "match"]),
        ({"population__policy": "narow"}, ["population.policy", "'narow'", "narrow"]),
        ({"learner": "slw"}, ["learner.name", "'slw'", "did you mean slow"]),
        ({"learner": 3}, ["learner.name", "3", "society list"]),
        ({"learner__gain": 3}, ["unknown field learner.gain", "learner.lr"]),
        ({"condition": "mute"}, ["condition", "'mute'", "muted_from_birth"]),
        ({"evaluation__conditions": "normal,mut"}, ["evaluation.conditions", "'mut'", "one of normal, mute"]),
        ({"evaluation__scripts": "maybe"}, ["evaluation.scripts", "'maybe'", "true or false"]),
        ({"training__worlds": 65536, "training__ticks": 4096}, ["training", "memory", "up to"]),
        ({"evaluation__worlds": 65536, "evaluation__ticks": 99999}, ["evaluation", "memory", "up to"]),
        ({"training": {"worlds": {"x": 1}}}, ["training.worlds.x", "1", "training.worlds"]),
        ({"scenario": "x"}, ["scenario", "'x'"]),
        ({"preset": "qick"}, ["preset", "'qick'", "quick"]),
        ({"preset": "wrong"}, ["world.sizes", "5", "world.size"]),
    ],
)
def test_every_error_names_field_value_and_remedy(home, fields, parts):
    said = message(**fields)
    for part in parts:
        assert part in said


def test_quick_and_another_preset_cannot_both_be(home):
    assert "quick" in message(preset="wrong", quick=True)


def test_frozen(home):
    with pytest.raises(ValidationError):
        toy().world.size = 3


finite = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@UNIQUE
@given(
    wild=finite,
    wide=st.integers(-(2**63), 2**63 - 1),
    words=text,
    names=st.lists(text, max_size=3),
    pairs=st.lists(st.tuples(st.integers(), st.integers()), max_size=3),
    maybe=st.none() | finite,
)
def test_toml_round_trip_is_exact(home, wild, wide, words, names, pairs, maybe):
    world = {"wild": wild, "wide": wide, "names": names, "pairs": pairs, "maybe": maybe}
    made = toy(world=world)
    made = made.model_copy(update={"world": made.world.model_copy(update={"text": words})})
    written = to_toml(made)
    again = from_toml(written)
    assert again == made
    assert repr(again.world.wild) == repr(made.world.wild)  # -0.0 too
    assert to_toml(again) == written
    assert tomllib.loads(written)["world"]["text"] == words


def test_toml_of_every_condition_of_a_table():
    data = {"a": 1, "t": {"x y": [{"k": True}, {}], "empty": {}}, "none": None, "f": 1e300}
    written = "".join(config.tables(data, ()))
    assert tomllib.loads(written) == {"a": 1, "t": {"x y": [{"k": True}, {}], "empty": {}}, "f": 1e300}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "scenario has no value"),
        ("scenario = 3", "scenario has no value"),
        ("scenario = ", "not a TOML file"),
        ("scenario = 'toyworld'\nworld = 3", "world = 3"),
        ("scenario = 'toyworld'\nlearner = 3", "learner = 3"),
        ("scenario = 'toyworld'\n[learner]\nname = 3", "learner.name = 3"),
        ("scenario = 'toyworld'\n[world]\nsize = '3'", "world.size = '3'"),
        ("scenario = 'toyworld'\n[world]\nrate = inf", "world.rate = inf"),
        ("scenario = 'toyworld'\n[worlds]\n", "unknown field worlds"),
        ("scenario = 'toyworld'\nseed = 1979-05-27", "seed = '1979-05-27'"),
    ],
)
def test_a_bad_file_is_one_line(home, text, part):
    with pytest.raises(ConfigError, match=r"\A.+\Z") as caught:
        from_toml(text)
    assert part in str(caught.value)


def test_fingerprint_ignores_the_seed_alone(home):
    assert fingerprint(toy(seed=1)) == fingerprint(toy(seed=2))
    changes = ({}, {"world__size": 8}, {"condition": "muted_from_birth"}, {"learner__lr": 1.0})
    others = {fingerprint(toy(**change)) for change in changes}
    assert len(others) == 4
    assert all(len(one) == 12 and int(one, 16) >= 0 for one in others)


def test_a_config_can_be_sent_to_another_process(home):
    made = toy(world__size=11)
    assert pickle.loads(pickle.dumps(made)) == made


def test_fields_describe_the_schema(home):
    docs = {doc.path: doc for doc in config.fields("toyworld", "narrow", "slow")}
    size = docs["world.size"]
    assert (size.takes, size.default, size.description) == ("a whole number from 2 to 64", 9, "cells on a side")
    assert {"seed", "channel.symbols", "population.network.width", "learner.lr", "training.worlds"} <= docs.keys()
    shared = {doc.path for doc in config.fields()}
    assert "training.worlds" in shared and "world" not in shared


def test_every_shared_field_says_what_it_is():
    assert [doc.path for doc in config.fields() if not doc.description] == []


@pytest.mark.parametrize("scenario", ["lewis_game", "double_auction"])
def test_another_architecture_takes_none_of_the_presets_options_for_its_own(scenario):
    found = resolve(scenario, overrides={"population.policy": "gru"}).population.network
    assert (found.hidden, found.memory) == (128, 128)


def test_a_field_of_several_kinds_tells_their_limits_and_is_one_problem():
    with pytest.raises(ConfigError, match=r"^training\.threads = 0: must be one of auto or a whole number from 1 to 256$"):
        resolve("bazaar", overrides={"training.threads": 0})
    with pytest.raises(ConfigError, match=r"\(and 1 more\)$"):
        resolve("bazaar", overrides={"training.threads": 0, "world.seats": "x"})
