"""Sides that take turns: the protocol with fake peers, what becomes of one that fails, ratios by hand, environments."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from society.studies import bench_profile
from society.studies._peers import environments, ours, side, versus
from society.studies._peers.environments import MAKE, NoPeer
from society.studies._peers.side import Side
from society.studies._peers.versus import RATE, Work, row, rows

FAKE = f"""
import os, sys, time
sys.path.insert(0, {str(side.HERE)!r})
from child import serve

def begin(work):
    print("a library's chatter")
    os.system("echo chatter of a program")
    rounds = []
    def play():
        rounds.append(0)
        time.sleep(0.01)
        with open(work["log"], "a") as log:
            log.write(work["me"])
        BODY
    return play

serve(begin, ("no-such-package",))
"""


@pytest.fixture
def fake(tmp_path):
    """A side's command; its rounds end with this line of Python."""

    def made(body="return 5", name="fake"):
        file = tmp_path / f"{name}.py"
        file.write_text(FAKE.replace("BODY", body))
        return [sys.executable, "-S", str(file)]

    return made


def told(tmp_path, me="o"):
    return {"cores": 1, "log": str(tmp_path / "log"), "me": me}


def test_a_side_answers_and_its_chatter_is_no_answer(fake, tmp_path):
    with Side("fake", fake(), told(tmp_path)) as playing:
        answer = playing.go()
        assert playing.first_seconds >= 0.01 and playing.versions == {"no-such-package": "?"}
        assert answer["agent_steps"] == 5 and 0.01 <= answer["seconds"] < 5 and answer["peak_rss_mb"] > 1
    assert playing.process.poll() is not None


def test_the_memory_of_the_parent_is_not_counted(fake, tmp_path):
    held = bytearray(b"x") * (200 * 2**20)
    with Side("fake", fake(), told(tmp_path)) as playing:
        assert playing.go()["peak_rss_mb"] < 100 < len(held) / 2**20


def test_a_side_keeps_to_its_cores(fake, tmp_path):
    with Side(
        "fake", fake("return len(os.sched_getaffinity(0)) * 10 + int(os.environ['OMP_NUM_THREADS'])"), told(tmp_path)
    ) as one:
        assert one.go()["agent_steps"] == 11


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("os.kill(os.getpid(), 9)", "was ended by signal 9"),
        ("raise ValueError('seats = 9: too many')", "ended with status 1: ValueError: seats = 9: too many"),
        ("time.sleep(60)", "said nothing for 0.4 s"),
        ("return -1", 'said what is no answer: {"seconds"'),
        ("return float('nan')", "said what is no answer"),
    ],
)
def test_a_side_that_fails_says_so_in_a_line(fake, tmp_path, body, reason):
    argv = fake(f"if len(rounds) == 2:\n            {body}\n        return 5")
    with pytest.raises(NoPeer) as caught, Side("fake", argv, told(tmp_path), patience=30) as playing:
        playing.patience = 0.4 if "sleep" in body else 30
        playing.go()
    assert str(caught.value).startswith(f"fake {reason}") and "\n" not in str(caught.value)


@pytest.mark.parametrize("rubbish", ["hello", "[1, 2]", '{"first_seconds": "soon"}', "\\x1b[2J\\xff", "NaN"])
def test_rubbish_is_no_answer(tmp_path, rubbish):
    argv = [sys.executable, "-S", "-c", f"import sys; sys.stdin.readline(); sys.stdout.buffer.write(b'{rubbish}\\n')"]
    with pytest.raises(NoPeer, match=r"^fake said what is no answer: ") as caught, Side("fake", argv, {}):
        pass
    assert str(caught.value).isprintable()


def test_a_side_that_ends_before_it_is_told(tmp_path):
    argv = [sys.executable, "-S", "-c", "import sys; sys.exit(3)"]
    with pytest.raises(NoPeer, match="fake ended with status 3"), Side("fake", argv, {}):
        pass


@pytest.fixture
def sides(monkeypatch, fake):
    """What the names of sides start: ours and a peer that plays, one that dies in its second round, one not installed."""
    commands = {
        "ours": fake(),
        "peer": fake(),
        "dying": fake("if len(rounds) == 3: os.kill(os.getpid(), 9)\n        return 5", "dying"),
    }
    monkeypatch.setattr(versus, "command", lambda name: commands.get(name) or side.command(name))


