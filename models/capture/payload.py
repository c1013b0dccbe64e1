"""One OTLP payload, protobuf or JSON, as spans or log records."""

from groundswell.models.capture import otlp_json, otlp_proto
from groundswell.models.capture.records import LogRecord, Signal, Span


def is_json(payload: bytes) -> bool:
    """Return whether *payload* is JSON rather than protobuf, by how it begins.

    A protobuf request begins with the tag of its first field, 0x0a, which is a line feed to JSON,
    and the length that follows may be that of a brace: so JSON must not begin with a line feed.
    """
    return payload[:1] != b"\n" and payload[:64].lstrip(b" \t\r\n")[:1] in (b"{", b"[")


def decode(payload: bytes, signal: Signal, *, json: bool | None = None) -> list[Span] | list[LogRecord]:
    """Return what *payload* carries; *json* tells its encoding where it is known.

    Raises InvalidEvent, with the reason, if it is no payload of that signal.
    """
    source = otlp_json if (is_json(payload) if json is None else json) else otlp_proto
    if signal == "traces":
        spans: list[Span] = source.spans(payload)
        return spans
    records: list[LogRecord] = source.log_records(payload)
    return records
