"""Erasure: what a `forget` event takes out of the archive of turns and out of the conversations' state.

The event comes through the log, on every partition, and the stage that owns the state carries it out at
that place of the log: no second writer, and a replay forgets at the same point. A turn's point is not
deleted but overwritten by one that says only that it was there, so a resend of the turn is still known
as a repeat and does not bring the text back.

A batch that is repeated after a crash finds some points overwritten and the state not yet: so the
overwritten ones bear a token that derives from the event's position, by which they are found again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groundswell.models.contract import owner_of
from groundswell.models.event_parts import Forget
from groundswell.sinks.store import Point, Store, Where
from groundswell.streams.collections import TURNS
from groundswell.streams.delivery import Record
from groundswell.streams.incoming import Incoming
from groundswell.streams.turn_state import PartitionState

#: Type of an archived point of which nothing is left.
ERASED = "erased"
#: Conversations whose turns are fetched at once.
_CHUNK = 64
#: What is kept of a turn: where it belongs and where it came from.
_KEPT = ("owner", "conversation", "time", "log", "partition", "offset")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What one `forget` event found in the archive before its batch: every point of the conversations."""

    token: str
    user: str | None = None
    points: list[Point] = field(default_factory=list)

    def conversations(self, archive: Mapping[str, Point] | None = None) -> set[str]:
        """Return the conversations' uuids; not those that the batch (*archive*) has blanked by now."""
        blank = {key for key, point in (archive or {}).items() if point.payload["type"] == ERASED}
        return {
            point.payload["conversation"]
            for point in self.points
            if self.user is None
            or (point.payload.get("user") in (self.user, self.token) and point.id not in blank)
        }


def of_type_forget(incoming: Iterable[Incoming]) -> list[Incoming]:
    """Return the `forget` events of a batch."""
    return [one for one in incoming if one.event is not None and one.event.type == "forget"]


def concerns(one: Incoming, owner: str) -> bool:
    """Return whether a `forget` event is about the agent *owner* (tenant/agent)."""
    event, wanted = one.valid, _wanted(one)
    if wanted.agent is None:
        return owner.startswith(f"{event.tenant}/")
    return owner == owner_of(event.tenant, wanted.agent)


def is_about(one: Incoming, key: str, owner: str, user: str | None) -> bool:
    """Return whether a `forget` event is about the conversation *key* whose user is now *user*."""
    wanted = _wanted(one)
    mine = wanted.conversation == key if wanted.user is None else wanted.user == user
    return mine and concerns(one, owner)


def waiting(one: Incoming, points: Iterable[Point]) -> set[str]:
    """Return the conversations, among points still to be archived, that a `forget` event is about.

    Somebody else may speak in them by now: then only the points know that its user did.
    """
    return {
        point.payload["conversation"]
        for point in points
        if point.payload["partition"] == one.record.partition
        and is_about(one, point.payload["conversation"], point.payload["owner"], point.payload.get("user"))
    }


async def look(store: Store, one: Incoming, state: PartitionState) -> Erasure:
    """Return what a `forget` event finds of its partition in the archive."""
    wanted, token = _wanted(one), _token(one.record, state.log)
    if wanted.user is None:
        keys = [wanted.conversation or ""]
    else:
        found = await store.read_all(TURNS, Where.any_of("user", [wanted.user, token]), vectors=False)
        keys = sorted({point.payload["conversation"] for point in found if _before(point, one, state)})
    points: list[Point] = []
    for start in range(0, len(keys), _CHUNK):
        where = Where.any_of("conversation", keys[start : start + _CHUNK])
        every = await store.read_all(TURNS, where, vectors=False)
        points += [point for point in every if _before(point, one, state)]
    return Erasure(token, wanted.user, points)


def blank(point: Point, token: str) -> Point:
    """Return what takes the place of an archived turn: no text, no vector, nobody's name."""
    kept: dict[str, Any] = {name: point.payload[name] for name in _KEPT}
    return Point(point.id, {**kept, "seq": 0, "type": ERASED, "conversation_id": "", "user": token})


def blanked(
    points: Sequence[Point], archive: dict[str, Point], keys: set[str], token: str
) -> dict[str, Point]:
    """Return the blanks of archived *points*, and of those of conversations *keys* still to be archived."""
    every = (*points, *archive.values())
    return {point.id: blank(point, token) for point in every if point.payload["conversation"] in keys}


def _wanted(one: Incoming) -> Forget:
    forget = one.valid.forget
    assert forget is not None, "a forget event without its part is refused when it is parsed"
    return forget


def _token(record: Record, log: str) -> str:
    return f"forgotten {log}/{record.partition}/{record.offset}"


def _before(point: Point, one: Incoming, state: PartitionState) -> bool:
    """Return whether a point is of the event's partition and agent, and was read before it."""
    payload, record = point.payload, one.record
    later = payload["log"] == state.log and payload["offset"] > record.offset
    return payload["partition"] == record.partition and not later and concerns(one, payload["owner"])
