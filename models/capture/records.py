"""Spans and log records as plain values, whatever encoding they came in.

Field names are those of OTLP (opentelemetry-proto, `trace.proto` and `logs.proto`); times are
nanoseconds since the epoch, 0 where the sender gave none; ids are lower-case hex, or empty.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Attributes = dict[str, Any]
Signal = Literal["traces", "logs"]

#: Attributes of a resource that are read: all of its spans are described by them.
RESOURCE_ATTRIBUTES = 256
#: `Span.SpanKind.SPAN_KIND_CLIENT` and `Status.StatusCode.STATUS_CODE_ERROR`.
CLIENT_KIND = 3
ERROR_STATUS = 2


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened during a span."""

    name: str
    time: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """One operation of an application."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start: int
    end: int
    attributes: Attributes
    resource: Attributes = field(default_factory=dict)
    scope: str = ""
    remote: bool = False
    failed: bool = False
    status_message: str = ""
    events: tuple[SpanEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One log record; `name` is its event name."""

    trace_id: str
    span_id: str
    name: str
    time: int
    attributes: Attributes
    body: Any = None
    resource: Attributes = field(default_factory=dict)
    scope: str = ""
