"""The Cooperation page: numbers against hand-made worlds and the report's own functions, and the page with odd runs."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import viewer_runs
from streamlit.testing.v1 import AppTest
from viewer_app import opened
from viewer_runs import EVIL, LINK

from society.analysis.cooperation import answers
from society.analysis.cooperation_metrics import reciprocity, series
from society.analysis.run import Reader
from society.record.files import Damaged, write_json
from society.record.frames import FrameWriter
from society.record.recorder import Recorder
from society.record.store import Run
from society.viewer import kept
from society.viewer.data import cooperation as data
from society.viewer.data import moves, strikes
from society.viewer.figures import cooperation as figures
from society.viewer.figures import moves as drawn

PAYOFFS = {(1, 1): 3.0, (1, 0): 0.0, (0, 1): 5.0, (0, 0): 1.0}  # the prisoner's dilemma


def app(path: Path, page: str = "Cooperation", **query: str) -> AppTest:
    return opened(path.parent, **({"run": path.name, "page": page} | query))


def said(test: AppTest) -> str:
    return "\n".join(str(one.value) for one in [*test.markdown, *test.error, *test.warning, *test.info, *test.caption])


def play(recorder: Recorder, games: dict[int, tuple[list[int], list[int]]], condition: str = "normal") -> None:
    """Games by world: the moves of seat 0 (mind 0) and seat 1 (mind 1), 1 for a cooperative one."""
    for world, (first, second) in games.items():
        for tick, pair in enumerate(zip(first, second, strict=True)):
            leading = {"condition": condition, "seed": 3, "world": world, "tick": tick, "episode": 0}
            for seat in (0, 1):
                own, partner = pair[seat], pair[1 - seat]
                recorder.add(
                    "plays",
                    leading
                    | {"seat": seat, "mind": seat, "partner": 1 - seat, "partner_mind": 1 - seat, "action": 1 - own}
                    | {"partner_action": 1 - partner, "cooperated": own, "partner_cooperated": partner}
                    | {"reward": PAYOFFS[own, partner]},
                )


def tit_for_tat(opponent: list[int]) -> list[int]:
    return [1, *opponent[:-1]]


@pytest.fixture(scope="module")
def dilemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four worlds of an iterated prisoner's dilemma: mind 0 plays tit for tat, mind 1 by coins of its own."""
    path = viewer_runs.begin(tmp_path_factory.mktemp("runs") / "matrix_game-20260101-120000-abcdef", "done")
    rng, recorder = np.random.default_rng(5), Recorder(path)
    coins = [rng.integers(0, 2, 30).tolist() for _ in range(4)]
    play(recorder, {world: (tit_for_tat(coin), coin) for world, coin in enumerate(coins)})
    play(recorder, {0: ([0] * 30, coins[0])}, "script:random")
    recorder.flush(3)
    return path


def test_tit_for_tat_answers_exactly(dilemma: Path) -> None:
    found = moves.turns(Run(dilemma), "normal")
    rows = moves.reactive(found).set_index(["mind", "state"])
    assert rows.loc[(0, "C"), "value"] == 1.0 and rows.loc[(0, "D"), "value"] == 0.0
    four = moves.memory_one(found)
    own = four[four["mind"] == 0].set_index("state")["value"]
    assert own.to_dict() == {"CC": 1.0, "CD": 0.0, "DC": 1.0, "DD": 0.0}
    assert moves.nearest(four[four["mind"] == 0]) == "tit for tat"
    assert four[four["mind"] == 0]["moves"].sum() == 4 * 29  # every move but the first of a series


def test_the_difference_of_a_mind_is_the_one_that_the_report_takes(dilemma: Path) -> None:
    run = Run(dilemma)
    own, partner, worlds = series(run.table("plays", where={"condition": "normal", "world": 2, "seat": 1}))
    (told,) = answers(own, partner, np.zeros(len(worlds)))
    rows = moves.reactive(moves.turns(run, "normal").query("mind == 1 and world == 2")).set_index(["mind", "state"])["value"]
    assert rows[1, "C"] - rows[1, "D"] == pytest.approx(told)
    assert next(reciprocity(Reader(run))).value > 0  # and the whole of it is not nothing


