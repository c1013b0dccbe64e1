"""The light refit: births between full refits, in the space that there is."""

import numpy as np

from groundswell.models.intents.decay import homes, revive
from groundswell.models.intents.geometry import Labels, Matrix, directions, group_sums
from groundswell.models.intents.lineage import Kind
from groundswell.models.intents.model import Model, fit_model
from groundswell.models.intents.params import MODEL
from groundswell.models.intents.space import Space
from groundswell.models.intents.state import State

LEAST_WEIGHT = 2.0  # of a sub-intent that stays


def light_refit(state: State) -> None:
    """Let ripe provisional intents become sub-intents; give up those that fell silent."""
    params, seen = state.params, state.clock.seen
    newborn = state.provisionals.newborn
    ripe = [i for i, one in enumerate(newborn) if one.events >= params.birth]
    if ripe and state.model is not None:
        ripe = _news(state, state.model, ripe)
    if ripe and state.model is not None and state.space is not None:
        _grow(state, state.model, state.space, ripe)
    silent = [i for i, one in enumerate(newborn) if seen - one.last >= params.patience]
    gone = set(ripe) | set(silent)
    if gone:
        for i in sorted(gone):
            _forward(state, newborn[i].fine, state.provisionals.rows[i])
        state.provisionals.keep([i for i in range(len(newborn)) if i not in gone])
    state.clock.next_light = seen + params.light_every


def _news(state: State, model: Model, ripe: list[int]) -> list[int]:
    """Return the ripe ones that would hold mostly what no intent explained when it came.

    What was there before they began is no news: to divide it is for the full refit.
    """
    rows, provisionals = state.micros.rows(), state.provisionals
    centroids = np.vstack([model.centroids, provisionals.rows[ripe]])
    held = np.bincount((rows.places @ centroids.T).argmax(1), rows.weights, len(centroids))
    events = [one.events for one in provisionals.newborn]
    fresh = np.bincount((provisionals.rows @ centroids.T).argmax(1), events, len(centroids))
    new = (fresh >= state.params.news * held)[len(model.fines) :]
    return [i for i, one in zip(ripe, new, strict=True) if one]


def _grow(state: State, model: Model, space: Space, ripe: list[int]) -> None:
    """Assign the micro-clusters once to old and ripe centroids together, and fit the model to that."""
    centroids = np.vstack([model.centroids, state.provisionals.rows[ripe]])
    candidates = model.fines + [state.provisionals.newborn[i].fine for i in ripe]
    settled = _settle(state, centroids, candidates)
    if settled is None:
        return
    labels, fines = settled
    rows, groups = state.micros.rows(), model.groups()
    centroids = directions(group_sums(rows.places * rows.weights[:, None], labels, len(fines)))
    newborn = [row for row, fine in enumerate(fines) if fine not in groups]
    returned = revive(state, space, centroids, newborn, state.params.revive_early)
    for row, retired in returned.items():
        state.move(fines[row], retired.fine)
        fines[row] = retired.fine
    groups |= homes(state, returned.values())
    intents = [groups.get(fine, fine) for fine in fines]
    state.model = fit_model(rows.places, rows.weights, labels, fines, intents, state.params.novelty)
    state.changed.add(MODEL)
    _trace(state, model, state.model, {retired.fine for retired in returned.values()})


def _settle(state: State, centroids: Matrix, fines: list[str]) -> tuple[Labels, list[str]] | None:
    """Return the groups that hold enough weight, and their ids; None where fewer than two would."""
    rows = state.micros.rows()
    labels, fines = _used(state.pinned((rows.places @ centroids.T).argmax(1), fines), fines)
    weights = np.bincount(labels, rows.weights)
    pinned = {pin.fine for pin in state.pins}
    heavy = weights >= LEAST_WEIGHT
    if heavy.all():
        return labels, fines
    if heavy.sum() < 2:
        return None
    kept = [i for i, fine in enumerate(fines) if heavy[i] or fine in pinned]
    settled = directions(group_sums(rows.places * rows.weights[:, None], labels, len(fines)))[kept]
    fines = [fines[i] for i in kept]
    return _used(state.pinned((rows.places @ settled.T).argmax(1), fines), fines)


def _used(labels: Labels, fines: list[str]) -> tuple[Labels, list[str]]:
    """Drop the groups that have no micro-cluster."""
    used, numbered = np.unique(labels, return_inverse=True)
    return np.asarray(numbered, np.int64), [fines[i] for i in used]


def _trace(state: State, old: Model, new: Model, revived: set[str]) -> None:
    """Note what was born, what came back and what was absorbed, at both levels."""
    intents, former = new.groups(), set(old.intents)
    for fine in new.fines:
        if fine not in old.position:
            (state.revived if fine in revived else state.young).add(fine)
            kind: Kind = "revived" if fine in revived else "created"
            state.record(kind, "fine", fine)
            if intents[fine] not in former:
                early = fine in state.returned  # its intent is still away
                state.record("created" if early else kind, "intent", intents[fine])
                former.add(intents[fine])
    for row, fine in enumerate(old.fines):
        if fine not in new.position:
            state.record("merged", "fine", fine, into=_forward(state, fine, old.centroids[row]))
    for intent in sorted(set(old.intents) - set(new.intents)):
        into = state.resolve(old.fines[old.intents.index(intent)])
        state.record("merged", "intent", intent, into=into)
        state.archive.redirect(intent, into)


def _forward(state: State, fine: str, place: Matrix) -> str:
    """Let the nearest sub-intent stand for one that is not in the model; return it."""
    model = state.model
    if model is None or fine in model.position or state.forwards.follow(fine) != fine:
        return state.forwards.follow(fine)
    into = model.fines[model.nearest(place)]
    state.move(fine, into)
    return into
