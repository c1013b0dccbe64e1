"""What people's pins teach the projection: in which directions events of one intent differ anyway.

Within-class whitening as in relevant component analysis (Bar-Hillel et al., 2005), from the
micro-clusters that pins hold, shrunk to no preference while there are few, and taken half-way: full
whitening magnifies directions that the pinned intents happen not to use.
"""

import numpy as np

from groundswell.models.intents.geometry import Labels, Matrix, group_sums, renumber
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE

PRIOR = 100.0  # micro-clusters that "no preference" counts for


def taught_metric(state: State) -> Matrix | None:
    """Return a symmetric map (dimension, dimension) of vectors; None where pins tell nothing."""
    rows = state.micros.rows()
    held = np.flatnonzero(rows.owners != FREE)
    if not len(held):
        return None
    intents = sorted(state.held_intents)
    number = np.array([intents.index(pin.intent) for pin in state.pins], np.int64)
    return within_metric(rows.centres[held], rows.weights[held], number[rows.owners[held]])


def within_metric(rows: Matrix, weights: Matrix, groups: Labels) -> Matrix | None:
    """Return the inverse fourth root of the shrunk scatter of rows about the means of their groups.

    Its trace is that of no map at all. None where no group has two rows.
    """
    labels = renumber(groups)
    count = int(labels.max()) + 1
    informative = len(rows) - count
    if informative < 1:
        return None
    totals = np.bincount(labels, weights, count).astype(np.float32)
    means = group_sums(rows * weights[:, None], labels, count) / totals[:, None]
    off = ((rows - means[labels]) * np.sqrt(weights)[:, None]).astype(np.float64)
    scatter = off.T @ off
    spread = float(np.trace(scatter)) / len(scatter)
    if spread <= 0:
        return None
    share = PRIOR / (PRIOR + informative)
    values, axes = np.linalg.eigh((1 - share) * scatter / spread + share * np.eye(len(scatter)))
    roots = np.maximum(values, 1e-9) ** -0.25
    return np.asarray((axes * (roots / roots.mean())) @ axes.T, np.float32)
