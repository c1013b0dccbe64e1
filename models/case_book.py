"""The cases of every sub-intent of one agent, in fixed slots, so that a regrouping carries them along."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from groundswell.models.cases import Cases, Settled, together
from groundswell.models.record import StateRecord

_EMPTY = b"{}"
#: Sub-intents whose cases are kept. More can live at once only for moments (`EngineParams.widest`).
SLOTS = 768
#: Slots that share a record: a worker that takes over writes every record there is.
TOGETHER = 8


@dataclass(slots=True)
class CaseBook:
    """At most `SLOTS` sub-intents; beyond, the one with the fewest settled goals gives way."""

    slots: list[tuple[str, Cases] | None] = field(default_factory=lambda: [None] * SLOTS)
    _place: dict[str, int] = field(default_factory=dict)
    _dirty: set[int] = field(default_factory=set)
    _written: list[bytes] = field(default_factory=lambda: [_EMPTY] * SLOTS)

    @staticmethod
    def record_names() -> list[str]:
        """Return the name of every record that a book can write."""
        return [_record_name(number) for number in range(SLOTS // TOGETHER)]

    def settle(
        self, fine: str, conversation: str, segment: int, before: Settled | None, now: Settled
    ) -> None:
        """Count how a goal of a live sub-intent was settled; *before* is how it was until now."""
        cases = self._cases(fine)
        if before is not None:
            cases.take_back(conversation, segment, before)
        cases.add(conversation, segment, now)

    def fold(self, old: str, new: str) -> None:
        """Add the cases of a vanished sub-intent to the one that took its place."""
        place = self._place.get(old)
        gone = self.slots[place] if place is not None else None
        if gone is None or old == new:
            return
        self._drop(old)
        self._cases(new).merge(gone[1])

    def forget(self, conversation: str) -> None:
        """Drop a conversation from all that is kept for contrast; what it added to counts stays."""
        for place, slot in enumerate(self.slots):
            if slot is not None and slot[1].forget(conversation):
                self._dirty.add(place)

    def of(self, fines: Iterable[str]) -> Cases:
        """Return the cases of sub-intents as one."""
        places = [self._place[fine] for fine in sorted(set(fines)) if fine in self._place]
        return together(slot[1] for place in places if (slot := self.slots[place]) is not None)

    def _cases(self, fine: str) -> Cases:
        """Return the cases of *fine*, which are about to change."""
        place = self._place.get(fine)
        if place is None:
            place = self._free()
            self.slots[place] = (fine, Cases())
            self._place[fine] = place
        self._dirty.add(place)
        slot = self.slots[place]
        assert slot is not None, "every place that is named is taken"
        return slot[1]

    def _free(self) -> int:
        if len(self._place) < len(self.slots):
            return self.slots.index(None)
        held = (slot for slot in self.slots if slot is not None)
        fewest = min(held, key=lambda slot: (slot[1].settled, slot[0]))[0]
        return self._drop(fewest)

    def _drop(self, fine: str) -> int:
        place = self._place.pop(fine)
        self.slots[place] = None
        self._dirty.add(place)
        return place

    def changes(self) -> dict[str, StateRecord]:
        """Return the records that changed since the last call, in a fixed order."""
        for place in self._dirty:
            slot = self.slots[place]
            value = {"fine": slot[0], **slot[1].to_json()} if slot is not None else {}
            self._written[place] = _exact(value)
        changed = sorted({place // TOGETHER for place in self._dirty})
        self._dirty.clear()
        return {_record_name(number): self._record(number) for number in changed}

    def _record(self, number: int) -> StateRecord:
        """Return a record: the slots that share it, each as it was last written."""
        first = number * TOGETHER
        return StateRecord(b"[" + b",".join(self._written[first : first + TOGETHER]) + b"]")

    @classmethod
    def restore(cls, records: Mapping[str, StateRecord]) -> "CaseBook":
        """Return the book that the newest version of every record gives."""
        book = cls()
        for number, name in enumerate(cls.record_names()):
            values = orjson.loads(records[name].payload) if name in records else ()
            for place, value in enumerate(values, number * TOGETHER):
                book._written[place] = _exact(value)
                if value:
                    book.slots[place] = (value["fine"], Cases.from_json(value))
                    book._place[value["fine"]] = place
        return book


def _record_name(number: int) -> str:
    return f"case{number:02d}"


def _exact(value: Any) -> bytes:
    """Return a value as JSON that is kept: what the serialiser returns holds some 4 kB, whatever it says."""
    return bytes(memoryview(orjson.dumps(value)))
