"""The rules of a name, whoever proposes it: short, plain, specific, unlike the others, of no one person."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from groundswell.models.naming.clauses import LINK, PLACEHOLDER, clauses, normal, uncoded
from groundswell.models.naming.lexicon import DENIALS, Part
from groundswell.models.naming.stretches import NAME_LIMIT
from groundswell.models.naming.tokens import CODE, WORD

DESCRIPTION_LIMIT = 240  # characters of a description that a model gives
ALIKE = 0.75  # share of common words from which two names are near-duplicates
_SENTENCE = 4  # words
_MARKUP = re.compile(r"[<>{}\\`|*#$~^]|\[|\]|&\w+;")
_LONG_NUMBER = re.compile(r"\d{3,}")


def plain(text: str, limit: int) -> str:
    """Return text on one line without control, format or surrogate characters, cut at a word boundary."""
    visible = text[: 8 * limit]
    if not (visible.isascii() and visible.isprintable()):
        visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in visible)
    line = " ".join(visible.split())
    if len(line) <= limit:
        return line
    head, cut = line[: limit - 1], line[limit - 1]
    if cut != " " and " " in head[limit // 2 :]:
        head = head.rsplit(" ", 1)[0]
    return head.rstrip(" ,.;:") + "…"


def sentence_case(text: str) -> str:
    """Return a name with its first letter as a capital."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    """Return the stems of the content words; of unspaced text, the pairs of characters."""
    found: list[str] = []
    for clause in clauses(text):
        content = [token.stem for token in clause.tokens if token.part is Part.CONTENT and not token.code]
        single = [word for word in content if len(word) == 1]
        found += [word for word in content if len(word) > 1]
        found += [a + b for a, b in pairwise(single)]
    return frozenset(found)


def alike(one: str, other: str) -> bool:
    """Tell whether two names are near-duplicates."""
    a, b = stems(one), stems(other)
    return bool(a and b and len(a & b) / len(a | b) >= ALIKE) or one.casefold() == other.casefold()


def is_generic(name: str) -> bool:
    """Tell whether a name says nothing that sets an intent apart: it needs two words that carry it.

    One is a word of content; the other may be a verb of every errand, or a denial. A sentence needs one.
    """
    tokens = [token for clause in clauses(name) for token in clause.tokens if not token.code]
    content = {token.stem for token in tokens if token.part is Part.CONTENT}
    carried = any(token.part in (Part.LIGHT, *DENIALS) or token.lacked for token in tokens)
    sentence = len(WORD.findall(name)) >= _SENTENCE
    return len(content) < 2 and not (content and (carried or sentence))


def faults(name: str, taken: Iterable[str] = ()) -> list[str]:
    """Return what is wrong with a name, in words; nothing where it may be used."""
    found = []
    if not 0 < len(name) <= NAME_LIMIT:
        found.append(f"must have 1 to {NAME_LIMIT} characters, not {len(name)}")
    if plain(name, NAME_LIMIT) != name:
        found.append("must be one line of plain text")
    if _is_marked(name):
        found.append("must hold no address and no markup")
    if _is_coded(name):
        found.append("must hold no number or code of one user")
    if is_generic(name):
        found.append("must say what is wanted: it is made of words that every turn has")
    found += [f"is too much like {other!r}" for other in taken if alike(name, other)][:1]
    return found


def _is_marked(text: str) -> bool:
    return bool(_MARKUP.search(text) or LINK.search(text) or PLACEHOLDER.search(text.lower()))


def _is_coded(text: str) -> bool:
    return bool(_LONG_NUMBER.search(text)) or CODE in uncoded(normal(text))


def suggestion_faults(name: str, said: Sequence[str], taken: Iterable[str] = ()) -> list[str]:
    """Return what is wrong with a name that a model suggests: the rules of every name, and where it is from.

    It must share a word of content with what was *said* (examples, terms), so that it is of the intent and
    not of the model, and hold none that may be a person's name there.
    """
    found = faults(name, taken)
    words = stems(name)
    tokens = [token for text in said for clause in clauses(text) for token in clause.tokens]
    if not words & {one for text in said for one in stems(text)}:
        found.append("must share a word with what users said")
    if words & {token.stem for token in tokens if token.proper}:
        found.append("must hold no word that may be a name of one person")
    return found


def fit_description(text: str) -> str:
    """Return a model's description as it may be kept: plain, bounded, of no one user; else the empty text."""
    line = plain(text, DESCRIPTION_LIMIT)
    return "" if _is_marked(line) or _is_coded(line) else line


def is_exemplary(text: str) -> bool:
    """Tell whether a turn can stand for its intent: it has more than a word."""
    return len(WORD.findall(text[:120])) >= 2


def shortest_first(texts: Sequence[str], words: int) -> list[str]:
    """Return texts in their order, but those of at most so many words first."""
    return sorted(texts, key=lambda text: len(text.split()) > words)
