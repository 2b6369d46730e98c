"""The player's script: what it computes, by values made by hand, run by node where this machine has one."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from society.viewer.assets import SCRIPTS, player_assets
from society.viewer.payload import encode, pack

NODE = shutil.which("node")
node = pytest.mark.skipif(NODE is None, reason="no node on this machine to run the player's script")
NONE = "\N{EN DASH}"
FACTS: dict[str, Any] = {"width": 10, "height": 8, "wraps": True, "sizes": [], "legend": [], "kinds": [], "values": []}
FACTS |= {"goods": [["A", "#0072B2"], ["B", "#E69F00"]], "offers": [[-1, -1, 0, 0], [0, 1, 1, 1], [1, 0, 2, 3]]}


def run(tmp_path: Path, names: str, body: str, given: object = None) -> Any:
    """What `body`, an async function's statements that use `names` of the script and `given`, returns."""
    _, _, script = player_assets()
    (tmp_path / "player.mjs").write_text(script + f"\nexport {{ {names} }};\n", "utf-8")
    test = f"import {{ {names} }} from './player.mjs';\nconst given = JSON.parse(process.argv[2]);\n"
    test += f"console.log(JSON.stringify(await (async () => {{ {body} }})()));\n"
    (tmp_path / "test.mjs").write_text(test, "utf-8")
    assert NODE is not None
    done = subprocess.run(
        [NODE, str(tmp_path / "test.mjs"), json.dumps(given)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def world(**fields: list) -> dict[str, np.ndarray]:
    """Arrays of one board; x and y in cells, None for nowhere."""
    arrays = {"tick": np.array(fields.pop("tick"), np.int32)}
    for name, rows in fields.items():
        field = name.replace("_", " ") if name.startswith("value") else name
        if name in ("x", "y"):
            steps = [[65535 if one is None else round(one * 256) for one in row] for row in rows]
            arrays[f"seat.{name}"] = np.array(steps, np.uint16)
        else:
            arrays[f"seat.{field}"] = np.array(rows, np.int16)
    return arrays


def board(arrays: dict[str, np.ndarray], **facts: object) -> dict[str, Any]:
    return {"id": "0", "title": "", "facts": FACTS | facts, "blob": base64.b64encode(encode(arrays)).decode()}


BYTES = "Buffer.from(one.blob, 'base64')"
MAKE = f"const boards = await Promise.all(given.map(async (one) => new Board(one, await decode({BYTES}))));"


def test_all_files_of_the_script_are_joined() -> None:
    folder = Path(__file__).parents[2] / "society" / "viewer" / "player"
    assert sorted(path.name for path in folder.glob("*.js")) == sorted(SCRIPTS)
    html, css, script = player_assets()
    assert script.count("export default") == 1
    for word in ("innerHTML", "insertAdjacentHTML", "outerHTML", "document.write", "http:", "https:", "eval("):
        assert word not in script + css, word
    assert "<script" not in html


@node
def test_where_a_seat_is_on_a_torus(tmp_path: Path) -> None:
    # Seat 0 leaves over the right edge, seat 1 walks, seat 2 leaps (and fades), seat 3 comes from nowhere, seat 4 is reborn.
    arrays = world(
        tick=[0, 1],
        x=[[9.5, 1, 0, None, 2], [0.5, 2, 5, 3, 3]],
        y=[[0, 1, 0, None, 2], [7, 1, 0, 3, 2]],
    )
    arrays["seat.value.age"] = np.array([[1, 1, 1, 1, 9], [2, 2, 2, 2, 0]], np.int16)
    body = MAKE + "const [b] = boards; return [0, 0.25, 0.5, 1].map((now) => [0, 1, 2, 3, 4].map((s) => b.where(now, s)));"
    start, quarter, half, end = run(tmp_path, "Board, decode", body, [board(arrays)])
    assert start == [[9.5, 0, 1], [1, 1, 1], [0, 0, 1], None, [2, 2, 1]]
    ease = 0.25**2 * (3 - 2 * 0.25)
    # y from 0 to 7 of 8 rows is one step up, over the edge: to -1.
    assert quarter[:2] == [[9.5 + ease, -ease, 1], [1 + ease, 1, 1]]
    assert quarter[2:] == [[0, 0, 0.5], None, [2, 2, 0.5]]
    assert half == [[10, -0.5, 1], [1.5, 1, 1], None, [3, 3, 1], None]
    assert end == [[0.5, 7, 1], [2, 1, 1], [5, 0, 1], [3, 3, 1], [3, 2, 1]]


@node
def test_a_plane_has_no_way_around(tmp_path: Path) -> None:
    arrays = world(tick=[0, 1], x=[[9.5]], y=[[0]])
    arrays["seat.x"], arrays["seat.y"] = np.array([[2432], [128]], np.uint16), np.array([[0], [0]], np.uint16)
    body = MAKE + "return boards.map((b) => [b.where(0.25, 0), b.way([9, 0], [1, 7])]);"
    torus, plane = run(tmp_path, "Board, decode", body, [board(arrays), board(arrays, wraps=False)])
    assert torus == [[9.5 + 0.15625, 0, 1], [2, -1]]
    assert plane == [[9.5, 0, 0.5], [-8, 7]]  # nine cells are no walk: it fades


@node
def test_what_python_wrote_is_read(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    arrays = {
        "bytes": rng.integers(0, 256, 7).astype(np.uint8),
        "x": rng.integers(0, 65536, (3, 5)).astype(np.uint16),
        "ü <b>": rng.integers(-32768, 32768, (2, 2)).astype(np.int16),
        "none": np.zeros((0, 4), np.int32),
        "real": np.array([1.5, -0.25], np.float32),
    }
    body = """
        const packed = unpack(Uint8Array.from(Buffer.from(given.packed, "base64")));
        const shown = async (blob) => Object.entries(await decode(blob))
          .map(([name, { shape, data }]) => [name, shape, data.constructor.name, [...data]]);
        const [board] = packed.boards;
        return [await shown(Buffer.from(given.blob, "base64")), await shown(board.blob), packed.follow, board.title];
    """
    blob = encode(arrays)
    packed = pack({"boards": [{"title": "ä", "blob": blob}], "follow": None})
    text, octets, follow, title = run(
        tmp_path, "unpack, decode", body, {"blob": base64.b64encode(blob).decode(), "packed": base64.b64encode(packed).decode()}
    )
    kinds = {
        "uint8": "Uint8Array",
        "uint16": "Uint16Array",
        "int16": "Int16Array",
        "int32": "Int32Array",
        "float32": "Float32Array",
    }
    expected = [[n, list(a.shape), kinds[a.dtype.name], a.ravel().tolist()] for n, a in arrays.items()]
    assert text == octets == expected
    assert (follow, title) == (None, "ä")


@node
def test_rows_by_frame(tmp_path: Path) -> None:
    body = "return given.map(([t, e]) => [...rowsByFrame(Int32Array.from(t), Int32Array.from(e))]);"
    given = [[[3, 4, 6], [1, 3, 3, 5, 6, 9]], [[0, 1], []], [[], [1]]]
    # 1 and 9 lie outside; 5, which was not filmed, is shown with 4; the two of tick 3 stay together.
    assert run(tmp_path, "rowsByFrame", body, given) == [[1, 3, 4, 5], [0, 0, 0], [0]]


@node
def test_the_clock_holds_boards_of_different_lengths_in_step(tmp_path: Path) -> None:
    long = world(tick=[0, 2, 4, 6], x=[[0]] * 4, y=[[0]] * 4)
    short = world(tick=[2, 3], x=[[0]] * 2, y=[[0]] * 2)
    body = (
        MAKE
        + """
        const clock = new Clock();
        clock.take(boards);
        const at = (now) => { clock.seek(now); return [clock.tick, ...boards.map((b) => clock.moment(b))]; };
        const out = [[...clock.ticks], at(0.5), at(1.5), at(4.5), at(99), clock.indexOf(5), clock.ended];
        clock.seek(0); clock.speed = 2; clock.pass(5000);
        return [...out, clock.now];
    """
    )
    ticks, half, second, late, end, index, ended, passed = run(
        tmp_path, "Board, Clock, decode", body, [board(long), board(short)]
    )
    assert ticks == [0, 2, 3, 4, 6]
    assert half == [0, 0.5, 0]
    assert second == [2, 1, 0.5]  # 3 is no tick of the long one: it waits
    assert late == [6, 3, 1] and end == [6, 3, 1]
    assert (index, ended) == (3, True)
    assert passed == pytest.approx(0.1 * 2 * 4)  # a tenth of a second at most, four ticks a second, twice as fast


@node
def test_where_twins_part_is_marked(tmp_path: Path) -> None:
    one = world(tick=[10, 11, 12, 13], x=[[0, 1], [1, 1], [2, 1], [3, 1]], y=[[0, 0]] * 4, said=[[0, 0], [0, 0], [1, 0], [0, 0]])
    two = world(tick=[10, 11, 12, 13], x=[[0, 1], [1, 1], [2, 1], [3, 2]], y=[[0, 0]] * 4, said=[[0, 0], [0, 0], [2, 0], [0, 0]])
    body = (
        MAKE
        + """
        const [a, b] = boards, out = new Uint8Array(2), clock = new Clock(), line = Object.create(Timeline.prototype);
        clock.take(boards);
        Object.assign(line, { clock, width: 306, scrub: {}, layout() {} });
        line.take(clock, boards, 12);
        const differ = [0, 1, 2, 3].map((t) => [a.differences(t, b, t, out), [...out]]);
        return [differ, line.parted, line.place(line.parted), line.place(0), line.place(clock.last)];
    """
    )
    differ, index, place, first, last = run(tmp_path, "Board, Clock, Timeline, decode", body, [board(one), board(two)])
    assert differ == [[0, [0, 0]], [0, [0, 0]], [1, [1, 0]], [1, [0, 1]]]
    assert index == 2
    assert (first, place, last) == (3, 203, 303)  # two thirds of the 300 pixels between the ends


@node
def test_the_camera(tmp_path: Path) -> None:
    body = """
        const camera = new Camera();
        const seen = (x, y) => { const at = []; camera.around(x, y, 5, (a, b) => at.push([a, b])); return at; };
        camera.frame(given[0], 10);
        const fit = [seen(0, 0), seen(9.5, 3), camera.moved];
        camera.zoomAt(2, 20, 40);
        const zoomed = [camera.zoom, seen(1.5, 3.5)[0]];
        camera.pan(-1000, 0);
        const panned = [camera.x >= 0 && camera.x < 10];
        camera.fit();
        camera.frame(given[1], 10);
        camera.pan(50, 50);
        const plane = [camera.x, camera.y];
        camera.zoomAt(4);
        camera.keepInView(7, 4);
        const kept = [camera.across(7) / (camera.viewWidth / 4)];
        camera.zoomAt(1e-9);
        return [fit, zoomed, panned, plane, kept, camera.moved];
    """
    torus, plane = {"width": 10, "height": 8, "wraps": True}, {"width": 10, "height": 8, "wraps": False}
    fit, zoomed, panned, held, kept, moved = run(tmp_path, "Camera", body, [torus, plane])
    assert fit[0] == [[5, 5]]
    assert sorted(fit[1]) == [[0, 35], [100, 35]]  # over the right edge: seen at both
    assert fit[2] is False
    assert zoomed == [2, [20, 40]]  # what was under the pointer stays
    assert panned == [True]
    assert held == [5, 4]  # nothing beyond the edge of a plane is shown
    assert kept[0] == pytest.approx(1)  # at the border of the middle half
    assert moved is False


@node
def test_words(tmp_path: Path) -> None:
    arrays = world(tick=[4, 5], x=[[0, None], [9.25, 1]], y=[[0, None], [3, 1]], said=[[0, 2], [3, 0]], kind=[[0, 1], [0, 1]])
    arrays["seat.value.keeps"] = np.array([[-1, 2], [3, -1]], np.int16)
    arrays["seat.value.score"] = np.array([[-1, -5], [3, 1]], np.int16)
    arrays["seat.value.facing"] = np.array([[0, 1], [2, 3]], np.int16)
    arrays["seat.value.offer"] = np.array([[0, 1], [2, 9]], np.int16)
    events = {"trades.tick": [5], "trades.seat": [0], "trades.partner": [1], "trades.gave": [0], "trades.gave_amount": [2]}
    events |= {
        "trades.got": [1],
        "trades.got_amount": [1],
        "contests.tick": [4, 5],
        "contests.seat": [1, 0],
        "contests.target": [0, 1],
    }
    events |= {"contests.good": [7, -1], "contests.amount": [3, 0], "deaths.tick": [4, 5], "deaths.seat": [1, 1]}
    events |= {"firsts.tick": [4], "firsts.seat": [1], "firsts.symbol": [2]}
    arrays |= {name: np.array(values, np.int32) for name, values in events.items()}
    body = (
        MAKE
        + """
        const [b] = boards, say = (field) => [0, 1].map((t) => [0, 1].map((s) => fieldWords(b, field, b.value(field, t, s))));
        return [...["value.keeps", "value.score", "value.facing", "value.offer", "said", "x"].map(say),
          boardWords(b, 0), boardWords(b, 1), columnsOf(b), latest(b, 1, 9)];
    """
    )
    facts = {"values": ["facing", "keeps", "offer", "score"], "kinds": [["<b>buyer", "#0072B2"], ["seller", "#E69F00"]]}
    keeps, score, facing, offer, said, x, first, second, columns, log = run(
        tmp_path, "Board, decode, fieldWords, boardWords, columnsOf, latest", body, [board(arrays, **facts)]
    )
    assert keeps == [[NONE, "2"], ["3", NONE]]  # -1 is "none" where nothing is lower
    assert score == [["-1", "-5"], ["3", "1"]]
    assert facing == [["↑", "→"], ["↓", "←"]]  # north, east, south, west: society.world.grid
    assert offer == [[NONE, "A → B"], ["2B → 3A", "9"]]
    assert said == [[NONE, "2"], ["3", NONE]]
    assert x == [["0.0", NONE], ["9.3", "1.0"]]
    assert columns == ["value.offer", "said", "value.facing", "value.keeps", "value.score"]
    assert first == (
        "tick 4 of 5, 1 of 2 seats on the board (1 <b>buyer). "
        "Latest: tick 4: 1 took 3 good 7 from 0; tick 4: 1 left the board; tick 4: 1 says 2 for the first time."
    )
    assert second.startswith(
        "tick 5 of 5, 2 of 2 seats on the board (1 <b>buyer, 1 seller). Latest: tick 5: 0 gave 2 A, 1 gave 1 B"
    )
    assert [line[1:] for line in log[:3]] == [["0 gave 2 A, 1 gave 1 B", "deal"], ["0 struck 1", "strike"], ["1 died", "death"]]


@node
def test_stamps_are_discs_of_their_colour(tmp_path: Path) -> None:
    body = """
        const look = { radius: 4, fill: [200, 100, 0], ring: [0, 0, 0], width: 0, ink: [9, 9, 9], facing: -1, opacity: 1 };
        const stamp = makeStamp(look, 0.5, 0.5, 100);
        const cover = stamp.inner.length + [...stamp.rest].reduce((sum, rest) => sum + (256 - rest) / 256, 0);
        return [cover, stamp.colour[stamp.inner.indexOf(0)], pixel([200, 100, 0])];
    """
    cover, middle, colour = run(tmp_path, "makeStamp, pixel", body)
    assert cover == pytest.approx(np.pi * 16, rel=0.02)  # the area of the disc
    assert middle == colour == 0xFF0064C8


@node
@pytest.mark.parametrize("count", [1, 2, 16])
def test_a_mosaic_fits_its_room(tmp_path: Path, count: int) -> None:
    body = """
        const boards = Array.from({ length: given }, () => ({ facts: { width: 20, height: 20 } }));
        return layoutOf("mosaic", boards, 1000, 560);
    """
    found = run(tmp_path, "layoutOf", body, count)
    rows, side = -(-count // found["columns"]), 20 * found["side"]
    assert rows * (side + 24) + 16 * (rows - 1) <= 560 + 1e-9
    assert found["columns"] * side + 16 * (found["columns"] - 1) <= 1000 + 1e-9
    assert side >= {1: 530, 2: 490, 16: 110}[count]
