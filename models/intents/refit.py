"""The full refit: a new space, a new tree, both levels of intents again, under the old ids."""

import numpy as np

from groundswell.models.intents.companions import draw_together
from groundswell.models.intents.cuts import Levels, find_levels
from groundswell.models.intents.decay import forget, homes, revive
from groundswell.models.intents.diffusion import diffuse
from groundswell.models.intents.geometry import Labels, Matrix, directions, group_sums
from groundswell.models.intents.grouping import group_fines
from groundswell.models.intents.history import History
from groundswell.models.intents.lineage import Overlap, match, number_ids, overlap
from groundswell.models.intents.micro_rows import MicroRows
from groundswell.models.intents.model import fit_model
from groundswell.models.intents.outgoing import Outgoing, outgoing
from groundswell.models.intents.params import MODEL, SPACE
from groundswell.models.intents.space import Space, fit_space
from groundswell.models.intents.state import State
from groundswell.models.intents.taught import taught_metric
from groundswell.models.intents.ward import FREE, Tree, ward

FEWEST_MICROS = 10  # below, the stream holds little but repetitions
CROWDED = 0.75  # share of the slots above which micro-clusters are joined


def full_refit(state: State) -> None:
    """Rebuild the model from the micro-clusters; note lineage and moves."""
    clock, params = state.clock, state.params
    if state.micros.count < FEWEST_MICROS:
        clock.next_full = clock.seen + params.first_fit
        return
    if params.half_life_ms and clock.last_full:
        forget(state)
    if not clock.last_full:
        clock.faded_ms = clock.time_ms
    before = outgoing(state)
    rows = state.micros.rows()
    metric = taught_metric(state)
    state.space = space = fit_space(rows.sums, rows.centres, rows.weights, params.axes, metric)
    state.micros.replace_places(space)
    tree, levels = _levels(state, rows, before)
    state.curve = levels.curve
    fines, revived = _carry_fines(state, space, rows, levels.fine, before)
    state.provisionals = state.provisionals.replaced(params.axes)
    state.young.clear()
    state.revived.clear()
    intents = group_fines(state, levels, fines, before, revived)
    state.model = fit_model(rows.places, rows.weights, levels.fine, fines, intents, params.novelty)
    if state.micros.count > CROWDED * state.micros.capacity:
        state.micros.compress(tree, state.micros.capacity // 2, space)
    clock.last_full = clock.seen
    clock.next_full = min(int(clock.seen * params.growth) + 1, clock.seen + params.gap)
    clock.next_light = clock.seen + params.light_every
    state.changed.update((SPACE, MODEL))


def _levels(state: State, rows: MicroRows, before: Outgoing) -> tuple[Tree, Levels]:
    """Grow the tree, near what was before, and choose its cuts."""
    params = state.params
    history = None
    if state.clock.last_full:
        history = History(number_ids(before.intents)[1], params.loyalty)
    near = min(params.neighbours, max(3, len(rows.weights) // 20))
    places = draw_together(rows.places, rows.uids, rows.linked, params.pull)
    diffused = diffuse(places, rows.weights, near, params.diffusion_temperature)
    tree = ward(diffused, rows.weights, rows.owners, history)
    levels = find_levels(tree, places, diffused, rows.weights, rows.owners, history, state.curve, params)
    return tree, levels


def _carry_fines(
    state: State, space: Space, rows: MicroRows, labels: Labels, before: Outgoing
) -> tuple[list[str], dict[str, str]]:
    """Return the id of every new sub-intent, and the intent of each that came back from the archive."""
    groups = int(labels.max()) + 1
    shared = overlap(labels, groups, before.fines, rows.weights)
    carried = _match_fines(state, rows, labels, shared)
    centroids = directions(group_sums(rows.places * rows.weights[:, None], labels, groups))
    newborn = [row for row in range(groups) if carried.get(row) not in before.groups.keys() - state.young]
    back = revive(state, space, centroids, newborn, state.params.revive)
    fines = []
    for row in range(groups):
        fine = back[row].fine if row in back else carried.get(row) or state.mint()
        fines.append(fine)
        if row in back:
            state.record("revived", "fine", fine)
        elif row not in carried and shared.parent(row) in before.groups:
            state.record("split", "fine", fine, parent=shared.parent(row))
        elif fine not in before.groups:
            state.record("created", "fine", fine)
    _forward_vanished(state, space, shared, fines, centroids, before)
    return fines, homes(state, back.values())


def _match_fines(state: State, rows: MicroRows, labels: Labels, shared: Overlap) -> dict[int, str]:
    """Return the old id of each new group that carries one on; a pinned group has its pin's."""
    weight = shared.weight.copy()
    carried: dict[int, str] = {}
    for owner in np.unique(rows.owners[rows.owners != FREE]):
        fine, row = state.pins[owner].fine, int(labels[rows.owners == owner][0])
        carried[row] = fine
        weight[row] = 0
        if fine in shared.old:
            weight[:, shared.old.index(fine)] = 0
    for row, column in match(weight, shared.weight):
        carried[row] = shared.old[column]
    return carried


def _forward_vanished(
    state: State, space: Space, shared: Overlap, fines: list[str], centroids: Matrix, before: Outgoing
) -> None:
    """Let every id that is gone stand for the group that got most of its weight, else for the nearest."""
    live = set(fines)
    for old in sorted(before.vectors):
        if old in live:
            continue
        heir = shared.heir(old)
        if heir is None:
            heir = int((centroids @ space.project(before.vectors[old])).argmax())
        state.move(old, fines[heir])
        if old in before.groups:
            state.record("merged", "fine", old, into=fines[heir])
