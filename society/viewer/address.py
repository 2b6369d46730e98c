"""The address bar as the viewer's memory: every choice is a query parameter, so that any view can be sent as a link.

What an address says is only ever compared with the choices there are; anything else is refused in a line.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from society.viewer.words import plain

BELOW = {
    "run": ("condition", "world", "tick", "window", "view", "twin", "seat"),
    **dict.fromkeys(("condition", "world", "view", "twin"), ("window",)),
}


def choose(name: str, options: Sequence[str], widget: Callable[..., Any], label: str, *, default: str = "", **more: Any) -> str:
    """Let `widget` (a selectbox, a segmented control, ...) choose one of `options`; the choice is parameter `name`.

    An address that asks for something else is told so, and gets the default (the first option).
    """
    asked = st.query_params.get(name)
    if asked is not None and asked not in options:
        st.warning(f"The address asks for a {name} that is not here: showing another.", icon=":material/link_off:")
        del st.query_params[name]
        asked = None
    key = f"choose_{name}"
    # The address leads and the widget follows; a callback runs before the script, so it has been written by now.
    st.session_state[key] = asked if asked is not None else (default or options[0])

    def changed() -> None:
        value = st.session_state[key]
        # What the address means already is not written again: a late message of a page that is left would do so.
        if value is not None and value != st.query_params.get(name, default or options[0]):
            go(**{name: value})

    widget(label, options, key=key, on_change=changed, **more)
    chosen = st.session_state[key]
    return chosen if chosen is not None else options[0]


def go(**parameters: str) -> None:
    """Change parameters; those that only made sense with the old value of another are dropped."""
    for name, value in parameters.items():
        if st.query_params.get(name) != value:
            for below in BELOW.get(name, ()):
                st.query_params.pop(below, None)
            st.query_params[name] = value


def forget(name: str, *of: object) -> None:
    """Drop parameter `name`, without a word, if what it belongs to (`of`) is not what it was when the page was last drawn.

    For what only one page knows to belong together; `BELOW` holds what is so on all of them. An address that is opened
    afresh keeps it, so that a link leads where it says.
    """
    key, now = f"belongs_{name}", tuple(map(str, of))
    before = st.session_state.get(key)
    if before is not None and before != now:
        st.query_params.pop(name, None)
    st.session_state[key] = now


def asked_number(name: str) -> int:
    """A whole number that the address names, -1 where it names none."""
    asked = st.query_params.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 12 else -1


def link(parameters: Mapping[str, str]) -> str:
    """The address of another view of the same run, for a table's column of links."""
    return "?" + urlencode({"run": st.query_params.get("run", ""), **parameters})


def refuse(message: str) -> None:
    """A plain refusal, with nothing of what was asked for in it."""
    st.error(plain(message), icon=":material/block:")
