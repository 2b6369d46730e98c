"""The viewer as a user starts it: `society view` in a process of its own."""

import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

HOME = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"


class Served:
    """A running viewer of one folder of runs."""

    def __init__(self, root: Path, port: int, process: "subprocess.Popen[str]", log: Path) -> None:
        self.root, self.port, self.process, self.log = root, port, process, log

    def said(self) -> str:
        """What the server wrote to standard error: nothing, as long as all is well."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def address(self, **query: str) -> str:
        """The address of a view."""
        return f"http://{HOST}:{self.port}/" + (f"?{urlencode(query)}" if query else "")

    def memory(self) -> tuple[float, float]:
        """Resident memory of the server in MB: now, and the most it ever was."""
        text = Path(f"/proc/{self._server()}/status").read_text(encoding="utf-8")
        lines = dict(line.split(":", 1) for line in text.splitlines())
        return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))

    def _server(self) -> int:
        """`society view` waits for Streamlit, its only child."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
        return int(children[0]) if children else pid


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(root: Path, port: int | None = None):
    """`society view --out root`, from its first answer until the end of the block."""
    port = port or free_port()
    command = [sys.executable, "-m", "society.cli", "view", "--out", str(root), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    log = Path(tempfile.mkstemp(prefix="society-view-", suffix=".log")[1])
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=HOME, env=environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()  # it speaks when it answers
        if f":{port}/" not in line:
            raise RuntimeError(f"society view did not start: {log.read_text(encoding='utf-8')}")
        yield Served(root, port, process, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        log.unlink()
