"""Examples: turns that a person names, as the micro-clusters that stand for them."""

from collections.abc import Sequence

import numpy as np

from groundswell.models.intents.holding import Journal, NoRoom
from groundswell.models.intents.params import HEAD, PINS
from groundswell.models.intents.pins import rows_of
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE
from groundswell.models.record import Vector

EXACT = 0.995  # cosine from which a micro-cluster stands for an example; below, it gets one of its own


def slots_of(state: State, vectors: Sequence[Vector]) -> list[int]:
    """Return the micro-cluster that stands for each example; one is opened where none does.

    Raises NoRoom where all slots are taken.
    """
    slots = []
    for vector in vectors:
        rows = state.micros.rows()
        likeness = rows.centres @ vector
        slot = int(likeness.argmax())
        if likeness[slot] < EXACT:
            if state.micros.full or state.space is None:
                raise NoRoom("no micro-cluster is left for the example; try again after the next refit")
            slot = state.micros.open(vector, state.space.project(vector), state.clock.time_ms)
            state.changed.add(HEAD)
        slots.append(slot)
    return slots


def mark(state: State, slots: Sequence[int]) -> None:
    """Remember which micro-clusters stand for examples. Raises NoRoom beyond an eighth of all."""
    rows = state.micros.rows()
    held = set(rows.uids[rows.owners != FREE].tolist())
    examples = (state.micros.examples & held) | set(rows.uids[list(slots)].tolist())
    if len(examples) > state.micros.capacity // 8:
        raise NoRoom(f"at most {state.micros.capacity // 8} examples can be held; undo or unpin some first")
    state.micros.examples = examples
    state.changed.update((HEAD, PINS))


def intent_at(state: State, vector: Vector) -> str:
    """Return the intent of the micro-cluster that stands for an example."""
    slot = slots_of(state, [vector])[0]
    return intents_of(state)[int(rows_of(state)[slot])]


def intents_of(state: State) -> list[str]:
    """Return the intent of each row of the model."""
    return list(state.model.intents) if state.model else []


def give(state: State, journal: Journal, slot: int, intent: str) -> None:
    """Hold one micro-cluster in the sub-intent of *intent* that is nearest to it."""
    model, rows = state.model, state.micros.rows()
    if model is None:
        return
    owner = int(rows.owners[slot])
    if owner != FREE and state.pins[owner].intent == intent:
        return
    own = [row for row, name in enumerate(model.intents) if name == intent]
    if not own:  # an intent that this very command makes
        journal.hold(state, np.array([slot]), intent, intent)
        return
    nearest = own[int((model.centroids[own] @ rows.places[slot]).argmax())]
    journal.hold(state, np.array([slot]), model.fines[nearest], intent)
