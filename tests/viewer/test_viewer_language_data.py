"""What the Language page reads and computes, against hand-made values, pandas, scipy and the report's own lines."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import viewer_language_runs as runs
import viewer_runs
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency

from society.analysis.corpus import from_table
from society.analysis.corpus.lines import LINES
from society.analysis.estimate import Estimate
from society.record.recorder import Recorder
from society.record.store import Run
from society.viewer.data import dialects, language, language_lines, lexicon, reactions


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(runs.speaking(tmp_path_factory.mktemp("runs") / "talk-20260101-120000-abcdef"))


def counted(*rows: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["meaning", "symbol", "count"])


# ------------------------------------------------------------------------------------------------------------- what is read


def test_what_a_run_says(run: Run) -> None:
    told = language.talk(run)
    assert told is not None
    assert (told.parts, told.length, told.conditions) == (("colour",), 2, ["normal", "mute"])
    assert told.minds("normal") == [0, 1, 2, 3] and told.rows("mute") == runs.TICKS * runs.WORLDS * runs.MINDS
    assert {name: one.name for name, one in language.speakers(run).items()} == {
        "normal": run.name,
        "mute": run.name,
        "muted_from_birth": "muted_from_birth",
    }


def test_uses_are_those_that_pandas_counts(run: Run) -> None:
    frame = pd.DataFrame(runs.rows("normal"))
    expected = frame.groupby(["mind", "meaning0", "m0"]).size()
    found = language.uses(run, "normal", 0, 0).set_index(["mind", "meaning", "symbol"])["count"]
    assert found.to_dict() == expected.to_dict()
    by_mind = language.uses(run, "normal", None, 1)
    assert by_mind[["mind", "meaning", "symbol", "count"]].values.tolist() == [[k, k, 2, 120] for k in range(4)]


def test_padding_and_the_unknown_are_left_out(tmp_path: Path) -> None:
    path = viewer_runs.begin(tmp_path / "padded-20260101-120000-abcdef", "done")
    recorder = Recorder(path)
    place = {"condition": "normal", "seed": 0, "world": 0, "tick": [0, 1, 2, 3], "episode": 0, "seat": 0, "life": 0}
    recorder.add("messages", place | {"mind": [0, 0, 0, -1], "m0": [1, -1, 2, 3], "meaning0": [5, 5, -1, 5]})
    recorder.flush(1)
    found = language.uses(Run(path), "normal", 0, 0)
    assert found.values.tolist() == [[-1, 5, 3, 1], [0, 5, 1, 1]]  # a scripted agent is counted, and no mind to choose
    told = language.talk(Run(path))
    assert told is not None and told.minds("normal") == [0]


def test_the_pages_of_utterances_are_the_rows(run: Run) -> None:
    frame = pd.DataFrame(runs.rows("normal"))
    kept = frame[(frame["world"] == 2) & (frame["mind"] == 1)].reset_index(drop=True)
    where = {"condition": "normal", "world": 2, "mind": 1}
    assert language.many(run, where) == len(kept) == 30
    page = language.page(run, where, 10, 5)
    pd.testing.assert_frame_equal(
        page[["tick", "m0", "meaning0"]], kept[["tick", "m0", "meaning0"]].iloc[10:15].reset_index(drop=True)
    )


def test_nonsense_is_left_out_and_never_raised(tmp_path: Path) -> None:
    run = Run(runs.odd(tmp_path / "odd-20260101-120000-abcdef"))
    told = language.talk(run)
    assert told is not None and told.parts == ("meaning 0", "meaning 1")  # names that are not all different are none
    assert language.symbols(run, language.uses(run, runs.EVIL, 0, 0)) >= 1
    grown = language.lexicon(run)
    assert grown["count"].between(1, language.MOST_TIMES).all() and (grown["symbol"] >= 0).all()
    assert np.isfinite(lexicon.curve(grown)["most"]).all()


def test_a_message_in_words() -> None:
    assert language.spoken([0, 0, -1]) == "silence"
    assert language.spoken([0, 12, 3, -1]) == "· 12 3"


# ------------------------------------------------------------------------------------------------------------- the lexicon


def test_shares_and_pointwise_information_of_a_table_by_hand() -> None:
    found = counted((0, 0, 6), (0, 1, 2), (1, 1, 8))
    values = {
        show: lexicon.cells(found, show).rows.pivot(index="meaning", columns="symbol", values="value") for show in lexicon.SHOWS
    }
    assert values["saying"].loc["0", "silence"] == 0.75 and values["saying"].loc["1", "1"] == 1.0
    assert values["meaning"].loc["0", "1"] == 0.2 and values["meaning"].loc["0", "silence"] == 1.0
    assert values["count"].to_numpy().sum() == 16
    assert values["pmi"].loc["0", "silence"] == pytest.approx(np.log2((6 / 16) / ((8 / 16) * (6 / 16))))
    assert np.isnan(values["pmi"].loc["1", "silence"])


def test_pointwise_information_adds_up_to_the_mutual_information() -> None:
    counts = np.random.default_rng(0).integers(1, 40, (5, 4))
    found = counted(*((i, j, int(counts[i, j])) for i in range(5) for j in range(4)))
    rows = lexicon.cells(found, "pmi").rows
    assert (rows["value"] * rows["count"]).sum() / counts.sum() == pytest.approx(lexicon.told(found).bits, abs=1e-9)


def test_a_large_lexicon_keeps_its_frequent_part_and_every_utterance() -> None:
    meaning, symbol = np.arange(150), 1 + np.arange(150)
    often = 1000 - 5 * meaning
    found = pd.DataFrame({"meaning": meaning, "symbol": symbol, "count": often})
    found = pd.concat([found, counted((0, 0, 1))], ignore_index=True)
    one = lexicon.cells(found, "count")
    assert len(one.meanings) == len(one.symbols) == lexicon.SHOWN
    assert one.meanings[-1] == "127 other values" and one.symbols[-1] == "128 other symbols" and one.symbols[0] == "silence"
    assert one.meanings[:-1] == [str(i) for i in range(23)]  # the most frequent, by number
    assert one.rows["count"].sum() == found["count"].sum()


def test_bits_of_a_perfect_code_and_of_none() -> None:
    code = lexicon.told(counted(*((i, i, 10**7) for i in range(4))))
    assert code.bits == pytest.approx(2.0, abs=0.01) and code.null < 0.01 and code.most == 2.0 and code.n == 4 * 10**7
    noise = lexicon.told(counted(*((i, j, 250) for i in range(4) for j in range(4))))
    assert noise.bits == pytest.approx(0.0, abs=1e-9) and 0 < noise.null < 0.01
    assert lexicon.told(counted((0, 1, 5), (1, 1, 5))).bits == 0.0
    assert np.isnan(lexicon.told(counted()).bits)


def test_bits_are_of_all_utterances_and_their_null_is_that_of_shuffled_ones() -> None:
    found = counted((0, 0, 30_000), (0, 1, 10_000), (1, 0, 5_000), (1, 2, 20_000))
    one = lexicon.told(found)
    joint = found["count"].to_numpy() / 65_000
    each = ((0, 35_000), (1, 10_000), (2, 20_000))
    margins = sum(np.log2(count / 65_000) * count / 65_000 for _, count in (*each, (0, 40_000), (1, 25_000)))
    assert one.bits == pytest.approx((joint * np.log2(joint)).sum() - margins, abs=1e-12)  # H(X) + H(Y) - H(X, Y)

    def information(a: np.ndarray, b: np.ndarray) -> float:
        test = chi2_contingency(pd.crosstab(a, b), correction=False, lambda_="log-likelihood")
        return float(test[0] / (2 * len(a) * np.log(2)))

    rng, few = np.random.default_rng(1), counted((0, 0, 9), (0, 1, 6), (1, 0, 5), (1, 1, 10))
    meaning, symbol = (np.repeat(few[name], few["count"]).to_numpy() for name in ("meaning", "symbol"))
    shuffles = [information(meaning, rng.permutation(symbol)) for _ in range(300)]
    assert lexicon.told(few).null == pytest.approx(np.mean(shuffles), rel=0.5)
    many = lexicon.told(few.assign(count=few["count"] * 10**9))
    assert many.bits == pytest.approx(lexicon.told(few).bits) and many.null == pytest.approx(1 / (2 * 30e9 * np.log(2)))


def test_a_lexicon_grows(run: Run) -> None:
    grown = language.lexicon(run)
    assert lexicon.moments(grown) == [100, 200, 300]
    curve = lexicon.curve(grown)
    first, middle, last = curve[curve["position"] == "position 1"]["bits"]
    assert first < middle < last == pytest.approx(np.log2(3))
    assert (curve["null"] < 0.1).all() and curve["most"].round(6).eq(round(np.log2(3), 6)).all()


# ----------------------------------------------------------------------------------------------------------- who and whom


def test_two_dialects_stand_together_and_the_mean_is_the_report_s(run: Run) -> None:
    found = dialects.voices(run, "normal")
    assert {frozenset(found.minds[:2]), frozenset(found.minds[2:])} == {frozenset((0, 2)), frozenset((1, 3))}
    place = {mind: i for i, mind in enumerate(found.minds)}
    assert found.alike[place[0], place[2]] == 1.0  # one dialect: the same words
    assert found.alike[place[0], place[1]] == 0.5  # one of two symbols is the same in both
    off = ~np.eye(4, dtype=bool)
    corpus = from_table(run.table("messages", where={"condition": "normal"}))
    line = LINES["language_similarity.others"][1](corpus)
    assert found.alike[off].mean() == pytest.approx(line.value)
    assert np.allclose(np.diag(found.alike), 1.0) and found.null[off].max() < 0.8


def test_without_meanings_there_is_no_comparison(tmp_path: Path) -> None:
    path = viewer_runs.begin(tmp_path / "mean-20260101-120000-abcdef", "done")
    recorder = Recorder(path)
    place = {"condition": "normal", "seed": 0, "world": 0, "tick": 0, "episode": 0, "seat": [0, 1], "mind": [0, 1], "life": 0}
    recorder.add("messages", place | {"m0": [1, 2]})
    recorder.flush(1)
    assert "knew" in dialects.voices(Run(path), "normal").reason


# ------------------------------------------------------------------------------------------------------ lines of the report


def line(metric: str, condition: str, value: float, low: float = np.nan, high: float = np.nan, **more: object) -> Estimate:
    return Estimate(metric, condition, value, low, high, 0.0, 64, **more)  # type: ignore[arg-type]


def test_every_line_of_a_corpus_is_explained() -> None:
    for name in (*LINES, "cic", "positive_listening", "positive_signalling", "generalisation_gap.held_out", "cross_play.gap"):
        assert language_lines.meaning_of(line(name, "normal", 1.0), "welfare"), name
    assert language_lines.meaning_of(line("welfare", "normal", 1.0), "welfare") is None
    told = language_lines.meaning_of(line("mutual_information.speaking", "normal", 1.0), "welfare")
    assert told is not None and "speaking and silence" in told[1]


@pytest.mark.parametrize(
    ("lines", "has", "lacks"),
    [
        ([], "no twin world", "rely"),
        ([line("effect_of_mute.w", "mute", -1, -2, -0.5)], "Mute lowers w, its interval excludes the null", "mislead"),
        ([line("effect_of_content.w", "content", 1, 0.5, 2)], "Content raises w", "rely"),
        ([line("effect_of_mute.w", "mute", -1, -2, 0.5)], "no effect is shown", "rely"),
        ([line("effect_of_mute.w", "mute", -1)], "no effect is shown", "rely"),
        ([line("worth_over_muted_from_birth.w", "muted_from_birth", 0.5)], "one training run and has no interval", "higher"),
        (
            [line("worth_over_muted_from_birth.w", "muted_from_birth", 0.5, 0.1, 0.9)],
            "w higher than muted_from_birth",
            "no interval",
        ),
        ([line("worth_over_muted_from_birth.w", "muted_from_birth", 0.5, -0.1, 0.9)], "no worth is shown", "higher"),
        ([line("worth_over_muted_from_birth.w", "muted_from_birth", np.nan)], "not known", "higher"),
        (
            [
                line("worth_over_muted_from_birth.w", "muted_from_birth", 0.5, 0.1, 0.9),
                line("worth_over_content_from_birth.w", "content_from_birth", 0.1, -0.3, 0.5),
            ],
            "its interval excludes the null; against content_from_birth no worth is shown",
            "lower",
        ),
    ],
)
def test_the_sentence_says_what_the_intervals_say(lines: list[Estimate], has: str, lacks: str) -> None:
    says = language_lines.sentence(lines, "w")
    assert has in says and lacks not in says


# ---------------------------------------------------------------------------------------------------------------- what if


def test_reactions_are_sorted_and_measured_as_elsewhere() -> None:
    before = np.array([[0.5, 0.5, 0.0], [0.1, 0.2, 0.7], [1.0, 0.0, 0.0]])
    after = np.array([[0.5, 0.5, 0.0], [0.6, 0.2, 0.2], [0.0, 1.0, 0.0]])
    facts = {"listeners": [1, 2, 3], "heads": [["move", 3]], "reacts": {"move": [True, True, True]}}
    found = reactions.reactions(facts, {"before.move": before, "after.move": after})
    assert [one.listener for one in found] == [3, 2, 1]
    assert [one.variation for one in found] == pytest.approx([1.0, 0.5, 0.0])
    expected = [jensenshannon(b, a) ** 2 for b, a in zip(before[::-1], after[::-1], strict=True)]
    assert [one.divergence for one in found] == pytest.approx(expected, abs=1e-12)
    facts["reacts"] = {"move": [True, False, False]}
    assert [one.listener for one in reactions.reactions(facts, {"before.move": before, "after.move": after})] == [1]


@pytest.mark.parametrize(
    "facts",
    [{}, {"listeners": "all"}, {"listeners": [1], "heads": [["move", 3], 7]}, {"listeners": [1, 2], "heads": [[]], "reacts": 3}],
)
def test_an_answer_that_does_not_fit_is_none(facts: dict[str, object]) -> None:
    assert reactions.reactions(facts, {"before.move": np.ones((3, 2)), "after.move": np.ones((3, 2))}) == []
