"""`society audit` from the shell: the table, the document, the status."""

import json

import pytest

from society.audit import audit, auditing, societies
from society.cli import main


@pytest.fixture
def two(monkeypatch):
    crowd = [one for one in societies() if one.name in ("honest", "honest/without")]
    monkeypatch.setattr(auditing, "every", lambda: crowd)


def test_the_table_and_the_status(two, capsys):
    status, text = main(["audit", "--quick"]), capsys.readouterr().out
    # presence alone is planted in neither of the two, so its power cannot be seen: the audit does not hold
    assert status == 1 and "effect of content" in text and "WHERE EACH FAILS" in text
    assert "mute without content" in text and "FALLS SHORT" in text


def test_the_document(two, capsys):
    main(["audit", "--seeds", "0,1", "--json"])
    found = json.loads(capsys.readouterr().out)
    rows = {(one["metric"], one["question"]): one for one in found["rows"]}
    content = rows["effect of content", "content"]
    assert content["power"]["n"] == 2 and content["power"]["rate"] == 1.0 and found["seeds"] == [0, 1]
    assert rows["mute without content", "presence"]["power"]["rate"] is None and found["holds"] is False


def test_bad_seeds_are_one_line(capsys):
    assert main(["audit", "--seeds", "many"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_progress_counts_every_replicate():
    heard = []
    crowd = list(societies())[:2]
    audit(metrics={"yes": lambda data: True}, seeds=[3, 4], societies=crowd, progress=lambda *at: heard.append(at))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]
