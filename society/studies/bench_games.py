"""Games beside open-spiel, and the worlds whose peer cannot be put beside: decisions a second under random play.

open-spiel plays one game at a time, from Python, and has no batch; ours plays many. So its row is what a Python user of each
gets, not the same loop: one game of ours, where most of the time is the call of an operator, stands beside too.
"""

from __future__ import annotations

from typing import Any

from society.studies._peers.versus import Row, Work, rows

NEGOTIATION = {"game": "negotiation(enable_utterances=False)", "decisions": 20_000}
DILEMMA = {"game": "repeated_game(stage_game=matrix_pd(),num_repetitions=50)", "decisions": 20_000}
UNBUILT = "not measured: dm-meltingpot 2.4.1 could not be installed, it downloads its assets while it is built"
ALONE = ("commons_harvest", "clean_up")
NOTE = (
    "open-spiel plays one game at a time from Python and has no batch. It draws among the legal options, of which accepting "
    "is one of hundreds; ours accepts every other time, so its games are shorter and begin anew more often. In negotiation a "
    "decision is a turn, in the dilemma each player's move. JaxMARL's STORM is a grid on which matrix games are met, not a "
    "repeated matrix game, and is not set beside."
)


def bench(quick: bool) -> dict[str, Any]:
    """Rows of decisions a second; `quick` plays 1,024 games of ours only."""
    rounds = 3 if quick else 5
    found: list[Row] = []
    for worlds, steps in ((1024, 100),) if quick else ((1, 1000), (1024, 100), (16384, 30)):
        games = "one game" if worlds == 1 else f"{worlds:,} games of ours, one of the peer's"
        talk = _told("negotiation", worlds, steps) | {"turns": True}
        pair = _told("matrix_game", worlds, steps) | {"fields": {"world.rounds": 50}}
        found += rows(Work(f"negotiation, {games}", talk, {"open-spiel": NEGOTIATION}), rounds)
        found += rows(Work(f"prisoner's dilemma, 50 rounds, {games}", pair, {"open-spiel": DILEMMA}), rounds)
    for scenario in ALONE:
        (ours,) = rows(Work(f"{scenario}, 7 seats, 256 worlds", _told(scenario, 256, 50)), rounds)
        found.append(ours | {"peer": "Melting Pot", "reason": UNBUILT})
    return {"name": "games", "rows": found, "note": NOTE}


def _told(scenario: str, worlds: int, steps: int) -> dict[str, Any]:
    return {"kind": "play", "scenario": scenario, "worlds": worlds, "steps": steps, "seed": 0}
