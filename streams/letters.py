"""Dead letters: what could not be read, as the original bytes, with the reason in headers."""

from collections.abc import Iterable

from groundswell.models.event import InvalidEvent
from groundswell.streams.delivery import Output, Record
from groundswell.streams.topics import DEAD_LETTERS

_PREFIX = "groundswell-"


def dead_letter(record: Record, problem: InvalidEvent, *, stage: str, prefix: str = "") -> Output:
    """Return the dead letter of *record*: its value, key and time untouched."""
    told = {
        "reason": problem.reason,
        "detail": problem.detail,
        "stage": stage,
        "source-topic": record.topic,
        "source-partition": str(record.partition),
        "source-offset": str(record.offset),
    }
    headers = [(_PREFIX + name, value.encode("utf-8", "replace")) for name, value in told.items()]
    return Output(
        topic=prefix + DEAD_LETTERS.name,
        key=record.key,
        value=record.value,
        timestamp=record.timestamp,
        headers=[*headers, *record.headers.items()],
    )


def about(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Return what a dead letter's headers say: reason, detail, stage, and where it came from."""
    found = {name: value.decode("utf-8", "replace") for name, value in headers}
    return {
        name.removeprefix(_PREFIX).removeprefix("source-"): value
        for name, value in found.items()
        if name.startswith(_PREFIX)
    }
