"""Starting, resuming and stopping runs from the viewer: detached processes of the command line, told apart by files.

A job is a folder `<root>/.desk/jobs/<token>` with `job.json` (the command) and `log.txt` (all that it says). The process
holds a lock on its log for as long as it lives, so whether it lives is asked of the system and never of a process number
that a file names. A token starts one process, however often it is handed in: making the folder is what decides.
"""

import contextlib
import fcntl
import hashlib
import math
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from society.record.files import Damaged, inside, read_json, write_json
from society.record.stop import ask_to_stop
from society.record.store import Run, read_status
from society.viewer import queries
from society.viewer.kept import cached, identity
from society.viewer.queries import Refused

COMMAND = (sys.executable, "-m", "society.cli")
LIMIT = 4000  # characters of one argument: more than any field takes
KEPT = 50  # jobs that are remembered
TAIL = 65_536  # bytes of a log that are read
SAID = "society: "  # how the command line begins the line on what went wrong

State = Literal["starting", "begun", "failed"]


@dataclass(frozen=True)
class Job:
    """A command that was started here. `runs` are the names of what it began, `line` is why it failed (one line)."""

    token: str
    argv: tuple[str, ...]
    begun: float
    state: State
    runs: tuple[str, ...] = ()
    line: str = ""

    @property
    def what(self) -> str:
        """`run lewis_game`, `resume lewis_game-20260101-120000-abcdef`."""
        return " ".join([*self.argv[:1], *(Path(word).name for word in self.argv[1:2])])


def new_token() -> str:
    """A name for one job: the time first, so that names sort by age."""
    return f"{time.time_ns() // 10**6:013d}-{os.urandom(6).hex()}"


def run(root: Path, token: str, arguments: Sequence[str]) -> None:
    """Start `society run` in the background, once for each token; `arguments` as `form.arguments` makes them.

    Raises `Refused` in one line for what cannot be handed to a process or written.
    """
    _start(root, token, [*arguments, f"--out={root.absolute()}"])


def resume(root: Path, name: str) -> None:
    """Go on in the background with the run of that name, once for each state that it was left in. Raises `Refused`."""
    path = queries.open_run(root, name).path
    left = identity(path, "status.json")[0][2] // 10**6  # when the run wrote its last word
    token = f"{max(left, 0):013d}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"
    dismiss(root, token)  # an attempt that has failed may be made again
    # The whole path: a name may begin with a dash, or be a folder's where the viewer was started.
    _start(root, token, ["resume", str(path.absolute())])


def stop(root: Path, name: str) -> None:
    """Ask the run of that name, and its controls, to stop; it ends within an update, as by Ctrl-C. Raises `Refused`."""
    path = queries.open_run(root, name).path
    try:
        ask_to_stop(path)
    except (OSError, Damaged) as error:
        raise Refused(f"The run cannot be asked to stop: {_one_line(error)}.") from None


def dismiss(root: Path, token: str) -> None:
    """Forget a job that has ended."""
    with contextlib.suppress(Refused, OSError):
        folder = _folder(root, token)
        if not _lives(folder):
            shutil.rmtree(folder)


def jobs(root: Path) -> list[Job]:
    """The jobs that are remembered, the one begun last first. What cannot be read is left out."""
    known: list[tuple[float, str, tuple[str, ...]]] = []
    for token in _tokens(root)[: 2 * KEPT]:
        with contextlib.suppress(Damaged, Refused, OSError):
            known.append(_facts(_folder(root, token)))
    found: list[Job] = []
    taken: set[str] = set()
    for begun, token, argv in sorted(known, reverse=True):
        with contextlib.suppress(Damaged, Refused, OSError):
            found.append(_job(root, token, argv, begun, taken))
            taken.update(() if argv[:1] == ("resume",) else found[-1].runs)
    return found


# ------------------------------------------------------------------------------------------------------------ the folder


def _home(root: Path) -> Path:
    return inside(root, ".desk", "jobs")


