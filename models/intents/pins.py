"""Pinning: a human holds an intent as it is; what is held teaches the projection too (`taught`)."""

import numpy as np

from groundswell.models.intents.geometry import Labels
from groundswell.models.intents.holding import Journal
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE


def pin_intent(state: State, intent: str, journal: Journal | None = None) -> list[str]:
    """Give the present micro-clusters of an intent to it for good, sub-intent by sub-intent.

    Returns the pinned sub-intents; *journal* notes what changed. Raises KeyError where no such intent
    lives, ValueError where it holds no events or the limit of pins is reached (nothing is changed then).
    """
    if state.model is None or intent not in state.model.intents:
        raise KeyError(f"no live intent {intent!r} to pin")
    members = members_of(state, intent)
    held = {pin.fine for pin in state.pins if pin.intent == intent}
    if not held and not any(len(slots) for slots in members.values()):
        raise ValueError(f"intent {intent!r} holds no events yet; pin it when it has some")
    free = {fine: slots[state.micros.rows().owners[slots] == FREE] for fine, slots in members.items()}
    found = [fine for fine in members if len(free[fine])]
    room = state.params.pins - sum(bool(pin.fine) for pin in state.pins)
    if len(set(found) - held) > room:
        raise ValueError(f"cannot pin {intent!r}: at most {state.params.pins} sub-intents can be pinned")
    journal = journal or Journal()
    for fine in found:
        journal.hold(state, free[fine], fine, intent)
    return [pin.fine for pin in state.pins if pin.intent == intent]


def rows_of(state: State) -> Labels:
    """Return the row of the model that each micro-cluster belongs to, pins before likeness."""
    model = state.model
    if model is None:
        raise ValueError("there is no model before the first refit")
    return state.pinned((state.micros.rows().places @ model.centroids.T).argmax(1), model.fines)


def members_of(state: State, intent: str) -> dict[str, Labels]:
    """Return the slots of the micro-clusters of every sub-intent of an intent."""
    labels, model = rows_of(state), state.model
    if model is None:
        return {}
    return {
        fine: np.flatnonzero(labels == row)
        for row, (fine, owner) in enumerate(zip(model.fines, model.intents, strict=True))
        if owner == intent
    }
