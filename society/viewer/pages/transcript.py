"""Of the page Negotiations: one game as a conversation, offers decoded. Whatever is shown of a run here is a number."""

import html

import streamlit as st

from society.viewer.charts import BLUE, RED
from society.viewer.data.bargain import units, worth
from society.viewer.data.negotiations import Game, Turn
from society.viewer.words import number

STYLES = {0: ("flex-start", BLUE, "0,114,178"), 1: ("flex-end", RED, "213,94,0")}
HEIGHT = 420  # pixels of the conversation before it scrolls


def transcript(game: Game) -> None:
    """The pool and what it is worth to either side, then the turns, left the first mover's and right the second's."""
    _terms(game)
    bubbles = [_bubble(game, i, turn) for i, turn in enumerate(game.turns, start=1)]
    with st.container(height=min(HEIGHT, 90 + 84 * max(len(bubbles), 1)), border=True):
        st.html(f'<div style="display:flex;flex-direction:column;gap:7px;font-size:14px">{"".join(bubbles)}{_end(game)}</div>')


def _terms(game: Game) -> None:
    if game.pool is None or game.values is None:
        st.caption("This run does not record what is on the table: demands are shown as shares of one's own maximum.")
        return
    if len(game.pool) == 1:
        st.markdown(f"On the table: **{game.pool[0]} units**, worth {game.values[0, 0]} and {game.values[1, 0]} each to the two.")
        return
    items = [chr(65 + i) for i in range(len(game.pool))]
    rows = (
        ("units in the pool", game.pool),
        ("a unit is worth, first mover", game.values[0]),
        ("a unit is worth, second mover", game.values[1]),
    )
    head = "| :small[item] | " + " | ".join(f":small[**{item}**]" for item in items) + " |"
    body = [f"| :small[{says}] | " + " | ".join(f":small[{int(x)}]" for x in amounts) + " |" for says, amounts in rows]
    st.markdown("\n".join([head, "|:---|" + "---:|" * len(items), *body]))


def _bubble(game: Game, i: int, turn: Turn) -> str:
    side = 0 if turn.seat == game.seats[0] else 1
    place, colour, tint = STYLES[side]
    who = f"{i} &middot; {'first' if side == 0 else 'second'} mover, mind {game.minds[side]}"
    return (
        f'<div style="align-self:{place};max-width:84%;border-radius:10px;padding:6px 11px;background:rgba({tint},.13);'
        f'border-{"left" if side == 0 else "right"}:4px solid {colour}">'
        f'<div style="opacity:.72;font-size:12px">{who}{_spoken(turn)}</div>{_said(game, turn)}</div>'
    )


def _spoken(turn: Turn) -> str:
    """Its message, as symbols."""
    return f" &middot; says &ldquo;{html.escape(' '.join(map(str, turn.said)))}&rdquo;" if turn.said else ""


def _said(game: Game, turn: Turn) -> str:
    if turn.accepted:
        return "<b>accepts</b>"
    if turn.keep is None:
        return f"demands {number(turn.demand)} of its maximum" if number(turn.demand) else "demands something"
    got = worth(game, turn.seat, turn.keep)
    if got is None or game.pool is None:
        beyond = game.pool is not None and any(k > p for k, p in zip(turn.keep, game.pool, strict=False))
        return f"wants <b>{units(turn.keep)}</b>{': more than there is, cannot be met' if beyond else ''}"
    rest = tuple(int(pool - keep) for pool, keep in zip(game.pool, turn.keep, strict=True))
    own, other = got if turn.seat == game.seats[0] else got[::-1]
    return (
        f"I keep <b>{units(turn.keep)}</b>, you get <b>{units(rest)}</b>"
        f'<div style="opacity:.72;font-size:12px">worth {own:.2f} of its maximum to me, {other:.2f} to you</div>'
    )


def _end(game: Game) -> str:
    if game.agreed:
        got = f"{number(game.scores[0]) or 'unknown'} to the first, {number(game.scores[1]) or 'unknown'} to the second mover"
        text = f"Deal in round {game.rounds}: {got}"
    else:
        last = bool(game.turns) and game.turns[-1].accepted
        text = (
            f"No deal after {game.rounds} rounds: {'what was accepted cannot be met' if last else 'time is up'}. Both get nothing"
        )
    return f'<div style="align-self:center;font-weight:600;padding:6px 0 2px">{text}.</div>'
