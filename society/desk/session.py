"""`python -m society.desk.session ROOT ID`: one played session, its talk with the page being files in `ROOT/.desk/.play/ID`.

`session.json` (the page's) says what was asked for. `now` (a letter of `society.record.letters`, written here) holds what
the seat perceives, the score so far and the number of the move that is waited for; the page answers with
`move-<number>.json`: {"heads": {name: [numbers]}} or {"end": true}. A file of another number is not looked at, so two pages
cannot move twice. The session ends with the last episode, when the player ends it, is idle, or the page's process is gone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..record import letters
from ..record.files import Damaged, inside
from ..record.status import write_status
from ..record.stop import asked_to_stop, forget
from .game import Game, begin, seated
from .inside import described
from .questions import Unanswerable
from .replays import Replay
from .seat import Move, checked
from .worker import one_line, open_run

IDLE = 900.0  # seconds without a move after which a session is interrupted
POLL_SECONDS = 0.02
BEAT_SECONDS = 5.0  # between two signs of life while a move is waited for
FLUSH_SECONDS = 10.0
PLAY = ".play"  # no run has a name that begins with a dot


class Left(Exception):  # noqa: N818 (it says what happened)
    """The session is over before its last episode: `state` is what the run becomes, the message is one line."""

    def __init__(self, state: str, message: str):
        super().__init__(message)
        self.state = state


class Session:
    """Talks with the page through the files of one folder."""

    def __init__(self, root: Path, name: str, parent: int, idle: float):
        self.root, self.name, self.parent, self.idle = root, name, parent, idle
        self.move, self.flushed, self.beat = 0, time.monotonic(), 0.0
        self.told: dict[str, Any] = {}

    def run(self) -> None:
        """The whole session. Raises Unanswerable, Damaged, ValueError, OSError before the run's directory is made."""
        request = letters.read_text(self.file("session.json"))
        replay = Replay(open_run(self.root, str(request.get("run"))))
        asked = seated(request, replay)
        replay.course(asked.condition)  # a twin that cannot be played is refused before there is a run
        path = begin(self.root, replay, asked)
        with letters.hold(path / "log.txt") or _taken():
            self.game = Game(replay, asked, path, self.ask)
            spec, roles = replay.spec, replay.spec.seat_roles
            self.told = described(replay.evaluation.plain) | {
                "run": path.name,
                "of": replay.run.name,
                "condition": asked.condition,
                "world": asked.world,
                "seat": asked.seat,
                "role": spec.roles[roles[asked.seat]] if roles else "",
                "minds": self.game.minds.tolist(),
                "length": self.game.length,
            }
            self._play()

    def _play(self) -> None:
        state, message = "done", ""
        self._status("running")
        try:
            self.game.play(self._after)
        except Left as left:
            state, message = left.state, str(left)
        except KeyboardInterrupt:
            state, message = "interrupted", "the session was interrupted"
        except Exception as error:
            self._status("failed", one_line(error))
            self._tell("failed", {}, one_line(error))
            raise
        self.game.close()
        self._status(state, message)
        forget(self.game.path)
        self._tell("ended", {}, message)

    def ask(self, sees: letters.Arrays) -> Move:
        """Show what the seat perceives and wait for a legal move. Raises Left."""
        refused = ""
        since = time.monotonic()
        while True:
            self._tell("yours", sees, refused)
            answer = self._wait(since)
            try:
                if isinstance(answer, dict) and answer.get("end") is True:
                    raise Left("done", f"ended by the player after {self.game.score.tick} ticks")
                heads = answer.get("heads") if isinstance(answer, dict) else None
                move = checked(self.game.replay.spec, heads, sees)
            except Unanswerable as error:
                refused = str(error)
                self.move += 1  # the page must have seen this refusal before it moves again
                continue
            self.move += 1
            return move

    def _wait(self, since: float) -> object:
        """What the file of this move holds, whatever it is, once it is there; the file is taken away. Raises Left."""
        while True:
            try:
                path = self.file(f"move-{self.move}.json")
                if path.exists():
                    answer = letters.read_text(path)
                    path.unlink()
                    return answer
            except Damaged:
                if not self.there():
                    raise Left("interrupted", "the session's folder is gone") from None
                self._discard()
                return None
            self._alive(since)
            time.sleep(POLL_SECONDS)

    def _discard(self) -> None:
        """Take away a move that cannot be read: a link (itself, never what it leads to), a pipe, no JSON."""
        path = self._home() / f"move-{self.move}.json"
        if path.is_dir() and not path.is_symlink():
            raise Left("interrupted", "the session's folder holds something strange")
        path.unlink(missing_ok=True)

    def _alive(self, since: float) -> None:
        """Give a sign of life now and then, and leave when nobody is there."""
        if time.monotonic() - self.beat > BEAT_SECONDS:
            self.beat = time.monotonic()
            self._status("running")
        if time.monotonic() - since > self.idle:
            raise Left("interrupted", f"no move for {self.idle:.0f} seconds; what was played is kept")
        if self.parent and os.getppid() != self.parent:
            raise Left("interrupted", "the viewer was closed; what was played is kept")
        if asked_to_stop(self.game.path):
            raise Left("interrupted", "stopped; what was played is kept")
        if not self.there():
            raise Left("interrupted", "the session's folder is gone")

    def _after(self) -> None:
        if time.monotonic() - self.flushed > FLUSH_SECONDS:
            self.game.flush()
            self.flushed = time.monotonic()

    def _tell(self, state: str, sees: letters.Arrays, message: str) -> None:
        facts = self.told | self.game.score.facts() | {"state": state, "move": self.move, "message": message}
        if self.there():
            letters.write(self.file("now"), facts, sees)

    def _status(self, state: str, message: str = "being played") -> None:
        seats = self.game.replay.spec.seats
        write_status(
            self.game.path, state=state, update=self.game.score.tick, agent_steps=self.game.score.tick * seats,
            total=self.game.length * seats, message=message,
        )  # fmt: skip

    def _home(self) -> Path:
        return self.root / letters.DESK / PLAY / self.name

    def there(self) -> bool:
        """Whether the session's folder is there and nothing on the way to it is a link."""
        home = self._home()
        return home.is_dir() and not any(path.is_symlink() for path in (home, home.parent, home.parent.parent))

    def file(self, name: str) -> Path:
        """A file of the session's folder. Raises Damaged where the folder is gone or a link leads out of it."""
        if not self.there():
            raise Damaged(f"{self.name[:40]!r} is no session of this folder")
        return inside(self._home(), name)


def _taken() -> Any:
    raise Damaged("the new run's directory is held by another process; begin again")


def main(argv: Sequence[str] | None = None) -> int:
    """0 when the session is over, 2 after one line where it could not begin."""
    parser = argparse.ArgumentParser(prog="society.desk.session", allow_abbrev=False)
    parser.add_argument("root", type=Path)
    parser.add_argument("name")
    parser.add_argument("--parent", type=int, default=0, help="end when this process is no longer the parent")
    parser.add_argument("--idle", type=float, default=IDLE, help="seconds without a move after which to end")
    options = parser.parse_args(argv)
    session = Session(options.root, options.name, options.parent, options.idle)
    try:
        if not letters.NAME.fullmatch(options.name):
            raise Damaged(f"{options.name[:40]!r} is no session of this folder")
        held = letters.hold(session.file("lock"))
        if held is None:
            return 0
        with held:
            session.run()
    except (Damaged, ValueError, OSError) as error:
        print(one_line(error), file=sys.stderr)
        if not session.told and letters.NAME.fullmatch(options.name) and session.there():
            letters.write(session.file("now"), {"state": "failed", "message": one_line(error), "move": 0})
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
