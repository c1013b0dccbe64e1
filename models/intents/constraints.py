"""Constraints by a person: merge, split, move by example, link and keep apart. Refits keep to them.

Must-link and cannot-link as in Wagstaff et al., "Constrained k-means clustering with background
knowledge" (2001), on micro-clusters: an example holds the micro-cluster that stands for it.
"""

from collections.abc import Sequence

import numpy as np

from groundswell.models.intents.examples import give, intents_of, mark, slots_of
from groundswell.models.intents.holding import Journal, NoRoom
from groundswell.models.intents.pins import pin_intent, rows_of
from groundswell.models.intents.settling import Shift, settle
from groundswell.models.intents.splitting import Contradiction, split_intent
from groundswell.models.intents.state import State
from groundswell.models.record import Vector


def merge_intents(state: State, sources: Sequence[str], into: str) -> tuple[Journal, list[Shift]]:
    """Let intents be one: what all of them hold belongs to *into* for good.

    Raises KeyError and ValueError as `pin_intent` does.
    """
    journal, before, intents = Journal(), rows_of(state), intents_of(state)
    try:
        for intent in (*sources, into):
            pin_intent(state, intent, journal)
    except ValueError:
        journal.undo(state)
        raise
    for fine, owner in zip(list(state.model.fines) if state.model else (), intents, strict=True):
        if owner in sources:
            journal.regroup(state, fine, into)
    return journal, settle(state, before, intents)


def move_examples(state: State, vectors: Sequence[Vector], into: str) -> tuple[Journal, list[Shift]]:
    """Let examples belong to an intent. Raises KeyError where it does not live, NoRoom as `Journal.hold`."""
    if state.model is None or into not in state.model.intents:
        raise KeyError(f"no live intent {into!r}")
    slots = slots_of(state, vectors)
    journal, before, intents = Journal(), rows_of(state), intents_of(state)
    _give_all(state, journal, [(slot, into) for slot in slots])
    return journal, settle(state, before, intents)


def keep_apart(state: State, one: Vector, other: Vector) -> tuple[Journal, list[Shift], str]:
    """Let two examples never share an intent: where they do, the second founds a new one.

    Returns the new intent's id, empty if they are apart already: then both are held where they are.
    """
    here, there = slots_of(state, [one])[0], slots_of(state, [other])[0]
    if here == there:
        raise Contradiction("the two examples are the same to the model; they cannot be kept apart")
    before, intents = rows_of(state), intents_of(state)
    mine, yours = intents[before[here]], intents[before[there]]
    if mine == yours:
        return split_intent(state, mine, [other], [one])
    journal = Journal()
    _give_all(state, journal, [(here, mine), (there, yours)])
    return journal, settle(state, before, intents), ""


def undo(state: State, journal: Journal) -> list[Shift]:
    """Take a command's changes back; what a split made goes back to what it came out of."""
    before, intents = rows_of(state), intents_of(state)
    journal.undo(state)
    model, pinned = state.model, {pin.fine for pin in state.pins}
    if model is None:
        return []
    gone = {fine for fine, _ in journal.born} - pinned
    for fine in sorted(gone & model.position.keys()):
        parents = [
            model.position[parent]
            for made, parent in journal.born
            if made == fine and parent in model.position
        ]
        if not parents:
            continue
        heirs = np.flatnonzero(before == model.position[fine])
        likeness = state.micros.rows().places[heirs] @ model.centroids[parents].T
        before[heirs] = np.array(parents)[likeness.argmax(1)]
    return settle(state, before, intents)


def release(state: State, intent: str) -> tuple[Journal, list[Shift]]:
    """Give an intent back to the machine: refits may regroup it."""
    journal, before, intents = Journal(), rows_of(state), intents_of(state)
    journal.release(state, intent)
    return journal, settle(state, before, intents)


def _give_all(state: State, journal: Journal, given: Sequence[tuple[int, str]]) -> None:
    try:
        mark(state, [slot for slot, _ in given])
        for slot, intent in given:
            give(state, journal, slot, intent)
    except NoRoom:
        journal.undo(state)
        raise
