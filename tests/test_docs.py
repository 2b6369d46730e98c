"""The Python examples of the guide pages run, on made-up data of the shapes that they name."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from society import registry
from society.analysis import games

DOCS = Path(__file__).parent.parent / "docs"
RNG = np.random.default_rng(0)
MOVES = (RNG.random((50, 4)) < 0.5).astype(float)
GIVEN = {
    "audit.md": {"my_p_value": lambda meanings, messages: 0.5, "range": lambda n: [0]},  # one seed is enough to run
    "competition.md": {
        "first": RNG.integers(4, size=99), "second": RNG.integers(4, 8, size=99), "score": RNG.integers(2, size=99) / 1,
        "strategy": games.uniform(games.kuhn()),
    },
    "cooperation.md": {
        "returns": RNG.random(MOVES.size), "cooperated": MOVES.ravel(), "worlds": np.repeat(np.arange(50), 4),
        "others": (MOVES.sum(axis=1, keepdims=True) - MOVES).ravel(),
    },
    "economy.md": {
        "wealth": RNG.random(20), "values": RNG.random(8), "costs": RNG.random(8), "prices": RNG.random(9),
        "value_traded": [0.9], "cost_traded": [0.1], "counts": RNG.integers(5, size=(5, 3)),
    },
    "language.md": {
        "df": pd.DataFrame({"shape": [0, 0, 1, 1] * 9, "colour": [0, 1] * 18, "m0": [1, 1, 2, 2] * 9, "m1": [3, 4] * 18})
    },
    "negotiation.md": {},
    "social_rewards.md": {},
    "networks.md": {"seat": RNG.integers(8, size=99), "partner": RNG.integers(8, size=99)},
    "viewer.md": {},
    "statistics.md": {"worlds": RNG.random(30), "runs": RNG.random(6), "ours": RNG.random(6), "theirs": RNG.random(6)},
}  # fmt: skip


def test_every_page_is_here():
    assert {page.name for page in DOCS.glob("*.md")} == set(GIVEN)


@pytest.mark.parametrize("page", GIVEN)
def test_the_example_runs(page):
    examples = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, page, "exec"), dict(GIVEN[page]))


@pytest.mark.parametrize("name", registry.names("scenarios"))
def test_every_world_has_a_page_with_a_picture_and_links_that_lead_somewhere(name):
    page = DOCS / "worlds" / f"{name}.md"
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# {name}") or text.startswith(f"# `{name}`")
    assert f"society run {name}" in text
    links = [link for link in re.findall(r"\]\(([^)#\s]+)\)", text) if not link.startswith("http")]
    assert f"{name}.png" in links
    assert all((page.parent / link).is_file() for link in links), links


RECIPES = sorted(DOCS.glob("bridges/*.md"))


def whole_numbers(text):
    return re.findall(r"(?<![\d.])\d+(?![\d.]*\d)", text)


# What the last recipe of a page must have found: a convention, from an even chance, 512 rounds or more of it.
LEARNT = {
    "bridges/sb3.md": lambda names: abs(names["before"] - 4) < 0.5 and names["after"] > 7.2,
    "bridges/torchrl.md": lambda names: abs(names["paid"][0] - 0.5) < 0.1 and names["paid"][-1] > 0.9,
}


# torchrl warns of a class of its own when its collectors are imported
@pytest.mark.filterwarnings("ignore:Creating .* which inherits from WeightUpdaterBase:DeprecationWarning")
@pytest.mark.parametrize("page", ["worlds/parallel_env.md", *(f"bridges/{one.name}" for one in RECIPES)])
def test_every_recipe_of_a_bridge_runs_and_prints_what_its_comments_say(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert examples
    for example in examples:
        names = {"__name__": "__main__"}
        exec(compile(example, page, "exec"), names)
        printed = iter(whole_numbers(capsys.readouterr().out))
        for said in re.findall(r"^ *print\(.*\)  # (.*)$", example, re.MULTILINE):  # up to a colon: what follows explains
            assert all(number in printed for number in whole_numbers(said.partition(": ")[0] if said[0] != "{" else said)), said
    assert LEARNT.get(page, lambda names: True)(names)


# torchrl warns of a class of its own when its environments are imported
@pytest.mark.filterwarnings("ignore:Creating .* which inherits from WeightUpdaterBase:DeprecationWarning")
def test_the_readme_is_at_home_in_the_ecosystem(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    section = text.split("## At home in the ecosystem")[1].split("\n## ")[0]
    examples = [found for found in re.findall(r"```python\n(.*?)```", section, re.DOTALL) if "society.run(" not in found]
    assert len(examples) == 3  # the fourth grows a society for a minute: its page has a small one
    for example in examples:
        exec(compile(example, "README.md", "exec"), {"__name__": "__main__"})
