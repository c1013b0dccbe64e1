"""Files of conversations as conversation events: what `groundswell run`, `import` and the demo read.

Lines of JSON or tables, gzip too, ``-`` for standard input. The first rows of a file say its format,
unless it is given:

* native events are passed on as the very bytes that they were, even if they are no JSON, so that every
  row ends as a turn or as a dead letter; a row with `turns` is a dialogue, also among them;
* chat messages (OpenAI) and tables (CSV) become the events of their conversations, row by row;
* trace exports (Langfuse, LangSmith) are joined over all files of the format.

The conversations of a file are merged in time order, like live traffic; native files are streamed and
keep their own order. Several files are merged by time. Sorting holds about `RUN_BYTES` in memory, the
rest waits in temporary files; `sort=False` streams what can be streamed in the order of the files.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from groundswell.models.dialogue import agent_name
from groundswell.models.event import EARLIEST_MS, LATEST_MS
from groundswell.models.importing import langfuse, langsmith
from groundswell.models.importing.detection import Format
from groundswell.streams.import_chats import events
from groundswell.streams.import_records import Records
from groundswell.streams.import_rows import ImportProblem, Report, Source, open_source
from groundswell.streams.import_traces import conversations
from groundswell.streams.replay_order import Imported, Keyed, in_time_order, with_ticks
from groundswell.streams.topics import MAX_MESSAGE_BYTES

#: An event this far past the wall clock has a broken clock; its record gets the time before it.
SKEW_MS = 3_600_000
#: Larger inputs are not counted beforehand.
COUNTED_BYTES = 64 * 1024 * 1024
#: What the envelope of a record may add to its value.
_OVERHEAD = 4096
_TRACES = {"langfuse": langfuse.exchanges_of, "langsmith": langsmith.exchanges_of}


@dataclass(frozen=True, slots=True)
class How:
    """How files are to be read.

    Attributes:
        agent: name that all events get instead of their own (native rows are rewritten then).
        tenant: likewise.
        form: the format of all files; none is told from each file's first rows.
        columns: for tables, which column holds a field (field -> column).
        start_ms: when the first conversation without any time begins; the next one begins a minute
            after the end of the conversation before it.
        strict: leave out what would end as a dead letter, and write a time into every event.
        largest: events of more bytes than this are left out.
    """

    agent: str | None = None
    tenant: str | None = None
    form: Format | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    start_ms: int = EARLIEST_MS
    strict: bool = False
    largest: int = MAX_MESSAGE_BYTES - _OVERHEAD


def read_events(
    paths: Sequence[str],
    *,
    now_ms: int,
    how: How | None = None,
    sort: bool = True,
    report: Report | None = None,
) -> Iterator[Imported]:
    """Give the events of the files at *paths* as records.

    Args:
        paths: what to read; ``-`` is standard input.
        now_ms: the wall clock; it only bounds what is believed of the events' own times.
        how: format, columns, names.
        sort: whether to merge conversations and files by time.
        report: told of every row that cannot be read, or is too large for a topic.

    A record's timestamp is its event's own time; without one it is 1 ms after the record before,
    with an impossible one the same as before.

    Raises:
        OSError: a file cannot be read.
        UnknownFormat: nothing says what the rows of a file are.
        UnknownColumns: nothing says which column of a table holds what.
    """
    return Reading(paths, now_ms=now_ms, how=how, report=report).events(sort=sort)


class Reading:
    """One reading of files; `records` counts the rows."""

    def __init__(
        self, paths: Sequence[str], *, now_ms: int, how: How | None = None, report: Report | None = None
    ) -> None:
        self._how = how or How()
        self._paths = paths
        self._report = report or _ignore
        self.formats: dict[str, Format] = {}
        self.records = Records(
            now_ms + SKEW_MS,
            _name(self._how.tenant),
            _name(self._how.agent),
            self._how.start_ms,
            self._report,
            self._how.largest,
            self._how.strict,
        )

    def events(self, *, sort: bool = True) -> Iterator[Imported]:
        """Give the events, merged by time unless told otherwise; see `read_events`."""
        sources = [
            open_source(path, place, self._how.form, self._report) for place, path in enumerate(self._paths)
        ]
        self.formats = {source.path: source.form for source in sources}
        streams = [self._numbered(source) for source in sources if source.form not in _TRACES]
        traces = [self._traces(sources, form) for form in _TRACES]
        if not sort:
            yield from (event for _, event in chain(*streams, *traces))
            return
        ordered = [*map(_ordered, streams), *map(in_time_order, traces)]
        yield from (event for _, event in heapq.merge(*ordered, key=lambda keyed: keyed[0]))

    def _numbered(self, source: Source) -> Iterator[Keyed]:
        """Give the events of one file with their sort keys (time, file, number in the file)."""
        return _placed(events(source, self.records, self._how.columns), source.place)

    def _traces(self, sources: Sequence[Source], form: str) -> Iterator[Keyed]:
        """Give the events of all files of a trace format."""
        mine = [source for source in sources if source.form == form]
        place = min((source.place for source in mine), default=0)
        return _placed(conversations(mine, _TRACES[form], self.records), place)


def count_events(paths: Sequence[str], how: How | None = None) -> int | None:
    """Return how many events `read_events` gives, or None if it costs too much to know.

    That is so for standard input, for pipes (they can be read once) and for large files.
    """
    if not all(Path(path).is_file() for path in paths):
        return None
    if sum(Path(path).stat().st_size for path in paths) > COUNTED_BYTES:
        return None
    return sum(1 for _ in read_events(paths, now_ms=LATEST_MS, how=how, sort=False))


def _name(given: str | None) -> str | None:
    return agent_name(given) if given else None


def _placed(records: Iterable[Imported], place: int) -> Iterator[Keyed]:
    for number, event in enumerate(records):
        yield (event.timestamp, place, number), event


def _ordered(events: Iterator[Keyed]) -> Iterator[Keyed]:
    """Give a file by time: sorted if its first good row is a conversation, else as it is.

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


__all__ = ["How", "ImportProblem", "Imported", "Reading", "count_events", "read_events", "with_ticks"]
