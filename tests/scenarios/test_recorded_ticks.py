"""What a seed and its actions bring must stay what it was: recorded runs and their frames are replayed by later versions.

Digests of all integer state and of the features, taken before these worlds were made fast. A change of rules that is meant
makes new ones.
"""

import hashlib

import pytest
import torch
from torch.utils import _pytree as pytree

from society.config import resolve
from society.engine import build
from society.world.worlds import Worlds

DIGESTS = {
    ("commons_harvest", "ssd"): "8e26c16d5bee5d44",
    ("commons_harvest", "quick"): "3250427d2082489a",
    ("clean_up", "default"): "133d8f2a87281747",
    ("clean_up", "quick"): "20b55f96fa21f677",
    ("negotiation", "default"): "fadfb01185f05f04",
    ("negotiation", "talk"): "b712d5f9f3113249",
}


@pytest.mark.parametrize(("name", "preset"), DIGESTS)
def test_a_seed_and_its_actions_bring_what_they_did(name, preset):
    made = build.scenario(build.settle(resolve(name, preset, {})))
    worlds, digest = Worlds.begin(made, 5, torch.arange(4)), hashlib.sha256()
    for _ in range(80):
        seen = worlds.observe()
        digest.update(seen.features.contiguous().numpy().tobytes())  # comparisons and single divisions: exact everywhere
        action = {n: worlds.key.integers(f"test.{n}", h.size, made.spec.seats, h.length) for n, h in made.spec.heads.items()}
        worlds, _, _ = worlds.step(made.spec.pack(action), seen)
        for leaf in pytree.tree_leaves(worlds.state):
            digest.update(leaf.contiguous().numpy().tobytes())
    assert digest.hexdigest()[:16] == DIGESTS[name, preset]
