"""The names of an agent's intents: given at birth, and kept until the intent has really moved."""

from collections.abc import Iterable, Mapping, Sequence

import orjson

from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.intent_name import IntentName, NameReason
from groundswell.models.intents.intent_words import IntentWords
from groundswell.models.intents.naming_round import NamingRound
from groundswell.models.intents.renewal import cause, fresh_name, is_free, offer_of
from groundswell.models.intents.word_book import WordBook, slot_record
from groundswell.models.record import StateRecord, Vector

RETIRED = 128  # names of vanished intents that are kept, should they return
KEPT = "names"


class NameBook:
    """What each sub-intent says (`WordBook`), and the names in use."""

    def __init__(self, slots: int = 1024) -> None:
        self._words = WordBook(slots)
        self._kept: dict[str, IntentName] = {}
        self._retired: dict[str, IntentName] = {}
        self._renamed = False

    def record_names(self) -> list[str]:
        """Return the name of every record this book can write."""
        return [KEPT, *(slot_record(i) for i in range(len(self._words)))]

    def observe(self, fine: str, turn: Example) -> None:
        """Take in a turn of a sub-intent, its text whole."""
        self._words.observe(fine, turn)

    def drop(self, fine: str) -> None:
        """Forget a sub-intent."""
        self._words.drop(fine)

    def fold(self, old: str, new: str) -> None:
        """Add what is known of a vanished sub-intent to the one that took its place."""
        self._words.fold(old, new)

    def lacks(self, fines: Iterable[str]) -> bool:
        """Return whether nothing is known of one of these sub-intents."""
        return any(fine not in self._words for fine in fines)

    def settle(self, owners: Mapping[int, str]) -> None:
        """Give sub-intents that have said nothing yet the turns of their micro-clusters (owners)."""
        self._words.settle(owners)

    def turns(self, fines: Iterable[str]) -> dict[str, int]:
        """Return the turns of each sub-intent that is known."""
        return {entry.fine: entry.turns for entry in self._words.found(fines)}

    def forget(self, conversation: str) -> set[str]:
        """Drop a conversation's exemplary turns, kept as examples of any sub-intent.

        Returns the intents whose name or example was of them: they are named anew when next asked for.
        """
        self._words.forget(conversation)
        stale = {intent for intent, kept in self._kept.items() if kept.rests_on(conversation)}
        gone = {intent for intent, kept in self._retired.items() if kept.rests_on(conversation)}
        for intent in stale:
            self._kept[intent] = self._kept[intent].erased()
        for intent in gone:
            del self._retired[intent]
        self._renamed = self._renamed or bool(stale or gone)
        return stale

    def kept(self, intent: str) -> IntentName | None:
        """Return the name in use of a live intent."""
        return self._kept.get(intent)

    def keep(self, intent: str, name: IntentName) -> None:
        """Give an intent that is live again the name that it had, to be kept while it fits."""
        self._kept[intent] = name
        self._renamed = True

    def forget_words(self, fines: Iterable[str]) -> None:
        """Drop the terms of sub-intents that so few turns said that they may be one person's own."""
        self._words.forget_words(fines)

    def name(self, fines: Sequence[str], intent: str = "") -> IntentName:
        """Return the name that sub-intents would have together, looking at no other name."""
        words = IntentWords.of(self._words, fines)
        return fresh_name(offer_of(intent or "".join(fines[:1]), words), words, [])[0]

    def name_all(
        self,
        groups: Mapping[str, Sequence[str]],
        centres: Mapping[str, Vector] | None = None,
        merged: Iterable[str] = (),
        reserved: Iterable[str] = (),
    ) -> dict[str, IntentName]:
        """Return a name for every live intent, no two alike.

        A name is kept until the intent's centre has moved, it has taken in another, or it has become many
        times what it was named from; and even then if it still says what sets the intent apart. The
        names of intents that are not given are put away, and used again should they return.

        Args:
            groups: intent -> its sub-intents.
            centres: intent -> its centre, of one dimension whenever called.
            merged: intents that took in another one.
            reserved: names that no new one may be like.
        """
        centres, joined, before, told = centres or {}, set(merged), self._kept, list(reserved)
        self._put_away(groups.keys())
        named: dict[str, IntentName] = {}
        due: dict[str, NameReason] = {}
        for intent in sorted(groups):
            kept = self._kept.get(intent) or self._returned(intent, named)
            turns = sum(self.turns(groups[intent]).values())
            free = kept is not None and self._is_free(intent, kept.wanted, told)
            why = cause(kept, turns, centres.get(intent), has_merged=intent in joined, is_free=free)
            if kept is not None:
                named[intent] = kept if kept.centre else kept.seen(kept.turns, centres.get(intent))
            if why is not None:
                due[intent] = why
        NamingRound(self._words, groups, centres, told, named).run(due)
        self._renamed = self._renamed or named != before
        self._kept = named
        return {intent: named[intent] for intent in sorted(named)}

    def _is_free(self, intent: str, name: str, told: Sequence[str]) -> bool:
        """Tell whether a name that an intent wanted is like none of the others' any more."""
        others = (one.name for other, one in self._kept.items() if other != intent)
        return bool(name) and is_free(name, [*told, *others])

    def _put_away(self, living: Iterable[str]) -> None:
        gone = self._kept.keys() - set(living)
        for intent in sorted(gone):
            self._retired.pop(intent, None)
            self._retired[intent] = self._kept[intent]
        for intent in list(self._retired)[: max(0, len(self._retired) - RETIRED)]:
            del self._retired[intent]
        self._kept = {intent: kept for intent, kept in self._kept.items() if intent not in gone}
        self._renamed = self._renamed or bool(gone)

    def _returned(self, intent: str, named: Mapping[str, IntentName]) -> IntentName | None:
        """Return the former name of an intent that is back, unless another has taken it meanwhile."""
        former = self._retired.pop(intent, None)
        others = [other.name for other in (*named.values(), *self._kept.values())]
        return former if former is not None and is_free(former.name, others) else None

    def examples(self, fines: Sequence[str]) -> list[Example]:
        """Return the exemplary turns of sub-intents, the closest to their centroids first."""
        kept = [example for entry in self._words.found(fines) for example in entry.examples]
        return sorted(kept, key=lambda one: (-one.closeness, one.text))

    def changes(self) -> dict[str, StateRecord]:
        """Return the records that changed since the last call, in a fixed order."""
        records = {}
        if self._renamed:
            kept = {intent: one.to_json() for intent, one in sorted(self._kept.items())}
            retired = [[intent, one.to_json()] for intent, one in self._retired.items()]
            records[KEPT] = StateRecord(orjson.dumps({"kept": kept, "retired": retired}))
        self._renamed = False
        return {**records, **self._words.changes()}

    @classmethod
    def restore(cls, records: Mapping[str, StateRecord], slots: int = 1024) -> "NameBook":
        """Rebuild a book from the newest version of every record it wrote."""
        book = cls(slots)
        book._words = WordBook.restore(records, slots)
        if KEPT in records:
            document = orjson.loads(records[KEPT].payload)
            book._kept = {intent: IntentName.of_json(one) for intent, one in document["kept"].items()}
            book._retired = {intent: IntentName.of_json(one) for intent, one in document["retired"]}
        return book
