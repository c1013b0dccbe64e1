"""Dead letters: what could not be read, as the original bytes, with the reason in headers."""

from collections.abc import Iterable, Mapping

from groundswell.models.event import InvalidEvent
from groundswell.streams.delivery import Output, Record
from groundswell.streams.topics import DEAD_LETTERS, MAX_MESSAGE_BYTES

_PREFIX = "groundswell-"
#: Our own headers and the envelope of a record take less than this.
_OVERHEAD = 4096
#: What a record may weigh so that it can be sent on, whole, under another key or with the reason.
MAX_RECORD_BYTES = MAX_MESSAGE_BYTES - _OVERHEAD


def weight(record: Record) -> int:
    """Return the bytes of a record's key, value and headers: compressed it may have been far less."""
    return sum(len(part or b"") for part in (record.key, record.value)) + _weight(record.headers)


def dead_letter(record: Record, problem: InvalidEvent, *, stage: str, prefix: str = "") -> Output:
    """Return the dead letter of *record*: its value, key and time untouched.

    What no message can hold (see `MAX_RECORD_BYTES`) is cut: the header `cut-from` says how long it was.
    """
    told = {
        "reason": problem.reason,
        "detail": problem.detail,
        "stage": stage,
        "source-topic": record.topic,
        "source-partition": str(record.partition),
        "source-offset": str(record.offset),
    }
    key, value, kept = record.key, record.value, record.headers
    if weight(record) > MAX_RECORD_BYTES:
        told["cut-from"] = str(weight(record))
        key, kept = key and key[:_OVERHEAD], kept if _weight(kept) < _OVERHEAD else {}
        value = value and value[: MAX_RECORD_BYTES - len(key or b"") - _weight(kept)]
    headers = [(_PREFIX + name, value.encode("utf-8", "replace")) for name, value in told.items()]
    return Output(
        topic=prefix + DEAD_LETTERS.name,
        key=key,
        value=value,
        timestamp=record.timestamp,
        headers=[*headers, *kept.items()],
    )


def about(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Return what a dead letter's headers say: reason, detail, stage, and where it came from."""
    found = {name: value.decode("utf-8", "replace") for name, value in headers}
    return {
        name.removeprefix(_PREFIX).removeprefix("source-"): value
        for name, value in found.items()
        if name.startswith(_PREFIX)
    }


def _weight(headers: Mapping[str, bytes]) -> int:
    return sum(len(name.encode("utf-8", "replace")) + len(value) for name, value in headers.items())
