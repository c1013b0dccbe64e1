"""What of a clause a name passes over: the names and codes that fill its slots."""

from collections.abc import Sequence

from groundswell.models.naming.lexicon import Part
from groundswell.models.naming.tokens import BREAK, CODE, Token
from groundswell.models.naming.weights import Weights

_SLOT_WORDS = 2  # before a code, that say what it is the code of


def without_slots(tokens: tuple[Token, ...], weights: Weights) -> tuple[Token, ...]:
    """Return tokens without names and codes that a preposition leads to and another one stands behind.

    "Change flight [from Boston] [on May 21] to a nonstop one", "address [for order #W123] to my new one".
    """
    kept, place = list[Token](), 0
    while place < len(tokens):
        end = _slot_end(tokens, place, weights) if kept else place
        after = tokens[end] if end < len(tokens) else None
        if end > place and after is not None and after.part is Part.INNER and not after.told:
            place = end
        else:
            kept.append(tokens[place])
            place += 1
    return tuple(kept)


def _slot_end(tokens: Sequence[Token], place: int, weights: Weights) -> int:
    """Return where a preposition with names or codes ends that begins at a place; the place if none does."""
    if tokens[place].part is not Part.INNER or tokens[place].binds:
        return place
    first = place + 1
    while first < min(len(tokens), place + 1 + _SLOT_WORDS) and not weights.ends(tokens[first]):
        if tokens[first].part not in (Part.CONTENT, Part.GENERIC):
            return place
        first += 1
    end = first
    while end < len(tokens) and tokens[end].text != BREAK and weights.ends(tokens[end]):
        end += 1
    fills = end > first and (first == place + 1 or tokens[first].text == CODE)
    return end if fills else place
