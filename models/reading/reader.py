"""Reads one conversation turn by turn, in constant time and space per turn.

A reader restored from its JSON goes on bit for bit like one that never stopped: what it remembers of
an embedding is rounded to 16 bits when it enters, not when it is saved.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from groundswell.models.reading.calibration import Calibration
from groundswell.models.reading.gate import GATE, passes
from groundswell.models.reading.goal_change import Closure, Goal, opens_goal
from groundswell.models.reading.needs import NeedMemory, unit
from groundswell.models.reading.outcome import Evidence, SegmentOutcome
from groundswell.models.reading.parting import Parting
from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.repetition import says_again, says_the_same
from groundswell.models.reading.running_mean import RunningMean
from groundswell.models.reading.segment import Segment
from groundswell.models.reading.signals import agent_signals, closes, concludes, in_order, user_signals
from groundswell.models.reading.steps import answer_step, call_step
from groundswell.models.reading.tools import call_digest, is_handoff_tool, is_write_tool, looks_like_error
from groundswell.models.reading.wording import Wording, encodable, ends
from groundswell.models.record import Vector

#: Segments remembered, the latest: older ones keep the outcome that was last told.
MAX_SEGMENTS = 8
#: Tool calls remembered, the latest, by 8-byte digests.
MAX_CALLS = 128


class GateLike(Protocol):
    """Gives the probability that a user's turn says what the user wants."""

    def judge(self, wording: Wording, embedding: Vector, agent_text: str) -> float:
        """Return the probability for words that were read already, after the agent's last text."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class UserReading:
    """A user's turn: `vector` is what to cluster, float32 (d,), only if it passes."""

    passes: bool
    probability: float
    segment: int
    new_segment: bool
    vector: Vector | None
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class AgentReading:
    """An agent's turn, tool call or tool result; `error` only for a result."""

    segment: int
    signals: tuple[Signal, ...]
    error: bool = False


