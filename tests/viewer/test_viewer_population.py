"""The Population page: curves, cross-play, ratings and descent against NumPy, networkx and the report's own lines."""

import math
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import viewer_runs
from streamlit.testing.v1 import AppTest
from viewer_app import opened
from viewer_runs import EVIL

from society.analysis.competition_metrics import rated as reported
from society.analysis.run import Reader
from society.record.recorder import Recorder
from society.record.store import Run
from society.viewer.data import minds, pairs
from society.viewer.data import population as data

TRAINING = {"condition": "training", "seed": 3, "world": -1, "tick": -1}


def app(path: Path) -> AppTest:
    return opened(path.parent, run=path.name, page="Population")


def said(test: AppTest) -> str:
    return "\n".join(str(one.value) for one in [*test.markdown, *test.error, *test.warning, *test.info, *test.caption])


def begin(folder: Path) -> tuple[Path, Recorder]:
    path = viewer_runs.begin(folder / "matrix_game-20260101-120000-abcdef", "done")
    return path, Recorder(path)


def descend(recorder: Recorder, parents: dict[int, int], born: dict[int, int], frozen: tuple[int, ...] = ()) -> None:
    for mind, parent in parents.items():
        own = {"mind": mind, "parent": parent, "born_update": born[mind], "frozen": int(mind in frozen)}
        recorder.add("lineage", TRAINING | own)


# ------------------------------------------------------------------------------------------------------- learning curves


