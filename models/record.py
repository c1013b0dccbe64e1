"""A state record: one named piece of a stage's state, as it is written to the store.

A stage's state is a set of such records. After each batch the stage hands over the
records that changed, and all of them are committed in one write.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StateRecord:
    """Payload bytes (a JSON document) and an optional vector of the collection's dimension.

    The vector is stored bit for bit (dot-product collections do not normalise).
    """

    payload: bytes
    vector: Vector | None = None
