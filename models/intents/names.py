"""Names of intents, from what their turns say that the tenant's other turns do not.

Terms are ranked by class-based TF-IDF as in BERTopic (Grootendorst, 2022): share of a term in the
intent times ln(1 + mean terms per sub-intent / count of the term everywhere).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from groundswell.models.intents.fine_words import TERMS_KEPT, Example, FineWords
from groundswell.models.intents.terms import TermCounts, terms
from groundswell.models.intents.wording import IntentName, choose_name, is_exemplary, plain
from groundswell.models.record import StateRecord

EXAMPLE_LIMIT = 120  # characters
TOP_TERMS = 10  # of an intent: what its name is held against
PAIR_BONUS = 1.6  # pairs of words are rarer than words, and say more
SUPPORT = 0.06  # share of the turns that a term needs to be put first
KEPT_SHARE = 1 / 3  # of its terms that must still be on top for a name to be kept
RARE = 2  # turns: a term that no more said may be of one person alone
KEPT = "names"


class NameBook:
    """Bounded word counts per sub-intent, in fixed slots, and the names in use.

    When all slots are taken, the sub-intent with the fewest turns gives way.
    """

    def __init__(self, slots: int = 1024) -> None:
        self._slots: list[FineWords | None] = [None] * slots
        self._place: dict[str, int] = {}
        self._kept: dict[str, IntentName] = {}
        self._dirty: set[int] = set()
        self._renamed = False

    def record_names(self) -> list[str]:
        """Return the name of every record this book can write."""
        return [KEPT, *(slot_record(i) for i in range(len(self._slots)))]

    def observe(self, fine: str, text: str, closeness: float, conversation: str = "") -> None:
        """Take in a turn of a sub-intent; `closeness` is its cosine to the centroid on arrival."""
        entry = self._entry(fine)
        entry.turns += 1
        for term in terms(text):
            entry.counts.add(term)
        if is_exemplary(text):
            entry.add_examples([Example(closeness, plain(text, EXAMPLE_LIMIT), conversation)])

    def _entry(self, fine: str) -> FineWords:
        place = self._place.get(fine)
        if place is None:
            place = self._free_slot()
            self._slots[place] = FineWords(fine)
            self._place[fine] = place
        self._dirty.add(place)
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
        if place is not None:
            self._slots[place] = None
            self._dirty.add(place)

    def fold(self, old: str, new: str) -> None:
        """Add what is known of a vanished sub-intent to the one that took its place."""
        place = self._place.get(old)
        gone = self._slots[place] if place is not None else None
        if gone is None or old == new:
            return
        self.drop(old)
        entry = self._entry(new)
        entry.turns += gone.turns
        entry.counts.merge(gone.counts)
        entry.add_examples(gone.examples)

    def forget(self, conversation: str) -> set[str]:
        """Drop a conversation's exemplary turns, kept as examples of any sub-intent.

        Returns the intents whose name or example was of them: they are named anew when next asked for.
        """
        dropped: set[str] = set()
        for place, entry in enumerate(self._slots):
            mine = [one.text for one in entry.examples if one.conversation == conversation] if entry else []
            if entry is not None and mine:
                dropped.update(mine)
                entry.examples = [one for one in entry.examples if one.conversation != conversation]
                self._dirty.add(place)
        stale = {intent for intent, kept in self._kept.items() if kept.example in dropped}
        for intent in stale:
            del self._kept[intent]
        self._renamed = self._renamed or bool(stale)
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
        for fine in fines:
            place = self._place.get(fine)
            entry = self._slots[place] if place is not None else None
            if entry is not None and place is not None:
                entry.counts.drop(RARE)
                self._dirty.add(place)

    def name(self, fines: Sequence[str], intent: str = "") -> IntentName:
        """Return the name that sub-intents would have together, looking at no other name."""
        return self._fresh(intent or "".join(fines[:1]), fines, self._everywhere(), [])

    def name_all(
        self, groups: Mapping[str, Sequence[str]], reserved: Iterable[str] = ()
    ) -> dict[str, IntentName]:
        """Return a name for every live intent (id -> its sub-intents), no two alike.

        A name is kept while at least a third of its terms are still among the top ones. Names of
        intents that are not given are forgotten. No new name is like a *reserved* one.
        """
        background = self._everywhere()
        named: dict[str, IntentName] = {}
        for intent in sorted(groups):
            kept = self._kept.get(intent)
            if kept is not None and self._still_fits(kept, groups[intent], background):
                named[intent] = kept
        taken = [*reserved, *(named[intent].name for intent in sorted(named))]
        size = {intent: sum(self._turns(fine) for fine in fines) for intent, fines in groups.items()}
        for intent in sorted(groups, key=lambda i: (-size[i], i)):
            if intent not in named:
                named[intent] = self._fresh(intent, groups[intent], background, taken)
                taken.append(named[intent].name)
        self._renamed = self._renamed or named != self._kept
        self._kept = named
        return {intent: named[intent] for intent in sorted(named)}

    def _still_fits(self, kept: IntentName, fines: Sequence[str], background: dict[str, int]) -> bool:
        if not kept.terms:
            return False
        top = set(self._ranked(fines, background)[:TOP_TERMS])
        return len(top.intersection(kept.terms)) / len(kept.terms) >= KEPT_SHARE

    def _fresh(
        self, intent: str, fines: Sequence[str], background: dict[str, int], taken: Sequence[str]
    ) -> IntentName:
        ranked, example = self._ranked(fines, background)[:TOP_TERMS], self._example(fines)
        return IntentName(choose_name(intent, ranked, example, taken), tuple(ranked), example)

    def _found(self, fines: Sequence[str]) -> list[FineWords]:
        places = [self._place[fine] for fine in fines if fine in self._place]
        return [entry for place in places if (entry := self._slots[place]) is not None]

    def _turns(self, fine: str) -> int:
        return sum(entry.turns for entry in self._found([fine]))

    def _everywhere(self) -> dict[str, int]:
        """Count every term over all sub-intents."""
        total: dict[str, int] = {}
        for entry in self._slots:
            if entry is not None:
                for term, count in entry.counts.sure().items():
                    total[term] = total.get(term, 0) + count
        return total

    def _ranked(self, fines: Sequence[str], background: dict[str, int]) -> list[str]:
        """Return the terms of the sub-intents, most distinctive first, those of few turns last."""
        own: dict[str, int] = {}
        found = self._found(fines)
        for entry in found:
            for term, count in entry.counts.sure().items():
                own[term] = own.get(term, 0) + count
        mean = sum(background.values()) / max(len(self._place), 1)
        least = SUPPORT * sum(entry.turns for entry in found)

        def rank(term: str) -> tuple[bool, float, str]:
            bonus = PAIR_BONUS if " " in term else 1.0
            return own[term] < least, -own[term] * bonus * math.log(1 + mean / background[term]), term

        return sorted(own, key=rank)

    def _example(self, fines: Sequence[str]) -> str:
        """Return the most central turn of the largest sub-intent that has one."""
        entries = sorted(self._found(fines), key=lambda entry: (-entry.turns, entry.fine))
        return next((entry.examples[0].text for entry in entries if entry.examples), "")

    def examples(self, fines: Sequence[str]) -> list[Example]:
        """Return the exemplary turns of sub-intents, the closest to their centroids first."""
        kept = [example for entry in self._found(fines) for example in entry.examples]
        return sorted(kept, key=lambda one: (-one.closeness, one.text))

    def changes(self) -> dict[str, StateRecord]:
        """Return the records that changed since the last call, in a fixed order."""
        records = {}
        if self._renamed:
            kept = {i: [n.name, n.terms, n.example] for i, n in self._kept.items()}
            records[KEPT] = StateRecord(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS))
        for place in sorted(self._dirty):
            records[slot_record(place)] = StateRecord(orjson.dumps(_entry_payload(self._slots[place])))
        self._dirty.clear()
        self._renamed = False
        return records

    @classmethod
    def restore(cls, records: Mapping[str, StateRecord], slots: int = 1024) -> "NameBook":
        """Rebuild a book from the newest version of every record it wrote."""
        book = cls(slots)
        for place in range(slots):
            name = slot_record(place)
            payload = orjson.loads(records[name].payload) if name in records else {}
            if payload:
                book._slots[place] = _entry_from(payload)
                book._place[payload["fine"]] = place
        kept = orjson.loads(records[KEPT].payload) if KEPT in records else {}
        book._kept = {i: IntentName(name, tuple(top), example) for i, (name, top, example) in kept.items()}
        return book


def slot_record(place: int) -> str:
    """Name the record of a slot."""
    return f"n{place:04d}"


def _entry_payload(entry: FineWords | None) -> dict[str, Any]:
    if entry is None:
        return {}
    return {
        "fine": entry.fine,
        "turns": entry.turns,
        "terms": entry.counts.counts,
        "examples": [list(example) for example in entry.examples],
    }


def _entry_from(payload: Mapping[str, Any]) -> FineWords:
    examples = [Example(*example) for example in payload["examples"]]
    return FineWords(payload["fine"], payload["turns"], TermCounts(TERMS_KEPT, payload["terms"]), examples)
