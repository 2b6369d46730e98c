"""What if it had said ...: one moment, another message, and what each listener would have done."""

import streamlit as st

from society.record.store import Run
from society.viewer.address import asked_number, go
from society.viewer.data import language
from society.viewer.data.language import Talk
from society.viewer.data.reactions import distances, reactions, table
from society.viewer.desk import Answer, ask
from society.viewer.figures import language as figures
from society.viewer.pages import parts
from society.viewer.words import number, plain

SHOWN = 6  # listeners with a figure each
EVERY = 1.0  # seconds between two looks at the desk


def what_if(run: Run, said: Talk) -> None:
    """Selectors of a moment and a message, and the answer once it was asked for."""
    st.markdown("#### What if it had said …")
    rows = _moment(run, said)
    if rows is None:
        return
    seats = {int(row["seat"]): [int(row[f"m{i}"]) for i in range(said.length)] for row in rows}
    world, tick = int(rows[0]["world"]), int(rows[0]["tick"])
    many = language.symbols(run, language.uses(run, "normal", 0 if said.parts else None, 0))
    boxes = st.columns([1.2, *[1] * said.length, 1], vertical_alignment="bottom")
    asked_seat = asked_number("seat")
    names = list(seats)
    seat = boxes[0].selectbox(
        f"World {world}, tick {tick}: speaker", names, index=names.index(asked_seat) if asked_seat in seats else 0,
        format_func=lambda one: f"seat {one} said {language.spoken(seats[one])}", key=f"what_if_seat_{world}_{tick}_{asked_seat}",
    )  # fmt: skip
    wanted = _instead(said.length, many)
    first = wanted or ([0] * said.length if any(seats[seat]) else [min(1, many - 1)] * said.length)
    message = [
        boxes[1 + i].selectbox(
            "instead" if said.length == 1 else f"instead, position {i + 1}", range(many), index=first[i],
            format_func=lambda one: "silence" if one == language.SILENCE else f"symbol {one}",
            key=f"what_if_{i}_{world}_{tick}_{seat}",
        )
        for i in range(said.length)
    ]  # fmt: skip
    instead = ".".join(str(symbol) for symbol in message)
    if boxes[-1].button("Ask the minds", type="primary", key="what_if_ask", width="stretch"):
        go(world=str(world), tick=str(tick), seat=str(seat), instead=instead)
    if st.query_params.get("instead") != instead or asked_number("seat") != seat:
        st.caption("The same minds are put into this very moment once more, with another message in the speaker's mouth.")
        return
    request = {"kind": "what_if", "condition": "normal", "seed": int(rows[0]["seed"]), "world": world, "tick": tick,
               "speaker": seat, "message": message}  # fmt: skip
    answer = ask(run.path.parent, run, request)
    if answer.state != "pending":
        _answer(answer, seats[seat], message)
        return

    def look() -> None:
        later = ask(run.path.parent, run, request)
        if later.state == "pending":
            st.info("The minds are being asked …", icon=":material/hourglass_top:")
        else:
            _answer(later, seats[seat], message)

    st.fragment(look, run_every=EVERY)()


def _moment(run: Run, said: Talk) -> list[dict[str, int]] | None:
    """The messages of the address's world and tick, in the order of the seats; without one, of the first message."""
    where: dict[str, object] = {"condition": "normal"}
    if (world := asked_number("world")) >= 0 and (tick := asked_number("tick")) >= 0:
        rows = language.page(run, where | {"world": world, "tick": tick}, 0, 256)
        if rows.empty:
            st.info(f"Nobody could speak in world {world} at tick {tick}: tick a row above.", icon=":material/info:")
            return None
    else:
        rows = language.page(run, where, 0, 4096)
        rows = rows[(rows["world"] == rows["world"].iloc[0]) & (rows["tick"] == rows["tick"].iloc[0])] if len(rows) else rows
    need = ["seat", "seed", "world", "tick", *(f"m{i}" for i in range(said.length))]
    numbers = rows[need] if all(name in rows.columns for name in need) else rows.head(0)
    if numbers.empty or not all(kind.kind == "i" for kind in numbers.dtypes):
        st.info("This table of messages does not tell who spoke when.", icon=":material/info:")
        return None
    return [{str(name): int(value) for name, value in row.items()} for row in numbers.to_dict("records")]


def _instead(length: int, many: int) -> list[int] | None:
    """The message that the address asks for, if it is one."""
    pieces = st.query_params.get("instead", "").split(".")
    if len(pieces) != length or not all(one.isascii() and one.isdigit() and len(one) < 6 and int(one) < many for one in pieces):
        return None
    return [int(one) for one in pieces]


def _answer(answer: Answer, said: list[int], message: list[int]) -> None:
    if answer.state == "failed":
        st.warning(f"The desk has no answer: {plain(answer.message[:300])}", icon=":material/error:")
        return
    found = reactions(answer.facts, answer.arrays)
    was, would = (f"{label} “{language.spoken(one)}”" for label, one in (("said", said), ("instead", message)))
    chances = [number(one) for one in (answer.facts.get("p_said"), answer.facts.get("p_message")) if _is(one)]
    same = answer.facts.get("same") is True
    badge = ":green-badge[the replay equals the recording]" if same else ":red-badge[the replay differs from the recording]"
    own = (
        "Here the speaker says what it said with probability {}, the other with {}.".format(*chances) if len(chances) == 2 else ""
    )
    st.markdown(f"{badge} {plain(own)}")
    if not found:
        st.info("No listener had a choice to make at this moment.", icon=":material/info:")
        return
    boxes = st.columns(3)
    for i, one in enumerate(found[:SHOWN]):
        with boxes[i % len(boxes)]:
            st.markdown(f"**seat {one.listener}**, {plain(one.head[:40])}: total variation {plain(number(one.variation))}")
            rows = table(one, was, would)
            says = f"Seat {one.listener}: probability of each option of {one.head} as it was and instead."
            parts.figure(figures.reactions(rows, f"option of {one.head}"), says, rows, f"what_if_{one.listener}_{one.head[:40]}")
    if len(found) > 1:
        with st.expander(f"All {len(found)} reactions, the greatest change first"):
            st.dataframe(distances(found), hide_index=True, key="what_if_all")
    st.caption("One state, and no estimate: what messages do on average is told by cic and the effects above.")


def _is(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
