"""The commands.

Exit status: 0 done, 1 a check fell short, 2 bad input, 3 stopped by a guard, 130 interrupted. Whatever goes wrong is
one line on standard error; SOCIETY_DEBUG=1 adds the traceback. Nothing heavy is imported before a command needs it, so
that `--help` answers at once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from society.record.printable import printable

from .parser import parse

__all__ = ["main"]

DONE, SHORT, BAD, STOPPED, INTERRUPTED = 0, 1, 2, 3, 130
BAD_NAMES = (errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS)
USER_PATHS = (FileNotFoundError, PermissionError, FileExistsError, NotADirectoryError, IsADirectoryError)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status; never raises."""
    # Idle torch threads must sleep, not spin; the variable is only heeded before torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("KINETO_LOG_LEVEL", "5")  # torch's profiler need not say when it begins and ends
    argv = sys.argv[1:] if argv is None else argv
    if sys.stdout is None:  # `society list >&-`
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (it lives as long as the process)
    try:
        options = parse(argv)
    except SystemExit as error:  # argparse after --help
        return error.code if isinstance(error.code, int) else DONE
    except BaseException as error:
        return _complain(error)
    try:
        status = _run(options, argv)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # `society list | head`: the reader has seen enough
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except BaseException as error:
        return _complain(error)


def _complain(error: BaseException) -> int:
    """One line on standard error, if it can still be written to; returns the exit status."""
    if os.environ.get("SOCIETY_DEBUG") == "1":
        traceback.print_exc()
    status, line = _explained(error)
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(f"society: {line}", file=sys.stderr, flush=True)
    return status


def _run(options: Any, argv: list[str]) -> int:
    from . import commands

    options.argv = ["society", *argv]
    command: Callable[[Any], tuple[int, dict[str, Any], str]] = getattr(commands, f"do_{options.command}")
    # What a library prints must not stand beside the one document that --json promises.
    with _aside() if options.json else contextlib.nullcontext():
        status, document, text = command(options)
    if options.json:
        print(json.dumps(_finite(document), indent=2, allow_nan=False, default=str))
    elif text:
        print(text)
    return status


@contextlib.contextmanager
def _aside() -> Iterator[None]:
    """What is printed meanwhile goes to standard error, also what a library in C or a process that is started prints."""
    try:
        sys.stdout.flush()
        kept, out = os.dup(sys.stdout.fileno()), sys.stdout.fileno()
        os.dup2(sys.stderr.fileno(), out)
    except (OSError, ValueError, AttributeError):  # somebody else's stream, or none: then what Python prints alone
        with contextlib.redirect_stdout(sys.stderr):
            yield
        return
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, out)
        os.close(kept)


def _finite(value: Any) -> Any:
    """JSON has no NaN: null, and the `reason` beside it says why."""
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and value - value != 0 else value


def _explained(error: BaseException) -> tuple[int, str]:
    """The exit status and the one line of an exception; keys of files that others wrote are in some of them."""
    text = printable(" ".join(str(error).split()))
    names = {base.__name__ for base in type(error).__mro__}  # by name: the classes live beside heavy imports
    bug = "this is a bug; run again with SOCIETY_DEBUG=1 for the traceback"
    status, line = SHORT, f"{type(error).__name__}: {text}; {bug}"
    if isinstance(error, KeyboardInterrupt):
        status, line = INTERRUPTED, text or "interrupted"
    elif "Stopped" in names:
        status, line = STOPPED, text
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC:
        status, line = STOPPED, f"the disk is full ({error.filename or text}); free some space, then: society resume"
    elif isinstance(error, MemoryError) or "OutOfMemoryError" in names or "DefaultCPUAllocator" in text:
        status, line = BAD, "out of memory; give a smaller --training.worlds, --training.ticks or --population"
    elif isinstance(error, USER_PATHS) or (isinstance(error, OSError) and error.errno in BAD_NAMES):
        status, line = BAD, printable(f"{error.filename}: {error.strerror}") if error.filename else text
    elif isinstance(error, SystemExit):
        status, line = BAD, f"something called exit({text}) where a result was expected"
    elif isinstance(error, ValueError) or "Damaged" in names:
        status, line = BAD, text or type(error).__name__
    return status, line
