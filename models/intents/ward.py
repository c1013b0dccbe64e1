"""Weighted Ward clustering of rows, by the nearest-neighbour chain, and cuts through its tree.

Ward, "Hierarchical grouping to optimize an objective function", 1963; the chain and its
O(n^2) bound: Murtagh, "A survey of recent advances in hierarchical clustering algorithms", 1983.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from groundswell.models.intents.geometry import Labels, Matrix, products, renumber, roots
from groundswell.models.intents.history import History

APART = np.float32(1e6)  # height of a forbidden merge; real heights stay below 4 (weights sum to 1)
FREE = -1  # owner of a row that no pin holds
BLOCK = 64  # rows whose costs are worked out at a time


@dataclass(frozen=True, slots=True)
class Tree:
    """The merges of `rows` rows, lowest first: `absorbed[i]` joins `into[i]` at `height[i]`."""

    rows: int
    absorbed: Labels
    into: Labels
    height: NDArray[np.float64]

    def cut(self, groups: int) -> Labels:
        """Return the grouping into `groups` groups (more where pins forbid a merge)."""
        allowed = int(np.searchsorted(self.height, APART / 2))
        pinned = int(np.searchsorted(self.height, 0.0, side="right"))
        merges = min(max(self.rows - groups, pinned), allowed)
        parents = np.arange(self.rows)
        parents[self.absorbed[:merges]] = self.into[:merges]
        return renumber(roots(parents))


def ward(rows: Matrix, weights: Matrix, owners: Labels, history: History | None = None) -> Tree:
    """Return the Ward tree of `rows` (n, d) with `weights` (n,).

    Rows of one owner (a pin) are joined first, rows of different owners never; `FREE` rows have none.
    Raises ValueError on rows that are not finite: the chain would never end on them.
    """
    if not np.isfinite(rows).all():
        raise ValueError("cannot cluster: some rows hold NaN or infinity; drop them before the tree is built")
    mass = (weights / weights.sum()).astype(np.float32)
    return _Chain(_merge_costs(rows, mass, owners, history), mass, owners.copy()).tree()


def _merge_costs(rows: Matrix, mass: Matrix, owners: Labels, history: History | None) -> Matrix:
    """Return the rise of the within-group variance for each pair of rows, infinite on the diagonal."""
    squares = (rows * rows).sum(1)
    costs = products(rows)
    for start in range(0, len(rows), BLOCK):  # what one block needs stays in the processor's cache
        block = slice(start, start + BLOCK)
        part = costs[block]
        part *= 2
        np.subtract(squares[block, None] + squares, part, out=part)
        np.maximum(part, 0, out=part)
        if history is not None:
            history.add_distances(part, block)
        part *= (mass[block, None] * mass) / (mass[block, None] + mass)
    held = np.flatnonzero(owners != FREE)
    if len(held):
        same = owners[held][:, None] == owners[held][None]
        costs[np.ix_(held, held)] = np.where(same, 0, APART)
    np.fill_diagonal(costs, np.inf)
    return costs


class _Chain:
    """The nearest-neighbour chain over a matrix of merge costs, which it consumes.

    Rows that are gone stay in the matrix until they are half of it. `absent` makes them infinitely far from
    all others: a column of the matrix lies strewn over all of its memory, and is dear to write.
    """

    def __init__(self, costs: Matrix, mass: Matrix, owners: Labels) -> None:
        self.costs, self.mass, self.owners = costs, mass, owners
        self.names = np.arange(len(mass))  # of the matrix's rows, as the caller knows them
        self.absent = np.zeros(len(mass), np.float32)  # infinite where a row is gone
        self.guarded = bool((owners != FREE).any())
        self.chain: list[int] = []

    def tree(self) -> Tree:
        """Merge everything; return the merges sorted by height."""
        rows = len(self.mass)
        merges: list[tuple[int, int, float]] = []
        for left in range(rows, 1, -1):
            if 2 * left <= len(self.mass):
                self._compact()
            merges.append(self._next())
        absorbed, into, height = zip(*merges, strict=True) if merges else ((), (), ())
        order = np.argsort(np.array(height, np.float64), kind="stable")
        return Tree(
            rows,
            np.array(absorbed, np.int64)[order],
            np.array(into, np.int64)[order],
            np.array(height, np.float64)[order],
        )

    def _compact(self) -> None:
        """Drop the rows that are gone; the others keep their order, and so ties their winner."""
        alive = self.absent == 0
        left, place = np.flatnonzero(alive), np.cumsum(alive) - 1
        self.chain = [int(place[row]) for row in self.chain]
        self.costs = self.costs[left].take(left, axis=1)
        self.mass, self.owners, self.names = self.mass[left], self.owners[left], self.names[left]
        self.absent = self.absent[left]

    def _next(self) -> tuple[int, int, float]:
        """Follow nearest neighbours until two are each other's, and merge them."""
        chain = self.chain or [int(self.absent.argmin())]
        while True:
            last = chain[-1]
            row = self.costs[last]
            near = int((row + self.absent).argmin())
            if len(chain) > 1 and row[chain[-2]] <= row[near]:
                near = chain[-2]
                break
            chain.append(near)
        cost = float(row[near])
        self.chain = chain[:-2]
        self._merge(last, near, cost)
        return int(self.names[last]), int(self.names[near]), cost

    def _merge(self, gone: int, kept: int, cost: float) -> None:
        """Lance-Williams update of the costs: `gone` joins `kept`."""
        costs, mass = self.costs, self.mass
        wg, wk = float(mass[gone]), float(mass[kept])
        # what is infinite in either row, as the two themselves, is so in the sum
        row = ((wg + mass) * costs[gone] + (wk + mass) * costs[kept] - mass * cost) / (wg + wk + mass)
        if self.guarded:
            self._keep_apart(row, gone, kept)
        self.absent[gone] = np.inf
        costs[kept], costs[:, kept] = row, row
        mass[kept] = wg + wk

    def _keep_apart(self, row: Matrix, gone: int, kept: int) -> None:
        """Restate the walls between owners: averaging would wear them down or let them overflow."""
        owner = max(self.owners[gone], self.owners[kept])
        self.owners[kept] = owner
        np.minimum(row, APART, out=row, where=np.isfinite(row))
        if owner != FREE:
            row[np.isfinite(row) & (self.owners != FREE) & (self.owners != owner)] = APART
