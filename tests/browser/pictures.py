"""The pictures of docs/viewer.md: every page, of runs that were really trained. `make pictures` [ARGS=FOLDER].

    python tests/browser/pictures.py [FOLDER] [--only NAME,NAME] [--to docs/pictures]

Of each scenario the first finished run by name is shown, at the world and the tick that `SHOTS` names: the same runs
give the same views. Without FOLDER the runs are made first, which takes some minutes.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from chromium import HEIGHT, Watched, context_of, launched, missing
from PIL import Image
from playwright.sync_api import Error as PlaywrightError
from served import HOME, serving

from society.record.store import list_runs

LARGEST = 200_000  # bytes of a picture
WAIT = 120_000  # milliseconds for a mind to be asked
DRAWN = 3_000  # milliseconds in which curves, canvases and fonts come to rest, which no attribute tells


@dataclass(frozen=True)
class Shot:
    """One picture: a page of the run of a scenario, and what its address says besides.

    Where `press` names a button, it is pressed; where there is a text `until`, the picture is taken when it is there.
    """

    page: str
    scenario: str
    query: dict[str, str] = field(default_factory=dict)
    theme: str = "light"
    press: str = ""
    until: str = ""


SHOTS = {
    "runs": Shot("Runs", "bazaar"),
    "world": Shot("World", "bazaar", {"condition": "normal", "world": "0", "tick": "60"}),
    "world-twins": Shot("World", "bazaar", {"view": "twin", "condition": "normal", "world": "0", "twin": "mute", "tick": "60"}),
    "world-mosaic": Shot("World", "bazaar", {"view": "mosaic", "condition": "normal", "tick": "60"}),
    "world-dark": Shot(
        "World", "bazaar", {"condition": "normal", "world": "0", "tick": "60", "seat": "2"}, "dark", until="what it expects"
    ),
    "language": Shot("Language", "referential_game"),
    "economy": Shot("Economy", "bazaar"),
    "negotiations": Shot("Negotiations", "negotiation"),
    "cooperation": Shot("Cooperation", "commons_harvest"),
    "population": Shot("Population", "bazaar"),
    "play": Shot("Play", "bazaar", press="Take the seat", until="your turn"),
    "judge": Shot("Judge", "bazaar"),
    "report": Shot("Report", "bazaar"),
}


def make_runs(root: Path) -> None:
    """A finished run of each scenario that is shown, where there is none."""
    for scenario in dict.fromkeys(shot.scenario for shot in SHOTS.values()):
        if scenario not in first_runs(root):
            command = [sys.executable, "-m", "society.cli", "run", scenario, "--quick", "--seed", "0", "--out", str(root)]
            subprocess.run(command, check=True, cwd=HOME, stdout=subprocess.DEVNULL)


def first_runs(root: Path) -> dict[str, str]:
    """Scenario -> name of its first finished run with a report, which a played one has not."""
    whole = [run for run in sorted(list_runs(root), key=lambda run: run.name) if (run.path / "report.json").exists()]
    done = [run for run in whole if run.state == "done"]
    return {run.config["scenario"]: run.name for run in reversed(done)}


def take(shown: Watched, address: str, shot: Shot, path: Path) -> None:
    """Open the address and keep what the screen shows, in a palette of 256 colours. RuntimeError for a page that is not well."""
    shown.open(address)
    shown.open(address)  # a page that fills bit by bit is whole when the server has seen it before
    if shot.press:
        shown.page.get_by_role("button", name=shot.press).click()
        shown.page.mouse.move(0, HEIGHT - 1)  # nothing is hovered over
    if shot.until:
        shown.page.get_by_text(shot.until).first.wait_for(timeout=WAIT)
        shown.settle()
    shown.page.wait_for_timeout(DRAWN)
    shown.settle()
    if problems := shown.problems():
        raise RuntimeError(problems[0])
    shown.page.screenshot(path=path)
    with Image.open(path) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        raise RuntimeError(f"has {path.stat().st_size} bytes; a picture may have {LARGEST}")


def main(argv: list[str] | None = None) -> int:
    """Take the pictures; 0 when all are there, 1 after a line for each that is not, 2 without a browser."""
    parser = argparse.ArgumentParser(prog="pictures.py", allow_abbrev=False)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--only", default=",".join(SHOTS))
    parser.add_argument("--to", type=Path, default=HOME / "docs" / "pictures")
    options = parser.parse_args(argv)
    if reason := missing():
        print(reason, file=sys.stderr)
        return 2
    root = options.folder or Path(tempfile.gettempdir()) / "society-pictures"
    if options.folder is None:
        make_runs(root)
    options.to.mkdir(parents=True, exist_ok=True)
    names, failed = first_runs(root), 0
    # Of copies: a seat that is taken for the picture of Play leaves a run behind.
    with tempfile.TemporaryDirectory() as copies, launched() as browser, serving(Path(copies)) as served:
        for scenario in {shot.scenario for shot in SHOTS.values()} & names.keys():
            shutil.copytree(root / names[scenario], Path(copies) / names[scenario])
        for name in options.only.split(","):
            shot, path = SHOTS[name], options.to / f"{name}.png"
            if shot.scenario not in names:
                print(f"{name}: there is no finished run of {shot.scenario} in {root}", file=sys.stderr)
                failed += 1
                continue
            with Watched(context_of(browser, shot.theme)) as shown:
                try:
                    take(shown, served.address(run=names[shot.scenario], page=shot.page, **shot.query), shot, path)
                    print(f"{path}: {path.stat().st_size} bytes", flush=True)
                except (RuntimeError, PlaywrightError) as error:
                    print(f"{name}: {str(error).splitlines()[0]}", file=sys.stderr)
                    failed += 1
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
