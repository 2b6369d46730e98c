"""Jobs: a token starts one process, which outlives its starter; what became of it is told by files and a lock."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import viewer_runs

from society.record.files import write_json
from society.record.stop import asked_to_stop
from society.record.store import Run, read_status
from society.viewer import jobs, queries
from society.viewer.queries import Refused

# In place of the command line: it does what its first word says, and writes down that it was started.
CLI = """
import json, os, pathlib, sys, time
words = sys.argv[1:]
home = pathlib.Path(__file__).parent
(home / f"started-{os.getpid()}").write_text(json.dumps(words))
if "fail" in words:
    print("society: world.size = -1: must be more", file=sys.stderr)
    sys.exit(2)
if "wait" in words:
    while not (home / "go").exists():
        time.sleep(0.01)
print("run: somewhere" if "silent" not in words else "", flush=True)
"""


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in's folder."""
    home = tmp_path / "cli"
    home.mkdir()
    (home / "cli.py").write_text(CLI)
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, "-S", str(home / "cli.py")))
    return home


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def until(found: Callable[[], Any], seconds: float = 180.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.02)
    return value


def started(cli: Path) -> list[list[str]]:
    return [json.loads(path.read_text() or "[]") for path in cli.glob("started-*")]


def test_a_token_starts_one_process_and_its_words_arrive_as_they_are(root: Path, cli: Path) -> None:
    words = ["run", "wait", "--world.title=--out=/etc; rm -rf $HOME `x` 'y'", "--seeds=0"]
    token = jobs.new_token()
    for _ in range(3):
        jobs.run(root, token, words)
    until(lambda: started(cli))
    (job,) = jobs.jobs(root)
    assert job.state == "starting" and job.argv == (*words, f"--out={root.absolute()}")
    (cli / "go").touch()
    until(lambda: jobs.jobs(root)[0].state == "begun")
    assert [given for given in started(cli) if given] == [[*words, f"--out={root.absolute()}"]]
    jobs.run(root, token, words)  # even when it has ended
    assert len(list(cli.glob("started-*"))) == 1


def test_a_run_is_its_job_s_by_its_words_and_its_time(root: Path, cli: Path) -> None:
    before = viewer_runs.begin(root / "toy-20200101-120000-abcdef")
    first, second = jobs.new_token(), "9" * 13 + "-ab"
    jobs.run(root, first, ["run", "wait"])
    jobs.run(root, second, ["run", "wait", "--seeds=1"])
    path = viewer_runs.begin(root / "toy-20990101-120000-abcdef")
    meta = Run(path).meta
    for one, when in ((path, "2099-01-01T12:00:00+00:00"), (before, "2020-01-01T12:00:00+00:00")):
        write_json(one / "meta.json", meta | {"created": when, "argv": ["society", "run", "wait", f"--out={root.absolute()}"]})
    found = {job.token: job for job in jobs.jobs(root)}
    assert (found[first].state, found[first].runs) == ("begun", (path.name,))
    assert (found[second].state, found[second].runs) == ("starting", ())
    (cli / "go").touch()


def test_what_went_wrong_is_its_last_line_and_can_be_dismissed(root: Path, cli: Path) -> None:
    jobs.run(root, jobs.new_token(), ["run", "fail"])
    job = until(lambda: next((job for job in jobs.jobs(root) if job.state == "failed"), None))
    assert job.line == "world.size = -1: must be more" and job.what == "run fail"
    jobs.dismiss(root, job.token)
    assert jobs.jobs(root) == []
    jobs.run(root, jobs.new_token(), ["run", "silent"])
    assert "without a word" in until(lambda: jobs.jobs(root)[0].line)


