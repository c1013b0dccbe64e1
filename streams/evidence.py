"""Conversations as they stood at a position of the log: what a diagnosis may look at.

A trigger says how far conversation events had been taken in when it arose. Reading the
store "now" would make the answer depend on how busy the other stages were; so the reader
waits until they have passed that position, and then leaves out whatever came later.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from groundswell.models.intents.forwards import last_of
from groundswell.models.position import Positions, Source
from groundswell.models.proposals.thread import Thread, ThreadTurn, ToolUse
from groundswell.sinks.store import Point, Store, StoreUnavailable, Where, state_record
from groundswell.streams.collections import INTENTS_STATE, TURNS, TURNS_STATE, record_id
from groundswell.streams.vanished import vanished

#: Conversations whose turns are fetched at once.
_CHUNK = 64
_FAILED = {"failed": True, "abandoned": True, "completed": False}


@dataclass(frozen=True, slots=True)
class Window:
    """Conversations of one agent as of a position, by uuid, in the order in which they opened."""

    owner: str
    cut: Positions
    assigned: list[tuple[str, Any]]

    @property
    def opened(self) -> list[int]:
        """When each of them opened, event time in milliseconds."""
        return [value["opened"] for _, value in self.assigned]

    @property
    def last(self) -> int:
        """When the newest opened; 0 if there is none."""
        return max(self.opened, default=0)


class Evidence:
    """Reads one agent's threads as of a position."""

    def __init__(self, store: Store, topic: str, limit: int) -> None:
        self._store = store
        self._topic = topic
        self._limit = limit

    async def window(self, owner: str, as_of: Sequence[Source], before_ms: int) -> "Window":
        """Return the agent's latest conversations, at most the limit, with what intents they had.

        Args:
            owner: tenant/agent.
            as_of: the last conversation event taken in, by partition.
            before_ms: event time of the trigger; later conversations are left out.

        Raises:
            StoreUnavailable: if a stage has not passed the position yet and does not move.
        """
        cut = Positions()
        for source in as_of:
            cut.take(source)
        await self._wait(owner, as_of)
        return Window(owner, cut, await self._assigned(owner, before_ms, cut))

    async def threads(self, window: "Window", groups: Mapping[str, str]) -> list[Thread]:
        """Return the conversations of *window*; *groups*: fine intent -> intent, as the trigger knew them."""
        keys = [key for key, _ in window.assigned]
        known = await self._conversations(keys)
        turns = await self._turns(window.owner, keys, window.cut)
        groups = await self._followed(window, groups)
        return [
            thread
            for key, value in window.assigned
            if key in known
            and (thread := _thread(value, known[key], turns.get(key, []), window.cut, groups)) is not None
        ]

    async def _followed(self, window: "Window", groups: Mapping[str, str]) -> Mapping[str, str]:
        """Return *groups* with those that had vanished by then, each in the intent of what took its place."""
        had = {fine for _, value in window.assigned for fine in _segments(value, window.cut)}
        if not had - groups.keys():
            return groups
        links, _ = await vanished(self._store, window.owner)
        heirs = {fine: last_of(links, fine, groups) for fine in sorted(had)}
        return {**groups, **{fine: groups[heir] for fine, heir in heirs.items() if heir in groups}}

    async def _wait(self, owner: str, as_of: Sequence[Source], patience_s: float = 30.0) -> None:
        """Return once turns and intents have committed everything up to *as_of*."""
        waited, pause = 0.0, 0.01
        while not await self._passed(owner, as_of):
            if waited > patience_s:
                raise StoreUnavailable(
                    f"the stages before have not committed what {owner}'s trigger rests on"
                )
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(1.0, pause * 1.5)

    async def _passed(self, owner: str, as_of: Sequence[Source]) -> bool:
        tally = await self._record(INTENTS_STATE, owner, "tally")
        if tally is None or not all(map(Positions.from_json(tally["positions"]).covers, as_of)):
            return False
        for source in as_of:
            head = await self._record(TURNS_STATE, f"{self._topic}/{source.partition}", "head")
            if head is None or (head["log"] == source.log and head["offset"] < source.offset):
                return False
        return True

    async def _record(self, collection: Any, owner: str, name: str) -> Any:
        points = await self._store.retrieve(collection, [record_id(owner, name)], vectors=True)
        return orjson.loads(state_record(points[0]).payload) if points else None  # or null: not yet written

    async def _assigned(self, owner: str, before_ms: int, cut: Positions) -> list[tuple[str, Any]]:
        """Return the intents of the latest conversations by uuid, in the order in which they opened."""
        where = Where.equal(owner=owner) & Where.any_of("kind", ["open", "closed"])
        page = await self._store.scroll(
            INTENTS_STATE,
            where & Where.at_most("opened", before_ms),
            limit=2 * self._limit,
            order_by="opened",
            descending=True,
        )
        found = [(point.id, orjson.loads(state_record(point).payload)) for point in page.points]
        seen = [(key, value) for key, value in found if _segments(value, cut)]
        seen.sort(key=lambda pair: (pair[1]["opened"], pair[0]))
        return seen[-self._limit :]

    async def _conversations(self, keys: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for chunk in _chunks(keys):
            for point in await self._store.retrieve(TURNS_STATE, chunk):
                found[point.id] = orjson.loads(state_record(point).payload)
        return found

    async def _turns(self, owner: str, keys: Sequence[str], cut: Positions) -> dict[str, list[Point]]:
        found: dict[str, list[Point]] = {}
        for chunk in _chunks(keys):
            where = Where.equal(owner=owner) & Where.any_of("conversation", chunk)
            for point in await self._store.read_all(TURNS, where, vectors=False):
                if cut.covers(_source(point.payload)):
                    found.setdefault(point.payload["conversation"], []).append(point)
        return found


def without_intents(threads: Iterable[Thread], dismissed: frozenset[str]) -> list[Thread]:
    """Return threads without what people dismissed: those that were about nothing else are left out."""
    left = []
    for thread in threads:
        intents = tuple(intent for intent in thread.intents if intent not in dismissed)
        if intents or not thread.intents:
            left.append(replace(thread, intents=intents))
    return left


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))


