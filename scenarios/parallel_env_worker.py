"""A process that holds live environments, and the handle on it. Numbers go through its pipes as bytes, without pickle.

It is a fresh interpreter, told what to hold by its arguments, so neither a start method nor a guard in the user's script
matters; it ends when its input does, and when whoever started it was killed, even in the middle of an environment's step.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from typing import IO

import numpy as np

from .parallel_env_live import Brought, Order, Stage
from .parallel_env_spaces import EnvError, Layout, Origin

PLAY, FRAME, FINE, FAILED = b"p", b"f", b"+", b"-"
HEAD = struct.Struct("<cq")  # what follows, and how many bytes
NO_SEED = -1
PATIENCE = 5.0  # seconds for a process to end by itself
WATCH = 1.0  # seconds between two looks at whether the parent is there


class Worker:
    """A handle: `ask` sends orders and returns at once, `answer` waits for what they brought."""

    def __init__(self, origin: Origin, layout: Layout):
        self.origin, self.layout = origin, layout
        told = json.dumps([origin.env, list(origin.options), origin.stride])
        paths = {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-P", "-m", "society.scenarios.parallel_env_worker", told]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        # a session of its own: Ctrl-C is for whoever started it, who then ends it, and would be a traceback in its imports
        self.process = subprocess.Popen(command, **pipes, env=os.environ | paths, start_new_session=True)
        self.close = weakref.finalize(self, _end, self.process)

    def ask(self, orders: Sequence[Order]) -> None:
        """Send orders. Raises `EnvError` if the process is gone."""
        heads = np.array([[o.slot, NO_SEED if o.seed is None else o.seed, len(o.actions)] for o in orders], np.int64)
        self._send(PLAY, heads.tobytes() + b"".join(o.actions.tobytes() for o in orders), len(orders))

    def answer(self, count: int) -> Brought:
        """What so many orders brought. Raises `EnvError` for what went wrong there."""
        brought = Brought.empty(self.layout, count)
        said = memoryview(self._receive())
        for array in brought.arrays:
            array[...] = np.frombuffer(said[: array.nbytes], array.dtype).reshape(array.shape)
            said = said[array.nbytes :]
        return brought

    def frame(self, slot: int) -> np.ndarray:
        """The cells [H, W] of an environment. Raises `EnvError`."""
        self._send(FRAME, b"", slot)
        said = self._receive()
        high, wide = struct.unpack_from("<qq", said)
        return np.frombuffer(said, np.uint8, offset=16).reshape(high, wide)

    def _send(self, what: bytes, body: bytes, number: int) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        try:
            pipe.write(HEAD.pack(what, len(body)) + struct.pack("<q", number) + body)
            pipe.flush()
        except OSError as error:
            raise self._gone() from error

    def _receive(self) -> bytes:
        pipe = self.process.stdout
        assert pipe is not None
        head = pipe.read(HEAD.size)
        if len(head) < HEAD.size:
            raise self._gone()
        what, length = HEAD.unpack(head)
        body = pipe.read(length)
        if len(body) < length:
            raise self._gone()
        if what == FAILED:
            raise EnvError(body.decode("utf-8", "replace"))
        return body

    def _gone(self) -> EnvError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(PATIENCE)
        return EnvError(f"{self.origin.env}: a worker process ended (status {self.process.returncode}); see its own words above")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and leave none behind."""
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            assert pipe is not None
            pipe.close()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def serve(stage: Stage, asks: IO[bytes], answers: IO[bytes]) -> None:
    """Carry out what is asked until there is no more."""
    while len(head := asks.read(HEAD.size + 8)) == HEAD.size + 8:
        what, length = HEAD.unpack_from(head)
        number = struct.unpack_from("<q", head, HEAD.size)[0]
        body = asks.read(length)
        try:
            said, kind = (_played(stage, number, body) if what == PLAY else _drawn(stage, number)), FINE
        except EnvError as error:
            said, kind = str(error).encode(), FAILED
        answers.write(HEAD.pack(kind, len(said)) + said)
        answers.flush()


def _played(stage: Stage, count: int, body: bytes) -> bytes:
    heads = np.frombuffer(body, np.int64, count * 3).reshape(count, 3)
    actions = np.frombuffer(body, np.int16, offset=heads.nbytes)
    each = (-1, len(stage.layout.seats), len(stage.layout.sizes))
    parts = np.split(actions.reshape(each), heads[:, 2].cumsum()[:-1])
    orders = [
        Order(slot, None if seed == NO_SEED else seed, part)
        for (slot, seed, _), part in zip(heads.tolist(), parts, strict=True)
    ]  # fmt: skip
    return b"".join(array.tobytes() for array in stage.play(orders).arrays)


def _drawn(stage: Stage, slot: int) -> bytes:
    drawn = stage.frame(slot)
    return struct.pack("<qq", *drawn.shape) + drawn.tobytes()


def follow(parent: int) -> None:
    """End this process when its parent is gone: one whose environment hangs would not see the end of its input."""
    while os.getppid() == parent:
        time.sleep(WATCH)
    os._exit(0)


def main() -> None:
    """Serve on standard input and output; what an environment prints goes to standard error, and it has nothing to read."""
    asks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if os.name == "posix":  # elsewhere a parent's id stays when it is gone
        threading.Thread(target=follow, args=(os.getppid(),), daemon=True).start()
    env, options, stride = json.loads(sys.argv[1])
    with contextlib.suppress(BrokenPipeError):
        serve(Stage(Origin(env, tuple(options), stride)), asks, answers)
    os._exit(0)  # no environment's own farewell may hold us up


if __name__ == "__main__":
    main()