def test_the_band_is_the_minds_quantiles_and_the_line_their_mean(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    values = np.random.default_rng(1).normal(size=(5, 40))
    for update, row in enumerate(values, 1):
        steps = {"update": update, "agent_steps": update * 100}
        recorder.add("metrics", TRAINING | steps | {"mind": np.arange(40), "name": "reward", "value": row})
        recorder.add("metrics", TRAINING | steps | {"mind": [-1, 0], "name": "measure.x", "value": [update, 99.0]})
    recorder.flush(5)
    rows = data.curve(Run(path), "reward")
    assert rows["value"].tolist() == pytest.approx(values.mean(axis=1).tolist())
    assert rows["low"].tolist() == pytest.approx(np.quantile(values, 0.1, axis=1).tolist())
    assert rows["high"].tolist() == pytest.approx(np.quantile(values, 0.9, axis=1).tolist())
    whole = data.curve(Run(path), "measure.x")  # the population speaks for itself
    assert whole["value"].tolist() == [1, 2, 3, 4, 5] and whole["high"].isna().all()


def test_a_curve_is_thinned_evenly_and_keeps_its_end(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    update = np.arange(1, 1402)
    recorder.add(
        "metrics", TRAINING | {"update": update, "agent_steps": update, "mind": -1, "name": "reward", "value": update / 2}
    )
    recorder.flush(1401)
    rows = data.curve(Run(path), "reward")
    assert len(rows) <= data.POINTS and rows["agent_steps"].iloc[-1] == 1401
    every = math.ceil(1401 / data.POINTS)
    assert set(np.diff(rows["agent_steps"])) == {every} and (rows["value"] == rows["agent_steps"] / 2).all()


def test_where_a_rollout_is_a_part_of_an_episode_a_curve_is_over_the_whole_of_it(tmp_path: Path) -> None:
    toml = 'scenario = "commons_harvest"\n[world]\nepisode = 90\n[training]\nticks = 32\n'
    path = viewer_runs.begin(tmp_path / "commons_harvest-20260101-120000-abcdef", "done", toml)
    update, recorder = np.arange(1, 10), Recorder(path)
    recorder.add(
        "metrics", TRAINING | {"update": update, "agent_steps": update, "mind": -1, "name": "reward", "value": update % 3}
    )
    recorder.flush(9)
    window = data.rollouts_of_an_episode(Run(path))
    assert window == 3 and data.rollouts_of_an_episode(Run(viewer_runs.live(tmp_path / "bazaar-20260101-120000-abcdef"))) == 1
    assert data.curve(Run(path), "reward", window)["value"].tolist()[2:] == pytest.approx([1.0] * 7)


def test_controls_are_curves_and_phases_of_their_own(tmp_path: Path) -> None:
    run = Run(viewer_runs.finished(tmp_path / "bazaar-20260101-120000-abcdef"))
    rows = data.curve(run, "reward").set_index(["population", "agent_steps"])["value"]
    assert rows["normal", 300] == pytest.approx(0.0)  # 3/3 + mind -1
    assert rows["tradeless_from_birth", 300] == pytest.approx(1.5)  # minds 0 and 1
    time = data.throughput(run).set_index(["population", "phase"])
    assert time.loc[("normal", "total"), "seconds"] == pytest.approx(3.0)
    assert time.loc[("normal", "total"), "agent_steps"] == 300
    pace = data.speed(run)
    assert pace["value"].tolist() == pytest.approx([100.0] * 6)  # 100 steps a second in `total`, of either


# ------------------------------------------------------------------------------------------------- cross-play and ratings


def meet(recorder: Recorder, scores: dict[tuple[int, int], list[float]]) -> None:
    """One play a world: what the first mind of a pair got there (in seat 0)."""
    for (mind, other), values in scores.items():
        for world, value in enumerate(values):
            seats = {"seat": 0, "mind": mind, "partner": 1, "partner_mind": other, "action": 0, "partner_action": 0}
            leading = {"condition": "normal", "seed": 3, "world": world, "tick": 0, "episode": 0}
            recorder.add("plays", leading | seats | {"cooperated": -1, "partner_cooperated": -1, "reward": value})


def test_cross_play_is_the_mean_of_each_pair_and_blank_where_none_met(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    scores = {(0, 1): [1.0, 2.0], (1, 0): [5.0, 6.0], (0, 0): [3.0], (1, 2): [0.0], (2, 1): [4.0]}
    meet(recorder, scores)
    recorder.flush(1)
    found = pairs.cross(Run(path))
    assert found is not None and found.what == "payoff of a round"
    rows = found.rows.set_index(["mind", "other"])
    assert rows["value"].to_dict() == {pair: np.mean(values) for pair, values in scores.items()}
    assert rows["n"].to_dict() == {pair: len(values) for pair, values in scores.items()}
    assert found.mean == pytest.approx(np.mean([1.5, 5.5, 3.0, 0.0, 4.0]))


@pytest.mark.parametrize("matters", [True, False])
def test_whether_it_matters_who_meets_whom(tmp_path: Path, matters: bool) -> None:
    path, recorder = begin(tmp_path)
    rng = np.random.default_rng(4)
    level = {pair: 3.0 * (sum(pair) % 3) * matters for pair in ((0, 1), (0, 2), (1, 2))}
    for (a, b), mean in level.items():
        values = mean + rng.normal(size=12)
        meet(recorder, {(a, b): values.tolist(), (b, a): values.tolist()})
    recorder.flush(1)
    found = pairs.cross(Run(path))
    assert found is not None
    assert (found.p < 0.01 and found.spread > 2 * found.null) if matters else found.p > 0.05


def test_deals_have_two_ends(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    deal = {"condition": "normal", "seed": 3, "world": [0, 1], "tick": 1, "episode": 0, "seat": 0, "partner": 1}
    ends = {"mind": [0, 2], "partner_mind": [2, 0], "agreed": 1, "rounds": 1, "score": [1.0, 0.5], "partner_score": [0.2, 0.8]}
    recorder.add("deals", deal | ends)
    recorder.flush(1)
    found = pairs.cross(Run(path))
    assert found is not None and found.what == "score of a negotiation"
    assert found.rows.set_index(["mind", "other"])["value"].to_dict() == {(0, 2): pytest.approx(0.9), (2, 0): pytest.approx(0.35)}
    ranks = pairs.alpha(found)
    assert ranks is not None and ranks[0] > 0.9


def test_alpha_rank_cannot_tell_rock_paper_scissors_apart(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    beats = {(0, 1), (1, 2), (2, 0)}
    every = {(a, b): [1.0 if (a, b) in beats else -1.0] for a in range(3) for b in range(3) if a != b}
    meet(recorder, {pair: score for pair, score in every.items() if pair != (2, 0)})
    recorder.flush(1)
    found = pairs.cross(Run(path))
    assert found is not None and pairs.alpha(found) is None  # one pair never met
    meet(recorder, {(2, 0): every[2, 0]})
    recorder.flush(2)
    found = pairs.cross(Run(path))
    assert found is not None and pairs.alpha(found) == pytest.approx({0: 1 / 3, 1: 1 / 3, 2: 1 / 3})


def test_ratings_spread_as_the_report_says(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    rng = np.random.default_rng(2)
    for world in range(6):
        seat, target = rng.permuted(np.tile(np.arange(4), (25, 1)), axis=1)[:, :2].T
        seat = np.where(rng.random(25) < 0.5, np.minimum(seat, target), seat)  # low numbers strike more
        target = np.where(seat == target, (seat + 1) % 4, target)
        leading = {"condition": "normal", "seed": 3, "world": world, "tick": 1}
        ends = {"seat": seat, "mind": seat, "target": target, "target_mind": target, "good": 0, "amount": 1}
        recorder.add("contests", leading | ends)
    recorder.flush(1)
    found = pairs.rated(Run(path))
    lines = {line.metric: line.value for line in reported(Reader(Run(path)))}
    assert found is not None and found.rows["mind"].tolist() == [0, 1, 2, 3]
    assert found.rows["value"].std(ddof=0) == pytest.approx(lines["rating_spread.strikes"])
    assert found.rows["value"].mean() == pytest.approx(0.0)
    assert found.cyclic_share == pytest.approx(lines["cyclic_share.strikes"])
    assert (found.rows["low"] < found.rows["high"]).all() and found.rows["games"].sum() == 2 * 6 * 25


def test_pairs_that_never_met_are_no_cycle(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    for world in range(4):  # 0 beats 1, 1 beats 2; 0 and 2 never meet
        leading = {"condition": "normal", "seed": 3, "world": world, "tick": 9, "episode": [0, 0, 1, 1]}
        seats = {"seat": [0, 1] * 2, "mind": [0, 1, 1, 2], "role": ["first", "second"] * 2, "ticks": 10}
        recorder.add("episodes", leading | seats | {"return_": [1.0, 0.0] * 2})
    recorder.flush(1)
    found = pairs.rated(Run(path))
    assert found is not None and found.unmet == 1 and math.isnan(found.cyclic_share)
    text = said(app(path))
    assert "never met, 1 of them" in text and "Minds sat in different roles" in text and "is cyclic, which" not in text


def test_episodes_of_two_seats_are_games(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    leading = {"condition": "normal", "seed": 3, "world": [0, 0, 1, 1, 2, 2], "tick": 9, "episode": 0}
    seats = {"seat": [0, 1] * 3, "mind": [0, 1, 1, 0, 0, 1], "role": "player", "ticks": 10}
    recorder.add("episodes", leading | seats | {"return_": [3.0, 1.0, 0.0, 2.0, 1.0, 1.0]})
    recorder.flush(1)
    found = pairs.rated(Run(path))
    assert found is not None
    rows = found.rows.set_index("mind")
    assert rows["games"].tolist() == [3.0, 3.0]  # two won by mind 0 and a draw
    assert rows.loc[0, "value"] == pytest.approx(
        math.log(3.0 / 1.0) / 2 * 400 / math.log(10)
    )  # prior 1/2, half a win for the draw
    who = minds.who(Run(path)).set_index("mind")
    assert who.loc[0, "return"] == pytest.approx(2.0) and who.loc[1, "seats"] == 3


def test_one_mind_meets_nobody(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    meet(recorder, {(0, 0): [1.0, 2.0]})
    recorder.flush(1)
    assert pairs.cross(Run(path)) is None and pairs.rated(Run(path)) is None


# ----------------------------------------------------------------------------------------------------------------- descent


def forest(size: int) -> tuple[dict[int, int], dict[int, int]]:
    rng = np.random.default_rng(7)
    parents = {mind: int(rng.integers(-1, mind)) for mind in range(1, size)} | {0: -1}
    born = {0: 0}
    for mind in range(1, size):
        born[mind] = 0 if parents[mind] < 0 else born[parents[mind]] + int(rng.integers(1, 9))
    return parents, born


def test_the_tree_is_a_tidy_forest(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    parents, born = forest(120)
    descend(recorder, parents, born, frozen=(3, 5))
    recorder.flush(1)
    rows = minds.tree(minds.lineage(Run(path))).set_index("mind")
    graph = nx.DiGraph([(int(row.parent), int(mind)) for mind, row in rows.iterrows() if row.parent >= 0])
    graph.add_nodes_from(rows.index)
    assert nx.is_branching(graph) and len(graph) == 120
    assert set(graph.edges) == {(parent, mind) for mind, parent in parents.items() if parent >= 0}
    for mind in graph:
        children = rows.loc[list(graph.successors(mind)), "place"]
        if len(children):
            assert rows.loc[mind, "place"] == pytest.approx((children.min() + children.max()) / 2)
    leaves = sorted(rows.loc[[m for m in graph if not graph.out_degree(m)], "place"])
    assert leaves == list(range(len(leaves)))
    spans = {m: rows.loc[sorted({m, *nx.descendants(graph, m)}), "place"] for m in graph}
    for mind in graph:  # no two branches cross: siblings' families take up places of their own
        own = sorted((spans[child].min(), spans[child].max()) for child in graph.successors(mind))
        assert all(a[1] < b[0] for a, b in pairwise(own))
    assert rows.index[rows["frozen"]].tolist() and set(rows.index[rows["frozen"]]) == {3, 5}


def test_a_large_forest_shows_its_largest_families_from_the_founder_down(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    parents, born = forest(2000)
    descend_at_once = {
        "mind": list(parents),
        "parent": list(parents.values()),
        "born_update": [born[m] for m in parents],
        "frozen": 0,
    }
    recorder.add("lineage", TRAINING | descend_at_once)
    recorder.flush(1)
    rows = minds.tree(minds.lineage(Run(path)))
    assert len(rows) == minds.NODES
    assert set(rows["parent"]) - {-1} <= set(rows["mind"]) and rows["place"].notna().all()


def test_nobody_is_his_own_ancestor(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    descend(recorder, {1: 2, 2: 3, 3: 1, 4: 4, 5: 77, 6: 1}, dict.fromkeys(range(1, 7), 0))
    recorder.flush(1)
    rows = minds.tree(minds.lineage(Run(path)))
    graph = nx.DiGraph([(row.parent, row.mind) for row in rows.itertuples() if row.parent >= 0])
    assert sorted(rows["mind"]) == [1, 2, 3, 4, 5, 6] and nx.is_directed_acyclic_graph(graph) and graph.number_of_edges() == 3


def test_a_mind_is_as_it_was_written_last(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    descend(recorder, {0: -1, 1: 0}, {0: 0, 1: 2})
    recorder.flush(1)
    descend(recorder, {1: 0}, {1: 2}, frozen=(1,))
    recorder.flush(2)
    assert minds.lineage(Run(path)).set_index("mind")["frozen"].to_dict() == {0: False, 1: True}


# ------------------------------------------------------------------------------------------------------------ who, and the page


def test_who_is_who(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    leading = {"condition": "normal", "seed": 3, "world": [0, 0, 1, 1], "tick": 9, "episode": [0, 1, 0, 0]}
    recorder.add(
        "episodes", leading | {"seat": 0, "mind": 0, "role": ["b", "a", "a", "a"], "ticks": 5, "return_": [1.0, 3.0, 5.0, 5.0]}
    )
    for update in range(1, 31):
        steps = {"update": update, "agent_steps": update * 10, "mind": 0, "name": ["entropy.move", "reward"]}
        recorder.add("metrics", TRAINING | steps | {"value": [float(update), 0.0]})
    descend(recorder, {0: -1, 4: 0}, {0: 0, 4: 9}, frozen=(4,))
    recorder.flush(30)
    rows = minds.who(Run(path)).set_index("mind")
    assert (
        rows.loc[0, "return"] == pytest.approx((2.0 + 5.0) / 2) and rows.loc[0, "seats"] == 4 and rows.loc[0, "roles"] == "a, b"
    )
    assert rows.loc[0, "low"] <= 3.5 <= rows.loc[0, "high"]
    assert rows.loc[0, "entropy"] == pytest.approx(np.mean(range(21, 31)))
    assert rows.loc[4, "frozen"] and rows.loc[4, "parent"] == 0 and math.isnan(rows.loc[4, "return"])


def test_the_page_tells_descent_in_a_line_where_there_is_none(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    viewer_runs.learn(path, minds=(0, 1))
    descend(recorder, {0: -1, 1: -1}, {0: 0, 1: 0}, frozen=(1,))
    recorder.flush(9)
    test = app(path)
    assert not test.exception and not test.error
    assert "Every mind was born at the start; none has a parent. 1 of 2 minds are frozen" in said(test)


def test_thousands_of_minds_are_not_thousands_of_lines(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    everyone = np.arange(4096)
    for update in (1, 2):
        steps = {"update": update, "agent_steps": update * 10}
        recorder.add("metrics", TRAINING | steps | {"mind": everyone, "name": "reward", "value": everyone / 2})
    leading = {"condition": "normal", "seed": 3, "world": everyone // 64, "tick": 9, "episode": 0, "seat": everyone % 64}
    recorder.add("episodes", leading | {"mind": everyone, "role": "agent", "ticks": 5, "return_": 1.0})
    meet(recorder, {(i, i + 1): [1.0] for i in range(60)})
    recorder.add("lineage", TRAINING | {"mind": everyone, "parent": everyone // 2 - 1, "born_update": everyone, "frozen": 0})
    recorder.flush(2)
    run = Run(path)
    assert len(data.curve(run, "reward")) == 2 and len(minds.tree(minds.lineage(run))) == minds.NODES
    found = pairs.cross(run)
    assert found is not None and len(set(found.rows["mind"]) | set(found.rows["other"])) <= pairs.SHOWN
    test = app(path)
    assert not test.exception and not test.error
    assert len(test.dataframe[-1].value) <= 4096


def test_an_attackers_minds_are_text_or_left_out(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    huge = [2**62, -9, 3, 4]
    recorder.add(
        "lineage", TRAINING | {"mind": huge, "parent": [3, 2**62, -(2**62), 3], "born_update": huge, "frozen": [7, -1, 0, 2**60]}
    )
    leading = {"condition": "normal", "seed": 2**62, "world": huge, "tick": -1, "episode": huge, "seat": huge, "mind": huge}
    recorder.add("episodes", leading | {"role": EVIL, "ticks": -1.0, "return_": [np.nan, 1e308, -1e308, np.inf]})
    steps = {"update": 1, "agent_steps": 2**62, "mind": huge, "name": [EVIL, "reward", "entropy.<b>", "entropy.x"]}
    recorder.add("metrics", TRAINING | steps | {"value": [np.nan, np.inf, 1e308, -1e308]})
    recorder.add(
        "timing",
        TRAINING | {"update": 1, "agent_steps": -5, "phase": EVIL, "seconds": [np.nan, -1.0], "agent_steps_per_second": 0.0},
    )
    recorder.flush(1)
    test = app(path)
    assert not test.exception
    assert EVIL not in said(test)


def test_a_rating_is_told_only_where_there_is_a_winner(tmp_path: Path) -> None:
    path, recorder = begin(tmp_path)
    leading = {"condition": "normal", "seed": 3, "world": [0, 0, 1, 1], "tick": 9, "episode": 0}
    recorder.add("episodes", leading | {"seat": [0, 1] * 2, "mind": [0, 1] * 2, "role": "player", "ticks": 10, "return_": 1.0})
    recorder.flush(1)
    found = pairs.rated(Run(path))
    assert found is not None and found.rows.empty and found.reason == "all games are drawn"
    assert isinstance(found.rows, pd.DataFrame)
