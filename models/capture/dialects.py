"""The dialects: how each instrumentation says what kind of operation a span is, and what was said in it.

Each has one row in `KINDS` (attribute, value, kind) and one reader of messages in `READERS`, both in
the order of precedence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundswell.models.capture.flattened import nested, openinference
from groundswell.models.capture.messages import Role, Said, messages_of
from groundswell.models.capture.records import Attributes
from groundswell.models.capture.values import first, parsed

#: A call of a model, a call of a tool, an operation around several of them, or one without conversation.
Kind = Literal["call", "tool", "wrapper", "other"]

_WRAPPERS = ("agent", "chain", "workflow", "task", "span", "event", "invoke_workflow", "create_agent")
KINDS: tuple[tuple[str, str, Mapping[str, Kind]], ...] = (
    (
        "langfuse",
        "langfuse.observation.type",
        {"generation": "call", "tool": "tool", **dict.fromkeys(_WRAPPERS, "wrapper")},
    ),
    (
        "gen_ai",
        "gen_ai.operation.name",
        {
            **dict.fromkeys(("chat", "text_completion", "generate_content"), "call"),
            "execute_tool": "tool",
            **dict.fromkeys((*_WRAPPERS, "invoke_agent"), "wrapper"),
        },
    ),
    (
        "openinference",
        "openinference.span.kind",
        {"llm": "call", "tool": "tool", **dict.fromkeys(_WRAPPERS, "wrapper")},
    ),
    ("traceloop", "traceloop.span.kind", {"tool": "tool", **dict.fromkeys(_WRAPPERS, "wrapper")}),
    ("traceloop", "llm.request.type", {"chat": "call", "completion": "call"}),
    ("vercel", "ai.operationId", {}),  # see `_vercel_kind`
)
#: Old events, and attributes, that only a call of a model carries.
_CALL_MARKS = ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system", "gen_ai.provider.name")


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said in one call of a model: what it was sent, and what it answered."""

    dialect: str
    inputs: tuple[Said, ...]
    outputs: tuple[Said, ...]
    truncated: bool = False


def kind_of(attributes: Attributes, *, remote: bool = False) -> tuple[str, Kind | None]:
    """Return the dialect and the kind of a span; kind None: it is no operation of a model at all.

    An agent that is invoked elsewhere (*remote*) is a call: what happens inside it is not seen here.
    """
    for dialect, name, kinds in KINDS:
        value = attributes.get(name)
        if not isinstance(value, str):
            continue
        if dialect == "vercel":
            return dialect, _vercel_kind(value)
        if remote and value == "invoke_agent":
            return dialect, "call"
        return dialect, kinds.get(value.lower(), "other")
    if any(name in attributes for name in _CALL_MARKS) or "gen_ai.prompt.0.role" in attributes:
        return "gen_ai", "call"
    return "none", None


def _vercel_kind(operation: str) -> Kind:
    if operation == "ai.toolCall":
        return "tool"
    if operation.endswith((".doGenerate", ".doStream")):
        return "call"
    return "other" if operation.startswith("ai.embed") else "wrapper"


def talk_of(attributes: Attributes) -> Talk | None:
    """Return what was said, as the first dialect tells it that tells anything."""
    for dialect, read in READERS:
        inputs, outputs, truncated = read(attributes)
        if inputs or outputs:
            return Talk(dialect, tuple(inputs), tuple(outputs), truncated)
    return None


Read = tuple[list[Said], list[Said], bool]


def _both(sent: Any, answered: Any) -> Read:
    """Return the messages in an attribute of what was sent and in one of what was answered."""
    sent, cut = parsed(sent)
    answered, cut_too = parsed(answered)
    return messages_of(sent, "user"), messages_of(answered, "assistant"), cut or cut_too


def _langfuse(attributes: Attributes) -> Read:
    return _both(attributes.get("langfuse.observation.input"), attributes.get("langfuse.observation.output"))


def _gen_ai(attributes: Attributes) -> Read:
    inputs, outputs, cut = _both(
        attributes.get("gen_ai.input.messages"), attributes.get("gen_ai.output.messages")
    )
    instructions = _said(attributes.get("gen_ai.system_instructions"), "system")
    return [*instructions, *inputs], outputs, cut


def _openinference(attributes: Attributes) -> Read:
    inputs = messages_of(openinference(attributes, "llm.input_messages."), "user")
    outputs = messages_of(openinference(attributes, "llm.output_messages."), "assistant")
    return inputs, outputs, False


def _traceloop(attributes: Attributes) -> Read:
    return (
        messages_of(nested(attributes, "gen_ai.prompt."), "user"),
        messages_of(nested(attributes, "gen_ai.completion."), "assistant"),
        False,
    )


def _vercel(attributes: Attributes) -> Read:
    sent = first(attributes, ("ai.prompt.messages", "ai.prompt"))
    inputs, outputs, cut = _both(
        sent, first(attributes, ("ai.response.text", "ai.response.object", "ai.result.text"))
    )
    calls, _ = parsed(first(attributes, ("ai.response.toolCalls", "ai.result.toolCalls")))
    if calls:
        outputs += messages_of({"role": "assistant", "tool_calls": calls}, "assistant")
    return inputs, outputs, cut


def _general(attributes: Attributes) -> Read:
    return _both(
        first(attributes, ("gen_ai.prompt", "input.value", "traceloop.entity.input")),
        first(attributes, ("gen_ai.completion", "output.value", "traceloop.entity.output")),
    )


def _said(value: Any, role: Role) -> list[Said]:
    """Return what a value says as messages of one role, whatever roles are in it."""
    texts = [said.text for said in messages_of(value, role) if said.text]
    return [Said(role, "\n".join(texts))] if texts else []


READERS: tuple[tuple[str, Callable[[Attributes], Read]], ...] = (
    ("langfuse", _langfuse),
    ("gen_ai", _gen_ai),
    ("openinference", _openinference),
    ("traceloop", _traceloop),
    ("vercel", _vercel),
    ("general", _general),
)
