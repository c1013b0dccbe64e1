"""How a minute's groups change which intent a fine intent belongs to.

The taxonomy merges, splits and retires intents; their fine intents carry their past with
them, so what an intent is expected to see changes together with what it does see.
"""

from collections.abc import Mapping
from typing import NamedTuple

from groundswell.models.minute import IntentMinute


class Plan(NamedTuple):
    """What changes. Each list is in order of ids."""

    folded: list[tuple[str, str, str]]  #: vanished fine intent, its successor, the successor's intent
    moved: list[tuple[str, str]]  #: fine intent, the intent it belongs to from now on
    born: list[tuple[str, str]]  #: fine intent never counted before, its intent
    dropped: list[str]  #: fine intents that no longer exist

    def __bool__(self) -> bool:
        return any(self)


def plan_of(home: Mapping[str, str], message: IntentMinute) -> Plan:
    """Return what *message* changes, given each known fine intent's *home*, its intent."""
    folded = [
        (fine, successor, message.groups.get(successor, home.get(successor, home[fine])))
        for fine, successor in _folds(home, message.moved)
    ]
    known = dict(home)
    for fine, successor, intent in folded:
        del known[fine]
        known.setdefault(successor, intent)
    groups = message.groups
    return Plan(
        folded=folded,
        moved=[(f, groups[f]) for f in sorted(groups) if f in known and known[f] != groups[f]],
        born=[(fine, groups.get(fine, fine)) for fine in sorted(message.counts) if fine not in known],
        dropped=sorted(set(known) - set(groups) - set(message.counts)) if message.regrouped else [],
    )


def _folds(home: Mapping[str, str], moved: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the known fine intents that vanished, each with its last successor."""
    found = []
    for fine in sorted(moved):
        successor, passed = fine, {fine}
        while moved.get(successor, successor) not in passed:
            successor = moved[successor]
            passed.add(successor)
        if fine in home and successor != fine:
            found.append((fine, successor))
    return found
