"""The taxonomy of one agent: its announced intents and their names, and what is said when they change."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

import orjson

from groundswell.models.announcing import Announcer, Cause
from groundswell.models.intent_event import IntentChange, IntentEvent
from groundswell.models.intent_shape import IntentShape
from groundswell.models.intents.intent_name import IntentName
from groundswell.models.intents.lineage import LineageEvent
from groundswell.models.intents.names import NameBook
from groundswell.models.position import Source
from groundswell.models.record import StateRecord, Vector

_RECORD = "taxonomy"


class Entry(NamedTuple):
    """An announced intent: its name, and how many events there have been about it."""

    name: str
    version: int


class Taxonomy:
    """What has been announced. `update` compares it with what is, after a refit."""

    def __init__(self, tenant: str, agent: str, told: Callable[[], Mapping[str, str]] = dict) -> None:
        """*told* gives the names that people gave, by intent: they outrank those of the machine."""
        self._announcer = Announcer(tenant, agent)
        self._told = told
        self._entries: dict[str, Entry] = {}
        self._changed = False

    @staticmethod
    def record_names() -> list[str]:
        """Return the name of every record that a taxonomy can write."""
        return [_RECORD]

    def name(self, intent: str) -> str:
        """Return the announced name, or the empty string."""
        entry = self._entries.get(intent)
        return entry.name if entry else ""

    def update(
        self,
        groups: Mapping[str, str],
        lineage: Iterable[LineageEvent],
        names: NameBook,
        time: int,
        at: Source,
        *,
        centres: Mapping[str, Vector] | None = None,
        hidden: Set[str] = frozenset(),
        cause: Cause | None = None,
    ) -> list[IntentEvent]:
        """Return the events that bring the announced intents up to *groups*.

        Args:
            groups: fine intent -> intent, of all live ones.
            lineage: what the engine says became of ids.
            names: the words of each fine intent.
            time: event time, milliseconds.
            at: the message that led here; ids of the events derive from it.
            centres: intent -> where it lies, of those whose names are held against that.
            hidden: intents that people retired: they are not announced.
            cause: the command that led here, if one did.
        """
        lineage = list(lineage)
        merged = {one.into for one in lineage if one.level == "intent" and one.kind == "merged" and one.into}
        fines, named = self._named(groups, names, centres, merged)
        for intent in hidden & fines.keys():
            del fines[intent]
        why = {event.id: event for event in lineage if event.level == "intent"}
        events = [
            *(self._gone(intent, why.get(intent)) for intent in sorted(self._entries.keys() - fines.keys())),
            *(
                event
                for intent in sorted(fines)
                if (event := self._here(intent, fines[intent], named[intent], why.get(intent)))
            ),
        ]
        self._changed = self._changed or bool(events)
        return self._announcer.sealed(events, time, at, cause)

    def say(
        self,
        said: Sequence[tuple[IntentChange, str]],
        time: int,
        at: Source,
        cause: Cause,
        descriptions: Mapping[str, str],
    ) -> list[IntentEvent]:
        """Return the events of what a command did besides names and groups: (change, intent)."""
        events = []
        for change, intent in said:
            known = self._entries.get(intent)
            if known is None:
                continue
            self._entries[intent] = Entry(known.name, known.version + 1)
            self._changed = True
            update = {"version": known.version + 1, "description": descriptions.get(intent, "")}
            events.append(self._announcer.event(intent, change, known.name).model_copy(update=update))
        return self._announcer.sealed(events, time, at, cause)

    def _named(
        self,
        groups: Mapping[str, str],
        names: NameBook,
        centres: Mapping[str, Vector] | None = None,
        merged: Iterable[str] = (),
    ) -> tuple[dict[str, list[str]], dict[str, IntentName]]:
        """Return the fine intents and the name of every live intent; what people say outranks the machine."""
        fines: dict[str, list[str]] = {}
        for fine, intent in sorted(groups.items()):
            fines.setdefault(intent, []).append(fine)
        told = self._told()
        named = names.name_all(fines, centres, merged, reserved=sorted(told.values()))
        for intent in told.keys() & named.keys():
            version = named[intent].version + 1
            named[intent] = replace(
                named[intent], name=told[intent], by="human", reason="human", version=version
            )
        return fines, named

    def refresh(
        self, stale: set[str], groups: Mapping[str, str], names: NameBook, time: int, at: Source
    ) -> list[IntentEvent]:
        """Return the events that give the announced intents of *stale* another name or example."""
        fines, named = self._named(groups, names)
        events: list[IntentEvent] = []
        for intent in sorted(stale & self._entries.keys() & named.keys()):
            known, name = self._entries[intent], named[intent]
            self._entries[intent] = Entry(name.name, known.version + 1)
            self._changed = True
            change: IntentChange = "updated" if name.name == known.name else "renamed"
            update = {
                **_told(name),
                "fines": tuple(fines[intent]),
                "version": known.version + 1,
                "previous_name": known.name if change == "renamed" else None,
            }
            event = self._announcer.event(intent, change, name.name).model_copy(update=update)
            events.append(event)
        return self._announcer.sealed(events, time, at)

    def flag(
        self, turned: Iterable[str], shapes: Mapping[str, IntentShape], place: int, time: int, at: Source
    ) -> list[IntentEvent]:
        """Return the events of the announced intents that turned to mush or ceased to be.

        *place* is that of the first among the events of this message.
        """
        events: list[IntentEvent] = []
        for intent in sorted(set(turned) & self._entries.keys()):
            known = self._entries[intent]
            self._entries[intent] = known._replace(version=known.version + 1)
            self._changed = True
            update = {"shape": shapes[intent], "version": known.version + 1}
            events.append(self._announcer.event(intent, "flagged", known.name).model_copy(update=update))
        return self._announcer.sealed(events, time, at, first=place)

    def _here(
        self, intent: str, fines: Sequence[str], name: IntentName, why: LineageEvent | None
    ) -> IntentEvent | None:
        """Return the event of an intent that is new or has another name, and remember it."""
        known = self._entries.get(intent)
        if known is not None and known.name == name.name:
            return None
        self._entries[intent] = Entry(name.name, known.version + 1 if known else 1)
        change: IntentChange = "renamed"
        if known is None:
            change = why.kind if why is not None and why.kind in ("split", "revived") else "created"
        return self._announcer.event(intent, change, name.name).model_copy(
            update={
                "previous_name": known.name if known else None,
                **_told(name),
                "lineage": (why.parent,) if why is not None and why.parent and known is None else (),
                "fines": tuple(fines),
                "version": self._entries[intent].version,
            }
        )

    def _gone(self, intent: str, why: LineageEvent | None) -> IntentEvent:
        entry = self._entries.pop(intent)
        merged = why is not None and why.kind == "merged" and why.into
        event = self._announcer.event(intent, "merged" if merged else "retired", entry.name)
        into = (why.into,) if why is not None and why.into else ()
        return event.model_copy(update={"lineage": into, "version": entry.version + 1})

    def changes(self) -> dict[str, StateRecord]:
        """Return the record if it changed since the last call."""
        if not self._changed:
            return {}
        self._changed = False
        entries = {intent: [entry.name, entry.version] for intent, entry in sorted(self._entries.items())}
        return {_RECORD: StateRecord(orjson.dumps(entries))}

    @classmethod
    def restore(
        cls,
        tenant: str,
        agent: str,
        records: Mapping[str, StateRecord],
        told: Callable[[], Mapping[str, str]] = dict,
    ) -> "Taxonomy":
        """Return the taxonomy that the records hold."""
        taxonomy = cls(tenant, agent, told)
        if _RECORD in records:
            entries = orjson.loads(records[_RECORD].payload)
            taxonomy._entries = {intent: Entry(*entry) for intent, entry in entries.items()}
        return taxonomy


def _told(name: IntentName) -> dict[str, object]:
    """Return what an event tells of a name besides its wording."""
    return {
        "terms": name.terms,
        "example": name.example,
        "examples": name.examples,
        "description": name.description,
        "named_by": name.by,
        "name_version": name.version,
        "reason": name.reason,
    }
