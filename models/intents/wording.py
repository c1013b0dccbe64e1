"""From ranked terms and exemplary turns to a name that a person can read."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from groundswell.models.intents.terms import PLACEHOLDER, words

NAME_LIMIT = 60  # characters
LEAST_WORDS = 2  # content words of a name
PHRASES = 2  # parts of a name
ALIKE = 0.6  # share of common words from which two names are near-duplicates
ROOTED = 4  # characters of the shortest word that is inflected


@dataclass(frozen=True, slots=True)
class IntentName:
    """A name (plain text, at most 60 characters), the most distinctive terms, the most central turn."""

    name: str
    terms: tuple[str, ...]
    example: str


def plain(text: str, limit: int) -> str:
    """Return text on one line without control, format or surrogate characters, cut at a word boundary."""
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[: 8 * limit])
    line = " ".join(visible.split())
    if len(line) <= limit:
        return line
    head, cut = line[: limit - 1], line[limit - 1]
    if cut != " " and " " in head[limit // 2 :]:
        head = head.rsplit(" ", 1)[0]
    return head.rstrip(" ,.;:") + "…"


def stem(word: str) -> str:
    """Return the start that plain inflections of a word share: book, books, booked, booking, bookings."""
    for suffixes in (("s",), ("ing", "ed"), ("e",)):
        for suffix in suffixes:
            if word.endswith(suffix) and len(word) - len(suffix) >= ROOTED - 1:
                word = word[: -len(suffix)]
    return word


@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    """Return the stems of the content words."""
    return frozenset(stem(word) for word in words(text))


def phrase_name(ranked: Sequence[str], skip: int = 0) -> str:
    """Join the first terms that share no word; `skip` leaves out that many candidates for the last part.

    Returns the empty text where they hold fewer than two content words.
    """
    parts: list[str] = []
    used: frozenset[str] = frozenset()
    for term in ranked:
        roots = stems(term)
        if not roots or roots & used or len(" / ".join([*parts, term])) > NAME_LIMIT:
            continue
        if len(parts) == PHRASES - 1 and skip:
            skip -= 1
            continue
        parts.append(term)
        used |= roots
        if len(parts) == PHRASES:
            break
    return " / ".join(parts) if len(used) >= LEAST_WORDS else ""


def example_name(example: str) -> str:
    """Return a turn as a name, or the empty text where it says too little."""
    return plain(example, NAME_LIMIT) if stems(example) else ""


def alike(one: str, other: str) -> bool:
    """Tell whether two names are near-duplicates."""
    a, b = stems(one), stems(other)
    return bool(a and b and len(a & b) / len(a | b) >= ALIKE) or one == other


def choose_name(intent: str, ranked: Sequence[str], example: str, taken: Sequence[str]) -> str:
    """Return a specific name unlike those taken: by terms, by the next distinctive term, or by the turn."""
    for skip in range(len(ranked)):
        name = phrase_name(ranked, skip)
        if name and not any(alike(name, other) for other in taken):
            return name
    turn = example_name(example)
    if turn and turn not in taken:
        return turn
    said = phrase_name(ranked) or turn or (f"unclear: {example}" if example else "unclear")
    return f"{plain(said, NAME_LIMIT - 7)} ({intent[-4:]})"


def is_exemplary(text: str) -> bool:
    """Tell whether a turn can stand for its intent: short, and saying something."""
    return 2 <= len(text.split()) <= 12 and not PLACEHOLDER.search(text.lower())