def _source(payload: Mapping[str, Any]) -> Source:
    return Source(log=payload["log"], partition=payload["partition"], offset=payload["offset"])


def _segments(value: Mapping[str, Any], cut: Positions) -> list[str]:
    """Return the fine intents that the conversation had by then, in order of its goals."""
    return [
        fine
        for segment in value["segments"].values()
        for fine, source in segment["fines"]
        if cut.covers(Source.model_validate(source))
    ]


def _thread(
    assigned: Mapping[str, Any],
    conversation: Mapping[str, Any],
    points: Sequence[Point],
    cut: Positions,
    groups: Mapping[str, str],
) -> Thread | None:
    """Return one conversation as it stood, or None if nothing of it was there yet."""
    ordered = sorted(points, key=lambda point: _order(point.payload))
    turns = tuple(_turn(index, point.payload) for index, point in enumerate(_spoken(ordered)))
    if not turns:
        return None
    failed, told = _outcome(conversation["history"], cut)
    last = ordered[-1].payload
    intents = [groups[fine] for fine in _segments(assigned, cut) if fine in groups]
    return Thread(
        conversation_id=assigned["conversation_id"],
        turns=turns,
        failed=failed,
        confirmed=told,
        group=last.get("user") or "",
        stratum=f"{last.get('model') or ''}|{last.get('prompt_version') or ''}",
        intents=tuple(dict.fromkeys(intents)),
        user=last.get("user"),
        slices=last.get("slices") or {},
    )


def _order(payload: Mapping[str, Any]) -> tuple[int, int, int, int]:
    return payload["time"], payload["seq"], payload["partition"], payload["offset"]


def _spoken(points: Sequence[Point]) -> Iterable[Point]:
    return (point for point in points if point.payload["type"] == "turn")


def _turn(index: int, payload: Mapping[str, Any]) -> ThreadTurn:
    tool = None
    if payload.get("tool_name") is not None:
        status = payload.get("tool_status")
        tool = ToolUse(
            name=payload["tool_name"],
            arguments=_arguments(payload.get("tool_arguments") or ""),
            result=payload.get("tool_result") or payload.get("text") or "",
            error=None if status is None else status == "error",
        )
    return ThreadTurn(index, payload.get("role") or "", payload.get("text") or "", tool)


def _arguments(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _outcome(history: Sequence[Mapping[str, Any]], cut: Positions) -> tuple[bool | None, bool]:
    """Return whether the conversation had failed by then (None: not known), and whether that was told."""
    known = [entry for entry in history if cut.covers(Source.model_validate(entry["source"]))]
    if not known:
        return None, False
    verdicts = [_FAILED.get(status) for status in known[-1]["status"].values()]
    told = bool(known[-1]["told"])
    if True in verdicts:
        return True, told
    return (False if verdicts and None not in verdicts else None), told
