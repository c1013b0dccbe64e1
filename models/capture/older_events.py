"""The older event form of OpenTelemetry GenAI (up to 1.36): a span event or log record per message.

`gen_ai.user.message` and its kin carry what was sent, `gen_ai.choice` what was answered. The body, or
the attribute `gen_ai.event.content`, holds the message; before that, `gen_ai.content.prompt` and
`gen_ai.content.completion` held all of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from groundswell.models.capture.dialects import Talk
from groundswell.models.capture.messages import Role, Said, messages_of
from groundswell.models.capture.records import Attributes, LogRecord, Span
from groundswell.models.capture.values import parsed

_SENT: dict[str, Role] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CHOICE = "gen_ai.choice"
_WHOLE = {"gen_ai.content.prompt": "gen_ai.prompt", "gen_ai.content.completion": "gen_ai.completion"}
#: The newer event, and the attributes of it, that say all about a call at once.
DETAILS = "gen_ai.client.inference.operation.details"

Message = tuple[str, Attributes, Any]


def is_message(name: str) -> bool:
    """Return whether an event of this name carries a message."""
    return name in _SENT or name == _CHOICE or name in _WHOLE


def talk_of_events(events: Iterable[Message]) -> Talk | None:
    """Return what was said in one call by its events, each (name, attributes, body), in their order."""
    inputs: list[Said] = []
    outputs: list[Said] = []
    cut = False
    for name, attributes, body in events:
        if name in _WHOLE:
            (inputs if name.endswith("prompt") else outputs).extend(_whole(name, attributes))
            continue
        content, truncated = parsed(body or attributes.get("gen_ai.event.content"))
        content, cut = content or _own(attributes), cut or truncated
        if name in _SENT:
            inputs += messages_of(_with_role(content, _SENT[name]), _SENT[name])
        elif name == _CHOICE and not (
            isinstance(content, Mapping) and content.get("index") not in (None, 0, "0")
        ):
            outputs += messages_of(_choice(content), "assistant")
    return Talk("gen_ai_events", tuple(inputs), tuple(outputs), cut) if inputs or outputs else None


def of_span(span: Span) -> Talk | None:
    """Return what the events of a span say."""
    return talk_of_events((one.name, one.attributes, None) for one in span.events if is_message(one.name))


def of_records(records: Iterable[LogRecord]) -> Talk | None:
    """Return what the log records of one call say."""
    return talk_of_events((one.name, one.attributes, one.body) for one in records)


def detailed(span: Span) -> Attributes:
    """Return the attributes of a span and of the event in it that says all about the call."""
    details = [event.attributes for event in span.events if event.name == DETAILS]
    return {**details[0], **span.attributes} if details else span.attributes


def _whole(name: str, attributes: Attributes) -> list[Said]:
    role: Role = "user" if name.endswith("prompt") else "assistant"
    return messages_of(attributes.get(_WHOLE[name]), role)


def _own(attributes: Attributes) -> Attributes:
    """Return the message whose members are the attributes themselves."""
    return {name.removeprefix("gen_ai.event."): value for name, value in attributes.items()}


def _with_role(content: Any, role: Role) -> Any:
    """Return the message with the role that the name of its event says, unless it has one."""
    return {"role": role, **content} if isinstance(content, Mapping) else content


def _choice(content: Any) -> Any:
    """Return the message in a choice: an object, its JSON, or its text."""
    if not isinstance(content, Mapping) or "message" not in content:
        return _with_role(content, "assistant")
    message, _ = parsed(content["message"])
    if not isinstance(message, Mapping):
        return message
    calls = content.get("tool_calls")
    return {"role": "assistant", **({"tool_calls": calls} if calls else {}), **message}