class ConversationReader:
    """The state of one conversation. Turns are told in order, each with its ordinal."""

    def __init__(self, mean: RunningMean, gate: GateLike = GATE) -> None:
        """Start a conversation of a tenant whose needs have this running mean (shared, and updated here)."""
        self._mean = mean
        self._gate = gate
        self._segments = [Segment(number=0, start=0)]
        self._closure = Closure.OPEN
        self._parting = Parting()
        self._needs = NeedMemory()
        self._need_at = 0
        self._agent_text = ""
        self._agent_step: int | None = None
        self._looked_up = False
        self._apologies = 0
        self._calls: list[str] = []

    @property
    def segment(self) -> Segment:
        """The current segment."""
        return self._segments[-1]

    @property
    def signals(self) -> list[tuple[int, int, Signal]]:
        """(segment, ordinal of the turn, signal) of the segments that are still remembered."""
        return [(each.number, ordinal, signal) for each in self._segments for ordinal, signal in each.signals]

    def outcomes(
        self, calibration: Calibration | None = None, *, silent: bool = False
    ) -> list[SegmentOutcome]:
        """Return how each of the last eight goals stands.

        Args:
            calibration: what the agent's told outcomes say of its scores; by default nothing was told.
            silent: the user has not answered within the time after which the conversation counts as over.
        """
        calibrated, last = calibration or Calibration(), self._segments[-1]
        return [each.outcome(calibrated, silent=silent and each is last) for each in self._segments]

    def user(self, ordinal: int, text: str, embedding: Vector) -> UserReading:
        """Read a user's turn with its unit embedding, float32 (d,)."""
        wording = Wording.of(text)
        probability = self._gate.judge(wording, embedding, self._agent_text)
        needed = passes(probability)
        shown = user_signals(text)
        if closes(shown) and not needed:
            self._close(Closure.LEFT if Signal.FAREWELL in shown else Closure.CLOSED)
        if not needed:
            self._parting.user(self.segment, wording, shown)
        vector, opened = self._need(ordinal, wording, embedding, shown) if needed else (None, False)
        segment = self.segment
        segment.turns += 1
        segment.observe(ordinal, shown, self._agent_step)
        segment.note(Evidence.THANKED, Signal.THANKS in shown)
        segment.note(Evidence.GIVE_UP_LAST, Signal.GIVE_UP in shown)
        segment.note(Evidence.QUESTION_PENDING, False)
        segment.note(Evidence.UNANSWERED, not closes(shown))
        return UserReading(needed, probability, segment.number, opened, vector, in_order(shown))

    def _need(
        self, ordinal: int, wording: Wording, embedding: Vector, shown: set[Signal]
    ) -> tuple[Vector, bool]:
        """Place a turn that passes; return the vector to cluster and whether it opened a segment."""
        words, current = len(wording.words), self.segment.number
        before = self._needs.last(current)
        opened = before is not None and self._opens_goal(ordinal, wording, embedding)
        if opened:
            self._parting.open(self.segment)
            self._segments.append(Segment(number=current + 1, start=ordinal))
            del self._segments[:-MAX_SEGMENTS]
        elif Signal.CONFUSION not in shown and self._says_again(wording, embedding):
            shown.add(Signal.REPHRASE)
        vector = embedding if opened or before is None else unit(embedding + before)
        self._needs.add(self.segment.number, words, embedding)
        self._mean.add(embedding)
        self._closure, self._need_at = Closure.OPEN, ordinal
        self._parting.goes_on()
        self.segment.stated = True
        self.segment.note(Evidence.DONE, False)
        self.segment.note(Evidence.ANSWERED, False)
        return vector, opened

    def _close(self, closure: Closure) -> None:
        self._closure = max(self._closure, closure)

    def _says_again(self, wording: Wording, embedding: Vector) -> bool:
        """Return whether the user had to say one of the last needs again."""
        likeness = self._needs.likeness(len(wording.words), embedding)
        return says_again(wording, likeness, refused=Evidence.REFUSAL_LAST in self.segment.evidence)

    def _opens_goal(self, ordinal: int, wording: Wording, embedding: Vector) -> bool:
        """Return whether a need that follows others starts a new goal."""
        segment = self.segment
        similarity = self._needs.similarity(segment.number, embedding, self._mean.mean)
        goal = Goal(
            closure=self._closure,
            agent_text=self._agent_text,
            asked=Evidence.QUESTION_PENDING in segment.evidence,
            worked=segment.tool_worked,
            turns=segment.turns,
            since=ordinal - self._need_at,
            begun=self._parting.led,
        )
        return opens_goal(wording, similarity, goal)

    def agent(self, ordinal: int, text: str) -> AgentReading:
        """Read an agent's text."""
        segment = self.segment
        shown = agent_signals(text)
        # What was looked up anew may well be the same; and who speaks alone, of his progress, is in no loop.
        in_reply = Evidence.UNANSWERED in segment.evidence and not self._looked_up
        if in_reply and says_the_same(text, self._agent_text) and not concludes(text, shown):
            shown.add(Signal.LOOP)
        self._apologies = self._apologies + 1 if Signal.APOLOGY in shown else 0
        if self._apologies >= 2:
            shown.add(Signal.APOLOGY_CHAIN)
        self._parting.agent(text, shown)
        if Signal.COMPLETION in shown:
            segment.note(Evidence.DONE, True)
            self._close(Closure.DONE)
        if Signal.ANYTHING_ELSE in shown:
            self._close(Closure.CLOSED)
        self._note_answer(shown)
        segment.turns += 1
        segment.take_step(ordinal, answer_step(shown))
        segment.observe(ordinal, shown, ordinal)
        self._agent_text, self._agent_step = encodable(ends(text)), ordinal
        self._looked_up = False
        return AgentReading(segment.number, in_order(shown))

    def _note_answer(self, shown: set[Signal]) -> None:
        """Record what the agent's last text leaves the user with."""
        segment = self.segment
        refuses = Signal.REFUSAL in shown or Signal.UNCERTAINTY in shown
        asks = Signal.QUESTION in shown
        waits = segment.evidence & {Evidence.TOOL_ERROR_LAST, Evidence.DONE}
        segment.note(Evidence.REFUSAL_LAST, refuses)
        segment.note(Evidence.QUESTION_PENDING, asks and Signal.ANYTHING_ELSE not in shown)
        segment.note(Evidence.UNANSWERED, False)
        segment.note(Evidence.ANSWERED, segment.tool_worked and not (waits or refuses or asks))

    def tool_call(self, ordinal: int, name: str, arguments_json: str = "") -> AgentReading:
        """Read a call of a tool; identical name and arguments make it a repeated call."""
        self._parting.goes_on()
        digest = call_digest(name, arguments_json)
        shown = {Signal.REPEATED_CALL} if digest in self._calls else set()
        if not shown:
            self._calls.append(digest)
            del self._calls[:-MAX_CALLS]
        if is_handoff_tool(name):
            shown.add(Signal.HANDOFF)
        if self.segment.first_write is None and is_write_tool(name):
            self.segment.first_write = ordinal
        self.segment.take_step(ordinal, call_step(name, shown))
        self.segment.observe(ordinal, shown, ordinal)
        self._agent_step = ordinal
        return AgentReading(self.segment.number, in_order(shown))

    def tool_result(self, ordinal: int, text: str, error: bool | None = None) -> AgentReading:
        """Read a tool's result; without a flag, error words in its opening decide."""
        failed = looks_like_error(text) if error is None else error
        segment = self.segment
        segment.note(Evidence.TOOL_ERROR_LAST, failed)
        segment.tool_worked = segment.tool_worked or not failed
        self._looked_up = self._looked_up or not failed
        shown = {Signal.TOOL_ERROR} if failed else set()
        if failed:
            segment.fail_step(self._agent_step)
        segment.observe(ordinal, shown, self._agent_step)
        return AgentReading(segment.number, in_order(shown), failed)

    def to_json(self) -> bytes:
        """Return the state as a JSON document of at most some 20 kB; equal states, equal bytes."""
        return orjson.dumps(
            {
                "segments": [segment.to_document() for segment in self._segments],
                "closure": int(self._closure),
                "parting": [self._parting.stood, self._parting.led],
                "needs": self._needs.to_document(),
                "need_at": self._need_at,
                "agent_text": self._agent_text,
                "agent_step": self._agent_step,
                "looked_up": self._looked_up,
                "apologies": self._apologies,
                "calls": "".join(self._calls),
            }
        )

    @classmethod
    def from_json(cls, payload: bytes, mean: RunningMean, gate: GateLike = GATE) -> "ConversationReader":
        """Restore what `to_json` gave, with the tenant's mean as it was then."""
        state: dict[str, Any] = orjson.loads(payload)
        reader = cls(mean, gate)
        reader._segments = [Segment.from_document(document) for document in state["segments"]]
        reader._closure = Closure(state["closure"])
        reader._parting = Parting(*state.get("parting", ()))
        reader._needs = NeedMemory.from_document(state["needs"])
        reader._need_at = state["need_at"]
        reader._agent_text = state["agent_text"]
        reader._agent_step = state["agent_step"]
        reader._looked_up = state["looked_up"]
        reader._apologies = state["apologies"]
        calls = state["calls"]
        reader._calls = [calls[at : at + 16] for at in range(0, len(calls), 16)]
        return reader
