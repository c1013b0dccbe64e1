"""Files of conversations as conversation events: what `groundswell run` and the demo replay.

JSON lines, gzip too, ``-`` for standard input. A row with `turns` is a dialogue and becomes the
events of its conversation; any other row is taken for a native event and passed on as the very
bytes that it was, even if it is no JSON, so that every row ends as a turn or as a dead letter.

The first good row of a file says its form. The conversations of dialogue files are merged in time
order, like live traffic; native files are streamed and keep their own order. Several files are
merged by time. Sorting holds about `RUN_BYTES` in memory, the rest waits in temporary files;
`sort=False` streams everything in the order of the files.
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from groundswell.models.contract import rfc3339
from groundswell.models.dialogue import InvalidDialogue, agent_name, events_of, is_dialogue
from groundswell.models.event import EARLIEST_MS, ConversationEvent, InvalidEvent, parse
from groundswell.streams.import_rows import ImportProblem, Report, rows
from groundswell.streams.replay_order import Imported, Keyed, in_time_order, with_ticks
from groundswell.streams.topics import MAX_MESSAGE_BYTES

#: A conversation without any time begins this long after the one before it in the file has ended.
GAP_MS = 60_000
#: An event this far past the wall clock has a broken clock; its record gets the time before it.
SKEW_MS = 3_600_000
#: Larger inputs are not counted beforehand.
COUNTED_BYTES = 64 * 1024 * 1024
#: What the envelope of a record may add to its value.
_OVERHEAD = 4096


def read_events(
    paths: Sequence[str],
    *,
    now_ms: int,
    agent: str | None = None,
    tenant: str | None = None,
    start_ms: int = EARLIEST_MS,
    sort: bool = True,
    report: Report | None = None,
    largest: int = MAX_MESSAGE_BYTES - _OVERHEAD,
) -> Iterator[Imported]:
    """Give the events of the files at *paths* as records.

    Args:
        paths: JSON lines, plain or gzip; ``-`` is standard input.
        now_ms: the wall clock; it only bounds what is believed of the events' own times.
        agent: name that all events get instead of their own (native rows are rewritten then).
        tenant: likewise.
        start_ms: when the first conversation without any time begins; the next one begins `GAP_MS`
            after the end of the conversation before it.
        sort: whether to merge conversations and files by time.
        largest: events of more bytes than this are left out.
        report: told of every row that is no JSON, no valid dialogue, or too large for a topic.

    A record's timestamp is its event's own time; without one it is 1 ms after the record before,
    with an impossible one the same as before.

    Raises:
        OSError: a file cannot be read.
    """
    names = (agent_name(tenant) if tenant else None, agent_name(agent) if agent else None)
    importer = _Importer(now_ms + SKEW_MS, *names, start_ms, report or _ignore, largest)
    files = [importer.read(path, place) for place, path in enumerate(paths)]
    if not sort:
        yield from (event for _, event in chain.from_iterable(files))
        return
    ordered = (_ordered(file) for file in files)
    yield from (event for _, event in heapq.merge(*ordered, key=lambda keyed: keyed[0]))


def count_events(paths: Sequence[str]) -> int | None:
    """Return how many events `read_events` gives, or None if it costs too much to know (or is stdin)."""
    if "-" in paths or sum(Path(path).stat().st_size for path in paths) > COUNTED_BYTES:
        return None
    return sum(1 for _ in read_events(paths, now_ms=0, sort=False))


def _ordered(events: Iterator[Keyed]) -> Iterator[Keyed]:
    """Give a file by time: sorted if its first good row is a dialogue, else as it is.

    Nothing is read before it is asked for: the clock of conversations without times runs on from
    file to file.
    """
    opening: list[Keyed] = []
    for keyed in events:
        opening.append(keyed)
        if keyed[1].key is not None:
            break
    if opening:
        order = in_time_order if opening[-1][1].dialogue else _never_back
        yield from order(chain(opening, events))


def _never_back(events: Iterator[Keyed]) -> Iterator[Keyed]:
    """Give native rows the latest time so far as their place, so that merging keeps their order."""
    latest = 0
    for (time, place, number), event in events:
        latest = max(latest, time)
        yield (latest, place, number), event


def _ignore(_: ImportProblem) -> None:
    """Nobody asked for the problems."""


@dataclass(slots=True)
class _Importer:
    """Reads rows; knows when the next conversation without times begins."""

    latest_ms: int
    tenant: str | None
    agent: str | None
    start: int
    report: Report
    largest: int
    _sane: dict[str, int] = field(default_factory=dict)

    def read(self, path: str, place: int) -> Iterator[Keyed]:
        """Give the events of one file with their sort keys (time, file, number in the file)."""
        number = 0
        for line, raw in rows(path, self.report):
            for event in self._row(raw, line, path):
                if len(event.value) > self.largest:
                    detail = f"left out: {len(event.value)} bytes, more than a topic takes in one message"
                    self.report(ImportProblem(path, line, detail))
                    continue
                yield (event.timestamp, place, number), event
                number += 1

    def _row(self, raw: bytes, line: int, path: str) -> Iterator[Imported]:
        try:
            row = orjson.loads(raw)
            if is_dialogue(row):
                yield from self._dialogue(row, line, path)
                return
        except orjson.JSONDecodeError as error:
            self.report(ImportProblem(path, line, f"no JSON: {error}; wanted one object a line"))
            row = None
        except InvalidDialogue as error:
            self.report(ImportProblem(path, line, str(error)))
            row = None
        yield self._native(self._renamed(row, raw), line, path)

    def _dialogue(self, row: dict[str, Any], line: int, path: str) -> Iterator[Imported]:
        events = events_of(row, start=self.start, agent=self.agent, tenant=self.tenant)
        self.start = max(event["time"] for event in events) + GAP_MS
        fields = {
            name: events[0][name] for name in ("tenant", "agent", "conversation_id") if name in events[0]
        }
        key = ConversationEvent.model_construct(None, **fields).key.encode()
        for event in events:
            timestamp = self._timestamp(path, event["time"])
            value = orjson.dumps(event | {"time": _written(event["time"])})
            yield Imported(value, key, timestamp, line, path, dialogue=True)

    def _native(self, raw: bytes, line: int, path: str) -> Imported:
        try:
            event, _ = parse(raw, timestamp=self.latest_ms)
        except InvalidEvent:
            return Imported(raw, None, self._sane.get(path, EARLIEST_MS), line, path)
        key = None if event.type == "tick" else event.key.encode()
        return Imported(raw, key, self._timestamp(path, event.time), line, path)

    def _timestamp(self, path: str, time: int | None) -> int:
        """Return the record's time for an event of this *time*."""
        before = self._sane.get(path, EARLIEST_MS)
        if time is None:
            time = before + 1
        elif not EARLIEST_MS <= time <= self.latest_ms:
            time = before
        self._sane[path] = time
        return time

    def _renamed(self, row: object, raw: bytes) -> bytes:
        """Return a native row under the names that were asked for; without any, its own bytes."""
        names = {"tenant": self.tenant, "agent": self.agent}
        given = {field: name for field, name in names.items() if name is not None}
        if not given or not isinstance(row, dict):
            return raw
        if "specversion" in row and isinstance(row.get("data"), dict):
            return orjson.dumps({**row, "data": {**row["data"], **given}})
        return orjson.dumps({**row, **given})


def _key(event: dict[str, Any]) -> bytes:
    names = {name: event[name] for name in ("tenant", "agent", "conversation_id") if name in event}
    return ConversationEvent.model_construct(None, **names).key.encode()


def _written(time: int) -> str | int:
    """Return a time as people read it; one outside the calendar stays a number."""
    return rfc3339(time) if 0 <= time < 253_402_300_800_000 else time


__all__ = ["ImportProblem", "Imported", "count_events", "read_events", "with_ticks"]
