"""The parts of a conversation event: its field types, and tools, feedback and outcomes.

Types are strict: a number is no text and a text no number, so that what is stored is what was sent.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    model_validator,
)

from groundswell.models.contract import Message, Name

#: Integers that JSON carries exactly in every language (RFC 8259, section 6).
_EXACT = 2**53 - 1


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


def _writable(value: Any) -> Any:
    """Refuse what could be read but not be written again: arrays in arrays, hundreds deep."""
    try:
        orjson.dumps([[[[value]]]])  # some room for what the value becomes a part of
    except orjson.JSONEncodeError as error:
        raise ValueError("nested too deeply, or no JSON") from error
    return value


Time = Annotated[int, BeforeValidator(_milliseconds)]
Text = Annotated[StrictStr, AfterValidator(_storable)]
Identifier = Annotated[StrictStr, Field(min_length=1, max_length=256), AfterValidator(_storable)]
Label = Annotated[StrictStr, Field(max_length=256), AfterValidator(_storable)]
Exact = Annotated[StrictInt, Field(ge=-_EXACT, le=_EXACT)]
Slice = StrictBool | Exact | StrictFloat | Label
Payload = Annotated[Any, AfterValidator(_writable)]


def json_text(value: Any) -> str:
    """Return text as it is and anything else as JSON with sorted keys; nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


class Tool(Message):
    """One call of one tool: what was asked of it and what it answered."""

    name: Label
    call_id: Label | None = None
    arguments: Payload = None
    result: Payload = None
    status: Literal["ok", "error"] | None = None
    latency_ms: Annotated[float, Field(ge=0)] | None = None

    def arguments_text(self) -> str:
        """Return the arguments as text, JSON with sorted keys unless they were text already."""
        return json_text(self.arguments)

    def result_text(self) -> str:
        """Return the result as text, JSON with sorted keys unless it was text already."""
        return json_text(self.result)


class Forget(Message):
    """Who or what is to be erased: one user, or one conversation, of one agent or of all of a tenant's."""

    user: Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{16}$")] | None = Field(
        default=None, description="keyed hash of the user id, never the id itself"
    )
    conversation: (
        Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | None
    ) = Field(default=None, description="uuid of the conversation")
    agent: Name | None = Field(default=None, description="none: every agent of the tenant")

    @model_validator(mode="after")
    def _one(self) -> "Forget":
        if (self.user is None) == (self.conversation is None):
            raise ValueError("give either a user or a conversation")
        return self


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
