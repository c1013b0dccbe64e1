"""What words say, whatever their form and order: stems of content, and whether something is denied."""

from collections.abc import Iterable
from functools import lru_cache

from groundswell.models.naming.clauses import clauses
from groundswell.models.naming.lexicon import DENIALS, Part
from groundswell.models.naming.tokens import Token

DENYING = "\x01"  # stands among stems where something is denied; no stem is spelled so


def sense(tokens: Iterable[Token]) -> frozenset[str]:
    """Return the stems of the words of content, and a sign where something is denied."""
    return frozenset(
        DENYING if token.part in DENIALS else token.stem
        for token in tokens
        if token.part is Part.CONTENT or token.part in DENIALS
    )


@lru_cache(maxsize=8_192)
def sense_of(text: str) -> frozenset[str]:
    """Return what a name or a turn says, but for codes."""
    return sense(token for clause in clauses(text) for token in clause.tokens if not token.code)


@lru_cache(maxsize=8_192)
def all_said(text: str) -> frozenset[str]:
    """Return the stems of all that is left of a turn, and a sign where something is denied."""
    tokens = [token for clause in clauses(text) for token in clause.tokens]
    return frozenset(token.stem for token in tokens) | (sense(tokens) & {DENYING})
