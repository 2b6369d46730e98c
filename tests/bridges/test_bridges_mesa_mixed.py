"""Mixed societies: trained minds act as in the engine, and a Mesa user's own agents sit, trade and err among them."""

import numpy as np
import pytest
import torch
from tiny_runs import finished, tiny

from society.bridges.mesa import SocietyAgent, SocietyModel
from society.engine import build
from society.engine.evaluation import Evaluation
from society.engine.launch import load_config
from society.engine.rollout import Clock, ticks
from society.engine.trained import trained
from society.population.population import Population
from society.record.store import Run

WORLD = {
    "world__seats": 4, "world__size": 3, "world__density": 0.25, "world__regrowth": 1.0, "world__life": 0, "device": "cpu",
}  # fmt: skip
EVALUATED = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three minds that has learnt once, judged in one world."""
    config = tiny("bazaar", 1, seed=11, population__minds=3, evaluation__worlds=1, evaluation__ticks=EVALUATED,
                  evaluation__recorded_worlds=1, evaluation__conditions=("normal",), evaluation__scripts=False,
                  evaluation__frames_worlds=0, **WORLD)  # fmt: skip
    return Run(finished(config, tmp_path_factory.mktemp("runs") / "bazaar-tiny"))


class Swapper(SocietyAgent):
    """Stands still and offers one of what it has more of for one of the other good."""

    def choose(self, observation):
        held = self.stock
        give = 0 if held["A"] >= held["B"] else 1
        terms = self.model.rules.offers.tolist()
        return {"move": 1 + self.model.steps % 4, "offer": next(o for o, row in enumerate(terms) if row[0] == give)}


class Miser(Swapper):
    """The same without offers."""

    def choose(self, observation):
        return {"move": super().choose(observation)["move"]}


# ---------------------------------------------------------------- minds act as in the engine


def test_a_model_of_minds_alone_lives_the_evaluation_tick_by_tick(run):
    config = load_config(run)
    judge = Evaluation(config, trained(run.path, config, build.scenario(config)), run.path, 0)
    worlds, minds = judge.begin(judge.plain), judge.minds()
    model = SocietyModel("bazaar", minds=run.path, rng=11)
    assert model.config.model_copy(update={"device": "cpu"}) == config
    assert model.agents.get("mind") == minds.seating.mind[0].tolist() == [0, 1, 2, 0]
    with torch.no_grad():
        for tick in ticks(worlds, minds, minds.blank(worlds), EVALUATED, Clock()):
            model.step()
            packed = [[number for head in agent.action.values() for number in np.atleast_1d(head)] for agent in model.agents]
            assert packed == tick.turn.packed[0].tolist()
            assert model.agents.get("reward") == tick.outcome.reward[0].tolist()
            mine, its = model.columns.now.worlds.state, tick.after.state
            assert all(torch.equal(getattr(mine, name), getattr(its, name)) for name in vars(its))


def test_it_is_also_what_the_run_recorded(run):
    messages = run.table("messages").query("condition == 'normal'").sort_values(["tick", "seat"])
    trades = run.table("trades").query("condition == 'normal'")
    episodes = run.table("episodes").query("condition == 'normal'").sort_values("seat")
    model = SocietyModel("bazaar", minds=run, rng=11)
    said, dealt = [], []
    for tick in range(EVALUATED):
        model.step()
        said += model.agents.get("said")
        dealt += [(tick, row["seat"], row["partner"], row["gave"], row["got"]) for row in model.events["trades"]]
    assert said == messages.m0.tolist() and len(said) == EVALUATED * 4
    assert sorted(dealt) == sorted(trades[["tick", "seat", "partner", "gave", "got"]].itertuples(index=False, name=None)) != []
    assert model.agents.get("total_reward") == episodes.return_.tolist()


def test_minds_made_in_python_sit_by_the_configs_matchmaker_and_another_seed_is_another_course(run):
    config = load_config(run)
    minds = trained(run.path, config, build.scenario(config))
    fields = {**WORLD, "population__network__hidden": (16,), "training__precision": config.training.precision}

    def course(minds, rng):
        model = SocietyModel("bazaar", minds=minds, rng=rng, **({} if minds is run.path else fields))
        model.run_for(20)
        return model.agents.get(["pos", "stock", "mind", "total_reward"])

    assert course(minds, 3) == course(run.path, 3) != course(run.path, 4)
    fresh = Population.begin(minds.policy, 3, seed=5)
    assert course(fresh, 3) != course(minds, 3)


# ---------------------------------------------------------------- scripted seats among neural ones


def mixed(run, kind):
    """A course with two of `kind`: trades between the two kinds, and goods checked at every tick."""
    model = SocietyModel("bazaar", minds=run.path, seats={0: kind, 1: kind}, rng=0, world__episode=100)
    assert [type(agent) for agent in model.agents] == [kind, kind, SocietyAgent, SocietyAgent]
    assert model.agents.get("mind") == [-1, -1, 2, 0] and len(model.agents_by_type[kind]) == 2
    between, harvested, eaten = 0, 0, 0
    stock = model.columns.now.worlds.state.stock[0]
    while model.running:
        model.step()
        now = model.columns.now
        traded = torch.zeros_like(stock)
        for row in model.events["trades"]:
            seat, partner = row["seat"], row["partner"]
            between += (seat < 2) != (partner < 2)
            for one, good, amount in ((seat, row["gave"], row["gave_amount"]), (partner, row["got"], row["got_amount"])):
                other = partner if one == seat else seat
                traded[one, good] -= amount
                traded[other, good] += amount
        after, made, lost = now.worlds.state.stock[0], now.outcome.created[0], now.outcome.destroyed[0]
        robbed = torch.zeros_like(stock)
        for row in model.events["contests"]:
            robbed[row["target"], row["good"]] -= row["amount"]
            robbed[row["seat"], row["good"]] += row["amount"]
        assert torch.equal(after - stock, made - lost + traded + robbed)
        assert torch.equal(torch.tensor([list(agent.stock.values()) for agent in model.agents]), after)
        stock = after
        harvested, eaten = harvested + int(made.sum()), eaten + int(lost.sum())
    assert harvested - eaten == sum(model.agents.get("wealth")) and eaten > 0
    return between, model


def test_a_users_agents_trade_with_minds_and_no_unit_is_lost(run):
    between, model = mixed(run, Swapper)
    assert model.steps == 100 and between > 10 and model.illegal == 0
    assert mixed(run, Miser)[0] == 0


def test_who_sits_beside_changes_no_choice_of_a_mind(run):
    alone = SocietyModel("bazaar", minds=run.path, rng=0)
    beside = SocietyModel("bazaar", minds=run.path, seats={1: "random", 3: Miser}, rng=0)
    alone.step()
    beside.step()
    first, second = alone.agents.get("action"), beside.agents.get("action")
    assert [first[seat] == second[seat] for seat in (0, 2)] == [True, True] and first[1] != second[1]


def test_a_seat_is_given_by_role_and_its_number_goes_first():
    class Farmer(SocietyAgent):
        def choose(self, observation):
            return {}

    model = SocietyModel("fruit_market", seats={"apple_farmer": Farmer, 0: "trader"}, rng=0, quick=True, device="cpu")
    kinds = model.agents.get(["role", "seat"]), [type(agent) is Farmer for agent in model.agents]
    apples = [role == "apple_farmer" for role, _ in kinds[0]]
    assert kinds[1] == [False, *apples[1:]] and sum(apples) > 1
    model.run_for(5)
    assert all(set(agent.action.values()) == {0} for agent in model.agents if type(agent) is Farmer)
    assert any(any(agent.action.values()) for agent in model.agents if type(agent) is not Farmer)


# ---------------------------------------------------------------- what choose is given, and what it may give


def seat_of(choose, scenario="bazaar", **fields):
    """A model whose seat 0 chooses so."""
    kind = type("Chooser", (SocietyAgent,), {"choose": lambda self, observation: choose(observation)})
    return SocietyModel(scenario, seats={0: kind}, rng=0, **{**(WORLD if scenario == "bazaar" else {"device": "cpu"}), **fields})


def test_choose_is_given_the_named_fields_and_what_is_legal():
    seen = []
    model = seat_of(lambda observation: seen.append(observation) or {})
    before = model.rules.observe(model.columns.now.worlds.state)
    model.step()
    (got,) = seen
    assert set(got) == {*model.spec.fields, "legal"} and set(got["legal"]) == set(model.spec.heads)
    for name, where in model.spec.slices.items():
        assert got[name].shape == model.spec.fields[name] and got[name].dtype == np.float32
        assert got[name].ravel().tolist() == before.features[0, 0, where].tolist()
    assert all(legal.dtype == bool and len(legal) == model.spec.heads[name].size for name, legal in got["legal"].items())


def test_who_is_not_asked_has_no_turn():
    asked = []
    model = seat_of(lambda observation: asked.append(1) or {}, "bargaining")
    turns = 0
    while model.running:
        turns += bool(model.rules.observe(model.columns.now.worlds.state).active[0, 0])
        model.step()
    assert len(asked) == turns < model.steps


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"mvoe": 2}, "head 'mvoe' = 2 does not exist; choose from move, offer, say, strike"),
        ({"move": 5}, "head 'move' = 5 cannot be; give a whole number from 0 to 4"),
        ({"move": -1}, "head 'move' = -1 cannot be; give a whole number from 0 to 4"),
        ({"move": 1.0}, "head 'move' = 1.0 cannot be"),
        ({"move": True}, "head 'move' = True cannot be"),
        ({"move": [1, 2]}, r"head 'move' = \[1, 2\] cannot be"),
        ({"move": [[1], [1, 2]]}, "cannot be"),
        ({"move": None}, "head 'move' = None cannot be"),
        ({"move": 2**70}, "cannot be; give a whole number"),
        (None, r"choose\(\) gave None; return a dictionary of the heads move, offer, say, strike"),
    ],
)
def test_a_choice_that_cannot_be_is_one_line(told, message):
    with pytest.raises(ValueError, match=rf"^agent 1 \(Chooser, seat 0\): .*{message}") as caught:
        seat_of(lambda observation: told).step()
    assert "\n" not in str(caught.value)


def test_what_numpy_gives_is_a_number_and_a_message_has_its_length():
    model = seat_of(lambda observation: {"move": np.int64(3), "say": np.array([1, 2])}, channel__length=2)
    model.step()
    assert model.agents[0].action == {"move": 3, "offer": 0, "say": (1, 2), "strike": 0} and model.agents[0].said == (1, 2)
    with pytest.raises(ValueError, match="head 'say' = 1 cannot be; give 2 whole numbers from 0"):
        seat_of(lambda observation: {"say": 1}, channel__length=2).step()


def test_an_illegal_choice_is_a_no_op_that_is_counted():
    def forbidden(observation):
        option = int(np.flatnonzero(~observation["legal"]["move"])[0])
        observation["legal"]["move"][:] = True  # a copy: nobody makes it legal so
        return {"move": option}

    model = seat_of(forbidden, "sugarscape", preset="mesa", others="book")
    place = model.agents[0].pos
    for count in (1, 2, 3):
        model.step()
        assert model.illegal == count and model.agents[0].illegal and not any(model.agents.get("illegal")[1:])
        assert model.agents[0].action["move"] == 0 and model.agents[0].pos == place


# ---------------------------------------------------------------- minds that do not fit


def test_minds_that_do_not_fit_are_told_in_one_line(run):
    with pytest.raises(ValueError, match=r"^minds of bazaar-tiny: have \d+ weights each, in this world they would have \d+;"):
        SocietyModel("bazaar", minds=run.path, rng=0, world__view=3)
    with pytest.raises(ValueError, match=r"^minds of bazaar-tiny: grew up in bazaar; give that in place of sugarscape$"):
        SocietyModel("sugarscape", minds=run.path, rng=0)
    with pytest.raises(ValueError, match=r"^preset, quick: the run bazaar-tiny brings its own config"):
        SocietyModel("bazaar", minds=run.path, rng=0, quick=True)
    config = load_config(run)
    minds = trained(run.path, config, build.scenario(config))
    with pytest.raises(ValueError, match=r"^minds: they do not fit a world with") as caught:
        SocietyModel("sumo", minds=minds, rng=0, device="cpu")
    assert "\n" not in str(caught.value)
