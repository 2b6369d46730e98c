"""Random configs and random command lines: they run, or they are refused in one line that names the field."""

import math
import random
import re
import signal
from contextlib import contextmanager

import pytest

from society import registry
from society.cli import main
from society.config import ConfigError, fields, resolve
from society.engine import launch
from society.engine.rollout import Clock
from society.engine.training import Training

CPU_SECONDS = 30
# legal values that would only cost time or memory are left to the bounds of the schema
MOST = {
    "world.seats": 10, "world.size": 24, "world.episode": 6, "world.candidates": 12, "world.attributes": 3,
    "population.minds": 6, "training.worlds": 4, "training.ticks": 4, "learner.epochs": 3, "population.network": 48,
    "channel.length": 4, "channel.symbols": 40, "training.threads": 1, "world.workers": 1,
}  # fmt: skip
SMALL = {"training.worlds": 2, "training.ticks": 4, "population.network.hidden": (8,)}
SCENARIOS = ("bazaar", *registry.names("scenarios"))
FIXED = ("scenario", "preset", "training.agent_steps", "device", "condition")


@contextmanager
def guarded():
    """Processor time, not the clock: a busy machine is no hang."""

    def stop(*_):
        raise TimeoutError(f"more than {CPU_SECONDS} processor seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def bounds(doc):
    """Least and greatest value that a number may have, by the words of its own documentation."""
    low, high = (
        re.search(r"(?:from|above|at least) (-?[\d.e+]+)", doc.takes),
        re.search(r"(?:to|below|most) (-?[\d.e+]+)$", doc.takes),
    )
    return float(low[1]) if low else -5.0, float(high[1]) if high else 5.0


def legal(draw, doc):
    """A value that the field says it takes (or nearly: open ends are the schema's to refuse)."""
    if doc.path == "training.compile":
        return "off"  # half a minute, and a test of its own
    most = next((limit for path, limit in MOST.items() if doc.path.startswith(path)), math.inf)
    if doc.takes.startswith("one of "):
        return draw.choice(doc.takes.removeprefix("one of ").split(", "))
    if doc.takes == "true or false":
        return draw.random() < 0.5
    low, high = bounds(doc)
    if doc.takes.startswith("a whole number"):
        high = min(high, most)
        return int(draw.choice([low, high, draw.randint(int(low), int(min(high, low + 20)))]))
    if doc.takes.startswith("a number"):
        return draw.choice([low, high, draw.uniform(low, high), draw.uniform(low, min(high, low + 1))])
    if doc.path == "market.prices":
        return draw.choice([((1, 1),), ((2, 1), (1, 2)), ((3, 2),)])
    if doc.path == "population.matchmaker":
        return draw.choice(["everyone", "teams", "pairs", "mixed", "ring", "small_world"])
    if doc.path == "population.network.hidden":
        return draw.choice([(4,), (8, 5), (1, 1, 1)])
    return doc.default


def illegal(draw, doc):
    """Something that no field of this kind takes, or that this one may not."""
    low, high = bounds(doc)
    odd = [low - 1, high + 1, math.nan, math.inf, -1, 10**30, "x", "", "nan", [], {}, [[]], None, "\ud800", "a" * 300, True, 1.5]
    return draw.choice(odd)


def draw_overrides(draw, documented):
    chosen = draw.sample(documented, draw.randint(1, 6))
    spoilt = draw.random() < 0.5
    overrides = {doc.path: legal(draw, doc) for doc in chosen}
    if spoilt:
        doc = draw.choice(chosen)
        overrides[doc.path] = illegal(draw, doc)
    if draw.random() < 0.1:
        overrides[draw.choice(["world.sise", "nothing", "training.", "a.b.c", ""])] = 1
    return SMALL | {name: value for name, value in overrides.items() if name not in FIXED}


def attempt(scenario, overrides):
    """Three ticks or more and an update, or the error's one line."""
    try:
        (config,) = launch.vetted([resolve(scenario, overrides=overrides)])
    except ConfigError as error:
        return str(error)
    run = Training(config)
    for _ in range(-(-3 // config.training.ticks)):
        try:
            run.update(Clock())
        except ValueError as error:  # a learner that cannot learn from such a rollout
            assert str(error).startswith("learner."), error
            return str(error)
    return None


def campaign(seed, count):
    draw, refused, ran = random.Random(seed), 0, 0
    learners = (("mlp", "ppo"), ("gru", "ppo"), ("mlp", "reinforce"))
    for number in range(count):
        scenario = draw.choice(SCENARIOS)
        policy, learner = draw.choice(learners)
        documented = [doc for doc in fields(scenario, policy, learner) if doc.path not in FIXED]
        overrides = draw_overrides(draw, documented) | {"population.policy": policy, "learner.name": learner}
        if policy == "gru":
            overrides.pop("population.network.hidden", None)
            overrides |= {"population.network.hidden": 8, "population.network.memory": 8}
        with guarded():
            said = attempt(scenario, overrides)
        if said is None:
            ran += 1
            continue
        refused += 1
        assert "\n" not in said and "Traceback" not in said, (number, said)
        named = [path.split(".")[-1] for path in overrides] + [doc.path for doc in documented]
        assert any(name in said for name in named), (number, said, overrides)
    assert ran > count / 5 and refused > count / 5, (ran, refused)


def test_a_hundred_and_twenty_random_configs():
    campaign(seed=0, count=120)


@pytest.mark.soak
def test_five_hundred_random_configs():
    campaign(seed=1, count=500)


COMMANDS = ("list", "run", "report", "resume", "check", "new", "reproduce", "bench", "doctor", "sweep", "", "--help", "--version")
WORDS = (
    "bazar", "--quick", "--preset", "nothing", "--seed", "-1", "--seeds", "3-1", "--json", "--world.seats", "1",
    "latest", "./nowhere", "--out", "\x00", "x.py", "--device", "tpu", "--controls", "all", "é", "scenario", "CON",
    "--training.worlds", "1e99", "-h", "--learner", "--help", "nan", "", "--", "=", "--market.prices", "[[1]]",
)  # fmt: skip


def command_line(draw):
    """A line that must not start real work: `run` always carries something that cannot be."""
    command = draw.choice(COMMANDS)
    words = draw.choices(WORDS, k=draw.randint(0, 4))
    if command == "run":
        words = [draw.choice(["bazaar", "bazar", ""]), *words, "--training.worlds", draw.choice(["0", "many", "-3", "1e99"])]
    if command in ("reproduce", "bench"):
        words = [*words, "nothing_of_this_name"]
    return [command, *words] if command else words


def test_sixty_random_command_lines(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SOCIETY_DEBUG", raising=False)
    draw, told = random.Random(3), set()
    for _ in range(60):
        line = command_line(draw)
        with guarded():
            status = main(line)
        out, err = capsys.readouterr()
        assert status in (0, 1, 2), (line, err)
        assert "Traceback" not in out + err and "this is a bug" not in err, (line, err)
        if status == 2:
            assert len(err.strip().splitlines()) == 1, (line, err)
        told.add(status)
    assert {0, 2} <= told
