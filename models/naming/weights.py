"""What the words of an intent are worth in a name: class-based TF-IDF (Grootendorst, 2022), less a price."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from groundswell.models.naming.lore import Lore
from groundswell.models.naming.tokens import Token

CONTENT_PRICE = 0.2  # of the strongest weight, for each content word
RARE_PRICE = 0.5  # and for a content word that hardly anybody else said
TOLD = 1.5  # times that a phrase is worth which says something of something
NOUN = 0.75  # times that one is worth which neither asks for anything nor says something of it
DENIED = 1.25  # times that one is worth which denies something: what is not so is what hurts
MANY = 12  # turns from which ...
_VALUE = 0.15  # ... a word said by fewer than this share of those that say the most common is a value
_LABEL = 0.6  # or than this, if it is written as a name
#: Turns of the agent, and share of the intent's, from which a capitalised word is no person's name.
_KNOWN = ((100, 0.2), (40, 0.5))
_NO_LORE = Lore()


@dataclass(frozen=True, slots=True)
class Weights:
    """What sets an intent apart from the agent's others.

    weight: of the stem of a word, or of a pair "a b".
    common: turns of the intent that say a stem.
    known: turns of the agent that say a stem.
    turns: turns of the intent.
    top, most: the weight of the strongest word, and how many turns say the most common one.
    lore: what the agent's turns show of single words.
    told: times that a phrase is worth which says something of something.
    noun: times that one is worth which neither asks for anything nor says something of it.
    denied: times that one is worth which denies something.
    """

    weight: Mapping[str, float]
    common: Mapping[str, int]
    known: Mapping[str, int]
    turns: int
    top: float
    most: int
    lore: Lore = _NO_LORE
    told: float = TOLD
    noun: float = NOUN
    denied: float = DENIED

    @classmethod
    def of(
        cls,
        own: Mapping[str, int],
        everywhere: Mapping[str, int],
        turns: int,
        all_turns: int,
        lore: Lore = _NO_LORE,
    ) -> "Weights":
        """Weigh the stems that `turns` turns of an intent say (own) against all of the agent's turns."""
        others = max(all_turns - turns, 1)
        weight = {}
        for term, count in own.items():
            here = min(1.0, count / max(turns, 1))
            there = max(everywhere.get(term, 0) - count, 0) / others
            weight[term] = here * math.log(1 + here / (there + 0.5 / others + 0.002))
        named = lore.names | lore.routed  # in no phrase, so no measure of what one is worth
        words = [(term in named, value) for term, value in weight.items() if " " not in term]
        top = max((value for name, value in words if not name), default=0.0)
        return cls(weight, own, everywhere, turns, top, max(own.values(), default=0), lore)

    @property
    def least(self) -> int:
        """Turns that must say a word for it to be no one's own: one where there are few, a twelfth else.

        In a mixture, where no word is said by many, a quarter of those that say the most common one.
        """
        return 1 if self.turns < 4 else max(2, min(self.turns // 12, self.most // 4))

    def worth(self, stem: str) -> float:
        """Return what a content word adds to a phrase."""
        if not self.is_shared(stem):
            return -RARE_PRICE * self.top
        return self.weight.get(stem, 0.0) - CONTENT_PRICE * self.top

    def is_shared(self, stem: str) -> bool:
        """Tell whether enough turns say a word for it to be no one's own."""
        return self.common.get(stem, 0) >= self.least

    def counts(self, stem: str) -> bool:
        """Tell whether a verb is more than one user's way to put it, as far as so many turns can tell."""
        return self.turns < MANY or self.is_shared(stem)

    def share(self, stem: str) -> float:
        """Return the share of the intent's turns that say a word."""
        return self.common.get(stem, 0) / max(self.turns, 1)

    def is_value(self, stem: str) -> bool:
        """Tell whether a word after a preposition fills a slot: "to chicago", as others say "to denver"."""
        return self.turns >= MANY and self.common.get(stem, 0) < _VALUE * self.most

    def fills(self, token: Token) -> bool:
        """Tell whether a word after a preposition fills a slot: a value, or what is written as a name."""
        named = token.label and self.turns >= MANY and self.common.get(token.stem, 0) < _LABEL * self.most
        return named or self.is_value(token.stem)

    def ends(self, token: Token) -> bool:
        """Return whether no phrase crosses a word: a code, or what may be a name: written as one, rarely."""
        if token.code or token.stem in self.lore.routed:
            return True
        if not token.proper and token.stem not in self.lore.names:
            return False
        abbreviated = token.text.isupper() and len(token.text) <= 4  # ATM, JFK
        known, share = self.known.get(token.stem, 0), self.share(token.stem)
        return not (abbreviated or any(known >= turns and share >= part for turns, part in _KNOWN))
