"""The study of sugarscape beside mesa: what it measures, and that it can fall short."""

import multiprocessing
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from society.studies import _sugarscape, sugarscape_mesa
from society.studies._rows import MissingPackage
from society.studies._sugarscape import Course

STEPS = 200


def test_scatter_is_that_of_single_steps(monkeypatch):
    draw = np.random.default_rng(0)
    prices = [[draw.normal(0, 0.1 * (1 + w), draw.integers(0, 5)) for _ in range(STEPS)] for w in range(3)]

    def courses(made, seed, worlds, steps):
        for t in range(steps):
            seen = [np.array([p[t].size, p[t].sum(), (p[t] ** 2).sum()]) for p in prices]
            sums = torch.tensor(np.stack(seen))[:, None].unbind(-1)
            alive, stock = torch.tensor([[True, True, False]] * 3), torch.tensor([[[1, 2], [4, 5], [9, 9]]] * 3)
            measures = dict(zip(("deals", "log_price", "log_price_squared"), sums, strict=True))
            yield SimpleNamespace(alive=alive, stock=stock), SimpleNamespace(measures=measures)

    monkeypatch.setattr(_sugarscape, "play", courses)
    for mine, world in zip(_sugarscape.ours(None, 0, 3), prices, strict=True):
        windows = [world[a:b] for a, b in ((0, 20), (150, 200))]
        scatter = [np.mean([x.std() for x in window if x.size > 1]) for window in windows]
        assert [mine.sd_early, mine.sd_late] == pytest.approx(scatter) and mine.survivors == 2
        assert [_sugarscape._scatter(window) for window in windows] == pytest.approx(scatter)
        assert mine.gini == pytest.approx(0.25)  # of 3 and 9


@pytest.fixture
def cheap(monkeypatch):
    """Courses out of a hat: as many survive, and as differently, as in mesa's example."""

    def hat(seed, count):
        draw = np.random.default_rng(seed)
        return [Course(draw.normal(65, 7.5), draw.normal(0.64, 0.04), draw.normal(0.26, 0.079), draw.normal(0.36, 0.03))
                for _ in range(count)]  # fmt: skip

    gain = {True: 10.0, False: 0.0}
    monkeypatch.setattr(_sugarscape, "ground", lambda: None)
    monkeypatch.setattr(_sugarscape, "world", lambda trade=True, capacity=None: trade)
    monkeypatch.setattr(_sugarscape, "theirs", lambda seed: None if seed == 3 else hat([1, seed], 1)[0])
    monkeypatch.setattr(
        _sugarscape,
        "ours",
        lambda made, seed, worlds: [replace(c, survivors=c.survivors + gain[made]) for c in hat([2, seed], worlds)],
    )
    return gain


def test_equal_societies_are_found_equal_and_others_not(cheap, monkeypatch):
    assert not sugarscape_mesa.run(False, None)["rows"][0]["holds"]  # ten more survive in ours
    real = _sugarscape.ours
    monkeypatch.setattr(
        _sugarscape, "ours", lambda *args: [replace(c, survivors=c.survivors - 10) for c in real(*args)]
    )
    told = sugarscape_mesa.run(False, None)
    assert [row["holds"] for row in told["rows"]] == [True] * 5 and "1 of 80 courses" in told["note"]
    cheap[True] = 0.0
    gain = sugarscape_mesa.run(True, list(range(4)))["rows"][-1]
    assert not gain["holds"] and gain["ours"] == 0


def test_both_play_a_course():
    pytest.importorskip("mesa", reason="needs mesa")
    before = multiprocessing.get_start_method(allow_none=True)
    model = _sugarscape.example()
    assert multiprocessing.get_start_method(allow_none=True) == before
    one = model(seed=0)
    _sugarscape.mesa_step(one)
    prices = np.log([p for a in one.agents for p in a.prices])
    made = _sugarscape.world(capacity=_sugarscape.ground())
    state, out = next(_sugarscape.play(made, 0, 8, 1))
    count, total = out.measures["deals"].sum(1), out.measures["log_price"].sum(1)
    assert abs(len(prices) - float(count.double().mean())) < 4 * float(count.double().std())
    assert abs(prices.mean() - float((total / count).mean())) < 4 * float((total / count).std())
    assert state.alive.all() and len(one.agents) == 200


def test_without_mesa_there_is_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "mesa", None)
    with pytest.raises(MissingPackage) as error:
        sugarscape_mesa.run(True, None)
    assert "mesa" in str(error.value) and "\n" not in str(error.value)
