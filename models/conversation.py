"""A conversation: what is known of one thread after each of its events.

The fold is in the order of the log; the thread's own order (time, seq) is the store's
business. Everything is bounded, so a conversation of a million turns costs what one of
ten does.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from groundswell.models.event import ConversationEvent
from groundswell.models.event_parts import Slice
from groundswell.models.position import Source
from groundswell.models.reading.calibration import THUMB_WEIGHT, Calibration
from groundswell.models.reading.outcome import SegmentOutcome as Inferred
from groundswell.models.reading.outcome import Status
from groundswell.models.reading.reader import AgentReading, ConversationReader, UserReading
from groundswell.models.reading.running_mean import RunningMean
from groundswell.models.record import StateRecord, Vector
from groundswell.models.turn import Reason, SegmentOutcome

#: What an outcome that was told means for the user's goal.
TOLD_STATUS: dict[str, Status] = {
    "completed": "completed",
    "converted": "completed",
    "abandoned": "abandoned",
    "escalated": "escalated",
    "failed": "failed",
    "churned": "failed",
}
#: What a told status says of success; an escalation says how it ended, not whether it helped.
_GOOD = {"completed": True, "abandoned": False, "failed": False}
#: Outcomes remembered with the position at which they became known.
HISTORY = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """What one turn meant."""

    ordinal: int
    segment: int
    passes: bool = False
    probability: float = 0.0
    vector: Vector | None = None
    signals: tuple[str, ...] = ()


@dataclass(slots=True)
class Conversation:
    """The state of one conversation; `source` is the last event that changed it.

    `thumb` is the last feedback with a score: the goal that it is about, and the score.
    """

    reader: ConversationReader
    conversation_id: str
    owner: str
    source: Source | None = None
    first: Source | None = None
    ordinal: int = 0
    started: int = 0
    last: int = 0
    closed: bool = False
    told: Status | None = None
    thumb: tuple[int, float] | None = None
    emitted: list[SegmentOutcome] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    slices: dict[str, Slice] = field(default_factory=dict)

    def covers(self, source: Source) -> bool:
        """Return whether the effect of *source* is in the state already."""
        mine = self.source
        return (
            mine is not None
            and (mine.log, mine.partition) == (source.log, source.partition)
            and source.rank <= mine.rank
        )

    def touch(self, event: ConversationEvent, time: int, source: Source, user: str | None) -> None:
        """Note that *event* happened: reopen, remember what is in effect, move the position.

        Feedback neither reopens nor prolongs: a thumb days later is no word of the conversation.
        """
        if self.source is None:
            self.first, self.started, self.closed = source, time, event.type == "feedback"
        self.source = source
        if event.type != "feedback":
            self.closed, self.last = False, max(self.last, time)
        in_effect = {
            "model": event.model,
            "prompt_version": event.prompt_version or _prompt_digest(event),
            "release": event.release,
            "config_version": event.config_version,
            "variant": event.variant,
            "user": user,
        }
        self.facts.update({name: value for name, value in in_effect.items() if value is not None})
        for name, value in event.slices.items():
            if name in self.slices or len(self.slices) < 32:
                self.slices[name] = value

    def read(self, event: ConversationEvent, texts: "Texts", embedding: Vector | None) -> Reading:
        """Fold one turn into the reader and say what it meant."""
        ordinal = self.ordinal
        self.ordinal += 1
        if event.role == "user" and embedding is not None:
            return _user_reading(ordinal, self.reader.user(ordinal, texts.text, embedding))
        if event.role == "assistant" and texts.text:
            return _agent_reading(ordinal, self.reader.agent(ordinal, texts.text))
        if event.role == "tool" and event.tool is not None:
            failed = None if event.tool.status is None else event.tool.status == "error"
            called = self.reader.tool_call(ordinal, event.tool.name, texts.arguments)
            result = self.reader.tool_result(ordinal, texts.result or texts.text, failed)
            signals = tuple(sorted({*called.signals, *result.signals}))
            return Reading(ordinal, result.segment, signals=signals)
        return Reading(ordinal, self.reader.segment.number)

    def tell(self, status: str) -> None:
        """Take in an outcome that was told: it outranks what is inferred."""
        self.told = TOLD_STATUS[status]

    def rate(self, segment: int, score: float | None) -> None:
        """Take in feedback on goal *segment*; a score of zero, or none, says nothing of success."""
        if score:
            self.thumb = segment, score

    def teach(self, key: str, calibration: Calibration) -> bool:
        """Let the agent's *calibration* learn what is known of this conversation; return whether it is news.

        The outcome that was told goes with the last goal, a thumb with its own, while that is remembered.
        """
        goals = [one for one in self.reader.outcomes(calibration) if one.stated]
        if not goals:
            return False
        if self.told is not None:
            good = _GOOD.get(self.told)
            return good is not None and calibration.learn(key, goals[-1].shown, good=good)
        if self.thumb is None:
            return False
        segment, score = self.thumb
        meant = next((one for one in goals if one.segment == segment), goals[-1])
        weight = THUMB_WEIGHT * min(abs(score), 1.0)
        return calibration.learn(key, meant.shown, good=score > 0, weight=weight)

    def close(
        self, source: Source, *, silent: bool, calibration: Calibration | None = None
    ) -> tuple[SegmentOutcome, ...]:
        """End the conversation (*silent*: nobody spoke for too long); return its outcomes if new.

        *calibration*: what is known of the agent's other conversations; by default nothing.
        """
        self.closed, self.source = True, source
        outcomes = [self._outcome(one) for one in self.reader.outcomes(calibration, silent=silent)]
        if outcomes == self.emitted:
            return ()
        self.emitted = outcomes
        self.history = [
            *self.history[-(HISTORY - 1) :],
            {
                "source": source.model_dump(),
                "told": self.told is not None,
                "status": {str(one.segment): one.status for one in outcomes},
                "suspect": {str(one.segment): one.first_failing_turn for one in outcomes},
            },
        ]
        return tuple(outcomes)

    def _outcome(self, inferred: Inferred) -> SegmentOutcome:
        status = self.told or inferred.status
        return SegmentOutcome(
            segment=inferred.segment,
            status=status,
            probability=round(inferred.probability, 4) if self.told is None else 1.0,
            turns=inferred.turns,
            first_failing_turn=None if status == "completed" else inferred.blamed,
            score=inferred.score,
            step="" if status == "completed" else inferred.step,
            reasons=tuple(Reason(kind=kind, weight=weight) for kind, weight in inferred.reasons),
        )

    def record(self) -> StateRecord:
        """Return the state as a record."""
        value = {
            "source": self.source.model_dump() if self.source else None,
            "first": self.first.model_dump() if self.first else None,
            "ordinal": self.ordinal,
            "started": self.started,
            "last": self.last,
            "closed": self.closed,
            "told": self.told,
            "thumb": self.thumb,
            "emitted": [one.model_dump() for one in self.emitted],
            "history": self.history,
            "facts": self.facts,
            "slices": self.slices,
            "conversation_id": self.conversation_id,
            "owner": self.owner,
            "reader": self.reader.to_json().decode(),
        }
        return StateRecord(orjson.dumps(value))

    @classmethod
    def restore(cls, record: StateRecord, mean_of: Callable[[str], RunningMean]) -> "Conversation":
        """Return the conversation that `record` described, equal in every later step.

        *mean_of* gives the running mean of an agent, which its conversations share.
        """
        value = orjson.loads(record.payload)
        source, first, thumb = value.pop("source"), value.pop("first"), value.pop("thumb")
        return cls(
            reader=ConversationReader.from_json(value.pop("reader").encode(), mean_of(value["owner"])),
            source=Source.model_validate(source) if source else None,
            first=Source.model_validate(first) if first else None,
            thumb=(thumb[0], thumb[1]) if thumb else None,
            emitted=[SegmentOutcome.model_validate(one) for one in value.pop("emitted")],
            **value,
        )


@dataclass(frozen=True, slots=True)
class Texts:
    """The redacted texts of one event: what may be stored."""

    text: str = ""
    arguments: str = ""
    result: str = ""
    edited_reply: str = ""
    truncated: bool = False


def _prompt_digest(event: ConversationEvent) -> str | None:
    """Return a version for a system prompt that came without one: the digest of its text."""
    if event.role != "system" or not event.text:
        return None
    return prompt_digest(event.text)


def prompt_digest(text: str) -> str:
    """Return the version of a system prompt that has no other: the digest of its text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:12]


def _user_reading(ordinal: int, read: UserReading) -> Reading:
    signals = tuple(sorted(read.signals))
    return Reading(ordinal, read.segment, read.passes, read.probability, read.vector, signals)


def _agent_reading(ordinal: int, read: AgentReading) -> Reading:
    return Reading(ordinal, read.segment, signals=tuple(sorted(read.signals)))
