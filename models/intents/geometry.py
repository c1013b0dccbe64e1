"""Directions on the unit sphere and sums over groups of rows."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from groundswell.models.record import Vector

Matrix = NDArray[np.float32]
Labels = NDArray[np.int64]
Scores = NDArray[np.float64]

TINY = np.float32(1e-9)


def direction(vector: Vector) -> Vector:
    """Return the unit vector of `vector` (a zero vector stays zero)."""
    return np.divide(vector, max(np.sqrt(vector @ vector), TINY), dtype=np.float32)


def directions(rows: Matrix) -> Matrix:
    """Return the unit vector of every row; equal to `direction` up to the last bit only."""
    norms = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.maximum(norms, TINY), np.float32)


def products(rows: Matrix) -> Matrix:
    """Return the dot product of every pair of rows.

    Of a copy: a product with its own transpose is worked out for one half, and numpy then fills in the other
    number by number, which takes longer than working it out.
    """
    return np.asarray(rows @ rows.copy().T)


def lengths(rows: Matrix) -> Matrix:
    """Return what `direction` divides each row by, bit for bit: what is recomputed must be equal."""
    return np.asarray(np.maximum(np.sqrt(np.vecdot(rows, rows)), TINY))


def exact_directions(rows: Matrix) -> Matrix:
    """Return `direction` of every row, bit for bit."""
    return rows / lengths(rows)[:, None]


def group_sums(rows: Matrix, labels: Labels, groups: int) -> Matrix:
    """Return the sum of the rows of each group, shape (groups, width)."""
    count = len(labels)
    members = sparse.csr_matrix(
        (np.ones(count, np.float32), labels, np.arange(count + 1)), shape=(count, groups)
    )
    return np.asarray(members.T @ rows, dtype=np.float32)


def renumber(labels: Labels) -> Labels:
    """Return the same grouping numbered 0..k-1 without gaps, in the order of the old numbers."""
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)


def roots(parents: Labels) -> Labels:
    """Return the root of every node of a forest given by parent pointers (roots point to themselves)."""
    while True:
        grand = parents[parents]
        if np.array_equal(grand, parents):
            return parents
        parents = grand
