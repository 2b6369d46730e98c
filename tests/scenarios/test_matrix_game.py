"""Matrix games against their rules written a second time, axelrod's players and open-spiel's tables."""

import numpy as np
import pytest
import tiny_runs
import torch
from society.scenarios.matrix_tables import GAMES

from society import config as configs
from society.config import ConfigError
from society.engine import build
from society.engine.rollout import Clock, Scripted, ticks
from society.engine.training import Training
from society.record.store import Run
from society.world.interventions import mute
from society.world.worlds import Worlds

UNEVEN = [[[1, -2], [3, 0], [0, 5]], [[2, 2], [-1, 4], [6, 1]]]
SETTINGS = {
    "once": {},
    "three rounds": {"world.game": "chicken", "world.rounds": 3},
    "two by three": {"world.game": "custom", "world.payoffs": UNEVEN, "world.rounds": 2},
    "asymmetric with words": {"world.game": "battle_of_the_sexes", "world.rounds": 2, "world.talk": True, "channel.length": 2},
    "drawn with words": {"world.game": "drawn", "world.talk": True, "channel.symbols": 4},
    "zero-sum": {"world.game": "rock_paper_scissors", "world.rounds": 4},
}


def make(intervention=None, **overrides):
    return build.scenario(build.settle(configs.resolve("matrix_game", "quick", overrides)), intervention=intervention)


def play(game, script="random", worlds=32, count=4):
    begun = Worlds.begin(game, 0, torch.arange(worlds))
    actor = Scripted(game.scripts[script])
    return list(ticks(begun, actor, actor.blank(begun), count, Clock()))


def one_hot(size, *places):
    return [float(k in places) for k in range(size)]


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_rules_written_a_second_time(setting):
    game = make(**SETTINGS[setting])
    c, channel = game.config, game.parts.channel.config
    sizes, most = game.sizes, max(game.sizes)
    fixed = None if c.game == "drawn" else np.array(GAMES[c.game].payoffs if c.game in GAMES else UNEVEN, dtype=float)
    turned = fixed is not None and sizes[0] == sizes[1] and np.array_equal(fixed[..., 0], fixed[..., 1].T)
    alike = fixed is None or turned
    last = [None] * 32
    words = [[(0,) * channel.length] * 2] * 32
    played = [0] * 32
    for t, tick in enumerate(play(game, worlds=32, count=6)):
        action, out = game.spec.unpack(tick.turn.packed), tick.outcome
        talking = c.talk and t % 2 == 0
        rows, columns = out.events["plays"]
        for w in range(32):
            table = tick.worlds.state.payoffs[w].numpy()
            assert fixed is None or (table == fixed).all()
            for i in (0, 1):
                seen = {n: tick.seen.features[w, i][where].tolist() for n, where in game.spec.slices.items()}
                pasts = 1 + (most**2 if c.rounds > 1 else 0)
                past = 0 if last[w] is None or c.rounds == 1 else 1 + last[w][i] * most + last[w][1 - i]
                role = 0 if alike else i
                assert seen["last"] == one_hot(pasts * (1 if alike else 2), past + role * pasts)
                if fixed is None:
                    mine = np.stack([table[..., 0], table[..., 1]]) if i == 0 else np.stack([table[..., 1].T, table[..., 0].T])
                    assert seen["payoffs"] == mine.ravel().tolist()
                if c.talk:
                    spoken = [np.eye(channel.symbols)[list(words[w][j])][:, 1:].ravel().tolist() for j in (i, 1 - i)]
                    assert [seen["said"], seen["heard"]] == spoken
                    legal = tick.seen.mask[w, i][game.spec.options["say"]].tolist()
                    assert legal == [True] + [talking] * (channel.symbols - 1)
                legal = tick.seen.mask[w, i][game.spec.options["move"]].tolist()
                assert legal == [k == 0 or (not talking and k < sizes[i]) for k in range(most)]
            moves = action["move"][w].tolist()
            if talking:
                words[w] = [tuple(x) for x in action["say"][w].view(2, -1).tolist()]
                assert not out.reward[w].any() and not rows[w].any() and not out.done[w]
                continue
            words[w] = [(0,) * channel.length] * 2
            paid = table[moves[0], moves[1]].tolist()
            last[w], played[w] = moves, played[w] + 1
            assert out.reward[w].tolist() == paid == out.measures["payoff"][w].tolist()
            assert rows[w].all() and columns["reward"][w].tolist() == paid and columns["partner"][w].tolist() == [1, 0]
            assert columns["action"][w].tolist() == moves and columns["partner_action"][w].tolist() == moves[::-1]
            cooperated = [int(m == 0) if c.game in ("prisoners_dilemma", "chicken") else -1 for m in moves]
            assert columns["cooperated"][w].tolist() == cooperated == columns["partner_cooperated"][w].tolist()[::-1]
            assert bool(out.done[w]) == (played[w] == c.rounds)
            if played[w] == c.rounds:
                last[w], played[w] = None, 0


