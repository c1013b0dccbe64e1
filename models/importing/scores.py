"""Scores of other systems as feedback: -1 to 1, whatever scale they had.

Only what a person may have meant counts. A judge's score says what a model thought, and comes as no
feedback. A number is read as a share of 0 to 1 (so a thumb down, 0, is -1), a negative one as it is; on
any other scale it says nothing without the scale, and only its comment is kept.
"""

from collections.abc import Mapping
from typing import Any

from groundswell.models.importing.exchange import first

_GOOD = ("positive", "good", "thumbs_up", "thumbsup", "up", "like", "liked", "yes", "true", "correct", "👍")
_BAD = ("negative", "bad", "thumbs_down", "thumbsdown", "down", "dislike", "no", "false", "incorrect", "👎")
_WORDS = {**dict.fromkeys(_GOOD, 1.0), **dict.fromkeys(_BAD, -1.0), "neutral": 0.0}


def centred(value: object) -> float | None:
    """Return a number as -1 to 1, or None if its scale cannot be known.

    >>> centred(1), centred(0), centred(-1), centred(4)
    (1.0, -1.0, -1.0, None)
    """
    if isinstance(value, bool):
        return 1.0 if value else -1.0
    if not isinstance(value, int | float) or not -1 <= value <= 1:
        return None
    return float(value) if value < 0 else 2.0 * value - 1.0


def feedback_of(score: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the feedback in a score of Langfuse (keys in snake case), or None if there is none.

    Fields: https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields
    """
    if str(score.get("source")).upper() == "EVAL":
        return None
    kind, text = str(score.get("data_type")).upper(), score.get("string_value")
    value = score.get("value")
    if kind in ("CATEGORICAL", "TEXT") or isinstance(value, str):
        text = value if isinstance(value, str) else text
        number = _WORDS.get(str(text).strip().lower().replace(" ", "_").replace("-", "_"))
        comment = "\n".join(part for part in (score.get("comment"), text if number is None else None) if part)
        return judged(number, comment)
    return judged(centred(value), score.get("comment"))


def statistic(stats: object) -> dict[str, Any] | None:
    """Return the feedback in one entry of LangSmith's `feedback_stats`, or None if there is none.

    Fields: `n`, `avg`, `comments`, `sources`
    (https://reference.langchain.com/javascript/langsmith/_openapi_client/resources/QueryRunResponse).
    """
    if not isinstance(stats, dict) or not stats.get("n"):
        return None
    sources = stats.get("sources")
    if isinstance(sources, list) and sources and all(_is_judge(source) for source in sources):
        return None
    comments = stats["comments"] if isinstance(stats.get("comments"), list) else []
    told = [comment for comment in comments if isinstance(comment, str) and comment]
    return judged(centred(stats.get("avg")), "\n".join(told))


def judged(score: float | None, comment: object) -> dict[str, Any] | None:
    """Return feedback of a score and a comment, or None without either."""
    said = comment if isinstance(comment, str) and comment else None
    if score is None and said is None:
        return None
    return {"score": score or 0.0} | ({"comment": said} if said else {})


def _is_judge(source: object) -> bool:
    named = first(source, "type") if isinstance(source, dict) else source
    return any(word in str(named).lower() for word in ("eval", "model"))
