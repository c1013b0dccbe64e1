"""Live intents as they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.geometry import direction, exact_directions
from groundswell.models.intents.state import State
from groundswell.models.record import Vector


@dataclass(frozen=True, slots=True)
class IntentView:
    """A live intent: its sub-intents (sorted), weight in events, and unit centroid (dimension,).

    `cohesion` is the length of the mean of its vectors, 0..1: how alike they are.
    """

    id: str
    fines: tuple[str, ...]
    weight: float
    centroid: Vector
    cohesion: float
    pinned: bool


def view_intents(state: State) -> list[IntentView]:
    """Return the live intents, by id; empty before the first refit."""
    model = state.model
    if model is None:
        return []
    rows = state.micros.rows()
    labels = state.pinned((rows.places @ model.centroids.T).argmax(1), model.fines)
    pinned = state.held_intents
    views = []
    for intent in sorted(set(model.intents)):
        fines = [i for i, owner in enumerate(model.intents) if owner == intent]
        members = np.isin(labels, fines)
        total, weight = rows.sums[members].sum(0), float(rows.weights[members].sum())
        cohesion = float(np.linalg.norm(total)) / weight if weight else 0.0
        names = tuple(sorted(model.fines[i] for i in fines))
        views.append(IntentView(intent, names, weight, direction(total), cohesion, intent in pinned))
    return views


def intent_centres(state: State, turns: Mapping[str, int]) -> dict[str, Vector]:
    """Return the direction (dimension,) in which each live intent lies from the mean of all events."""
    model, space = state.model, state.space
    if model is None or space is None:
        return {}
    intents = sorted(set(model.intents))
    row = {intent: place for place, intent in enumerate(intents)}
    places = np.zeros((len(intents), model.centroids.shape[1]), np.float32)
    for fine, intent, centroid in zip(model.fines, model.intents, model.centroids, strict=True):
        places[row[intent]] += np.float32(max(turns.get(fine, 0), 1)) * centroid
    lifted = exact_directions(np.matmul(places, space.axes.T, dtype=np.float32))
    return dict(zip(intents, lifted, strict=True))
