"""A tool span as the tool turn that it is: what was called with what, what came back, how long it took."""

from typing import Any

from groundswell.models.capture.names import TOOL
from groundswell.models.capture.news import tool_turn_id, turn_id
from groundswell.models.capture.parts import arguments_of
from groundswell.models.capture.records import Span
from groundswell.models.capture.values import first, label, parsed

#: Where a result tells which call it answers (LangChain's tool messages).
_CALL_ID = ("tool_call_id", "toolCallId")


def tool_of(span: Span) -> dict[str, Any]:
    """Return the call as the `tool` of a conversation event."""
    result, call_id = _result(span)
    failed = span.failed or "error.type" in span.attributes or _level(span) == "ERROR"
    if failed and result in (None, ""):
        result = _error(span)
    tool = {
        "name": label(first(span.attributes, TOOL.name)) or label(span.name) or "unknown",
        "call_id": label(first(span.attributes, TOOL.call_id)) or call_id,
        "arguments": arguments_of(first(span.attributes, TOOL.arguments)),
        "result": result,
        "status": "error" if failed else "ok",
        "latency_ms": max(0, span.end - span.start) / 1e6 if span.start and span.end else None,
    }
    return {name: value for name, value in tool.items() if value is not None}


def identity_of(span: Span, call_id: str | None) -> str:
    """Return the turn id of a tool span: by its call id, as a message that answers the call has it."""
    return tool_turn_id(call_id, span.trace_id) if call_id else turn_id("tool", span.trace_id, span.span_id)


def _result(span: Span) -> tuple[Any, str | None]:
    """Return the result, and the call id that its envelope gives; a tool message is its content."""
    result = first(span.attributes, TOOL.result)
    message, _ = parsed(result)
    if not isinstance(message, dict):
        return result, None
    kwargs = message.get("kwargs")
    inner = kwargs if isinstance(kwargs, dict) else message
    call_id = label(first(inner, _CALL_ID))
    return (inner.get("content", result), call_id) if call_id else (result, None)


def _level(span: Span) -> Any:
    return span.attributes.get("langfuse.observation.level")


def _error(span: Span) -> str | None:
    """Return what went wrong: the exception that was recorded, or the status."""
    for event in span.events:
        if event.name == "exception":
            kind, said = (
                label(event.attributes.get(f"exception.{part}"), 2000) for part in ("type", "message")
            )
            return ": ".join(part for part in (kind, said) if part) or None
    return span.status_message or label(span.attributes.get("error.type"))
