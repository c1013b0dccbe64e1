"""Parts of a message: text, a call of a tool, the answer of one. Images and reasoning are left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundswell.models.capture.values import first, label, parsed, text_of, writable


@dataclass(frozen=True, slots=True)
class Call:
    """The model asks for a tool."""

    call_id: str | None
    name: str
    arguments: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool answered. `failed` is None where it was not said."""

    call_id: str | None
    name: str | None
    result: Any = None
    failed: bool | None = None


Part = str | Call | Answer

_TEXT = frozenset({"text", "input_text", "output_text", "refusal"})
_CALL = frozenset({"tool_call", "tool_use", "tool-call", "function_call", "function"})
_ANSWER = frozenset({"tool_call_response", "tool_result", "tool-result", "function_call_output"})


def part_of(part: Mapping[str, Any]) -> Part | None:
    """Return what a part says, or None: it is none of these."""
    kind = part.get("type")
    kind = kind if isinstance(kind, str | None) else ""
    if kind in _CALL or "functionCall" in part:
        return _call(part)
    if kind in _ANSWER or "functionResponse" in part:
        return _answer(part)
    if kind in _TEXT or kind is None:
        said = first(part, ("content", "text", "refusal"))
        return said if isinstance(said, str) else None
    return None


def arguments_of(value: Any) -> Any:
    """Return arguments as what they mean: JSON text of an object or array as that, other text as text."""
    meant, cut = parsed(value)
    return value if cut or not writable(meant) else meant


def _call(part: Mapping[str, Any]) -> Call | None:
    inner = part.get("function") or part.get("functionCall") or part
    inner = inner if isinstance(inner, Mapping) else part
    name = label(first(inner, ("name", "toolName"))) or label(first(part, ("name", "toolName")))
    if name is None:
        return None
    call_id = first(part, ("call_id", "toolCallId", "id")) or inner.get("id")
    arguments = first(inner, ("arguments", "args", "input"))
    return Call(label(call_id), name, arguments_of(arguments))


def _answer(part: Mapping[str, Any]) -> Answer:
    inner = part.get("functionResponse")
    inner = inner if isinstance(inner, Mapping) else part
    call_id = first(part, ("call_id", "tool_use_id", "toolCallId", "id")) or inner.get("id")
    result = first(inner, ("response", "result", "output", "content"))
    failed = True if part.get("is_error") is True or part.get("isError") is True else None
    return Answer(label(call_id), label(first(inner, ("name", "toolName"))), _result(result), failed)


def _result(value: Any) -> Any:
    """Return a result out of its envelope: text parts as their text, `{"type", "value"}` as the value."""
    if isinstance(value, Mapping) and isinstance(value.get("type"), str) and "value" in value:
        return value["value"]
    if (
        isinstance(value, list)
        and value
        and all(isinstance(i, Mapping) and i.get("type") == "text" for i in value)
    ):
        return "\n".join(text_of(i.get("text")) for i in value)
    return value
