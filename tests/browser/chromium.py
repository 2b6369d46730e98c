"""A real browser, and a page in it that remembers whatever should not have happened."""

import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:  # the tests are skipped then, with `missing()` as their reason
    expect = sync_playwright = None

__all__ = ["Watched", "context_of", "expect", "launched", "missing"]
PROGRAM = Path("/usr/bin/chromium")
WIDTH, HEIGHT = 1280, 800
# No sandbox: a build machine runs as root. The rest keeps the browser itself from calling home.
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SECONDS = 60.0  # the longest wait for anything; a busy machine of two cores is slow, and a test that waits is not flaky
SETTLED = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  if (!app || app.dataset.testScriptState !== 'notRunning' || app.dataset.testConnectionState !== 'CONNECTED') return false;
  if (!document.querySelector('.stMainBlockContainer [data-testid="stElementContainer"]')) return false;
  if (document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')) return false;
  return [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')].every((one) => one.querySelector('canvas, svg'));
}"""
WIDER = """() => [document.documentElement, ...document.querySelectorAll('[data-testid="stMain"]')]
  .filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => `${one.tagName} ${one.scrollWidth} > ${one.clientWidth}`)"""


def missing() -> str:
    """Why there is no browser to test with; empty where there is one."""
    if sync_playwright is None:
        return "playwright is not installed: make test-browser does it"
    return "" if PROGRAM.exists() else f"there is no {PROGRAM}: apt-get install chromium"


@contextmanager
def launched(*flags: str):
    """A playwright browser whose folder of user data is empty and gone afterwards."""
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(PROGRAM), args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            browser.close()


def context_of(browser, theme: str = "light"):
    """A fresh profile: 1280 x 800, one theme, nothing remembered."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=theme)
    context.set_default_timeout(SECONDS * 1000)
    return context


class Watched:
    """One page. `troubles` is what no page of the viewer may cause, in the order in which it happened."""

    def __init__(self, context) -> None:
        self.troubles: list[str] = []
        self.requests = 0
        self.context = context
        self.page = context.new_page()
        self.page.on("console", lambda one: self._add("console", one.text) if one.type == "error" else None)
        self.page.on("pageerror", lambda error: self._add("error in a script", str(error)))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", lambda one: self._add("status", f"{one.status} {one.url}") if one.status >= 400 else None)
        self.page.on("websocket", lambda one: self._asked(one.url))
        self.page.on("dialog", lambda one: (self._add("dialog", one.message), one.dismiss()))
        context.on("request", self._request)

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()
        self.context.remove_listener("request", self._request)

    def open(self, address: str) -> float:
        """Go there and wait until everything is drawn; the seconds it took."""
        began = time.perf_counter()
        self.page.goto(address, wait_until="commit")
        self.settle()
        return time.perf_counter() - began

    def settle(self) -> None:
        """Wait until the script has run, nothing is stale, and every chart is drawn."""
        self.page.wait_for_function(SETTLED)

    def text(self) -> str:
        """What a reader sees below the bar of pages."""
        return self.page.locator('[data-testid="stMain"]').inner_text()

    def problems(self) -> list[str]:
        """Troubles, exception boxes, script that was run, and a page that is wider than the screen."""
        boxes = self.page.locator('[data-testid="stException"]').all_inner_texts()
        ran = ["script of a file was run"] if self.page.evaluate("() => 'pwned' in window") else []
        wider = [f"scrolls sideways: {one}" for one in self.page.evaluate(WIDER)]
        return [*self.troubles, *(f"exception box: {box}" for box in boxes), *ran, *wider]

    def _add(self, kind: str, text: str) -> None:
        self.troubles.append(f"{kind}: {text[:300]}")

    def _request(self, request) -> None:
        self._asked(request.url)

    def _asked(self, url: str) -> None:
        self.requests += 1
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self._add("off this machine", url)

    def _failed(self, request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what a page that is left had not finished
            self._add("failed request", f"{request.failure} {request.url}")
