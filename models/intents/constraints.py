"""Constraints by a person: merge, split, move by example, link and keep apart. Refits keep to them.

Must-link and cannot-link as in Wagstaff et al., "Constrained k-means clustering with background
knowledge" (2001), on micro-clusters: an example holds the micro-cluster that stands for it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundswell.models.intents.geometry import Labels
from groundswell.models.intents.holding import Journal, NoRoom
from groundswell.models.intents.params import HEAD, PINS
from groundswell.models.intents.pins import members_of, pin_intent, rows_of
from groundswell.models.intents.settling import Shift, settle
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE
from groundswell.models.record import Vector

EXACT = 0.995  # cosine from which a micro-cluster stands for an example; below, it gets one of its own
SPLIT_STEPS = 8


class Contradiction(ValueError):
    """The examples cannot be placed as wanted: they say the same, or nothing would be left."""


def merge_intents(state: State, sources: Sequence[str], into: str) -> tuple[Journal, list[Shift]]:
    """Let intents be one: what all of them hold belongs to *into* for good.

    Raises KeyError and ValueError as `pin_intent` does.
    """
    journal, before, intents = Journal(), rows_of(state), _intents(state)
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


def split_intent(
    state: State, intent: str, leaving: Sequence[Vector], staying: Sequence[Vector]
) -> tuple[Journal, list[Shift], str]:
    """Divide an intent by examples: two-means from them, which stay where they were put.

    Returns what changed, with the id of the new intent. A sub-intent that leaves whole keeps its id and
    its counts. Raises Contradiction where nothing would be left on one side, NoRoom as `Journal.hold`.
    """
    out, keep = slots_of(state, leaving), slots_of(state, staying)
    if set(out) & set(keep):
        raise Contradiction("examples that leave and that stay are the same to the model")
    before, intents = rows_of(state), _intents(state)
    members = members_of(state, intent)
    every = np.unique(np.r_[np.concatenate([*members.values(), out, keep]).astype(np.int64)])
    leaves = every[_halves(state, every, out, keep)]
    if len(leaves) in (0, len(every)):
        raise Contradiction(f"the examples do not divide {intent}: all of it would be on one side")
    journal, new = Journal(), state.mint()
    try:
        _mark(state, [*out, *keep])
        _hold_halves(state, journal, members, set(leaves.tolist()), (intent, new))
        loose = np.setdiff1d(every, np.concatenate(list(members.values())))  # examples from elsewhere
        for slot in loose.tolist():
            _give(state, journal, slot, new if slot in leaves else intent)
    except NoRoom:
        journal.undo(state)
        raise
    return journal, settle(state, before, intents), new


def _hold_halves(
    state: State, journal: Journal, members: dict[str, Labels], leaves: set[int], sides: tuple[str, str]
) -> None:
    intent, new = sides
    mixed: list[int] = []
    for fine, slots in members.items():
        gone = np.array([slot for slot in slots.tolist() if slot in leaves], np.int64)
        stays = np.setdiff1d(slots, gone)
        if len(stays):
            journal.hold(state, stays, fine, intent)
            if len(gone):
                mixed += gone.tolist()
                journal.born.append((new, fine))
        elif len(gone):
            journal.hold(state, gone, fine, new)
            journal.regroup(state, fine, new)
    if mixed:
        journal.hold(state, np.array(mixed, np.int64), new, new)


def _halves(state: State, slots: Labels, out: list[int], keep: list[int]) -> NDArray[np.bool_]:
    """Return which of *slots* leave: weighted two-means from the examples, which are fixed.

    Earlier examples that hold among *slots* stay: a split carries none away that it does not name.
    """
    rows = state.micros.rows()
    places, weights = rows.places[slots], rows.weights[slots][:, None]
    fixed_out, fixed_keep = np.isin(slots, out), np.isin(slots, keep)
    earlier = np.isin(rows.uids[slots], sorted(state.micros.examples)) & (rows.owners[slots] != FREE)
    stays = fixed_keep | (earlier & ~fixed_out)
    first = (places[fixed_out] * weights[fixed_out]).sum(0) / weights[fixed_out].sum()
    rest = fixed_keep if fixed_keep.any() else ~fixed_out
    if not rest.any():
        return np.ones(len(slots), bool)
    second = (places[rest] * weights[rest]).sum(0) / weights[rest].sum()
    leaves = fixed_out
    for _ in range(SPLIT_STEPS):
        nearer = ((places - first) ** 2).sum(1) < ((places - second) ** 2).sum(1)
        moved = (nearer | fixed_out) & ~stays
        if np.array_equal(moved, leaves) or moved.all():
            leaves = moved
            break
        leaves = moved
        first = (places[leaves] * weights[leaves]).sum(0) / weights[leaves].sum()
        second = (places[~leaves] * weights[~leaves]).sum(0) / weights[~leaves].sum()
    return leaves


def move_examples(state: State, vectors: Sequence[Vector], into: str) -> tuple[Journal, list[Shift]]:
    """Let examples belong to an intent. Raises KeyError where it does not live, NoRoom as `Journal.hold`."""
    if state.model is None or into not in state.model.intents:
        raise KeyError(f"no live intent {into!r}")
    slots = slots_of(state, vectors)
    journal, before, intents = Journal(), rows_of(state), _intents(state)
    _give_all(state, journal, [(slot, into) for slot in slots])
    return journal, settle(state, before, intents)


def keep_apart(state: State, one: Vector, other: Vector) -> tuple[Journal, list[Shift], str]:
    """Let two examples never share an intent: where they do, the second founds a new one.

    Returns the new intent's id, empty if they are apart already: then both are held where they are.
    """
    here, there = slots_of(state, [one])[0], slots_of(state, [other])[0]
    if here == there:
        raise Contradiction("the two examples are the same to the model; they cannot be kept apart")
    before, intents = rows_of(state), _intents(state)
    mine, yours = intents[before[here]], intents[before[there]]
    if mine == yours:
        return split_intent(state, mine, [other], [one])
    journal = Journal()
    _give_all(state, journal, [(here, mine), (there, yours)])
    return journal, settle(state, before, intents), ""


def intent_at(state: State, vector: Vector) -> str:
    """Return the intent of the micro-cluster that stands for an example."""
    slot = slots_of(state, [vector])[0]
    return _intents(state)[int(rows_of(state)[slot])]


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
            slot = state.micros.open(vector, state.space.project(vector), state.clock.seen)
            state.changed.add(HEAD)
        slots.append(slot)
    return slots


def _mark(state: State, slots: Sequence[int]) -> None:
    """Remember which micro-clusters stand for examples. Raises NoRoom beyond an eighth of all."""
    rows = state.micros.rows()
    held = set(rows.uids[rows.owners != FREE].tolist())
    examples = (state.micros.examples & held) | set(rows.uids[list(slots)].tolist())
    if len(examples) > state.micros.capacity // 8:
        raise NoRoom(f"at most {state.micros.capacity // 8} examples can be held; undo or unpin some first")
    state.micros.examples = examples
    state.changed.update((HEAD, PINS))


def undo(state: State, journal: Journal) -> list[Shift]:
    """Take a command's changes back; what a split made goes back to what it came out of."""
    before, intents = rows_of(state), _intents(state)
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
    journal, before, intents = Journal(), rows_of(state), _intents(state)
    journal.release(state, intent)
    return journal, settle(state, before, intents)


def _intents(state: State) -> list[str]:
    return list(state.model.intents) if state.model else []


def _give_all(state: State, journal: Journal, given: Sequence[tuple[int, str]]) -> None:
    try:
        _mark(state, [slot for slot, _ in given])
        for slot, intent in given:
            _give(state, journal, slot, intent)
    except NoRoom:
        journal.undo(state)
        raise


def _give(state: State, journal: Journal, slot: int, intent: str) -> None:
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