def test_cooperation_over_rounds_is_the_mean_over_worlds(dilemma: Path) -> None:
    table = Run(dilemma).table("plays", where={"condition": "normal"})
    told = table.groupby("tick")["cooperated"].mean()
    rows = moves.by_round(moves.turns(Run(dilemma), "normal"))
    assert rows["round"].tolist() == list(range(1, 31))
    assert rows["value"].tolist() == pytest.approx(told.tolist())
    assert (rows["low"] <= rows["value"]).all() and (rows["value"] <= rows["high"]).all() and (rows["n"] == 4).all()


def test_the_payoff_table_is_a_dilemma_of_fear_and_greed(dilemma: Path) -> None:
    found = moves.diagram(moves.turns(Run(dilemma), "normal"))
    assert found is not None and (found.verdict, found.fear, found.greed) == ("dilemma", True, True)
    rows = drawn.schelling_rows(found).set_index(["kind", "others"])["value"].to_dict()
    assert rows == {("cooperator", 0): 0.0, ("cooperator", 1): 3.0, ("defector", 0): 1.0, ("defector", 1): 5.0}


def test_only_whole_worlds_are_read_of_a_table_that_is_long(dilemma: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moves, "MOST", 130)  # two of the four worlds' 60 moves
    kept.forget()
    try:
        found = moves.turns(Run(dilemma), "normal")
    finally:
        kept.forget()
    assert found.groupby("world").size().to_dict() == {0: 60, 1: 60}


@pytest.mark.parametrize(
    ("profile", "name"),
    [
        ((1, 0, 0, 1), "win-stay, lose-shift"),
        ((0.1, 0, 0.05, 0), "always defect"),
        ((0.9, 0.4, 1, 0.3), "generous tit for tat"),
        ((0.75, 0.25, 0.75, 0.25), ""),  # as far from tit for tat as from random
        ((math.nan, 0, 0, 0), "grim or always defect"),  # what tells them apart never came up
    ],
)
def test_the_nearest_strategy(profile: tuple[float, ...], name: str) -> None:
    rows = pd.DataFrame({"state": moves.STATES, "value": profile, "moves": [0 if math.isnan(p) else 9 for p in profile]})
    assert moves.nearest(rows) == name
    assert moves.nearest(rows.assign(moves=0)) == ""


# ------------------------------------------------------------------------------------------------------------ the commons


