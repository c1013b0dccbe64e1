"""After a person's command: the model is fitted to what is held now, and who vanished leads to an heir."""

from typing import NamedTuple

import numpy as np

from groundswell.models.intents.geometry import Labels
from groundswell.models.intents.lineage import Kind, number_ids, overlap
from groundswell.models.intents.model import Model, fit_model
from groundswell.models.intents.params import HEAD, MODEL, PINS
from groundswell.models.intents.state import Pin, State


class Shift(NamedTuple):
    """An intent that a command made (`split` from `other`) or ended (`merged` into `other`).

    `share`: the part of the larger whole's weight that it is.
    """

    kind: Kind
    id: str
    other: str
    share: float


def settle(state: State, before: Labels, intents: list[str]) -> list[Shift]:
    """Fit the model again: pins first, every other micro-cluster where it was.

    Args:
        state: its pins are as they should be.
        before: row of the model for each micro-cluster, before anything was changed.
        intents: intent of each row of the model, then.
    """
    model, rows = state.model, state.micros.rows()
    if model is None:
        return []
    _rename_vanished(state, model)
    fines = model.fines + [pin.fine for pin in state.pins if pin.fine and pin.fine not in model.position]
    used, labels = np.unique(state.pinned(before, fines), return_inverse=True)
    labels = np.asarray(labels, np.int64)
    groups = model.groups() | {pin.fine: pin.intent for pin in state.pins if pin.fine}
    live = [fines[i] for i in used]
    new = fit_model(
        rows.places, rows.weights, labels, live, [groups[fine] for fine in live], state.params.novelty
    )
    _forward(state, model, new, before, labels)
    state.model = new
    state.changed.update((HEAD, MODEL))
    return _trace(state, [intents[row] for row in before], [new.intents[row] for row in labels], intents)


def _rename_vanished(state: State, model: Model) -> None:
    """Give another id to what an undone command brings back, if its own leads elsewhere by now.

    What was counted under that id went along, and is corrected there.
    """
    held = set(state.micros.rows().owners.tolist())
    for place, pin in enumerate(state.pins):
        gone = pin.fine not in model.position and state.forwards.follow(pin.fine) != pin.fine
        if place in held and gone:
            state.pins[place] = Pin(state.mint(), pin.intent)
            state.changed.add(PINS)


def _forward(state: State, old: Model, new: Model, before: Labels, labels: Labels) -> None:
    """Let each vanished sub-intent stand for the one that got most of it, else for the nearest."""
    shared = overlap(labels, len(new.fines), [old.fines[row] for row in before], state.micros.rows().weights)
    for row, fine in enumerate(old.fines):
        if fine in new.position:
            continue
        heir = shared.heir(fine)
        into = new.fines[new.nearest(old.centroids[row]) if heir is None else heir]
        state.move(fine, into)
        state.record("merged", "fine", fine, into=into)


def _trace(state: State, before: list[str], after: list[str], known: list[str]) -> list[Shift]:
    """Note which intents came and went, and between whom their weight moved."""
    weights = state.micros.rows().weights
    names, labels = number_ids(after)
    shared = overlap(labels, len(names), before, weights)
    old = {name: float(shared.weight[:, column].sum()) for column, name in enumerate(shared.old)}
    shifts: list[Shift] = []
    for row, name in enumerate(names):
        parent = shared.parent(row)
        if name not in known and parent is not None:
            share = float(shared.weight[row, shared.old.index(parent)]) / old[parent]
            shifts.append(Shift("split", name, parent, round(share, 6)))
            state.record("split", "intent", name, parent=parent)
    live = set(names) | set(state.model.intents if state.model else ())
    for name in sorted(set(known) - live):
        heir = shared.heir(name)
        if heir is None:
            continue
        whole = float(shared.weight[heir].sum())
        share = float(shared.weight[heir, shared.old.index(name)]) / whole if whole else 0.0
        shifts.append(Shift("merged", name, names[heir], round(share, 6)))
        state.record("merged", "intent", name, into=names[heir])
        state.archive.redirect(name, names[heir])
    return shifts
