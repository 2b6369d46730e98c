"""The parent's hold on a side: a process that waits for `go`, so that compiling and warming up are paid once."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Timer
from typing import Any, Self

from society.record.printable import printable

from .environments import NoPeer, python

HERE = Path(__file__).parent
SHARED = "one shared network"  # a peer that is ours
PATIENCE = 600.0  # seconds that a side may take to answer
Answer = dict[str, Any]


def command(peer: str) -> list[str]:
    """How the side of a peer, or "ours", is started. Raises `NoPeer` when it has no environment."""
    if peer in ("ours", SHARED):
        return [sys.executable, "-m", "society.studies._peers.ours"]
    return [str(python(peer)), str(HERE / f"with_{peer.replace('-', '_')}.py")]


class Side:
    """A side at its work; a context manager. `first_seconds` is its first round's time, `versions` its packages'.

    Entering it waits until the first round is played. Raises `NoPeer`, in one line, when the process dies, is silent for
    `patience` seconds, or says what is no answer.
    """

    def __init__(self, name: str, argv: list[str], work: dict[str, Any], patience: float = PATIENCE):
        self.name, self.patience = name, patience
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the side is left
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, encoding="utf-8", errors="replace"
        )
        self.work = work
        self.first_seconds = 0.0
        self.versions: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            told = self._ask(json.dumps(self.work), ("first_seconds",))
        except BaseException:
            self.__exit__()
            raise
        self.first_seconds = told["first_seconds"]
        self.versions = told.get("versions", {})
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        self.errors.close()

    def go(self) -> Answer:
        """Play a round: {"seconds", "agent_steps", "peak_rss_mb"} and whatever else the side tells."""
        return self._ask("go", ("seconds", "agent_steps", "peak_rss_mb"))

    def _ask(self, line: str, wanted: tuple[str, ...]) -> Answer:
        assert self.process.stdin is not None and self.process.stdout is not None
        watch = Timer(self.patience, self.process.kill)
        watch.start()
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            said = self.process.stdout.readline()
        except BrokenPipeError:
            said = ""
        finally:
            late = not watch.is_alive()
            watch.cancel()
        if not said:
            raise NoPeer(f"{self.name} {self._end(late)}")
        return self._read(said, wanted)

    def _read(self, said: str, wanted: tuple[str, ...]) -> Answer:
        try:
            answer = json.loads(said)
        except ValueError:
            answer = None
        numbers = [answer.get(name) for name in wanted] if isinstance(answer, dict) else [None]
        if not all(isinstance(number, int | float) and 0 < number < float("inf") for number in numbers):
            raise NoPeer(f"{self.name} said what is no answer: {printable(said.strip())[:80]}")
        return dict(answer)

    def _end(self, late: bool) -> str:
        """Why nothing was said, with the last line of what it told the user."""
        if late:
            return f"said nothing for {self.patience:g} s"
        status = self.process.wait()
        if status < 0:
            return f"was ended by signal {-status}"
        self.errors.seek(0)
        last = self.errors.read().decode(errors="replace").strip().splitlines()[-1:]
        return f"ended with status {status}" + (f": {printable(last[0])[:200]}" if last else "")
