"""The walled grid: windows turn with the seat, rays stop at walls, nobody enters a taken cell, ways go round walls."""

import networkx
import pytest
import torch

from society.world.grid import EAST, NORTH, SOUTH, WEST, Walled

ROOM = ("#####", "#ab #", "# #c#", "#   #", "#####")


@pytest.fixture
def room():
    return Walled(ROOM, 3)


def letters(grid, cells):
    return "".join(grid.drawing[cell] for cell in cells)


@pytest.mark.parametrize(
    ("facing", "seen"),
    [
        (NORTH, "###" + "#ab" + "# #"),
        (EAST, "#b#" + "#a " + "###"),
        (SOUTH, "# #" + "ba#" + "###"),
        (WEST, "###" + " a#" + "#b#"),
    ],
)
def test_the_window_turns_with_the_seat(room, facing, seen):
    """Around `a`, drawn from the farthest ahead to behind, left to right."""
    at = int(room.where("a"))
    assert letters(room, (at + room.window(1, 1, 1)[facing]).tolist()) == seen


def test_cells_rows_and_columns(room):
    at = room.where("c")
    assert [int(v) for v in room.yx(at)] == [2, 3] and room.cell(2, 3) == int(at)
    assert room.drawn(room.wall)[1].tolist() == [True, False, False, False, True]
    with pytest.raises(ValueError, match="draw all of one length"):
        Walled(("##", "#"), 1)


def test_rays_stop_at_walls():
    grid = Walled(("#######", "#     #", "#  #  #", "#     #", "#######"), 4)
    clear, path = grid.rays(3, 1)
    at = grid.cell(3, 3)
    # west along the last row: left of the seat is the outer wall, the middle is free for two, right begins in the inner wall
    assert clear[WEST, at].tolist() == [0, 2, 0]
    assert path[WEST, at].tolist() == [[0, 0, 0], [at - 1, at - 2, 0], [0, 0, 0]]
    # north: the middle meets the inner wall at once, both sides run two cells up to the outer one
    assert clear[NORTH, at].tolist() == [2, 0, 2]
    assert path[NORTH, at, 0].tolist() == [grid.cell(2, 2), grid.cell(1, 2), 0]
    assert clear[NORTH, grid.cell(3, 1)].tolist() == [0, 2, 2] and clear[EAST, grid.cell(1, 1)].tolist() == [0, 3, 1]


def test_nobody_enters_a_wall_a_taken_cell_or_one_that_a_lower_rank_wants():
    grid = Walled(("########", "#      #", "########"), 1)
    at = [grid.cell(1, x) for x in range(1, 7)]

    def enter(pos, goal, there=None, rank=None):
        row = [torch.tensor([values]) for values in (pos, goal)]
        here = torch.tensor([there or [True] * len(pos)])
        return grid.enter(*row, here, torch.tensor([rank or list(range(len(pos)))]))[0].tolist()

    assert enter([at[0]], [at[0] - 1]) == [False]  # a wall
    assert enter([at[0], at[1]], [at[1], at[1]]) == [False, True]  # taken by one who stays
    assert enter([at[0], at[1]], [at[1], at[2]]) == [False, True]  # its leaving is too late for this tick
    assert enter([at[0], at[1]], [at[1], at[0]]) == [False, False]  # no changing of places
    assert enter([at[0], at[2]], [at[1], at[1]], rank=[5, 3]) == [False, True]
    assert enter([at[0], at[2]], [at[1], at[1]], rank=[3, 5]) == [True, False]
    assert enter([at[0], at[1]], [at[1], at[1]], there=[True, False]) == [True, False]  # who is away takes no room
    assert enter([at[1], at[0]], [at[3], at[0]], there=[False, True]) == [True, True]  # and may come back
    # one that cannot move does not keep others out of what it wants
    assert enter([at[0], at[1], at[3]], [at[1], at[2], at[2]], rank=[0, 2, 1]) == [False, False, True]


def test_distances_are_those_of_a_graph():
    lines = ("#########", "#   #   #", "# # # # #", "# #   # #", "##### ###", "#      ##", "#########")
    grid = Walled(lines, 1)
    graph = networkx.grid_2d_graph(len(lines), len(lines[0]))
    graph.remove_nodes_from([(y, x) for y, line in enumerate(lines) for x, letter in enumerate(line) if letter == "#"])
    goals = [(1, 1), (5, 6), (3, 7)]
    far = grid.distances(torch.tensor([grid.cell(*goal) for goal in goals]))
    for k, goal in enumerate(goals):
        known = networkx.single_source_shortest_path_length(graph, goal)
        for node in graph.nodes:
            assert int(far[grid.cell(*node), k]) == known.get(node, grid.cells)