def test_sides_take_turns(sides, tmp_path, capsys):
    (one,) = rows(Work("w", told(tmp_path, "o"), {"peer": {"me": "p"}}), rounds=3)
    assert (tmp_path / "log").read_text() == "op" + "opopop"  # a first round each, then turns
    assert capsys.readouterr() == ("", "  w: ours, peer\n")
    assert one["ratio_min"] <= one["ratio"] <= one["ratio_max"] and one["unit"] == RATE and "reason" not in one
    assert 5 / 0.01 >= one["ours"] > 5 and one["peer"] == "peer"


def test_a_peer_that_dies_or_is_missing_is_a_row_with_the_reason(sides, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    dead, missing = rows(Work("w", told(tmp_path), {"dying": {}, "vmas": {}}, costs=True), rounds=3)
    assert dead["reason"] == "dying was ended by signal 9" and dead["ours"] > 0
    assert missing["reason"] == f"vmas has no environment here: {MAKE}" and missing["ours"] == dead["ours"]
    assert all(one[key] is None for one in (dead, missing) for key in ("peer_value", "ratio", "ratio_min", "ratio_max"))


def test_costs_are_rows_of_their_own(sides, tmp_path):
    found = rows(Work("w", told(tmp_path), {"peer": {}}, costs=True), rounds=1)
    assert [(one["workload"], one["unit"]) for one in found] == [
        ("w", "agent-steps/s"), ("w: the first round, compiled", "s"), ("w: peak memory of the process", "MiB"),
    ]  # fmt: skip
    assert all(one["ratio"] == one["ours"] / one["peer_value"] for one in found)


def test_ratios_are_taken_round_by_round():
    got = row("w", RATE, "p", [10.0, 20.0, 30.0], [5.0, 5.0, 60.0])  # 2, 4, 1/2; medians 20 and 5
    assert (got["ours"], got["peer_value"]) == (20.0, 5.0)
    assert (got["ratio"], got["ratio_min"], got["ratio_max"]) == (2.0, 0.5, 4.0)
    alone = row("w", RATE, "", [1.0], [])
    assert alone["peer"] == "none: it is told" and alone["ratio"] is None


# ---------------------------------------------------------------- environments


def test_an_environment_counts_when_it_was_made_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    home = environments.folder() / "mpe2"
    home.joinpath("bin").mkdir(parents=True)
    home.joinpath("bin", "python").touch()
    with pytest.raises(NoPeer, match="no environment"):
        environments.python("mpe2")
    home.joinpath("society.json").write_text(json.dumps(["mpe2==0.1"]))  # other versions
    with pytest.raises(NoPeer, match="no environment"):
        environments.python("mpe2")
    home.joinpath("society.json").write_text(json.dumps(environments.PEERS["mpe2"]))
    assert environments.python("mpe2") == home / "bin" / "python"


def test_making_asks_pip_for_torch_first_and_tells_what_failed(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    asked: list[list[str]] = []

    def run(argv, **_):
        asked.append(argv)
        fails = "open-spiel" in " ".join(argv[5:])
        if argv[2] == "venv":
            Path(argv[-1], "bin").mkdir(parents=True, exist_ok=True)
            Path(argv[-1], "bin", "python").touch()
        return subprocess.CompletedProcess(argv, int(fails), "", "ERROR: a\nERROR: no such thing\n" if fails else "")

    monkeypatch.setattr(environments.subprocess, "run", run)
    said = []
    made = environments.make(said.append)
    assert made["vmas"] == f"made: {tmp_path / 'society/peers/vmas'}" and made["open-spiel"] == "failed: ERROR: no such thing"
    installs = [argv[argv.index("--no-input") + 1 :] for argv in asked if "pip" in argv and "peers/vmas" in argv[0]]
    assert installs == [["torch==2.13.0"], list(environments.PEERS["vmas"])] and len(said) == len(environments.PEERS)
    asked.clear()
    assert environments.make(said.append)["vmas"].startswith("there: ")
    assert not any("peers/vmas" in " ".join(argv) for argv in asked)


def test_every_peer_has_a_side_and_pinned_versions():
    for peer, wanted in environments.PEERS.items():
        assert (side.HERE / f"with_{peer.replace('-', '_')}.py").exists()
        assert all("==" in one for one in wanted)


JAXMARLS_EPISODES = """
import jax, with_jaxmarl
env = with_jaxmarl.world("simple_spread")
_, state = env.reset(jax.random.key(0))
steps, over, step = 0, False, jax.jit(env.step_env)
while not over:
    _, state, _, done, _ = step(jax.random.key(0), state, dict.fromkeys(env.agents, 0))
    steps, over = steps + 1, bool(done["__all__"])
print(steps)
"""


def test_jaxmarls_episodes_are_as_long_as_ours():
    try:
        peer = environments.python("jaxmarl")
    except NoPeer as reason:
        pytest.skip(str(reason))
    told = subprocess.run([peer, "-c", JAXMARLS_EPISODES], capture_output=True, text=True, cwd=side.HERE, check=True)
    assert told.stdout.split()[-1] == "25"  # its own 25 are 26


def test_steps_before_jaxmarls_first_episode_is_over_are_no_returns_of_zero(monkeypatch):
    monkeypatch.syspath_prepend(side.HERE)
    from train_jaxmarl import returns

    over = (torch.arange(128) >= 24).float()  # of three agents paid -1 a step, in its log
    logged = {"returned_episode_returns": (-75 * over).mean(), "returned_episode_lengths": (25 * over).mean()}
    assert float(returns(logged)) == pytest.approx(-25)


# ---------------------------------------------------------------- our own side and the profile


@pytest.fixture
def threads(monkeypatch):
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)


def test_our_side_plays_what_it_is_told(threads):
    base = {"kind": "play", "worlds": 4, "steps": 30, "seed": 0, "cores": 1}
    assert ours.begin({**base, "scenario": "simple_spread"})() == 4 * 30 * 3
    # who moves takes a step, one in each game; a game that ends begins anew in the same tick
    assert ours.begin({**base, "scenario": "negotiation", "turns": True})() == 4 * 30
    minds = {"population.minds": 2, "population.network.hidden": (8, 8)}
    assert ours.begin({**base, "kind": "act", "scenario": "simple_spread", "fields": minds})() == 4 * 30 * 3


def test_what_is_dispatched_is_counted_without_views():
    assert bench_profile._calls(lambda: torch.ones(4).view(2, 2).t() + 1) == 2  # ones, add
    x = torch.ones(3, requires_grad=True)
    assert bench_profile._calls(lambda: (x * x).sum().backward()) == 6  # mul, sum; ones_like, mul, mul, add


def test_the_costliest_operators_come_first():
    x = torch.ones(50, 50)
    found = bench_profile._costliest(lambda: x @ x + x)
    shares = [share for _, share in found]
    assert {"aten::mm", "aten::add"} <= {op for op, _ in found}  # which of them costs more is the machine's business
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1)


