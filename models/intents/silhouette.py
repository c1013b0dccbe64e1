"""The macro silhouette of a grouping, by which its number of groups is chosen.

The simplified silhouette (distances to centroids, Hruschka et al., 2004), leaving each row out of
its own centroid; averaged by weight within a group, then over groups alike, so that large groups
do not decide alone. Leaving out less than the whole row lets it rise without bound in the number of groups.
"""

import numpy as np

from groundswell.models.intents.geometry import Labels, Matrix, directions, group_sums


def macro_silhouette(rows: Matrix, weights: Matrix, labels: Labels) -> float:
    """Return the mean over groups, in -1..1; a row alone in its group counts 0; -1 for a single group."""
    groups = int(labels.max()) + 1
    if groups < 2:
        return -1.0
    weighted = rows * weights[:, None]
    sums = group_sums(weighted, labels, groups)
    totals = np.bincount(labels, weights, groups)
    likeness = rows @ directions(sums).T
    rest = directions(sums[labels] - weighted)
    within = 1 - np.einsum("ij,ij->i", rest, rows)
    likeness[np.arange(len(rows)), labels] = -2
    between = 1 - likeness.max(1)
    width = (between - within) / np.maximum(np.maximum(within, between), 1e-9)
    width[(totals[labels] - weights) < 0.5] = 0
    return float((np.bincount(labels, width * weights, groups) / totals).mean())
