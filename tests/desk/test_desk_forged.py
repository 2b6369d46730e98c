"""Requests that are none must not end the desk, nor keep it from starting again."""

from pathlib import Path

from society.desk import worker


def test_a_folder_or_a_broken_request_does_not_end_the_desk(tmp_path: Path) -> None:
    folder = tmp_path / ".desk" / "bazaar-20260101-120000-abcdef"
    (folder / f"{'a' * 32}.request").mkdir(parents=True)
    (folder / f"{'b' * 32}.request").write_text("no JSON")
    (folder / f"{'c' * 32}.work").write_text("no JSON")  # the worker before was ended over it
    (folder / f"{'d' * 32}.work").mkdir()
    worker.work(tmp_path, 0, 0.2)
    assert {path.stem[0] for path in folder.glob("*.answer")} == {"b", "c"}
    assert not list(folder.glob("c*.work")) and not list(folder.glob("b*.request"))
