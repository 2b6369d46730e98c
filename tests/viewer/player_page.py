"""The player on a page of its own, without Streamlit, with made-up worlds: for its tests in a browser and its frame rate.

    python tests/viewer/player_page.py --seats 2000 --out page.html

writes such a page. It plays by itself when its address ends in `#play` (`#play=4` for 4x); the player's element
(`.player`) tells `data-fps` and `data-paint-ms` (means over the last second while playing), `data-tick`, `data-kept`,
`data-zoom`, `data-in-view` and `data-sample` ("seat x y": where on the first board a seat is). What the player tells
Streamlit is kept in `window.told`, a list of [name, value]; `window.give(bytes)` brings other data.
"""

import argparse
import base64
from pathlib import Path
from typing import Any

import numpy as np

from society.viewer.assets import player_assets
from society.viewer.payload import encode, pack

CELL = 256
THEMES = {
    "light": {"text-color": "#31333f", "background-color": "#ffffff", "secondary-background-color": "#f0f2f6"},
    "dark": {"text-color": "#fafafa", "background-color": "#0e1117", "secondary-background-color": "#262730"},
}
KINDS = [["gathers A", "#0072B2"], ["gathers B", "#E69F00"], ["gathers C", "#009E73"]]


def world(seats: int, ticks: int = 120, side: int = 0, *, seed: int = 0, cells: bool = True) -> dict[str, np.ndarray]:
    """Frames as the player reads them: seats that walk at random on a torus of `side` cells, speak, deal, strike and die."""
    rng = np.random.default_rng(seed)
    side = side or min(250, max(20, int(np.sqrt(seats * 3))))
    steps = rng.integers(-1, 2, (ticks, seats, 2))
    steps[0] = rng.integers(0, side, (seats, 2))
    places = np.cumsum(steps, 0) % side
    said = np.where(rng.random((ticks, seats)) < 0.3, rng.integers(1, 7, (ticks, seats)), 0)
    arrays = {
        "tick": np.arange(ticks, dtype=np.int32),
        "seat.x": (places[..., 0] * CELL).astype(np.uint16),
        "seat.y": (places[..., 1] * CELL).astype(np.uint16),
        "seat.kind": np.broadcast_to(np.arange(seats) % len(KINDS), (ticks, seats)).astype(np.int16),
        "seat.said": said.astype(np.int16),
        "seat.value.holds A": rng.integers(0, 30, (ticks, seats)).astype(np.int16),
    }
    if cells:
        goods = rng.integers(1, 3, (ticks, side, side))
        arrays["cells"] = np.where(rng.random((ticks, side, side)) < 0.1, goods, 0).astype(np.uint8)
    deals = np.sort(rng.integers(0, ticks, ticks * max(1, seats // 100))).astype(np.int32)
    for name, high in {"seat": seats, "gave": 1, "gave_amount": 4, "got": 1, "got_amount": 4}.items():
        arrays[f"trades.{name}"] = rng.integers(0, high, len(deals)).astype(np.int32)
    arrays["trades.tick"] = deals
    arrays["trades.partner"] = _nearest(places, deals, arrays["trades.seat"])
    few = np.sort(rng.integers(0, ticks, 12)).astype(np.int32)
    arrays |= {"contests.tick": few, "contests.seat": few % seats, "contests.target": (few + 1) % seats}
    arrays |= {"contests.good": few * 0, "contests.amount": few * 0 + 2, "deaths.tick": few[::3], "deaths.seat": few[::3] % seats}
    firsts = np.array([1, 4, 9], np.int32)
    return arrays | {"firsts.tick": firsts, "firsts.seat": firsts % seats, "firsts.symbol": np.array([2, 1, 3], np.int32)}


def _nearest(places: np.ndarray, ticks: np.ndarray, whose: np.ndarray) -> np.ndarray:
    """A seat close to each of `whose` at its tick: the one that follows it, row by row."""
    found = np.zeros(len(whose), np.int32)
    for tick in np.unique(ticks):
        order = np.lexsort((places[tick, :, 0], places[tick, :, 1]))
        rank = np.argsort(order)
        here = ticks == tick
        found[here] = order[(rank[whose[here]] + 1) % len(order)]
    return found


def facts(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """The facts of such a world."""
    side = arrays["cells"].shape[1] if "cells" in arrays else int(arrays["seat.x"].max()) // CELL + 1
    return {
        "height": side,
        "width": side,
        "legend": [["bare", "#F4F1EA"], ["good A", "#0072B2"], ["good B", "#E69F00"]],
        "kinds": KINDS,
        "wraps": True,
        "sizes": [],
        "values": [name.removeprefix("seat.value.") for name in arrays if name.startswith("seat.value.")],
        "goods": [["A", "#0072B2"]],
        "offers": [],
    }


def board(arrays: dict[str, np.ndarray], title: str = "", name: str = "0") -> dict[str, Any]:
    """One board of the player's data."""
    return {"id": name, "title": title, "facts": facts(arrays), "blob": encode(arrays)}


def data(*boards: dict[str, Any], layout: str = "one", **more: Any) -> dict[str, Any]:
    """What the component is given."""
    base = {"layout": layout, "boards": list(boards), "start": -1, "parted": -1, "follow": None, "live": False, "kept": -1}
    return base | more


def page(given: dict[str, Any], theme: str = "light") -> str:
    """The page as text: all in one, nothing is asked of any server."""
    html, css, js = player_assets()
    module, packed = (base64.b64encode(data).decode() for data in (js.encode(), pack(given)))
    colours = "".join(f"--st-{name}: {value};" for name, value in THEMES[theme].items())
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>player</title>
<link rel="icon" href="data:,"><style>:root {{ {colours} --st-primary-color: #0072b2; --st-font: sans-serif }}
body {{ margin: 16px; background: var(--st-background-color) }}{css}</style></head><body><div id="here">{html}</div>
<script type="module">
const module = await import("data:text/javascript;base64,{module}");
const parentElement = document.getElementById("here");
window.told = [];
const setStateValue = (name, value) => window.told.push([name, value]);
window.give = (data) => module.default({{ data, parentElement, setStateValue }});
window.give(Uint8Array.from(atob("{packed}"), (one) => one.charCodeAt(0)));
const asked = /^#play(?:=(.+))?$/.exec(location.hash);
if (asked) {{
  const ready = setInterval(() => {{
    const root = document.querySelector(".player");
    if (root.dataset.tick === undefined) return;
    clearInterval(ready);
    const speed = root.querySelector(".speed");
    speed.value = asked[1] ?? "1";
    speed.dispatchEvent(new Event("change"));
    root.querySelector(".play").click();
  }}, 50);
}}
</script></body></html>"""


def main() -> None:
    """Write a page."""
    parser = argparse.ArgumentParser(description="the player on a page of its own, with a made-up world")
    parser.add_argument("--seats", type=int, default=2000)
    parser.add_argument("--ticks", type=int, default=120)
    parser.add_argument("--theme", choices=sorted(THEMES), default="light")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.write_text(page(data(board(world(asked.seats, asked.ticks))), asked.theme), "utf-8")


if __name__ == "__main__":
    main()
