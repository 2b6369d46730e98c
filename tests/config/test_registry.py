import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from society import registry


def test_a_users_own_files_are_found_and_helpers_are_not(home):
    assert "toyworld" in registry.names("scenarios")
    assert "plain" not in registry.names("scenarios") and "_helper" not in registry.names("scenarios")
    assert {"narrow", "deep"} <= set(registry.names("policies"))
    assert {"slow", "odd"} <= set(registry.names("learners"))
    assert "slow" not in registry.names("policies")


def test_get_imports_relative_siblings_and_is_the_same_each_time(home):
    found = registry.get("scenarios", "toyworld")
    assert found.Config().size == 9
    assert found is registry.get("scenarios", "toyworld")
    assert found is registry.load_file("scenarios/toyworld.py")
    assert found.__module__.startswith("society.scenarios.")


def test_two_folders_do_not_share_their_files(home, monkeypatch, tmp_path):
    first = registry.get("scenarios", "toyworld")
    other = tmp_path / "elsewhere" / "scenarios"
    other.mkdir(parents=True)
    (other / "_helper.py").write_text("LOW = 3\n")
    (other / "toyworld.py").write_text((home / "scenarios" / "toyworld.py").read_text())
    monkeypatch.chdir(other.parent)
    second = registry.get("scenarios", "toyworld")
    assert second is not first and second.Config.model_fields["size"].metadata[0].ge == 3


def test_unknown_names_the_nearest(home):
    with pytest.raises(registry.Unknown, match=r"^unknown scenario 'toywrld'; did you mean toyworld\?$"):
        registry.get("scenarios", "toywrld")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("import nothing_of_this_name\nscenario = 1\n", "ModuleNotFoundError"),
        ("scenario = (\n", "SyntaxError"),
        ("scenario = 1\nraise SystemExit(3)\n", "SystemExit"),
        ("scenario = 1\nraise KeyError('a\\nb')\n", "KeyError"),
    ],
)
def test_a_broken_file_breaks_nothing_else(home, text, part):
    (home / "scenarios" / "broken.py").write_text(text)
    found = {entry.name: entry for entry in registry.checked("scenarios")}
    assert part in found["broken"].error and "\n" not in found["broken"].error
    assert found["toyworld"].error == ""
    with pytest.raises(registry.Broken, match=r"\A.+\Z") as caught:
        registry.get("scenarios", "broken")
    assert "broken.py" in str(caught.value) or part in str(caught.value)
    with pytest.raises(registry.Broken):
        registry.load_file("scenarios/broken.py")
    assert registry.get("scenarios", "toyworld")


def test_load_file_says_what_is_wrong(home):
    with pytest.raises(registry.Broken, match="no such file"):
        registry.load_file("nothing.py")
    with pytest.raises(registry.Broken, match="add `scenario = YourClass`"):
        registry.load_file("scenarios/plain.py")


def test_an_installed_name_is_not_shadowed_by_a_local_one(home):
    shipped = next(entry for entry in registry.entries("policies") if entry.origin == "installed")
    (home / "agents" / f"{shipped.name}.py").write_text("policy = 1\n")
    again = {entry.name: entry for entry in registry.entries("policies")}
    assert again[shipped.name] == shipped
    assert any("is taken" in entry.error for entry in again.values())
    assert not any(" " in name for name in registry.names("policies"))
    (home / "agents" / f"{shipped.name}.py").write_bytes(Path(shipped.path).read_bytes())  # a checkout beside the wheel
    assert not any("is taken" in entry.error for entry in registry.entries("policies"))


def test_entry_points_are_found(home, monkeypatch):
    point = metadata.EntryPoint("from_afar", "fractions:Fraction", "society.scenarios")
    bad = metadata.EntryPoint("from_nowhere", "nowhere_at_all:x", "society.scenarios")
    monkeypatch.setattr(
        metadata, "entry_points", lambda group: [point, bad] if group == "society.scenarios" else []
    )
    assert {"from_afar", "from_nowhere"} <= set(registry.names("scenarios"))
    assert registry.get("scenarios", "from_afar").__name__ == "Fraction"
    errors = {entry.name: entry.error for entry in registry.checked("scenarios")}
    assert "ModuleNotFoundError" in errors["from_nowhere"] and errors["from_afar"] == ""


def test_metrics_are_found_by_their_decorator():
    found = {entry.name: entry for entry in registry.entries("metrics")}
    assert found and all(entry.summary for entry in found.values())
    name = next(iter(found))
    assert registry.get("metrics", name).name == name


def test_listing_imports_neither_torch_nor_pandas():
    code = (
        "import sys; from society import registry; [registry.names(kind) for kind in registry.KINDS];"
        "sys.exit(len({'torch', 'pandas', 'scipy'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
