"""Live intents as they are shown."""

from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.geometry import direction
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
    pinned = {pin.intent for pin in state.pins}
    views = []
    for intent in sorted(set(model.intents)):
        fines = [i for i, owner in enumerate(model.intents) if owner == intent]
        members = np.isin(labels, fines)
        total, weight = rows.sums[members].sum(0), float(rows.weights[members].sum())
        cohesion = float(np.linalg.norm(total)) / weight if weight else 0.0
        names = tuple(sorted(model.fines[i] for i in fines))
        views.append(IntentView(intent, names, weight, direction(total), cohesion, intent in pinned))
    return views
