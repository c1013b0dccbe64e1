"""How a goal stands, inferred from what was said: a score by hand, and a label with its probability.

The weights were set by hand with STAR's lifts in view; a model learnt on one agent does worse on
another. The score says what the user was told, not whether it was right: where refusing is right, it
inverts. So contrast within one intent, recalibrate from explicit outcomes, and let those always win.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from groundswell.models.reading.phrases import Signal

Status = Literal["completed", "abandoned", "escalated", "failed", "unknown"]
#: No inference is surer than this.
MAX_PROBABILITY = 0.85


class Evidence(StrEnum):
    """What the score is made of. Each holds or does not hold for a segment."""

    DONE = "done"  # completion was stated since the last need
    ANSWERED = "answered"  # a tool had worked, and the agent's last text neither refuses nor asks
    THANKED = "thanked"  # in the user's last turn
    TOOL_ERROR_LAST = "tool_error_last"
    REFUSAL_LAST = "refusal_last"
    GIVE_UP_LAST = "give_up_last"
    UNANSWERED = "unanswered"  # the user spoke last and did not take leave
    QUESTION_PENDING = "question_pending"
    APOLOGY = "apology"
    REFUSAL = "refusal"
    DISSATISFACTION = "dissatisfaction"
    REPHRASE = "rephrase"
    LETDOWN = "letdown"
    HANDOFF = "handoff"
    REPEATED_CALL = "repeated_call"
    LOOP = "loop"


WEIGHTS = {
    Evidence.DONE: 2.0,
    Evidence.ANSWERED: 0.7,
    Evidence.THANKED: 0.5,
    Evidence.TOOL_ERROR_LAST: -2.0,
    Evidence.REFUSAL_LAST: -1.5,
    Evidence.GIVE_UP_LAST: -1.5,
    Evidence.UNANSWERED: -2.5,
    Evidence.QUESTION_PENDING: -0.8,
    Evidence.APOLOGY: -0.6,
    Evidence.REFUSAL: -0.4,
    Evidence.DISSATISFACTION: -0.5,
    Evidence.REPHRASE: -0.5,
    Evidence.LETDOWN: -0.5,
    Evidence.HANDOFF: -0.5,
    Evidence.REPEATED_CALL: -0.4,
    Evidence.LOOP: -0.3,
}
#: Signals that, once seen, stay evidence for the rest of the segment.
LASTING = {
    Signal.APOLOGY: Evidence.APOLOGY,
    Signal.REFUSAL: Evidence.REFUSAL,
    Signal.DISSATISFACTION: Evidence.DISSATISFACTION,
    Signal.REPHRASE: Evidence.REPHRASE,
    Signal.LETDOWN: Evidence.LETDOWN,
    Signal.HANDOFF: Evidence.HANDOFF,
    Signal.REPEATED_CALL: Evidence.REPEATED_CALL,
    Signal.LOOP: Evidence.LOOP,
}


@dataclass(frozen=True, slots=True)
class SegmentOutcome:
    """How one goal of a conversation stands. Always inferred: who knows better overrules it."""

    segment: int
    status: Status
    probability: float
    score: float
    turns: int
    first_failing_turn: int | None
    step: str = ""  # where it breaks, if it does: see steps.py
    inferred: bool = True


def score(evidence: Collection[Evidence]) -> float:
    """Return the sum of the weights of what holds, added in one order."""
    return sum((weight for kind, weight in WEIGHTS.items() if kind in evidence), 0.0)


def judge(evidence: Collection[Evidence], *, stated: bool, silent: bool) -> tuple[Status, float]:
    """Return the status and its probability.

    *stated*: the user said what they want; otherwise nothing can be completed or failed.
    *silent*: the conversation timed out, so a question that is still pending was walked away from.
    """
    total = score(evidence)
    if not stated:
        return "unknown", 0.5
    if Evidence.HANDOFF in evidence and Evidence.DONE not in evidence:
        return "escalated", 0.8
    if total >= 1.3:
        return "completed", MAX_PROBABILITY
    if total >= 0.5:
        return "completed", 0.75
    pending = Evidence.QUESTION_PENDING in evidence and Evidence.TOOL_ERROR_LAST not in evidence
    if total < -1:
        return ("abandoned" if Evidence.UNANSWERED in evidence or pending else "failed"), MAX_PROBABILITY
    if silent and pending and Evidence.DONE not in evidence:
        return "abandoned", 0.6  # STAR: 62 % of such dialogues failed
    return "unknown", 0.5
