"""open-spiel: one game at a time from Python; what each mover perceives is made before it moves."""

from __future__ import annotations

import random
from typing import Any

from child import Round, serve


def begin(work: dict[str, Any]) -> Round:
    """Random play of one game, begun again and again until so many decisions are made."""
    import pyspiel

    game = pyspiel.load_game(work["game"])
    draw = random.Random(work["seed"])

    def one_game() -> int:
        state, decisions = game.new_initial_state(), 0
        while not state.is_terminal():
            if state.is_chance_node():
                outcomes, chances = zip(*state.chance_outcomes(), strict=True)
                state.apply_action(draw.choices(outcomes, chances)[0])
            elif state.is_simultaneous_node():
                players = range(game.num_players())
                for player in players:
                    state.observation_tensor(player)
                state.apply_actions([draw.choice(state.legal_actions(player)) for player in players])
                decisions += len(players)
            else:
                state.observation_tensor(state.current_player())
                state.apply_action(draw.choice(state.legal_actions()))
                decisions += 1
        state.returns()
        return decisions

    def play() -> int:
        decisions = 0
        while decisions < work["decisions"]:
            decisions += one_game()
        return decisions

    return play


if __name__ == "__main__":
    serve(begin, ("open-spiel",))
