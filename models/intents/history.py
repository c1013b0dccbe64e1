"""What a refit remembers of the grouping that it replaces.

Evolutionary clustering (Chakrabarti, Kumar and Tomkins, "Evolutionary clustering", 2006; in the form that
preserves membership, Chi et al., 2007): a grouping should fit the data and be like the one before. Each row
gets further coordinates, the indicator of its former intent times the square root of `loyalty`, so two rows
of different former intents are farther apart by 2 `loyalty`, squared. Within a former intent, and between
whole former intents, nothing changes: intents still split and merge as the data say.
"""

from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.geometry import Labels, Matrix, Scores


@dataclass(frozen=True, slots=True)
class History:
    """The number 0..k-1 of the former intent of each row, and what belonging together is worth."""

    former: Labels
    loyalty: float

    def add_distances(self, squares: Matrix, block: slice) -> None:
        """Add what the further coordinates add to squared distances of a block of rows to all rows."""
        apart = np.float32(2 * self.loyalty)
        squares += apart
        squares -= apart * (self.former[block, None] == self.former)

    def cosines(self, rows: Matrix, sums: Matrix, weights: Matrix, labels: Labels) -> Scores:
        """Return, up to a factor, the cosine of rows to the sums of groups, further coordinates included.

        Args:
            rows: unit rows (n, width).
            sums: weighted sum of the rows of each group (groups, width).
            weights: of the rows (n,).
            labels: group of each row (n,).
        """
        shares = np.zeros((len(sums), int(self.former.max()) + 1))
        np.add.at(shares, (labels, self.former), weights)
        norms = np.sqrt((sums.astype(np.float64) ** 2).sum(1) + self.loyalty * (shares**2).sum(1))
        likeness = rows @ sums.T + self.loyalty * shares.T[self.former]
        return np.asarray(likeness / np.maximum(norms, 1e-9))
