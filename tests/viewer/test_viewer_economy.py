"""The page Economy: prices, volume, inequality and networks are those of the rows, and a page is never an exception."""

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import viewer_runs
from streamlit.testing.v1 import AppTest
from viewer_app import opened

from society.analysis.economy import gini, price_bias
from society.record.files import Damaged, read_json, write_json
from society.record.grouped import batches
from society.record.recorder import Recorder
from society.record.store import Run
from society.viewer.data import economy as data
from society.viewer.data import market as trade
from society.viewer.data import wealth
from society.viewer.figures import network

NAME = "bazaar-20260101-120000-abcdef"


def made(path: Path, goods: tuple[str, ...] = ("A", "B"), **tables: dict[str, Any]) -> Run:
    """A finished run with these goods and the rows of these tables."""
    viewer_runs.begin(path, "done")
    meta = read_json(path / "meta.json")
    write_json(path / "meta.json", {k: v for k, v in meta.items() if k != "sha256"} | {"goods": list(goods), "seats": 6})
    recorder = Recorder(path)
    for name, rows in tables.items():
        recorder.add(name, rows)
    recorder.flush(1)
    return Run(path)


def deals(n: int, ticks: int = 1000, **more: Any) -> dict[str, Any]:
    rng = np.random.default_rng(n)
    seat = rng.integers(0, 6, n)
    gave = rng.integers(0, 2, n)
    columns = {
        "condition": np.where(np.arange(n) % 5 == 0, "mute", "normal"),
        "seed": 3,
        "world": rng.integers(0, 3, n),
        "tick": np.sort(rng.integers(0, ticks, n)),
        "seat": seat,
        "mind": seat % 2,
        "partner": (seat + rng.integers(1, 6, n)) % 6,
        "partner_mind": rng.integers(0, 2, n),
        "gave": gave,
        "gave_amount": rng.integers(1, 9, n),
        "got": 1 - gave,
        "got_amount": rng.integers(1, 9, n),
    }
    return columns | more


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return made(tmp_path_factory.mktemp("runs") / NAME, trades=deals(3000))


def normal(run: Run) -> pd.DataFrame:
    return run.table("trades", where={"condition": "normal"})


def test_batches_are_the_rows_of_the_table(run: Run) -> None:
    columns = ["tick", "gave", "got_amount"]
    found = pd.concat(batches(run.path, "trades", columns, {"condition": "mute", "world": [0, 2]}), ignore_index=True)
    pd.testing.assert_frame_equal(found, run.table("trades", columns, {"condition": "mute", "world": [0, 2]}))
    with pytest.raises(ValueError, match="no column"):
        next(iter(batches(run.path, "trades", ["nothing"])))


