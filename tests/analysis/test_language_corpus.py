"""Corpora of one's own: the adapters, the description, and that it is the report's."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from society.analysis import corpus, golden
from society.analysis import language as la
from society.analysis.corpus.lines import line as line_of
from society.analysis.report import build
from society.record.tables import LEADING
from tests.analysis.conftest import FrameRun


def by_metric(lines):
    return {line.metric: line for line in lines}


def frame_of(meanings, messages, **more):
    columns = {f"meaning{k}": column for k, column in enumerate(meanings.T)}
    return pd.DataFrame(columns | {f"m{k}": column for k, column in enumerate(messages.T)} | more)


def society_of(minds=3, worlds=4, tokens=2):
    """A messages table: every mind has the compositional language with a few slips of the tongue, in every world."""
    meanings, messages = golden.compositional(2, 4, seed=1)
    rng, parts = np.random.default_rng(0), []
    for mind in range(minds):
        for world in range(worlds):
            said = np.tile(messages, (tokens, 1)) + 1
            said[rng.random(said.shape) < 0.1] = 0
            part = frame_of(np.tile(meanings, (tokens, 1)), said, world=world, mind=mind, seat=mind)
            parts.append(part.assign(tick=np.arange(len(part)), life=np.arange(len(part)) // 4))
    return pd.concat(parts, ignore_index=True).assign(condition="normal", seed=0, episode=0)


def test_three_lines_on_ones_own_data_need_no_torch(tmp_path):
    """The very lines of the documentation, in a fresh interpreter; what they print is the report's table."""
    frame_of(*golden.compositional(2, 5, 0)).to_csv(tmp_path / "mine.csv", index=False)
    code = (
        "import sys, pandas as pd\n"
        f"df = pd.read_csv({str(tmp_path / 'mine.csv')!r})\n"
        "from society.analysis import corpus\n"
        "data = corpus.from_frame(df, meanings=['meaning0', 'meaning1'], messages=['m0', 'm1'])\n"
        "print(corpus.describe(data))\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "posdis" in done.stdout and "intervals are over meanings" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


def test_a_run_and_its_messages_as_a_frame_are_described_alike():
    """The registered metrics and a researcher's three lines give the same estimates, to the last digit."""
    table = society_of()
    reported = {line.metric: line for line in build(FrameRun({"messages": table})) if line.condition == "normal"}
    lives = table.assign(lives=table.groupby(["world", "seat", "life"]).ngroup())
    data = corpus.from_frame(
        lives, ["meaning0", "meaning1"], ["m0", "m1"], speaker="mind", world="world", life="lives", silence=0
    )
    told = by_metric(corpus.describe(data))
    both = set(told) - {"dialects"}  # who meets whom is in another table of a run
    assert len(both) == 15 and all(repr(told[name]) == repr(reported[name]) for name in both)
    assert sum(np.isfinite(told[name].value) for name in both) == 15
    assert repr(by_metric(corpus.describe(corpus.from_table(table)))) == repr(told)


def test_the_lines_of_a_description_are_the_plain_functions():
    meanings, messages = golden.synonymous(2, 4, 2, seed=3)
    told = by_metric(corpus.describe(corpus.Corpus(meanings, messages)))
    assert told["posdis"].value == pytest.approx(la.posdis(meanings, messages), abs=1e-9)
    assert told["bosdis"].value == pytest.approx(la.bosdis(meanings, messages), abs=1e-9)
    assert told["context_independence"].value == pytest.approx(la.context_independence(meanings, messages), abs=1e-9)
    assert told["synonymy"].value == pytest.approx(la.synonymy(meanings, messages), abs=1e-9) == pytest.approx(1.0)
    assert told["homonymy"].value == pytest.approx(la.homonymy(meanings, messages), abs=1e-9)
    assert told["message_entropy"].value == pytest.approx(la.message_entropy(messages), abs=1e-9)
    assert told["message_entropy"].n == 16  # meanings


def test_every_line_has_an_interval_and_a_null_or_says_why_not():
    for line in corpus.describe(corpus.from_table(society_of())):
        assert np.isfinite(line.value) or line.reason
        if np.isfinite(line.value) and not line.reason:
            assert line.ci_low <= line.value <= line.ci_high and line.n > 0
            assert np.isfinite(line.null)


def test_the_null_of_similarity_pairs_meanings_whatever_their_order():
    """On a grid in lexicographic order neighbours differ in one attribute: they are not any two different meanings."""
    meanings, messages = golden.compositional(3, 5, 0)
    speakers = np.repeat([0, 1], len(meanings))
    data = corpus.Corpus(np.tile(meanings, (2, 1)), np.tile(messages, (2, 1)), speaker=speakers)
    chance = 1 - la.edit_distances(messages)[~np.eye(len(messages), dtype=bool)].mean()
    assert line_of(data, "language_similarity.others").null == pytest.approx(chance, abs=0.02)


def test_babble_is_the_null_of_synonyms_and_homonyms():
    """Four utterances a meaning: two bits of synonyms at most, whatever is said, so H(m) is no null."""
    rng, called = np.random.default_rng(0), []
    meanings = np.repeat(golden.all_meanings(2, 5), 4, axis=0)
    for _ in range(30):
        data = corpus.Corpus(meanings, rng.integers(1, 6, size=(len(meanings), 2)))
        for name in ("synonymy", "homonymy"):
            line = line_of(data, name)
            assert line.null == pytest.approx(line.value, abs=0.25)
            called.append(line.p <= 0.05)
    assert sum(called) <= 6
    twice = corpus.Corpus(*(np.repeat(part, 2, axis=0) for part in golden.synonymous(2, 4, 4, 0)))
    assert line_of(twice, "homonymy").p == line_of(twice, "synonymy").p == 1 / 100


def test_relabelled_meanings_are_the_null_of_structure():
    """A holistic language with repeats and synonyms is no evidence of structure, however clustered its tokens."""
    found = []
    for seed in range(40):
        meanings, messages = golden.holistic(2, 4, 3, seed)
        data = corpus.Corpus(np.repeat(meanings, 3, axis=0), np.repeat(messages, 3, axis=0))
        found.append([line_of(data, name).p for name in ("posdis", "tree_reconstruction_error")])
    assert (np.mean(np.array(found) <= 0.05, axis=0) <= 0.15).all()


def test_strings_are_numbered_and_what_is_missing_is_padding():
    frame = pd.DataFrame({"shape": ["ball", "cube", None], "a": ["x", "y", "x"], "b": ["y", None, "x"]})
    data = corpus.from_frame(frame, ["shape"], ["a", "b"])
    assert data.meanings.tolist() == [[0], [1], [-1]]
    assert data.messages.tolist() == [[0, 1], [1, -1], [0, 0]]  # one vocabulary for both positions
    lists = corpus.from_frame(pd.DataFrame({"w": [[3, 1], [4], []]}), [], ["w"])
    assert lists.messages.tolist() == [[3, 1], [4, -1], [-1, -1]]
    odd = pd.DataFrame({"flag": [True, False, True], "size": [0.5, 1.5, 0.5], "m": [1.0, np.nan, 3.0]})
    assert corpus.from_frame(odd, ["flag", "size"], ["m"]).meanings.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert corpus.from_frame(odd, [], ["m"]).messages.tolist() == [[1], [-1], [3]]


def test_a_column_that_is_not_there_is_named():
    frame = pd.DataFrame({"m0": [1]})
    with pytest.raises(ValueError, match="no column 'colour' in the frame; it has 'm0'"):
        corpus.from_frame(frame, ["colour"], ["m0"])
    with pytest.raises(ValueError, match="name at least one column"):
        corpus.from_frame(frame, [], [])
    with pytest.raises(ValueError, match="several columns named 'm0'"):
        corpus.from_frame(pd.DataFrame([[1, 2]], columns=["m0", "m0"]), [], ["m0"])


def test_json_lines_there_and_back(tmp_path):
    data = corpus.Corpus(
        np.array([[1, -1], [0, 2]]), np.array([[5, -1, 3], [-1, -1, -1]]), speaker=np.array([7, 8]), world=np.array([0, 1])
    )
    corpus.to_jsonl(data, tmp_path / "all.jsonl", meanings=True)
    again = corpus.from_jsonl(tmp_path / "all.jsonl")
    assert again.meanings.tolist() == [[1, -1], [0, 2]] and again.messages.tolist() == [[5, 3], [-1, -1]]
    assert again.speaker.tolist() == [7, 8] and again.world.tolist() == [0, 1] and again.listener is None
    corpus.to_jsonl(data, tmp_path / "arrays.jsonl")
    assert (tmp_path / "arrays.jsonl").read_text() == "[5, 3]\n[]\n"  # what public corpora hold
    assert corpus.from_jsonl(tmp_path / "arrays.jsonl").meanings.shape == (2, 0)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "holds no utterance"),
        ("[1, 2]\n[1, x]", "line 2: not JSON"),
        ("[" * 100_000, "line 1: not JSON"),
        ("[1, 9" + "9" * 30 + "]", "line 1: message has a number too large"),
        ("[" + "9" * 5000 + "]", "line 1: not JSON"),
        ("[1, true]", "line 1: message has true"),
        ("[1, NaN]", "line 1: message has NaN"),
        ("[1, 2.5]", "line 1: message has 2.5"),
        ('[1, "a"]', 'line 1: message has "a"'),
        ("[1, [2]]", "line 1: message has an array or object within it"),
        ("[1, -1]", "line 1: message has -1"),
        ("[1, " + "[" * 900 + "]" * 900 + "]", "line 1: "),
        ("7", "line 1: neither an array"),
        ('{"meaning": [1]}', "line 1: neither an array"),
        ('{"message": 3}', "line 1: message is no array"),
        ('{"message": [1], "meaning": [1.5]}', "line 1: meaning has 1.5"),
        ('{"message": [1], "speaker": "anna"}', 'line 1: speaker has "anna"'),
        ('{"message": [1], "meaning": [1]}\n{"message": [1], "meaning": [1, 2]}', "line 2: other attributes"),
    ],
)
def test_a_damaged_corpus_is_named_with_file_and_line(tmp_path, text, said):
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=said) as fault:
        corpus.from_jsonl(path)
    assert str(path) in str(fault.value) and "\n" not in str(fault.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        corpus.from_jsonl(tmp_path / "none.jsonl")
    (tmp_path / "raw.jsonl").write_bytes(b"[1]\n\xff\xfe\n")
    with pytest.raises(ValueError, match="line 2: not UTF-8"):
        corpus.from_jsonl(tmp_path / "raw.jsonl")
    (tmp_path / "bom.jsonl").write_bytes(b"\xef\xbb\xbf[1]\n\n[2]\n")
    assert corpus.from_jsonl(tmp_path / "bom.jsonl").messages.tolist() == [[1], [2]]


class Tensor:
    """What a torch tensor offers to be taken as an array; a gradient must be detached first."""

    def __init__(self, values, attached=True):
        self.values, self.attached = np.asarray(values), attached

    def detach(self):
        return Tensor(self.values, attached=False)

    def cpu(self):
        return self

    def numpy(self):
        assert not self.attached, "cannot be called on a tensor that requires grad"
        return self.values


def test_an_interaction_of_egg_is_read_by_its_attributes():
    said = [[3, 0, 5], [4, 4, 4]]
    seen = np.eye(3)[[[0, 2], [1, 1]]].reshape(2, 6)
    whole = SimpleNamespace(sender_input=Tensor(seen), message=Tensor(said), message_length=Tensor([2.0, 2.0]), aux={})
    data = corpus.from_egg(whole, values=3)
    assert data.meanings.tolist() == [[0, 2], [1, 1]]
    assert data.messages.tolist() == [[3, -1, -1], [4, 4, -1]]  # 0 ends a message; the length cuts it
    relaxed = SimpleNamespace(sender_input=None, message=Tensor(np.eye(6)[said] * 0.9), message_length=None)
    assert corpus.from_egg(relaxed).messages.tolist() == [[3, -1, -1], [4, 4, 4]]
    single = SimpleNamespace(sender_input=Tensor([[1], [2]]), message=Tensor([[0.1, 0.9], [0.8, 0.2]]))
    assert corpus.from_egg(single).messages.tolist() == [[1], [0]]  # one symbol has no end
    with pytest.raises(ValueError, match="store_message"):
        corpus.from_egg(SimpleNamespace(message=None))
    with pytest.raises(ValueError, match="values = 4"):
        corpus.from_egg(whole, values=4)


def episodes_of(minds=6, worlds=6, games=40):
    """Speaker and listener of every game; minds of one half meet each other and understand, sometimes strangers, who do not."""
    rng, rows = np.random.default_rng(2), []
    for world in range(worlds):
        for game in range(games):
            speaker = int(rng.integers(minds))
            near = [m for m in range(minds) if m // 3 == speaker // 3]
            listener = int(rng.choice(near)) if rng.random() < 0.9 else int(rng.integers(minds))
            won = float(listener // 3 == speaker // 3)
            for seat, (mind, role) in enumerate([(speaker, "speaker"), (listener, "listener")]):
                rows.append((world, game, seat, mind, role, won, float(role == "listener"), float(game % 4 == 0)))
    names = ["world", "episode", "seat", "mind", "role", "measure.correct", "measure.listener", "measure.held_out"]
    return pd.DataFrame(rows, columns=names).assign(condition="normal", seed=0, tick=1, return_=0.0, ticks=1.0)


DECLARED = {
    "headline": {
        "name": "accuracy",
        "measure": "correct",
        "per": "episode",
        "unit": "share of games",
        "rows": {"measure.listener": 1},
        "splits": {"held_out": "measure.held_out"},
    },
}


def spoken_in(episodes):
    """What each speaker says: one language for either half, the meaning told by the game."""
    said = episodes[episodes["role"] == "speaker"].copy()
    dialect = (said["mind"] // 3).to_numpy()
    meaning = np.stack([said["episode"] % 4, said["episode"] // 4 % 3], axis=1)
    said = said[[*LEADING, "episode", "seat", "mind"]].assign(life=0)
    said["m0"], said["m1"] = 1 + meaning[:, 0] + 4 * dialect, 9 + meaning[:, 1] + 3 * dialect
    return said.assign(meaning0=meaning[:, 0], meaning1=meaning[:, 1])


def test_cross_play_dialects_and_generalisation_of_a_run():
    episodes = episodes_of()
    tables = {"episodes": episodes, "messages": spoken_in(episodes)}
    found = by_metric(line for line in build(FrameRun(tables, DECLARED)) if line.condition == "normal")
    gap = found["cross_play.gap"]
    strangers = episodes[episodes["role"] == "listener"].assign(of=episodes[episodes["role"] == "speaker"]["mind"].to_numpy())
    cells = strangers[strangers["of"] != strangers["mind"]].groupby(["of", "mind"])["measure.correct"].mean()
    assert gap.value == pytest.approx(1 - cells.mean()) and gap.ci_low <= gap.value <= gap.ci_high and gap.n == 6
    assert found["dialects"].value == pytest.approx(1.0) and found["dialects"].n == 6
    by_type = episodes[episodes["role"] == "listener"].assign(kind=lambda f: f["episode"] % 12)
    share = by_type.groupby(["measure.held_out", "kind"])["measure.correct"].mean()
    assert found["generalisation_gap.held_out"].value == pytest.approx(share[0.0].mean() - share[1.0].mean())


def plays_of(messages, lag):
    """A partner that does what it heard, one tick later; the speaker itself does nothing of the kind."""
    plays = messages[[*LEADING, "episode", "seat", "mind"]].copy()
    plays["tick"] += lag
    return plays.assign(partner=1, action=0, partner_action=messages["m0"], cooperated=-1, partner_cooperated=-1, reward=0.0)


def test_what_goes_with_speech_is_told_beside_an_intervention_only():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"world": np.repeat(np.arange(10), 20), "tick": np.tile(np.arange(20) * 2, 10), "m0": rng.integers(0, 3, 200)}
    )
    said = frame.assign(condition="normal", seed=0, episode=0, seat=0, mind=0, life=0)
    tables = {"messages": said, "plays": plays_of(said, 1), "episodes": episodes_of()}
    alone = by_metric(build(FrameRun(tables, DECLARED)))["instantaneous_coordination"]
    assert np.isnan(alone.value) and alone.reason.startswith("correlational: told only beside an intervention")
    tables["episodes"] = pd.concat([episodes_of(), episodes_of().assign(condition="mute")])
    found = by_metric(build(FrameRun(tables, DECLARED)))
    line = found["instantaneous_coordination"]
    assert line.value > 1.3 and line.reason == "correlational: read beside effect_of_mute" and line.n == 10
    assert line.ci_low < line.value < line.ci_high
    assert found["speaker_consistency"].reason == "correlational; the meaning is constant"
    tables["plays"] = plays_of(said, 0)  # what a partner does in the same tick is no answer
    assert abs(by_metric(build(FrameRun(tables, DECLARED)))["instantaneous_coordination"].value) < 0.2


def test_a_description_is_a_list_a_frame_and_json():
    told = corpus.describe(corpus.Corpus(*golden.holistic(2, 3, 2, 0)))
    assert len(told.frame()) == len(told) == 16
    assert json.dumps([line.as_dict() for line in told])


def test_structure_is_told_from_its_own_meanings_relabelled():
    data = corpus.Corpus(*golden.compositional(2, 4, 0))
    for name in ("posdis", "tree_reconstruction_error"):
        found = line_of(data, name)
        assert found.p == 0.01 and abs(found.value - found.null) > 0.5


def test_a_speaker_that_never_says_the_same_twice_is_not_alike_to_itself():
    meanings = np.repeat(golden.all_meanings(2, 2), 2, axis=0)
    careless = corpus.Corpus(meanings, np.arange(8)[:, None])
    assert line_of(careless, "language_similarity.self").value == 0.0
    careful = corpus.Corpus(meanings, np.arange(8)[:, None] // 2)
    found = line_of(careful, "language_similarity.self")
    assert found.value == 1.0 and found.null == 0.0
