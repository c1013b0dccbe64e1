"""Retired sub-intents, kept a while so that one that returns takes its old id."""

from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.geometry import Matrix
from groundswell.models.record import Vector


@dataclass(slots=True)
class Retired:
    """A sub-intent at its retirement: id, the intent it stands for, unit centroid (dimension,).

    `weight`: in events, faded up to its last event only, so that what fell silent earlier can be compared.
    """

    fine: str
    intent: str
    centroid: Vector
    weight: float = 0.0


class Archive:
    """The newest `capacity` retired sub-intents, in a ring of fixed places."""

    def __init__(self, capacity: int) -> None:
        self.ring: list[Retired | None] = [None] * capacity
        self.count = 0
        self.dirty: set[int] = set()

    def add(self, retired: Retired) -> None:
        """Keep one more; the oldest gives way when the ring is full."""
        place = self.count % len(self.ring)
        self.ring[place] = retired
        self.count += 1
        self.dirty.add(place)

    def take(self, place: int) -> Retired:
        """Remove and return the one at `place`."""
        retired = self.ring[place]
        if retired is None:
            raise KeyError(f"archive place {place} is empty")
        self.ring[place] = None
        self.dirty.add(place)
        return retired

    def kept(self) -> tuple[list[int], Matrix]:
        """Return the places in use and their centroids."""
        places = [i for i, retired in enumerate(self.ring) if retired is not None]
        centroids = [retired.centroid for retired in self.ring if retired is not None]
        return places, np.stack(centroids) if centroids else np.zeros((0, 0), np.float32)

    def intent_of(self, fine: str) -> str | None:
        """Return the intent that a retired sub-intent stands for."""
        return next((r.intent for r in self.ring if r is not None and r.fine == fine), None)

    def redirect(self, old: str, new: str) -> None:
        """Let everything that stands for intent `old` stand for `new`."""
        for place, retired in enumerate(self.ring):
            if retired is not None and retired.intent == old:
                retired.intent = new
                self.dirty.add(place)
