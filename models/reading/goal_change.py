"""Whether a need opens a new goal, told from how it follows what was said before.

A linear score by hand-rounded weights, fitted by logistic regression to one half of STAR's dialogues,
joined in pairs with and without the closing exchange between them; `benchmarks/reading.py` measures on
the other half. Similarity decides most; the rest tells a change of subject from an answer: what answers
the agent's question, repeats the agent's words or starts with yes or no goes on with the goal at hand, and
a goal that has lasted for a while, with a tool at work, is more likely to be over.
"""

import math
from dataclasses import dataclass
from enum import IntEnum

from groundswell.models.reading.expectation import invites
from groundswell.models.reading.language import spoken
from groundswell.models.reading.parting import greets
from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.signals import says
from groundswell.models.reading.wording import Wording

#: Shorter turns continue what was said before.
MIN_WORDS = 3
#: Words of fewer letters are left out where words are compared: most of them are function words.
_CONTENT_LETTERS = 4
#: The lowest similarity that still says something.
_UNLIKE = -0.2
BIAS = -4.75
SIMILARITY = -7.5  # times the greatest centred cosine to the goal's last needs
REPEATED_WORDS = -3.7  # times the share of the need's words that the agent's last text has
ASKED = -0.5  # the agent's question is pending
SINCE = 0.3  # times the logarithm of the turns since the last need
LASTED = 1.5  # times the logarithm of the turns of the goal at hand, of at most `_LONG`
WORKED = 1.2  # a tool has worked for it
CLOSED = 1.0  # the goal was closed, see `Closure`
LEFT = 4.0  # the user took leave, too seldom there for a fit: set by hand
INVITED = 2.9  # it was not, but the agent's last text offers help
FAREWELL = 1.7  # the agent took leave
BEGUN = 3.0  # a greeting or an offer of help came before it: set by hand, the pairs told nothing of it
GREETS = 6.0  # the user greets
YES_OR_NO = -2.1  # the need starts with yes or no
WANTS = 0.9  # it says what is wanted in so many words
QUESTION = -1.3  # it has a question mark: what is asked about is mostly the goal at hand
#: Turns after which a goal is as likely to end as ever: STAR's have 13 in the middle, one in 20 more than 22.
_LONG = 22


class Closure(IntEnum):
    """What has been said, since the last need, that would end a goal."""

    OPEN = 0
    DONE = 1  # the agent stated completion
    CLOSED = 2  # the agent asked for anything else, or the user gave thanks
    LEFT = 3  # the user took leave


@dataclass(frozen=True, slots=True)
class Goal:
    """How the goal at hand stands when a need comes.

    `closure` is what has been said that would end it, `agent_text` the agent's last text, `asked` whether a
    question of the agent is pending, `worked` whether a tool has worked for it; it has lasted for `turns`,
    and `since` the last need it is as many turns and calls, at least 1. `begun`: the user greeted since then,
    or was offered help, see `Parting`.
    """

    closure: Closure
    agent_text: str
    asked: bool
    worked: bool
    turns: int
    since: int
    begun: bool = False


def opens_goal(wording: Wording, similarity: float, goal: Goal) -> bool:
    """Return whether a need of these words starts a new goal.

    *similarity* is the greatest cosine to the last needs of the goal, all centred on the mean of the agent.
    """
    if len(wording.words) < MIN_WORDS:
        return False
    score = BIAS + SIMILARITY * max(similarity, _UNLIKE) + SINCE * math.log(max(goal.since, 1))
    score += LASTED * math.log(min(max(goal.turns, 1), _LONG)) + WORKED * goal.worked
    score += ASKED * goal.asked + REPEATED_WORDS * _repeated(wording.words, goal.agent_text)
    score += BEGUN * goal.begun
    return score + _closing(goal.agent_text, goal.closure) + _opening(wording) > 0


def _closing(agent_text: str, closure: Closure) -> float:
    """Return how much of an end the agent made."""
    score = FAREWELL if says(agent_text, (Signal.FAREWELL,)) else 0.0
    if closure >= Closure.CLOSED:
        return score + (LEFT if closure is Closure.LEFT else CLOSED)
    return score + (INVITED if agent_text and invites(agent_text) else 0.0)


def _opening(wording: Wording) -> float:
    """Return how much of a beginning the need's wording is."""
    acts = [language.acts for language in spoken(wording.words)]
    score = GREETS if greets(wording) else 0.0
    score += QUESTION * wording.has_question_mark
    score += YES_OR_NO if any(each.yes_no.search(wording.plain) for each in acts) else 0.0
    return score + (WANTS if any(each.wants.search(wording.plain) for each in acts) else 0.0)


def _repeated(words: list[str], agent_text: str) -> float:
    """Return the share of the content words that *agent_text* has too."""
    content = {word for word in words if len(word) >= _CONTENT_LETTERS}
    if not content:
        return 0.0
    said = set(Wording.of(agent_text).words) if len(agent_text) <= 400 else _all_words(agent_text)
    return len(content & said) / len(content)


def _all_words(agent_text: str) -> set[str]:
    """Return the words of a text that is kept with both of its ends."""
    return {*Wording.of(agent_text).words, *Wording.of(agent_text[400:]).words}
