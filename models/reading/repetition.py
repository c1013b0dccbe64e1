"""Whether an agent says the same thing twice.

Judged by the words, not by embeddings: agents' turns are not embedded, which halves the cost of
reading, and a loop is verbatim or nearly so. "Same digits" keeps two different dates or prices apart.
"""

import re

from groundswell.models.reading.wording import ends, fold, spaced

#: Shorter texts ("Anything else?") are repeated for good reasons.
MIN_WORDS = 4
#: Jaccard similarity of the two sets of words.
NEARLY = 0.9

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


def _read(text: str) -> str:
    return spaced(fold(ends(text))).lower()
