"""Plain conversation events in one body: a JSON object, an array of them, or one a line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from groundswell.models.capture.captured import CapturedEvent
from groundswell.models.event import InvalidEvent, parse


@dataclass(slots=True)
class Plain:
    """The valid events of a body, and what is wrong with the others: `number: reason: detail`, from 1."""

    events: list[CapturedEvent] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def events_of(body: bytes, now_ms: int, largest: int) -> Plain:
    """Return the events in *body*, which came in at *now_ms*; one of more than *largest* bytes is refused.

    Raises InvalidEvent if there is none at all in it.
    """
    found, number = Plain(), 0
    for number, value in enumerate(_values(body), start=1):
        try:
            found.events.append(_event(value, now_ms, largest))
        except InvalidEvent as problem:
            found.problems.append(f"{number}: {problem}")
    if number == 0:
        raise InvalidEvent("invalid_json", "there is no event in the body")
    return found


def _values(body: bytes) -> Iterator[bytes]:
    """Give each event as its JSON. What is no JSON as a whole is taken as lines."""
    try:
        whole = orjson.loads(body)
    except orjson.JSONDecodeError:
        yield from (line for line in body.splitlines() if line.strip())
        return
    if isinstance(whole, list):
        yield from (_written(one) for one in whole)
    else:
        yield body


def _written(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return b"[]"  # nested deeper than can be written: no event


def _event(value: bytes, now_ms: int, largest: int) -> CapturedEvent:
    if len(value) > largest:
        raise InvalidEvent("too_large", f"{len(value)} bytes; at most {largest} can be sent on")
    event, time = parse(value, timestamp=now_ms)
    if event.type in ("tick", "forget"):
        who = "the worker's clock" if event.type == "tick" else "`groundswell forget`"
        raise InvalidEvent("invalid_field", f"type: {event.type} is told by {who} alone")
    return CapturedEvent(event.key, value, time, 0, event.turn_key(time))
