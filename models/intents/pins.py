"""Pinning: a human holds an intent as it is; what is held teaches the projection too (`taught`)."""

import numpy as np
from numpy.typing import NDArray

from groundswell.models.intents.geometry import Labels
from groundswell.models.intents.params import HEAD, PINS
from groundswell.models.intents.state import Pin, State
from groundswell.models.intents.ward import FREE


def pin_intent(state: State, intent: str) -> list[str]:
    """Give the present micro-clusters of an intent to it for good, sub-intent by sub-intent.

    Returns the pinned sub-intents. Raises KeyError where no such intent lives, ValueError where it
    holds no events or the limit of pins is reached.
    """
    if state.model is None or intent not in state.model.intents:
        raise KeyError(f"no live intent {intent!r} to pin")
    held = {pin.fine for pin in state.pins}
    ids, labels = state.micro_fines()
    fines = [f for f, owner in state.model.groups().items() if owner == intent and f not in held]
    members = {fine: _free_members(state, labels == ids.index(fine)) for fine in fines}
    found = [fine for fine in fines if len(members[fine])]
    if not found and all(pin.intent != intent for pin in state.pins):
        raise ValueError(f"intent {intent!r} holds no events yet; pin it when it has some")
    if len(state.pins) + len(found) > state.params.pins:
        raise ValueError(f"cannot pin {intent!r}: at most {state.params.pins} sub-intents can be pinned")
    for fine in found:
        state.micros.store.owners[members[fine]] = len(state.pins)
        state.micros.dirty.update(members[fine].tolist())
        state.pins.append(Pin(fine, intent))
    state.changed.update((HEAD, PINS))
    return [pin.fine for pin in state.pins if pin.intent == intent]


def _free_members(state: State, members: NDArray[np.bool_]) -> Labels:
    return np.flatnonzero(members & (state.micros.rows().owners == FREE))
