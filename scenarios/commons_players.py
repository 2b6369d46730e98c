"""Bodies of the commons worlds: seats that walk, turn and zap on a walled grid, and what they see of it.

A seat faces a way and moves relative to it; no two seats share a cell. A zap is a beam of parallel rays that walls stop; it
sends the nearest seat in it away for some ticks. The observation is a window turned with the seat, cells decoded to planes:
one policy serves all four facings, and on a table of cells turning the window costs nothing over a fixed one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from society.config import Frozen
from society.keys import Keys, below
from society.world.contest import Contest
from society.world.grid import Walled
from society.world.palette import COLOURS
from society.world.scenario import Scene, replace, state

# Options of the one head `act`, as in the published worlds; what a world adds comes after, the zap is the last.
STAY, FORWARD, BACK, LEFT, RIGHT, TURN_LEFT, TURN_RIGHT = range(7)
SELF = 7  # facing (4), row, column, whether the zap is ready
ACTS = ("stay", "forward", "back", "left", "right", "turn left", "turn right")
SELF_NAMES = ("faces north", "faces east", "faces south", "faces west", "row", "column", "zap ready")
NOBODY = -1
FAR = 1 << 30


class PlayersConfig(Frozen):
    """Seats, what they see, and the rules of the zap."""

    seats: int = Field(7, ge=1, le=64, description="seats of a world")
    ahead: int = Field(5, ge=0, le=15, description="cells that a seat sees ahead")
    behind: int = Field(1, ge=0, le=15, description="cells that it sees behind")
    aside: int = Field(3, ge=0, le=15, description="cells that it sees to either side")
    beam_length: int = Field(3, ge=1, le=15, description="cells that a beam reaches ahead")
    beam_radius: int = Field(1, ge=0, le=5, description="rays of a beam to either side of the middle one")
    out_ticks: int = Field(4, ge=0, le=10_000, description="ticks that a zapped seat is away; 0: it stays")
    cooldown: int = Field(2, ge=0, le=1000, description="ticks after a zap in which there is no other")
    zap_cost: float = Field(0.0, ge=0, le=1000, description="reward that a zap costs, landed or not")
    zap_penalty: float = Field(0.0, ge=0, le=1000, description="reward that being zapped costs")
    episode: int = Field(1000, ge=1, le=1_000_000, description="ticks of an episode, which is then cut off")

    @property
    def reach(self) -> int:
        """The farthest that a window or a beam goes from a seat's cell."""
        return max(self.ahead, self.behind, self.aside, self.beam_length, self.beam_radius)


@state
class Players:
    """The seats of W worlds. Who is out keeps its last cell and facing and is not on the grid."""

    pos: Tensor  # [W, N] cell
    facing: Tensor  # [W, N] 0..3, north east south west
    out: Tensor  # [W, N] ticks until it may come back, 0: in play
    cool: Tensor  # [W, N] ticks until the zap is ready
    beam: Tensor  # [W, N] which beam it fired last tick: 0 none, 1 zap, 2 another


@dataclass(frozen=True)
class Zaps:
    """What the zaps of a tick did, each [W, N]: who fired, whom it hit (NOBODY), who was hit by anyone, and the reward."""

    fired: Bool[Tensor, "W N"]
    target: Int[Tensor, "W N"]
    hit: Bool[Tensor, "W N"]
    reward: Float[Tensor, "W N"]

    @property
    def contests(self) -> tuple[Tensor, dict[str, Tensor]]:
        """Rows of the table `contests`, those that landed; a zap takes nothing."""
        none = torch.full_like(self.target, NOBODY)
        return self.target >= 0, {"target": self.target, "good": none, "amount": torch.zeros_like(none)}


def across(x: Int[Tensor, "W N"]) -> Int[Tensor, "N W"]:
    """Seats first and worlds last, as int32."""
    return x.t().to(torch.int32, memory_format=torch.contiguous_format)


