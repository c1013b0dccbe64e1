"""What the agent's last text expects of the user: the gate's context features.

The same words are a need at the start of a conversation and a slot value after a question.
"""

import math
import re
from collections.abc import Sequence

from groundswell.models.reading.language import LANGUAGES, spoken
from groundswell.models.reading.surface import FEATURES
from groundswell.models.reading.wording import Wording, fold

EXPECTATIONS = (
    "invited to say it",
    "asked for something else",
    "a reply that asks for nothing",
    "agrees to a proposal",
    "only answers",
    "log words beyond the answer",
    "asks beyond the answer",
)
#: Characters at the end of the agent's text that are looked at.
TAIL = 160
#: Characters at its end in which it takes leave.
_FAREWELL_TAIL = 60
_INVITED = [1.0] + [0.0] * (len(EXPECTATIONS) - 1)
_NO_FORM, _YES_NO = FEATURES.index("no asking form"), FEATURES.index("starts with yes or no")


def _any(patterns: Sequence[re.Pattern[str]]) -> re.Pattern[str]:
    return re.compile("|".join(pattern.pattern for pattern in patterns))


# An agent's question that invites a need instead of asking for a slot, in any language.
_OPEN_OFFER = _any([language.open_offer for language in LANGUAGES])
_FAREWELL = _any([language.farewell for language in LANGUAGES])
_SLOT_REQUEST = _any([language.slot_request for language in LANGUAGES])
_PROPOSAL = _any([language.proposal for language in LANGUAGES])
_ADDITION = _any([language.acts.additions for language in LANGUAGES])


def invites(agent_text: str) -> bool:
    """Return whether nothing was said yet, or the agent's text ends in an open offer of help."""
    return _invites(_end(agent_text))


def expects_nothing(agent_text: str) -> bool:
    """Return whether whatever comes next comes of itself: `invites`, or the agent took leave."""
    return _expects_nothing(_end(agent_text))


def replies_to_long_text(agent_text: str) -> bool:
    """Return whether the agent's text fills what is looked at of it, and expects a reply."""
    return len(agent_text.rstrip()) >= TAIL and not expects_nothing(agent_text)


def expectation(wording: Wording, acts: Sequence[float], agent_text: str) -> list[float]:
    """Return the features that `EXPECTATIONS` names, 0 to 3.5; *acts* are the turn's surface features."""
    end = _end(agent_text)
    if _expects_nothing(end):
        return _INVITED
    agrees = (
        acts[_YES_NO] > 0
        and not wording.has_question_mark
        and _PROPOSAL.search(end) is not None
        and _ADDITION.search(wording.plain) is None
    )
    rest, asks = beyond_the_answer(wording)
    return [
        0.0,
        float(_demands(end)),
        float(acts[_NO_FORM] > 0),
        float(agrees),
        float(not rest),
        min(math.log1p(rest), 3.5),
        float(asks),
    ]


def beyond_the_answer(wording: Wording) -> tuple[int, bool]:
    """Return how many words are in no clause that answers or agrees, and whether they ask for anything.

    "My id is 12, please go ahead" is an answer; "my id is 12, and can I change the date?" is a need too.
    """
    rest, read_in = wording.plain, [language.acts for language in spoken(wording.words)]
    for acts in read_in:
        rest = acts.answers.sub("", rest)
    asks = any(
        form.search(rest)
        for acts in read_in
        for form in (acts.imperative, acts.wants, acts.asks, acts.problems, acts.question)
    )
    return len(rest.split()), asks


def _end(agent_text: str) -> str:
    return fold(agent_text.rstrip()[-TAIL:]).lower()


def _invites(end: str) -> bool:
    return not end or (_is_question(end) and _OPEN_OFFER.search(end) is not None)


def _expects_nothing(end: str) -> bool:
    return _invites(end) or (not _is_question(end) and _FAREWELL.search(end[-_FAREWELL_TAIL:]) is not None)


def _demands(end: str) -> bool:
    return _is_question(end) or _SLOT_REQUEST.search(end) is not None


def _is_question(end: str) -> bool:
    return end.endswith(("?", "？", "؟"))