def test_bins_are_what_pandas_makes_of_the_rows(run: Run) -> None:
    rows = normal(run)
    sold = rows["gave"] == 0
    # the price of A in B: what was got for a unit, whichever side gave it
    price = np.where(sold, rows["got_amount"] / rows["gave_amount"], rows["gave_amount"] / rows["got_amount"])
    units = np.where(sold, rows["gave_amount"], rows["got_amount"])
    market = trade.market(run, "normal")
    (bins,) = market.bins.values()
    assert (bins.good, bins.money, market.count, market.malformed) == (0, 1, len(rows), 0)
    assert bins.width == 16  # 1000 ticks in 64 bins
    by = pd.DataFrame({"log": np.log(price), "units": units}).groupby(rows["tick"] // 16)
    found = bins.frame(logarithm=True)
    np.testing.assert_allclose(found["deals"], by.size())
    np.testing.assert_allclose(found["units"], by["units"].sum())
    np.testing.assert_allclose(found["price"], np.exp(by["log"].mean()))
    np.testing.assert_allclose(found["high"], np.exp(by["log"].mean() + by["log"].std(ddof=0)))
    assert found["units"].sum() == units.sum()


def test_bins_that_become_wider_keep_what_they_hold(run: Run) -> None:
    rng = np.random.default_rng(2)
    ticks, prices = rng.integers(0, 5000, 400).cumsum() % 7000, rng.random(400)
    whole, pieces = trade.Bins(0, 1), trade.Bins(0, 1)
    whole.add(ticks.astype(float), np.ones(400), prices)
    for part in np.array_split(np.argsort(ticks), 9):  # one after another, as a long table is read
        pieces.add(ticks[part].astype(float), np.ones(len(part)), prices[part])
    assert pieces.width == whole.width == 128
    np.testing.assert_allclose(pieces.sums, whole.sums)
    assert pieces.sums[0].sum() == 400


def test_dots_are_real_deals_and_few(tmp_path: Path) -> None:
    run = made(tmp_path / NAME, trades=deals(9000, condition="normal"))
    dots = trade.market(run, "normal").dots
    assert 1500 <= len(dots) <= 3000
    rows = normal(run)
    ratio = rows["got_amount"] / rows["gave_amount"]
    rows["price"] = np.where(rows["gave"] == 0, ratio, 1 / ratio).round(9)
    keys = ["tick", "world", "seat", "partner", "price"]
    there = set(map(tuple, rows[keys].to_numpy().tolist()))
    assert all(key in there for key in map(tuple, dots.assign(price=dots["price"].round(9))[keys].to_numpy().tolist()))


def test_rows_that_are_no_deals_are_counted_and_kept_out(tmp_path: Path) -> None:
    rows = deals(100, condition="normal", gave_amount=2.0)
    rows["gave_amount"] = np.full(100, 2.0)
    for i, (column, value) in enumerate(
        [("partner", rows["seat"][0]), ("gave_amount", math.nan), ("got_amount", 0), ("gave", 7), ("seat", 6), ("partner", -1)]
    ):
        rows[column][i] = value
    run = made(tmp_path / NAME, trades=rows)
    market = trade.market(run, "normal")
    assert (market.count, market.malformed) == (100, 6)
    assert market.first is not None and market.first["seat"] == market.first["partner"]
    assert sum(bins.sums[0].sum() for bins in market.bins.values()) == 94


def test_prices_beside_a_competitive_price_are_shares_of_it(tmp_path: Path) -> None:
    coins = np.random.default_rng(0).integers(5, 30, 200)
    more = {"gave": np.zeros(200, int), "got": np.ones(200, int), "gave_amount": coins, "got_amount": np.ones(200, int)}
    run = made(tmp_path / NAME, ("coin", "unit"), trades=deals(200, 60, condition="normal", equilibrium=17.5, **more))
    market = trade.market(run, "normal")
    (bins,) = market.bins.values()
    assert market.relative and (bins.good, bins.money) == (1, 0)
    total = bins.sums[2].sum() / bins.sums[0].sum()
    assert 100 * (total - 1) == pytest.approx(price_bias(coins, 17.5))
    assert trade.reference(run, run, "normal", bins, market.relative)[0] == 1


def test_the_reference_of_two_fruits_is_what_was_grown(tmp_path: Path) -> None:
    episodes = {"condition": "normal", "seed": 3, "world": 0, "tick": 9, "episode": 0, "seat": [0, 1], "mind": 0, "role": "x"}
    episodes |= {"return_": 1.0, "ticks": 9.0, "measure.apples": [10.0, 2.0], "measure.bananas": [1.0, 2.0]}
    run = made(tmp_path / NAME, ("apple", "banana"), trades=deals(50, condition="normal"), episodes=episodes)
    (bins,) = trade.market(run, "normal").bins.values()
    value, says = trade.reference(run, run, "normal", bins, False)
    assert value == 3 / 12 and "bananas harvested for each apple" in says


def test_who_gave_what_is_the_record_s_own_graph(run: Run) -> None:
    graph = run.trade_graph("normal", by="seat")
    given = data.exchanges(run, "normal", 1)
    ties = data.ties(given)
    assert {(a[1], b[1]): w for a, b, w in graph.edges(data="weight") if a[0] == 1} == {
        (int(i), int(j)): ties[i, j] for i, j in np.argwhere(ties > 0)
    }
    shares = data.given_shares(given)
    np.testing.assert_allclose(shares.groupby("who")["share"].sum(), 1)
    minds = run.trade_graph("normal", by="mind")
    assert data.ties(data.exchanges(run, "normal", None)).sum() == sum(w for _, _, w in minds.edges(data="weight"))


def test_deals_of_a_seat_are_told_from_its_side(run: Run) -> None:
    rows = normal(run)
    rows = rows[(rows["world"] == 1) & ((rows["seat"] == 2) | (rows["partner"] == 2))]
    found = data.deals_of(run, "normal", 1, 2, most=1000)
    assert len(found) == len(rows)
    own = rows["seat"] == 2
    assert found["gave_amount"].sum() == rows["gave_amount"][own].sum() + rows["got_amount"][~own].sum()
    assert (found["partner"] != 2).all() and found["tick"].is_monotonic_increasing


def test_a_layout_is_the_same_each_time_and_keeps_the_sums() -> None:
    ties = np.random.default_rng(1).integers(0, 9, (12, 12)) * 1.0
    np.fill_diagonal(ties, 0)
    nodes, edges = network.drawn(ties)
    again, _ = network.drawn(ties.copy())
    pd.testing.assert_frame_equal(nodes, again)
    assert edges["units"].sum() == ties.sum() == nodes["gave"].sum() == nodes["got"].sum()
    assert len(network.drawn(np.ones((100, 100)))[0]) == network.NODES
    network.network(nodes, edges, 3, "seat", "units").to_dict()  # a chart that Vega-Lite's schema takes


def test_lorenz_curves_enclose_the_gini_coefficient(tmp_path: Path) -> None:
    eaten = np.array([1.0, 3.0, 0.0, 0.0, 4.0, 4.0])
    columns = {"condition": "normal", "seed": 3, "tick": 9, "episode": 0, "mind": 0, "role": "x", "return_": eaten - 1}
    worlds = {"world": [0, 0, 1, 1, 2, 2], "seat": [0, 1] * 3, "ticks": 10.0, "measure.eaten": eaten}
    run = made(tmp_path / NAME, episodes=columns | worlds)
    (curve,) = wealth.curves(run, "welfare")
    # nobody in world 1 has anything: it has no shares; the others' coefficients are 1/4 and 0
    assert (curve.worlds, curve.seats, curve.left_out) == (2, 2, 1)
    assert curve.gini == pytest.approx(gini([1, 3]) / 2) == pytest.approx(0.125)
    area = ((curve.held[1:] + curve.held[:-1]) / 2).sum() / (len(curve.held) - 1)
    assert 1 - 2 * area == pytest.approx(curve.gini, abs=1e-9)
    assert wealth.kinds(run) == ["welfare", "reward"]
    (reward,) = wealth.curves(run, "reward")  # rewards of world 1 are below zero: shares mean nothing there
    assert (reward.worlds, reward.gini) == (2, pytest.approx(0.25))


def page(root: Path, **query: str) -> AppTest:
    return opened(root, **({"run": NAME, "page": "Economy"} | query))


def said(test: AppTest) -> str:
    blocks = [*test.markdown, *test.error, *test.warning, *test.info, *test.caption]
    return "\n".join(str(block.value) for block in blocks)


def test_the_page_follows_a_seat_and_a_world(run: Run) -> None:
    test = page(run.path.parent, world="1", seat="2")
    assert not test.exception and not test.warning and not test.error
    found = next(frame.value for frame in test.dataframe if "deal" in frame.value)
    assert set(found["world"]) == {1}
    test.selectbox(key="choose_condition").set_value("mute").run()
    assert not test.exception and test.query_params["condition"] == "mute"


def test_a_run_without_deals_says_what_it_records(tmp_path: Path) -> None:
    columns = {"condition": "normal", "seed": 3, "world": 0, "tick": 9, "seat": [0, 1], "mind": 0}
    made(tmp_path / NAME, contests=columns | {"target": [1, 0], "target_mind": 0, "good": -1, "amount": 0})
    test = page(tmp_path)
    assert not test.exception
    assert "No deals" in said(test) and "contests" in said(test)


@pytest.mark.parametrize(
    "change",
    [
        {"gave_amount": np.full(40, "<script>")},
        {"tick": np.full(40, -1)},
        {"tick": np.full(40, 2**62)},
        {"got_amount": np.array([math.nan, math.inf, -1e300, 1e300] * 10)},
        {"gave": np.full(40, 2**40)},
        {"seat": np.full(40, -5), "world": np.full(40, 2**50)},
        {"mind": np.full(40, 2**60), "partner": np.arange(40) * 10**9},
    ],
)
def test_what_an_attacker_wrote_is_text_or_damage(tmp_path: Path, change: dict[str, Any]) -> None:
    run = made(tmp_path / NAME, trades=deals(40, condition="normal") | change)
    test = page(tmp_path)
    assert not test.exception
    assert "<script>" not in said(test)
    if "gave_amount" in change:
        with pytest.raises(Damaged, match="gave_amount holds no numbers"):
            trade.market(run, "normal")
        assert "damaged" in said(test)


def test_goods_of_one_name_are_no_trouble(run: Run, tmp_path: Path) -> None:
    path = shutil.copytree(run.path, tmp_path / NAME)
    meta = {name: value for name, value in run.meta.items() if name != "sha256"}
    write_json(path / "meta.json", {**meta, "goods": ["same"] * len(run.meta["goods"])})
    assert not page(tmp_path).exception
