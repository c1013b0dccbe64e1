"""From exemplary turns and ranked terms to a name unlike the others."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from groundswell.models.naming.distinct import NEAR, SIDE, beside, first_distinct, tells_less
from groundswell.models.naming.in_full import in_full
from groundswell.models.naming.makeshift import free_terms, made_up
from groundswell.models.naming.phrase import Phrase
from groundswell.models.naming.phrases import phrases
from groundswell.models.naming.prefer import preferred
from groundswell.models.naming.rules import sentence_case
from groundswell.models.naming.sense import sense_of
from groundswell.models.naming.weights import MANY, Weights

_IN_FULL = 0.75  # of it: what it says in full, where another has its name
_JOINED = 0.5  # of the better one's worth: a name of two phrases


class Choice(NamedTuple):
    """A name, the exemplary turn that it was taken from, and what each phrase that turns offer is worth.

    beside: the turn that the second part of a name of two is from.
    both: whether it names two needs, of which no turn has both.
    part: whether it is only a part of a name that another intent has.
    acts: whether it says what is to be done, or asks.
    best: what the best of them is worth that would do but for the names of others, and `taken` that name.
    """

    name: str
    example: str
    offered: Mapping[frozenset[str], float] = {}
    best: float = 0.0
    taken: str = ""
    acts: bool = False
    beside: str = ""
    both: bool = False
    part: bool = False

    def worth(self, name: str) -> float | None:
        """Return what a name is worth, None where no exemplary turn says it; of two phrases, none does."""
        return None if SIDE in name and name != self.name else self.offered.get(sense_of(name))


@dataclass(frozen=True, slots=True)
class Offer:
    """What its turns offer as the name of an intent, whatever the others are called.

    intent: its id.
    examples: exemplary turns, most central first.
    ranked: the terms of the intent, most distinctive first.
    weights: what sets it apart.
    replies: of the exemplary turns, those that may only answer what the agent asked.
    found: their phrases, best first.
    """

    intent: str
    examples: Sequence[str]
    ranked: Sequence[str]
    weights: Weights
    replies: Set[str]
    found: Sequence[Phrase]

    @classmethod
    def of(
        cls,
        intent: str,
        examples: Sequence[str],
        ranked: Sequence[str],
        weights: Weights,
        replies: Set[str] = frozenset(),
    ) -> "Offer":
        """Seek the phrases of exemplary turns."""
        found = phrases(examples, weights, replies)
        if weights.turns < MANY and found and not any(one.acts for one in found):
            found = [*found, *(one for one in phrases(examples, weights, replies, cheap=True) if one.acts)]
        return cls(intent, examples, ranked, weights, replies, preferred(found, weights))

    def choose(self, taken: Sequence[str]) -> Choice:
        """Return a specific name unlike those taken.

        A phrase of a turn; a phrase with the term that sets it apart; terms alone; a term with what was
        said; or, where all of this fails, the end of the intent's id.
        """
        offered = {phrase.stems: phrase.score for phrase in self.found}
        wanted, _ = first_distinct(self.found, (), NEAR)
        best, liked = (wanted.score, sentence_case(wanted.text)) if wanted is not None else (0.0, "")
        chosen, part = first_distinct(self.found, taken, NEAR)
        if wanted is not None and (one := self._in_full(wanted, chosen, taken)):
            offered = {**offered, one.stems: max(offered.get(one.stems, 0.0), _IN_FULL * best)}
            return Choice(sentence_case(one.text), one.turn, offered, best, liked, acts=True)
        lacks = wanted is not None and (chosen is None or tells_less(chosen, wanted))
        if wanted is not None and lacks and (both := self._beside(wanted, chosen, taken)):
            name, turn = both
            joined = {**offered, sense_of(name): _JOINED * best}
            return Choice(name, wanted.turn, joined, best, liked, wanted.acts, turn)
        if chosen is None:
            cheaper = phrases(self.examples, self.weights, self.replies, cheap=True)
            chosen, other = first_distinct(cheaper, taken, 0.0)
            part = part or other
        if one := chosen or part:
            name = sentence_case(one.text)
            return Choice(name, one.turn, offered, best, liked, one.acts, part=chosen is None)
        terms = free_terms(self.ranked, self.examples, self.weights)
        name, example = made_up(self.intent, self.found, self.examples, terms, taken)
        return Choice(name, example, offered, best, liked)

    def _in_full(self, wanted: Phrase, chosen: Phrase | None, taken: Sequence[str]) -> Phrase | None:
        """Return what is wanted in full, where another intent has its name and no phrase left says more."""
        fuller = chosen is not None and wanted.stems <= chosen.stems
        return in_full(wanted, self.examples, self.weights, taken) if wanted.acts and not fuller else None

    def _beside(self, wanted: Phrase, chosen: Phrase | None, taken: Sequence[str]) -> tuple[str, str] | None:
        """Return what is wanted beside something else, that is to be done too where there is a choice."""
        acting = wanted.acts and chosen is not None
        return beside(wanted, self.found, taken, self.replies, acting=acting)
