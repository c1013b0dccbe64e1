"""Ownership of state: who may write it, and taking it over from a worker that may not be dead.

A worker that takes over reads behind a barrier and writes every record that may still change
again under the next epoch; each commit is fenced by its epoch, so what a zombie still sends
is swallowed. Two workers that claim at once race for the same epoch: only one write lands,
and the other finds a name that is not its own and claims again.

An owner has two kinds of records: those of fixed names, and one for each conversation, which
is ``open`` while it is expected to change and ``closed`` after.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from groundswell.models.record import StateRecord
from groundswell.sinks.store import (
    Collection,
    Point,
    Store,
    StoreUnavailable,
    Where,
    state_point,
    state_record,
)
from groundswell.streams.collections import record_id

_CLAIM = "claim"
#: What a record holds that was created but never written.
EMPTY = StateRecord(b"null")


class Fenced(RuntimeError):
    """Another worker has taken the state over: this one must not go on."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Changed records of one owner's state, its position among them: one write under one epoch."""

    owned: "Owned"
    points: list[Point]

    async def write(self, store: Store) -> None:
        """Make the changes durable. Raises Fenced if the state belongs to another worker by now."""
        await self.owned.check(store)
        await store.commit(self.owned.collection, self.points, self.owned.epoch)


@dataclass(slots=True)
class Owned:
    """State of one owner as it was claimed, and the epoch under which it may be written."""

    collection: Collection
    owner: str
    epoch: int
    nonce: bytes
    records: dict[str, StateRecord] = field(default_factory=dict)
    open: dict[str, StateRecord] = field(default_factory=dict)

    def commit(
        self,
        changes: Mapping[str, StateRecord],
        conversations: Mapping[str, tuple[bool, StateRecord]] | None = None,
        **keys: Mapping[str, int],
    ) -> Commit:
        """Return the write that makes *changes* durable.

        Args:
            changes: records of fixed names.
            conversations: by uuid, whether it is open, and its record.
            keys: further integer keys of conversations, by uuid.
        """
        points = [_named(self.owner, name, record) for name, record in changes.items()]
        for uuid, (is_open, record) in (conversations or {}).items():
            more = {key: values[uuid] for key, values in keys.items()}
            kind = "open" if is_open else "closed"
            points.append(state_point(uuid, record, owner=self.owner, kind=kind, **more))
        return Commit(self, points)

    def let_go(self) -> None:
        """Drop the records as they were claimed: once a state is made of them they are a second copy."""
        self.records.clear()
        self.open.clear()

    async def check(self, store: Store) -> None:
        """Raise Fenced unless the claim is still this worker's."""
        held = await store.retrieve(self.collection, [record_id(self.owner, _CLAIM)])
        if not held or state_record(held[0]).payload != self.nonce:
            raise Fenced(f"the state of {self.owner} was taken over by another worker; restart to join again")


async def claim(
    store: Store,
    collection: Collection,
    owner: str,
    *,
    slots: Iterable[str] = (),
) -> Owned:
    """Take over *owner*'s state and return it.

    Args:
        store: where it lives.
        collection: the collection of the stage.
        owner: whose state.
        slots: names of records to create before their first use; they are overwritten, never deleted.

    Raises:
        StoreUnavailable: if the store is away, or another worker won the claim: try again.
    """
    await store.barrier(collection)
    where = Where.equal(owner=owner) & Where.any_of("kind", ["state", "open"])
    points = await store.read_all(collection, where, vectors=True)
    epoch = max((int(point.payload["epoch"]) for point in points), default=0)
    nonce = b'"' + secrets.token_hex(8).encode() + b'"'
    owned = Owned(collection, owner, epoch + 1, nonce)
    for point in points:
        if point.payload["kind"] == "open":
            owned.open[point.id] = state_record(point)
        elif point.payload["name"] != _CLAIM and (record := state_record(point)) != EMPTY:
            owned.records[str(point.payload["name"])] = record
    present = {point.payload.get("name") for point in points}
    created = [_named(owner, name, EMPTY) for name in slots if name not in present]
    kept = [point for point in points if point.payload.get("name") != _CLAIM]
    await store.commit(
        collection, [_named(owner, _CLAIM, StateRecord(nonce)), *created, *kept], epoch + 1, over=epoch
    )
    try:
        await owned.check(store)
    except Fenced as lost:
        raise StoreUnavailable(f"another worker claimed the state of {owner}; claiming again") from lost
    return owned


def _named(owner: str, name: str, record: StateRecord) -> Point:
    return state_point(record_id(owner, name), record, owner=owner, name=name, kind="state")
