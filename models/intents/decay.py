"""Forgetting and returning: weights halve, silent sub-intents retire to the archive, and may come back.

Time is event time, and never runs backwards: an event that comes late counts as of the latest seen.
"""

import math
from collections.abc import Collection

import numpy as np

from groundswell.models.intents.archive import Retired
from groundswell.models.intents.geometry import Labels, Matrix, direction
from groundswell.models.intents.micros import TRACE
from groundswell.models.intents.model import Model
from groundswell.models.intents.space import Space
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE

FEWEST_LEFT = 3  # sub-intents that a retirement must leave
MOST_FADED = -math.log2(TRACE)  # half-lives after which one event has faded to a trace, and fades no more


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
    rows, half_life = state.micros.rows(), state.params.half_life_ms
    for i in silent:
        members, weight = labels == i, 0.0
        total = rows.sums[members].sum(0) if members.any() else space.lift(model.centroids[i])
        if members.any():
            silence = (state.clock.time_ms - int(rows.hits[members].max())) / half_life
            weight = float(rows.weights[members].sum()) * 2.0 ** min(silence, MOST_FADED)
        intent = state.returned.pop(model.fines[i], model.intents[i])
        state.archive.add(Retired(model.fines[i], intent, direction(total), weight))
        state.record("retired", "fine", model.fines[i])
    state.model = model.without({model.fines[i] for i in silent})
    for intent in sorted(set(model.intents) - set(state.model.intents)):
        state.record("retired", "intent", intent)


def revive(
    state: State, space: Space, centroids: Matrix, newborn: list[int], least: float
) -> dict[int, Retired]:
    """Return, for each newborn row as close as *least* to an archived sub-intent, what it takes up again.

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
        if nearest[best] == row and likeness[best, row] >= least:
            revived[row] = state.archive.take(places[best])
    return revived


def homes(state: State, revived: Collection[Retired]) -> dict[str, str]:
    """Return the intent that each sub-intent is back in: its own of before, if that lives or comes back.

    An intent comes back with the largest of its retired parts: under its id a smaller one would give it
    another meaning. That is an intent of its own until then (`State.returned`). An intent that people hold
    takes nothing in.
    """
    live = set(state.model.intents) if state.model is not None else set()
    held = state.held_intents
    away = [one for one in state.archive.ring if one is not None]
    found: dict[str, str] = {}
    for one in revived:
        parts = [other for other in (*away, *revived) if other.intent == one.intent]
        largest = max(parts, key=lambda part: (part.weight, part.fine))
        back = one.intent in live or any(largest is other for other in revived)
        found[one.fine] = one.intent if back and one.intent not in held else one.fine
        if not back:
            state.returned[one.fine] = one.intent
    return found


def rejoin(state: State, fines: Collection[str], live: Collection[str]) -> dict[str, str]:
    """Return the sub-intents of *fines* whose intent has come back after them, and that."""
    state.returned = {fine: intent for fine, intent in state.returned.items() if fine in fines}
    held = state.held_intents
    found = {fine: intent for fine, intent in state.returned.items() if intent in live and intent not in held}
    for fine in found:
        del state.returned[fine]
    return found
