"""How good the intents are: whether each is one thing, apart from the others, or mush.

Measured over the micro-clusters in the space in which intents are told apart, weighed by the events that
they stand for; no labels, and no pass over the stream.
"""

from typing import NamedTuple

import numpy as np

from groundswell.models.intents.geometry import Labels, Matrix, Scores, directions, group_sums
from groundswell.models.intents.lineage import number_ids
from groundswell.models.intents.model import Model
from groundswell.models.intents.state import State

#: A member is ambiguous if another intent is as near as its own, but for this much of cosine.
MARGIN = 0.1
#: Weight from which an intent is judged: fewer events say nothing about it.
LEAST_WEIGHT = 12.0
#: Where an intent begins to be mixed, and where it ceases: members that share less than half a direction,
#: or of which two in five might as well be elsewhere.
LOOSE, LOOSE_STILL = 0.5, 0.55
UNCLEAR, UNCLEAR_STILL = 0.4, 0.3
_DECIMALS = 4


class Quality(NamedTuple):
    """Of one intent.

    `cohesion` is the mean cosine of its members to its centre, `separation` 1 less the cosine to the nearest
    other centre, `ambiguity` the share of members that another intent is about as near to, `weight` that of
    its events, faded.
    """

    cohesion: float
    separation: float
    ambiguity: float
    weight: float

    def mixed(self, before: bool) -> bool:
        """Return whether it is mush; *before*: it was, and must then do better to be none."""
        if self.weight < LEAST_WEIGHT:
            return False
        loose, unclear = (LOOSE_STILL, UNCLEAR_STILL) if before else (LOOSE, UNCLEAR)
        return self.cohesion < loose or self.ambiguity > unclear


class Measured(NamedTuple):
    """The intents, sorted by id, the quality of each, and their unit centres (intents, axes)."""

    intents: list[str]
    qualities: list[Quality]
    centres: Matrix


def measure(state: State) -> Measured | None:
    """Return the quality of every live intent; None before the first refit."""
    model = state.model
    if model is None:
        return None
    rows = state.micros.rows()
    intents, owner = number_ids(model.intents)
    similar = rows.places @ model.centroids.T
    labels = owner[state.pinned(similar.argmax(1), model.fines)]
    weights = rows.weights.astype(np.float64)
    own, other = _own_and_other(similar, owner, labels, len(intents))
    total = np.maximum(np.bincount(labels, weights, len(intents)), 1e-9)
    unclear = np.bincount(labels, weights * (own - other < MARGIN), len(intents)) / total
    centres = _centres(rows.places, rows.weights, labels, model, owner, len(intents))
    inward = np.einsum("ij,ij->i", rows.places, centres[labels]).astype(np.float64)
    cohesion = np.bincount(labels, weights * inward, len(intents)) / total
    apart = separations(centres)
    figures = np.round(np.stack([cohesion, apart, unclear, total], 1), _DECIMALS)
    return Measured(intents, [Quality(*map(float, row)) for row in figures], centres)


def separations(centres: Matrix) -> Scores:
    """Return, for each unit centre, 1 less the cosine to the nearest other; 1 where there is none."""
    if len(centres) < 2:
        return np.ones(len(centres))
    similar = (centres @ centres.T).astype(np.float64)
    np.fill_diagonal(similar, -1.0)
    return np.asarray(1.0 - similar.max(1), np.float64)


def _own_and_other(similar: Matrix, owner: Labels, labels: Labels, count: int) -> tuple[Matrix, Matrix]:
    """Return each row's similarity to the nearest sub-intent of its own intent, and of any other."""
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(count))
    best = np.maximum.reduceat(similar[:, order], starts, axis=1)
    at = np.arange(len(labels))
    own = best[at, labels].copy()
    best[at, labels] = -1.0
    return own, best.max(1)


def _centres(
    places: Matrix, weights: Matrix, labels: Labels, model: Model, owner: Labels, count: int
) -> Matrix:
    """Return the mean direction of each intent's members; of one without any, that of its sub-intents."""
    sums = group_sums(places * weights[:, None], labels, count)
    empty = np.bincount(labels, minlength=count) == 0
    if empty.any():
        sums[empty] = group_sums(model.centroids, owner, count)[empty]
    return directions(sums)
