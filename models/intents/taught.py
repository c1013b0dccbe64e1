"""What people's pins teach the projection: in which directions events of one intent differ anyway.

Within-class whitening as in relevant component analysis (Bar-Hillel et al., 2005), from the
micro-clusters that pins hold, shrunk to no preference while there are few, and taken half-way: full
whitening magnifies directions that the pinned intents happen not to use.

It is taken only if it proves itself on pins that it was not learned from (cross-validation over intents). A
pin holds an intent as the machine found it, some of what is about other things included: whitening those
differences away tells other intents apart worse, not better. It is put to the proof at the first refit after
pins have changed: between, what they hold changes little.
"""

import numpy as np

from groundswell.models.intents.geometry import Labels, Matrix, directions, group_sums, products, renumber
from groundswell.models.intents.params import HEAD
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE

PRIOR = 100.0  # micro-clusters that "no preference" counts for
FOLDS = 2  # parts of the pinned intents, each told apart by what the others teach
LEAST_INTENTS = 2  # of a part, with two micro-clusters at least
NEAREST = 20  # of a micro-cluster, at most, that are looked at
#: By how much more of the nearest must be of the same intent. On real conversations, differences of one
#: or two hundredths came and went with the order of events, and said nothing about other intents.
PROOF = 0.02


def taught_metric(state: State) -> Matrix | None:
    """Return a symmetric map (dimension, dimension) of vectors; None where pins tell nothing that carries."""
    rows = state.micros.rows()
    held = np.flatnonzero(rows.owners != FREE)
    if not len(held):
        return None
    intents = sorted(state.held_intents)
    number = np.array([intents.index(pin.intent) for pin in state.pins], np.int64)
    groups, mean = number[rows.owners[held]], (rows.sums.sum(0) / rows.weights.sum()).astype(np.float32)
    centres, weights = rows.centres[held], rows.weights[held]
    if state.teaches is None:
        state.teaches = transfer(centres - mean, weights, groups) >= PROOF
        state.changed.add(HEAD)
    return within_metric(centres, weights, groups) if state.teaches else None


def transfer(rows: Matrix, weights: Matrix, groups: Labels) -> float:
    """Return what part of the nearest rows more are of a row's own group by a map that others taught.

    The mean over parts of the groups of the difference in `agreement` that the map of all other groups makes;
    -1 where there are too few to tell. *rows* (n, dimension) are about their mean.
    """
    labels = renumber(groups)
    several = np.bincount(labels)[labels] > 1
    part = renumber(np.where(several, labels, labels.max() + 1)) % FOLDS
    gains = []
    for fold in range(FOLDS):
        told = several & (part == fold)
        metric = within_metric(rows[~told], weights[~told], labels[~told]) if (~told).any() else None
        if metric is None or len(np.unique(labels[told])) < LEAST_INTENTS:
            return -1.0
        own = renumber(labels[told])
        gains.append(agreement(rows[told] @ metric, own) - agreement(rows[told], own))
    return float(np.mean(gains))


def agreement(rows: Matrix, labels: Labels) -> float:
    """Return what part of the nearest rows by cosine are of a row's own group (R-precision), 0..1.

    As many are looked at as the group has others, up to NEAREST; averaged within groups, then over them.
    """
    likeness = products(directions(rows))
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :NEAREST]
    others = np.minimum(np.bincount(labels)[labels] - 1, nearest.shape[1])
    looked = np.arange(nearest.shape[1]) < others[:, None]
    same = ((labels[nearest] == labels[:, None]) & looked).sum(1) / np.maximum(others, 1)
    return float((np.bincount(labels, same) / np.bincount(labels)).mean())


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
