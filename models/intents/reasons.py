"""Why a vector goes to the sub-intent that it goes to, by the model of today; nothing is taken in."""

from typing import NamedTuple

import numpy as np

from groundswell.models.intents.emission import begins, smooth
from groundswell.models.intents.model import Model
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE
from groundswell.models.record import Vector

#: Sub-intents that are told of.
SHOWN = 5


class Candidate(NamedTuple):
    """A sub-intent that an event might get, and its intent.

    `smoothed` is its cosine to the event as drawn to its neighbourhood, by which the best is chosen;
    `cosine` that to the event itself, which must then reach the threshold.
    """

    fine: str
    intent: str
    smoothed: float
    cosine: float
    threshold: float


class Reasons(NamedTuple):
    """Why an event goes to `fine`, and so to `intent`.

    `rule` is `pinned`, `announced` (it fits the best candidate), `provisional` (it fits a beginning of an
    intent better), `new` (it fits nothing yet), `no_room` (nor is there room for another beginning, so the
    best candidate takes it), `leader` (before the first refit) or `nothing_yet`.

    `micro` is the cosine to the nearest micro-cluster, which is joined from `duplicate` on; `beginning` the
    nearest provisional sub-intent and its cosine, which counts from `novelty` on.
    """

    rule: str
    fine: str
    intent: str
    candidates: tuple[Candidate, ...] = ()
    micro: float = 0.0
    duplicate: float = 0.0
    beginning: tuple[str, float] | None = None
    novelty: float = 0.0


def reasons(state: State, event: Vector) -> Reasons:
    """Return why an event, unit float32 (dimension,), would go where it would go now."""
    best, likeness = state.provisionals.nearest(event) if state.space is None else (-1, -1.0)
    if state.space is None or state.model is None:
        fine = state.provisionals.newborn[best].fine if best >= 0 else ""
        rule = "leader" if likeness >= state.params.leader else "new" if best >= 0 else "nothing_yet"
        return Reasons(rule, fine, fine, beginning=(fine, likeness), novelty=state.params.leader)
    return _by_model(state, state.model, event, state.space.project(event))


def _by_model(state: State, model: Model, event: Vector, place: Vector) -> Reasons:
    rows = state.micros.rows()
    likeness = rows.places @ place
    slot = int(likeness.argmax())
    micro = float(rows.centre(slot) @ event)
    drawn = smooth(state, place, likeness)
    smoothed, cosines = model.centroids @ drawn, model.centroids @ place
    ranked = np.argsort(-smoothed, kind="stable")[:SHOWN]
    candidates = tuple(
        Candidate(
            model.fines[row], model.intents[row], float(smoothed[row]), float(cosines[row]),
            float(model.thresholds[row]),
        )
        for row in ranked
    )  # fmt: skip
    best, other = state.provisionals.nearest(place)
    beginning = (state.provisionals.newborn[best].fine, other) if best >= 0 else None
    first = candidates[0]
    known = candidates, micro, state.params.duplicate, beginning, model.novelty - state.params.kinship
    owner = int(rows.owners[slot]) if micro >= state.params.duplicate else FREE
    if owner != FREE:
        return Reasons("pinned", state.pins[owner].fine, state.pins[owner].intent, *known)
    if beginning is not None and begins(state, model, int(ranked[0]), first.cosine, other):
        return Reasons("provisional", beginning[0], state.resolve(beginning[0]), *known)
    if first.cosine >= first.threshold:
        return Reasons("announced", first.fine, first.intent, *known)
    rule = "no_room" if state.provisionals.full else "new"
    return Reasons(rule, first.fine, first.intent, *known)


def nearness(state: State, event: Vector) -> dict[str, float]:
    """Return the cosine of an event to the nearest sub-intent of each intent; none before the first refit."""
    if state.space is None or state.model is None:
        return {}
    cosines = state.model.centroids @ state.space.project(event)
    near: dict[str, float] = {}
    for intent, cosine in zip(state.model.intents, cosines, strict=True):
        near[intent] = max(near.get(intent, -1.0), float(cosine))
    return near


def fine_weights(state: State) -> dict[str, float]:
    """Return the weight in events, faded, of each announced sub-intent."""
    if state.model is None:
        return {}
    rows = state.micros.rows()
    labels = state.pinned((rows.places @ state.model.centroids.T).argmax(1), state.model.fines)
    weights = np.bincount(labels, rows.weights.astype(np.float64), len(state.model.fines))
    return dict(zip(state.model.fines, map(float, weights), strict=True))
