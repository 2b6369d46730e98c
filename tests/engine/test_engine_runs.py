"""A run is a function of its config: twice the same, whatever the environment says, interrupted or not, killed or not."""

import os
import random
import shutil
import subprocess
import sys

import pytest
import torch
from tiny_runs import assert_same_rows, assert_same_weights, finished, prepared, tiny

from society import registry
from society.cli import main
from society.engine import build, launch
from society.engine.stopped import Stopped
from society.engine.training import Training
from society.record import checkpoint
from society.record.store import Run
from society.world.worlds import Worlds

SCENARIOS = registry.names("scenarios")
EVERY_SCENARIO = pytest.mark.parametrize("name", SCENARIOS)


@EVERY_SCENARIO
def test_the_same_seed_gives_the_same_rows(name, tmp_path):
    config = tiny(name, updates=3)
    one, two = finished(config, tmp_path / "one"), finished(config, tmp_path / "two")
    assert_same_rows(one, two)
    assert_same_weights(one, two)


def test_another_seed_gives_other_rows(tmp_path):
    one, two = (finished(tiny("bazaar", updates=2, seed=seed), tmp_path / str(seed)) for seed in (0, 1))
    assert not Run(one).table("metrics")["value"].equals(Run(two).table("metrics")["value"])


@EVERY_SCENARIO
def test_the_environments_threads_change_nothing(name, tmp_path):
    """Enough rows that torch would share the work among threads if it were let."""
    config = tiny(name, updates=1, training__worlds=64, training__ticks=16, population__network__hidden=(64,))
    one = finished(config, tmp_path / "one")
    for threads in ("1", "2") if name == "bazaar" else ("2",):
        path = prepared(config, tmp_path / threads)
        environment = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-m", "society.engine.launch", str(path)], env=environment, check=False)
        assert done.returncode == 0
        assert_same_rows(one, path)
        assert_same_weights(one, path)


@EVERY_SCENARIO
def test_a_world_takes_its_course_alone_and_in_company(name):
    """With recorded actions: integer state bit-equal, float state to 1e-5, among 1, 7 and 64."""
    made = build.scenario(tiny(name, updates=1))
    torch.manual_seed(0)
    seats, ticks = made.spec.seats, 20

    def play(numbers, actions):
        worlds = Worlds.begin(made, 5, numbers)
        for packed in actions:
            seen = worlds.observe()
            yield (worlds, seen)
            worlds, _, _ = worlds.step(packed, seen)

    heads = [torch.randint(head.size, (ticks, 64, seats, head.length)) for head in made.spec.heads.values()]
    actions = torch.cat(heads, -1)
    for company in (torch.arange(64), torch.arange(7) * 9, torch.tensor([31])):
        for (big, seen), (small, less) in zip(play(torch.arange(64), actions), play(company, actions[:, company]), strict=True):
            pairs = [(seen.features, less.features), (big.tick, small.tick), (big.episode, small.episode)]
            pairs += list(zip(*(torch.utils._pytree.tree_leaves(w.state) for w in (big, small)), strict=True))
            for a, b in pairs:
                same = torch.allclose(a[company], b, atol=1e-5) if a.is_floating_point() else torch.equal(a[company], b)
                assert same


class Crash(Exception):
    """Stands for a power cut: nothing is written on the way out."""


def crash_at(update, config):
    per_update = Training(config).steps_per_update

    def progress(done, total, rate):
        if done == update * per_update:
            raise Crash

    return progress


@pytest.mark.parametrize(
    ("name", "changes"),
    [(name, {}) for name in SCENARIOS]
    + [
        ("bazaar", {"population__policy": "gru", "population__minds": 3, "channel__length": 2}),
        ("bazaar", {"learner": "reinforce", "learner__baseline": "moving", "world__episode": 8}),
    ],
)
def test_a_resumed_run_equals_an_uninterrupted_one(name, changes, tmp_path):
    config = tiny(name, updates=6, **changes)
    whole, cut = finished(config, tmp_path / "whole"), prepared(config, tmp_path / "cut")
    for update in sorted(random.Random(name).sample(range(3, 6), 2)):  # past the first checkpoint but one
        with pytest.raises(Crash):
            launch.execute(cut, crash_at(update, config))
        assert Run(cut).verify() == []
    launch.execute(cut)
    assert Run(cut).state == "done"
    assert_same_rows(whole, cut)
    assert_same_weights(whole, cut)


