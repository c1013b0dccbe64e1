"""From exemplary turns and ranked terms to a name unlike the others."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import NamedTuple

from groundswell.models.naming.distinct import NEAR, beside, first_distinct, tells_less
from groundswell.models.naming.makeshift import free_terms, made_up
from groundswell.models.naming.phrase import Phrase
from groundswell.models.naming.phrases import phrases
from groundswell.models.naming.rules import sentence_case
from groundswell.models.naming.sense import DENYING, sense_of
from groundswell.models.naming.weights import Weights

_FULLER = 0.6  # of the best's worth: a phrase that says more of a thing goes before its bare name ...
_OFTEN = 0.15  # ... if so many of the turns say each further word
_ACTING = 0.7  # of it: so does one that says what is to be done
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
        """Return what a name is worth, None where no exemplary turn says it."""
        return self.offered.get(sense_of(name))


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
        found = _fuller(phrases(examples, weights, replies), weights)
        return cls(intent, examples, ranked, weights, replies, found)

    def choose(self, taken: Sequence[str]) -> Choice:
        """Return a specific name unlike those taken.

        A phrase of a turn; a phrase with the term that sets it apart; terms alone; a term with what was
        said; or, where all of this fails, the end of the intent's id.
        """
        offered = {phrase.stems: phrase.score for phrase in self.found}
        wanted, _ = first_distinct(self.found, (), NEAR)
        best, liked = (wanted.score, sentence_case(wanted.text)) if wanted is not None else (0.0, "")
        chosen, part = first_distinct(self.found, taken, NEAR)
        lacks = wanted is not None and (chosen is None or tells_less(chosen, wanted))
        if wanted is not None and lacks and (both := beside(wanted, self.found, taken, self.replies)):
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


def _fuller(found: Sequence[Phrase], weights: Weights) -> Sequence[Phrase]:
    """Return phrases with the one before a bare name of a thing, the best, that says more of that thing.

    Not "disposable cards", where many ask for the "limit on disposable cards".
    """
    if not found or found[0].acts:
        return found
    best = found[0]
    bare = not best.told and DENYING not in best.stems
    for one in found:
        if one.score < _FULLER * best.score:
            break
        more = one.stems - best.stems - {DENYING}
        fuller = best.stems < one.stems and all(weights.share(stem) >= _OFTEN for stem in more)
        if fuller or (bare and one.acts and one.score >= _ACTING * best.score):
            first = one._replace(score=best.score) if fuller else one
            return [first, *(other for other in found if other is not one)]
    return found
