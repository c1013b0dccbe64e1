"""What became of a payload: conversation events, ready to be sent, and a count of what each span gave."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from groundswell.models.capture.parts import Answer, Call
from groundswell.models.capture.values import text_of, writable
from groundswell.models.event import MAX_TEXT

#: What a span or log record turned out to be.
Outcome = Literal[
    "captured",  # it gave at least one event
    "repeated",  # all that it says was said before, or in another record of the payload
    "no_content",  # a call or tool without messages: content is not recorded by the application
    "wrapper",  # around calls that tell the same: see `otlp_roots`
    "inside_root",  # a call, while turns are read from roots
    "tool_without_call_id",  # the messages of the next call tell it, under its id
    "other_operation",  # an embedding, a retrieval
    "not_genai",  # nothing about a model
    "ignored",  # marked with groundswell.ignore
    "no_conversation",  # neither a conversation id nor a trace id: refused
    "no_score",  # an evaluation on a scale that is not known
]
#: The outcomes of records that are refused: their sender is told.
REFUSED: tuple[Outcome, ...] = ("no_conversation",)

_MILLISECOND = 1_000_000
#: Messages of one call that are told apart within a millisecond.
_PLACES = 4096


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """One conversation event: its key and JSON on the topic, its time (ms) and order within it."""

    key: str
    value: bytes
    time: int
    seq: int
    turn_id: str


@dataclass(slots=True)
class Captured:
    """The events of a payload, and the count of its records by dialect and outcome."""

    events: list[CapturedEvent] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    truncated: int = 0

    @property
    def refused(self) -> int:
        """Records that could not be taken in although they say something."""
        return sum(count for (_, outcome), count in self.counts.items() if outcome in REFUSED)

    def count(self, dialect: str, outcome: Outcome) -> None:
        """Note what a record was."""
        self.counts[dialect, outcome] += 1

    def settle(self) -> "Captured":
        """Bring the events into the order of time, and drop those that came twice."""
        ordered = sorted(self.events, key=lambda event: (event.time, event.seq))
        self.events = list({(event.key, event.turn_id): event for event in reversed(ordered)}.values())[::-1]
        return self


def event(common: Mapping[str, Any], nanoseconds: int, place: int, **fields: Any) -> CapturedEvent:
    """Return an event of a conversation.

    Args:
        common: what all events of the span share (see `identity`).
        nanoseconds: when it happened; below the millisecond it orders events by `seq`.
        place: orders what happened at one moment.
        fields: the rest of the event; `turn_id` is required.
    """
    time, below = divmod(nanoseconds, _MILLISECOND)
    seq = below * _PLACES + min(place, _PLACES - 1)
    told = {**common, **fields, "time": time, "seq": seq}
    value = orjson.dumps({name: one for name, one in told.items() if one is not None}, default=text_of)
    key = f"{common['tenant']}/{common['agent']}/{common['conversation_id']}"
    return CapturedEvent(key, value, time, seq, fields["turn_id"])


def cut(text: str | None) -> str | None:
    """Return *text* with one character more than is kept of it, so that it is seen to be longer."""
    return text if text is None else text[: MAX_TEXT + 1]


def tool(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool whose arguments and result are short and shallow enough to be sent on."""
    return {
        name: _bounded(value) if name in ("arguments", "result") else value for name, value in fields.items()
    }


def answered(call: Call, answer: Answer) -> dict[str, Any]:
    """Return the tool of a call and its answer, as messages tell it: without its status, unless it failed."""
    fields = {
        "name": call.name,
        "call_id": call.call_id or answer.call_id,
        "arguments": call.arguments,
        "result": answer.result,
        "status": "error" if answer.failed else None,
    }
    return tool({name: value for name, value in fields.items() if value is not None})


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return cut(value)
    if not writable(value):
        return "(nested too deeply)"
    text = text_of(value)
    return value if len(text) <= MAX_TEXT else cut(text)