def test_rows_that_no_checkpoint_vouches_for_are_made_again(tmp_path, monkeypatch):
    """A power cut after the rows of update 4 were written and before its checkpoint was."""
    config = tiny("bazaar", updates=5)
    whole, cut = finished(config, tmp_path / "whole"), prepared(config, tmp_path / "cut")
    save = Training.save

    def fail(self, path):
        if self.done == 4:
            raise Crash
        save(self, path)

    with monkeypatch.context() as patch, pytest.raises(Crash):
        patch.setattr(Training, "save", fail)
        launch.execute(cut)
    assert Run(cut).checkpoints()[-1] == 2
    launch.execute(cut)
    assert_same_rows(whole, cut)


def test_an_interrupt_keeps_a_checkpoint_and_says_how_to_go_on(tmp_path):
    config = tiny("bazaar", updates=5, training__checkpoint_every=100)
    whole, cut = finished(config, tmp_path / "whole"), prepared(config, tmp_path / "cut")

    def interrupt(done, total, rate):
        if done >= 3 * total // 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        launch.execute(cut, interrupt)
    assert Run(cut).state == "interrupted" and Run(cut).checkpoints()[-1] == 3
    launch.resume(cut)
    assert_same_rows(whole, cut)


def test_a_finished_run_is_left_as_it_is(tmp_path):
    path = finished(tiny("bazaar", updates=1), tmp_path / "run")
    before = {f: f.read_bytes() for f in path.rglob("*") if f.is_file()}
    launch.resume(path)
    assert {f: f.read_bytes() for f in path.rglob("*") if f.is_file()} == before


# ---------------------------------------------------------------- guards

POISON = '''"""A learner whose gradient is not a number from the fifth update on."""
from society.agents.ppo import PPO
from society.agents.optim import Adam
import society.agents.ppo as ppo


class PoisonedAdam(Adam):
    def step(self, grad, lr):
        return super().step(grad * float("nan") if int(self.population.steps.max()) >= 8 else grad, lr)


class Poisoned(PPO):
    def learn(self, population, rollout, key, progress):
        ppo.Adam = PoisonedAdam
        try:
            return super().learn(population, rollout, key, progress)
        finally:
            ppo.Adam = Adam


learner = Poisoned
'''


def test_a_gradient_that_is_no_number_stops_the_run_at_once(tmp_path, monkeypatch, capsys):
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "poison.py").write_text(POISON)
    monkeypatch.chdir(tmp_path)
    config = tiny("bazaar", updates=8, learner="poison", learner__epochs=2, learner__minibatch=1 << 20)
    path = prepared(config, tmp_path / "runs" / "bazaar-poisoned")
    with pytest.raises(Stopped, match=r"^update 5: .* checkpoint 4 .*"):  # two steps of two updates each, then the fifth
        launch.execute(path)
    run = Run(path)
    assert run.state == "failed" and "not a finite number" in run.status["message"] and run.verify() == []
    update, groups, _ = checkpoint.load(path)
    assert update == 4 and all(torch.from_numpy(a).isfinite().all() for a in groups["population"].values())
    assert run.table("metrics")["update"].max() == 4
    assert main(["resume", str(path)]) == 3
    said = capsys.readouterr().err.splitlines()
    assert "not a finite number" in said[-1] and "Traceback" not in "".join(said)
    shutil.rmtree(path)


def test_a_disk_without_room_stops_the_run(tmp_path):
    path = prepared(tiny("bazaar", updates=4, training__min_disk_mb=10**6), tmp_path / "run")
    if shutil.disk_usage(tmp_path).free >> 20 >= 10**6:
        pytest.skip("this disk has a terabyte free")
    with pytest.raises(Stopped, match=r"disk: .*checkpoint 0 is kept"):
        launch.execute(path)
    assert Run(path).state == "failed" and checkpoint.load(path)[0] == 0