def test_tables_of_open_spiel():
    spiel = pytest.importorskip("pyspiel", reason="open-spiel is not installed: pip install 'society-sim[oracles]'")
    names = {"matching_pennies": "matrix_mp", "rock_paper_scissors": "matrix_rps", "coordination": "matrix_coordination"}
    for ours, theirs in names.items():
        g = spiel.load_matrix_game(theirs)
        table = [[(g.row_utility(i, j), g.col_utility(i, j)) for j in range(g.num_cols())] for i in range(g.num_rows())]
        assert np.array_equal(np.array(GAMES[ours].payoffs, dtype=float), np.array(table)), ours


def test_payoffs_have_the_order_that_names_the_game():
    (reward, sucker), (temptation, punishment) = (np.array(GAMES["prisoners_dilemma"].payoffs)[i, :, 0] for i in (0, 1))
    assert temptation > reward > punishment > sucker and 2 * reward > temptation + sucker
    (reward, sucker), (temptation, crash) = (np.array(GAMES["chicken"].payoffs)[i, :, 0] for i in (0, 1))
    assert temptation > reward > sucker > crash
    stag = np.array(GAMES["stag_hunt"].payoffs)[..., 0]
    assert stag[0, 0] > stag[1, 0] == stag[1, 1] > stag[0, 1]


@pytest.mark.soak  # the import of axelrod alone takes twelve seconds
def test_scripts_play_as_axelrods_do():
    axelrod = pytest.importorskip("axelrod", reason="axelrod is not installed: pip install 'society-sim[oracles]'")
    theirs = {
        "always_cooperate": axelrod.Cooperator, "always_defect": axelrod.Defector,
        "tit_for_tat": axelrod.TitForTat, "grim": axelrod.Grudger,
    }  # fmt: skip
    for opponent, column in theirs.items():
        game = make(**{"world.opponent": opponent, "world.rounds": 12})
        assert game.spec.seats == 1
        for name, player in theirs.items():
            paid = [float(tick.outcome.reward[0, 0]) for tick in play(game, name, 1, 12)]
            match = axelrod.Match([player(), column()], turns=12)
            match.play()
            assert paid == [float(a) for a, _ in match.scores()], (name, opponent)


def test_grim_remembers_and_tit_for_tat_forgives():
    for opponent, answers in {"grim": [0, 1, 1, 1], "tit_for_tat": [0, 1, 0, 0]}.items():
        worlds = Worlds.begin(make(**{"world.opponent": opponent, "world.rounds": 9}), 0, torch.arange(2))
        seen = []
        for move in (1, 0, 0, 0):
            worlds, out, _ = worlds.step(torch.full((2, 1, 1), move), worlds.observe())
            columns = out.events["plays"][1]
            seen.append(int(columns["partner_action"][0, 0]))
            assert int(columns["partner"][0, 0]) == -1
        assert seen == answers


def test_random_play_gets_the_mean_of_the_table():
    for setting in ("two by three", "zero-sum"):
        game = make(**SETTINGS[setting])
        paid = torch.cat([tick.outcome.reward for tick in play(game, worlds=4000)]).mean(0)
        assert paid.tolist() == pytest.approx(game.payoffs.mean((0, 1)).tolist(), abs=0.06)
        assert game.declared["chance"] == pytest.approx(float(game.payoffs.mean()))