@pytest.fixture(scope="module")
def commons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two worlds with apples that dwindle, a twin that is spared, strikes; by hand."""
    path = viewer_runs.begin(tmp_path_factory.mktemp("runs") / "commons_harvest-20260101-120000-abcdef", "done")
    legend = [["bare", "#F4F1EA"], ["apple", "#009E73"], ["sugar, 1 of 4", "#E69F00"], ["sugar, 3 of 4", "#E69F00"]]
    meta = Run(path).meta | {"scene": {"legend": legend}}
    write_json(path / "meta.json", {name: value for name, value in meta.items() if name != "sha256"})
    frames, recorder = FrameWriter(path), Recorder(path)
    for condition, world, eaten in (("normal", 0, 2), ("normal", 1, 1), ("peaceful", 0, 0)):
        for tick in range(3):
            cells = np.zeros((4, 4), np.uint8)
            cells.flat[: 8 - eaten * tick] = 1
            cells[3] = [2, 3, 3, 0]
            frames.add(condition, 3, world, tick, cells, {"x": [0.5, 1.5], "y": [0.5, 1.5]})
        leading = {"condition": condition, "seed": 3, "world": world, "tick": 2, "episode": 0}
        for seat in (0, 1):
            own = {"seat": seat, "mind": seat, "role": "agent", "return_": 3.0 * eaten + seat, "ticks": 3}
            recorder.add("episodes", leading | own | {"measure.rewarded": 2, "measure.rewarded_tick": 2 + seat, "measure.out": 0})
    for seat, target, tick in ((0, 1, 0), (0, 1, 2), (1, 0, 2), (2, 0, 1)):
        strike = {"condition": "normal", "seed": 3, "world": 0, "tick": tick, "seat": seat, "mind": seat}
        recorder.add("contests", strike | {"target": target, "target_mind": target, "good": -1, "amount": 0})
    for update in (1, 2, 3, 4):
        leading = {"condition": "training", "seed": 3, "world": -1, "tick": -1, "update": update, "agent_steps": update * 100}
        recorder.add("metrics", leading | {"mind": -1, "name": ["measure.stock", "measure.sites"], "value": [6.0 / update, 12.0]})
    frames.flush(3)
    recorder.flush(3)
    return path


def test_the_stock_counts_cells_and_units(commons: Path) -> None:
    rows = data.stock(Run(commons))
    apples = rows[rows["what"] == "apple"].set_index(["condition", "world", "tick"])["units"]
    assert apples["normal", 0].tolist() == [8, 6, 4] and apples["normal", 1].tolist() == [8, 7, 6]
    assert apples["peaceful", 0].tolist() == [8, 8, 8]
    assert (rows[rows["what"] == "sugar"]["units"] == 1 + 3 + 3).all()
    mean = data.mean_stock(rows[rows["what"] == "apple"]).set_index(["condition", "tick"])["units"]
    assert mean["normal"].tolist() == [8.0, 6.5, 5.0]


def test_a_scene_without_a_resource_has_no_stock(dilemma: Path, tmp_path: Path) -> None:
    assert data.stock(Run(dilemma)).empty
    bazaar = Run(viewer_runs.finished(tmp_path / "bazaar-20260101-120000-abcdef"))
    assert set(data.stock(bazaar)["what"]) == {"good A"}  # not "bare", and not the markup


def test_outcomes_of_twins_are_made_as_the_report_makes_its_own(commons: Path) -> None:
    lines = {(line.metric, line.condition): line.value for line in data.social(Run(commons))}
    assert lines["social.efficiency", "normal"] == pytest.approx(((6 + 7) / 3 + (3 + 4) / 3) / 2)
    assert lines["social.efficiency", "peaceful"] == pytest.approx(1 / 3)
    assert lines["social.equality", "peaceful"] == pytest.approx(0.5)  # one of two has all
    assert lines["social.sustainability", "peaceful"] == pytest.approx((1.0 + 1.5) / 2)
    assert lines["social.peace", "normal"] == 2.0


def test_the_reports_own_lines_are_the_truth(tmp_path: Path) -> None:
    path = viewer_runs.finished(tmp_path / "bazaar-20260101-120000-abcdef")
    line = {"metric": "social.peace", "condition": "normal", "value": 1.25, "ci_low": 1.0, "ci_high": 1.5, "n": 4}
    write_json(path / "report.json", {"estimates": [line, line | {"metric": "welfare"}, line | {"value": None}]})
    assert [(one.metric, one.value) for one in data.social(Run(path))] == [("social.peace", 1.25)]


def test_strikes_by_pair_and_by_tick(commons: Path) -> None:
    run = Run(commons)
    ends, rows = strikes.matrix(run, "normal")
    assert ends == "mind"
    wide = rows.pivot_table(index="striker", columns="target", values="strikes")
    assert wide.to_numpy().tolist() == [[0, 2, 0], [1, 0, 0], [1, 0, 0]]
    ticks = strikes.over_ticks(run, ["normal"])
    assert ticks.set_index("tick")["strikes"].to_dict() == {0: 1, 1: 1, 2: 2}


def test_where_one_mind_holds_every_seat_strikes_are_between_seats(tmp_path: Path) -> None:
    run = Run(viewer_runs.finished(tmp_path / "bazaar-20260101-120000-abcdef"))
    ends, rows = strikes.matrix(run, "normal")
    assert ends == "seat" and rows["strikes"].sum() == 1


def test_a_ratio_over_training_is_summed_over_an_episode(commons: Path) -> None:
    run = Run(commons)
    alone = data.over_training(run, "measure.stock", "measure.sites")["value"]
    assert alone.tolist() == pytest.approx([1 / 2, 1 / 4, 1 / 6, 1 / 8])
    pair = data.over_training(run, "measure.stock", "measure.sites", 2)["value"]
    assert pair.tolist() == pytest.approx([1 / 2, 3 / 8, 5 / 24, 7 / 48])
    assert data.over_training(run, "measure.stock", "measure.nothing").empty


def test_the_same_society_looks_the_same_in_figures_of_more_and_fewer() -> None:
    every = figures.ordered(["script:b", "mute", "script:random", "normal", "peaceful", "script:a"])
    assert every == ["normal", "peaceful", "mute", "script:random", "script:a", "script:b"]
    assert figures.few(every, 4) == ["normal", "peaceful", "script:random", "script:a"]
    assert figures.few(every, 9) == every
    few, all_of_them = figures.style(figures.few(every, 4)), figures.style(every)
    assert few == {name: all_of_them[name] for name in few}
    assert len(set(map(str, all_of_them.values()))) == len(every)


# --------------------------------------------------------------------------------------------------------------- the page


def test_the_page_of_a_matrix_game(dilemma: Path) -> None:
    test = app(dilemma)
    assert not test.exception and not test.error
    text = said(test)
    assert "This is a **social dilemma**" in text and "fear" in text and "greed" in text
    assert "Memory-one" in text and "society run bazaar --evaluation.strangers RUN" in text
    random = app(dilemma, condition="script:random")
    assert not random.exception and not random.warning


def test_the_page_of_a_commons(commons: Path) -> None:
    test = app(commons)
    assert not test.exception and not test.error
    text = said(test)
    assert "How the commons fares" in text and "Social outcomes" in text and "Strikes: who" in text
    assert "Schelling diagram: not made by this run" in text
    assert "The four outcomes of" in text and "sustained ones" in text


def test_outcomes_that_a_world_does_not_have_are_not_explained(tmp_path: Path) -> None:
    path = viewer_runs.begin(tmp_path / "bazaar-20260101-120000-abcdef", "done")
    recorder = Recorder(path)
    leading = {"condition": "normal", "seed": 3, "world": [0, 0, 1, 1], "tick": 2, "episode": 0}
    recorder.add("episodes", leading | {"seat": [0, 1] * 2, "mind": 0, "role": "agent", "return_": [3.0, 1, 2, 2], "ticks": 3})
    recorder.flush(3)
    text = said(app(path))
    assert "Of the four outcomes" in text and "sustained ones" not in text and "struck out" not in text


def test_nothing_to_show_is_said(tmp_path: Path) -> None:
    test = app(viewer_runs.new_and_live(tmp_path / "bazaar-20260101-120000-abcdef"))
    assert not test.exception
    assert "No cooperation yet" in said(test)


def test_an_attackers_run_is_text_or_damaged(tmp_path: Path) -> None:
    path = viewer_runs.begin(
        tmp_path / "evil-20260101-120000-abcdef", "done", toml=f'scenario = "{EVIL}"\nworld = 3\ntraining = []\n'
    )
    declared = {
        "headline": {"name": LINK, "measure": EVIL, "per": "episode", "unit": EVIL},
        "measures": {EVIL: {"numerator": "a", "denominator": "b"}},
    }
    meta = {
        "run_toml_sha256": Run(path).meta["run_toml_sha256"],
        "declared": declared,
        "scene": {"legend": [["apple"], 7, [EVIL, None]]},
    }
    write_json(path / "meta.json", meta)
    recorder = Recorder(path)
    leading = {
        "condition": [EVIL, "normal", "normal"],
        "seed": 3,
        "world": [2**62, -5, 0],
        "tick": [-(2**62), 4, 9],
        "episode": 2**60,
    }
    ends = {"seat": [0, -7, 2**61], "mind": [2**62, -1, 3], "partner": 1, "partner_mind": 1, "action": 0, "partner_action": 0}
    recorder.add(
        "plays", leading | ends | {"cooperated": [5, 1, 0], "partner_cooperated": [1, -9, 1], "reward": [1e308, np.nan, -np.inf]}
    )
    del leading["episode"]
    strike = {"seat": 0, "mind": [2**62, 4, 5], "target": 2**50, "target_mind": [1, -3, 2**62], "good": -1, "amount": -1}
    recorder.add("contests", leading | strike)
    steps = {"update": 1, "agent_steps": 2**62, "mind": -1, "name": ["measure.a", "measure.b"], "value": [1e308, 1e-308]}
    recorder.add("metrics", {"condition": "training", "seed": 3, "world": -1, "tick": -1} | steps)
    recorder.flush(1)
    write_json(
        path / "report.json",
        {"estimates": [{"metric": f"effect_of_strangers.{EVIL}", "condition": LINK, "value": 1e308, "unit": EVIL}]},
    )
    test = app(path)
    assert not test.exception
    assert EVIL not in said(test) and LINK not in said(test)


def test_a_table_that_lacks_its_columns_is_damaged(commons: Path) -> None:
    with pytest.raises(Damaged, match="no column 'nobody'"):
        strikes.counted(Run(commons), "contests", ("nobody",))
