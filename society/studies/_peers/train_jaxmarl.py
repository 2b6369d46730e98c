"""JaxMARL's side of training: its own baseline, `baselines/IPPO/ippo_ff_mpe.py`, as it is, from a checkout of its repository.

The wheel holds no baselines; $JAXMARL_CHECKOUT says where a checkout lies. What the file imports for its command line alone
(hydra, wandb, plots) is stood in for by empty modules, and what it would send to wandb is dropped. Several seeds are trained
one after another, each by all cores. (Its own `main` lays them side by side with `jax.vmap`; on two cores that program, by jax
0.10.2, now and then waits for itself for ever, and where it ends it is no faster.)
"""

from __future__ import annotations

import importlib.util
import os
import sys
import types
from pathlib import Path
from typing import Any

from child import Round

FILE = "baselines/IPPO/ippo_ff_mpe.py"
EPISODE = {"max_steps": 24}  # it compares before it counts: its own 25 are 26 steps, and returns longer by one than ours
# baselines/IPPO/config/ippo_ff_mpe.yaml, but for what the work says and the episode: environments, updates, step size
SETTINGS = {
    "NUM_STEPS": 128, "UPDATE_EPOCHS": 4, "NUM_MINIBATCHES": 4, "GAMMA": 0.99, "GAE_LAMBDA": 0.95, "CLIP_EPS": 0.2,
    "ENT_COEF": 0.01, "VF_COEF": 0.5, "MAX_GRAD_NORM": 0.5, "ACTIVATION": "tanh", "ENV_NAME": "MPE_simple_spread_v3",
    "ENV_KWARGS": EPISODE, "ANNEAL_LR": True,
}  # fmt: skip


def begin(work: dict[str, Any]) -> Round:
    """A round trains every seed from its beginning, for `updates` updates; the first only compiles the program."""
    import jax

    steps = SETTINGS["NUM_STEPS"] * work["worlds"] * work["updates"]
    settings = {**SETTINGS, "NUM_ENVS": work["worlds"], "TOTAL_TIMESTEPS": steps, "LR": work["lr"]}
    train = jax.jit(_baseline().make_train(settings))
    keys = [jax.random.key(seed) for seed in work["seeds"]]
    program: Any = None

    def play() -> int | tuple[int, dict[str, Any]]:
        nonlocal program
        if program is None:
            program = train.lower(keys[0]).compile()
            return 1
        outs = [jax.block_until_ready(program(key)) for key in keys]
        return steps * 3 * len(keys), {"curves": [returns(out["metrics"]).tolist() for out in outs]}

    return play


def returns(logged: dict[str, Any]) -> Any:
    """Of an episode and seat, from means over a rollout's steps of what the last episodes brought and how long they took.

    The log counts the reward of all three agents, and until a world's first episode is over its return is 0 there, as is its
    length: the lengths say how many steps to leave out.
    """
    return logged["returned_episode_returns"] / logged["returned_episode_lengths"] * (EPISODE["max_steps"] + 1) / 3


def _baseline() -> Any:
    """The module of the checkout's file. Exits in one line where there is none."""
    path = Path(os.environ.get("JAXMARL_CHECKOUT", "")) / FILE
    if not path.is_file():
        sys.exit(f"its wheel has no {FILE}: set JAXMARL_CHECKOUT to a checkout of its repository")
    import jax.experimental

    for name in ("wandb", "hydra", "omegaconf"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["hydra"].main = lambda **_: lambda main: main  # type: ignore[attr-defined]
    sys.modules["omegaconf"].OmegaConf = None  # type: ignore[attr-defined]
    # what it would send at every update is not even called back for: on few cores jax's callbacks can wait for one another
    jax.experimental.io_callback = lambda *_: None  # type: ignore[attr-defined, assignment]
    spec = importlib.util.spec_from_file_location("ippo_ff_mpe", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


