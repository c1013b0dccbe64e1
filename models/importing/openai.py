"""OpenAI chat messages, a conversation a line: what applications log, and what models are tuned on.

A line is an object with `messages` (fine-tuning and logs), with `body.messages` (batch requests), or a
bare array of messages. A response beside them (`response`, `choices`, `completion`) is the last word.
Source: the API reference of chat completions, https://platform.openai.com/docs/api-reference/chat.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from groundswell.models.importing.content import InvalidRow
from groundswell.models.importing.exchange import Facts, facts_of, first
from groundswell.models.importing.message import Message, is_message, messages_of
from groundswell.models.moments import moment

#: Where a row may name its conversation; without any, its opening messages do.
CONVERSATION = ("conversation_id", "session_id", "thread_id", "chat_id", "id", "custom_id")
_TIMES = ("time", "timestamp", "created_at", "created", "ts")


def fits(row: object) -> bool:
    """Return whether *row* is a list of chat messages, or an object that holds one."""
    try:
        return bool(_messages(row)) and is_message(_messages(row)[0])
    except InvalidRow:
        return False


@dataclass(frozen=True, slots=True)
class Chat:
    """What one row holds: `name` is its conversation's id, `time` (ms) its own if it has one."""

    name: str
    messages: Sequence[Message]
    facts: Facts
    time: int | None


def conversation_of(row: object) -> Chat:
    """Return the chat that a row holds.

    Raises InvalidRow if a message cannot be read.
    """
    messages = [*messages_of(_messages(row)), *_response(row)]
    fields = row if isinstance(row, dict) else {}
    meta = fields["metadata"] if isinstance(fields.get("metadata"), dict) else {}
    named = first({**meta, **fields}, *CONVERSATION)
    if isinstance(named, str | int) and not isinstance(named, bool):
        identifier = str(named)[:256]
    else:
        identifier = "openai-" + hashlib.sha256(orjson.dumps(_messages(row))).hexdigest()[:16]
    return Chat(identifier, messages, _facts(fields, meta), _time(fields))


def _messages(row: object) -> list[Any]:
    found = row
    if isinstance(row, dict):
        holders = (row, row.get("body"), row.get("request"), row.get("input"))
        lists = (holder.get("messages") for holder in holders if isinstance(holder, dict))
        found = next((messages for messages in lists if messages is not None), None)
    if not isinstance(found, list) or not found:
        raise InvalidRow("`messages` must be a list with at least one message")
    return found


def _response(row: object) -> list[Message]:
    if not isinstance(row, dict):
        return []
    answer = first(row, "response", "choices", "completion", "output")
    return said_by(answer)


def said_by(answer: object) -> list[Message]:
    """Return the messages in a model's response: choices, one message, a list of them, or plain text."""
    if isinstance(answer, str):
        return [Message("assistant", answer)]
    if isinstance(answer, list) and answer and isinstance(answer[0], dict) and "message" in answer[0]:
        return said_by(answer[0]["message"])
    if isinstance(answer, dict) and not is_message(answer):
        inner = first(answer, "choices", "body", "message", "messages", "output")
        return [] if inner is None else said_by(inner)
    if isinstance(answer, dict):
        return messages_of([answer], "response")
    if isinstance(answer, list) and answer and all(map(is_message, answer)):
        return messages_of(answer, "response")
    return []


def _facts(fields: Mapping[str, Any], meta: Mapping[str, Any]) -> Facts:
    both = {**meta, **fields}
    names = ("prompt_version", "release", "config_version", "variant")
    body = fields["body"] if isinstance(fields.get("body"), dict) else {}
    return facts_of(
        model=first({**body, **fields}, "model"),
        user_id=first(both, "user_id", "user"),
        **{name: both.get(name) for name in names},
    )


def _time(fields: Mapping[str, Any]) -> int | None:
    try:
        return moment(first(fields, *_TIMES))
    except ValueError as error:
        raise InvalidRow(f"time: {error}") from error
