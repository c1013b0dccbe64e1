"""The intents of an agent as the store has them: restored to be looked at, and never written.

What is shown is that of the last commit. A worker goes on writing meanwhile; it is asked for nothing.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from groundswell.models.agent_intents import AgentIntents
from groundswell.models.assigned import Assigned
from groundswell.models.contract import owner_of
from groundswell.models.intent_page import Case, IntentPage, Quote, intent_page
from groundswell.models.intents.geometry import direction
from groundswell.models.intents.quality import MARGIN
from groundswell.models.record import StateRecord, Vector
from groundswell.models.teaching.memory import RECORD as TAUGHT
from groundswell.sinks.store import Point, Store, StoreUnavailable, Where, state_record
from groundswell.streams.collections import INTENTS_STATE, TURNS, record_id
from groundswell.streams.ownership import EMPTY

#: Agents whose restored state stays in memory, some 10 MB each.
_HELD = 4
_TALLY = "tally"
#: Turns near the border that are looked at, and shown.
_LOOKED_AT, _BORDERLINE = 96, 6
#: Characters of such a turn.
_LETTERS = 240
#: Seconds for which a restored state is good enough: restoring takes a good part of one.
_FRESH_S = 5.0
#: Tries to read a state that another writes at the same time.
_TRIES = 3
#: Conversations among which agents are looked for: their ids are hashes, so any of them are a fair sample.
_LISTED, _PAGES = 2_000, 10


@dataclass(frozen=True, slots=True)
class Held:
    """A restored state, what tells its commit from the next, and when it was read (monotonic seconds)."""

    tally: bytes
    state: AgentIntents
    read: float


class IntentStates:
    """Restores states, and reads what a page of an intent needs. May raise StoreUnavailable, StoreError."""

    def __init__(self, store: Store | None = None, fresh_s: float = _FRESH_S) -> None:
        """Read from *store*, or from the one that `use` names later."""
        self._opened = store
        self._fresh_s = fresh_s
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._lock = asyncio.Lock()

    def use(self, store: Store) -> None:
        """Read from *store* from now on."""
        self._opened = store

    @property
    def store(self) -> Store:
        """The store. Raises StoreUnavailable before it is open."""
        if self._opened is None:
            raise StoreUnavailable("it is not open yet; try again in a moment")
        return self._opened

    async def state(self, tenant: str, agent: str) -> AgentIntents | None:
        """Return the intents of an agent as of the last commit, None if there are none."""
        owner = owner_of(tenant, agent)
        async with self._lock:
            held = self._held.get(owner)
            if held is None or time.monotonic() - held.read >= self._fresh_s:
                held = await self._current(tenant, agent, held)
            if held is None:
                return None
            self._held[owner] = held
            self._held.move_to_end(owner)
            while len(self._held) > _HELD:
                self._held.popitem(last=False)
            return held.state

    async def _current(self, tenant: str, agent: str, held: Held | None) -> Held | None:
        """Return the state of the last commit; what is held serves if nothing was committed since."""
        tally = await self._tally(owner_of(tenant, agent))
        if tally is None:
            return None
        if held is not None and held.tally == tally:
            return Held(tally, held.state, time.monotonic())
        return await self._restored(tenant, agent)

    async def page(self, tenant: str, agent: str, intent: str) -> IntentPage | None:
        """Return the page of an intent, None if nothing is known of it."""
        state = await self.state(tenant, agent)
        page = await asyncio.to_thread(intent_page, state, intent) if state is not None else None
        if state is None or page is None or not page.live:
            return page
        names = await self._names(page)
        return replace(
            page,
            borderline=await self._borderline(state, page),
            failed=tuple(_called(case, names) for case in page.failed),
            succeeded=tuple(_called(case, names) for case in page.succeeded),
        )

    async def find(
        self, intent: str, *, tenant: str | None = None, agent: str | None = None
    ) -> list[IntentPage]:
        """Return the pages of the intents of this id, of any agent unless one is named: mostly one."""
        owners = [(tenant, agent)] if tenant and agent else await self._owners()
        fit = [one for one in owners if tenant in (None, one[0]) and agent in (None, one[1])]
        pages = [await self.page(*owner, intent) for owner in fit]
        return [page for page in pages if page is not None]

    async def _owners(self) -> list[tuple[str, str]]:
        """Return every (tenant, agent) of a sample of conversations that is spread over all of them."""
        found: set[tuple[str, str]] = set()
        conversations = Where.any_of("kind", ["open", "closed"])
        after: str | None = None
        for _ in range(_PAGES):
            page = await self.store.scroll(INTENTS_STATE, conversations, limit=_LISTED, after=after)
            for point in page.points:
                tenant, _, agent = str(point.payload["owner"]).partition("/")
                found.add((tenant, agent))
            after = page.after
            if after is None:
                break
        return sorted(found)

    async def _tally(self, owner: str) -> bytes | None:
        """Return the records that tell one commit from the next: how far, and what people said."""
        wanted = [record_id(owner, name) for name in (_TALLY, TAUGHT)]
        points = await self.store.retrieve(INTENTS_STATE, wanted)
        records = [record for point in points if (record := state_record(point)) != EMPTY]
        return b"".join(record.payload for record in records) or None

    async def _restored(self, tenant: str, agent: str) -> Held:
        where = Where.equal(owner=owner_of(tenant, agent), kind="state")
        for attempt in range(1, _TRIES + 1):
            try:
                points = await self.store.read_all(INTENTS_STATE, where, vectors=True)
                records = _records(points)
                state = await asyncio.to_thread(AgentIntents, tenant, agent, records, lateness_ms=0)
                known = (records[name].payload for name in (_TALLY, TAUGHT) if name in records)
                return Held(b"".join(known), state, time.monotonic())
            except StoreUnavailable:  # written to while it was read
                if attempt == _TRIES:
                    raise
                await asyncio.sleep(0.05 * attempt)
        raise AssertionError("the loop returns or raises")

    async def _names(self, page: IntentPage) -> dict[str, str]:
        """Return what its senders call the conversations that a page shows."""
        wanted = sorted({case.conversation for case in (*page.failed, *page.succeeded)})
        points = await self.store.retrieve(INTENTS_STATE, wanted) if wanted else []
        return {point.id: Assigned.restore(state_record(point)).conversation_id for point in points}

    async def _borderline(self, state: AgentIntents, page: IntentPage) -> tuple[Quote, ...]:
        """Return turns of the intent that another is about as near to, the closest call first."""
        views = {view.id: view.centroid for view in state.engine.intents()}
        if not page.neighbours or page.neighbours[0].id not in views:
            return ()
        middle = direction(views[page.id] + views[page.neighbours[0].id])
        where = Where.equal(owner=owner_of(page.tenant, page.agent), role="user")
        near = await self.store.nearest(TURNS, middle, where, limit=_LOOKED_AT)
        wanted = [found.point.id for found in near if found.point.payload.get("passes")]
        points = await self.store.retrieve(TURNS, wanted, vectors=True) if wanted else []
        quotes = {
            quote.text: quote
            for point in points
            if point.vector is not None and (quote := _quote(state, page, point, point.vector)) is not None
        }
        ranked = sorted(quotes.values(), key=lambda one: (one.closeness - one.other_closeness, one.turn))
        return tuple(ranked[:_BORDERLINE])


def _records(points: list[Point]) -> dict[str, StateRecord]:
    records = {str(point.payload["name"]): state_record(point) for point in points}
    return {name: record for name, record in records.items() if record != EMPTY}


def _quote(state: AgentIntents, page: IntentPage, point: Point, vector: Vector) -> Quote | None:
    """Return a turn if it is of the intent and near the border to another."""
    near = state.engine.nearness(direction(vector))
    ranked = sorted(near, key=lambda intent: (-near[intent], intent))[:2]
    if len(ranked) < 2 or ranked[0] != page.id or near[ranked[0]] - near[ranked[1]] >= MARGIN:
        return None
    return Quote(
        _line(str(point.payload.get("text") or "")),
        str(point.payload["conversation"]),
        round(near[page.id], 3),
        point.id,
        ranked[1],
        state.taxonomy.name(ranked[1]),
        round(near[ranked[1]], 3),
    )


def _line(text: str) -> str:
    """Return a turn on one line, a long one cut."""
    line = " ".join(text[: 4 * _LETTERS].split())
    return line if len(line) <= _LETTERS else f"{line[: _LETTERS - 1].rstrip()}…"


def _called(case: Case, names: Mapping[str, str]) -> Case:
    return replace(case, conversation_id=names.get(case.conversation, ""))
