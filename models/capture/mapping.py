"""From one OTLP payload to conversation events: what the receiver and the stage have in common."""

from groundswell.models.capture.captured import Captured
from groundswell.models.capture.identity import Options
from groundswell.models.capture.of_records import of_records
from groundswell.models.capture.of_spans import of_spans
from groundswell.models.capture.payload import decode
from groundswell.models.capture.records import LogRecord, Signal, Span

_MILLISECOND = 1_000_000


def capture(
    payload: bytes, signal: Signal, options: Options, *, now_ms: int, json: bool | None = None
) -> Captured:
    """Return the conversation events in *payload*, in the order of time.

    The same payload gives the same events, but for times that it does not have.

    Args:
        payload: an OTLP request of *signal*, protobuf or JSON.
        signal: `traces` or `logs`.
        options: what the operator decided.
        now_ms: when it came in, milliseconds: the time of what has none.
        json: its encoding, where it is known; else it is told by its first byte.

    Raises:
        InvalidEvent: it cannot be decoded, with the reason.
    """
    found = decode(payload, signal, json=json)
    spans = [one for one in found if isinstance(one, Span)]
    records = [one for one in found if isinstance(one, LogRecord)]
    now = now_ms * _MILLISECOND
    return of_records(records, options, now) if signal == "logs" else of_spans(spans, options, now)
