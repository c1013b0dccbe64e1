"""What is remembered of one agent's commands: the facts told, and how to take each command back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from groundswell.models.intents.forwards import last_of
from groundswell.models.intents.holding import Journal
from groundswell.models.intents.intent_name import IntentName
from groundswell.models.position import Positions
from groundswell.models.record import StateRecord
from groundswell.models.teaching.told import Told

RECORD = "teaching"
#: Commands that can be undone, ids that are known as repeats, and intents of which anything is told.
UNDOABLE, SEEN, INTENTS = 100, 2_000, 500
#: Vanished intents whose successor is remembered.
GONE = 2_000


@dataclass(slots=True)
class Done:
    """One applied command: the intents it touched, and what it takes to undo it.

    `facts`: by intent and fact, (value before, value after); `shaped`: it moved members of intents;
    `names`: the machine's names of intents that it ended, for their return.
    """

    command: str
    touched: tuple[str, ...]
    facts: dict[str, dict[str, tuple[Any, Any]]] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    shaped: bool = False
    undone: bool = False
    names: dict[str, IntentName] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value."""
        return {
            "command": self.command,
            "touched": self.touched,
            "facts": self.facts,
            "journal": self.journal.to_json(),
            "shaped": self.shaped,
            "undone": self.undone,
            "names": {intent: name.to_json() for intent, name in self.names.items()},
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Done":
        """Return the command that `to_json` gave."""
        facts = {
            intent: {name: (before, after) for name, (before, after) in changed.items()}
            for intent, changed in value["facts"].items()
        }
        journal = Journal.from_json(value["journal"])
        names = {intent: IntentName.of_json(name) for intent, name in value["names"].items()}
        touched = tuple(value["touched"])
        return cls(value["command"], touched, facts, journal, value["shaped"], value["undone"], names)


@dataclass(slots=True)
class Memory:
    """The state; `positions` say how far `intent-commands` has been taken in."""

    told: dict[str, Told] = field(default_factory=dict)
    done: dict[str, Done] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    positions: Positions = field(default_factory=Positions)
    changed: bool = False

    @staticmethod
    def record_names() -> list[str]:
        """Return the name of every record that a memory can write."""
        return [RECORD]

    def of(self, intent: str) -> Told:
        """Return what is told of an intent, to be added to."""
        self.changed = True
        told = self.told.setdefault(intent, Told())
        if len(self.told) > 2 * INTENTS:  # histories of intents of which nothing is told any more
            idle = [one for one, facts in self.told.items() if not facts.holds and one != intent]
            for one in idle[: len(self.told) - 2 * INTENTS]:
                del self.told[one]
        return told

    def is_repeat(self, command_id: str) -> bool:
        """Note a command; return whether its id came before."""
        self.changed = True
        if command_id in self.seen:
            return True
        self.seen[command_id] = None
        if len(self.seen) > SEEN:
            del self.seen[next(iter(self.seen))]
        return False

    def remember(self, command_id: str, done: Done) -> None:
        """Keep an applied command, forgetting the oldest beyond the bound."""
        self.changed = True
        self.done[command_id] = done
        if len(self.done) > UNDOABLE:
            del self.done[next(iter(self.done))]

    def succeed(self, merged: Iterable[tuple[str, str]], alive: Iterable[str] = ()) -> None:
        """Note which intents merged into which; those *alive* are gone no more."""
        for old, new in merged:
            self.gone.pop(old, None)
            self.gone[old] = new
            self.changed = True
        for intent in alive:
            if self.gone.pop(intent, None) is not None:
                self.changed = True
        while len(self.gone) > GONE:
            del self.gone[next(iter(self.gone))]

    def successor(self, intent: str) -> str:
        """Return the intent that a vanished one leads to; any other, itself."""
        return last_of(self.gone, intent)

    def name_of(self, intent: str) -> str:
        """Return the name that people gave an intent, or the empty string."""
        told = self.told.get(intent)
        return told.name if told is not None else ""

    def description_of(self, intent: str) -> str:
        """Return how people described an intent, or the empty string."""
        told = self.told.get(intent)
        return told.description if told is not None else ""

    def names(self) -> dict[str, str]:
        """Return the names that people gave, by intent."""
        return {intent: told.name for intent, told in self.told.items() if told.name}

    def is_retired(self, intent: str) -> bool:
        """Return whether people retired an intent."""
        told = self.told.get(intent)
        return told is not None and told.retired

    def retired(self) -> frozenset[str]:
        """Return the intents that people retired."""
        return frozenset(intent for intent, told in self.told.items() if told.retired)

    def dismissed(self) -> tuple[str, ...]:
        """Return the intents that people dismissed, sorted."""
        return tuple(sorted(intent for intent, told in self.told.items() if told.dismissed))

    def forget_names(self) -> None:
        """Drop the machine's names of intents that commands ended: they may quote who was erased."""
        for done in self.done.values():
            self.changed = self.changed or bool(done.names)
            done.names = {}

    def changes(self) -> dict[str, StateRecord]:
        """Return the record if it changed since the last call."""
        if not self.changed:
            return {}
        self.changed = False
        value = {
            "told": {intent: told.to_json() for intent, told in self.told.items()},
            "done": {command: done.to_json() for command, done in self.done.items()},
            "seen": list(self.seen),
            "gone": self.gone,
            "positions": self.positions.to_json(),
        }
        return {RECORD: StateRecord(orjson.dumps(value))}

    @classmethod
    def restore(cls, records: Mapping[str, StateRecord]) -> "Memory":
        """Return the memory that the records hold."""
        if RECORD not in records:
            return cls()
        value = orjson.loads(records[RECORD].payload)
        return cls(
            {intent: Told.from_json(told) for intent, told in value["told"].items()},
            {command: Done.from_json(done) for command, done in value["done"].items()},
            dict.fromkeys(value["seen"]),
            value["gone"],
            Positions.from_json(value["positions"]),
        )
