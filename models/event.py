"""A conversation event: what a producer tells us happened in a conversation.

The least that a producer sends is ``{"conversation_id": "c1", "role": "user", "text": "..."}``.
This is the only place that doubts its input: what leaves here is valid, and what is not
raises `InvalidEvent` with a reason from a closed set, for the dead letters.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Literal

import orjson
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from groundswell.models.contract import Message, Name

#: Longest text kept of one turn, characters; the rest is cut and `truncated` says so.
MAX_TEXT = 100_000
#: No agent held conversations before this; an older time is a broken clock.
EARLIEST_MS = 946_684_800_000  # 2000-01-01
#: A time this far past the record's own timestamp is a broken clock too.
FUTURE_SKEW_MS = 24 * 3600 * 1000
_NAMESPACE = uuid.UUID("6f1ed002-ab5d-5c4a-9f6e-6d3c0f8f2c11")

Reason = Literal[
    "invalid_json",
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


def _milliseconds(value: Any) -> Any:
    """Accept RFC 3339 text or epoch milliseconds."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("time must be RFC 3339 text or epoch milliseconds")  # noqa: TRY004
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    if not abs(value) < 1e15:
        raise ValueError("time in milliseconds is out of range")
    return round(value)


def _storable(value: str) -> str:
    if "\x00" in value:
        value = value.replace("\x00", "\ufffd")
    return value


Time = Annotated[int, BeforeValidator(_milliseconds)]
Text = Annotated[StrictStr, AfterValidator(_storable)]
Identifier = Annotated[StrictStr, Field(min_length=1, max_length=256), AfterValidator(_storable)]
Label = Annotated[StrictStr, Field(max_length=256), AfterValidator(_storable)]
Slice = StrictBool | StrictInt | StrictFloat | Annotated[StrictStr, Field(max_length=256)]


class Tool(Message):
    """One call of one tool: what was asked of it and what it answered."""

    name: Label
    call_id: Label | None = None
    arguments: Any = None
    result: Any = None
    status: Literal["ok", "error"] | None = None
    latency_ms: Annotated[float, Field(ge=0)] | None = None

    def arguments_text(self) -> str:
        """Return the arguments as text, JSON with sorted keys unless they were text already."""
        return json_text(self.arguments)

    def result_text(self) -> str:
        """Return the result as text, JSON with sorted keys unless it was text already."""
        return json_text(self.result)


class Feedback(Message):
    """What a person thought of the answer, whenever they said so."""

    score: Annotated[float, Field(ge=-1, le=1)]
    comment: Text | None = None
    edited_reply: Text | None = None
    turn_id: Identifier | None = None


class Outcome(Message):
    """How the conversation ended, as its owner knows it. Outranks every inference."""

    status: Literal["completed", "abandoned", "escalated", "failed", "converted", "churned"]
    value: float | None = None
    reason: Text | None = None


class ConversationEvent(Message):
    """One event of one conversation, valid and complete. Times are milliseconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    type: Literal["turn", "feedback", "outcome", "end", "tick"] = "turn"
    tenant: Name = "default"
    agent: Name = "default"
    conversation_id: Identifier = ""
    turn_id: Identifier | None = None
    time: Time | None = None
    seq: StrictInt | None = None
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
    trace_id: Label | None = None
    span_id: Label | None = None

    @model_validator(mode="after")
    def _complete(self) -> "ConversationEvent":
        """Refuse an event that lacks what its type is about."""
        if self.type == "tick":
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
        return str(uuid.uuid5(_NAMESPACE, self.key))

    def turn_key(self, time: int) -> str:
        """Return the turn's uuid: from its id, else from what it says and when (*time*, ms)."""
        said = (
            self.turn_id
            if self.turn_id is not None
            else f"{self.role}\n{time}\n{self.text}\n{self._tool_key()}"
        )
        return str(uuid.uuid5(uuid.UUID(self.conversation), f"{self.turn_id is not None}\n{said}"))

    def _tool_key(self) -> str:
        return "" if self.tool is None else json_text(self.tool.model_dump(mode="json"))


def json_text(value: Any) -> str:
    """Return text as it is and anything else as JSON with sorted keys; nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


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