class Bodies:
    """Tables of one map and the rules of bodies.

    `marked` are the letters of cells that change, `ground` the word of each of them and of a wall: what is seen of an
    unchanging map. `planes` are the bytes of a seat and of each kind of beam in a word. `extra` counts the options that a
    world puts between turning and zapping.
    """

    def __init__(
        self,
        lines: Sequence[str],
        config: PlayersConfig,
        contest: Contest,
        ground: Mapping[str, int],
        planes: tuple[int, ...],
        word: torch.dtype,
        extra: int = 0,
    ):
        c = self.config = config
        self.contest = contest
        self.grid = Walled(lines, c.reach)
        self._number("".join(letter for letter in ground if letter != "#"))
        self.ground = torch.zeros(self.open + 2, dtype=word)  # [V + 2]
        for letter, value in ground.items():
            self.ground[self.number[self.grid.where(letter)]] = value
        self.spawn = self.grid.where("s")
        if len(self.spawn) < c.seats:
            raise ValueError(f"world.seats = {c.seats}: the map has {len(self.spawn)} places to begin on; use that or fewer")
        self.options = TURN_RIGHT + 1 + extra + contest.config.offered
        self.zap_option = self.options - 1 if contest.config.offered else self.options  # the latter: nobody can
        far, side = self.grid.ahead, self.grid.ahead.roll(-1)
        stay = torch.zeros_like(far)
        steps = [stay, far, -far, -side, side] + [stay] * (self.options - 5)
        self.step = torch.stack(steps, dim=-1).flatten()  # [4 * A]
        turn = torch.zeros(self.options, dtype=torch.long)
        turn[TURN_LEFT], turn[TURN_RIGHT] = -1, 1
        self.turned = ((torch.arange(4)[:, None] + turn) % 4).flatten()  # [4 * A]
        self._sight()
        self._beams()
        seat, *beams = (1 << 8 * plane for plane in planes)
        length = self.lit.shape[1] - 1
        adds = [[there * seat] + [beam] * length for there in (0, 1) for beam in (0, *beams)]
        self.adds = torch.tensor(adds, dtype=word)  # [2 * kinds, 1 + B * length]: what a seat adds to its row of `lit`

    def _number(self, marked: str) -> None:
        """Number the open cells, those of the marked letters first: a map has several times as many cells as can change."""
        grid = self.grid
        open_ = "".join(sorted({*grid.drawing} - {*marked, "#"}))
        self.cell = torch.cat([*(grid.where(letter) for letter in marked), grid.where(open_)])  # [V]
        self.open = len(self.cell)  # V; walls share the number V, and what nobody is to see goes to V + 1
        self.number = torch.full((grid.cells,), self.open)
        self.number[self.cell] = torch.arange(self.open)

    def _sight(self) -> None:
        """What a seat of each facing on each open cell sees and knows of itself, a row each, see `row`."""
        c, grid = self.config, self.grid
        window = grid.window(c.ahead, c.behind, c.aside)
        self.window = self.number[window[:, None] + self.cell[:, None]].flatten(0, 1)  # [4 * V, K]
        y, x = grid.yx(self.cell)
        place = torch.stack([y / grid.height, x / grid.width, torch.zeros(self.open)], -1)
        self.self_ = torch.cat([torch.eye(4).repeat_interleave(self.open, 0), place.repeat(4, 1)], -1)  # [4 * V, SELF]

    def _beams(self) -> None:
        """Beams as rows of cells; and what a zap meets first, by how far apart two seats are in cell numbers of the grid."""
        c, grid = self.config, self.grid
        path = grid.rays(c.beam_length, c.beam_radius)[1][:, self.cell]  # [4, V, B, length]
        self.path = torch.where(path > 0, self.number[path], self.open + 1).flatten(0, 1)
        own = torch.arange(self.open).repeat(4)
        self.lit = torch.cat([own[:, None], self.path.flatten(1)], -1)  # [4 * V, 1 + B * length]: the seat, then its beam
        across = sorted(range(-c.beam_radius, c.beam_radius + 1), key=lambda right: (abs(right), right))
        order = [(ahead, right) for ahead in range(1, c.beam_length + 1) for right in across]
        self.hits = len(order) + 1
        # where in `met` a seat itself is: from there on by the distance
        self.middle = (torch.arange(1, 8, 2)[:, None] * grid.cells - self.cell).flatten()  # [4 * V]
        met = torch.zeros(4, 2 * grid.cells, dtype=torch.int32)  # a cell of a beam by its order, 0 for all that are not
        reached = torch.full((4 * self.open, self.hits), FAR, dtype=torch.int32)
        for number, (ahead, right) in enumerate(order, start=1):
            apart = ahead * grid.ahead + right * grid.ahead.roll(-1)
            met[torch.arange(4), grid.cells + apart] = number
            clear = self.path[:, right + c.beam_radius, ahead - 1] <= self.open
            reached[clear, number] = number * c.seats
        self.met, self.reached = met.flatten(), reached.flatten()

    def to(self, device: torch.device) -> None:
        """Move all tables to a device, in place."""
        for part in (self, self.grid):
            vars(part).update({name: value.to(device) for name, value in vars(part).items() if isinstance(value, Tensor)})

    @property
    def cells_in_view(self) -> int:
        """K, the cells of a window."""
        return self.window.shape[1]

    def begin(self, key: Keys) -> Players:
        """All seats in play, on places of their own, facing anywhere."""
        n = self.config.seats
        pos = self.spawn[key.permutation("commons.places", len(self.spawn))[:, :n]]
        zero = torch.zeros_like(pos)
        return Players(pos, key.integers("commons.facing", 4, n), zero, zero, zero)

    def row(self, p: Players) -> Int[Tensor, "R"]:
        """Where each seat's rows are in the tables by facing and cell."""
        return (self.number.take(p.pos) + p.facing * self.open).flatten()

    def walk(self, p: Players, act: Int[Tensor, "W N"], key: Keys) -> Players:
        """All move at once, then turn; who was away comes back to a drawn place, or waits while it is taken.

        A cell that somebody stands on cannot be entered in this tick; of several who want a free one the lowest keyed
        rank gets it.
        """
        rank, place, turned = key.words("commons.walk", 3, self.config.seats).unbind(1)
        rank = rank * self.config.seats + torch.arange(self.config.seats, device=rank.device)
        there, due = p.out == 0, p.out == 1
        way = p.facing * self.options + act
        goal = p.pos + self.step.take(way)
        goal = torch.where(due, self.spawn.take(below(place, len(self.spawn))), torch.where(there, goal, 0))
        enters = self.grid.enter(p.pos, goal, there, rank)
        back = due & enters
        return replace(
            p,
            pos=torch.where(enters, goal, p.pos),
            facing=torch.where(back, turned >> 30, self.turned.take(way)),
            out=torch.maximum(p.out - 1, (due > back).long()),
        )

    def zap(self, p: Players, act: Int[Tensor, "W N"]) -> tuple[Players, Zaps]:
        """Fire the zaps. Each hits the nearest seat of its rays (of equals the middle, then the left), all at once.

        In peace they light up as ever, but hit nobody and cost nothing: a twin differs from its tick of the first hit on.
        """
        c, war = self.config, self.contest.config.enabled
        fired = (act == self.zap_option) & (p.cool == 0)
        # [to, from, w]: worlds last, so that whatever pairs seats runs along them
        row = self.row(p).view_as(act)
        here = across(self.middle.take(row))
        there = across(torch.where(p.out == 0, p.pos, 0))  # cell 0 is in no beam
        met = self.met.index_select(0, (there[:, None] + here).flatten()).view(c.seats, c.seats, -1)
        met += across(row * self.hits)
        struck = self.reached.index_select(0, met.flatten()).view_as(met)
        struck += torch.arange(c.seats, dtype=torch.int32, device=act.device)[:, None, None]
        nearest = struck.amin(0).t().to(torch.long, memory_format=torch.contiguous_format)
        target = torch.where(fired & war & (nearest < FAR), nearest % c.seats, c.seats)
        hit = torch.zeros(len(act), c.seats + 1, dtype=torch.bool, device=act.device).scatter(1, target, True)[:, :-1]
        after = replace(
            p,
            out=torch.where(hit, c.out_ticks, p.out),
            cool=torch.where(fired, c.cooldown, (p.cool - 1).clamp(min=0)),
            beam=fired.long(),
        )
        reward = fired * (-c.zap_cost * war) - hit * c.zap_penalty
        return after, Zaps(fired, torch.where(target < c.seats, target, NOBODY), hit, reward)

    def look(self, words: Int[Tensor, "W V+2"], p: Players, out: Float[Tensor, "W N F"]) -> None:
        """Add the seats and beams to the words, and write what every seat sees and knows of itself into its features.

        The window comes first: each byte of a cell's word is the value of a plane. Then facing (one-hot), row and column as
        shares of the map, and whether the zap is ready.
        """
        row, worlds = self.row(p), len(words)
        added = self.adds.index_select(0, ((p.out == 0) * (len(self.adds) // 2) + p.beam).flatten())
        words.scatter_add_(1, self.lit.index_select(0, row).view(worlds, -1), added.view(worlds, -1))
        seen = words.gather(1, self.window.index_select(0, row).view(worlds, -1)).view(torch.uint8).view(*p.pos.shape, -1)
        view = seen.shape[-1]
        out[..., :view] = seen
        out[..., view : view + SELF] = self.self_.index_select(0, row).view(*p.pos.shape, -1)
        out[..., view + SELF - 1] = p.cool == 0

    def scene(
        self, p: Players, cells: Tensor, legend: tuple[tuple[str, str], ...], lit: tuple[int, ...]
    ) -> Scene:
        """A picture: cells [W, C] uint8 of `legend`, with each kind of beam painted as its entry of `lit`."""
        cells = cells.clone()
        path = self.path.index_select(0, self.row(p)).view(*p.pos.shape, -1)
        path = torch.where(path < self.open, self.cell.take(path.clamp(max=self.open - 1)), 0)
        for kind, colour in enumerate(lit, start=1):
            where = torch.where((p.beam == kind)[..., None], path, 0).flatten(1)
            cells.scatter_(1, where, torch.full_like(where, colour, dtype=torch.uint8))
        y, x = self.grid.yx(p.pos)
        away = p.out > 0
        seats = torch.arange(self.config.seats, device=p.pos.device).expand_as(p.pos)
        return Scene(
            height=self.grid.height,
            width=self.grid.width,
            x=torch.where(away, torch.nan, x.float()),
            y=torch.where(away, torch.nan, y.float()),
            cells=self.grid.drawn(cells),
            legend=legend,
            kind=seats % len(COLOURS),
            kinds=tuple((f"seat {k}", colour) for k, colour in enumerate(COLOURS[: self.config.seats])),
            values={"facing": p.facing, "away": p.out},
            wraps=False,
        )
