"""Which sub-intent an event gets: on arrival, and afterwards by the model of today."""

from typing import NamedTuple

import numpy as np

from groundswell.models.intents.geometry import direction
from groundswell.models.intents.micro_rows import MicroRows
from groundswell.models.intents.model import Model
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE
from groundswell.models.record import Vector


class Fit(NamedTuple):
    """A sub-intent, and the cosine of the event to its centroid (0 for the first event of a new one)."""

    fine: str
    closeness: float


def lead(state: State, event: Vector) -> Fit:
    """Leader clustering until there is a space: join the nearest leader or become one."""
    leaders = state.provisionals
    best, likeness = leaders.nearest(event)
    if best >= 0 and (likeness >= state.params.leader or leaders.full):
        return Fit(leaders.join(best, event, state.clock.seen), likeness)
    return Fit(leaders.open(state.mint(), event, state.clock.seen), 0.0)


def emit(state: State, model: Model, place: Vector, likeness: Vector) -> Fit:
    """Return an established sub-intent where the event fits one, else a provisional one, else a new one.

    `place` is the event in the current space, `likeness` its cosine to every micro-cluster.
    """
    row = model.nearest(smooth(state, place, likeness))
    own = float(model.centroids[row] @ place)
    newborn = state.provisionals
    best, other = newborn.nearest(place)
    if best >= 0 and begins(state, model, row, own, other):
        return Fit(newborn.join(best, place, state.clock.seen), other)
    if own < model.thresholds[row] and not newborn.full:
        return Fit(newborn.open(state.mint(), place, state.clock.seen), 0.0)
    return Fit(model.fines[row], own)


def begins(state: State, model: Model, row: int, own: float, other: float) -> bool:
    """Tell whether an event belongs to a provisional intent (at cosine `other`) rather than to `row`.

    A provisional intent is known by few events, so what is alike is less near to it than to a centroid of
    many. Where the event fits `row` (at cosine `own`), it must be nearer by a margin: what is new often
    lies within reach of what is known.
    """
    if own >= model.thresholds[row]:
        return other > own + state.params.margin
    return other > max(own, model.novelty - state.params.kinship)


def emit_pinned(state: State, model: Model, owner: int, place: Vector) -> Fit:
    """Return the sub-intent of the pin that holds the event's micro-cluster."""
    fine = state.pins[owner].fine
    row = model.position.get(fine)
    return Fit(fine, float(model.centroids[row] @ place) if row is not None else 0.0)


def smooth(state: State, place: Vector, likeness: Vector) -> Vector:
    """Pull an event half-way to the weighted softmax mean of its nearest micro-clusters."""
    params, rows, count = state.params, state.micros.store, len(likeness)
    near = params.neighbours
    if count <= 2 * near:
        return place
    nearest = np.argpartition(likeness, count - near)[count - near :]
    shares = likeness[nearest]
    shares = np.exp((shares - shares.max()) / params.smoothing_temperature) * rows.weights[nearest]
    return direction(0.5 * place + (0.5 / shares.sum()) * (shares @ rows.places[nearest]))


def label(state: State, event: Vector, micro: int | None) -> tuple[str, str]:
    """Return (sub-intent, intent) of an event by the model of today; an event of a pin keeps the pin.

    `micro` is the uid of the micro-cluster that took it in, where that is known.

    Raises ValueError where nothing has been seen yet.
    """
    if state.space is None or state.model is None:
        best = state.provisionals.nearest(event)[0]
        if best < 0:
            raise ValueError("nothing to label by: the engine has seen no event")
        fine = state.provisionals.newborn[best].fine
        return fine, fine
    place = state.space.project(event)
    rows = state.micros.rows()
    likeness = rows.places @ place
    nearest = int(
        (rows.sums @ event / rows.lengths).argmax()
    )  # in the space an example may be nearer to another
    owner = _pin_of(rows, event, nearest, state.params.held, micro)
    if owner != FREE:
        return state.pins[owner].fine, state.pins[owner].intent
    row = state.model.nearest(smooth(state, place, likeness))
    return state.model.fines[row], state.model.intents[row]


def _pin_of(rows: MicroRows, event: Vector, slot: int, held: float, micro: int | None) -> int:
    """Return the pin that holds the event's own micro-cluster, or of the nearest if that is near enough."""
    if micro is not None:
        for own in rows.owners[(rows.uids == micro) & (rows.owners != FREE)]:
            return int(own)
    return int(rows.owners[slot]) if float(rows.centre(slot) @ event) >= held else FREE
