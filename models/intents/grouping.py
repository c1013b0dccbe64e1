"""The upper level: which intent each sub-intent belongs to, under stable intent ids."""

import numpy as np

from groundswell.models.intents.cuts import Levels
from groundswell.models.intents.decay import rejoin
from groundswell.models.intents.geometry import Labels, Matrix, Scores, renumber
from groundswell.models.intents.lineage import Overlap, match, number_ids, overlap
from groundswell.models.intents.outgoing import Outgoing
from groundswell.models.intents.state import State
from groundswell.models.intents.ward import FREE


def group_fines(
    state: State, levels: Levels, fines: list[str], before: Outgoing, revived: dict[str, str]
) -> list[str]:
    """Return the intent of every sub-intent: that of the coarse group which holds most of its weight.

    A group goes on under the intent id that it shares most with, so that as little as can be changes its
    intent; a pinned sub-intent keeps its pin's. One born since the last full refit stays an intent of its
    own until the next: the number of intents follows a new theme with delay. One that came back is in the
    intent that it was in, for as long, or from when that comes back too.
    """
    weights = state.micros.rows().weights
    pinned = {pin.fine: pin.intent for pin in state.pins}
    held = state.held_intents
    pinned |= {fine: fine for fine in fines if fine in before.newborn and fine not in pinned}
    came = before.revived | revived
    came |= rejoin(state, fines, {*before.groups.values(), *revived.values()})
    came = {
        fine: intent
        for fine, intent in came.items()
        if fine in fines and fine not in pinned and intent not in held
    }
    pinned |= came
    free = [i for i, fine in enumerate(fines) if fine not in pinned]
    intents = [pinned.get(fine, "") for fine in fines]
    if free:
        table = np.zeros((len(fines), int(levels.coarse.max()) + 1))
        np.add.at(table, (levels.fine, levels.coarse), weights)
        groups = renumber(table[free].argmax(1))
        mass = np.bincount(levels.fine, weights, len(fines)).astype(np.float64)[free]
        group_of = np.full(len(fines), FREE)
        group_of[free] = groups
        shared = _shared(group_of[levels.fine], before.intents, weights)
        taken = set(pinned.values())
        heirs = set(before.groups.values()) - (taken - set(came.values()))
        names = _name_groups(state, groups, shared, mass, [fines[i] for i in free], heirs, taken)
        for i, group in zip(free, groups, strict=True):
            intents[i] = names[group]
    _trace(state, [intents[i] for i in levels.fine], before, dict(zip(fines, intents, strict=True)), revived)
    return intents


def _shared(groups: Labels, former: list[str], weights: Matrix) -> Overlap:
    """Return the weight that each group shares with each former intent; FREE micro-clusters do not count."""
    inside = np.flatnonzero(groups != FREE)
    return overlap(groups[inside], int(groups.max()) + 1, [former[i] for i in inside], weights[inside])


def _name_groups(
    state: State,
    groups: Labels,
    shared: Overlap,
    mass: Scores,
    fines: list[str],
    heirs: set[str],
    taken: set[str],
) -> list[str]:
    """Return an id per group: one of `heirs` by matched weight, its heaviest member's, or a new one.

    The id of an heir that no group matches goes with no sub-intent either: both would mean another thing.
    """
    count, weight = len(shared.weight), shared.weight.copy()
    weight[:, [i for i, name in enumerate(shared.old) if name not in heirs]] = 0
    named = {row: shared.old[column] for row, column in match(weight, shared.weight)}
    used = taken | heirs
    for group in range(count):
        if group in named:
            continue
        members = np.flatnonzero(groups == group)
        heaviest = members[np.argsort(-mass[members], kind="stable")]
        named[group] = next((fines[i] for i in heaviest if fines[i] not in used), None) or state.mint()
        used.add(named[group])
    return [named[group] for group in range(count)]


def _trace(
    state: State,
    micro_intents: list[str],
    before: Outgoing,
    intent_of: dict[str, str],
    revived: dict[str, str],
) -> None:
    """Note which intents are new, where they came from, and where the vanished ones went."""
    names, labels = number_ids(micro_intents)
    shared = overlap(labels, len(names), before.intents, state.micros.rows().weights)
    known = set(before.groups.values())
    for row, name in enumerate(names):
        if name in known:
            continue
        parent = shared.parent(row)
        if name in revived.values() and name not in state.returned:
            state.record("revived", "intent", name)
        elif parent in known:
            state.record("split", "intent", name, parent=parent)
        else:
            state.record("created", "intent", name)
    for name in sorted(known - set(names)):
        heir = shared.heir(name)
        into = names[heir] if heir is not None else _heir_by_move(state, name, before, intent_of)
        state.record("merged", "intent", name, into=into)
        state.archive.redirect(name, into)


def _heir_by_move(state: State, intent: str, before: Outgoing, intent_of: dict[str, str]) -> str:
    """Return the intent of what its first sub-intent became: the way of an intent that held no weight."""
    first = min(fine for fine, owner in before.groups.items() if owner == intent)
    return intent_of[state.forwards.follow(first)]
