"""Choices that only make sense below others: they are forgotten when those change, without a word."""

import streamlit as st


def forget(name: str, *of: object) -> None:
    """Drop parameter `name` if what it belongs to (`of`) is not what it was when the page was last drawn.

    An address that is opened afresh keeps it, so that a link leads where it says.
    """
    key, now = f"belongs_{name}", tuple(map(str, of))
    before = st.session_state.get(key)
    if before is not None and before != now:
        st.query_params.pop(name, None)
    st.session_state[key] = now
