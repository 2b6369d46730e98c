"""Every page with every kind of run: it says something, and never with an exception."""

import json
from pathlib import Path

import pytest
import viewer_runs
from streamlit.testing.v1 import AppTest
from viewer_app import opened as app
from viewer_runs import EVIL, KINDS, LINK

from society.viewer import form, main, words
from society.viewer.queries import Refused

PAGES = tuple(main.PAGES)


def said(test: AppTest) -> str:
    blocks = [*test.markdown, *test.error, *test.warning, *test.info, *test.caption, *test.code]
    return "\n".join(str(block.value) for block in blocks)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of every kind; nobody changes it."""
    folder = tmp_path_factory.mktemp("runs")
    for number, (kind, make) in enumerate(KINDS.items()):
        make(folder / f"{kind}-20260101-12000{number}-abcdef")
    return folder


def name_of(root: Path, kind: str) -> str:
    return next(path.name for path in root.iterdir() if path.name.startswith(kind + "-"))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_shows_every_kind_of_run(root: Path, kind: str, page: str) -> None:
    test = app(root, run=name_of(root, kind), page=page)
    assert not test.exception
    text = said(test)
    if page == "Runs":
        states = dict(zip(test.dataframe[0].value["run"], test.dataframe[0].value["state"], strict=True))
        assert len(states) == len(KINDS)
        assert "damaged" in states[name_of(root, "damaged_tables")]
        assert "killed" in states[name_of(root, "killed")]
    elif kind.startswith("damaged"):
        assert "This run is damaged" in text and len(test.error) == 1
    elif page == "Report":
        assert ("No report" in text) == (kind in ("live", "new", "killed"))
    elif page == "Population":
        assert ("No learning curve" in text) == (kind == "new")
    elif page == "World":
        assert ("No recorded world" in text) == (kind in ("live", "new", "killed"))


@pytest.mark.parametrize("page", PAGES)
def test_no_runs(tmp_path: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> dict[str, str]:  # the form asks another process, which loads torch: test_viewer_runs.py looks at it
        raise Refused("asked no one")

    monkeypatch.setattr(form, "scenarios", refused)
    test = app(tmp_path / "not there", page=page)
    assert not test.exception
    assert "There is no run in" in said(test) and "society run" in said(test)


def test_the_damaged_run_is_listed_with_its_problem(root: Path) -> None:
    rows = app(root).dataframe[0].value.set_index("run")
    problem = rows.loc[name_of(root, "damaged_status"), "note"]
    assert "status.json" in problem and "\n" not in problem


@pytest.mark.parametrize(
    "name",
    ["..", "../secret", "%2e%2e/secret", "/etc", "a\0b", "linked-20260101-120000-abcdef", "nobody", "", ".", EVIL],
)
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "runs"
    viewer_runs.live(folder / "bazaar-20260101-120000-abcdef")
    secret = viewer_runs.live(tmp_path / "secret")
    (folder / "linked-20260101-120000-abcdef").symlink_to(secret)
    (folder / "loop-20260101-120000-abcdef").symlink_to(folder / "loop-20260101-120000-abcdef")
    for page in ("Runs", "World"):
        test = app(folder, run=name, page=page)
        assert not test.exception
        assert len(test.error) == 1 and (name in ("", ".", "..") or name not in test.error[0].value)
        assert "run" not in test.query_params


def test_a_link_out_of_the_folder_is_listed_but_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.mkdir()
    (folder / "linked-20260101-120000-abcdef").symlink_to(viewer_runs.finished(tmp_path / "secret"))
    rows = app(folder).dataframe[0].value
    assert "refused" in rows["state"][0] and rows["headline [95 %]"][0] == "" and rows["scenario"][0] == ""


@pytest.mark.parametrize("query", [{"page": EVIL}, {"page": "World", "condition": "..", "world": "-1", "tick": "1e9"}])
def test_an_address_that_asks_for_what_is_not_there_gets_something_else(root: Path, query: dict[str, str]) -> None:
    test = app(root, run=name_of(root, "finished"), **query)
    assert not test.exception and not test.error
    assert test.warning and EVIL not in said(test)


def test_a_choice_is_written_to_the_address_and_drops_what_was_below_it(root: Path) -> None:
    test = app(root, run=name_of(root, "finished"), page="World", condition="mute", tick="3")
    test.selectbox(key="choose_run").set_value(name_of(root, "live")).run()
    assert not test.exception
    assert test.query_params["run"] == name_of(root, "live")
    assert "condition" not in test.query_params and "tick" not in test.query_params


@pytest.mark.parametrize("page", ["Report", "Population", "World"])
@pytest.mark.parametrize("kind", ["finished", "without_cells"])
def test_text_from_files_is_never_markup(root: Path, kind: str, page: str) -> None:
    text = said(app(root, run=name_of(root, kind), page=page))
    assert EVIL not in text and LINK not in text


def test_plain_text_keeps_its_letters_and_loses_its_marks() -> None:
    assert words.plain("a\nb  c") == "a b c"
    assert words.plain(LINK) == "\\!\\[x\\]\\(http\\:\\/\u200b\\/example\\.com\\/x\\.png\\)"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (14.52, "14.5"), (-0.0796, "−0.0796"), (123456.0, "1.2e+05"), (1234.0, "1,234")],  # noqa: RUF001
)
def test_numbers(value: float, text: str) -> None:
    assert words.number(value) == text
    assert words.number(float("nan")) == words.number(None) == ""


def test_the_player_gets_only_numbers_names_and_true_colours(root: Path) -> None:
    from society.record.store import Run
    from society.viewer.replay import facts

    run = Run(root / name_of(root, "finished"))
    told = facts(run, run.frames("normal", 0, 0, 5))
    assert told["legend"][2] == [EVIL, "#009E73"]  # the name is drawn as text; the colour that was none is replaced
    assert told["goods"] == [["A", "#0072B2"], ["B", "#E69F00"]]
    assert told["offers"] == [[-1, -1, 0, 0], [0, 1, 1, 1], [0, 1, 2, 1], [1, 0, 1, 1], [1, 0, 2, 1]]
    json.dumps(told)
