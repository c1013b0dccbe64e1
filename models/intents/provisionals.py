"""Provisional intents: what no intent explains yet, by its first events.

Before the first refit there is no space to work in, and they are leader clusters (Hartigan, 1975)
of the vectors themselves.
"""

from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.geometry import Matrix, direction
from groundswell.models.record import Vector


@dataclass(slots=True)
class Newborn:
    """Id, number of events, and the number of the last event."""

    fine: str
    events: int
    last: int


class Provisionals:
    """At most `capacity` newborn intents, oldest first, as sums and unit centroids of `width` numbers."""

    def __init__(self, capacity: int, width: int) -> None:
        self.newborn: list[Newborn] = []
        self.sums = np.zeros((capacity, width), np.float32)
        self.centroids = np.zeros((capacity, width), np.float32)
        self.dirty: set[int] = set()

    def __len__(self) -> int:
        return len(self.newborn)

    @property
    def width(self) -> int:
        """How many numbers a centroid has: the dimension before the first refit, the axes after it."""
        return int(self.sums.shape[1])

    @property
    def full(self) -> bool:
        """Whether no further one can be opened."""
        return len(self.newborn) == len(self.sums)

    @property
    def rows(self) -> Matrix:
        """The centroids in use."""
        return self.centroids[: len(self.newborn)]

    def nearest(self, vector: Vector) -> tuple[int, float]:
        """Return the best provisional intent and its cosine; (-1, -1) where there is none."""
        if not self.newborn:
            return -1, -1.0
        likeness = self.rows @ vector
        best = int(likeness.argmax())
        return best, float(likeness[best])

    def join(self, index: int, vector: Vector, seen: int) -> str:
        """Add an event; return the id."""
        self.sums[index] += vector
        self.centroids[index] = direction(self.sums[index])
        newborn = self.newborn[index]
        newborn.events += 1
        newborn.last = seen
        self.dirty.add(index)
        return newborn.fine

    def events_of(self, fine: str) -> int:
        """Return how many events an id has; 0 where it is none of these."""
        return next((one.events for one in self.newborn if one.fine == fine), 0)

    def open(self, fine: str, vector: Vector, seen: int) -> str:
        """Start a provisional intent; there must be room."""
        index = len(self.newborn)
        self.sums[index] = vector
        self.centroids[index] = direction(vector)
        self.newborn.append(Newborn(fine, 1, seen))
        self.dirty.add(index)
        return fine

    def keep(self, indices: list[int]) -> None:
        """Drop all but these (ascending)."""
        left = len(indices)
        self.sums[:left] = self.sums[indices]
        self.centroids[:left] = self.centroids[indices]
        self.dirty.update(range(len(self.newborn)))  # also the slots that are left empty
        self.newborn = [self.newborn[i] for i in indices]

    def replaced(self, width: int) -> "Provisionals":
        """Return what takes their place after a refit: none, and slots to be emptied."""
        new = Provisionals(len(self.sums), width)
        new.dirty = self.dirty | set(range(len(self.newborn)))
        return new
