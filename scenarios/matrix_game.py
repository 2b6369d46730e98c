"""Matrix games: two players choose a move at the same time and a table says what each is paid.

Any two-player payoff table (`custom`), the named games of `matrix_tables`, or a 2 x 2 game whose payoffs are drawn from a
standard normal for every episode and seen by both (`drawn`; the matrix communication games of Lowe et al. 2019). One round,
a fixed number, or another round with some probability. A player remembers the last round: both moves. With `talk` each
round begins with a tick in which both speak at once; at the move they know what they said and heard. One seat may be given
to a script, so that a mind learns its best response inside the world; then the world has one seat.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, model_validator
from torch import Tensor
from torch.nn.functional import one_hot

from society.config import Frozen
from society.keys import Keys
from society.world.palette import COLOURS
from society.world.scenario import Action, Head, Observation, Outcome, Parts, Scenario, Scene, Script, Spec, replace, state

from .matrix_tables import GAMES, Game

MOVES = 16
FIRST = -1  # the last move of a player that has not moved yet
PLAYERS = 2
Payoff = Annotated[float, Field(ge=-1e6, le=1e6)]


class MatrixConfig(Frozen):
    """Which game, how often, against whom."""

    game: Literal[
        "prisoners_dilemma", "stag_hunt", "chicken", "battle_of_the_sexes", "matching_pennies", "rock_paper_scissors",
        "coordination", "anti_coordination", "drawn", "custom",
    ] = Field("prisoners_dilemma", description="a named game, payoffs drawn for each episode, or your own")  # fmt: skip
    payoffs: tuple[tuple[tuple[Payoff, Payoff], ...], ...] = Field(
        (), max_length=MOVES, description="of a custom game: [row's moves][column's moves] of [row's, column's]"
    )
    rounds: int = Field(1, ge=1, le=10_000, description="rounds of an episode")
    continuation: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="none: exactly `rounds`; else the probability of another round, cut off after `rounds`"
    )
    talk: bool = Field(False, description="both speak before each move")
    opponent: Literal["none", "random", "always_cooperate", "always_defect", "tit_for_tat", "grim"] = Field(
        "none", description="a script in the column player's seat; the world then has one seat"
    )

    @model_validator(mode="after")
    def _fits(self) -> MatrixConfig:
        if (self.game == "custom") != bool(self.payoffs):
            raise ValueError(f"game = {self.game!r} with {len(self.payoffs)} rows of payoffs; give payoffs to custom alone")
        if self.payoffs and len({len(line) for line in self.payoffs}) > 1:
            raise ValueError("payoffs has rows of unequal length; give every row one pair for each of column's moves")
        if self.payoffs and not 1 <= len(self.payoffs[0]) <= MOVES:
            raise ValueError(f"payoffs has {len(self.payoffs[0])} columns; allowed: 1 to {MOVES}")
        if self.opponent not in ("none", "random") and self.table.cooperates < 0:
            raise ValueError(f"opponent = {self.opponent!r}: the game {self.game} has no move that cooperates; use random")
        if self.talk and self.opponent != "none":
            raise ValueError(f"opponent = {self.opponent!r} does not listen; set talk to false")
        return self

    @property
    def table(self) -> Game:
        """The game; of a drawn one only the moves."""
        if self.game == "custom":
            return Game(self.payoffs, tuple(f"move {k}" for k in range(max(len(self.payoffs), len(self.payoffs[0])))))
        return GAMES.get(self.game, Game((((0, 0),) * 2,) * 2, ("first", "second")))


@state
class MatrixState:
    """W worlds, two players (row, column), L symbols of a message."""

    moving: Tensor  # [W] bool: moves are due, not words
    round: Tensor  # [W] rounds played
    last: Tensor  # [W, 2] last moves, FIRST before the first
    betrayed: Tensor  # [W, 2] bool: whether the other ever defected
    payoffs: Tensor  # [W, rows, columns, 2]
    said: Tensor  # [W, 2, L] messages of this round
    heard: Tensor  # [W, 2, L] what each player received


def _preset(world: Mapping[str, Any], agent_steps: int, *, gamma: float = 1.0, **more: Any) -> dict[str, Any]:
    """Eight minds in both roles, dealt anew at every update."""
    return {
        "world": dict(world),
        "population": {"minds": 8, "matchmaker": "mixed", "network": {"hidden": (32,)}},
        "learner": {"lr": 1e-2, "gamma": gamma, "minibatch": 2048, "entropy": 0.01, "entropy_speech": 0.01},
        "training": {"worlds": 256, "ticks": 8, "agent_steps": agent_steps, "precision": "float32"},
        "evaluation": {"worlds": 64, "ticks": 100, "recorded_worlds": 64, "frames_ticks": 50, **more},
    }


TALKING = {"conditions": ("normal", "mute", "content", "scramble"), "controls": ("muted_from_birth",)}
ENDLESS = {"game": "prisoners_dilemma", "rounds": 50, "continuation": 1.0}


class MatrixGame(Scenario):
    """Talk if there is talk, then move; see the file's first lines."""

    Config = MatrixConfig
    PRESETS: Mapping[str, Mapping[str, Any]] = {
        "default": _preset({"game": "prisoners_dilemma"}, 400_000, conditions=("normal",)),
        "quick": _preset({"game": "prisoners_dilemma"}, 100_000, conditions=("normal",)),
        "iterated": _preset(ENDLESS, 800_000, gamma=0.96, conditions=("normal",)),
        "talk": _preset({"game": "anti_coordination", "talk": True}, 200_000, **TALKING) | {"channel": {"symbols": 5}},
    }

    def __init__(self, config: MatrixConfig, parts: Parts):
        super().__init__(config, parts)
        channel, game = parts.channel.config, config.table
        if config.talk and channel.latency != 1:
            raise ValueError(f"channel.latency = {channel.latency}: what is said is heard at the move, one tick later; use 1")
        self.payoffs = torch.tensor(game.payoffs, dtype=torch.float32)
        self.sizes = self.payoffs.shape[:2]
        self.moves, self.cooperates = max(self.sizes), game.cooperates
        self.seats = PLAYERS if config.opponent == "none" else 1
        turned = self.payoffs.permute(1, 0, 2).flip(-1)
        self.alike = config.game == "drawn" or torch.equal(self.payoffs, turned)  # neither player has a role
        self.pasts = 1 + (self.moves**2 if config.rounds > 1 else 0)  # nothing yet, or the last moves of both
        words = channel.length * (channel.symbols - 1)
        fields: dict[str, tuple[int, ...]] = {"last": (1 if self.alike else PLAYERS, self.pasts)}
        fields |= {"payoffs": (2, *self.sizes)} if config.game == "drawn" else {}
        fields |= {"said": (words,), "heard": (words,)} if config.talk else {}
        say = {"say": Head(channel.symbols, channel.length, speech=True)} if config.talk else {}
        roles = ("player",) if self.alike or self.seats == 1 else ("row", "column")
        self.spec = Spec(
            seats=self.seats,
            fields=fields,
            heads={"move": Head(self.moves), **say},
            episode=config.rounds * (2 if config.talk else 1),
            roles=roles,
            seat_roles=tuple(range(self.seats)) if len(roles) == PLAYERS else (0,) * self.seats,
            hearing=("heard",) if config.talk else (),
            reacting=("move",) if config.talk else (),
            ends_early=config.continuation is not None and config.continuation < 1,
        )
        self.declared: Mapping[str, Any] = self._declaration()

    def _declaration(self) -> dict[str, Any]:
        """How a run is judged: by the mean payoff of a round, both players' together."""
        c, measures = self.config, {}
        if self.sizes[0] == self.sizes[1]:
            measures["same_move"] = {"numerator": "same", "denominator": "rounds", "null": "script:random"}
        if self.cooperates >= 0:
            measures["cooperation"] = {"numerator": "cooperated", "denominator": "rounds", "null": "script:random"}
        told = {
            "headline": {
                "name": "payoff",
                "measure": "payoff",
                "per": "seat_tick",
                "unit": "payoff a round",
                "scale": 2.0 if c.talk else 1.0,
            },
            "primary": ["worth_over_muted_from_birth.payoff"] if c.talk else [],
            "measures": measures,
        }
        if c.opponent in ("none", "random"):
            told["chance"] = float(self.payoffs.mean() if c.opponent == "none" else self.payoffs[..., 0].mean())
        if self.cooperates >= 0 and c.opponent == "none":
            told["relative"] = {"one": "script:always_cooperate", "zero": "script:random"}
        return told

    # ---------------------------------------------------------------- an episode

    def reset(self, key: Keys) -> MatrixState:
        """Nothing said or done; a drawn game has new payoffs."""
        worlds, device = len(key.base), key.base.device
        zero = torch.zeros(worlds, PLAYERS, dtype=torch.long, device=device)
        silence = torch.zeros(worlds, PLAYERS, self.parts.channel.config.length, dtype=torch.long, device=device)
        moving = torch.full((worlds,), not self.config.talk, device=device)
        if self.config.game == "drawn":
            payoffs = key.normal("matrix.payoffs", *self.payoffs.shape)
        else:
            payoffs = self.payoffs.expand(worlds, -1, -1, -1).clone()
        return MatrixState(moving, zero[:, 0], zero + FIRST, zero > 0, payoffs, silence, silence)

    def step(self, s: MatrixState, action: Action, key: Keys) -> tuple[MatrixState, Outcome]:
        """Words are exchanged, or moves are paid and the round is over."""
        moves, moving = self._both(s, action, key), s.moving[:, None]
        paid = self._paid(s, moves) * moving
        said, heard, price = self._talk(s, action, key)
        defected = moving & (moves != self.cooperates)
        after = replace(
            s,
            moving=~s.moving if self.config.talk else s.moving,
            round=s.round + s.moving,
            last=torch.where(moving, moves, s.last),
            betrayed=s.betrayed | defected.flip(1),
            said=said,
            heard=heard,
        )
        mine = slice(0, self.seats)
        measures = {"payoff": paid[:, mine], "rounds": moving.expand(-1, self.seats)}
        if self.sizes[0] == self.sizes[1]:
            measures["same"] = (moving & (moves == moves.flip(1)))[:, mine]
        if self.cooperates >= 0:
            measures["cooperated"] = (moving & ~defected)[:, mine]
        return after, Outcome(
            reward=paid[:, mine] - price,
            done=self._over(s, key),
            measures=measures,
            events={"plays": self._plays(s, moves, paid, key)},
        )

    def _both(self, s: MatrixState, action: Action, key: Keys) -> Tensor:
        """The moves [W, 2] of both players, the scripted one's too."""
        if self.seats == PLAYERS:
            return action["move"]
        return torch.stack([action["move"][:, 0], self._play(self.config.opponent, s, key)[:, 1]], dim=1)

    def _paid(self, s: MatrixState, moves: Tensor) -> Tensor:
        """What the table pays [W, 2] for these moves."""
        cell = moves[:, 0] * self.sizes[1] + moves[:, 1]
        return s.payoffs.flatten(1, 2).gather(1, cell[:, None, None].expand(-1, 1, 2))[:, 0]

    def _talk(self, s: MatrixState, action: Action, key: Keys) -> tuple[Tensor, Tensor, Tensor]:
        """Messages said and heard [W, 2, L] in this round, and what they cost [W, N]; a move wipes them out."""
        if not self.config.talk:
            return s.said, s.heard, torch.zeros(1, 1, device=s.last.device)
        said = action["say"].view(*s.said.shape)
        arrived = self.parts.channel.transmit(said, key, torch.zeros_like(s.last)).flip(1)
        return said, arrived, self.parts.channel.price(said)

    def _over(self, s: MatrixState, key: Keys) -> Tensor:
        """Which games [W] end by themselves after this tick."""
        if self.config.continuation is None:
            return s.moving & (s.round + 1 >= self.config.rounds)
        return s.moving & ~key.bernoulli("matrix.continue", self.config.continuation, 1)[:, 0]

    def _plays(self, s: MatrixState, moves: Tensor, paid: Tensor, key: Keys) -> tuple[Tensor, dict[str, Tensor]]:
        """A row for each seat that moved; a scripted partner has no seat, so its number is -1."""
        cooperated = (moves == self.cooperates).long() if self.cooperates >= 0 else torch.full_like(moves, -1)
        seat = torch.arange(PLAYERS, device=moves.device).expand_as(moves)
        columns = {
            "episode": key.episode[:, None].expand_as(moves),
            "partner": 1 - seat if self.seats == PLAYERS else torch.full_like(moves, -1),
            "action": moves,
            "partner_action": moves.flip(1),
            "cooperated": cooperated,
            "partner_cooperated": cooperated.flip(1),
            "reward": paid,
        }
        mine = slice(0, self.seats)
        return s.moving[:, None].expand(-1, self.seats), {name: column[:, mine] for name, column in columns.items()}

    # ---------------------------------------------------------------- what is perceived

    def observe(self, s: MatrixState) -> Observation:
        """The last moves of both, own first; the payoffs of a drawn game, own first; at a move what was said and heard."""
        worlds, device = len(s.round), s.round.device
        past = torch.zeros_like(s.last)
        if self.pasts > 1:
            past = torch.where(s.last == FIRST, 0, 1 + s.last * self.moves + s.last.flip(1))
        if not self.alike:
            past = past + self.pasts * torch.arange(PLAYERS, device=device)
        parts = [one_hot(past, self.pasts * (1 if self.alike else PLAYERS)).float()]
        if self.config.game == "drawn":
            row = s.payoffs.permute(0, 3, 1, 2)
            column = s.payoffs.permute(0, 3, 2, 1).flip(1)
            parts.append(torch.stack([row.flatten(1), column.flatten(1)], dim=1))
        if self.config.talk:
            symbols = self.parts.channel.config.symbols
            parts += [one_hot(x, symbols)[..., 1:].flatten(2).float() for x in (s.said, s.heard)]
        mask = torch.zeros(worlds, PLAYERS, sum(h.size for h in self.spec.heads.values()), dtype=torch.bool, device=device)
        for name, options in self.spec.options.items():
            mask[..., options.start] = True
            for player in range(PLAYERS):
                stop = options.start + self.sizes[player] if name == "move" else options.stop
                mask[:, player, options.start + 1 : stop] = (s.moving == (name == "move"))[:, None]
        return Observation(torch.cat(parts, dim=-1)[:, : self.seats], mask[:, : self.seats])

    def scene(self, s: MatrixState) -> Scene:
        """Two players at a table, their last moves before them."""
        worlds, device = len(s.round), s.round.device
        cells = torch.zeros(worlds, 1, 5, dtype=torch.uint8, device=device)
        cells[:, 0, 1], cells[:, 0, 3] = (1 + s.last).to(torch.uint8).unbind(1)
        seat = torch.arange(self.seats, device=device).expand(worlds, -1)
        names = self.config.table.moves
        return Scene(
            height=1,
            width=5,
            x=seat * 4,
            y=torch.zeros_like(seat),
            cells=cells,
            wraps=False,
            legend=(("table", "#F4F1EA"), *((name, COLOURS[k % len(COLOURS)]) for k, name in enumerate(names))),
            kind=seat,
            kinds=(("row", "#0072B2"), ("column", "#D55E00")),
            said=s.said[:, : self.seats, 0],
            values={"round": s.round[:, None].expand(-1, self.seats)},
        )

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """The moves by their names, where the game has the same for both."""
        names = tuple(self.config.table.moves)
        past = ("none yet", *(f"I {a}, they {b}" for a in names for b in names))
        return {"head.move": names, "field.last": past[: self.pasts]} if len(names) == self.moves else {}

    # ---------------------------------------------------------------- reference agents

    @property
    def scripts(self) -> Mapping[str, Script]:
        """Random, and the classics where a move cooperates; all but random are silent."""
        told = {"random": "every move and every word alike"}
        if self.cooperates >= 0:
            told |= {
                "always_cooperate": "cooperates",
                "always_defect": "defects",
                "tit_for_tat": "cooperates first, then does what the other did",
                "grim": "cooperates until the other has defected once",
            }
        return {name: Script(self._script(name), summary) for name, summary in told.items()}

    def _script(self, name: str) -> Any:
        def act(s: MatrixState, seen: Observation, key: Keys) -> Action:
            action = {"move": self._play(name, s, key)[:, : self.seats]}
            if self.config.talk:
                head = self.spec.heads["say"]
                words = key.integers("script.say", head.size, *s.said.shape[1:]) * ~s.moving[:, None, None]
                words = words if name == "random" else torch.zeros_like(words)
                action["say"] = words if head.length > 1 else words[..., 0]
            return action

        return act

    def _play(self, name: str, s: MatrixState, key: Keys) -> Tensor:
        """The moves [W, 2] that a script makes for either player; 0 while moves are not due."""
        defect = 1 - self.cooperates  # the named games in which a move cooperates have two moves
        if name == "random":
            draws = [key.integers(f"script.move{player}", size, 1) for player, size in enumerate(self.sizes)]
            moves = torch.cat(draws, dim=1)
        elif name == "tit_for_tat":
            moves = torch.where(s.last == FIRST, self.cooperates, s.last).flip(1)
        elif name == "grim":
            moves = torch.where(s.betrayed, defect, self.cooperates)
        else:
            moves = torch.full_like(s.last, self.cooperates if name == "always_cooperate" else defect)
        return moves * s.moving[:, None]


scenario = MatrixGame
