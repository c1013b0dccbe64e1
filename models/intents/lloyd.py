"""Weighted spherical k-means from a given grouping (Dhillon and Modha, 2001)."""

import numpy as np
from numpy.typing import NDArray

from groundswell.models.intents.geometry import Labels, Matrix, directions, group_sums, renumber
from groundswell.models.intents.history import History


def lloyd(
    rows: Matrix,
    weights: Matrix,
    labels: Labels,
    held: NDArray[np.bool_],
    steps: int = 2,
    history: History | None = None,
) -> Labels:
    """Move each row to the nearest centroid, `steps` times; `held` rows stay; empty groups vanish."""
    weighted = rows * weights[:, None]
    for _ in range(steps):
        sums = group_sums(weighted, labels, int(labels.max()) + 1)
        if history is None:
            nearest = (rows @ directions(sums).T).argmax(1)
        else:
            nearest = history.cosines(rows, sums, weights, labels).argmax(1)
        moved = renumber(np.where(held, labels, nearest))
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels
