"""A scenario as a Mesa model, used as Mesa's users do: agent sets, collectors, batches, lives that begin and end."""

import inspect

import mesa
import numpy as np
import pandas as pd
import pytest
import torch
from mesa.batchrunner import batch_run

from society.bridges.mesa import SocietyAgent, SocietyModel
from society.bridges.mesa_columns import quiet
from society.config import ConfigError
from society.world.scenario import Outcome

TINY = {"world__seats": 4, "world__size": 4, "world__density": 0.25, "world__regrowth": 1.0, "device": "cpu"}


class Market(SocietyModel):
    """What a user of Mesa writes for a batch: parameters, reporters."""

    def __init__(self, traders=0, **fields):
        super().__init__("bazaar", seats={seat: "trader" for seat in range(traders)}, **{**TINY, **fields})
        self.datacollector = mesa.DataCollector(
            {"wealth": lambda model: model.agents.agg("wealth", sum), "deals": lambda model: len(model.events["trades"])},
            {"stock": "stock", "wealth": "wealth", "reward": "reward", "seat": "seat"},
        )
        self.datacollector.collect(self)


# ---------------------------------------------------------------- views


def test_agents_read_the_present_tensors():
    model = SocietyModel("bazaar", rng=3, others="trader", **TINY)
    for _ in range(30):
        model.step()
        now = model.columns.now
        state, size = now.worlds.state, model.config.world.size
        for agent in model.agents:
            assert agent.stock == dict(zip("AB", state.stock[0, agent.seat].tolist(), strict=True))
            assert agent.wealth == int(state.stock[0, agent.seat].sum()) and agent.age == int(state.age[0, agent.seat])
            cell = int(state.pos[0, agent.seat])
            assert agent.pos == agent.position == (cell % size, cell // size)
            assert agent.said == int(state.air[0, -1, agent.seat, 0]) == agent.action["say"]
            assert agent.role == "agent" and agent.mind == -1 and agent.alive
    assert model.steps == 30


def test_the_agent_set_answers_as_mesa_users_ask():
    model = SocietyModel("bazaar", rng=0, others="trader", **TINY)
    model.run_for(20)
    wealth = np.array(model.agents.get("wealth"))
    stock = model.columns.now.worlds.state.stock[0].sum(-1)
    assert [agent.wealth for agent in model.agents] == [int(stock[agent.seat]) for agent in model.agents]
    assert model.agents.agg("wealth", [min, max, sum]) == [wealth.min(), wealth.max(), wealth.sum()]
    rich = model.agents.select(lambda agent: agent.wealth > 0)
    assert len(rich) == (wealth > 0).sum() > 0
    groups = model.agents.groupby("kind")
    assert sum(groups.count().values()) == 4 and set(groups.groups) <= {"gathers A", "gathers B"}
    assert [a.wealth for a in model.agents.sort("wealth")] == sorted(wealth.tolist(), reverse=True)
    seen = []
    model.agents.shuffle_do(lambda agent: seen.append(agent.unique_id))
    assert sorted(seen) == sorted(model.agents.get("unique_id"))
    assert model.agents.get(["seat", "alive"]) == [[agent.seat, True] for agent in model.agents]


def test_what_the_world_keeps_cannot_be_set_and_what_it_lacks_is_an_error_of_one_line():
    agent = SocietyModel("bazaar", rng=0, **TINY).agents[0]
    for name in ("age", "pos", "total_reward", "seat", "alive", "stock"):
        with pytest.raises(AttributeError, match=rf"^agent 1 \(SocietyAgent, seat 0\): '{name}' .* cannot be set[^\n]*$"):
            setattr(agent, name, 3)
    agent.mood = "fine"  # one's own attributes are one's own
    assert agent.mood == "fine"
    agent.stock["A"] = 99  # a copy
    assert agent.stock["A"] == 0
    with pytest.raises(AttributeError, match=r"^agent 1 .* has no 'hunger'; it has action, age, alive, .*wealth[^\n]*$"):
        _ = agent.hunger
    with pytest.raises(ValueError, match="lives in the world and cannot be removed"):
        agent.remove()


def test_the_dead_leave_and_the_born_are_new():
    model = SocietyModel("bazaar", rng=1, others="trader", world__life=7, **TINY)
    first, everyone, rewards = list(model.agents), {}, 0.0
    everyone.update((agent.unique_id, agent) for agent in first)
    for _ in range(60):
        before = {agent.seat: agent.unique_id for agent in model.agents}
        model.step()
        rewards += model.reward
        everyone.update((agent.unique_id, agent) for agent in model.agents)
        died = model.columns.now.outcome.terminated[0].tolist()
        for agent in model.agents:
            assert (agent.unique_id != before[agent.seat]) == died[agent.seat]
            if died[agent.seat]:
                assert agent.reward == agent.total_reward == agent.eaten == 0 and agent.age == 0
        assert len(model.agents) == 4 and sorted(model.agents.get("seat")) == [0, 1, 2, 3]
    assert not any(agent.alive or agent in model.agents for agent in first) and len(everyone) > 20
    assert sum(agent.total_reward for agent in everyone.values()) == rewards > 0
    with pytest.raises(AttributeError, match="is dead: 'pos' cannot be read"):
        _ = first[0].pos


def test_nothing_has_happened_to_the_newborn():
    ones = torch.ones(1, 3)
    told = quiet(Outcome(reward=ones, illegal=ones.bool(), measures={"eaten": ones}), torch.tensor([False, True, False]))
    assert told.reward.tolist() == told.illegal.tolist() == told.measures["eaten"].tolist() == [[1, 0, 1]]


def test_where_nobody_is_born_again_the_set_shrinks():
    model = SocietyModel("sugarscape", preset="mesa", rng=0, device="cpu", world__episode=25)
    sizes = [len(model.agents)]
    while model.running:
        model.step()
        alive = model.columns.now.worlds.state.alive[0]
        assert sorted(model.agents.get("seat")) == alive.nonzero()[:, 0].tolist()
        sizes.append(len(model.agents))
    assert model.steps == 25 and sizes[0] == 200 > sizes[-1]
    with pytest.raises(ValueError, match=r"^sugarscape: the world has ended; make a new model$"):
        model.step()


def test_equal_seeds_live_equal_lives_and_others_do_not():
    def course(rng):
        model = SocietyModel("bazaar", rng=rng, **TINY)
        return [(model.step(), model.agents.get(["pos", "stock", "said"]))[1] for _ in range(10)]

    assert course(5) == course(5) == course(np.int64(5)) != course(6)
    assert course(np.random.default_rng(5)) == course(np.random.default_rng(5)) != course(5)
    assert course(None) != course(None)


# ---------------------------------------------------------------- collector and batches


def test_the_collectors_frames_are_the_tensors():
    model = Market(traders=4, rng=2, world__life=0)
    stocks = [model.columns.now.worlds.state.stock[0].clone()]
    rewards, deals = [0.0] * 4, [0]
    for _ in range(25):
        model.step()
        stocks.append(model.columns.now.worlds.state.stock[0].clone())
        rewards += model.columns.now.outcome.reward[0].tolist()
        deals.append(int(model.columns.now.outcome.measures["deals"][0].sum()) // 2)
    frame = model.datacollector.get_model_vars_dataframe()
    assert list(frame.columns) == ["wealth", "deals"] and len(frame) == 26
    assert frame.wealth.tolist() == [int(stock.sum()) for stock in stocks] and frame.wealth.iloc[-1] > 0
    assert frame.deals.tolist() == deals and sum(deals) > 0
    agents = model.datacollector.get_agent_vars_dataframe().reset_index().sort_values(["seat"], kind="stable")
    agents = agents.sort_values(agents.columns[0], kind="stable")
    assert list(agents.columns[1:]) == ["AgentID", "stock", "wealth", "reward", "seat"] and len(agents) == 26 * 4
    assert agents.wealth.tolist() == [int(held) for stock in stocks for held in stock.sum(-1)]
    assert [list(stock.values()) for stock in agents.stock] == [held for stock in stocks for held in stock.tolist()]
    assert agents.reward.tolist() == rewards


def test_the_first_collector_counts_agents_and_rewards():
    model = SocietyModel("sugarscape", rng=0, device="cpu", preset="mesa", world__episode=20)
    model.run_for(5)
    while model.running:
        model.step()
    assert model.steps == 20  # run_for ends nowhere but where it should
    frame = model.datacollector.get_model_vars_dataframe()
    assert len(frame) == 21 and frame.agents.iloc[0] == 200 and frame.reward.iloc[0] == 0.0
    assert frame.agents.iloc[-1] == len(model.agents) < 200
    model.run_for(5)
    assert model.steps == 20


def batch(processes, traders, **parameters):
    """batch_run of this Mesa: a newer one takes seeds beside the parameters, an older among them."""
    wanted = {"traders": traders, "world__episode": 8, **parameters}
    seeds = {"rng": [0, 1]}
    beside = seeds if "rng" in inspect.signature(batch_run).parameters else {}
    rows = batch_run(
        Market, {**wanted, **({} if beside else seeds)}, number_processes=processes, max_steps=100,
        data_collection_period=1, display_progress=False, **beside,
    )  # fmt: skip
    return pd.DataFrame(rows)


def test_a_batch_over_two_parameters_is_the_models_run_by_hand():
    frame = batch(1, [0, 4], world__size=[3, 12])
    assert {"RunId", "iteration", "Step", "traders", "world__size", "wealth", "AgentID", "reward", "seat"} <= set(frame.columns)
    assert frame.RunId.nunique() == 8 and set(zip(frame.traders, frame.world__size, strict=True)) == {
        (traders, size) for traders in (0, 4) for size in (3, 12)
    }
    for (traders, size, rng), rows in frame.groupby(["traders", "world__size", "rng"]):
        model = Market(traders=int(traders), world__size=int(size), world__episode=8, rng=int(rng))
        while model.running:
            model.step()
        frame_ = model.datacollector.get_model_vars_dataframe()
        last = int(rows.Step.max())
        assert last >= 7  # Mesa 3.3 leaves out the last collection, newer ones do not
        got = rows.drop_duplicates("Step").sort_values("Step").deals.tolist()
        assert got == frame_.deals.tolist()[: last + 1]
    deals = frame.drop_duplicates(["RunId", "Step"]).groupby(["traders", "world__size"]).deals.sum()
    assert deals[4, 3] > deals[4, 12] and deals[4, 3] > 0  # who is near meets


def test_a_batch_in_two_processes_is_the_same():
    one, two = batch(1, [0, 4], world__episode=4), batch(2, [0, 4], world__episode=4)
    order = ["RunId", "Step", "AgentID"]
    pd.testing.assert_frame_equal(
        one.sort_values(order, ignore_index=True), two.sort_values(order, ignore_index=True), check_exact=True
    )


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"others": "tradr"}, r"^'tradr' is no script of this scenario; choose random, autarky, trader"),
        ({"seats": {9: "trader"}}, r"^seats: 9 is no seat; use 0 to 3 or a role: agent$"),
        ({"seats": {"boss": "trader"}}, r"^seats: 'boss' is no seat"),
        ({"seats": {0: SocietyAgent}}, r"subclass of SocietyAgent with choose\(\)$"),
        ({"seats": {0: 7}}, r"^seats\[0\] = 7: give a script's name"),
        ({"seed": 3}, r"^seed = 3: Mesa's word for it is rng; give rng=3$"),
        ({"minds": "nowhere-to-be-found"}, r"nowhere-to-be-found|there is no run"),
    ],
)
def test_bad_input_is_one_line(fields, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        SocietyModel("bazaar", **{"rng": 0, **TINY, **fields})
    assert "\n" not in str(caught.value)


def test_a_field_that_cannot_be_is_the_configs_error():
    with pytest.raises(ConfigError, match=r"world\.sise"):
        SocietyModel("bazaar", rng=0, world__sise=4)
