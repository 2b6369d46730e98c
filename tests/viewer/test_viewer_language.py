"""The page Language: its order, its choices in the address, and the question about another message."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import viewer_language_runs as runs
import viewer_runs
from streamlit.testing.v1 import AppTest
from viewer_app import opened
from viewer_runs import EVIL, LINK

from society.record.recorder import Recorder
from society.viewer.desk import Answer
from society.viewer.pages import language_what_if

NAME, ODD, MUTE, YOUNG = (f"{name}-20260101-120000-abcdef" for name in ("talk", "odd", "mute", "young"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that speaks, one that is nonsense, one without a channel, one that is learning; nobody changes them."""
    folder = tmp_path_factory.mktemp("runs")
    runs.speaking(folder / NAME)
    runs.odd(folder / ODD)
    viewer_runs.finished(folder / MUTE)
    young = viewer_runs.begin(folder / YOUNG)
    recorder = Recorder(young)
    place = {
        "condition": "training",
        "seed": 3,
        "world": -1,
        "tick": -1,
        "update": 1,
        "agent_steps": 50,
        "part": 0,
        "position": 0,
    }
    recorder.add("lexicon", place | {"meaning": [0, 1], "symbol": [1, 2], "count": [7, 9]})
    recorder.flush(1)
    return folder


def app(root: Path, run: str = NAME, **query: str) -> AppTest:
    return opened(root, **({"run": run, "page": "Language"} | query))


def answered(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []

    def ask(root: Path, run: Any, request: dict[str, Any]) -> Answer:
        asked.append(request)
        return answer

    monkeypatch.setattr(language_what_if, "ask", ask)
    return asked


def said(test: AppTest) -> str:
    return "\n".join(str(one.value) for one in [*test.markdown, *test.error, *test.warning, *test.info, *test.caption])


def utterances(test: AppTest) -> Any:
    return next(one.value for one in test.dataframe if "message" in one.value.columns)


def test_the_page_begins_with_what_talk_does_and_ends_with_what_if(root: Path) -> None:
    test = app(root)
    assert not test.exception and not test.error and not test.warning
    heads = [one.value for one in test.markdown if one.value.startswith("####")]
    assert heads == [
        "#### Does talk matter?",
        "#### Lexicon: what is said for what",
        "#### Every measure of this language",
        "#### Who speaks like whom",
        "#### What was said",
        "#### What if it had said …",
    ]
    assert EVIL not in said(test)
    text = said(test).replace("\\", "")
    assert "Mute lowers welfare, its interval excludes the null" in text
    assert "the interval of content includes the null or is missing" in text
    assert "0.500 over muted_from_birth, is that of one training run" in text
    assert "relabel: not played" in text and "welfare as trained: **2.00** [1.90, 2.10], chance 0.500" in text
    metrics = next(one.value for one in test.dataframe if "about" in one.value.columns).set_index("metric")
    assert metrics.loc["posdis", "95 % interval"] == "[0.300, 0.500]"
    assert "needs two attributes" in metrics.loc["topographic_similarity"].iloc[-1]


def test_text_of_files_is_never_markup(root: Path) -> None:
    test = app(root, ODD)
    assert not test.exception and not test.error, [one.value for one in test.error]
    assert EVIL not in said(test) and LINK not in said(test)


def test_choices_are_in_the_address_and_lead_the_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answered(monkeypatch, Answer("pending"))
    moment = {"world": "0", "tick": "0", "seat": "1", "instead": "2.0"}
    test = app(root, mind="2", condition="mute", show="pmi", position="2", of_world="1", says="1.3", **moment)
    assert not test.exception and not test.warning
    assert "choose condition normal" in said(test) and not asked  # only the society as it was trained is asked
    table = utterances(test)
    assert set(table["mind"]) == {2} and set(table["world"]) == {1} and {one.split()[0] for one in table["message"]} == {"3"}
    test.selectbox(key="choose_condition").set_value("muted_from_birth").run()
    assert test.query_params["condition"] in ("muted_from_birth", ["muted_from_birth"])
    assert set(utterances(test)["tick"]) <= {0, 1, 2} and not test.exception


def test_an_address_that_asks_for_nonsense_is_told_so(root: Path) -> None:
    test = app(root, mind="99", says=EVIL, **{"from": "-7"}, world="1e9", tick=EVIL, seat="\0", instead="9.9")
    assert not test.exception and test.warning and EVIL not in said(test)
    assert "messages 1 to 50 of 480" in said(test)


def test_the_rows_are_paged(root: Path) -> None:
    test = app(root, of_world="0", **{"from": "99999"})
    assert "messages 101 to 120 of 120" in said(test) and test.button(key="utterances_on").disabled
    test.button(key="utterances_back").click().run()
    assert "messages 51 to 100 of 120" in said(test) and utterances(test)["tick"].iloc[0] == 12


def test_the_training_has_moments(root: Path) -> None:
    test = app(root, lexicon="over training", moment="200")
    assert not test.exception and not test.warning
    assert test.select_slider[0].value == "200" and "100 agent-steps" in test.select_slider[0].options
    young = app(root, YOUNG)
    assert not young.exception and "No report yet" in said(young) and "What was said" not in said(young)


def test_a_world_without_a_channel_says_so(root: Path) -> None:
    test = app(root, MUTE)
    assert "This world has no channel" in said(test) and not test.exception


# ---------------------------------------------------------------------------------------------------------------- what if


def test_nobody_is_asked_before_the_button(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"said": [1, 2], "p_said": 0.75, "p_message": 0.125, "listeners": [0, 1, 3], "heads": [["move", 2]], "same": True}
    facts["reacts"] = {"move": [True, True, False]}
    tables = {"before.move": np.array([[1.0, 0], [0.5, 0.5], [0.5, 0.5]]), "after.move": np.array([[0.0, 1], [0.5, 0.5], [0, 1]])}
    asked = answered(monkeypatch, Answer("ready", facts, tables))
    test = app(root, world="1", tick="4", seat="2")
    assert not asked and "replay" not in said(test)
    test.selectbox(key="what_if_1_1_4_2").set_value(3).run()
    test.button(key="what_if_ask").click().run()
    assert not test.exception
    assert asked[-1] == {
        "kind": "what_if", "condition": "normal", "seed": 3, "world": 1, "tick": 4, "speaker": 2, "message": [0, 3],
    }  # fmt: skip
    text = said(test).replace("\\", "")
    assert "the replay equals the recording" in text and "probability 0.750, the other with 0.125" in text
    assert text.index("seat 0**, move: total variation 1.00") < text.index("seat 1**, move: total variation 0")
    assert "seat 3**" not in text and "One state, and no estimate" in text


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer("pending"), "The minds are being asked"),
        (Answer("failed", message=f"nobody is there {EVIL}"), "The desk has no answer: nobody is there"),
    ],
)
def test_an_answer_that_is_none_is_said(root: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, says: str) -> None:
    asked = answered(monkeypatch, answer)
    test = app(root, world="0", tick="0", seat="1", instead="2.0")
    assert not test.exception and asked[0]["message"] == [2, 0]
    assert says in said(test).replace("\\", "") and EVIL not in said(test)
