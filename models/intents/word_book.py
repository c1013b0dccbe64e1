"""What the turns of an agent say, by sub-intent: counts of terms and exemplary turns, in fixed slots."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

import orjson

from groundswell.models.intents.fine_words import Example, FineWords
from groundswell.models.intents.terms import terms
from groundswell.models.naming.lore import Lore, LoreBook
from groundswell.models.naming.rules import is_exemplary, plain
from groundswell.models.naming.tokens import stem
from groundswell.models.record import StateRecord

EXAMPLE_LIMIT = 200  # characters
LORE_EXAMPLES = 8  # of each sub-intent that are read for what single words are
RARE = 2  # turns: a term that no more said may be of one person alone


class WordBook:
    """When all slots are taken, the sub-intent with the fewest turns gives way.

    heard: turns that say a stem, of a word or a pair, over all sub-intents: the sum of what they keep.
    turns: turns of all of them.
    """

    def __init__(self, slots: int) -> None:
        self.heard: dict[str, int] = {}
        self.turns = 0
        self._slots: list[FineWords | None] = [None] * slots
        self._place: dict[str, int] = {}
        self._dirty: set[int] = set()
        self._touched: set[int] = set()  # since the lore was gathered
        self._read: dict[int, list[str]] = {}  # the turns of each slot that it is from
        self._lore = LoreBook()
        self._known: Lore | None = None

    def __contains__(self, fine: str) -> bool:
        """Return whether anything is known of a sub-intent."""
        return fine in self._place

    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self._slots)

    def observe(self, fine: str, turn: Example) -> None:
        """Take in a turn of a sub-intent, its text whole: it may become an example, which is cut."""
        entry = self._entry(fine)
        entry.turns += 1
        self.turns += 1
        for term in terms(turn.text):
            entry.counts.add(term)
            root = stems_of(term)
            self.heard[root] = self.heard.get(root, 0) + 1
        if entry.counts.crowded:
            self._count(entry, -1)
            entry.counts.purge()
            self._count(entry, 1)
        if (entry.wants(turn) or entry.misses(turn.text)) and is_exemplary(turn.text):
            entry.add_examples([turn._replace(text=plain(turn.text, EXAMPLE_LIMIT))])

    def _count(self, entry: FineWords, sign: int) -> None:
        """Add what an entry keeps to what is heard everywhere, or take it away."""
        for term, count in entry.counts.counts.items():
            root = stems_of(term)
            total = self.heard.get(root, 0) + sign * count
            if total:
                self.heard[root] = total
            else:
                self.heard.pop(root, None)

    def _entry(self, fine: str) -> FineWords:
        place = self._place.get(fine)
        if place is None:
            place = self._free_slot()
            self._slots[place] = FineWords(fine)
            self._place[fine] = place
        self._touch(place)
        entry = self._slots[place]
        assert entry is not None
        return entry

    def _free_slot(self) -> int:
        if len(self._place) < len(self._slots):
            return self._slots.index(None)
        held = [(entry.turns, place) for place, entry in enumerate(self._slots) if entry is not None]
        rarest = self._slots[min(held)[1]]
        assert rarest is not None
        place = self._place[rarest.fine]
        self.drop(rarest.fine)
        return place

    def drop(self, fine: str) -> None:
        """Forget a sub-intent."""
        place = self._place.pop(fine, None)
        entry = self._slots[place] if place is not None else None
        if place is not None and entry is not None:
            self._count(entry, -1)
            self.turns -= entry.turns
            self._slots[place] = None
            self._touch(place)

    def fold(self, old: str, new: str) -> None:
        """Add what is known of a vanished sub-intent to the one that took its place."""
        place = self._place.get(old)
        gone = self._slots[place] if place is not None else None
        if gone is None or old == new:
            return
        self.drop(old)
        entry = self._entry(new)
        self._count(entry, -1)
        entry.counts.merge(gone.counts)
        self._count(entry, 1)
        entry.turns += gone.turns
        self.turns += gone.turns
        entry.add_examples(gone.examples)

    def settle(self, owners: Mapping[int, str]) -> None:
        """Give sub-intents that split off, and have said nothing yet, the exemplary turns that are theirs.

        A turn goes with its micro-cluster (owners: of each, its sub-intent), and its words with it.
        """
        lacking = set(owners.values()) - self._place.keys()
        for entry in [entry for entry in self._slots if entry is not None] if lacking else []:
            for one in [one for one in entry.examples if owners.get(one.micro) in lacking]:
                self._move(one, entry, owners[one.micro])

    def _move(self, one: Example, entry: FineWords, fine: str) -> None:
        self._count(entry, -1)
        entry.examples.remove(one)
        entry.turns -= 1
        said = [term for term in terms(one.text) if term in entry.counts.counts]
        entry.counts.take(said)
        self._count(entry, 1)
        self._touch(self._place[entry.fine])
        target = self._entry(fine)
        target.turns += 1
        for term in said:
            target.counts.add(term)
            self.heard[stems_of(term)] = self.heard.get(stems_of(term), 0) + 1
        target.add_examples([one])

    def forget(self, conversation: str) -> None:
        """Drop a conversation's exemplary turns of any sub-intent."""
        for place, entry in enumerate(self._slots):
            if entry is not None and any(one.conversation == conversation for one in entry.examples):
                entry.examples = [one for one in entry.examples if one.conversation != conversation]
                self._touch(place)

    def forget_words(self, fines: Iterable[str]) -> None:
        """Drop the terms of sub-intents that so few turns said that they may be one person's own."""
        for fine in fines:
            place = self._place.get(fine)
            entry = self._slots[place] if place is not None else None
            if entry is not None and place is not None:
                self._count(entry, -1)
                entry.counts.drop(RARE)
                self._count(entry, 1)
                self._touch(place)

    def lore(self) -> Lore:
        """Return what the exemplary turns of all sub-intents show of words."""
        for place in sorted(self._touched):
            entry = self._slots[place]
            texts = [one.text for one in entry.examples[:LORE_EXAMPLES]] if entry is not None else []
            if texts != self._read.get(place, []):
                self._lore.change(self._read.get(place, ()), texts)
                self._read[place], self._known = texts, None
        self._touched.clear()
        if self._known is None:
            self._known = self._lore.lore()
        return self._known

    def _touch(self, place: int) -> None:
        self._dirty.add(place)
        self._touched.add(place)

    def found(self, fines: Iterable[str]) -> list[FineWords]:
        """Return what is known of sub-intents, those with most turns first."""
        places = (self._place[fine] for fine in fines if fine in self._place)
        known = [entry for place in places if (entry := self._slots[place]) is not None]
        return sorted(known, key=lambda entry: (-entry.turns, entry.fine))

    def changes(self) -> dict[str, StateRecord]:
        """Return the records that changed since the last call, in a fixed order."""
        records = {}
        for place in sorted(self._dirty):
            entry = self._slots[place]
            records[slot_record(place)] = StateRecord(orjson.dumps(entry.to_json() if entry else {}))
        self._dirty.clear()
        return records

    @classmethod
    def restore(cls, records: Mapping[str, StateRecord], slots: int) -> "WordBook":
        """Rebuild a book from the newest version of every record it wrote."""
        book = cls(slots)
        for place in range(slots):
            name = slot_record(place)
            payload = orjson.loads(records[name].payload) if name in records else {}
            if payload:
                entry = FineWords.of_json(payload)
                book._slots[place] = entry
                book._place[entry.fine] = place
                book.turns += entry.turns
                book._count(entry, 1)
                book._touched.add(place)
        return book


def slot_record(place: int) -> str:
    """Name the record of a slot."""
    return f"n{place:04d}"


@lru_cache(maxsize=65_536)
def stems_of(term: str) -> str:
    """Return the stems of a term's words."""
    return " ".join(map(stem, term.split()))
