"""An exchange: what one row of a trace export says of a conversation.

Langfuse calls it observation, trace or score, LangSmith run. `kind` says what it is worth: a call of a
model knows the whole thread, the root of a trace only what went in and out, a tool what it did.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from groundswell.models.importing.message import Call, Message

Kind = Literal["model", "root", "tool", "feedback", "other"]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One row, in terms of the conversation. Times are ms since the epoch."""

    id: str
    trace: str
    kind: Kind
    start: int
    end: int
    session: str | None = None
    heard: tuple[Message, ...] = ()
    said: tuple[Message, ...] = ()
    facts: Facts = field(default_factory=dict)
    feedback: Facts = field(default_factory=dict)
    about: str | None = None
    latency_ms: float | None = None
    opening: bool = False

    def encode(self) -> bytes:
        """Return the exchange as JSON."""
        return orjson.dumps(self)

    @classmethod
    def decode(cls, value: bytes) -> "Exchange":
        """Return the exchange that was encoded."""
        fields = orjson.loads(value)
        heard, said = (tuple(map(_message, fields.pop(name))) for name in ("heard", "said"))
        return cls(heard=heard, said=said, **fields)


def _message(fields: dict[str, Any]) -> Message:
    calls = tuple(Call(**call) for call in fields.pop("calls"))
    return Message(calls=calls, **fields)


def spoken(messages: Iterable[Message]) -> list[Message]:
    """Return the messages that are no system prompt."""
    return [message for message in messages if message.role != "system"]


def relevant(trace: Sequence[Exchange]) -> list[Exchange]:
    """Return what of one trace, in order of time, belongs to its conversation.

    If a model was called with messages, those calls count: the first, and each later one that shares a
    message with those before (others, which name or judge a conversation, do not). Otherwise the root
    says what went in and out. Tools count where they were called, and feedback always does.
    """
    chosen: list[Exchange] = []
    speaking = _calls(trace) or _roots(trace)
    for exchange in trace:
        if exchange.kind == "feedback" or (exchange.kind == "tool" and speaking):
            chosen.append(exchange)
        elif any(exchange is one for one in speaking):
            chosen.append(replace(exchange, opening=exchange is speaking[0]))
    return chosen


def _calls(trace: Sequence[Exchange]) -> list[Exchange]:
    calls: list[Exchange] = []
    known: set[str] = set()
    for exchange in trace:
        marks = {message.fingerprint for message in spoken(exchange.heard)}
        if exchange.kind == "model" and marks and (not calls or known & marks):
            calls.append(exchange)
            known |= marks | {message.fingerprint for message in exchange.said}
    return calls


def _roots(trace: Sequence[Exchange]) -> list[Exchange]:
    """Return the one exchange that says most: with both sides before one side, and the earliest."""
    roots = [one for one in trace if one.kind == "root" and (one.heard or one.said)]
    return sorted(roots, key=lambda one: -(bool(one.heard) + bool(one.said)))[:1]


def shared(trace: Iterable[Exchange]) -> Facts:
    """Return what is true of the whole trace, the earliest word first: who, which release, which slices."""
    found: Facts = {}
    for exchange in trace:
        for name in ("user_id", "release", "slices"):
            if exchange.facts.get(name) and name not in found:
                found[name] = exchange.facts[name]
    return found


def label(value: object) -> str | None:
    """Return *value* as a label of an event: short text, or None if it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return None
    return str(value)[:256]


def facts_of(**values: object) -> Facts:
    """Return the values that are labels, by the name of their field."""
    return {name: text for name, value in values.items() if (text := label(value)) is not None}


def first(row: Mapping[str, Any], *names: str) -> Any:
    """Return the first value in *row* under one of *names* that is neither null nor empty."""
    return next((row[name] for name in names if row.get(name) not in (None, "", [], {})), None)
