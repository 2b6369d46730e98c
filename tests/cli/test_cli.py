import errno
import json
import math
import os
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

import society as package
from society.analysis.estimate import Estimate
from society.cli import parser
from society.cli.parser import seeds


class Stopped(RuntimeError):
    pass


class Damaged(Exception):
    pass


@dataclass
class FakeRun:
    path: Path
    state: str = "done"
    controls: ClassVar[dict] = {}

    def verify(self):
        return ["rust/part: checksum does not match; restore it"] if self.path.name == "rust" else []

    @property
    def name(self):
        return Path(self.path).name

    @property
    def meta(self):
        return {}


@pytest.fixture
def machinery(stub, home):
    """Stand-ins for everything that a run needs; what was asked of them is in `.asked`."""
    asked = {}

    def run_many(configs, out, controls, progress, argv):
        print("a library prints to standard output")
        asked.update(configs=configs, out=out, controls=controls, progress=progress, argv=argv)
        return [out / f"run{config.seed}" for config in configs]

    def resume(path, progress):
        asked.update(resumed=path)
        return path

    def find_run(text, root="runs"):
        if text == "nothing":
            raise ValueError(f"there is no run 'nothing' in {root}")
        if text == "rotten":
            raise Damaged("rotten/run.toml: bad checksum; restore it")
        return FakeRun(Path(root) / text)

    api = stub("society.api", run_many=run_many, resume=resume)
    store = stub("society.record.store", Run=FakeRun, find_run=find_run, list_runs=lambda root: [])
    estimates = [Estimate("welfare", "normal", 1.5, n=3)]
    stub(
        "society.analysis.report",
        build=lambda run: estimates,
        pool=lambda runs: asked.update(pooled=len(runs)) or estimates,
        render=lambda found, declared: "THE TABLE\n",
        as_json=lambda found, runs, seconds: {
            "runs": runs, "seconds": seconds, "estimates": [vars(one) for one in found]
        },
    )
    stub("society.analysis.declared", Declared=type("Declared", (), {"from_json": staticmethod(lambda data: data)}))
    asked.update(api=api, store=store)
    return asked


def one_line(err):
    assert err.startswith("society: ") and err.count("\n") == 1, err
    return err


# --- run


def test_run_hands_the_config_over_and_prints_the_report(society, machinery):
    fields = ["--world.size", "20", "--population", "16", "--seed", "3"]
    status, out, _ = society("run", "toyworld", *fields, "--out", "here")
    (config,) = machinery["configs"]
    assert status == 0 and "THE TABLE" in out and "here/run3" in out
    assert (config.world.size, config.population.minds, config.seed) == (20, 16, 3)
    assert machinery["out"] == Path("here") and machinery["argv"][:2] == ["society", "run"]


def test_run_json_is_one_document_and_nothing_else(society, machinery):
    status, document, err = society("run", "toyworld", "--json", "--quick")
    assert status == 0
    assert document["runs"] == ["runs/run0"] and document["seconds"] >= 0
    assert document["estimates"][0]["metric"] == "welfare"
    assert document["estimates"][0]["ci_low"] is None  # NaN is no JSON
    assert "a library prints" in err
    assert machinery["configs"][0].world.size == 5


def test_run_over_seeds_is_pooled(society, machinery):
    assert society("run", "toyworld", "--seeds", "0-2,7")[0] == 0
    assert [config.seed for config in machinery["configs"]] == [0, 1, 2, 7]
    assert machinery["pooled"] == 4


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("all", ("muted_from_birth", "content_from_birth", "tradeless_from_birth")),
        ("none", ()),
        ("muted,tradeless_from_birth", ("muted_from_birth", "tradeless_from_birth")),
    ],
)
def test_controls(society, machinery, given, expected):
    assert society("run", "toyworld", "--controls", given)[0] == 0
    assert machinery["controls"] == expected == machinery["configs"][0].evaluation.controls


