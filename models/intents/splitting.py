"""Splitting an intent by examples."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from groundswell.models.intents.examples import give, intents_of, mark, slots_of
from groundswell.models.intents.geometry import Labels
from groundswell.models.intents.holding import Journal, NoRoom
from groundswell.models.intents.pins import members_of, rows_of
from groundswell.models.intents.settling import Shift, settle
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE
from groundswell.models.record import Vector

SPLIT_STEPS = 8


class Contradiction(ValueError):
    """The examples cannot be placed as wanted: they say the same, or nothing would be left."""


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
    before, intents = rows_of(state), intents_of(state)
    members = members_of(state, intent)
    every = np.unique(np.r_[np.concatenate([*members.values(), out, keep]).astype(np.int64)])
    leaves = every[_halves(state, every, out, keep)]
    if len(leaves) in (0, len(every)):
        raise Contradiction(f"the examples do not divide {intent}: all of it would be on one side")
    journal, new = Journal(), state.mint()
    try:
        mark(state, [*out, *keep])
        _hold_halves(state, journal, members, set(leaves.tolist()), (intent, new))
        loose = np.setdiff1d(every, np.concatenate(list(members.values())))  # examples from elsewhere
        for slot in loose.tolist():
            give(state, journal, slot, new if slot in leaves else intent)
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
