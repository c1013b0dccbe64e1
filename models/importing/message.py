"""A chat message, however an export writes it: OpenAI's, LangChain's or Anthropic's form.

Forms read (each a JSON object; nothing else is taken for a message):

* OpenAI chat completions: ``{"role", "content", "tool_calls", "tool_call_id", "name"}``, `content` text
  or a list of parts, and the older `function_call`.
* LangChain: ``{"type": "human", "content"}``, ``{"type": "human", "data": {...}}`` and the serialised
  constructor ``{"lc": 1, "id": [..., "HumanMessage"], "kwargs": {...}}``.
* Anthropic: `content` blocks of `text`, `tool_use` and `tool_result`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from groundswell.models.event_parts import json_text
from groundswell.models.importing.content import InvalidRow, parsed, text_of
from groundswell.models.importing.roles import role_of
from groundswell.models.moments import moment

#: Where a message of an export may have its own time.
_TIMES = ("time", "timestamp", "created_at", "created", "ts")


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool, as the model asked for it."""

    name: str
    arguments: Any = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message. A `tool` message answers the call with the id `answers`, or else one by `name`."""

    role: str
    text: str = ""
    calls: tuple[Call, ...] = ()
    answers: str | None = None
    name: str | None = None
    failed: bool | None = None
    time: int | None = None

    @property
    def fingerprint(self) -> str:
        """What tells the message from others in one conversation; ids and times do not."""
        if self.role == "tool" and self.answers is not None:
            return f"tool\n{self.answers}"
        calls = "\n".join(f"{call.name}\n{json_text(call.arguments)}" for call in self.calls)
        return f"{self.role}\n{self.text.strip()}\n{calls}"


def is_message(value: object) -> bool:
    """Return whether *value* is meant as a chat message."""
    return isinstance(value, dict) and _role(_flat(value)) is not None


def is_messages(value: object) -> bool:
    """Return whether *value* is a list of chat messages."""
    return isinstance(value, list) and bool(value) and all(map(is_message, value))


def messages_of(value: object, place: str = "messages") -> list[Message]:
    """Return the messages in *value*, in order.

    A message of Anthropic's form may hold several answers of tools; each becomes a message.

    Raises InvalidRow, naming the message below *place*, if one cannot be read.
    """
    if not isinstance(value, list) or not value:
        raise InvalidRow(f"`{place}` must be a list with at least one message")
    return [message for at, raw in enumerate(value) for message in _read(raw, f"{place}[{at}]")]


def _read(raw: object, place: str) -> Iterator[Message]:
    if not isinstance(raw, dict):
        raise InvalidRow(f"{place}: wanted an object, found {type(raw).__name__}")
    flat = _flat(raw)
    role = _role(flat)
    if role is None:
        raise InvalidRow(f"{place}: role {flat.get('role', flat.get('type'))!r:.40} is not known")
    if is_definition(role, flat):
        return
    time = _time(flat, place)
    content = flat.get("content")
    blocks = content if isinstance(content, list) else []
    for block in blocks:
        if isinstance(block, dict) and block.get("type") == "tool_result":
            yield _result(block, time)
    calls = tuple(_calls(flat, blocks, place))
    text = text_of(content, place) or _refusal(flat)
    if role == "tool":
        yield Message("tool", text, (), _id(flat, "tool_call_id"), _name(flat), _failed(flat), time)
    elif text or calls or not blocks:
        yield Message(role, text, calls, time=time)


def _flat(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a message without the envelope that LangChain's serialisers put around it."""
    if isinstance(raw.get("kwargs"), dict):
        names = raw.get("id")
        kind = names[-1] if isinstance(names, list) and names else raw["kwargs"].get("type")
        return {**raw["kwargs"], "type": kind}
    if "role" not in raw and isinstance(raw.get("data"), dict):
        return {**raw["data"], "type": raw.get("type")}
    return raw


def _role(flat: Mapping[str, Any]) -> str | None:
    named = flat.get("role") or flat.get("type")
    return role_of(named) if isinstance(named, str) else None


def is_definition(role: str, flat: Mapping[str, Any]) -> bool:
    """Return whether a `tool` message only describes a tool, as Langfuse's LangChain handler writes it."""
    content = flat.get("content")
    return role == "tool" and isinstance(content, dict) and content.get("type") == "function"


def _refusal(flat: Mapping[str, Any]) -> str:
    refusal = flat.get("refusal")
    return refusal if isinstance(refusal, str) else ""


def _result(block: Mapping[str, Any], time: int | None) -> Message:
    failed = block["is_error"] if isinstance(block.get("is_error"), bool) else None
    text = text_of(block.get("content"), "tool_result")
    return Message("tool", text, (), _id(block, "tool_use_id"), None, failed, time)


def _calls(flat: Mapping[str, Any], blocks: list[Any], place: str) -> Iterator[Call]:
    """Give the calls in a message, each once."""
    extra = flat.get("additional_kwargs")
    older = extra if isinstance(extra, dict) else {}
    listed = flat.get("tool_calls") or older.get("tool_calls") or []
    if not isinstance(listed, list):
        raise InvalidRow(f"{place}.tool_calls: wanted a list")
    single = flat.get("function_call") or older.get("function_call")
    if isinstance(single, dict):
        listed = [*listed, single]
    if not listed:
        listed = [one for one in blocks if isinstance(one, dict) and one.get("type") == "tool_use"]
    for at, raw in enumerate(listed):
        yield _call(raw, f"{place}.tool_calls[{at}]")


def _call(raw: object, place: str) -> Call:
    if not isinstance(raw, dict):
        raise InvalidRow(f"{place}: wanted an object")
    function = raw["function"] if isinstance(raw.get("function"), dict) else raw
    name = function.get("name")
    if not isinstance(name, str) or not name:
        raise InvalidRow(f"{place}: the call has no name")
    arguments = next((function[key] for key in ("arguments", "args", "input") if key in function), None)
    return Call(name, parsed(arguments), _id(raw, "id"))


def _time(flat: Mapping[str, Any], place: str) -> int | None:
    for name in _TIMES:
        if flat.get(name) is not None:
            try:
                return moment(flat[name])
            except ValueError as error:
                raise InvalidRow(f"{place}.{name}: {error}") from error
    return None


def _id(raw: Mapping[str, Any], key: str) -> str | None:
    return raw[key] if isinstance(raw.get(key), str) and raw[key] else None


def _name(flat: Mapping[str, Any]) -> str | None:
    return _id(flat, "name")


def _failed(flat: Mapping[str, Any]) -> bool | None:
    """Return whether a tool failed, where the form says so: LangChain's `status`, or `is_error`."""
    if isinstance(flat.get("is_error"), bool):
        return bool(flat["is_error"])
    return {"success": False, "error": True}.get(str(flat.get("status")))
