"""What `auto` becomes, that run.toml says why, and that a compiled learner learns the same."""

import shutil
import subprocess
import sys

import pytest

from society.config import ConfigError, fingerprint, from_toml, resolve
from society.engine import build, launch
from society.engine.allocator import keep_freed_memory

WIDE = {"training.worlds": 4096, "training.ticks": 32}


def settled(alone=True, **wanted):
    return build.settle(resolve("simple_spread", overrides=wanted), alone)


def test_nothing_is_left_to_choose():
    config = settled(**{"training.threads": "auto", "training.precision": "auto"})
    chosen = config.device, config.training.precision, config.training.threads, config.training.compile
    assert "auto" not in chosen
    assert build.settle(config) == config


def test_threads_are_for_a_run_that_is_alone_and_large(monkeypatch):
    monkeypatch.setattr(build.os, "sched_getaffinity", lambda pid: set(range(6)))
    auto = {"training.threads": "auto", "device": "cpu"}
    assert settled(**auto, **WIDE).training.threads == 6
    assert settled(alone=False, **auto, **WIDE).training.threads == 1
    assert settled(**auto, **{"training.worlds": 16, "training.ticks": 25}).training.threads == 1
    assert settled(**WIDE).training.threads == 1  # nobody asked


def test_long_runs_compile_where_there_is_a_compiler(monkeypatch):
    monkeypatch.setattr(build.shutil, "which", lambda name: "/usr/bin/g++")
    assert settled(**{"training.agent_steps": build.LONG}).training.compile == "on"
    assert settled(**{"training.agent_steps": build.LONG - 1}).training.compile == "off"
    monkeypatch.setattr(build.shutil, "which", lambda name: None)
    assert settled(**{"training.agent_steps": build.LONG}).training.compile == "off"
    with pytest.raises(ConfigError, match=r"training\.compile = 'on'.*install g\+\+"):
        settled(**{"training.compile": "on"})


def test_run_toml_says_why_and_is_read_back_the_same(tmp_path):
    (config,) = launch.vetted([resolve("matrix_game", "quick", {"training.agent_steps": 0, "device": "cpu"})])
    launch.prepare(config, tmp_path)
    text = (tmp_path / "run.toml").read_text()
    comments = [line for line in text.splitlines() if line.startswith("# ")]
    assert [line.split(":")[0] for line in comments] == [
        "# device", "# training.precision", "# training.threads", "# training.compile"
    ]  # fmt: skip
    assert "takes longer than it saves" in comments[-1]
    assert from_toml(text) == config == launch.load_config(launch.Run(tmp_path))


def test_a_run_that_does_not_compile_is_pooled_with_those_from_before_one_could():
    off, on = (settled(**{"training.compile": which, "training.precision": "float32"}) for which in ("off", "on"))
    auto = resolve("simple_spread", overrides={"training.precision": "float32"})
    assert fingerprint(off) == fingerprint(auto) != fingerprint(on)


def test_a_published_fingerprint_is_still_its_preset():
    frozen = resolve("bazaar", "full", {"training.precision": "bfloat16"})
    assert fingerprint(frozen) == "fc78b5ee10dc"  # README, docs/worlds/bazaar.md: fixed before its seeds were run
    other = resolve("bazaar", "full", {"training.precision": "bfloat16", "population.network.activation": "tanh"})
    assert fingerprint(other) != fingerprint(frozen)


# in a process of its own: the tests' checks of shapes wrap every function, which a compiler cannot look into
COMPILED = """
from society.config import resolve
from society.engine import build
from society.engine.rollout import Clock
from society.engine.training import Training
small = {
    "training.worlds": 8, "training.ticks": 8, "learner.minibatch": 96, "population.network.hidden": (8,),
    "training.precision": "float32", "population.minds": 2,
}
settled = lambda which: build.settle(resolve("simple_spread", overrides={**small, "training.compile": which}))
plain, made = (Training(settled(which)) for which in ("off", "on"))
before = plain.population.weights
for run in (plain, made):
    run.update(Clock())
moved = (plain.population.weights - before).abs().max()
print(float(moved), float((plain.population.weights - made.population.weights).abs().max() / moved))
print(type(made.learner.objective).__name__, type(plain.learner.objective).__name__)
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no g++ to compile with")
def test_a_compiled_learner_learns_the_same():
    said = subprocess.run([sys.executable, "-c", COMPILED], capture_output=True, text=True, check=True, timeout=300)
    (moved, apart), kinds = (line.split() for line in said.stdout.splitlines())
    assert float(moved) > 1e-3 and kinds[0] != kinds[1] == "method"
    # Adam divides by a root of squares: where a gradient is near 0 its rounding shows, and no more than that
    assert float(apart) < 0.01


def test_the_allocator_is_asked_on_linux():
    assert keep_freed_memory() == keep_freed_memory()
