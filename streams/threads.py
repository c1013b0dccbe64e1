"""Threads from the store: one conversation whole, found by its id."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from groundswell.models.event import ConversationEvent
from groundswell.models.intents.forwards import last_of
from groundswell.models.intents.params import MODEL
from groundswell.models.thread_view import ThreadName, ThreadView, thread_view
from groundswell.sinks.store import Point, Store, StoreUnavailable, Where, state_record
from groundswell.streams.collections import INTENTS_STATE, TURNS, TURNS_STATE, record_id
from groundswell.streams.vanished import vanished

#: Entries in which conversations of one id are looked for.
_LOOKED_AT = 512
_TAXONOMY = "taxonomy"


class Threads:
    """Finds and reads conversations. Every call may raise StoreUnavailable and StoreError."""

    def __init__(self, store: Store | None = None) -> None:
        """Read from *store*, or from the one that `use` names later."""
        self._opened = store

    def use(self, store: Store) -> None:
        """Read from *store* from now on."""
        self._opened = store

    @property
    def _store(self) -> Store:
        if self._opened is None:
            raise StoreUnavailable("it is not open yet; try again in a moment")
        return self._opened

    async def find(
        self, name: str, *, tenant: str | None = None, agent: str | None = None
    ) -> list[ThreadName]:
        """Return the conversations called *name*, the id of their sender or their uuid, in a fixed order.

        An id with a secret in it was stored without that: it is found by tenant and agent, which are
        part of the uuid (`default` unless given).
        """
        found = await self._of(Where.equal(conversation_id=name))
        if (key := _uuid(name)) is not None:
            found |= await self._of(Where.equal(conversation=key))
        if not found:
            event = ConversationEvent.model_construct(
                None, tenant=tenant or "default", agent=agent or "default", conversation_id=name
            )
            found |= await self._of(Where.equal(conversation=event.conversation))
        fit = [
            match
            for match in found.values()
            if tenant in (None, match.tenant) and agent in (None, match.agent)
        ]
        return sorted(fit, key=lambda match: (match.tenant, match.agent, match.conversation))

    async def read(self, match: ThreadName, limit: int | None = None) -> ThreadView:
        """Return the thread of *match*; with a *limit* its first so many entries."""
        where = Where.equal(conversation=match.conversation)
        total = await self._store.count(TURNS, where)
        points = await self._entries(where, total, limit)
        return thread_view(
            ((point.id, point.payload) for point in points),
            await self._state(match.conversation),
            await self._intents(match),
            conversation=match.conversation,
            total=total,
        )

    async def _of(self, where: Where) -> dict[str, ThreadName]:
        page = await self._store.scroll(TURNS, where, limit=_LOOKED_AT)
        return {point.payload["conversation"]: _match(point.payload) for point in page.points}

    async def _entries(self, where: Where, total: int, limit: int | None) -> Sequence[Point]:
        if limit is None or total <= limit:
            return await self._store.read_all(TURNS, where, vectors=False)
        page = await self._store.scroll(TURNS, where, limit=limit, order_by="time")
        return page.points

    async def _state(self, conversation: str) -> Mapping[str, Any]:
        points = await self._store.retrieve(TURNS_STATE, [conversation])
        return _record(points[0]) if points else {}

    async def _intents(self, match: ThreadName) -> dict[int, tuple[str, str]]:
        """Return the intent of each goal, as it is called today."""
        owner = f"{match.tenant}/{match.agent}"
        ids = [match.conversation, record_id(owner, MODEL), record_id(owner, _TAXONOMY)]
        found = {point.id: _record(point) for point in await self._store.retrieve(INTENTS_STATE, ids)}
        assigned, model, names = (found.get(id_) or {} for id_ in ids)
        groups = dict(zip(model.get("fines") or (), model.get("intents") or (), strict=False))
        fines = {int(n): segment["fine"] for n, segment in (assigned.get("segments") or {}).items()}
        links = dict[str, str]()
        if not groups.keys() >= set(fines.values()):
            links, silent = await vanished(self._store, owner)
            groups = silent | groups
        intents = {n: groups.get(now := last_of(links, fine), now) for n, fine in fines.items()}
        return {n: (intent, (names.get(intent) or [""])[0]) for n, intent in intents.items()}


def _record(point: Point) -> Any:
    return orjson.loads(state_record(point).payload)


def _match(payload: Mapping[str, Any]) -> ThreadName:
    tenant, _, agent = payload["owner"].partition("/")
    return ThreadName(payload["conversation"], payload["conversation_id"], tenant, agent)


def _uuid(name: str) -> str | None:
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return None
