"""The viewer's one script: find the run that the address names, and show the page that it asks for."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from society.record.files import Damaged
from society.viewer import queries
from society.viewer.address import choose, go, refuse
from society.viewer.pages import (
    cooperation,
    economy,
    judge,
    language,
    negotiations,
    parts,
    play,
    population,
    report,
    runs,
    world,
)
from society.viewer.queries import Refused

PAGES = {
    "Runs": None,
    "World": world.show,
    "Language": language.show,
    "Economy": economy.show,
    "Negotiations": negotiations.show,
    "Cooperation": cooperation.show,
    "Population": population.show,
    "Play": play.show,
    "Judge": judge.show,
    "Report": report.show,
}
# Drawn here, because Streamlit fetches its own icons for a tab from another machine.
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<path d="M16 16 7 8M16 16l9-8M16 16v11" stroke="#8a8f98" stroke-width="2.5"/>'
    '<circle cx="16" cy="16" r="5" fill="#0072B2"/><circle cx="7" cy="8" r="4" fill="#E69F00"/>'
    '<circle cx="25" cy="8" r="4" fill="#009E73"/><circle cx="16" cy="27" r="4" fill="#CC79A7"/></svg>'
)
# Only what Streamlit has no option for: its margins leave too little of a 1280 x 800 screen.
STYLE = """<style>
.stMainBlockContainer { padding: 1.1rem 2.2rem 1rem; max-width: 1500px; }
.stMainBlockContainer h3 { padding: 0; white-space: nowrap; }
header[data-testid="stHeader"] { height: 0; min-height: 0; background: transparent; }
h1, h2, h3 { letter-spacing: -0.01em; }
.st-key-choose_page button { padding: 0 0.62rem; }
[class*="st-key-below_"] { margin-top: -1.6rem; }
</style>"""


def main(argv: Sequence[str] | None = None) -> None:
    """Draw the app once. `argv`: --root FOLDER of runs (default ./runs), --run NAME to open when the address has none."""
    parser = argparse.ArgumentParser(prog="viewer", allow_abbrev=False)
    parser.add_argument("--root", type=Path, default=Path("runs"))
    parser.add_argument("--run", default="")
    options, _ = parser.parse_known_args(sys.argv[1:] if argv is None else list(argv))
    st.set_page_config(page_title="society", page_icon=ICON, layout="wide")
    # A navigation of one page keeps Streamlit from making pages of the files in pages/.
    st.navigation([st.Page(lambda: _app(options.root, options.run), title="society")], position="hidden").run()


def _app(root: Path, first: str) -> None:
    st.html(STYLE)
    found = queries.runs(root)
    names = [run.name for run in found]
    if first in names and "run" not in st.query_params and "opened" not in st.session_state:
        go(run=first)
    st.session_state["opened"] = True
    refused = _refused(root)
    brand, pages, chosen = st.columns([1.2, 7.2, 2.4], vertical_alignment="center", gap="small")
    brand.markdown("### :material/hub: society")
    with pages:
        default = "World" if first else "Runs"
        page = choose("page", list(PAGES), st.segmented_control, "Page", default=default, label_visibility="collapsed")
    name = ""
    if names and not refused:
        with chosen:
            name = choose("run", names, st.selectbox, "Run", label_visibility="collapsed")
    if refused:
        refuse(refused)
    if page == "Runs":
        runs.show(root)
    elif not names:
        runs.nothing(root)
    elif name:
        _page(root, name, page)


def _refused(root: Path) -> str:
    """Why the run that the address names is not opened."""
    asked = st.query_params.get("run")
    if asked is None:
        return ""
    try:
        queries.open_run(root, asked)
    except Refused as refused:
        st.query_params.pop("run", None)
        return str(refused)
    return ""


def _page(root: Path, name: str, page: str) -> None:
    show = PAGES[page]
    assert show is not None
    try:
        run = queries.open_run(root, name)
        if run.state == "damaged":
            raise Damaged(run.problem or "")
        show(run)
    except Refused as refused:
        refuse(str(refused))
    except Damaged as error:
        parts.damaged(error)


if __name__ == "__main__":
    main()
