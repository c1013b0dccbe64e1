"""A conversation event: what a producer tells us happened in a conversation.

The least that a producer sends is ``{"conversation_id": "c1", "role": "user", "text": "..."}``.
This is the only place that doubts its input: what leaves here is valid, and what is not
raises `InvalidEvent` with a reason from a closed set, for the dead letters.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

import orjson
from pydantic import ConfigDict, Field, ValidationError, model_validator

from groundswell.models.contract import Message, Name
from groundswell.models.event_parts import (
    Exact,
    Feedback,
    Forget,
    Identifier,
    Label,
    Outcome,
    Slice,
    Text,
    Time,
    Tool,
    json_text,
)
from groundswell.models.named_id import uuid5

#: Longest text kept of one turn, characters; the rest is cut and `truncated` says so.
MAX_TEXT = 100_000
#: No agent held conversations before this; an older time is a broken clock.
EARLIEST_MS = 946_684_800_000  # 2000-01-01
#: A time this far past the record's own timestamp is a broken clock too.
FUTURE_SKEW_MS = 24 * 3600 * 1000
#: Nor is a record's own timestamp believed beyond this: one broken clock would end every minute at once.
LATEST_MS = 4_102_444_800_000  # 2100-01-01
_NAMESPACE = "6f1ed002-ab5d-5c4a-9f6e-6d3c0f8f2c11"

Reason = Literal[
    "invalid_json",
    "invalid_protobuf",
    "not_an_object",
    "invalid_field",
    "missing_field",
    "future_time",
    "ancient_time",
    "too_large",
]


class InvalidEvent(ValueError):
    """The record can never become an event, however often it is read: it goes to the dead letters."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


class ConversationEvent(Message):
    """One event of one conversation, valid and complete. Times are milliseconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    type: Literal["turn", "feedback", "outcome", "end", "forget", "tick"] = "turn"
    tenant: Name = "default"
    agent: Name = "default"
    conversation_id: Identifier = ""
    turn_id: Identifier | None = None
    time: Time | None = None
    seq: Exact | None = None
    role: Literal["user", "assistant", "tool", "system"] | None = None
    text: Text | None = None
    tool: Tool | None = None
    model: Label | None = None
    prompt_version: Label | None = None
    release: Label | None = None
    config_version: Label | None = None
    variant: Label | None = None
    user_id: Label | None = None
    slices: Annotated[dict[Annotated[str, Field(max_length=64)], Slice], Field(max_length=32)] = Field(
        default_factory=dict
    )
    feedback: Feedback | None = None
    outcome: Outcome | None = None
    forget: Forget | None = None
    trace_id: Label | None = None
    span_id: Label | None = None

    @model_validator(mode="after")
    def _complete(self) -> "ConversationEvent":
        """Refuse an event that lacks what its type is about."""
        if self.type == "tick":
            return self
        if self.type == "forget":
            if self.forget is None:
                raise ValueError("missing: forget")
            return self
        if not self.conversation_id:
            raise ValueError("missing: conversation_id")
        if self.type == "turn" and self.role is None:
            raise ValueError("missing: role")
        if self.type == "turn" and self.text is None and self.tool is None:
            raise ValueError("missing: text or tool")
        if self.type == "feedback" and self.feedback is None:
            raise ValueError("missing: feedback")
        if self.type == "outcome" and self.outcome is None:
            raise ValueError("missing: outcome")
        return self

    @cached_property
    def key(self) -> str:
        """The key under which the event travels: one conversation, one partition, in order."""
        return f"{self.tenant}/{self.agent}/{self.conversation_id}"

    @cached_property
    def conversation(self) -> str:
        """The conversation's uuid, under which it is stored."""
        return uuid5(_NAMESPACE, self.key)

    def turn_key(self, time: int) -> str:
        """Return the turn's uuid: from its id, else from what it says and when (*time*, ms).

        Feedback, outcomes and ends are told apart from turns and from each other, so that an
        outcome may bear the id of the turn that it is about, or come in the same millisecond.
        """
        said = (
            self.turn_id if self.turn_id is not None else f"{self.role}\n{time}\n{self.text}\n{self._parts()}"
        )
        seed = f"{self.type}\n{self.turn_id is not None}\n{said}"
        return uuid5(self.conversation, seed)

    def _parts(self) -> str:
        """Return what an event without an id says besides its text."""
        parts = (self.tool, self.feedback, self.outcome)
        return "\n".join(json_text(part.model_dump(mode="json")) if part else "" for part in parts)


def named_turn(conversation: str, turn_id: str) -> str:
    """Return the uuid of the turn that is called *turn_id* in the conversation with this uuid."""
    return uuid5(conversation, f"turn\nTrue\n{turn_id}")


def parse(
    value: bytes | None, *, timestamp: int, headers: Mapping[str, bytes] | None = None
) -> tuple[ConversationEvent, int]:
    """Return the event in *value* and its time, milliseconds.

    Args:
        value: JSON; a CloudEvent in structured mode is unwrapped (in binary mode the value
            is the data already, and the ``ce_time`` header is its time).
        timestamp: the record's own time, milliseconds: the default, and the bound on clock skew.
        headers: the record's headers.

    Raises:
        InvalidEvent: with a reason of the closed set, and what was found.
    """
    fields = _fields(value)
    if headers and "time" not in fields and "ce_time" in headers:
        fields = {**fields, "time": headers["ce_time"].decode("utf-8", "replace")}
    try:
        event = ConversationEvent.model_validate(fields)
    except ValidationError as error:
        raise _invalid(error) from error
    time = timestamp if event.time is None else event.time
    if time > timestamp + FUTURE_SKEW_MS:
        raise InvalidEvent("future_time", f"time {time} is past the record's timestamp {timestamp}")
    if time > LATEST_MS:
        raise InvalidEvent("future_time", f"time {time} is past 2100-01-01")
    if time < EARLIEST_MS:
        raise InvalidEvent("ancient_time", f"time {time} is before 2000-01-01")
    return event, time


def _fields(value: bytes | None) -> dict[str, Any]:
    """Return the JSON object in *value*, out of its CloudEvents envelope if it has one."""
    if not value:
        raise InvalidEvent("invalid_json", "the record has no value")
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise InvalidEvent("invalid_json", str(error)) from error
    if not isinstance(fields, dict):
        raise InvalidEvent("not_an_object", f"found {type(fields).__name__}, wanted a JSON object")
    if "specversion" in fields and isinstance(fields.get("data"), dict):
        data: dict[str, Any] = fields["data"]
        return {"time": fields["time"], **data} if "time" in fields and "time" not in data else data
    return fields


def _invalid(error: ValidationError) -> InvalidEvent:
    """Return the first thing that was wrong, without repeating what strangers wrote."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part)[:64] for part in first["loc"]) or "event"
    reason: Reason = "missing_field" if "missing: " in first["msg"] else "invalid_field"
    return InvalidEvent(reason, f"{place}: {first['msg']}"[:300])
