"""Micro-clusters: a bounded summary of every vector seen, in fixed slots."""

import numpy as np

from groundswell.models.intents.companions import joined
from groundswell.models.intents.condensing import condense
from groundswell.models.intents.geometry import Labels, group_sums, lengths, renumber
from groundswell.models.intents.micro_rows import MicroRows
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.space import Space
from groundswell.models.intents.ward import FREE, Tree
from groundswell.models.record import Vector

TRACE = 1e-6  # weight that is left after any silence
ROOM = 256  # slots that memory is taken for at a time
HELD_SHARE = 1 / 4  # of the slots; where what is held fills more, it is joined ...
#: ... into so much. More would keep pins' turns better and other intents worse: a pin holds some of what is
#: theirs, and the corners of its shape draw more of that.
JOINED_SHARE = 1 / 16


class Micros:
    """Slots 0..count-1 are in use. A slot's sum and weight say all; `lengths` are those of the sums.

    `places` are the images in the current space, `owners` the pin that holds a slot (or FREE),
    `hits` the event time (milliseconds) of the last vector taken in, `companions` and `links` the uids of
    those it shares goals with and how often (`linked`). `examples` are the uids of those that stand for an
    example of a person.
    """

    def __init__(self, params: EngineParams) -> None:
        self.count = 0
        self.next_uid = 0
        self.dirty: set[int] = set()
        self.examples: set[int] = set()
        self.capacity = params.micros
        self._params = params
        self._all = MicroRows.empty(0, params)

    @property
    def full(self) -> bool:
        """Whether no slot is left."""
        return self.count == self.capacity

    @property
    def store(self) -> MicroRows:
        """All slots that memory is taken for, used or not."""
        return self._all

    def rows(self) -> MicroRows:
        """Return views of the slots in use."""
        return MicroRows(*(column[: self.count] for column in self._all.columns()))

    def reserve(self, slots: int) -> None:
        """Take memory for so many slots."""
        held = len(self._all.weights)
        if slots > held:
            more = min(-(-slots // ROOM) * ROOM, self.capacity) - held
            fresh = MicroRows.empty(more, self._params)
            pairs = zip(self._all.columns(), fresh.columns(), strict=True)
            self._all = MicroRows(*(np.concatenate(pair) for pair in pairs))

    def absorb(self, slot: int, vector: Vector, time_ms: int, space: Space | None) -> None:
        """Add one event to a slot."""
        rows = self._all
        rows.sums[slot] += vector
        rows.weights[slot] += 1
        rows.hits[slot] = time_ms
        rows.lengths[slot] = lengths(rows.sums[slot : slot + 1])[0]
        if space is not None:
            rows.places[slot] = space.project(rows.centre(slot))
        self.dirty.add(slot)

    def open(self, vector: Vector, place: Vector | None, time_ms: int) -> int:
        """Start a micro-cluster with one event; return its slot. The store must not be full."""
        self.reserve(self.count + 1)
        slot, rows = self.count, self._all
        rows.sums[slot] = vector
        rows.weights[slot] = 1
        rows.lengths[slot] = lengths(rows.sums[slot : slot + 1])[0]
        rows.places[slot] = 0 if place is None else place
        rows.uids[slot], rows.owners[slot], rows.hits[slot] = self.next_uid, FREE, time_ms
        rows.linked.replace(slot, [])
        self.next_uid += 1
        self.count += 1
        self.dirty.add(slot)
        return slot

    def withdraw(self, count: int) -> None:
        """Drop what was opened since *count* slots were in use."""
        self.dirty.update(range(count, self.count))
        self.count = count

    def link(self, slot: int, uid: int) -> None:
        """Note that one goal had an event in this slot and its first in the micro-cluster `uid`."""
        uids = self._all.uids[: self.count]
        if uids[slot] != uid and (uids == uid).any():
            self._all.linked.add(slot, uid)
            self.dirty.add(slot)

    def replace_places(self, space: Space) -> None:
        """Move every micro-cluster into a new space."""
        rows = self.rows()
        rows.places[:] = space.project_rows(rows.centres)
        self.dirty.update(range(self.count))

    def keep(self, slots: Labels) -> None:
        """Drop all slots but these (ascending), closing the gaps."""
        left = len(slots)
        for column in self._all.columns():
            column[:left] = column[slots]
        self.dirty.update(range(self.count))  # also the slots that are left empty
        self.count = left
        rows = self.rows()
        rows.linked.forget_all_but(rows.uids)

    def decay(self, factor: float) -> None:
        """Multiply weights and sums; no weight falls below a trace, that of pinned ones not below 1."""
        rows = self.rows()
        rows.weights *= np.float32(max(factor, TRACE))
        rows.sums *= np.float32(max(factor, TRACE))
        rows.links *= np.float32(max(factor, TRACE))
        least = np.where(rows.owners != FREE, 1, TRACE).astype(np.float32)
        low = rows.weights < least
        rows.sums[low] *= (least[low] / rows.weights[low])[:, None]
        rows.weights[low] = least[low]
        rows.lengths[:] = lengths(rows.sums)
        self.dirty.update(range(self.count))

    def compress(self, tree: Tree, groups: int, space: Space) -> None:
        """Join micro-clusters along `tree` into about `groups`; the heaviest of a group keeps its uid.

        Pinned and free ones do not mix. Pinned ones stay as they are, so that events keep finding them,
        unless they fill over a quarter of the slots: then they are joined into a quarter of that.
        """
        rows = self.rows()
        held = np.flatnonzero(rows.owners != FREE)
        kept = np.arange(len(held))
        if len(held) > HELD_SHARE * self.capacity:
            examples = np.array(sorted(self.examples), np.int64)
            kept = condense(rows, held, examples, int(JOINED_SHARE * self.capacity))
        labels = tree.cut(groups)
        labels[held] = self.count + kept
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
        links = joined(rows.linked, rows.uids, labels, first)
        self.dirty.update(range(self.count))
        self.count = size
        left = self.rows()
        left.sums[:], left.weights[:], left.hits[:] = sums, weights, hits
        left.uids[:], left.owners[:] = uids, owners
        left.companions[:], left.links[:] = links.uids, links.counts
        left.lengths[:] = lengths(left.sums)
        self.replace_places(space)
