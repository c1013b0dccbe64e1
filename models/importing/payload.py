"""What went into and came out of a step, as messages: exports hold lists of them, or whatever a program gave.

Without messages, an object is asked for the names under which programs pass what a user said and what is
answered; anything else is no conversation.
"""

from typing import Any

from groundswell.models.event_parts import json_text
from groundswell.models.importing.content import parsed
from groundswell.models.importing.exchange import first
from groundswell.models.importing.message import Message, is_message, is_messages, messages_of

_ASKED = (
    *("input", "question", "query", "message", "text", "content", "user_input", "user_message"),
    *("human_input", "user_query", "prompt"),
)
_ANSWERED = ("output", "answer", "response", "result", "text", "content", "message", "reply", "completion")
_LISTS = ("messages", "message", "input_messages", "chat_history")


def messages_in(value: object, *, plain: bool = True) -> tuple[Message, ...]:
    """Return what went into a step; *plain*: also text that is no message, as the user's."""
    value = _unnested(parsed(value))
    if is_messages(value):
        return tuple(messages_of(value, "input"))
    if is_message(value):
        return tuple(messages_of([value], "input"))
    if isinstance(value, dict):
        for name in _LISTS:
            inner = _unnested(parsed(value.get(name)))
            if is_messages(inner):
                return tuple(messages_of(inner, f"input.{name}"))
        if plain and (inner := first(value, *_ASKED)) is not None:
            return messages_in(inner)
    return _plain("user", value) if plain else ()


def messages_out(value: object) -> tuple[Message, ...]:
    """Return what came out of a step: an answer, or a list of messages that ends with it."""
    value = _unnested(parsed(value))
    if is_messages(value):
        return tuple(messages_of(value, "output"))
    if is_message(value):
        return tuple(messages_of([value], "output"))
    if isinstance(value, list) and len(value) == 1:
        return messages_out(value[0])
    if not isinstance(value, dict):
        return _plain("assistant", value)
    if isinstance(value.get("messages"), list):
        return messages_out(value["messages"])
    for name in ("choices", "generations"):
        if isinstance(value.get(name), list) and value[name]:
            return messages_out(_unnested(value[name])[0])
    for name in ("message", *_ANSWERED):
        if value.get(name):
            return messages_out(value[name])
    return ()


def result_text(value: object) -> str:
    """Return what a tool answered as text; a message of a tool gives its content."""
    value = parsed(value)
    if isinstance(value, dict) and set(value) == {"output"}:
        return result_text(value["output"])
    if is_message(value) and messages_of([value], "output"):
        return messages_of([value], "output")[0].text
    return json_text(value)


def _unnested(value: Any) -> Any:
    """Return the inner list of a batch of one: LangChain calls models with lists of lists."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    return value


def _plain(role: str, value: object) -> tuple[Message, ...]:
    return (Message(role, value),) if isinstance(value, str) and value.strip() else ()
