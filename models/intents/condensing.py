"""What is held, in fewer micro-clusters: each pin keeps its share of them, and so its shape."""

import numpy as np

from groundswell.models.intents.geometry import Labels
from groundswell.models.intents.micro_rows import MicroRows
from groundswell.models.intents.ward import FREE, ward


def condense(rows: MicroRows, slots: Labels, examples: Labels, most: int) -> Labels:
    """Return the group (n,) of every slot of *slots*: those that are alike within one pin are joined.

    At most about *most* groups: each pin has as many as is its share of the slots, one at least. What
    stands for an example stays alone. Numbers are not without gaps.

    Args:
        rows: all micro-clusters.
        slots: those that pins hold (n,), ascending.
        examples: uids that stand for examples.
        most: groups of all pins together.
    """
    groups = np.arange(len(slots))
    alone = np.isin(rows.uids[slots], examples)
    owners = rows.owners[slots]
    share = max(most - int(alone.sum()), 0) / max(int((~alone).sum()), 1)
    for owner in np.unique(owners):
        loose = np.flatnonzero((owners == owner) & ~alone)
        left = max(1, round(share * len(loose)))
        if left < len(loose):
            own = slots[loose]
            free = np.full(len(own), FREE, np.int64)
            groups[loose] = loose[ward(rows.places[own], rows.weights[own], free).cut(left)]
    return groups
