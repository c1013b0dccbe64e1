"""Real conversations of the examples as some hours of live traffic of several agents."""

import heapq
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson

from groundswell.models.contract import rfc3339
from groundswell.models.event import ConversationEvent
from groundswell.streams.importing import read_events
from groundswell.streams.replay_order import Imported, with_ticks

EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = ("star_week.jsonl.gz", "tau2_airline.jsonl.gz", "tau_retail_grok3.jsonl.gz")
#: The busiest agent serves this tenant too: one owner more, on a partition of its own.
SECOND_TENANT = "second"


def traffic(turns: int, *, start_ms: int, tick_ms: int, skip: int = 0) -> list[Imported]:
    """Return the first *turns* turns of all files side by side, and what belongs between them.

    Args:
        turns: how many events of type `turn` to take; feedback and outcomes come with them.
        start_ms: event time of the first event of each file.
        tick_ms: ticks, which have no key and belong on every partition, tell the time as often.
        skip: events of each file to leave out before.
    """
    files = (_from(start_ms, itertools.islice(_events(name), skip, None)) for name in FILES)
    chosen: list[Imported] = []
    for event in heapq.merge(*files, key=lambda one: one.timestamp):
        turns -= orjson.loads(event.value).get("type", "turn") == "turn"
        if turns < 0:
            break
        chosen.append(event)
    return list(with_ticks(chosen, tick_ms))


def _events(name: str) -> Iterator[Imported]:
    return read_events([str(EXAMPLES / name)], now_ms=4_102_444_800_000)


def _from(start_ms: int, events: Iterator[Imported]) -> Iterator[Imported]:
    """Give *events* as if the first happened at *start_ms*."""
    shift: int | None = None
    for event in events:
        shift = start_ms - event.timestamp if shift is None else shift
        fields = orjson.loads(event.value) | {"time": rfc3339(event.timestamp + shift)}
        if fields["agent"] == "star" and zlib.crc32(fields["conversation_id"].encode()) % 3 == 0:
            fields["tenant"] = SECOND_TENANT
        key = ConversationEvent.model_validate(fields).key.encode()
        yield replace(event, value=orjson.dumps(fields), key=key, timestamp=event.timestamp + shift)
