"""Exports of traces: rows in any order, in several files, as the conversations that they tell of.

The rows are sorted by trace (which session is it of, and which of its rows speak), then by
conversation, then by time. What does not fit into memory waits in temporary files.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import orjson

from groundswell.models.event import EARLIEST_MS
from groundswell.models.importing.content import InvalidRow
from groundswell.models.importing.exchange import Exchange, relevant, shared
from groundswell.models.importing.transcript import Transcript
from groundswell.streams.import_records import Records
from groundswell.streams.import_rows import Source
from groundswell.streams.replay_order import Imported, Keyed, in_time_order

Read = Callable[[dict[str, object]], list[Exchange]]
#: Where bad rows stand, before all others.
_BAD = -1


def conversations(sources: Sequence[Source], read: Read, records: Records) -> Iterator[Imported]:
    """Give the records of all conversations in *sources*; *read* gives the exchanges of a row."""
    traces = in_time_order(_by_trace(sources, read, records))
    threads = in_time_order(_by_conversation(traces, read, records))
    for digest, group in groupby(threads, key=lambda keyed: keyed[0][0]):
        if digest == _BAD:
            yield from (row for _, row in group)
        else:
            yield from _thread([row for _, row in group], records)


def _by_trace(sources: Sequence[Source], read: Read, records: Records) -> Iterator[Keyed]:
    """Give the rows by trace, in the order of their times; the key of each is its session."""
    number = 0
    for source in sources:
        for line, raw in source.rows():
            records.rows += 1
            number += 1
            try:
                exchanges = _read(raw, read)
            except (InvalidRow, orjson.JSONDecodeError) as error:
                for bad in records.bad(raw, line, source.path, str(error)):
                    yield (_BAD, EARLIEST_MS, number), bad
                continue
            if not exchanges:
                records.silent += 1
                continue
            first = exchanges[0]
            session = next((one.session for one in exchanges if one.session), None)
            key = None if session is None else session.encode("utf-8", "surrogatepass")
            row = Imported(raw, key, first.start, line, source.path)
            yield (_digest(first.trace), first.start, number), row


def _by_conversation(traces: Iterable[Keyed], read: Read, records: Records) -> Iterator[Keyed]:
    """Give what belongs to a conversation: its key is the session, or else the trace."""
    number = 0
    for digest, group in groupby(traces, key=lambda keyed: keyed[0][0]):
        if digest == _BAD:
            yield from group
            continue
        rows = [row for _, row in group]
        exchanges = _once(one for row in rows for one in _read(row.value, read))
        facts, chosen = shared(exchanges), relevant(exchanges)
        records.silent += len(rows) if not chosen else 0
        sessions = (row.key for row in rows)
        name = next((key for key in sessions if key), exchanges[0].trace.encode("utf-8", "surrogatepass"))
        for one in chosen:
            value = replace(one, facts={**facts, **one.facts}).encode()
            number += 1
            row = Imported(value, name, one.start, rows[0].line, rows[0].path, dialogue=True)
            yield (_digest(name.decode("utf-8", "surrogatepass")), one.start, number), row


def _once(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Return the exchanges in the order of their times; of two that exports hold twice, the later row."""
    found = {(one.kind, one.id): one for one in exchanges}
    return sorted(found.values(), key=lambda one: one.start)


def _thread(rows: Sequence[Imported], records: Records) -> Iterator[Imported]:
    """Give the records of one conversation."""
    name = (rows[0].key or b"").decode("utf-8", "surrogatepass")
    thread = Transcript({"conversation_id": name[:256]})
    for row in rows:
        thread.take(Exchange.decode(row.value))
    yield from records.of(thread.events(), rows[0].line, rows[0].path)


def _read(raw: bytes, read: Read) -> list[Exchange]:
    row = orjson.loads(raw)
    if not isinstance(row, dict):
        raise InvalidRow(f"wanted an object, found {type(row).__name__}")
    return read(row)


def _digest(name: str) -> int:
    """Return 63 bits that stand for *name*: rows of one name are neighbours when sorted."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) >> 1
