"""The player's page, style and script, as Streamlit's components take them: three texts.

The script is written as several files that each do one thing. A component is given one ES module, so they are
joined here in a fixed order; all their names share one scope, and only the last file exports.
"""

from functools import cache
from importlib.resources import files

# A constant may use names of earlier files, a function those of any.
SCRIPTS = (
    "decode.js",
    "colours.js",
    "elements.js",
    "board.js",
    "clock.js",
    "camera.js",
    "pixels.js",
    "sprites.js",
    "cells.js",
    "happenings.js",
    "painter.js",
    "words.js",
    "pane.js",
    "legend.js",
    "roster.js",
    "log.js",
    "strips.js",
    "panel.js",
    "timeline.js",
    "meter.js",
    "keys.js",
    "layout.js",
    "player.js",
)


@cache
def player_assets() -> tuple[str, str, str]:
    """(HTML, CSS, JavaScript) of the player: files of this package, never text from a run."""
    folder = files("society.viewer") / "player"
    html, css = ((folder / name).read_text("utf-8") for name in ("player.html", "player.css"))
    return html, css, "\n".join((folder / name).read_text("utf-8") for name in SCRIPTS)
