"""What the browser is given: the encoding, and that nothing of a recorded world is lost on the way."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import viewer_runs
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from society.record.store import Run
from society.viewer import queries
from society.viewer.assets import player_assets
from society.viewer.payload import TYPES, decode, encode, pack
from society.viewer.replay import facts, replay

ARRAYS = st.dictionaries(
    st.text(max_size=8),
    st.sampled_from(sorted(TYPES)).flatmap(
        lambda kind: hnp.arrays(np.dtype(kind), hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5))
    ),
    max_size=4,
)


@given(ARRAYS)
def test_arrays_come_back_as_they_were(arrays: dict[str, np.ndarray]) -> None:
    back = decode(encode(arrays))
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)


def test_all_that_the_player_is_given_is_one_run_of_bytes() -> None:
    first, second, third = ({"n": np.full(size, size, np.int32)} for size in (3, 500, 7))
    boards = [{"id": "a", "blob": encode(first)}, {"id": "<ü>", "blob": encode(second)}]
    packed = pack({"layout": "twin", "boards": boards, "follow": {"seat": 4, "blob": encode(third)}})
    length = int.from_bytes(packed[:4], "little")
    told, body = json.loads(packed[4 : 4 + length]), packed[4 + length :]
    assert (told["layout"], told["boards"][1]["id"], told["follow"]["seat"]) == ("twin", "<ü>", 4)
    places = [one["blob"] for one in (*told["boards"], told["follow"])]
    assert [at for at, _ in places] == [0, places[0][1], places[0][1] + places[1][1]]
    assert sum(size for _, size in places) == len(body)
    for (at, size), arrays in zip(places, (first, second, third), strict=True):
        np.testing.assert_array_equal(decode(body[at : at + size])["n"], arrays["n"])
    assert json.loads(pack({"boards": [], "follow": None})[4:]) == {"boards": [], "follow": None}


def test_a_type_that_the_browser_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="int64"):
        encode({"x": np.zeros(3, np.int64)})


def test_both_sides_know_the_same_types() -> None:
    _, _, script = player_assets()
    line = next(line for line in script.splitlines() if line.startswith("const VIEWS"))
    assert all(f'"{kind}": {name}' in line for kind, name in TYPES.items())


@pytest.mark.parametrize("cells", [True, False])
def test_a_replay_holds_the_frames_and_their_events(tmp_path: Path, cells: bool) -> None:
    run = Run(viewer_runs.finished(tmp_path / "bazaar-20260101-120000-abcdef", cells))
    owner, span = queries.spans(run)[0]
    shown = replay(owner, span, 3, 9)
    arrays, frames = decode(shown.blob), run.frames("normal", 0, 3, 9)
    np.testing.assert_array_equal(arrays["tick"], frames.tick)
    assert ("cells" in arrays) == cells
    if frames.cells is not None:
        np.testing.assert_array_equal(arrays["cells"], frames.cells)
    assert arrays["seat.x"][0].tolist() == [3 * 256, 65535]  # the second seat is nowhere
    np.testing.assert_array_equal(arrays["seat.said"], frames.seats["said"])
    assert arrays["trades.tick"].tolist() == [7]  # 2 and 99 lie outside
    assert arrays["contests.target"].tolist() == [1]
    assert (shown.facts["width"], shown.facts["height"]) == (6, 5)
    assert shown.id == replay(owner, span, 3, 9).id != replay(owner, span, 3, 8).id


def test_controls_are_replayed_too(tmp_path: Path) -> None:
    run = Run(viewer_runs.finished(tmp_path / "bazaar-20260101-120000-abcdef"))
    assert [span.condition for _, span in queries.spans(run)] == ["normal", "mute", "tradeless_from_birth"]


def test_what_changes_on_the_disk_is_read_again(tmp_path: Path) -> None:
    path = viewer_runs.live(tmp_path / "bazaar-20260101-120000-abcdef")
    run = Run(path)
    assert queries.estimates(run) is None
    before = len(queries.table(run, "metrics"))
    assert queries.table(run, "metrics") is queries.table(run, "metrics")
    viewer_runs.learn(path)
    viewer_runs.report(path)
    assert queries.estimates(run)
    assert len(queries.table(run, "metrics")) == 2 * before


SIZES = [None, "wide", [1.0], [1.0] * 9, [1.0, "2"], [1.0, float("nan")], [0, 1], {"a": 1}, [[1], [2]]]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("wraps", [None, "no", float("nan"), {}])
def test_an_odd_scene_is_drawn_with_neutral_sizes_and_few_goods(sizes: object, wraps: object) -> None:
    meta = {"scene": viewer_runs.SCENE | {"sizes": sizes, "wraps": wraps}, "goods": ["<b>"] * 300}
    run = SimpleNamespace(meta=meta, config={"market": {"prices": [[1, 1]]}})
    place = np.full((2, 1), np.nan)
    told = facts(run, SimpleNamespace(cells=None, seats={"x": place, "y": place, "value.offer": place}))  # type: ignore[arg-type]
    assert told["sizes"] == [] and told["wraps"] is False
    assert len(told["goods"]) == 64 and len(told["offers"]) == 1 + 64 * 63
