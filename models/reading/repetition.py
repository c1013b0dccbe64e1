"""Whether an agent, or a user, says the same thing twice.

Judged by the words, not by embeddings: agents' turns are not embedded, which halves the cost of
reading, and a loop is verbatim or nearly so. "Same digits" keeps two different dates or prices apart.

A user's are embedded, but the same frame around another value ("the rating of the Hyatt in the north")
is as near as the same need in other words. So a rephrase must follow a refusal without a new
value, insist, or be nearly verbatim.
"""

import re

from groundswell.models.reading.language import spoken
from groundswell.models.reading.wording import Wording, ends, fold, spaced

#: Shorter texts ("Anything else?") are repeated for good reasons.
MIN_WORDS = 4
#: Jaccard similarity of the two sets of words.
NEARLY = 0.9
#: Cosine to one of the last needs: the same need in other words, of eight words or more and of fewer...
REPHRASE, SHORT_WORDS, SHORT_REPHRASE = 0.80, 8, 0.90
#: ...and nearly the same words, which say it again even where it was not refused; of six words or more.
VERBATIM, VERBATIM_WORDS = 0.97, 6

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_DIGITS = re.compile(r"\d+")


def says_the_same(text: str, before: str) -> bool:
    """Return whether two texts have nearly the same words and exactly the same numbers."""
    if not before:
        return False
    text, before = _read(text), _read(before)
    words = _WORD.findall(text)
    if len(words) < MIN_WORDS:
        return False
    if text == before:
        return True
    now, then = set(words), set(_WORD.findall(before))
    if len(now & then) <= NEARLY * len(now | then):
        return False
    return _DIGITS.findall(text) == _DIGITS.findall(before)


def says_again(wording: Wording, likeness: float, *, refused: bool) -> bool:
    """Return whether a need, so similar to an earlier one, is that one said again.

    *refused*: the agent's last text refused or did not understand.
    """
    words = len(wording.words)
    if likeness <= (REPHRASE if words >= SHORT_WORDS else SHORT_REPHRASE):
        return False
    read_in = [language.acts for language in spoken(wording.words)]
    if any(acts.yes_no.search(wording.plain) or acts.thanks.search(wording.plain) for acts in read_in):
        return False
    if likeness > VERBATIM and words >= VERBATIM_WORDS:
        return True
    if any(acts.alternatives.search(wording.plain) for acts in read_in):
        return False
    if any(acts.insists.search(wording.plain) for acts in read_in):
        return True
    return refused and _DIGITS.search(wording.plain) is None


def _read(text: str) -> str:
    return spaced(fold(ends(text))).lower()
