"""The words of the command line. Only argparse is imported here."""

from __future__ import annotations

import argparse
import difflib
import re
from typing import NoReturn

SUMMARIES = {
    "list": "scenarios, policies, learners and metrics, each with a line",
    "run": "train a society, evaluate it in twin worlds, report",
    "fields": "every field of a run, what it takes and its value, after the same words as for run",
    "report": "the table of estimates; several runs are pooled over seeds",
    "resume": "go on with a run that was interrupted",
    "sweep": "many runs from one file: fields that vary, crossed, for several seeds; resumable",
    "view": "look at runs in the browser, on 127.0.0.1",
    "reproduce": "published results: their number, ours with its interval",
    "audit": "false-positive rate and power of metrics, on societies whose truth is planted",
    "check": "the contract that every scenario keeps",
    "new": "a working scenario file and its test",
    "bench": "side by side with a peer; prints the ratio",
    "doctor": "versions, device, what is missing and how to get it",
}
SWEEP = """FILE.toml:
  scenario = "bazaar"
  preset = "quick"                          # default: "default"
  seeds = "10-12"                           # or [10, 11]; default: 0
  controls = ["content_from_birth"]         # or "all"; default: the preset's
  [fields]                                  # what all runs share
  training.agent_steps = 1e6
  [[vary]]                                  # lists in one [[vary]] go together,
  learner.signalling = [0.05, 0.0]
  learner.listening = [0.005, 0.0]
  [[vary]]                                  # several [[vary]] are crossed
  population.minds = [1, 8]

The same command again goes on where it was stopped, and reports what is done."""
MAX_SEEDS = 1000


class BadInput(ValueError):  # noqa: N818
    """Something that the user gave cannot be; the message is one line."""


class _Parser(argparse.ArgumentParser):
    """Errors are raised in one line, not printed below a usage text."""

    def error(self, message: str) -> NoReturn:
        raise BadInput(f"{message}; see: {self.prog} --help")


def parser() -> argparse.ArgumentParser:
    """The parser of everything but `--any.config.field`."""
    root = _Parser(prog="society", description="A simulator of societies of learning agents.", allow_abbrev=False)
    root.set_defaults(json=False, command="help", overrides={})
    root.add_argument("--version", action="store_true", help="print the version")
    commands = root.add_subparsers(title="commands", dest="command", metavar="COMMAND", parser_class=_Parser)

    def command(name: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=SUMMARIES[name], description=SUMMARIES[name], allow_abbrev=False)
        if name not in ("view", "new"):
            added.add_argument("--json", action="store_true", help="one JSON document on standard output")
        if name in ("run", "report", "resume", "view"):
            added.add_argument("--out", default="runs", metavar="DIR", help="the folder of runs (default: runs)")
        return added

    command("list")
    _run_arguments(command("run"))
    _run_arguments(command("fields"))
    which = "a folder, a name or its beginning, or latest"
    command("report").add_argument("runs", nargs="+", metavar="RUN", help=which)
    command("resume").add_argument("runs", metavar="RUN", help=which)
    sweep = command("sweep")
    sweep.add_argument("file", metavar="FILE.toml", help="what to run: scenario, preset, seeds, controls, [fields], [[vary]]")
    sweep.add_argument("--out", metavar="DIR", help="the folder of its runs (default: sweeps/FILE)")
    sweep.formatter_class = argparse.RawDescriptionHelpFormatter
    sweep.epilog = SWEEP
    view = command("view")
    view.add_argument("runs", nargs="?", metavar="RUN", help="the run to open (default: the list of runs)")
    view.add_argument("--port", type=int, metavar="N", help="the port on 127.0.0.1 (default: a free one)")
    reproduce = command("reproduce")
    reproduce.add_argument("names", nargs="*", metavar="NAME")
    reproduce.add_argument("--all", action="store_true", help="every study")
    reproduce.add_argument("--quick", action="store_true", help="a smaller version")
    reproduce.add_argument("--seeds", type=seeds, metavar="S", help="0-7 or 0,2,5 (default: the study's own)")
    reproduce.add_argument("--out", default="reproductions", metavar="DIR", help="results are kept here, and not made twice")
    audit = command("audit")
    audit.add_argument("--quick", action="store_true", help="two seeds and fewer questions: a first look in a minute")
    audit.add_argument("--seeds", type=seeds, metavar="S", help="replicates of each society: 0-19 or 0,2,5 (default: 0-7)")
    command("check").add_argument("scenario", metavar="NAME|FILE.py")
    new = command("new")
    new.add_argument("kind", choices=["scenario"], metavar="scenario")
    new.add_argument("name", metavar="NAME")
    bench = command("bench")
    bench.add_argument("name", nargs="?", metavar="NAME", help="one benchmark (default: all)")
    bench.add_argument("--quick", action="store_true", help="a smaller version")
    bench.add_argument("--scenario", metavar="NAME", help="of `bench profile`: what to profile (default: a few)")
    bench.add_argument("--markdown", action="store_true", help="a table for a README in place of lines and bars")
    bench.add_argument("--make-peers", action="store_true", help="make the peers' environments in your cache, with pip, and stop")
    command("doctor")
    return root


