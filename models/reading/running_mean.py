"""The running mean of a tenant's turns that say what the user wants.

Similarities are measured around it: what all turns of one agent share (the product, the domain)
says nothing about whether two of them are the same need.
"""

import base64

import numpy as np
import orjson
from numpy.typing import NDArray

from groundswell.models.reading.gate import PRIOR_MEAN
from groundswell.models.record import Vector

#: The prior mean counts as this many turns.
PRIOR_WEIGHT = 50


class RunningMean:
    """A float64 sum and a count, updated in the order of the turns: equal turns, equal bits."""

    def __init__(self, prior: Vector = PRIOR_MEAN, weight: int = PRIOR_WEIGHT) -> None:
        """Start at *prior*, shape (d,), as if *weight* turns had had it."""
        self._sum: NDArray[np.float64] = prior.astype(np.float64) * weight
        self.count = weight

    @classmethod
    def of_dimension(cls, dim: int) -> "RunningMean":
        """Start at the shipped prior if it has *dim* dimensions, else at zero (no centring at first)."""
        return cls() if dim == len(PRIOR_MEAN) else cls(np.zeros(dim, np.float32))

    @property
    def dim(self) -> int:
        """Dimension of the vectors."""
        return len(self._sum)

    @property
    def mean(self) -> Vector:
        """The mean, float32 of shape (dim,)."""
        return (self._sum / self.count).astype(np.float32)

    def add(self, vector: Vector) -> None:
        """Count one more vector of shape (dim,)."""
        self._sum += vector
        self.count += 1

    def to_json(self) -> bytes:
        """Return the state as a JSON document; `from_json` restores it bit for bit."""
        total = base64.b64encode(self._sum.astype("<f8").tobytes()).decode("ascii")
        return orjson.dumps({"count": self.count, "sum": total})

    @classmethod
    def from_json(cls, payload: bytes) -> "RunningMean":
        """Restore what `to_json` gave."""
        document = orjson.loads(payload)
        restored = cls.__new__(cls)
        restored._sum = np.frombuffer(base64.b64decode(document["sum"]), "<f8").astype(np.float64)
        restored.count = document["count"]
        return restored