def test_a_job_that_lives_is_not_dismissed_and_it_outlives_its_starter(root: Path, cli: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from society.viewer import jobs\n"
        f"jobs.COMMAND = {jobs.COMMAND!r}\njobs.run(Path({str(root)!r}), '1-a', ['run', 'wait'])"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert (said.stdout, said.stderr) == (b"", b"")
    (job,) = jobs.jobs(root)
    jobs.dismiss(root, job.token)
    assert jobs.jobs(root)[0].state == "starting"
    pid = int(until(lambda: next(iter(cli.glob("started-*")), None)).name.removeprefix("started-"))
    assert os.getsid(pid) == pid
    (cli / "go").touch()
    until(lambda: jobs.jobs(root)[0].state == "begun")


def test_a_resumption_is_one_for_each_state_that_a_run_was_left_in(root: Path, cli: Path) -> None:
    path = viewer_runs.killed(root / "-j son-20260101-120000-abcdef")
    jobs.resume(root, path.name)
    jobs.resume(root, path.name)
    until(lambda: started(cli) and all(started(cli)))
    assert started(cli) == [["resume", str(path.absolute())]]
    (job,) = jobs.jobs(root)
    assert job.what == f"resume {path.name}"
    until(lambda: jobs.jobs(root)[0].state == "begun")  # it has ended well
    jobs.resume(root, path.name)  # and so it may be tried again
    until(lambda: len(list(cli.glob("started-*"))) == 2)
    before = time.time()
    viewer_runs.write_status(path, state="running")
    assert read_status(path)["heartbeat"] >= before and jobs.jobs(root)[0].runs == (path.name,)


NAMES = ("..", "../secret", "%2e%2e/secret", "/etc", "a\0b", "linked-20260101-120000-abcdef", "", "x" * 10_000)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_none_is_neither_stopped_nor_resumed(tmp_path: Path, root: Path, cli: Path, name: str) -> None:
    secret = viewer_runs.live(tmp_path / "secret")
    viewer_runs.live(root / "toy-20260101-120000-abcdef")
    (root / "linked-20260101-120000-abcdef").symlink_to(secret)
    for action in (jobs.stop, jobs.resume):
        with pytest.raises(Refused) as refused:
            action(root, name)
        assert "\n" not in str(refused.value) and "x" * 50 not in str(refused.value)
    assert not (secret / "stop").exists() and not started(cli) and not (root / ".desk").exists()


@pytest.mark.parametrize("word", ["--world.title=a\0b", "--world.title=" + "x" * 10_000, "--world.title=\ud800"])
def test_a_word_that_no_process_can_be_given_is_refused(root: Path, cli: Path, word: str) -> None:
    with pytest.raises(Refused) as refused:
        jobs.run(root, jobs.new_token(), ["run", "toy", word])
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 200
    assert jobs.jobs(root) == [] and not started(cli)


@pytest.mark.parametrize("token", ["..", "../..", "a/b", "", "x" * 10_000, "1-a\n"])
def test_a_token_is_no_path(root: Path, cli: Path, token: str) -> None:
    with pytest.raises(Refused):
        jobs.run(root, token, ["run", "toy"])


def test_a_link_out_of_the_folder_is_not_written_to(tmp_path: Path, root: Path, cli: Path) -> None:
    root.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (root / ".desk").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused):
        jobs.run(root, jobs.new_token(), ["run", "toy"])
    assert list((tmp_path / "elsewhere").iterdir()) == [] and jobs.jobs(root) == []


def test_what_others_wrote_among_the_jobs_is_left_out(root: Path, cli: Path, tmp_path: Path) -> None:
    home = root / ".desk" / "jobs"
    odd = {"1-a": {"argv": 3, "begun": 1}, "2-a": {"argv": [], "begun": "x"}, "4-a": {"argv": ["resume"], "begun": 1.0}}
    for name, document in odd.items():
        (home / name).mkdir(parents=True)
        write_json(home / name / "job.json", document)
    os.mkfifo(home / "4-a" / "log.txt")
    (home / "3-a").symlink_to(tmp_path)
    (home / "not a job").write_text("")
    (home / "5-a").mkdir()
    (home / "5-a" / "job.json").write_text("{" * 100_000)
    assert jobs.jobs(root) == []


def test_no_more_jobs_are_remembered_than_can_be_looked_at(root: Path, cli: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "KEPT", 3)
    for number in range(5):
        jobs.run(root, f"{number + 1}-a", ["run", "toy"])
        until(lambda: all(job.state == "begun" for job in jobs.jobs(root)))
    assert [job.token for job in jobs.jobs(root)] == ["5-a", "4-a", "3-a"]


def test_a_real_run_is_started_stopped_and_resumed(root: Path) -> None:
    tiny = ["--training.worlds=4", "--training.ticks=2", "--training.agent_steps=1e9", "--controls=none"]
    jobs.run(root, jobs.new_token(), ["run", "lewis_game", "--seeds=0", *tiny])
    name = until(lambda: jobs.jobs(root)[0].runs)[0]
    run = queries.open_run(root, name)

    def learning(more_than: int) -> bool:
        return run.state == "live" and run.status.get("agent_steps", 0) > more_than

    try:
        until(lambda: learning(0))
        jobs.stop(root, name)
        until(lambda: run.state == "interrupted")
        left = run.status["agent_steps"]
        assert left > 0 and not run.verify() and run.checkpoints()
        jobs.resume(root, name)
        until(lambda: learning(left))
        assert not asked_to_stop(run.path)
        assert [job.state for job in jobs.jobs(root)] == ["begun", "begun"]
    finally:
        jobs.stop(root, name)
        until(lambda: run.state == "interrupted")
    assert [one.name for one in queries.runs(root)] == [name]
