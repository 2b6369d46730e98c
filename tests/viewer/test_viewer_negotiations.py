"""The page Negotiations: a transcript says what the rows say, and the plane has the solutions that a hand can find."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import viewer_runs
from streamlit.testing.v1 import AppTest
from viewer_app import opened
from viewer_runs import EVIL

from society.analysis.estimate import Estimate
from society.record.recorder import Recorder
from society.record.store import Run
from society.viewer.data import negotiations as data
from society.viewer.data.bargain import discounted, plane, reached, worth
from society.viewer.figures import negotiations as figures

NAME = "negotiation-20260101-120000-abcdef"
LEADING = {"condition": "normal", "seed": 3, "world": 0}
SIDES = {"seat": 0, "mind": 4, "partner": 1, "partner_mind": 5}


def made(path: Path, **tables: dict[str, Any]) -> Run:
    viewer_runs.begin(path, "done")
    recorder = Recorder(path)
    for name, rows in tables.items():
        recorder.add(name, {name: np.asarray(values) for name, values in rows.items()})
    recorder.flush(1)
    return Run(path)


def numbered(prefix: str, *columns: list[int]) -> dict[str, list[int]]:
    return {f"{prefix}{i}": column for i, column in enumerate(columns)}


def bargained(path: Path) -> Run:
    """Three games of two items. Pool 2 A, 1 B; the first values a unit 1 and 2, the second 2 and 1: either's most is 4 and 5.

    Game 0: the first wants 1 A, 1 B and says 7; the second wants 9 A (too many) and is silent; the first wants 0 A, 1 B and
    says 2 3, the second accepts. Game 1: the first wants all, time is up. Game 2: a deal at once, shares 2 A 0 B.
    """
    deals = LEADING | SIDES | {"tick": [3, 5, 7], "episode": [0, 1, 2], "agreed": [1, 0, 1], "rounds": [4, 2, 2]}
    deals |= {"score": [0.5, 0.0, 0.5], "partner_score": [0.8, 0.0, 0.2]}
    deals |= numbered("pool", [2, 2, 2], [1, 1, 1]) | numbered("value", [1, 1, 1], [2, 2, 2])
    deals |= numbered("partner_value", [2, 2, 2], [1, 1, 1]) | numbered("share", [0, -1, 2], [1, -1, 0])
    offers = LEADING | {"tick": [0, 1, 2, 3, 4, 6, 7], "episode": [0, 0, 0, 0, 1, 2, 2], "round": [0, 1, 2, 3, 0, 0, 1]}
    offers |= {"seat": [0, 1, 0, 1, 0, 0, 1], "partner": [1, 0, 1, 0, 1, 1, 0], "mind": 4, "partner_mind": 5}
    offers |= {"accepted": [0, 0, 0, 1, 0, 0, 1], "demand": [0.75, 3.6, 0.5, np.nan, 1.0, 0.5, np.nan]}
    offers |= numbered("keep", [1, 9, 0, -1, 2, 2, -1], [1, 0, 1, -1, 1, 0, -1])
    messages = LEADING | {"tick": [0, 1, 2], "episode": 0, "seat": [0, 1, 0], "mind": 4, "life": 0}
    messages |= {"m0": [7, 0, 2], "m1": [0, 0, 3]}
    return made(path, deals=deals, offers=offers, messages=messages)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return bargained(tmp_path_factory.mktemp("runs") / NAME)


def test_a_game_is_read_turn_by_turn(run: Run) -> None:
    game = data.game(run, "normal", 0, 0)
    assert game is not None
    assert [turn.keep for turn in game.turns] == [(1, 1), (9, 0), (0, 1), None]
    assert [turn.said for turn in game.turns] == [(7,), (), (2, 3), ()]
    assert [turn.seat for turn in game.turns] == [0, 1, 0, 1] and game.turns[3].accepted
    assert game.share is not None and game.share.tolist() == [0, 1]
    none = data.game(run, "normal", 0, 1)
    assert none is not None and not none.agreed and none.share is None
    assert data.game(run, "normal", 0, 99) is None


def test_the_plane_has_the_solutions_found_by_hand(run: Run) -> None:
    game = data.game(run, "normal", 0, 0)
    assert game is not None
    found = plane(game)
    # the first keeps (a, b): scores (a + 2 b) / 4 and (5 - 2 a - b) / 5
    points = {row["keeps"]: row for row in found.divisions.to_dict("records")}
    assert found.count == 6
    assert {keeps: (row["first"], row["second"]) for keeps, row in points.items()} == {
        "0 A, 0 B": (0, 1),
        "1 A, 0 B": (0.25, 0.6),
        "2 A, 0 B": (0.5, pytest.approx(0.2)),
        "0 A, 1 B": (0.5, 0.8),
        "1 A, 1 B": (0.75, 0.4),
        "2 A, 1 B": (1, 0),
    }
    efficient = {keeps for keeps, row in points.items() if row["pareto"]}
    assert efficient == {"0 A, 0 B", "0 A, 1 B", "1 A, 1 B", "2 A, 1 B"}
    # products .4 (0 A, 1 B) and .3 (1 A, 1 B); lesser scores .5 and .4
    assert [keeps for keeps, row in points.items() if row["nash"]] == ["0 A, 1 B"]
    assert [keeps for keeps, row in points.items() if row["kalai"]] == ["0 A, 1 B"]
    assert found.offers["turn"].tolist() == [1, 3] and found.offers["by"].tolist() == ["first", "first"]
    assert reached(game) == (0.5, 0.8)
    figures.plane(found, reached(game)).to_dict()


def test_a_demand_counts_for_who_makes_it(run: Run) -> None:
    game = data.game(run, "normal", 0, 0)
    assert game is not None
    assert worth(game, 0, (0, 1)) == (0.5, 0.8)
    assert worth(game, 1, (2, 0)) == (0.5, 0.8)  # the same division, demanded from the other side
    assert worth(game, 1, (9, 0)) is None


def test_the_plane_of_all_deals_is_their_histogram(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    n = 5000
    score, other, agreed = rng.random(n), rng.random(n), rng.integers(0, 2, n)
    rows = LEADING | SIDES | {"tick": np.arange(n), "episode": np.arange(n), "agreed": agreed, "rounds": 2}
    run = made(tmp_path / NAME, deals=rows | {"score": score, "partner_score": other})
    found = data.density(run, "normal")
    assert (found.games, found.deals) == (n, agreed.sum()) and found.cells["deals"].sum() == agreed.sum()
    assert found.means == (pytest.approx(score[agreed == 1].mean()), pytest.approx(other[agreed == 1].mean()))
    first = found.cells.iloc[0]
    inside = (score >= first["x"]) & (score < first["x"] + 0.04) & (other >= first["y"]) & (other < first["y"] + 0.04)
    assert first["deals"] == (inside & (agreed == 1)).sum()
    figures.density(
        found.cells, Estimate("a", "normal", 0.5, 0.4, 0.6, 0.1), Estimate("b", "normal", 0.4, 0.3, 0.5, 0.1)
    ).to_dict()


def test_demands_by_turn_are_those_of_the_report(run: Run) -> None:
    lasting = data.lasting(run, "normal")
    assert lasting["demands"].tolist() == [3, 1, 1, 0] and lasting["accepted"].tolist() == [0, 1, 0, 1]
    lines = [Estimate(f"offers.demand.turn{t}", "normal", 0.9 - t / 10, 0.5, 1.0, 2.0) for t in range(3)]
    rows = figures.by_turn([*lines, Estimate("offers.demand.turn9", "mute", 1.0)], "normal", lasting)
    assert rows["turn"].tolist() == [1, 2, 3] and rows["by"].tolist() == ["first", "second", "first"]
    assert rows["value"].tolist() == [0.9, 0.8, pytest.approx(0.7)] and rows["games"].tolist() == [3, 1, 1]
    figures.concession(rows).to_dict()


def test_a_deal_that_waiting_made_smaller_is_told(run: Run) -> None:
    game = data.game(run, "normal", 0, 0)
    assert game is not None and not discounted(game)
    assert discounted(replace(game, scores=(0.4, 0.64)))


def test_a_pool_too_large_to_draw_or_worth_nothing_is_said(run: Run) -> None:
    game = data.game(run, "normal", 0, 0)
    assert game is not None and game.values is not None
    assert "are more than are drawn" in plane(replace(game, pool=np.array([500, 500]))).why
    assert "worth nothing" in plane(replace(game, values=game.values * [[1], [0]])).why
    assert "does not record" in plane(replace(game, pool=None)).why


def page(root: Path, **query: str) -> AppTest:
    return opened(root, **({"run": NAME, "page": "Negotiations"} | query))


def said(test: AppTest) -> str:
    blocks = [*test.markdown, *test.error, *test.warning, *test.info, *test.caption]
    return "\n".join([*(str(block.value) for block in blocks), *(str(block.proto.body) for block in test.get("html"))])


def test_the_page_decodes_a_game(run: Run) -> None:
    test = page(run.path.parent, episode="0")
    assert not test.exception and not test.error and not test.warning
    text = said(test)
    assert "I keep <b>1 A, 1 B</b>, you get <b>1 A, 0 B</b>" in text and "worth 0.75 of its maximum to me, 0.40 to you" in text
    assert "<b>9 A, 0 B</b>: more than there is" in text and "&ldquo;2 3&rdquo;" in text and "<b>accepts</b>" in text
    assert "Deal in round 4: 0.500 to the first, 0.800 to the second mover" in text
    games = test.selectbox(key="choose_episode")
    assert games.options == ["game 0: deal 0.500 / 0.800 in 4 rounds", "game 2: deal 0.500 / 0.200 in 2 rounds"]
    test.selectbox(key="choose_ended").set_value("no deal").run()
    assert not test.exception and not test.warning
    assert test.selectbox(key="choose_episode").value == "1" and "No deal after 2 rounds: time is up" in said(test)
    test.selectbox(key="choose_ended").set_value("all games").run()
    test.selectbox(key="choose_order").set_value("longest first").run()
    assert test.selectbox(key="choose_episode").options[0].startswith("game 0")


def test_a_long_list_of_games_comes_in_parts(tmp_path: Path) -> None:
    n = 450
    rows = LEADING | SIDES | {"tick": np.arange(n), "episode": np.arange(n), "agreed": 1, "rounds": 2}
    made(tmp_path / NAME, deals=rows | {"score": 0.5, "partner_score": 0.5})
    test = page(tmp_path, episode="420")
    assert not test.exception and not test.warning
    assert test.selectbox(key="choose_part").value == "3" and test.selectbox(key="choose_episode").value == "420"
    assert "does not record what is on the table" in said(test)


def test_a_run_without_negotiations_says_what_it_records(tmp_path: Path) -> None:
    viewer_runs.finished(tmp_path / NAME)
    test = page(tmp_path)
    assert not test.exception
    assert "No negotiations" in said(test) and "trades, contests" in said(test)


@pytest.mark.parametrize(
    "change",
    [
        {"pool0": [EVIL] * 3},
        {"agreed": [0.5, np.nan, 1.0]},
        {"score": [np.nan, np.inf, -1e300], "partner_score": [2.0, np.nan, 1e300]},
        {"pool1": [-7, 10**12, 3], "rounds": [-1, 2**60, 0]},
        {"value0": [0, 0, 0], "value1": [0, 0, 0]},
        {"episode": [-1, 2**60, 0], "tick": [-1, 2**60, 5], "agreed": [7, -2, 0]},
        {"share0": [50, 50, 50], "world": [-1, 2**60, 3]},
    ],
)
def test_what_an_attacker_wrote_is_text_or_damage(tmp_path: Path, change: dict[str, Any]) -> None:
    run = bargained(tmp_path / "whole")
    rows = {name: column.to_numpy() for name, column in run.table("deals").items()}
    offers = {name: column.to_numpy() for name, column in run.table("offers").items()}
    offers["keep0"] = np.array([-5, 10**15, 0, 0, 3, 1, 0])
    made(
        tmp_path / "runs" / NAME,
        deals={str(k): v for k, v in rows.items()} | change,
        offers={str(k): v for k, v in offers.items()},
    )
    test = page(tmp_path / "runs", ended="all games")
    assert not test.exception
    assert EVIL not in said(test)
    assert ("does not record what is on the table" in said(test)) == bool({"pool0", "pool1"} & change.keys())
