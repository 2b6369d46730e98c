"""Every annotated shape of worlds, populations and minds is checked at run time while the tests run."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: idle threads sleep beside busy processes

from hypothesis import settings
from jaxtyping import install_import_hook

install_import_hook(["society.world", "society.population", "society.agents"], "beartype.beartype")

# the same examples every time: a run of the tests says something of the code, not of its luck
settings.register_profile("seeded", derandomize=True)
settings.load_profile("seeded")
