"""What each command does: `do_NAME(options)` gives the exit status, the document of --json and the text without it.

Every heavy import is inside the command that needs it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .parser import BadInput, run_help

if TYPE_CHECKING:
    from society.config import Config, FieldDoc
    from society.record.store import Run

Result = tuple[int, dict[str, Any], str]


def do_version(options: argparse.Namespace) -> Result:
    """The installed version."""
    import society

    return 0, {}, society.__version__


def do_list(options: argparse.Namespace) -> Result:
    """Scenarios, policies, learners and metrics. What does not ship with society is tried, and its error shown."""
    from society import registry

    document: dict[str, Any] = {}
    lines: list[str] = []
    for kind in registry.KINDS:
        found = registry.checked(kind)
        document[kind] = [
            {"name": one.name, "summary": one.summary} | ({"error": one.error} if one.error else {}) for one in found
        ]
        lines += [f"{kind}:"] + [f"  {one.name:<24} {one.error or one.summary}".rstrip() for one in found]
        lines += [] if found else ["  (none)"]
    return 0, document, "\n".join(lines)


def do_run_help(options: argparse.Namespace) -> Result:
    """The help of `run`, with the fields of the scenario's config, or of those that all scenarios share."""
    from society import config, registry

    documented, scenario = config.fields(), options.scenario
    text = run_help()
    if scenario:
        documented = config.fields(scenario)
        presets = sorted({"default", *getattr(registry.get("scenarios", scenario), "PRESETS", {})})
        text += f"\npresets of {scenario}: {', '.join(presets)}\n"
    text += f"\nfields of the config{f' of {scenario}' if scenario else ' (those of a scenario: run NAME --help)'}:\n"
    return 0, {}, text + "\n".join(_line(doc) for doc in documented if doc.path not in ("scenario", "preset"))


def do_fields(options: argparse.Namespace) -> Result:
    """Every field of a run and its value, as `run` with the same words would have it; nothing is run."""
    from .fields import document, valued

    chosen = _config(options, options.seed)
    return 0, document(chosen), "\n".join(_line(doc, "value") for doc in valued(chosen))


def _line(doc: FieldDoc, what: str = "default") -> str:
    value = "" if doc.default is None else f" ({what}: {_shown(doc.default)})"
    return f"  --{doc.path:<28} {doc.description or doc.takes}{f'; {doc.takes}' if doc.description else ''}{value}"