def test_options_may_stand_anywhere_and_be_joined(society, machinery):
    assert society("run", "--world.size=20", "--device", "cpu", "toyworld", "--training.agent-steps", "1e6")[0] == 0
    (config,) = machinery["configs"]
    assert (config.world.size, config.device, config.training.agent_steps) == (20, "cpu", 10**6)


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["run"], "SCENARIO"),
        (["run", "toywrld"], "did you mean toyworld?"),
        (["run", "toyworld.py"], "society run toyworld"),
        (["run", "toyworld", "--world.szie", "3"], "did you mean world.size"),
        (["run", "toyworld", "--size", "3"], "did you mean world.size"),
        (["run", "toyworld", "--world.size"], "--world.size needs a value"),
        (["run", "toyworld", "--world.size", "--quick"], "--world.size needs a value"),
        (["run", "toyworld", "--world.size", "x"], "world.size = 'x'"),
        (["run", "toyworld", "--seed", "x"], "seed = 'x'"),
        (["run", "toyworld", "--seed", "-1"], "seed"),
        (["run", "toyworld", "--seeds", "4-0"], "4-0"),
        (["run", "toyworld", "--seeds", "0-99999999"], "at most"),
        (["run", "toyworld", "--seed", "1", "--seeds", "1"], "not allowed with"),
        (["run", "toyworld", "--preset", "x"], "preset = 'x'"),
        (["run", "toyworld", "--controls", "x"], "evaluation.controls = 'x'"),
        (["run", "toyworld", "extra"], "extra"),
        (["lst"], "did you mean list?"),
        (["zzz"], "there is list, run"),
        (["--json"], "--json"),
        (["list", "--wat"], "--wat"),
        (["report"], "RUN"),
        (["report", "nothing"], "there is no run 'nothing'"),
        (["report", "rotten"], "bad checksum"),
        (["report", "a", "a"], "twice"),
        (["resume", "nothing"], "there is no run"),
        (["view", "--port", "99999"], "a port is from 1"),
        (["view", "nothing"], "there is no run"),
        (["check", "nothing"], "unknown scenario 'nothing'"),
        (["check", "nothing.py"], "nothing.py: no such file"),
        (["new", "agent", "x"], "invalid choice"),
        (["reproduce", "no_such_study"], "unknown reproduction 'no_such_study'"),
        (["bench", "no_such_bench"], "unknown benchmark 'no_such_bench'"),
    ],
)
@pytest.mark.parametrize("json", [[], ["--json"]])
def test_bad_input_is_status_2_and_one_line(society, machinery, stub, argv, part, json):
    stub("society.world.check", check=lambda scenario: [])
    status, out, err = society(*argv, *(json if argv[0] not in ("view", "new", "--json") else []))
    assert status == 2 and out == ""
    assert part in one_line(err)


