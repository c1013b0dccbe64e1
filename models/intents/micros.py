"""Micro-clusters: a bounded summary of every vector seen, in fixed slots."""

from dataclasses import dataclass

import numpy as np

from groundswell.models.intents.geometry import (
    Labels,
    Matrix,
    direction,
    exact_directions,
    group_sums,
    renumber,
)
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.space import Space
from groundswell.models.intents.ward import FREE, Tree
from groundswell.models.record import Vector

TRACE = 1e-6  # weight that is left after any silence


@dataclass(slots=True)
class MicroRows:
    """Views of the slots in use, one row per micro-cluster."""

    sums: Matrix
    weights: Matrix
    centres: Matrix
    places: Matrix
    uids: Labels
    owners: Labels
    hits: Labels


class Micros:
    """Slots 0..count-1 are in use. A slot's sum and weight say all; centres are recomputed from sums.

    `places` are the images in the current space, `owners` the pin that holds a slot (or FREE),
    `hits` the event time (milliseconds) of the last vector taken in. `examples` are the uids of those that
    stand for an example of a person.
    """

    def __init__(self, params: EngineParams) -> None:
        size = params.micros
        self.count = 0
        self.next_uid = 0
        self.dirty: set[int] = set()
        self.examples: set[int] = set()
        self._all = MicroRows(
            sums=np.zeros((size, params.dimension), np.float32),
            weights=np.zeros(size, np.float32),
            centres=np.zeros((size, params.dimension), np.float32),
            places=np.zeros((size, params.axes), np.float32),
            uids=np.zeros(size, np.int64),
            owners=np.full(size, FREE, np.int64),
            hits=np.zeros(size, np.int64),
        )

    @property
    def capacity(self) -> int:
        """How many slots there are."""
        return len(self._all.weights)

    @property
    def full(self) -> bool:
        """Whether no slot is left."""
        return self.count == self.capacity

    @property
    def store(self) -> MicroRows:
        """All slots, used or not."""
        return self._all

    def rows(self) -> MicroRows:
        """Return views of the slots in use."""
        every, n = self._all, self.count
        return MicroRows(
            every.sums[:n],
            every.weights[:n],
            every.centres[:n],
            every.places[:n],
            every.uids[:n],
            every.owners[:n],
            every.hits[:n],
        )

    def absorb(self, slot: int, vector: Vector, time_ms: int, space: Space | None) -> None:
        """Add one event to a slot."""
        rows = self._all
        rows.sums[slot] += vector
        rows.weights[slot] += 1
        rows.hits[slot] = time_ms
        rows.centres[slot] = direction(rows.sums[slot])
        if space is not None:
            rows.places[slot] = space.project(rows.centres[slot])
        self.dirty.add(slot)

    def open(self, vector: Vector, place: Vector | None, time_ms: int) -> int:
        """Start a micro-cluster with one event; return its slot. The store must not be full."""
        slot, rows = self.count, self._all
        rows.sums[slot] = vector
        rows.weights[slot] = 1
        rows.centres[slot] = direction(rows.sums[slot])
        rows.places[slot] = 0 if place is None else place
        rows.uids[slot], rows.owners[slot], rows.hits[slot] = self.next_uid, FREE, time_ms
        self.next_uid += 1
        self.count += 1
        self.dirty.add(slot)
        return slot

    def replace_places(self, space: Space) -> None:
        """Move every micro-cluster into a new space."""
        self._all.places[: self.count] = space.project_rows(self._all.centres[: self.count])
        self.dirty.update(range(self.count))

    def keep(self, slots: Labels) -> None:
        """Drop all slots but these (ascending), closing the gaps."""
        every, left = self._all, len(slots)
        for column in (
            every.sums,
            every.weights,
            every.centres,
            every.places,
            every.uids,
            every.owners,
            every.hits,
        ):
            column[:left] = column[slots]
        self.dirty.update(range(self.count))  # also the slots that are left empty
        self.count = left

    def decay(self, factor: float) -> None:
        """Multiply weights and sums; no weight falls below a trace, that of pinned ones not below 1."""
        rows = self.rows()
        rows.weights *= np.float32(max(factor, TRACE))
        rows.sums *= np.float32(max(factor, TRACE))
        least = np.where(rows.owners != FREE, 1, TRACE).astype(np.float32)
        low = rows.weights < least
        rows.sums[low] *= (least[low] / rows.weights[low])[:, None]
        rows.weights[low] = least[low]
        rows.centres[:] = exact_directions(rows.sums)
        self.dirty.update(range(self.count))

    def compress(self, tree: Tree, groups: int, space: Space) -> None:
        """Join micro-clusters along `tree` into about `groups`; the heaviest of a group keeps its uid.

        Pinned and free ones do not mix. Pinned ones stay as they are, so that events keep finding them,
        unless they fill over a quarter of the slots: then only those that stand for examples do.
        """
        rows = self.rows()
        pinned = rows.owners != FREE
        labels = tree.cut(groups) * 2 + pinned
        kept = pinned
        if pinned.sum() > self.capacity // 4:
            kept = pinned & np.isin(rows.uids, sorted(self.examples))
        labels[kept] = 2 * self.count + np.flatnonzero(kept)
        labels = renumber(labels)
        order = np.lexsort((np.arange(self.count), -rows.weights, labels))
        first = order[np.r_[True, labels[order][1:] != labels[order][:-1]]]
        self._merge_into(labels, first, space)

    def _merge_into(self, labels: Labels, first: Labels, space: Space) -> None:
        rows, size = self.rows(), len(first)
        sums = group_sums(rows.sums, labels, size)
        weights = np.bincount(labels, rows.weights, size).astype(np.float32)
        hits = np.zeros(size, np.int64)
        np.maximum.at(hits, labels, rows.hits)
        uids, owners = rows.uids[first], rows.owners[first]
        self.dirty.update(range(self.count))
        self.count = size
        left = self.rows()
        left.sums[:], left.weights[:], left.hits[:] = sums, weights, hits
        left.uids[:], left.owners[:] = uids, owners
        left.centres[:] = exact_directions(left.sums)
        self.replace_places(space)