def test_drawn_payoffs_are_standard_normal_and_new_in_every_episode():
    played = play(make(**{"world.game": "drawn"}), worlds=4000, count=2)
    one, two = (tick.worlds.state.payoffs for tick in played)
    assert abs(float(one.mean())) < 0.03 and float(one.std()) == pytest.approx(1, abs=0.02)
    assert not (one == two).any()


def test_another_round_comes_with_its_probability_and_a_cut_is_no_end():
    game = make(**{"world.rounds": 30, "world.continuation": 0.75})
    played = play(game, worlds=3000, count=30)
    rounds, ended = 30 * 3000, sum(int(tick.outcome.done.sum()) for tick in played)
    assert ended / rounds == pytest.approx(0.25, abs=0.01)
    endless = play(make(**{"world.rounds": 3, "world.continuation": 1.0}), count=6)
    assert not any(bool(tick.outcome.done.any()) for tick in endless)
    assert [bool(tick.outcome.truncated.all()) for tick in endless] == [False, False, True] * 2


def test_what_is_said_reaches_the_partner_unless_muted():
    told = {"world.game": "coordination", "world.talk": True}
    said = play(make(**told), count=1)[0].after.state
    assert torch.equal(said.heard, said.said.flip(1)) and bool(said.said.any())
    dumb = play(make(intervention=mute, **told), count=1)[0].after.state
    assert not dumb.heard.any() and torch.equal(dumb.said, said.said)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"world.game": "custom"}, "give payoffs to custom alone"),
        ({"world.payoffs": UNEVEN}, "give payoffs to custom alone"),
        ({"world.game": "custom", "world.payoffs": [[[1, 1]], []]}, "unequal length"),
        ({"world.game": "custom", "world.payoffs": [[]]}, "0 columns"),
        ({"world.game": "matching_pennies", "world.opponent": "grim"}, "no move that cooperates"),
        ({"world.talk": True, "world.opponent": "random"}, "does not listen"),
        ({"world.talk": True, "channel.latency": 2}, "latency = 2"),
    ],
)
def test_what_cannot_be_played_is_refused_in_a_line(overrides, message):
    with pytest.raises((ConfigError, ValueError), match=message) as refused:
        make(**overrides)
    assert "\n" not in str(refused.value)


def test_a_payoff_table_can_be_given_as_text():
    config = configs.resolve("matrix_game", "quick", {"world.game": "custom", "world.payoffs": "[[[1,2],[0,0]],[[0,0],[2,1]]]"})
    assert config.world.payoffs == (((1, 2), (0, 0)), ((0, 0), (2, 1)))
    assert configs.from_toml(configs.to_toml(config)) == config


def test_a_scripted_partner_is_no_mind_in_the_record(tmp_path):
    path = tiny_runs.finished(tiny_runs.tiny("matrix_game", 1, world__opponent="grim", world__rounds=3), tmp_path / "run")
    plays = Run(path).table("plays", where={"condition": "normal"})
    assert len(plays) and (plays["partner_mind"] == -1).all() and (plays["mind"] >= 0).all()
    both = tiny_runs.finished(tiny_runs.tiny("matrix_game", 1, population__minds=2), tmp_path / "both")
    plays = Run(both).table("plays", where={"condition": "normal"})
    assert (plays["partner_mind"] >= 0).all()


def test_minds_learn_to_defect_and_talk_breaks_ties():
    def learned(preset, steps, measure):
        run = Training(build.settle(configs.resolve("matrix_game", preset, {"training.agent_steps": steps})))
        last = []
        while run.done < run.total:
            sums = run.update(Clock())[0].sums
            last.append(float(sums[measure]) / float(sums["rounds"]))
        return np.mean(last[-3:])

    assert learned("quick", 40_000, "cooperated") < 0.1
    assert learned("talk", 150_000, "payoff") > 0.7  # without a word no symmetric play exceeds .5
