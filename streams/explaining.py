"""Finds a turn in the archive and says why it went where it went."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundswell.models.assigned import Assigned
from groundswell.models.intents.geometry import direction
from groundswell.models.thread_view import Entry, ThreadName, ThreadView
from groundswell.models.turn_explanation import TurnExplanation, explain_turn, previous_need
from groundswell.sinks.store import Store, state_record
from groundswell.streams.collections import INTENTS_STATE, TURNS
from groundswell.streams.intent_states import IntentStates
from groundswell.streams.threads import Threads


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn by its uuid, or by its conversation and its place in the order of arrival, from 0."""

    name: str
    ordinal: int | None = None
    tenant: str | None = None
    agent: str | None = None


async def explain(store: Store, asked: Asked) -> TurnExplanation | Sequence[ThreadName] | None:
    """Return why a turn went where it went; the conversations if several fit; None if there is no such turn.

    Raises StoreUnavailable and StoreError.
    """
    threads = Threads(store)
    found = await _conversations(store, threads, asked)
    if len(found) != 1:
        return found or None
    thread = await threads.read(found[0])
    entry = next((one for one in thread.entries if _is_meant(one, asked)), None)
    return await _explained(store, thread, entry) if entry is not None else None


async def _conversations(store: Store, threads: Threads, asked: Asked) -> list[ThreadName]:
    if asked.ordinal is not None:
        return await threads.find(asked.name, tenant=asked.tenant, agent=asked.agent)
    if (key := _uuid(asked.name)) is None:
        return []
    points = await store.retrieve(TURNS, [key])
    return await threads.find(points[0].payload["conversation"]) if points else []


def _is_meant(entry: Entry, asked: Asked) -> bool:
    if asked.ordinal is None:
        return entry.id == _uuid(asked.name)
    return entry.ordinal == asked.ordinal


async def _explained(store: Store, thread: ThreadView, entry: Entry) -> TurnExplanation:
    before = previous_need(thread, entry)
    wanted = [entry.id] if before is None else [entry.id, before.id]
    points = await store.retrieve(TURNS, wanted, vectors=True)
    vectors = {point.id: direction(point.vector) for point in points if point.vector is not None}
    own = next((point.payload for point in points if point.id == entry.id), {})
    state = await IntentStates(store).state(thread.tenant, thread.agent)
    return explain_turn(thread, entry, vectors, state, await _arrived(store, thread, entry, own))


async def _arrived(
    store: Store, thread: ThreadView, entry: Entry, payload: Mapping[str, Any]
) -> list[tuple[str, bool]]:
    """Return the sub-intents of the turn's goal, each with whether this turn brought it."""
    points = await store.retrieve(INTENTS_STATE, [thread.conversation])
    segment = Assigned.restore(state_record(points[0])).segment(entry.segment or 0) if points else None
    if segment is None:
        return []
    place = payload.get("log"), payload.get("partition"), payload.get("offset")
    return [(fine, (source.log, source.partition, source.offset) == place) for fine, source in segment.fines]


def _uuid(name: str) -> str | None:
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return None
