"""Evaluations (`gen_ai.evaluation.result`) as feedback: a score from -1 to 1, and what was said about it."""

from typing import Any

from groundswell.models.capture.news import turn_id
from groundswell.models.capture.records import Attributes
from groundswell.models.capture.values import label

EVALUATION = "gen_ai.evaluation.result"

_GOOD = frozenset(
    {"pass", "passed", "good", "positive", "correct", "yes", "true", "like", "thumbs_up", "thumbs-up", "up"}
)
_BAD = frozenset(
    {
        "fail",
        "failed",
        "bad",
        "negative",
        "incorrect",
        "no",
        "false",
        "dislike",
        "thumbs_down",
        "thumbs-down",
        "down",
    }
)


def feedback_of(attributes: Attributes) -> dict[str, Any] | None:
    """Return the feedback in an evaluation, or None if it has no score that can be placed."""
    score = score_of(
        attributes.get("gen_ai.evaluation.score.label"), attributes.get("gen_ai.evaluation.score.value")
    )
    if score is None:
        return None
    comment = label(attributes.get("gen_ai.evaluation.explanation"), 10_000)
    return {"score": score} | ({"comment": comment} if comment else {})


def score_of(named: Any, value: Any) -> float | None:
    """Return a score from -1 to 1, or None.

    A label that says good or bad decides. A number from 0 to 1 is a share, as evaluators give it
    (0 is the worst); a negative one down to -1 is taken as it is. Other scales are not guessed.

    >>> score_of("Pass", 0.2), score_of(None, 0.75), score_of(None, -0.5), score_of(None, 4)
    (1.0, 0.5, -0.5, None)
    """
    word = named.strip().lower().replace(" ", "_") if isinstance(named, str) else ""
    if word in _GOOD or word in _BAD:
        return 1.0 if word in _GOOD else -1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        return None
    return float(value) if value < 0 else 2.0 * value - 1.0


def feedback_id(attributes: Attributes, trace_id: str, span_id: str) -> str:
    """Return the id of a piece of feedback: one evaluation of one span is one, however often it is sent."""
    name = label(attributes.get("gen_ai.evaluation.name"))
    return turn_id("feedback", trace_id, span_id, name, label(attributes.get("gen_ai.response.id")))
