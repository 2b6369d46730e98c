"""The two rules of sugarscape that are sequential by definition: agents move, and trade, one after another.

Plain functions of numbers and numpy arrays, the same text compiled by numba where it is installed and interpreted where it
is not; they use integers, and of floating point only + * / and sqrt, which IEEE 754 rounds in one way, so both give the same
bits (the log price that is measured is the one exception). Arrays are changed in place: callers hand in copies.
Rules: Epstein & Axtell, Growing Artificial Societies (1996), chapters II and IV; welfare, prices and the order of a tick as
in mesa 3.3.1's example `sugarscape_g1mt`.

W worlds, N seats, C cells of a square map of `size` cells a side (row by row, no torus), K cells in sight of a cell.
Goods: 0 sugar, 1 spice.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

try:
    from numba import njit
except ImportError:  # the same functions, some hundred times slower
    COMPILED = False

    def rule(function: Callable[..., Any]) -> Callable[..., Any]:
        """Leave a function as it is."""
        return function

else:
    COMPILED = True

    def rule(function: Callable[..., Any]) -> Callable[..., Any]:
        """Compile a function; what is compiled is kept on the disk where there is a folder that can be written to."""
        try:
            return njit(cache=True, error_model="numpy")(function)  # no rule divides by 0
        except RuntimeError:
            return njit(error_model="numpy")(function)

TIE = 1e-12  # welfares closer than this, relatively, are equal: rounding of a product of a dozen integers
NOBODY = -1


@rule
def welfare(sugar: int, spice: int, need_sugar: int, need_spice: int) -> float:
    """The book's welfare to the power of its metabolism: sugar^m_sugar spice^m_spice, in floating point.

    W = sugar^(m_sugar/m) spice^(m_spice/m) with m = m_sugar + m_spice orders an agent's goods alike, but takes roots;
    products of whole numbers are exact up to 2^53, so that equal welfares compare as equal.
    """
    value = 1.0
    for _ in range(need_sugar):
        value *= sugar
    for _ in range(need_spice):
        value *= spice
    return value


@rule
def substitution(sugar: int, spice: int, need_sugar: int, need_spice: int) -> float:
    """Marginal rate of substitution: what a unit of sugar is worth to the agent in units of spice (book, p. 101)."""
    return (spice / need_spice) / (sugar / need_sugar)


@rule
def bargain(
    sugar: int, spice: int, need_sugar: int, need_spice: int,
    its_sugar: int, its_spice: int, its_need_sugar: int, its_need_spice: int,
) -> tuple[int, int, float]:  # fmt: skip
    """One exchange of rule T between an agent and its partner: (sugar gained, spice gained, price); (0, 0, 0.) is none.

    The price in spice for a unit of sugar is the geometric mean of both rates. At 1 or more a unit of sugar goes for
    int(price) units of spice, below 1 int(1 / price) units of sugar for a unit of spice. Both must end up better off with
    something left of both goods, and the rates must not cross.
    """
    mine = substitution(sugar, spice, need_sugar, need_spice)
    its = substitution(its_sugar, its_spice, its_need_sugar, its_need_spice)
    if abs(mine - its) <= 1e-9 * max(mine, its):
        return 0, 0, 0.0
    price = math.sqrt(mine * its)
    sweet, hot = (1, int(price)) if price >= 1 else (int(1 / price), 1)
    if mine < its:  # the partner values sugar more: it buys
        sweet, hot = -sweet, -hot
    a, b, c, d = sugar + sweet, spice - hot, its_sugar - sweet, its_spice + hot
    if a <= 0 or b <= 0 or c <= 0 or d <= 0:
        return 0, 0, 0.0
    if welfare(a, b, need_sugar, need_spice) <= welfare(sugar, spice, need_sugar, need_spice):
        return 0, 0, 0.0
    before = welfare(its_sugar, its_spice, its_need_sugar, its_need_spice)
    if welfare(c, d, its_need_sugar, its_need_spice) <= before:
        return 0, 0, 0.0
    after, its_after = substitution(a, b, need_sugar, need_spice), substitution(c, d, its_need_sugar, its_need_spice)
    if (after - its_after) * (mine - its) <= 0:
        return 0, 0, 0.0
    return sweet, -hot, price


@rule
def powers(amount: int, exponent: int, values: np.ndarray) -> None:
    """Write (amount + k)^exponent into values [k], in floating point: `welfare` by the number of units that are added."""
    for k in range(len(values)):
        values[k] = 1.0
        for _ in range(exponent):
            values[k] *= amount + k


@rule
def best_cell(
    here: int, stock: np.ndarray, need: np.ndarray, vision: int, ground: np.ndarray, who: np.ndarray,
    sight: np.ndarray, size: int, word: int, ties: np.ndarray, sweet: np.ndarray, hot: np.ndarray,
) -> int:  # fmt: skip
    """Rule M: the free cell in sight with the highest welfare, of equals the nearest, of those one by a random word.

    `sight` [K, 4] lists (dy, dx, steps, squared distance), the nearest first. One's own cell is not free, as one stands
    in it; where no cell is, one stays. ties [K], sweet and hot [largest capacity + 1] are room to work in.
    """
    y, x = here // size, here % size
    powers(stock[0], need[0], sweet)
    powers(stock[1], need[1], hot)
    best, near, found = -1.0, 0, 0
    for k in range(len(sight)):
        if sight[k, 3] > vision * vision:
            break
        row, column = y + sight[k, 0], x + sight[k, 1]
        if sight[k, 2] > vision or row < 0 or row >= size or column < 0 or column >= size:
            continue
        cell = row * size + column
        if who[cell] != NOBODY:
            continue
        value = sweet[ground[cell, 0]] * hot[ground[cell, 1]]
        if value > best * (1 + TIE):
            best, near, found = value, sight[k, 3], 0
        elif value < best * (1 - TIE) or sight[k, 3] > near:
            continue
        ties[found] = cell
        found += 1
    return ties[(word * found) >> 32] if found > 0 else here


@rule
def aim(option: int, here: int, reach: int, size: int) -> int:
    """The cell that a move names: option 1 + direction * reach + (steps - 1), directions north, south, east, west."""
    direction, steps = (option - 1) // reach, (option - 1) % reach + 1
    y, x = here // size, here % size
    if direction == 0:
        y -= steps
    elif direction == 1:
        y += steps
    elif direction == 2:
        x += steps
    else:
        x -= steps
    return y * size + x if 0 <= y < size and 0 <= x < size else here


@rule
def live(
    alive: np.ndarray, pos: np.ndarray, stock: np.ndarray, need: np.ndarray, vision: np.ndarray, ground: np.ndarray,
    option: np.ndarray, order: np.ndarray, word: np.ndarray, sight: np.ndarray, size: int, reach: int,
    most: int, harvest: np.ndarray, spent: np.ndarray,
) -> None:  # fmt: skip
    """One after another, in `order` [W, N], the living move, eat what lies there, burn their need, and die without both goods.

    alive [W, N] bool, pos [W, N] cells, stock and need [W, N, 2], vision [W, N], ground [W, C, 2] int16, option [W, N] a move
    (0 stay, then as in `aim`, last: rule M), word [W, N] 32 random bits, `most` the units that the best cell can bear.
    Changes alive, pos, stock and ground; writes harvest and spent [W, N, 2]. Whoever dies loses all it holds. A cell that
    somebody stands in cannot be entered.
    """
    forage = 1 + 4 * reach
    who = np.full(size * size, NOBODY, np.int16)  # small, so that the map stays in the nearest cache
    ties = np.empty(len(sight), np.int64)
    sweet, hot = np.empty(most + 1), np.empty(most + 1)
    for w in range(len(pos)):
        who[:] = NOBODY
        for i in range(pos.shape[1]):
            if alive[w, i]:
                who[pos[w, i]] = i
        for turn in range(pos.shape[1]):
            i = order[w, turn]
            if not alive[w, i]:
                continue
            here = pos[w, i]
            goal = here
            if option[w, i] == forage:
                goal = best_cell(
                    here, stock[w, i], need[w, i], vision[w, i], ground[w], who, sight, size, word[w, i], ties, sweet, hot
                )
            elif option[w, i] > 0:
                goal = aim(option[w, i], here, reach, size)
            if who[goal] == NOBODY:
                who[here] = NOBODY
                who[goal] = i
                pos[w, i] = goal
            goal = pos[w, i]
            for g in range(2):
                harvest[w, i, g] = ground[w, goal, g]
                ground[w, goal, g] = 0
                stock[w, i, g] += harvest[w, i, g]
                spent[w, i, g] = min(need[w, i, g], stock[w, i, g])
                stock[w, i, g] -= spent[w, i, g]
            if stock[w, i, 0] == 0 or stock[w, i, 1] == 0:
                alive[w, i] = False
                who[goal] = NOBODY
                for g in range(2):
                    spent[w, i, g] += stock[w, i, g]
                    stock[w, i, g] = 0


@rule
def exchange(
    alive: np.ndarray, pos: np.ndarray, stock: np.ndarray, need: np.ndarray, vision: np.ndarray, willing: np.ndarray,
    order: np.ndarray, radius: int, size: int, main: np.ndarray, deals: np.ndarray, logs: np.ndarray, squares: np.ndarray,
) -> None:  # fmt: skip
    """One after another, in `order` [W, N], the living trade by rule T with everyone willing within reach until none gains.

    Reach is `radius` steps (radius 0: one's vision). Partners are met in the order that follows one's own turn, round to
    those before it. Changes stock [W, N, 2]. Writes for the seat whose turn it was: `deals` the number of exchanges, `logs`
    and `squares` the sums of log price and of its square, all [W, N]; `main` [W, N, 3] the partner with whom most units
    changed hands (first preset to NOBODY), and the sugar and the spice that it gained from it.
    """
    seats = pos.shape[1]
    queue = np.empty((2 * seats, 3), np.int64)  # seat, row and column of the willing, twice over: partners go round
    for w in range(len(pos)):
        count = 0
        for turn in range(seats):
            i = order[w, turn]
            if alive[w, i] and willing[w, i]:
                queue[count, 0], queue[count, 1], queue[count, 2] = i, pos[w, i] // size, pos[w, i] % size
                count += 1
        queue[count : 2 * count] = queue[:count]
        for turn in range(count):
            i, y, x = queue[turn]
            reach = radius if radius > 0 else vision[w, i]
            most = 0
            for place in range(turn + 1, turn + count):
                if abs(queue[place, 1] - y) + abs(queue[place, 2] - x) > reach:
                    continue
                j = queue[place, 0]
                sweet, hot = 0, 0
                while True:
                    sugar, spice, price = bargain(
                        stock[w, i, 0], stock[w, i, 1], need[w, i, 0], need[w, i, 1],
                        stock[w, j, 0], stock[w, j, 1], need[w, j, 0], need[w, j, 1],
                    )  # fmt: skip
                    if sugar == 0:
                        break
                    stock[w, i, 0] += sugar
                    stock[w, i, 1] += spice
                    stock[w, j, 0] -= sugar
                    stock[w, j, 1] -= spice
                    sweet += sugar
                    hot += spice
                    deals[w, i] += 1
                    log = math.log(price)
                    logs[w, i] += log
                    squares[w, i] += log * log
                if abs(sweet) + abs(hot) > most:
                    most = abs(sweet) + abs(hot)
                    main[w, i, 0], main[w, i, 1], main[w, i, 2] = j, sweet, hot


@rule
def settle(alive: np.ndarray, pos: np.ndarray, newborn: np.ndarray, word: np.ndarray, cells: int) -> None:
    """Put every newborn seat [W, N] on a free cell, each with the same chance, by a random word [W, N] of 32 bits."""
    free = np.empty(cells, np.bool_)
    for w in range(len(pos)):
        free[:] = True
        left = cells
        for i in range(pos.shape[1]):
            if alive[w, i] and not newborn[w, i]:
                free[pos[w, i]] = False
                left -= 1
        for i in range(pos.shape[1]):
            if not newborn[w, i]:
                continue
            skip = (word[w, i] * left) >> 32
            cell = 0
            while skip > 0 or not free[cell]:
                skip -= free[cell]
                cell += 1
            pos[w, i] = cell
            free[cell] = False
            left -= 1
