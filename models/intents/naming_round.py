"""One round of naming: the intents whose names are due, largest first, and those whose names they contest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from groundswell.models.intents.intent_name import IntentName, NameReason
from groundswell.models.intents.intent_words import IntentWords
from groundswell.models.intents.renewal import offer_of, renewed
from groundswell.models.intents.word_book import WordBook
from groundswell.models.naming.makeshift import is_makeshift
from groundswell.models.naming.rules import alike
from groundswell.models.record import Vector

CLAIM = 1.5  # times the share of turns that say all words of a name: it goes to the intent that has it


@dataclass(slots=True)
class NamingRound:
    """The names of the live intents while some of them are looked at.

    words, groups, centres: what sub-intents say, which of them each intent has, and where it is.
    told: names that no new one may be like.
    named: the names as they are, changed in place.
    """

    words: WordBook
    groups: Mapping[str, Sequence[str]]
    centres: Mapping[str, Vector]
    told: Sequence[str]
    named: dict[str, IntentName]
    _looked: set[str] = field(default_factory=set)

    def run(self, due: Mapping[str, NameReason]) -> None:
        """Look at the names that are due; each intent loses its name to another at most once."""
        said = {intent: IntentWords.of(self.words, self.groups[intent]) for intent in due}
        self._looked.update(due)
        for intent in sorted(due, key=lambda i: (-said[i].turns, i)):
            words, why, kept = said[intent], due[intent], self.named.get(intent)
            offer = offer_of(intent, words, kept)
            one = renewed(offer, words, kept, why, self._others(intent))
            if self._yields(one.wanted, words):
                one = renewed(offer, words, kept, why, self._others(intent))
            self.named[intent] = one.seen(words.turns, self.centres.get(intent))

    def _others(self, intent: str) -> list[str]:
        """Return the names that one of an intent may not be like."""
        return [*self.told, *(one.name for other, one in sorted(self.named.items()) if other != intent)]

    def _yields(self, name: str, words: IntentWords) -> bool:
        """Look at the intent that has a name which another wants; return whether it has another now."""
        among = (
            intent
            for intent, one in sorted(self.named.items())
            if intent not in self._looked and one.by == "machine" and alike(one.name, name)
        )
        holder = next(among, None) if name else None
        if holder is None:
            return False
        self._looked.add(holder)
        own, held = IntentWords.of(self.words, self.groups[holder]), self.named[holder]
        claimed = [name] if words.share(name) > CLAIM * own.share(name) else []
        offer = offer_of(holder, own, held)
        one = renewed(offer, own, held, "contested", [*self._others(holder), *claimed])
        if is_makeshift(one.name):
            return False
        self.named[holder] = one.seen(own.turns, self.centres.get(holder))
        return one.name != held.name
