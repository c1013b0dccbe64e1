"""How a goal stands, inferred from what was said: evidence, a score, and a label with its probability.

The weights were set by hand with one half of STAR's dialogues in view; a model learnt on one agent does
worse on another. The score says what the user was told, not whether it was right: where refusing is right,
it inverts. So the probability of success comes from the agent's `Calibration`, contrasts stay within one
intent, and an outcome that was told always wins.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from groundswell.models.reading.calibration import Calibration, Shown
from groundswell.models.reading.phrases import Signal

Status = Literal["completed", "abandoned", "escalated", "failed", "unknown"]
#: No inference is surer than this.
MAX_PROBABILITY = 0.85
#: The goal is taken as completed from this probability of success on, and as not below the other. Between
#: them it is unknown. A failure alarms somebody, so it needs more.
COMPLETED_FROM, FAILED_BELOW = 0.65, 0.25


class Evidence(StrEnum):
    """What the score is made of. Each holds or does not hold for a segment."""

    DONE = "done"  # completion was stated since the last need
    DONE_ONCE = "done_once"  # it was stated for this goal, whatever was asked for afterwards
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
    CORRECTION = "correction"
    CHANGE_OF_MIND = "change_of_mind"
    REPHRASE = "rephrase"
    LETDOWN = "letdown"
    HANDOFF = "handoff"
    REPEATED_CALL = "repeated_call"
    LOOP = "loop"


WEIGHTS = {
    Evidence.DONE: 1.6,
    Evidence.DONE_ONCE: 1.0,
    Evidence.ANSWERED: 0.8,
    Evidence.THANKED: 0.3,
    Evidence.TOOL_ERROR_LAST: -2.0,
    Evidence.REFUSAL_LAST: -1.5,
    Evidence.GIVE_UP_LAST: -1.0,
    Evidence.UNANSWERED: -3.0,
    Evidence.QUESTION_PENDING: -0.9,
    Evidence.APOLOGY: -0.8,
    Evidence.REFUSAL: -0.2,
    Evidence.DISSATISFACTION: -0.5,
    Evidence.CORRECTION: -1.0,
    Evidence.CHANGE_OF_MIND: -0.6,
    Evidence.REPHRASE: -0.5,
    Evidence.LETDOWN: -0.5,
    Evidence.HANDOFF: -0.5,
    Evidence.REPEATED_CALL: -0.8,
    Evidence.LOOP: -0.3,
}
#: Signals that, once seen, stay evidence for the rest of the segment.
LASTING = {
    Signal.COMPLETION: Evidence.DONE_ONCE,
    Signal.CORRECTION: Evidence.CORRECTION,
    Signal.CHANGE_OF_MIND: Evidence.CHANGE_OF_MIND,
    Signal.APOLOGY: Evidence.APOLOGY,
    Signal.REFUSAL: Evidence.REFUSAL,
    Signal.DISSATISFACTION: Evidence.DISSATISFACTION,
    Signal.REPHRASE: Evidence.REPHRASE,
    Signal.LETDOWN: Evidence.LETDOWN,
    Signal.HANDOFF: Evidence.HANDOFF,
    Signal.REPEATED_CALL: Evidence.REPEATED_CALL,
    Signal.LOOP: Evidence.LOOP,
}


#: What tells how it went even where no need was recognised.
_WITHOUT_A_NEED = {Evidence.DONE_ONCE, Evidence.UNANSWERED}


@dataclass(frozen=True, slots=True)
class SegmentOutcome:
    """How one goal of a conversation stands. Always inferred: who knows better overrules it.

    `success` is the probability that the user got what they came for, `probability` that of the status;
    `reasons` are the evidence that holds, each with its weight; `suspect` is the turn that may have failed
    first, should it turn out that the goal was not reached: friction, or a write. `last_step` is the
    agent's last, which the user was left with.
    """

    segment: int
    status: Status
    probability: float
    success: float
    shown: Shown
    stated: bool
    turns: int
    suspect: int | None
    last_step: int | None
    reasons: tuple[tuple[Evidence, float], ...]
    step: str = ""  # where it breaks, if it does: see steps.py
    inferred: bool = True

    @property
    def score(self) -> float:
        """The sum of the weights of the evidence that holds."""
        return self.shown.score

    @property
    def first_failing_turn(self) -> int | None:
        """What to look at first, unless the goal is taken as completed."""
        return None if self.status == "completed" else self.blamed

    @property
    def blamed(self) -> int | None:
        """The suspect; without one the agent's last step."""
        return self.last_step if self.suspect is None else self.suspect


def reasons(evidence: Collection[Evidence]) -> tuple[tuple[Evidence, float], ...]:
    """Return what holds with its weight, in one order."""
    return tuple((kind, weight) for kind, weight in WEIGHTS.items() if kind in evidence)


def score(evidence: Collection[Evidence]) -> float:
    """Return the sum of the weights of what holds, added in one order, to two decimals."""
    return round(sum(weight for _, weight in reasons(evidence)), 2)


def judge(
    evidence: Collection[Evidence], calibration: Calibration, shown: Shown, *, stated: bool, silent: bool
) -> tuple[Status, float]:
    """Return the status and its probability.

    *stated*: the user said what they want, as far as the gate knows; otherwise nothing can be completed or
    failed, unless the agent said that something was done, or never answered at all.
    *silent*: the conversation timed out, so a question that is still pending was walked away from.
    """
    success = calibration.success(shown)
    if not (stated or _WITHOUT_A_NEED & set(evidence)):
        return "unknown", 0.5
    handed_over = Evidence.HANDOFF in evidence and Evidence.DONE not in evidence
    completed = success >= COMPLETED_FROM
    if handed_over and not (completed and calibration.trusted):
        return "escalated", 0.8
    pending = Evidence.QUESTION_PENDING in evidence and Evidence.TOOL_ERROR_LAST not in evidence
    if completed:
        return "completed", min(success, MAX_PROBABILITY)
    if success < FAILED_BELOW:
        walked_away = Evidence.UNANSWERED in evidence or pending
        return "abandoned" if walked_away else "failed", min(1 - success, MAX_PROBABILITY)
    if silent and pending and Evidence.DONE not in evidence:
        return "abandoned", 0.6  # STAR: 62 % of such dialogues failed
    return "unknown", 0.5
