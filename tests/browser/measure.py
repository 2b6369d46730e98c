"""How fast and how big the viewer is, measured in a real browser: `make measure-viewer`.

    python tests/browser/measure.py [--only player,first,long,watch] [--watch SECONDS] [--folder FOLDER]

Prints a table: what, measured, wanted. The made runs are kept in FOLDER (default: a folder for temporary files) for the
next time. Exit status 1 where something falls short.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

sys.path.insert(0, str(Path(__file__).parents[1]))

import chromium
from long_runs import SHORT, crowd, long_run
from served import serving
from tiny_runs import finished, tiny
from trained import SCENARIOS, learning

from society import api
from society.record.store import Run
from society.viewer.main import PAGES

Line = tuple[str, str, str, bool]  # what, measured, wanted, whether it holds
CROWDS = {2_000: 50.0, 10_000: 30.0}  # seats -> frames a second
FIRST_SECONDS, LONG_SECONDS, LONG_MB, FLAT = 3.0, 5.0, 1536.0, 0.05
BETWEEN = 10.0  # seconds between two samples of a watch
# What must never be seen, even for a moment, while a run is written: noted by the page itself as it changes.
NOTE = """() => {
  window.watched = [];
  const look = () => {
    const box = document.querySelector('[data-testid="stException"]');
    if (box) window.watched.push('exception: ' + box.innerText.slice(0, 200));
    const text = document.querySelector('[data-testid="stMain"]')?.innerText ?? '';
    if (text.includes('is damaged')) window.watched.push('damaged: ' + text.slice(text.indexOf('is damaged'), 200));
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def player(browser, folder: Path, model: Run) -> Iterator[Line]:
    """Frames a second while a crowd walks: the median of five readings, one a second, that the player takes itself."""
    runs = {seats: crowd(folder / f"crowd{seats}-20260101-120000-abcdef", model, seats) for seats in CROWDS}
    with serving(folder) as served:
        for seats, wanted in CROWDS.items():
            with chromium.Watched(chromium.context_of(browser)) as shown:
                shown.open(served.address(run=runs[seats].name, page="World"))
                shown.page.locator(".player .play").click()
                readings = list(_readings(shown.page, 5))
                slow = float(shown.page.locator(".player").get_attribute("data-paint-ms") or "nan")
            got = median(readings)
            yield (
                f"player, {seats:,} seats",
                f"{got:.0f} frames/s ({slow:.1f} ms to paint one)",
                f">= {wanted:.0f}",
                got >= wanted,
            )


def _readings(page, count: int) -> Iterator[float]:
    """So many readings of `data-fps`, a second apart, after the first, which holds the start."""
    page.locator(".player[data-fps]").wait_for()
    for _ in range(count):
        page.wait_for_timeout(1100)
        yield float(page.locator(".player").get_attribute("data-fps"))


def first(browser, folder: Path, model: Run) -> Iterator[Line]:
    """Seconds from navigation to everything drawn, with 100,000 rows of messages. The browser knows nothing yet."""
    run = long_run(folder / "short-20260101-120000-abcdef", model, SHORT)
    for page in PAGES:
        with serving(folder) as served, chromium.Watched(chromium.context_of(browser)) as shown:
            took = shown.open(served.address(run=run.name, page=page))
            yield (
                f"first picture of {page}, 100,000 messages",
                f"{took:.1f} s",
                f"<= {FIRST_SECONDS:.0f} s",
                took <= FIRST_SECONDS,
            )


def long(browser, folder: Path, model: Run) -> Iterator[Line]:
    """Seconds to open each page of a run of ten million rows, nothing cached by the server, and the server's peak memory."""
    run = long_run(folder / "long-20260101-120000-abcdef", model)
    with serving(folder) as served, chromium.Watched(chromium.context_of(browser)) as shown:
        for page in PAGES:
            took = shown.open(served.address(run=run.name, page=page))
            yield f"{page}, ten million rows", f"{took:.1f} s", f"<= {LONG_SECONDS:.0f} s", took <= LONG_SECONDS
        _, peak = served.memory()
        yield "server after all pages, ten million rows", f"{peak:.0f} MB at most", f"< {LONG_MB:.0f} MB", peak < LONG_MB


def watch(browser, folder: Path, seconds: float) -> Iterator[Line]:
    """A run that is learning, watched on two pages at once; a sample every ten seconds, warm-up left out."""
    root = Path(tempfile.mkdtemp(prefix="live-", dir=folder))
    context = chromium.context_of(browser)
    with learning(root) as run, serving(root) as served, chromium.Watched(context) as world, chromium.Watched(context) as lines:
        pages = {"World": world, "Population": lines}
        for name, shown in pages.items():
            shown.open(served.address(run=run.name, page=name))
            shown.page.evaluate(NOTE)
        samples = list(_samples(served, pages, seconds))
        began, ended = samples[0]["update"], run.status["update"]
        for name in ("server", *pages):
            before, after = (mean(sample[name] for sample in part) for part in _ends(samples))
            grew = after / before - 1
            what = "server's memory" if name == "server" else f"JavaScript heap of {name}"
            said = f"{before:.0f} MB, then {after:.0f} MB ({100 * grew:+.1f} %)"
            yield f"{what} over {seconds:.0f} s of a live run", said, f"+ {100 * FLAT:.0f} % at most", grew <= FLAT
        for name, shown in pages.items():
            kept = shown.page.evaluate("() => window.watched")
            wrong = [*shown.problems(), *(kept if isinstance(kept, list) else ["was loaded again"])]
            yield f"troubles of {name} meanwhile", "; ".join(wrong)[:200] or "none", "none", not wrong
        yield "updates that the run made meanwhile", str(ended - began), "> 0", ended > began


def _samples(served, pages, seconds: float) -> Iterator[dict[str, float]]:
    """MB of the server and of each page's heap after a collection, every ten seconds once a fifth of the time is over."""
    sessions = {name: shown.context.new_cdp_session(shown.page) for name, shown in pages.items()}
    for session in sessions.values():
        session.send("Performance.enable")
    began = time.monotonic()
    next_one = began + seconds / 5
    while time.monotonic() < began + seconds:
        # The browser's events are heard while it is asked to wait, and not while Python sleeps.
        next(iter(pages.values())).page.wait_for_timeout(max(0.0, 1000 * (next_one - time.monotonic())))
        next_one += min(BETWEEN, seconds / 20)
        sample: dict[str, float] = {"server": served.memory()[0], "update": Run(next(served.root.iterdir())).status["update"]}
        for name, session in sessions.items():
            session.send("HeapProfiler.collectGarbage")
            metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
            sample[name] = metrics["JSHeapUsedSize"] / 2**20
        yield sample


def _ends(samples: list[dict[str, float]]) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    """The first quarter of them and the last."""
    quarter = max(1, len(samples) // 4)
    return samples[:quarter], samples[-quarter:]


def _model(folder: Path) -> Run:
    """The small trained run that lends the made ones its config and its report."""
    path = folder / "model" / "bazaar-20260101-120000-abcdef"
    if not (path / "report.json").exists():
        finished(tiny("bazaar", 4, **SCENARIOS["bazaar"]), path)
        api.write_report(path)
    return Run(path)


def main(argv: list[str] | None = None) -> int:
    """Measure, print a line as soon as it is known, and say in the status whether all hold."""
    parser = argparse.ArgumentParser(prog="measure.py", allow_abbrev=False)
    parser.add_argument("--only", default="player,first,long,watch")
    parser.add_argument("--watch", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "society-measure")
    options = parser.parse_args(argv)
    if reason := chromium.missing():
        print(reason, file=sys.stderr)
        return 2
    options.folder.mkdir(parents=True, exist_ok=True)
    parts = {"player": player, "first": first, "long": long}
    model = _model(options.folder)
    short = 0
    print(f"{os.cpu_count()} cores, {platform.processor() or platform.machine()}, load {os.getloadavg()[0]:.1f}")
    with chromium.launched() as browser:
        for name in options.only.split(","):
            lines = (
                watch(browser, options.folder, options.watch) if name == "watch" else parts[name](browser, options.folder, model)
            )
            for what, measured, wanted, holds in lines:
                print(f"{what:<58} {measured:<40} {wanted:<12} {'' if holds else 'FALLS SHORT'}".rstrip(), flush=True)
                short += not holds
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
