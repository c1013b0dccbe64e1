"""Files that are read row by row: native events, dialogues, chat messages, tables."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import orjson

from groundswell.models.dialogue import InvalidDialogue, agent_name, events_of, is_dialogue
from groundswell.models.importing.content import InvalidRow
from groundswell.models.importing.openai import Chat, conversation_of
from groundswell.models.importing.table import Table
from groundswell.models.importing.transcript import Transcript
from groundswell.models.moments import TURN_MS, spread
from groundswell.streams.import_records import Records
from groundswell.streams.import_rows import Lines, Source
from groundswell.streams.replay_order import Imported

#: The longest cell of a table, characters: more is a quote that was never closed.
_CELL = 5_000_000
_DELIMITERS = ",;\t|"


def events(source: Source, records: Records, mapping: Mapping[str, str]) -> Iterator[Imported]:
    """Give the records of a file, in the order of its rows.

    Raises UnknownColumns if the columns of a table do not say which holds what.
    """
    match source.form:
        case "csv":
            yield from table(source, records, mapping)
        case "openai":
            yield from chats(source, records)
        case _:
            yield from plain(source, records)


def plain(source: Source, records: Records) -> Iterator[Imported]:
    """Give native events and dialogues: a row with `turns` is a dialogue, any other a native event."""
    for line, raw in source.rows():
        records.rows += 1
        try:
            row = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            detail = f"no JSON: {error}; wanted one object a line"
            yield from records.bad(raw, line, source.path, detail)
            continue
        if not is_dialogue(row):
            yield from records.native(raw, line, source.path)
            continue
        try:
            said = events_of(row, start=records.start, agent=records.agent, tenant=records.tenant)
        except InvalidDialogue as error:
            yield from records.bad(raw, line, source.path, str(error))
            continue
        records.after(max(event["time"] for event in said))
        yield from records.of(said, line, source.path)


def chats(source: Source, records: Records) -> Iterator[Imported]:
    """Give the conversations of chat messages; neighbouring rows of one conversation are one thread.

    What they repeat of its history is no new turn.
    """
    for name, rows in groupby(_chats(source, records), key=lambda row: row[0]):
        if name is None:
            for _, line, problem, raw in rows:
                yield from records.bad(raw, line, source.path, problem)
            continue
        thread, first = Transcript({"conversation_id": name}), 0
        timed = False
        for _, line, chat, _ in rows:
            first = first or line
            timed |= _hear(thread, chat, records.start)
        said = thread.events()
        if said and not timed:
            records.after(max(event["time"] for event in said))
        yield from records.of(said, first, source.path)


def _chats(source: Source, records: Records) -> Iterator[tuple[str | None, int, Any, bytes]]:
    """Give each row with its conversation; a bad one with None and what is wrong with it."""
    for line, raw in source.rows():
        records.rows += 1
        try:
            chat = conversation_of(orjson.loads(raw))
            yield chat.name, line, chat, raw
        except (InvalidRow, orjson.JSONDecodeError) as error:
            yield None, line, str(error), raw


def _hear(thread: Transcript, chat: Chat, start: int) -> bool:
    """Add what is new in one row to its thread; return whether the row has a time of its own."""
    begin = start if chat.time is None else chat.time
    times = spread([message.time for message in chat.messages], begin)
    messages = [replace(message, time=time) for message, time in zip(chat.messages, times, strict=True)]
    thread.hear(messages, begin, chat.facts)
    return chat.time is not None or any(message.time is not None for message in chat.messages)


def table(source: Source, records: Records, mapping: Mapping[str, str]) -> Iterator[Imported]:
    """Give the events of a table, a row each; the first row names the columns."""
    lines = source.lines
    head = next(((line, raw) for line, raw in lines if raw.strip()), None)
    if head is None:
        return
    delimiter = "\t" if ".tsv" in source.path.lower() else _delimiter(head[1])
    header = next(csv.reader([_decoded(head[1])], delimiter=delimiter))
    columns = Table.of(header, mapping)
    start, number = records.start, 0
    for line, cells, problem in _cells(lines, delimiter, head[0]):
        records.rows += 1
        whole = delimiter.join(cells).encode("utf-8", "surrogateescape")
        if problem:
            yield from records.bad(whole, line, source.path, problem)
            continue
        try:
            event = columns.event(_text(cells), number, start) | _owner(columns, cells)
        except InvalidRow as error:
            yield from records.bad(whole, line, source.path, str(error))
        else:
            yield from records.of([event], line, source.path)
        number += 1
    records.after(start + number * TURN_MS)


def _cells(lines: Lines, delimiter: str, before: int) -> Iterator[tuple[int, Sequence[str], str]]:
    """Give each row of a table with the line on which it begins, and what is wrong with it."""
    csv.field_size_limit(_CELL)
    reader = csv.reader((_decoded(raw) for _, raw in lines), delimiter=delimiter)
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, (), f"no row of a table: {error}"
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells, ""


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _text(cells: Sequence[str]) -> Sequence[str]:
    """Return the cells. Raises InvalidRow if they are not UTF-8."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError as error:
        raise InvalidRow("not UTF-8; save the table as UTF-8") from error
    return cells


def _owner(columns: Table, cells: Sequence[str]) -> dict[str, Any]:
    named = zip(("tenant", "agent"), columns.names(cells), strict=True)
    return {field: agent_name(name) for field, name in named if name is not None}


def _delimiter(header: bytes) -> str:
    """Return the mark that parts most columns of the header."""
    return max(_DELIMITERS, key=lambda mark: header.count(mark.encode()))