def _folder(root: Path, token: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{1,20}-[0-9a-f]{1,40}", token):
        raise Refused("This is no job.")
    try:
        return inside(root, ".desk", "jobs", token)
    except Damaged as error:
        raise Refused(f"Nothing is started here: {_one_line(error)}") from None


def _tokens(root: Path) -> list[str]:
    try:
        return sorted((path.name for path in _home(root).iterdir()), reverse=True)
    except (OSError, Damaged):
        return []


def _start(root: Path, token: str, arguments: list[str]) -> None:
    for word in arguments:
        if "\0" in word or len(word) > LIMIT:
            raise Refused(f"{word[:40].partition('=')[0]!r}: a value may have {LIMIT} characters and no NUL among them.")
    folder = _folder(root, token)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
    except FileExistsError:  # a second click, or the page drawn again
        return
    except OSError as error:
        raise Refused(f"Nothing can be started in this folder: {_one_line(error)}.") from None
    try:
        _spawn(folder, arguments)
    except (OSError, ValueError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Refused(f"The run cannot be started: {_one_line(error)}.") from None
    for old in jobs(root)[KEPT:]:
        dismiss(root, old.token)


def _spawn(folder: Path, arguments: list[str]) -> None:
    """Begin the process in a session of its own, its words in the log, on which it inherits the lock."""
    with open(folder / "log.txt", "ab") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        write_json(folder / "job.json", {"argv": arguments, "begun": time.time()})
        process = subprocess.Popen(
            [*COMMAND, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    # Waited for, so that it does not stay in the process table when it ends before this process does.
    threading.Thread(target=process.wait, daemon=True).start()


# -------------------------------------------------------------------------------------------------------------- a job


def _facts(folder: Path) -> tuple[float, str, tuple[str, ...]]:
    """When a job began, its token, its words."""
    facts = read_json(inside(folder, "job.json"), limit=2**20)
    words, begun = facts.get("argv"), facts.get("begun")
    if not isinstance(words, list) or not isinstance(begun, int | float) or not math.isfinite(begun):
        raise Refused("This is no job.")
    return float(begun), folder.name, tuple(str(word) for word in words)


def _job(root: Path, token: str, argv: tuple[str, ...], begun: float, taken: set[str]) -> Job:
    folder = _folder(root, token)
    lives = _lives(folder)  # asked first: what ends in between has written all that it has to say
    runs = _resumed(root, argv, begun) if argv[:1] == ("resume",) else _made(root, argv, begun, taken)
    line = "" if lives or runs else _last_words(folder)
    state: State = "begun" if runs else "starting" if lives else "failed" if line else "begun"
    return Job(token, argv, begun, state, tuple(runs), line)


def _lives(folder: Path) -> bool:
    """Whether a process holds the lock of the log."""
    with _opened(folder) as log:
        try:
            fcntl.flock(log, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The log, if it is a file: a pipe in its place would hang, a link would lead out."""
    log = os.open(folder / "log.txt", os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    try:
        if not stat.S_ISREG(os.fstat(log).st_mode):
            raise Refused("This is no job.")
        yield log
    finally:
        os.close(log)


def _last_words(folder: Path) -> str:
    """What a process that has ended said went wrong; empty if it said how it ended well."""
    with _opened(folder) as log:
        os.lseek(log, max(0, os.fstat(log).st_size - TAIL), os.SEEK_SET)
        lines = os.read(log, TAIL).decode("utf-8", "replace").splitlines()
    wrong = [line.removeprefix(SAID) for line in lines if line.startswith(SAID)]
    if wrong:
        return wrong[-1][:LIMIT]
    return "" if any(line.startswith("run: ") for line in lines) else f"it ended without a word; its log is {folder / 'log.txt'}"


def _resumed(root: Path, argv: tuple[str, ...], begun: float) -> list[str]:
    """The run that is being resumed, once it has written its status after the job began."""
    name = Path(argv[1]).name if len(argv) > 1 else ""
    with contextlib.suppress(Refused, Damaged):
        heartbeat = read_status(queries.open_run(root, name).path).get("heartbeat")
        if isinstance(heartbeat, int | float) and heartbeat >= begun:
            return [name]
    return []


def _made(root: Path, argv: tuple[str, ...], begun: float, taken: set[str]) -> list[str]:
    """The runs that say they were begun by these words since then, and that no later job has begun."""
    names = []
    for run in queries.runs(root):
        if run.name not in taken and not queries.refusal(root, run):
            words, created = _origin(run)
            if words == ("society", *argv) and created >= int(begun):
                names.append(run.name)
    return names


@cached("meta.json")
def _origin(run: Run) -> tuple[tuple[str, ...], float]:
    """The command line and the time of a run's making; nothing where it does not say."""
    try:
        meta = run.meta
        created = datetime.fromisoformat(str(meta.get("created"))).timestamp()
    except (Damaged, ValueError, OverflowError):
        return (), 0.0
    words = meta.get("argv")
    return (tuple(map(str, words)) if isinstance(words, list) else ()), created


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