@pytest.mark.parametrize(
    ("error", "status", "part"),
    [
        (Stopped("the loss is NaN at update 3; checkpoint 2 is kept"), 3, "NaN at update 3"),
        (OSError(errno.ENOSPC, "No space left on device", "runs/x"), 3, "disk is full"),
        (MemoryError(), 2, "out of memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 8 bytes"), 2, "out of memory"),
        (PermissionError(errno.EACCES, "Permission denied", "runs"), 2, "runs: Permission denied"),
        (ValueError("two\nlines"), 2, "two lines"),
        (RuntimeError("boom"), 1, "RuntimeError: boom; this is a bug; run again with SOCIETY_DEBUG=1"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_what_goes_wrong_in_a_run_is_one_line(society, machinery, monkeypatch, error, status, part):
    def fails(*args):
        raise error

    machinery["api"].run_many = fails
    got, out, err = society("run", "toyworld")
    assert got == status and out == "" and part in one_line(err)
    monkeypatch.setenv("SOCIETY_DEBUG", "1")
    assert "Traceback" in society("run", "toyworld")[2]


def test_an_interrupted_run_says_how_to_go_on(society, machinery):
    there = []

    def run_many(*args):
        there.extend([FakeRun(Path("new"), "interrupted"), FakeRun(Path("ready"), "done")])
        raise KeyboardInterrupt

    machinery["store"].list_runs = lambda root: [FakeRun(Path("old"), "interrupted"), *there]
    machinery["store"].Run = lambda path: FakeRun(path, "done" if Path(path).name == "ready" else "interrupted")
    machinery["api"].run_many = run_many
    status, _, err = society("run", "toyworld", "--out", "here")
    assert status == 130
    assert one_line(err) == "society: interrupted; resume with: society resume here/new\n"


def test_an_interrupted_resume_says_how_to_go_on(society, machinery):
    def resume(*args):
        raise KeyboardInterrupt

    machinery["api"].resume = resume
    machinery["store"].Run = lambda path: FakeRun(path, "interrupted")
    status, _, err = society("resume", "abc")
    assert status == 130 and "resume with: society resume runs/abc" in one_line(err)


# --- the others


def test_report_of_one_and_of_several(society, machinery):
    assert "THE TABLE" in society("report", "a")[1]
    assert "pooled" not in machinery
    status, document, _ = society("report", "a", "b", "--json")
    assert status == 0 and document["runs"] == ["runs/a", "runs/b"] and machinery["pooled"] == 2


def test_report_of_a_damaged_run_names_the_file(society, machinery):
    status, out, err = society("report", "a", "rust")
    assert (status, out) == (2, "") and "rust/part: checksum does not match" in err


def test_resume(society, machinery):
    status, document, _ = society("resume", "abc", "--json")
    assert status == 0 and machinery["resumed"] == Path("runs/abc") and document["runs"] == ["runs/abc"]


def test_view(society, machinery, stub):
    seen = []
    stub("society.viewer.launch", view=lambda run, root, port: seen.append((run, root, port)) or len(seen) - 1)
    assert society("view")[0] == 0
    assert society("view", "abc", "--port", "8600", "--out", "here")[0] == 1  # the viewer's own status
    assert seen == [(None, Path("runs"), None), (Path("here/abc"), Path("here"), 8600)]


def test_list(society, home):
    status, out, _ = society("list")
    assert status == 0 and "toyworld" in out and "A toy world." in out
    (home / "scenarios" / "broken.py").write_text("import no_such_thing_at_all\nscenario = 1\n")
    _, document, _ = society("list", "--json")
    assert set(document) == {"scenarios", "policies", "learners", "metrics"}
    found = {one["name"]: one for one in document["scenarios"]}
    assert found["toyworld"] == {"name": "toyworld", "summary": "A toy world."}
    assert "ModuleNotFoundError" in found["broken"]["error"]


@dataclass
class Finding:
    rule: str
    detail: str


def test_check(society, home, stub):
    checked = []
    stub("society.world.check", check=lambda scenario: checked.append(scenario) or [])
    assert society("check", "toyworld", "--json")[:2] == (0, {"name": "toyworld", "passed": True, "findings": []})
    assert "keeps the contract" in society("check", "scenarios/toyworld.py")[1]
    assert checked[0] is checked[1]
    stub("society.world.check", check=lambda scenario: [Finding("conservation", "2 grain too many")])
    status, document, _ = society("check", "toyworld", "--json")
    assert status == 1 and not document["passed"]
    assert document["findings"] == [{"rule": "conservation", "detail": "2 grain too many"}]
    assert "conservation: 2 grain too many" in society("check", "toyworld")[1]


@pytest.fixture
def templates(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("package")
    (folder / "templates").mkdir()
    (folder / "templates" / "scenario.py.txt").write_text("class ClassOfScenario:\n    name = 'NAME_OF_SCENARIO'\n")
    (folder / "templates" / "test.py.txt").write_text("# tests NAME_OF_SCENARIO\n")
    monkeypatch.setattr("society.cli.new.resources.files", lambda name: folder)
    return folder


def test_new_scenario(society, home, templates):
    status, out, _ = society("new", "scenario", "fish_pond")
    assert status == 0 and "society check fish_pond" in out
    assert (home / "scenarios/fish_pond.py").read_text() == "class FishPond:\n    name = 'fish_pond'\n"
    assert (home / "tests/test_fish_pond.py").read_text() == "# tests fish_pond\n"


NO_NAMES = ["../x", "a/b", "X", "1a", "a-b", "", "class", "toyworld", "a" * 41, "été", "a.py", "a\n"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_new_refuses_a_name(society, home, templates, name):
    before = sorted(home.rglob("*"))
    status, _, err = society("new", "scenario", name)
    assert status == 2 and "scenario name" in one_line(err)
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("there", ["scenarios/pond.py", "tests/test_pond.py"])
def test_new_never_overwrites(society, home, templates, there):
    (home / "tests").mkdir()
    (home / there).write_text("mine")
    status, _, err = society("new", "scenario", "pond")
    assert status == 2 and "exists" in one_line(err)
    assert (home / there).read_text() == "mine"
    assert sum(path.is_file() for path in home.rglob("*pond*")) == 1


def test_new_does_not_write_through_a_dangling_link(society, home, templates):
    (home / "scenarios" / "pond.py").symlink_to(home / "outside.py")
    assert society("new", "scenario", "pond")[0] == 2
    assert not (home / "outside.py").exists()


def test_new_without_templates(society, home, templates):
    (templates / "templates" / "test.py.txt").unlink()
    status, _, err = society("new", "scenario", "pond")
    assert status == 2 and "template" in one_line(err)
    assert not (home / "scenarios/pond.py").exists()


@pytest.fixture
def studies(tmp_path, monkeypatch):
    folder = tmp_path / "studies"
    folder.mkdir()
    monkeypatch.setattr("society.studies.__path__", [str(folder)])
    yield folder
    for name in [name for name in sys.modules if name.startswith("society.studies.")]:
        if Path(sys.modules[name].__file__).parent == folder:
            del sys.modules[name]


STUDY = "def run(quick, seeds):\n"
STUDY += "    row = {'label': 'a', 'published': 1.0, 'ours': 0.5, 'seeds': seeds, 'holds': HOLDS}\n"
STUDY += "    return {'name': 'NAME', 'holds': HOLDS, 'rows': [row]}\n"
BENCH = "def bench(quick):\n    return {'rows': [{'workload': 'w', 'unit': 'steps/s', 'ours': 2.0, 'ratio': 2.0}]}\n"


def test_reproduce(society, home, studies):
    assert society("reproduce", "--all")[:2] == (0, "no reproduction is installed yet\n")
    (studies / "axelrod.py").write_text(STUDY.replace("HOLDS", "True").replace("NAME", "axelrod"))
    (studies / "bench_speed.py").write_text(BENCH)
    (studies / "__init__.py").write_text("")
    status, document, _ = society("reproduce", "axelrod", "--seeds", "0-1", "--json")
    assert status == 0 and document["results"][0]["rows"][0]["seeds"] == [0, 1]
    assert society("reproduce")[0] == 2
    (studies / "fell.py").write_text(STUDY.replace("HOLDS", "False").replace("NAME", "fell"))
    status, out, _ = society("reproduce", "--all", "--quick")
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert status == 1 and "holds" in lines["axelrod"] and "FALLS SHORT" in lines["fell"]


def test_reproduce_keeps_what_is_done(society, home, studies):
    count = home / "count"
    study = STUDY.replace("HOLDS", "True").replace("NAME", "once")
    study = study.replace("seeds):\n", f"seeds):\n    with open({str(count)!r}, 'a') as f:\n        f.write('x')\n", 1)
    (studies / "once.py").write_text(study)
    first = society("reproduce", "once", "--json")[1]["results"][0]
    again = society("reproduce", "once", "--json")[1]["results"][0]
    assert count.read_text() == "x" and (first.pop("kept"), again.pop("kept")) == (False, True) and first == again
    assert society("reproduce", "once", "--quick")[0] == 0 and count.read_text() == "xx"  # another form
    (kept,) = home.glob("reproductions/once-full-*.json")
    kept.write_text("{}")
    assert society("reproduce", "once")[0] == 0 and count.read_text() == "xxx"  # a damaged result is made again
    (studies / "once.py").write_text(study + "# changed\n")
    assert society("reproduce", "once")[0] == 0 and count.read_text() == "xxxx"  # another code is another result


def test_reproduce_survives_a_study_that_fails(society, home, studies):
    (studies / "bad.py").write_text("def run(quick, seeds):\n    raise ZeroDivisionError('no\\nway')\n")
    lacks = "class MissingPackage(RuntimeError):\n    pass\n\n"
    (studies / "lacks.py").write_text(lacks + "def run(quick, seeds):\n    raise MissingPackage('needs the package x')\n")
    (studies / "good.py").write_text(STUDY.replace("HOLDS", "True").replace("NAME", "good"))
    status, document, _ = society("reproduce", "--all", "--json")
    results = {result["name"]: result for result in document["results"]}
    assert status == 1 and list(results) == ["bad", "good", "lacks"]
    assert results["bad"]["reason"] == "failed: ZeroDivisionError: no" and not results["bad"]["holds"]
    assert results["lacks"]["reason"] == "needs the package x" and results["good"]["holds"]
    assert [file.name.split("-")[0] for file in (home / "reproductions").iterdir()] == ["good"]


def test_bench(society, home, studies):
    assert "no benchmark" in society("bench")[1]
    (studies / "bench_speed.py").write_text(BENCH)
    status, document, _ = society("bench", "speed", "--json")
    assert status == 0 and document["machine"]
    assert document["results"] == [
        {"name": "speed", "rows": [{"workload": "w", "unit": "steps/s", "ours": 2.0, "ratio": 2.0}]}
    ]
    assert "ratio 2" in society("bench")[1]


def test_doctor(society, home, monkeypatch):
    status, document, _ = society("doctor", "--json")
    assert status == 0 and document["passed"] and document["versions"]["torch"]
    assert document["cores"] >= 1 and document["device"].startswith(("cpu", "cuda"))
    wanted = ["torch>=2.9", "no-such-package>=3", 'neither-this; extra == "ray"']
    monkeypatch.setattr("society.cli.doctor.metadata.requires", lambda name: wanted)
    status, document, _ = society("doctor", "--json")
    assert status == 1 and not document["passed"]
    assert [(one["part"], one["packages"]) for one in document["missing"]] == [
        ("required", ["no-such-package>=3"]), ("ray", ["neither-this"]),
    ]
    assert "pip install 'no-such-package>=3'" in document["missing"][0]["get"]
    status, out, _ = society("doctor")
    assert status == 1 and "MISSING" in out and "pip install neither-this" in out
    monkeypatch.setattr("society.cli.doctor.metadata.requires", lambda name: wanted[:1] + wanted[2:])
    assert society("doctor")[0] == 0  # an extra is no fault


def test_help(society, home):
    status, out, _ = society("--help")
    assert status == 0 and all(name in out for name in parser.SUMMARIES)
    assert society()[:2] == (0, out)
    for name in parser.SUMMARIES:
        assert society(name, "--help")[0] == 0
    assert "--training.worlds" in society("run", "--help")[1]


def test_help_of_a_scenario(society, home):
    status, out, _ = society("run", "toyworld", "--help")
    assert status == 0 and "--world.size" in out and "default: 9" in out
    assert "presets of toyworld: default, quick" in out
    assert "default: [[1, 1]]" in out and "default: normal,mute,content" in out and "default: true" in out
    assert society("run", "toywrld", "--help")[0] == 2


def test_version(society):
    assert society("--version")[:2] == (0, package.__version__ + "\n")


def test_seeds():
    assert seeds("0-3,2,9") == [0, 1, 2, 3, 9]
    for bad in ("", "a", "1-", "-1", "3-1", "1.5", "\u0661", str(2**31)):
        with pytest.raises(Exception, match="seed"):
            seeds(bad)


def help_seconds(*options):
    """Processor seconds of `society --help`: on a busy machine the clock on the wall says nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *options, "-m", "society.cli", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stderr


def test_help_is_quick():
    assert min(help_seconds()[0] for _ in range(3)) < 0.3


def test_help_imports_nothing_heavy():
    lines = help_seconds("-X", "importtime")[1].splitlines()
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "society" in loaded
    assert not loaded & {"torch", "pandas", "numpy", "pydantic", "rich", "pyarrow", "scipy", "streamlit"}


def test_a_closed_pipe_is_no_error(home):
    command = [sys.executable, "-m", "society.cli", "list"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0
    process.stderr.close()


def test_idle_threads_sleep(society, monkeypatch):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    society("--help")
    assert os.environ.pop("OMP_WAIT_POLICY") == "passive"


# --- in Python


def test_the_public_names_are_lazy(stub):
    stub("society.api", run="run", load="load", Run="Run")
    assert (package.run, package.load, package.Run) == ("run", "load", "Run")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = package.nothing


def test_a_number_that_is_none_is_null():
    from society.cli import _finite

    assert _finite({"a": [math.nan, math.inf, 1.5, (2,)], 3: "x"}) == {"a": [None, None, 1.5, [2]], "3": "x"}


LOUD = """
import os, sys
import society.cli.commands as commands
from society.cli import main

def loud(options):
    print("python")
    os.write(1, b"library\\n")
    os.system("echo process")
    return 0, {"told": 1}, ""

commands.do_list = loud
sys.exit(main(["list", "--json"]))
"""


def test_json_stands_alone_whoever_prints():
    done = subprocess.run([sys.executable, "-c", LOUD], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"told": 1}
    assert sorted(done.stderr.split()) == ["library", "process", "python"]
