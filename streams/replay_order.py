"""The order of a replay: conversations interleaved as they were, and the time that passes between them."""

import heapq
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

import orjson

#: How much is sorted in memory at once; what is more is merged from disk. The process grows to about
#: 200 MB, whatever the size of its input (measured on 160 MB with 821,000 events).
RUN_BYTES = 32 * 1024 * 1024
#: What an event weighs in memory besides its value.
_WEIGHT = 600
#: After an event, and until the next one: the minutes in which somebody looks at the clock.
SILENCE_MINUTES = (*range(1, 11), 15, 20, 30, 45, 60, 75, 90, 120)
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Imported:
    """One record to be sent: `timestamp` in ms, and where it came from (`path` is empty for a tick)."""

    value: bytes
    key: bytes | None
    timestamp: int
    line: int
    path: str
    dialogue: bool = False


#: An event with its place: (time in ms, number of the file, number in the file).
Keyed = tuple[tuple[int, int, int], Imported]


def in_time_order(events: Iterable[Keyed], run_bytes: int = RUN_BYTES) -> Iterator[Keyed]:
    """Give *events* by their places: an external merge sort (Knuth, TAOCP vol. 3, 5.4).

    About *run_bytes* are held in memory, the rest in temporary files.
    """
    with ExitStack() as stack:
        runs: list[Iterator[Keyed]] = []
        held: list[Keyed] = []
        size = 0
        for keyed in events:
            held.append(keyed)
            size += len(keyed[1].value) + _WEIGHT
            if size > run_bytes:
                runs.append(_written(sorted(held, key=_place), stack.enter_context(TemporaryFile())))
                held, size = [], 0
        yield from heapq.merge(*runs, sorted(held, key=_place), key=_place)


def with_ticks(events: Iterable[Imported], every_ms: int = MINUTE_MS) -> Iterator[Imported]:
    """Give *events* with the ticks that tell a quiet log the time.

    A tick stands on each full minute (of *every_ms*) that passes between two events. In a longer
    silence they thin out, as `SILENCE_MINUTES` says, and the last one comes right before the next event.
    After the last event they go on for two hours: minutes close, conversations time out, spikes end.
    Ticks depend on the records alone, so two replays are equal.
    """
    now: int | None = None
    for event in events:
        period = event.timestamp // every_ms
        if now is not None and period > now:
            yield from _ticks(now, period, every_ms)
        now = period if now is None else max(now, period)
        yield event
    if now is not None:
        yield from _ticks(now, None, every_ms)


def _ticks(last: int, upto: int | None, every_ms: int) -> Iterator[Imported]:
    """Give the ticks after the period *last*, the final one at the start of *upto*."""
    periods = [last + step for step in SILENCE_MINUTES if upto is None or last + step < upto]
    for period in periods if upto is None else [*periods, upto]:
        time = period * every_ms
        yield Imported(orjson.dumps({"type": "tick", "time": time}), None, time, 0, "")


def _place(keyed: Keyed) -> tuple[int, int, int]:
    return keyed[0]


_HEAD = struct.Struct(">qqqqiiii?")


def _written(run: Sequence[Keyed], file: IO[bytes]) -> Iterator[Keyed]:
    """Write a sorted run to *file* and return an iterator that reads it back."""
    for place, event in run:
        path = event.path.encode("utf-8", "surrogateescape")
        key = b"" if event.key is None else event.key
        sizes = (len(event.value), -1 if event.key is None else len(key), len(path))
        file.write(_HEAD.pack(*place, event.timestamp, event.line, *sizes, event.dialogue))
        file.write(event.value + key + path)
    file.seek(0)
    return _read(file)


def _read(file: IO[bytes]) -> Iterator[Keyed]:
    while head := file.read(_HEAD.size):
        time, place, number, timestamp, line, value, key, path, dialogue = _HEAD.unpack(head)
        yield (
            (time, place, number),
            Imported(
                value=file.read(value),
                key=None if key < 0 else file.read(key),
                timestamp=timestamp,
                line=line,
                path=file.read(path).decode("utf-8", "surrogateescape"),
                dialogue=dialogue,
            ),
        )