def _shown(value: object) -> str:
    """A default as one would write it on the command line."""
    if isinstance(value, list | tuple):
        nested = any(isinstance(one, list | tuple) for one in value)
        return json.dumps(value) if nested else ",".join(map(_shown, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def do_run(options: argparse.Namespace) -> Result:
    """Train, evaluate and report, once for each seed."""
    began = time.perf_counter()
    configs = [_config(options, seed) for seed in options.seeds or [options.seed]]
    out = Path(options.out)
    from society import api

    before = set(_names(out))
    try:
        made = api.run_many(configs, out, tuple(configs[0].evaluation.controls), True, options.argv)
    except KeyboardInterrupt:
        left = [out / name for name in _names(out) if name not in before]
        raise KeyboardInterrupt(_how_to_go_on(left)) from None
    return _reported(made, time.perf_counter() - began)


def _config(options: argparse.Namespace, seed: object) -> Config:
    from society import config

    if options.scenario.endswith(".py"):
        raise BadInput(f"{options.scenario} is a file; put it into ./scenarios and run it by name: {_stem(options)}")
    if options.scenario.endswith(".toml"):
        return _again(options, seed)
    overrides: dict[str, object] = dict(options.overrides)
    given = {"seed": seed, "device": options.device, "evaluation.controls": _controls(options.controls)}
    overrides |= {name: value for name, value in given.items() if value is not None}
    return config.resolve(options.scenario, options.preset, overrides, options.quick)


def _again(options: argparse.Namespace, seed: object) -> Config:
    """The config of a run.toml, as it was; with another seed if one is given."""
    from society import config

    changed = [f"--{name}" for name in options.overrides]
    words = {"--quick": options.quick, "--controls": options.controls, "--device": options.device}
    changed += [word for word, given in words.items() if given]
    changed += ["--preset"] if options.preset != "default" else []
    if changed:
        raise BadInput(f"{changed[0]}: {options.scenario} says everything but the seed; change it in the file")
    found = config.from_toml(Path(options.scenario).read_text("utf-8"))
    return found if seed is None else config.from_toml(config.to_toml(found.model_copy(update={"seed": _whole(seed)})))


def _whole(seed: object) -> int:
    try:
        return int(str(seed))
    except ValueError:
        raise BadInput(f"--seed {seed}: is not a whole number") from None


def _stem(options: argparse.Namespace) -> str:
    return f"society run {Path(options.scenario).stem}"


def _controls(text: str | None) -> list[str] | None:
    """`muted,tradeless_from_birth`, `all` or `none` as the names of controls; None where nothing was said."""
    from society.config import CONTROLS

    if text is None:
        return None
    if text in ("all", "none"):
        return list(CONTROLS) if text == "all" else []
    names = [name.strip() for name in text.split(",") if name.strip()]
    return [f"{name}_from_birth" if f"{name}_from_birth" in CONTROLS else name for name in names]


def _names(out: Path) -> list[str]:
    from society.record.store import list_runs

    return [run.name for run in list_runs(out)]


def _how_to_go_on(left: Sequence[Path]) -> str:
    unfinished = [path for path in left if _state(path) not in ("done", "damaged")]
    if not unfinished:
        return "interrupted"
    return "interrupted; resume with: " + "; ".join(f"society resume {path}" for path in unfinished)


def _state(path: Path) -> str:
    from society.record.store import Run

    return str(Run(path).state)


def _find(text: str, root: str) -> Run:
    from society.record.store import find_run

    return find_run(text, Path(root))


def do_report(options: argparse.Namespace) -> Result:
    """The table of estimates of one run, or of several pooled over seeds."""
    began = time.perf_counter()
    runs = [_find(text, options.out) for text in options.runs]
    paths = [run.path for run in runs]
    if len({path.resolve() for path in paths}) < len(paths):
        raise BadInput("a run is named twice; a pooled report counts each run once")
    _undamaged(runs)
    return _reported(paths, began=began)


def _undamaged(runs: Sequence[Run]) -> None:
    """Say a damaged file first and once: a metric would only call its table unreadable, and a pool leave its run out."""
    for run in runs:
        if problems := run.verify():
            raise BadInput(problems[0])


def _reported(paths: Sequence[Path], seconds: float | None = None, began: float = 0.0) -> Result:
    from society.analysis import report
    from society.analysis.declared import Declared
    from society.record.store import Run

    runs: list[Any] = [Run(path) for path in paths]
    estimates = report.build(runs[0]) if len(runs) == 1 else report.pool(runs)
    seconds = time.perf_counter() - began if seconds is None else seconds
    document = report.as_json(estimates, [str(path) for path in paths], seconds)
    table = report.render(estimates, Declared.from_json(runs[0].meta.get("declared", {})))
    head = "\n".join(f"run: {path}" for path in paths)
    return 0, document, f"{head}\n{table.rstrip()}\nlook at it: society view {paths[0]}"


def do_resume(options: argparse.Namespace) -> Result:
    """Go on with an interrupted run and report."""
    began = time.perf_counter()
    path = _find(options.runs, options.out).path
    from society import api

    try:
        path = api.resume(path, True)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_how_to_go_on([path])) from None
    return _reported([path], time.perf_counter() - began)


def do_sweep(options: argparse.Namespace) -> Result:
    """Every run of a sweep file, then the pooled report of each cell."""
    began = time.perf_counter()
    file = Path(options.file)
    if not file.is_file():
        raise BadInput(f"{file}: no such file; what such a file says: society sweep --help")
    out = Path(options.out) if options.out else Path("sweeps") / file.stem
    from society import api

    from .sweeps import compare

    try:
        groups = api.sweep(file, out, True, options.argv)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted; go on with the same command (what is done is kept in {out})") from None
    from society.record.store import Run

    _undamaged([Run(path) for _, paths in groups for path in paths])
    cells = [{"fields": fields} | _reported(paths, 0.0)[1] for fields, paths in groups]
    return 0, {"cells": cells, "seconds": time.perf_counter() - began}, f"{compare(cells)}\nall runs are in {out}"


def do_view(options: argparse.Namespace) -> Result:
    """The viewer, until it is interrupted."""
    if options.port is not None and not 1 <= options.port < 2**16:
        raise BadInput(f"--port {options.port}: a port is from 1 to {2**16 - 1}")
    run = _find(options.runs, options.out).path if options.runs else None
    from society.viewer.launch import view

    return view(run, Path(options.out), options.port), {}, ""


def do_check(options: argparse.Namespace) -> Result:
    """The scenario contract; 1 when a rule is broken."""
    from society import registry

    name = options.scenario
    found = registry.load_file(name) if name.endswith(".py") else registry.get("scenarios", name)
    from society.world.check import check

    findings = [{"rule": str(one.rule), "detail": str(one.detail)} for one in check(found)]
    text = "\n".join(f"{one['rule']}: {one['detail']}" for one in findings) or f"{name} keeps the contract"
    return int(bool(findings)), {"name": name, "passed": not findings, "findings": findings}, text


def do_new(options: argparse.Namespace) -> Result:
    """A scenario file and its test, from the templates."""
    from .new import scenario

    made = scenario(options.name, Path.cwd())
    wrote = "\n".join(f"wrote {path}" for path in made)
    return 0, {}, f"{wrote}\nnext: society check {options.name}, then: society run {options.name} --quick"


def do_reproduce(options: argparse.Namespace) -> Result:
    """Studies of published results; 1 when one does not hold."""
    from .studies import reproduce

    return reproduce(options.names, options.all, options.quick, options.seeds, Path(options.out))


def do_audit(options: argparse.Namespace) -> Result:
    """What metrics say of societies whose truth is planted; 1 when an interventional one of ours falls short."""
    from .audit import audit

    return audit(options.quick, options.seeds)


def do_bench(options: argparse.Namespace) -> Result:
    """Ratios against peers, measured side by side."""
    from .benches import bench, make_peers

    return make_peers() if options.make_peers else bench(options.name, options.quick, options.scenario, options.markdown)


def do_doctor(options: argparse.Namespace) -> Result:
    """Versions, device, what is missing; 1 when something required is."""
    from .doctor import examine

    return examine()
