"""The grouping that a full refit replaces."""

from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.state import State
from groundswell.models.record import Vector


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Per micro-cluster its sub-intent; the intents of all announced ones; and every id with its vector."""

    fines: list[str]
    groups: dict[str, str]
    vectors: dict[str, Vector]
    newborn: frozenset[str]  # ids born since the last full refit, or about to be: ripe provisional ones
    revived: dict[str, str]  # sub-intents that came back since then into an intent, and that

    @property
    def intents(self) -> list[str]:
        """The intent of every micro-cluster (a provisional intent is its own)."""
        return [self.groups.get(fine, fine) for fine in self.fines]


def outgoing(state: State) -> Outgoing:
    """Read off the grouping in force; vectors (dimension,) are exact up to the axes dropped by the space."""
    ids, labels = state.micro_fines()
    groups = state.model.groups() if state.model else {}
    newborn: list[str] = []
    if state.space is None or state.model is None:
        rows = state.provisionals.rows.copy()
    else:
        places = np.vstack([state.model.centroids, state.provisionals.rows])
        rows = state.space.lift_rows(places)
        newborn = [one.fine for one in state.provisionals.newborn if one.events >= state.params.birth]
        newborn += [fine for fine in state.young if groups.get(fine) == fine]
    revived = {fine: groups[fine] for fine in sorted(state.revived) if fine in groups}
    vectors = dict(zip(ids, rows, strict=True))
    return Outgoing([ids[i] for i in labels], groups, vectors, frozenset(newborn), revived)
