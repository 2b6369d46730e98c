"""The named two-player games of `matrix_game`: payoffs [rows][columns] of (row player, column player), and what moves mean."""

from __future__ import annotations

from dataclasses import dataclass

Payoffs = tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True)
class Game:
    """Payoffs, the names of the moves, and which move cooperates (-1: the game has no such thing)."""

    payoffs: Payoffs
    moves: tuple[str, ...]
    cooperates: int = -1


def symmetric(own: tuple[tuple[float, ...], ...]) -> Payoffs:
    """The payoffs of a game that looks alike to both: own[my move][your move] is mine."""
    count = range(len(own))
    return tuple(tuple((own[i][j], own[j][i]) for j in count) for i in count)


def zero_sum(row: tuple[tuple[float, ...], ...]) -> Payoffs:
    """The payoffs of a game in which one player loses what the other wins."""
    return tuple(tuple((won, -won) for won in line) for line in row)


GAMES = {
    # Axelrod (1980): reward 3, sucker 0, temptation 5, punishment 1
    "prisoners_dilemma": Game(symmetric(((3, 0), (5, 1))), ("cooperate", "defect"), 0),
    # Skyrms (2004): a hare is sure, a stag needs two
    "stag_hunt": Game(symmetric(((4, 0), (3, 3))), ("stag", "hare"), 0),
    # Rapoport & Chammah (1966), their order of payoffs: temptation, reward, sucker, crash
    "chicken": Game(symmetric(((3, 1), (5, 0))), ("swerve", "straight"), 0),
    # Luce & Raiffa (1957)
    "battle_of_the_sexes": Game((((2, 1), (0, 0)), ((0, 0), (1, 2))), ("row's favourite", "column's favourite")),
    "matching_pennies": Game(zero_sum(((1, -1), (-1, 1))), ("heads", "tails")),
    "rock_paper_scissors": Game(zero_sum(((0, -1, 1), (1, 0, -1), (-1, 1, 0))), ("rock", "paper", "scissors")),
    "coordination": Game(symmetric(((1, 0), (0, 1))), ("left", "right")),
    "anti_coordination": Game(symmetric(((0, 1), (1, 0))), ("left", "right")),
}
