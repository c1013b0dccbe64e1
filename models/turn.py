"""A turn: one event after reading, as it travels to whoever wants to know what it meant.

Keyed by tenant/agent, so that one reader sees all of an agent's turns. Text is redacted
and bounded here; the whole of it is in the store.
"""

import base64
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from groundswell.models.contract import Message, Milliseconds, Name
from groundswell.models.event_parts import Slice
from groundswell.models.intent_command import CommandRead
from groundswell.models.position import Source
from groundswell.models.record import Vector

#: Longest text carried on the topic, characters.
MAX_TOPIC_TEXT = 4_000


class Reason(Message):
    """Evidence for how a goal stands: what was seen, and what it adds to the score."""

    kind: str
    weight: float


class SegmentOutcome(Message):
    """How one goal (segment) of a conversation stands."""

    segment: int
    status: Literal["completed", "abandoned", "escalated", "failed", "unknown"]
    probability: Annotated[float, Field(ge=0, le=1)] = Field(description="1 if told; at most .85 if inferred")
    turns: int = Field(default=0, description="turns of the segment so far")
    first_failing_turn: int | None = Field(default=None, description="ordinal of the suspect; not a fact")
    step: str = Field(
        default="",
        description="where it broke: the suspect step, else the last; `kind` of answer, or `kind:tool`",
    )
    score: float = Field(default=0.0, description="sum of the weights of the reasons: what the user was told")
    reasons: tuple[Reason, ...] = Field(
        default=(), description="evidence that holds; of an outcome that was told, what it would rest on"
    )


class CalibrationState(Message):
    """What an agent's told outcomes make of its scores, on one partition of conversation events.

    Probability of success = logistic(intercept + slope x score + wrote, if a tool changed something).
    """

    partition: int = 0
    told: int = Field(description="conversations with a told outcome that it rests on")
    thumbs: int = Field(default=0, description="conversations with feedback alone; these count less")
    intercept: float
    slope: float = Field(description="negative where what sounds done has mostly failed")
    wrote: float = 0.0
    error: float | None = Field(
        default=None, description="calibration error of what was foreseen; null while too little is known"
    )


class TurnRead(Message):
    """One message of `turns`. ``type`` says which of the optional parts it has."""

    type: Literal["turn", "feedback", "outcome", "forget", "tick", "command"] = "turn"
    tenant: Name
    agent: Name
    conversation: str = Field(default="", description="uuid of the conversation")
    conversation_id: str = ""
    time: Milliseconds
    produced: Milliseconds = Field(default=0, description="timestamp of the record that it was read from")
    source: Source = Field(
        description="the record that it was read from: of conversation-events, or of intent-commands"
    )
    turn: str = Field(default="", description="uuid of the turn")
    ordinal: int = Field(default=0, description="place in the order of arrival")
    segment: int = Field(default=0, description="goal within the conversation, from 0")
    role: Literal["user", "assistant", "tool", "system"] | None = None
    text: str = ""
    tool: str | None = Field(default=None, description="name of the tool that was called")
    tool_error: bool = False
    passes: bool = Field(default=False, description="says what the user wants")
    probability: float = Field(default=0.0, description="of saying what the user wants")
    vector: str | None = Field(default=None, description="to be clustered: float32, little endian, base64")
    signals: tuple[str, ...] = ()
    user: str | None = Field(default=None, description="keyed hash of the user")
    model: str | None = None
    prompt_version: str | None = None
    release: str | None = None
    variant: str | None = None
    slices: dict[str, Slice] = Field(default_factory=dict)
    trace_id: str | None = None
    score: float | None = Field(default=None, description="feedback, -1..1")
    explicit: bool = Field(default=False, description="the outcome was told, not inferred")
    final: bool = Field(default=False, description="the conversation has ended, or fell silent")
    outcomes: tuple[SegmentOutcome, ...] = ()
    command: CommandRead | None = Field(default=None, description="what a person wants changed")
    calibration: CalibrationState | None = Field(
        default=None, description="of the agent, once outcomes were told or feedback was given"
    )

    def embedding(self) -> Vector:
        """Return the vector to cluster, shape (384,); only for a turn that passes."""
        if self.vector is None:
            raise ValueError(f"turn {self.turn} at {self.source.text()} carries no vector")
        return np.frombuffer(base64.b64decode(self.vector), dtype="<f4").astype(np.float32)


def encode_vector(vector: Vector) -> str:
    """Return *vector* as base64 of little-endian float32."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
