"""Events of an import as the records that are sent: their key, their timestamp, and what is left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from groundswell.models.contract import rfc3339
from groundswell.models.event import EARLIEST_MS, ConversationEvent, InvalidEvent, parse
from groundswell.models.moments import TURN_MS
from groundswell.streams.import_rows import ImportProblem, Report
from groundswell.streams.replay_order import Imported

#: A conversation without any time begins this long after the one before it has ended.
GAP_MS = 60_000
Event = dict[str, Any]


@dataclass(slots=True)
class Records:
    """Makes records. `start` is when the next conversation without times begins.

    *strict*: a row that would end as a dead letter is left out, and a native event without a time gets
    one written into it, so that importing it again gives the same turn. `rows` and `silent` count what
    was read, and what of it holds nothing that was said.
    """

    latest_ms: int
    tenant: str | None
    agent: str | None
    start: int
    report: Report
    largest: int
    strict: bool = False
    rows: int = 0
    silent: int = 0
    _sane: dict[str, int] = field(default_factory=dict)

    def of(self, events: Sequence[Event], line: int, path: str) -> Iterator[Imported]:
        """Give the records of a conversation's *events*, which have a `time` in ms each."""
        for event in events:
            named = self._named(event)
            fields = {name: named[name] for name in ("tenant", "agent", "conversation_id") if name in named}
            key = ConversationEvent.model_construct(None, **fields).key.encode()
            value = orjson.dumps(named | {"time": _written(event["time"])})
            timestamp = self._timestamp(path, event["time"])
            yield from self._fitting(Imported(value, key, timestamp, line, path, dialogue=True))

    def native(self, raw: bytes, line: int, path: str) -> Iterator[Imported]:
        """Give a native row as a record: the bytes that it was, if nothing has to be changed."""
        row = self._renamed(raw)
        try:
            event, _ = parse(row, timestamp=self.latest_ms)
        except InvalidEvent as problem:
            if self.strict:
                self.report(ImportProblem(path, line, str(problem)))
            else:
                yield from self._fitting(Imported(row, None, self._before(path), line, path))
            return
        timestamp = self._timestamp(path, event.time)
        if self.strict and event.type == "tick":
            return
        if self.strict and event.time is None:
            row = _with(row, {"time": timestamp})
        key = None if event.type == "tick" else event.key.encode()
        yield from self._fitting(Imported(row, key, timestamp, line, path))

    def bad(self, raw: bytes, line: int, path: str, detail: str) -> Iterator[Imported]:
        """Report a bad row; it goes on as it is, to end as a dead letter, unless the import is strict."""
        self.report(ImportProblem(path, line, detail))
        if not self.strict:
            yield from self._fitting(Imported(self._renamed(raw), None, self._before(path), line, path))

    def after(self, time: int) -> None:
        """Note that a conversation has ended at *time*: the next one without times begins later."""
        self.start = time + GAP_MS

    def advance(self, turns: int) -> int:
        """Return when so many turns without times begin, and let the next ones begin after them."""
        start = self.start
        self.start = start + turns * TURN_MS
        return start

    def _fitting(self, record: Imported) -> Iterator[Imported]:
        """Give the record unless it is larger than a topic takes."""
        if len(record.value) <= self.largest:
            yield record
            return
        detail = f"left out: {len(record.value)} bytes, more than a topic takes in one message"
        self.report(ImportProblem(record.path, record.line, detail))

    def _before(self, path: str) -> int:
        return self._sane.get(path, EARLIEST_MS)

    def _timestamp(self, path: str, time: int | None) -> int:
        """Return the record's time for an event of this *time*."""
        before = self._before(path)
        if time is None:
            time = before + 1
        elif not EARLIEST_MS <= time <= self.latest_ms:
            time = before
        self._sane[path] = time
        return time

    def _named(self, event: Event) -> Event:
        given = {"tenant": self.tenant, "agent": self.agent}
        return event | {name: value for name, value in given.items() if value is not None}

    def _renamed(self, raw: bytes) -> bytes:
        """Return a native row under the names that were asked for; without any, its own bytes."""
        given = self._named({})
        return _with(raw, given) if given else raw


def _with(raw: bytes, given: Mapping[str, Any]) -> bytes:
    """Return a native row with fields replaced; what is no object stays as it is."""
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw
    if not isinstance(row, dict):
        return raw
    if "specversion" in row and isinstance(row.get("data"), dict):
        return orjson.dumps({**row, "data": {**row["data"], **given}})
    return orjson.dumps({**row, **given})


def _written(time: int) -> str | int:
    """Return a time as people read it; one outside the calendar stays a number."""
    return rfc3339(time) if 0 <= time < 253_402_300_800_000 else time