def test_the_shares_of_a_profile_are_all_of_the_time(threads, monkeypatch):
    monkeypatch.setattr(bench_profile, "_costliest", lambda work: [("aten::mm", 0.5)])
    monkeypatch.setattr(bench_profile, "_acts", lambda run: {"a tick": lambda: torch.ones(3)})
    got = bench_profile.bench(quick=True, scenario="matrix_game")["rows"]
    shares = {one["workload"]: one["ours"] for one in got if one["unit"] == "share of time"}
    assert set(shares) == {"matrix_game: act", "matrix_game: learn", "matrix_game: world"}
    assert sum(shares.values()) == pytest.approx(1)
    assert {"matrix_game: a tick": 1, "matrix_game: aten::mm": 0.5}.items() <= {
        one["workload"]: one["ours"] for one in got
    }.items()
    assert all(one["peer"] == "none: it is told" for one in got)


def test_a_tick_a_decision_and_an_update_can_be_counted(threads):
    run = bench_profile.Training(bench_profile.build.settle(bench_profile.resolve("matrix_game")))
    calls = {what: bench_profile._calls(act) for what, act in bench_profile._acts(run).items()}
    tick, decision, update = calls.values()
    ticks = run.config.training.ticks
    assert update > ticks * (tick + decision) > 0 and run.done == 1
