"""The upper level: which intent each sub-intent belongs to, under stable intent ids."""

import numpy as np

from groundswell.models.intents.cuts import Levels
from groundswell.models.intents.geometry import Labels, Scores, renumber
from groundswell.models.intents.lineage import match, number_ids, overlap
from groundswell.models.intents.outgoing import Outgoing
from groundswell.models.intents.state import State


def group_fines(
    state: State, levels: Levels, fines: list[str], before: Outgoing, revived: dict[str, str]
) -> list[str]:
    """Return the intent of every sub-intent: that of the coarse group which holds most of its weight.

    A group goes on under the intent id that weighs most in it; a pinned sub-intent keeps its pin's. One
    that was just born stays an intent of its own until the next full refit: the number of intents follows
    a new theme with delay.
    """
    weights = state.micros.rows().weights
    prior = [revived.get(fine) or before.groups.get(fine, fine) for fine in fines]
    pinned = {pin.fine: pin.intent for pin in state.pins}
    pinned |= {fine: fine for fine in fines if fine in before.newborn and fine not in pinned}
    free = [i for i, fine in enumerate(fines) if fine not in pinned]
    intents = [pinned.get(fine, "") for fine in fines]
    if free:
        table = np.zeros((len(fines), int(levels.coarse.max()) + 1))
        np.add.at(table, (levels.fine, levels.coarse), weights)
        groups = renumber(table[free].argmax(1))
        mass = np.bincount(levels.fine, weights, len(fines)).astype(np.float64)[free]
        names = _name_groups(
            state, groups, mass, [fines[i] for i in free], [prior[i] for i in free], set(pinned.values())
        )
        for i, group in zip(free, groups, strict=True):
            intents[i] = names[group]
    _trace(state, [intents[i] for i in levels.fine], before, dict(zip(fines, intents, strict=True)), revived)
    return intents


def _name_groups(
    state: State, groups: Labels, mass: Scores, fines: list[str], prior: list[str], taken: set[str]
) -> list[str]:
    """Return an id per group: an earlier intent's by matched weight, its heaviest member's, or a new one."""
    names, columns = number_ids(prior)
    count = int(groups.max()) + 1
    weight = np.zeros((count, len(names)))
    np.add.at(weight, (groups, columns), mass)
    weight[:, [i for i, name in enumerate(names) if name in taken]] = 0
    named = {row: names[column] for row, column in match(weight)}
    used = taken | set(named.values())
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
        if name in revived.values():
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
