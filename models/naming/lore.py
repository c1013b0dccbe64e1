"""What an agent's exemplary turns show of single words: which are names, which are verbs of errands.

One turn cannot tell: "chicago" is written in small letters, "cancel" opens an imperative. Many can.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from groundswell.models.naming.clauses import clauses, introduced
from groundswell.models.naming.lexicon import Part
from groundswell.models.naming.tokens import Token

_SEVERAL = 2  # turns that show a word as a verb, or as an end of a way, before it counts as one


@dataclass(frozen=True, slots=True)
class Lore:
    """Words of one agent, as stems.

    names: those that are mostly written as names within a sentence, or by which users say who they are.
    verbs: those that several turns ask to be done.
    routed: those that several turns go from or to.
    things: pairs "a b" that more turns speak of as one thing than ask for the first to be done to the second:
    "the exchange rate", not "exchange money".
    """

    names: frozenset[str] = frozenset()
    verbs: frozenset[str] = frozenset()
    routed: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()


class WordUse(NamedTuple):
    """The stems that a turn writes as names, that it does not, that shall be done, and that it goes to.

    things, errands: pairs of words side by side, after an article, and of which the first shall be done.
    """

    capital: frozenset[str]
    small: frozenset[str]
    verbs: frozenset[str]
    routed: frozenset[str]
    things: frozenset[str]
    errands: frozenset[str]


@lru_cache(maxsize=8_192)
def use_of(text: str) -> WordUse:
    """Return how a turn uses its words."""
    said = [token for clause in clauses(text) for token in clause.tokens]
    tokens = [token for token in said if not token.code]
    content = [token for token in tokens if token.part is Part.CONTENT]
    pairs = [pair for pair in pairwise(said) if _is_pair(*pair)]
    return WordUse(
        frozenset(token.stem for token in content if token.proper) | introduced(text),
        frozenset(token.stem for token in content if not token.proper and token.place),
        frozenset(token.stem for token in content if token.verb),
        frozenset(token.routed for token in said if token.routed),
        frozenset(f"{one.stem} {other.stem}" for one, other in pairs if one.held),
        frozenset(f"{one.stem} {other.stem}" for one, other in pairs if one.verb),
    )


def _is_pair(one: Token, other: Token) -> bool:
    """Tell whether two words of content stand side by side."""
    parts = one.part is Part.CONTENT and other.part is Part.CONTENT
    return parts and not (one.code or other.code) and other.place == one.place + 1


@dataclass(slots=True)
class LoreBook:
    """Counts over the exemplary turns of an agent, each as often as it is kept."""

    capital: Counter[str] = field(default_factory=Counter)
    small: Counter[str] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    routed: Counter[str] = field(default_factory=Counter)
    things: Counter[str] = field(default_factory=Counter)
    errands: Counter[str] = field(default_factory=Counter)

    def change(self, before: Iterable[str], after: Iterable[str]) -> None:
        """Count turns that are kept, and no longer those that were."""
        gone, new = set(before), set(after)  # a sub-intent keeps no turn twice
        for text, sign in [*((text, 1) for text in new - gone), *((text, -1) for text in gone - new)]:
            books = (self.capital, self.small, self.verbs, self.routed, self.things, self.errands)
            for counts, stems in zip(books, use_of(text), strict=True):
                for one in stems:
                    counts[one] += sign

    def lore(self) -> Lore:
        """Return what the turns show."""
        named = (one for one, count in self.capital.items() if count and count >= self.small[one])
        verbs, routed = (
            frozenset(one for one, turns in counts.items() if turns >= _SEVERAL)
            for counts in (self.verbs, self.routed)
        )
        things = (one for one, turns in self.things.items() if turns >= max(_SEVERAL, self.errands[one] + 1))
        return Lore(frozenset(named), verbs, routed, frozenset(things))
