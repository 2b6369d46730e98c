"""Starting the viewer: Streamlit in a process of its own, on 127.0.0.1 only, until it is interrupted."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

HOST = "127.0.0.1"
USUAL = 8501
# Nothing listens elsewhere, nothing is sent anywhere, and a page of another origin cannot reach in.
OPTIONS = {
    "server.address": HOST,
    "server.allowedHosts": HOST,
    "server.headless": "true",
    "server.showEmailPrompt": "false",
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "browser.serverAddress": HOST,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "client.showSidebarNavigation": "false",  # else the files in pages/ are listed until the script has run
    "theme.light.primaryColor": "#0072B2",
    "theme.dark.primaryColor": "#2F93CC",
}


def view(run: Path | None, root: Path, port: int | None) -> int:
    """Serve the runs in `root`, opened at `run` if given (its folder is then the root), until Ctrl-C.

    `port` None takes 8501, or any free one. Returns 0 when it was stopped, 2 after one line on standard error for a
    busy port, 1 if Streamlit ended by itself.
    """
    if run is not None:
        root = run.resolve().parent
    chosen = _free_port(port)
    if chosen is None:
        print(f"port {port} is taken on {HOST}: give another --port, or none to take a free one", file=sys.stderr)
        return 2
    # Streamlit prints its greeting there, and the traceback of a page that failed.
    heard = None if os.environ.get("SOCIETY_DEBUG") == "1" else subprocess.DEVNULL
    process = subprocess.Popen(command(run, root, chosen), env=_environment(), stdout=heard)
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        if _answers(process, chosen):
            query = f"?{urlencode({'run': run.resolve().name, 'page': 'World'})}" if run is not None else ""
            print(f"society view: http://{HOST}:{chosen}/{query}   (Ctrl-C stops it)", flush=True)
        return 1 if process.wait() else 0
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, before)
        _stop(process)


def command(run: Path | None, root: Path, port: int) -> list[str]:
    """The command line of the server."""
    main = Path(__file__).with_name("main.py")
    options = [f"--{name}={value}" for name, value in {**OPTIONS, "server.port": str(port)}.items()]
    own = ["--root", str(root.absolute()), *(["--run", run.resolve().name] if run is not None else [])]
    return [sys.executable, "-m", "society.viewer.serve", "run", str(main), *options, "--", *own]


def _environment() -> dict[str, str]:
    """This process's own, and `society` importable by the same path as here.

    And nothing else: `python -m` would import what lies in the current folder, which may be a folder of somebody's runs, in
    place of a module. What the server starts inherits this.
    """
    home = str(Path(__file__).resolve().parents[2])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}


def _free_port(asked: int | None) -> int | None:
    """`asked` if it is free, the usual or any free one if None was asked for; None if `asked` is taken."""
    for port in (USUAL, 0) if asked is None else (asked,):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: TIME_WAIT is not busy
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    return None


def _answers(process: "subprocess.Popen[bytes]", port: int, seconds: float = 60.0) -> bool:
    """Wait until the server accepts a connection; False if it ends or does not come up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return True
        time.sleep(0.1)
    return False


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the server: politely, then not."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
