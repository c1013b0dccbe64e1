"""OTLP in protobuf: `ExportTraceServiceRequest` and `ExportLogsServiceRequest` (opentelemetry-proto 1).

A collector's `TracesData` has the same bytes. Unknown fields are skipped, as protobuf has it, so a
payload in which nothing is known would be empty: it is refused instead.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from groundswell.models.capture.records import (
    CLIENT_KIND,
    ERROR_STATUS,
    RESOURCE_ATTRIBUTES,
    Attributes,
    LogRecord,
    Span,
    SpanEvent,
)
from groundswell.models.event import InvalidEvent


def spans(payload: bytes) -> list[Span]:
    """Return the spans of a payload. Raises InvalidEvent if it is none."""
    request = _parsed(ExportTraceServiceRequest, payload)
    return [
        _span(span, resource, of_scope.scope.name)
        for of_resource in request.resource_spans
        for resource in [_resource(of_resource)]
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]


def log_records(payload: bytes) -> list[LogRecord]:
    """Return the log records of a payload. Raises InvalidEvent if it is none."""
    request = _parsed(ExportLogsServiceRequest, payload)
    return [
        _log_record(record, resource, of_scope.scope.name)
        for of_resource in request.resource_logs
        for resource in [_resource(of_resource)]
        for of_scope in of_resource.scope_logs
        for record in of_scope.log_records
    ]


def attributes(pairs: Iterable[Any]) -> Attributes:
    """Return `KeyValue` messages as a dictionary; a key that repeats keeps its last value."""
    return {pair.key: _value(pair.value) for pair in pairs}


def _resource(of_resource: Any) -> Attributes:
    return attributes(of_resource.resource.attributes[:RESOURCE_ATTRIBUTES])


def _parsed(message: Any, payload: bytes) -> Any:
    try:
        request = message.FromString(payload)
    except DecodeError as error:
        raise InvalidEvent("invalid_protobuf", f"no {message.DESCRIPTOR.name}: {error}") from error
    if payload and not request.ByteSize():
        raise InvalidEvent("invalid_protobuf", f"no field of {message.DESCRIPTOR.name} in it")
    if payload and not any(True for _ in _known(request)):
        raise InvalidEvent("invalid_protobuf", f"no {message.DESCRIPTOR.fields[0].name} in it")
    return request


def _known(request: Any) -> Iterator[Any]:
    for _, value in request.ListFields():
        yield from value


def _value(value: Any) -> Any:
    """Return an `AnyValue` as text, number, boolean, bytes, list or dictionary. protobuf bounds its depth."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    found = getattr(value, kind)
    if kind == "array_value":
        return [_value(item) for item in found.values]
    if kind == "kvlist_value":
        return attributes(found.values)
    return found


def _span(span: Any, resource: Attributes, scope: str) -> Span:
    return Span(
        trace_id=_id(span.trace_id),
        span_id=_id(span.span_id),
        parent_id=_id(span.parent_span_id),
        name=span.name,
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        attributes=attributes(span.attributes),
        resource=resource,
        scope=scope,
        remote=span.kind == CLIENT_KIND,
        failed=span.status.code == ERROR_STATUS,
        status_message=span.status.message,
        events=tuple(
            SpanEvent(event.name, event.time_unix_nano, attributes(event.attributes)) for event in span.events
        ),
    )


def _log_record(record: Any, resource: Attributes, scope: str) -> LogRecord:
    found = attributes(record.attributes)
    return LogRecord(
        trace_id=_id(record.trace_id),
        span_id=_id(record.span_id),
        name=record.event_name or str(found.get("event.name") or ""),
        time=record.time_unix_nano or record.observed_time_unix_nano,
        attributes=found,
        body=_value(record.body),
        resource=resource,
        scope=scope,
    )


def _id(raw: bytes) -> str:
    """Return an id in hex; one of zeros is none (W3C trace context)."""
    return raw.hex() if any(raw) else ""
