"""Forgetting and returning: weights halve, silent sub-intents retire to the archive, and may come back.

Time is event time, and never runs backwards: an event that comes late counts as of the latest seen.
"""

import numpy as np

from groundswell.models.intents.archive import Retired
from groundswell.models.intents.geometry import Labels, Matrix, direction
from groundswell.models.intents.model import Model
from groundswell.models.intents.space import Space
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE

FEWEST_LEFT = 3  # sub-intents that a retirement must leave


def forget(state: State) -> None:
    """Decay all weights since the last time; drop faded micro-clusters; retire silent sub-intents."""
    model, space = state.model, state.space
    if model is None or space is None:
        return
    clock = state.clock
    state.micros.decay(2.0 ** (-(clock.time_ms - clock.faded_ms) / state.params.half_life_ms))
    clock.faded_ms = clock.time_ms
    rows = state.micros.rows()
    labels = state.pinned((rows.places @ model.centroids.T).argmax(1), model.fines)
    silent = _silent(state, model, labels)
    faded = rows.weights < state.params.min_weight
    if len(model.fines) - len(silent) >= FEWEST_LEFT:
        faded |= np.isin(labels, silent)
    else:
        silent = []
    left = np.flatnonzero(~faded | (rows.owners != FREE))
    if len(left) <= 2 * state.params.neighbours:
        return
    _retire(state, model, space, labels, silent)
    state.micros.keep(left)


def _silent(state: State, model: Model, labels: Labels) -> list[int]:
    """Return the rows of sub-intents that took no event for `silence` half-lives."""
    last = np.zeros(len(model.fines), np.int64)
    np.maximum.at(last, labels, state.micros.rows().hits)
    pinned = {pin.fine for pin in state.pins}
    limit = state.params.silence * state.params.half_life_ms
    return [
        i
        for i, fine in enumerate(model.fines)
        if fine not in pinned and state.clock.time_ms - last[i] > limit
    ]


def _retire(state: State, model: Model, space: Space, labels: Labels, silent: list[int]) -> None:
    rows = state.micros.rows()
    for i in silent:
        members = labels == i
        total = rows.sums[members].sum(0) if members.any() else space.lift(model.centroids[i])
        state.archive.add(Retired(model.fines[i], model.intents[i], direction(total)))
        state.record("retired", "fine", model.fines[i])
    state.model = model.without({model.fines[i] for i in silent})
    for intent in sorted(set(model.intents) - set(state.model.intents)):
        state.record("retired", "intent", intent)


def revive(state: State, space: Space, centroids: Matrix, newborn: list[int]) -> dict[int, Retired]:
    """Return, for each newborn row close enough to an archived sub-intent, what it takes up again.

    Each must be the other's nearest, among all archived ones and all rows: a neighbour that is born first
    does not take the id of a theme that is still away.
    """
    places, vectors = state.archive.kept()
    if not places or not newborn:
        return {}
    likeness = space.project_rows(vectors) @ centroids.T
    nearest, revived = likeness.argmax(1), dict[int, Retired]()
    for row in newborn:
        best = int(likeness[:, row].argmax())
        if nearest[best] == row and likeness[best, row] >= state.params.revive:
            revived[row] = state.archive.take(places[best])
    return revived
