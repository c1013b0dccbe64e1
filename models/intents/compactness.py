"""How compact a grouping is: the logarithm of the spread within groups.

For groups of one shape and many directions this is, up to constants, the log-likelihood of a mixture of
von Mises-Fisher distributions, one concentration each (Banerjee et al., 2005); against a price per
ln(number of groups) it asks whether spread falls faster than cutting noise would make it, as the jump
method does (Sugar and James, 2003).
"""

import numpy as np

from groundswell.models.intents.geometry import Labels, Matrix, group_sums

PRIOR = 5.0  # events that the common spread counts for in the spread of one group
LEAST = 1e-6  # spread of rows that are all equal


def log_spread(rows: Matrix, weights: Matrix, labels: Labels) -> float:
    """Return the mean over events of ln(1 - length of their group's mean row), shrunk to the common one."""
    groups = int(labels.max()) + 1
    totals = np.bincount(labels, weights, groups)
    lengths = np.linalg.norm(group_sums(rows * weights[:, None], labels, groups), axis=1).astype(np.float64)
    common = 1 - lengths.sum() / totals.sum()
    spread = (totals - lengths + PRIOR * common) / (totals + PRIOR)
    return float((totals * np.log(np.maximum(spread, LEAST))).sum() / totals.sum())