def _run_arguments(run: argparse.ArgumentParser) -> None:
    run.add_argument("scenario", metavar="SCENARIO", help="a name from `society list`, or a run.toml to run again")
    run.add_argument("--quick", action="store_true", help="the preset quick: a first answer in minutes")
    run.add_argument("--preset", default="default", metavar="NAME", help="a preset of the scenario")
    which = run.add_mutually_exclusive_group()
    which.add_argument("--seed", metavar="S", help="the seed of all randomness (default: 0)")
    which.add_argument("--seeds", type=seeds, metavar="S", help="one run for each of 0-4 or 0,2,5")
    run.add_argument("--device", metavar="D", help="auto, cpu or cuda")
    run.add_argument("--controls", metavar="A,B", help="populations grown without a thing: names, all or none")
    run.epilog = "Any field of the config is an option too: --world.size 20 --population 16 --training.agent_steps 1e6"


def parse(argv: list[str]) -> argparse.Namespace:
    """Options of a command line; `overrides` holds the dotted ones as text.

    Raises `BadInput` in one line, and SystemExit after printing help.
    """
    root = parser()
    words = [word for word in argv if not word.startswith("-")]
    if argv and words and argv[0] == words[0] and words[0] not in SUMMARIES:
        close = difflib.get_close_matches(words[0], SUMMARIES, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there is {', '.join(SUMMARIES)}"
        raise BadInput(f"unknown command {words[0]!r}; {hint}")
    if not argv:
        argv = ["--help"]
    if argv[0] not in ("run", "fields"):
        options = root.parse_args(argv)
        if options.version:
            options.command = "version"
        elif options.command is None:
            root.error("no command given")
        return options
    rest, overrides = _split(argv)
    if argv[0] == "run" and {"-h", "--help"} & set(rest):
        return argparse.Namespace(command="run_help", json=False, scenario=words[1] if len(words) > 1 else None)
    options = root.parse_args(rest)
    options.overrides = overrides
    return options


def run_help() -> str:
    """The help text of `run`, without the fields of a config."""
    actions = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return actions[0].choices["run"].format_help()


def _split(argv: list[str]) -> tuple[list[str], dict[str, str]]:
    """Take the options that `run` does not know out of a command line: they are fields of the config."""
    own = {"--help", "--quick", "--preset", "--seed", "--seeds", "--device", "--controls", "--out", "--json"}
    valued = own - {"--help", "--quick", "--json"}
    rest: list[str] = []
    overrides: dict[str, str] = {}
    words = iter(argv)
    for word in words:
        option, equals, value = word.partition("=")
        if not option.startswith("--") or option in own:
            rest.append(word)
            if option in valued and not equals:
                rest.extend(next(([one] for one in words), []))
            continue
        if not equals:
            value = next(words, "--")
            if value.startswith("--"):
                raise BadInput(f"{option} needs a value")
        overrides[option[2:].replace("-", "_")] = value
    return rest, overrides


def seeds(text: str) -> list[int]:
    """`0-4`, `0,2,5` or both mixed, as a list without repetition. Raises ArgumentTypeError in one line."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})(?:-(\d{1,10}))?\s*", part, re.ASCII)
        if match is None:
            raise argparse.ArgumentTypeError(f"{text!r} is not a list of seeds; write 0-4 or 0,2,5")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first >= MAX_SEEDS or last >= 2**31:
            raise argparse.ArgumentTypeError(f"{part!r}: seeds go up, below {2**31}, at most {MAX_SEEDS} of them")
        found += [seed for seed in range(first, last + 1) if seed not in found]
    return found
