"""OTLP in JSON: ids are hex, 64-bit numbers are text, names are in lowerCamelCase.

Read by hand: protobuf's own JSON parser takes the hex ids for base64 and makes others of them.
Values of the wrong type are refused where they carry the structure, and empty where they are leaves.
"""

import base64
import binascii
from typing import Any

import orjson

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

#: How deep lists and dictionaries in an attribute are followed, as protobuf does by default.
_DEPTH = 64
_HEX = frozenset("0123456789abcdef")


def spans(payload: bytes) -> list[Span]:
    """Return the spans of a payload. Raises InvalidEvent, naming the place, if it is none."""
    return [
        _span(span, resource, scope)
        for span, resource, scope in _leaves(payload, "resourceSpans", "scopeSpans", "spans")
    ]


def log_records(payload: bytes) -> list[LogRecord]:
    """Return the log records of a payload. Raises InvalidEvent, naming the place, if it is none."""
    return [
        _log_record(record, resource, scope)
        for record, resource, scope in _leaves(payload, "resourceLogs", "scopeLogs", "logRecords")
    ]


def _leaves(payload: bytes, top: str, middle: str, bottom: str) -> list[tuple[Any, Attributes, str]]:
    """Return each span or record with the attributes of its resource and the name of its scope."""
    try:
        request = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise InvalidEvent("invalid_json", str(error)) from error
    if not isinstance(request, dict):
        raise InvalidEvent("not_an_object", f"found {type(request).__name__}, wanted a JSON object")
    if request and top not in request:
        raise InvalidEvent("invalid_field", f"there is no {top}")
    found = []
    for of_resource in _objects(request, top):
        resource = _pairs(
            _objects(_object(of_resource, "resource"), "attributes")[:RESOURCE_ATTRIBUTES], _DEPTH
        )
        for of_scope in _objects(of_resource, middle):
            scope = _text(_object(of_scope, "scope").get("name"))
            found += [(leaf, resource, scope) for leaf in _objects(of_scope, bottom)]
    return found


def _objects(parent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = parent.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InvalidEvent("invalid_field", f"{name}: wanted an array of objects")
    return value


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    if value is not None and not isinstance(value, dict):
        raise InvalidEvent("invalid_field", f"{name}: wanted an object")
    return value or {}


def attributes(parent: dict[str, Any]) -> Attributes:
    """Return the `attributes` of *parent* as a dictionary; a key that repeats keeps its last value."""
    return _pairs(_objects(parent, "attributes"), _DEPTH)


def _pairs(pairs: Any, depth: int) -> Attributes:
    if not isinstance(pairs, list):
        return {}
    return {
        pair["key"]: _value(pair.get("value"), depth)
        for pair in pairs
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def _value(value: Any, depth: int) -> Any:
    """Return an `AnyValue` as text, number, boolean, bytes, list or dictionary."""
    if not isinstance(value, dict) or depth == 0:
        return None
    for kind, found in value.items():
        match kind:
            case "stringValue" | "boolValue" | "doubleValue":
                return found if isinstance(found, str | bool | int | float) else None
            case "intValue":
                return _whole(found)
            case "arrayValue":
                items = found.get("values") if isinstance(found, dict) else None
                return [_value(item, depth - 1) for item in items] if isinstance(items, list) else []
            case "kvlistValue":
                return _pairs(found.get("values") if isinstance(found, dict) else None, depth - 1)
            case "bytesValue":
                return _bytes(found)
    return None


def _span(span: dict[str, Any], resource: Attributes, scope: str) -> Span:
    status = _object(span, "status")
    return Span(
        trace_id=_id(span.get("traceId")),
        span_id=_id(span.get("spanId")),
        parent_id=_id(span.get("parentSpanId")),
        name=_text(span.get("name")),
        start=_nanoseconds(span.get("startTimeUnixNano")),
        end=_nanoseconds(span.get("endTimeUnixNano")),
        attributes=attributes(span),
        resource=resource,
        scope=scope,
        remote=span.get("kind") in (CLIENT_KIND, "SPAN_KIND_CLIENT"),
        failed=status.get("code") in (ERROR_STATUS, "STATUS_CODE_ERROR"),
        status_message=_text(status.get("message")),
        events=tuple(
            SpanEvent(_text(event.get("name")), _nanoseconds(event.get("timeUnixNano")), attributes(event))
            for event in _objects(span, "events")
        ),
    )


def _log_record(record: dict[str, Any], resource: Attributes, scope: str) -> LogRecord:
    found = attributes(record)
    return LogRecord(
        trace_id=_id(record.get("traceId")),
        span_id=_id(record.get("spanId")),
        name=_text(record.get("eventName")) or _text(found.get("event.name")),
        time=_nanoseconds(record.get("timeUnixNano")) or _nanoseconds(record.get("observedTimeUnixNano")),
        attributes=found,
        body=_value(record.get("body"), _DEPTH),
        resource=resource,
        scope=scope,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int | None:
    """Return a 64-bit integer, which JSON carries as text; other text is nothing."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, str) and not (len(value) <= 20 and value.lstrip("-").isascii()):
        return None
    try:
        number = int(value)
    except ValueError:
        return None
    return number if -(2**63) <= number < 2**64 else None


def _nanoseconds(value: Any) -> int:
    return max(0, _whole(value) or 0)


def _id(value: Any) -> str:
    """Return an id in hex; what is no hex, or zeros (W3C trace context), is none."""
    text = _text(value).lower()
    return text if len(text) <= 64 and set(text) <= _HEX and text.strip("0") else ""


def _bytes(value: Any) -> bytes | None:
    try:
        return base64.b64decode(value) if isinstance(value, str) else None
    except binascii.Error:
        return None
