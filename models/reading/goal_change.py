"""Whether a need opens a new goal, told from how it follows what was said before.

A linear score by hand-rounded weights, fitted by logistic regression to one half of STAR's dialogues,
joined in pairs with and without the closing exchange between them; `benchmarks/reading.py` measures on
the other half. Similarity decides most; the rest tells a change of subject from an answer: what answers
the agent's question, repeats the agent's words or starts with yes or no goes on with the goal at hand.
"""

import math
from enum import IntEnum

from groundswell.models.reading.expectation import invites
from groundswell.models.reading.language import spoken
from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.signals import user_signals
from groundswell.models.reading.wording import Wording

#: Shorter turns continue what was said before.
MIN_WORDS = 3
#: Words of fewer letters are left out where words are compared: most of them are function words.
_CONTENT_LETTERS = 4
#: The lowest similarity that still says something.
_UNLIKE = -0.2
#: First words that greet, in the languages that phrases are read in.
_GREETINGS = frozenset(
    (
        "hi",
        "hello",
        "hey",
        "hola",
        "buenas",
        "buenos",
        "hallo",
        "moin",
        "bonjour",
        "bonsoir",
        "salut",
        "olá",
        "oi",
    )
)

BIAS = -2.65
SIMILARITY = -7.5  # times the greatest centred cosine to the goal's last needs
REPEATED_WORDS = -4.7  # times the share of the need's words that the agent's last text has
ASKED = -0.6  # the agent's question is pending
SINCE = 1.0  # times the logarithm of the turns since the last need
CLOSED = 1.5  # the goal was closed, see `Closure`
INVITED = 2.5  # it was not, but the agent's last text offers help
FAREWELL = 1.8  # the agent took leave
GREETS = 5.6  # the user greets
YES_OR_NO = -2.7  # the need starts with yes or no
WANTS = 1.6  # it says what is wanted in so many words


class Closure(IntEnum):
    """What has been said, since the last need, that would end a goal."""

    OPEN = 0
    DONE = 1  # the agent stated completion
    CLOSED = 2  # the agent asked for anything else, or the user took leave


def opens_goal(
    wording: Wording, similarity: float, agent_text: str, closure: Closure, *, asked: bool, since: int
) -> bool:
    """Return whether a need starts a new goal.

    Args:
        wording: the need's words.
        similarity: the greatest cosine to the goal's last needs, all centred on the agent's mean.
        agent_text: the agent's last text.
        closure: what has been said that would end the goal at hand.
        asked: whether a question of the agent is pending.
        since: turns and calls since the last need, at least 1.
    """
    if len(wording.words) < MIN_WORDS:
        return False
    score = BIAS + SIMILARITY * max(similarity, _UNLIKE) + SINCE * math.log(max(since, 1))
    score += ASKED * asked + REPEATED_WORDS * _repeated(wording.words, agent_text)
    return score + _closing(agent_text, closure) + _opening(wording) > 0


def _closing(agent_text: str, closure: Closure) -> float:
    """Return how much of an end the agent made."""
    score = FAREWELL if Signal.FAREWELL in user_signals(agent_text) else 0.0
    if closure is Closure.CLOSED:
        return score + CLOSED
    return score + (INVITED if agent_text and invites(agent_text) else 0.0)


def _opening(wording: Wording) -> float:
    """Return how much of a beginning the need's wording is."""
    acts = [language.acts for language in spoken(wording.words)]
    score = GREETS if wording.words[0] in _GREETINGS else 0.0
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
