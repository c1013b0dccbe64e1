"""Messages of a model call in one shape, whatever API or framework they were written for.

Understood are the parts of OpenTelemetry GenAI, and the messages of the OpenAI chat and responses
APIs, of Anthropic, Gemini, the Vercel AI SDK and LangChain: they differ in names, not in what they say.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from groundswell.models.capture.parts import Answer, Call, Part, part_of
from groundswell.models.capture.values import first, label, parsed, text_of

Role = Literal["user", "assistant", "tool", "system"]

_ROLES: dict[str, Role] = {
    **dict.fromkeys(("user", "human", "HumanMessage"), "user"),
    **dict.fromkeys(("assistant", "ai", "model", "bot", "AIMessage", "AIMessageChunk"), "assistant"),
    **dict.fromkeys(("system", "developer", "SystemMessage"), "system"),
    **dict.fromkeys(("tool", "function", "ToolMessage", "FunctionMessage"), "tool"),
}
#: Where a value that is no list of messages keeps them.
_LISTS = ("messages", "input", "output", "contents", "choices", "generations")
#: Where one that has no messages either keeps what was said.
_TEXTS = ("content", "text", "question", "query", "prompt", "answer", "response", "completion", "value")
#: Lists in lists, and messages in envelopes, are followed this far.
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Said:
    """One message: who said what, which tools it called, which calls it answers."""

    role: Role
    text: str = ""
    calls: tuple[Call, ...] = ()
    answers: tuple[Answer, ...] = ()

    def __bool__(self) -> bool:
        """Return whether it says anything."""
        return bool(self.text or self.calls or self.answers)


def messages_of(value: Any, role: Role, depth: int = _DEPTH) -> list[Said]:
    """Return the messages in *value*, in order; what names no role is of *role*."""
    value, _ = parsed(value)
    if isinstance(value, str):
        return [Said(role, value)] if value.strip() else []
    if depth == 0:
        return []
    if isinstance(value, list):
        return _of_list(value, role, depth)
    return _of_object(value, role, depth) if isinstance(value, dict) else []


def _of_list(items: list[Any], role: Role, depth: int) -> list[Said]:
    """Return the messages of a list: of messages, of lists of them, or of the parts of one."""
    if items and all(isinstance(item, dict) and _is_part(item) for item in items):
        return [said] if (said := _message({"content": items}, role)) else []
    found: list[Said] = []
    for item in items:
        if isinstance(item, dict) and item.get("index") not in (None, 0) and "message" in item:
            continue  # another choice of the same answer
        if isinstance(item, dict) and _is_part(item):
            item = {"content": [item]}
        found += messages_of(item, role, depth - 1)
    return found


def _of_object(value: dict[str, Any], role: Role, depth: int) -> list[Said]:
    kwargs = value.get("kwargs")
    if value.get("lc") and isinstance(kwargs, dict):  # LangChain's serialized form
        last = value["id"][-1] if isinstance(value.get("id"), list) and value["id"] else None
        value = {"type": last, **kwargs}
    if isinstance(value.get("message"), dict):
        return messages_of(value["message"], role, depth - 1)
    for name in () if _role(value) else _LISTS:
        if isinstance(value.get(name), list | dict) or (name in ("input", "output") and name in value):
            system = messages_of(value.get("system"), "system", 1)
            return system + messages_of(value[name], role, depth - 1)
    said = _message(value, role)
    return [said] if said else []


def _message(message: Mapping[str, Any], default: Role) -> Said:
    role = _role(message) or default
    parts = list(_parts(message))
    text = "\n".join(part for part in parts if isinstance(part, str) and part.strip())
    calls = [part for part in parts if isinstance(part, Call)] + list(_listed_calls(message))
    answers = [part for part in parts if isinstance(part, Answer)]
    if role == "tool" and not answers:
        answers, text = [_answer(message, text)], ""
    return Said(role, text, tuple(calls), tuple(answers))


def _role(message: Mapping[str, Any]) -> Role | None:
    named = message.get("role") or message.get("type")
    return _ROLES.get(named) if isinstance(named, str) else None


def _is_part(item: Mapping[str, Any]) -> bool:
    """Return whether it is a part of a message rather than a message."""
    return (
        isinstance(item.get("type"), str) and _role(item) is None and "role" not in item and "lc" not in item
    )


def _parts(message: Mapping[str, Any]) -> Iterator[Part]:
    """Give the texts, calls and answers of a message in order."""
    content = first(message, ("parts", *_TEXTS))
    content, _ = (
        parsed(content) if isinstance(content, str) and content.startswith('[{"type"') else (content, False)
    )
    for item in content if isinstance(content, list) else [content]:
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict) and (part := part_of(item)) is not None:
            yield part


def _listed_calls(message: Mapping[str, Any]) -> Iterator[Call]:
    """Give the calls that stand beside the content (OpenAI, LangChain)."""
    calls, _ = parsed(message.get("tool_calls") or message.get("toolCalls"))
    old = message.get("function_call")
    for call in [*_objects(calls), *_objects([old])]:
        found = part_of({"type": "tool_call", **{k: v for k, v in call.items() if k != "type"}})
        if isinstance(found, Call):
            yield found


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _answer(message: Mapping[str, Any], text: str) -> Answer:
    """Return what a message of a tool says: its whole content is the result."""
    call_id = label(first(message, ("tool_call_id", "toolCallId", "id")))
    failed = True if message.get("status") == "error" or message.get("is_error") is True else None
    return Answer(call_id, label(message.get("name")), text or text_of(message.get("content")), failed)
