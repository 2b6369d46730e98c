"""An environment for each peer, with versions pinned, in a folder of the user's cache. Made with pip, when the user says so.

A peer needs not live with our own dependencies, nor with another peer's. torch comes first where a peer asks for it, so that
pip does not choose another build of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

MAKE = "society bench --make-peers"
PEERS: dict[str, tuple[str, ...]] = {
    "mpe2": ("mpe2==1.1.1", "pettingzoo==1.27.0", "gymnasium==1.4.0", "numpy==2.4.6"),
    "vmas": ("torch==2.13.0", "vmas==1.5.2", "numpy==2.4.6"),
    "jaxmarl": ("jaxmarl==0.2.0", "jax==0.10.2", "flax==0.12.8", "optax==0.2.8", "distrax==0.1.9", "numpy==2.4.6"),
    "torchrl": ("torch==2.13.0", "torchrl==0.14.1", "tensordict==0.14.3", "vmas==1.5.2", "numpy==2.4.6"),
    "open-spiel": ("open-spiel==2.0.2", "numpy==2.4.6"),
}
STAMP = "society.json"  # written last, in the environment: what was asked of pip


class NoPeer(RuntimeError):  # noqa: N818
    """A peer cannot play; the message is one line with the reason and, if there is one, the remedy."""


def folder() -> Path:
    """Where the environments lie: `society/peers` in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(cache) if os.path.isabs(cache) else Path.home() / ".cache"
    return base / "society" / "peers"


def python(peer: str) -> Path:
    """The Python of a peer's environment. Raises `NoPeer` with the command that makes it."""
    home = folder() / peer
    if not _whole(peer, home):
        raise NoPeer(f"{peer} has no environment here: {MAKE}")
    return _interpreter(home)


def make(say: Callable[[str], None]) -> dict[str, str]:
    """Make the environments that are missing or old, with pip. Returns for each peer where it lies, or why it does not.

    `say` is told before each is begun, for it takes minutes.
    """
    return {peer: _made(peer, folder() / peer, say) for peer in PEERS}


def _made(peer: str, home: Path, say: Callable[[str], None]) -> str:
    if _whole(peer, home):
        return f"there: {home}"
    say(f"making {home}: {' '.join(PEERS[peer])}")
    first = [wanted for wanted in PEERS[peer] if wanted.startswith("torch==")]
    pip = [str(_interpreter(home)), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    steps = [[sys.executable, "-m", "venv", "--clear", str(home)], *([[*pip, *first]] if first else []), [*pip, *PEERS[peer]]]
    home.parent.mkdir(parents=True, exist_ok=True)
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
            return f"failed: {said[-1]}"
    (home / STAMP).write_text(json.dumps(PEERS[peer]), encoding="utf-8")
    return f"made: {home}"


def _whole(peer: str, home: Path) -> bool:
    """Whether it was made to its end, with the versions that are wanted now."""
    try:
        stamp = json.loads((home / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return stamp == list(PEERS[peer]) and _interpreter(home).exists()


def _interpreter(home: Path) -> Path:
    return home / ("Scripts" if os.name == "nt" else "bin") / "python"
