"""The columns in which micro-clusters are kept, one row each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.models.intents.companions import Companions
from groundswell.models.intents.geometry import Labels, Matrix
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.ward import FREE
from groundswell.models.record import Vector


@dataclass(slots=True)
class MicroRows:
    """One row per micro-cluster: columns, or views of them."""

    sums: Matrix
    weights: Matrix
    lengths: Matrix
    places: Matrix
    uids: Labels
    owners: Labels
    hits: Labels
    companions: Labels
    links: Matrix

    @property
    def centres(self) -> Matrix:
        """The unit centres, computed anew: kept, they would be a third of an agent's memory."""
        return self.sums / self.lengths[:, None]

    def centre(self, slot: int) -> Vector:
        """Return one of the centres."""
        return np.asarray(self.sums[slot] / self.lengths[slot])

    def columns(self) -> tuple[NDArray[Any], ...]:
        """Return every column, in the order in which a `MicroRows` takes them."""
        own = (self.sums, self.weights, self.lengths, self.places, self.uids, self.owners, self.hits)
        return *own, self.companions, self.links

    @property
    def linked(self) -> Companions:
        """The links of the rows to others: views, so that what is added to it is kept."""
        return Companions(self.companions, self.links)

    @classmethod
    def empty(cls, slots: int, params: EngineParams) -> "MicroRows":
        """Return rows that hold nothing."""
        unlinked = Companions.empty(slots, params.companions)
        return cls(
            sums=np.zeros((slots, params.dimension), np.float32),
            weights=np.zeros(slots, np.float32),
            lengths=np.ones(slots, np.float32),
            places=np.zeros((slots, params.axes), np.float32),
            uids=np.zeros(slots, np.int64),
            owners=np.full(slots, FREE, np.int64),
            hits=np.zeros(slots, np.int64),
            companions=unlinked.uids,
            links=unlinked.counts,
        )
