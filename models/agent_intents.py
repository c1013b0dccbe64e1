"""The intents of one agent: which turn belongs to which, what they are called, what each minute saw.

A fold over the messages of `turns`: the same messages in the same order give the same
intents, minutes and events, however they were cut into batches and whatever was restarted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from groundswell.models.agent_commands import Commands
from groundswell.models.case_book import CaseBook
from groundswell.models.history import History
from groundswell.models.intent_command import IntentCommandAnswer
from groundswell.models.intent_event import IntentEvent
from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.ids import Stamp
from groundswell.models.intents.names import NameBook
from groundswell.models.intents.params import EngineParams
from groundswell.models.ledger import Counted, Ledger
from groundswell.models.minute import IntentMinute
from groundswell.models.minute_writer import MinuteWriter, Untold
from groundswell.models.position import Positions, Source
from groundswell.models.record import StateRecord
from groundswell.models.shape_book import ShapeBook
from groundswell.models.taxonomy import Taxonomy
from groundswell.models.teaching.memory import Memory
from groundswell.models.turn import TurnRead

_TALLY = "tally"


@dataclass(slots=True)
class Taken:
    """What one message led to."""

    minutes: list[IntentMinute] = field(default_factory=list)
    events: list[IntentEvent] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)
    answers: list[IntentCommandAnswer] = field(default_factory=list)


class AgentIntents:
    """State of one tenant's agent: `changes()` and the ledger's conversations are what a commit must hold."""

    def __init__(
        self,
        tenant: str,
        agent: str,
        records: Mapping[str, StateRecord] | None = None,
        conversations: Iterable[tuple[str, StateRecord]] = (),
        *,
        lateness_ms: int,
        params: EngineParams | None = None,
    ) -> None:
        """Start anew, or from saved *records* and open *conversations*: then equal in every later step."""
        records = records or {}
        tally = orjson.loads(records[_TALLY].payload) if _TALLY in records else None
        self.tenant, self.agent = tenant, agent
        self.engine = IntentEngine.restore(params or EngineParams(), f"{tenant}/{agent}", records)
        self.names = NameBook.restore(records)
        self.memory = Memory.restore(records)
        self.taxonomy = Taxonomy.restore(tenant, agent, records, self.memory.names)
        self.commands = Commands(self.engine, self.memory, self.names, self.taxonomy)
        book = tally["book"] if tally else None
        self.cases = CaseBook.restore(records)
        self.shapes = ShapeBook.restore(records)
        self.history = History.restore(records)
        self.ledger = Ledger.restore(
            lateness_ms, book, conversations, self.engine.resolve, self.engine.follow, self.cases
        )
        self.positions = Positions.from_json(tally["positions"] if tally else {})
        self.untold = Untold.from_json(tally) if tally else Untold()
        self._minutes = MinuteWriter(
            tenant,
            agent,
            self.engine,
            self.names,
            self.memory,
            self.taxonomy,
            self.shapes,
            self.positions,
        )

    @staticmethod
    def record_names() -> list[str]:
        """Return the names of the records beside the engine's and the names'."""
        books = [*CaseBook.record_names(), *ShapeBook.record_names(), *History.record_names()]
        return [_TALLY, *Taxonomy.record_names(), *Memory.record_names(), *books]

    def take(self, message: TurnRead, at: Source) -> Taken | None:
        """Take one message in; return None if it is a repeat. *at* is its own place in `turns`."""
        if message.type == "command":
            return self._command(message, at) if self.memory.positions.take(message.source) else None
        if not self.positions.take(message.source):
            return None
        taken = Taken(counted=self._count(message))
        if message.calibration is not None:
            self.untold.calibration[message.calibration.partition] = message.calibration
        book, partition = self.ledger.book, message.source.partition
        for closed in book.advance(message.time, partition, self.engine.follow):
            source = at.model_copy(update={"index": len(taken.minutes)})
            taken.minutes.append(self._minutes.write(closed, self.untold, message.time, source))
        taken.events.extend(self._events(message, at))
        if message.type == "forget":
            taken.events.extend(self._forget(message, at))
        self.history.note(taken.events)
        return taken

    def _count(self, message: TurnRead) -> list[Counted]:
        match message.type:
            case "turn":
                counted = self._assign(message) if message.passes else self.ledger.other_turn(message)
                return counted + self.ledger.signals(message)
            case "outcome":
                return self.ledger.outcome(message)
            case "feedback":
                return self.ledger.feedback(message)
            case "tick" | "forget" | "command":
                return []

    def _command(self, message: TurnRead, at: Source) -> Taken:
        """Take a person's command in. It tells no time: a minute closes by what users do."""
        self.memory.changed = True
        heard = self.commands.take(message, at)
        if heard is None:
            return Taken()
        if heard.answer.status == "applied":
            self._carry(heard.moved)
        self.history.note(heard.events)
        return Taken(events=heard.events, answers=[heard.answer])

    def _assign(self, message: TurnRead) -> list[Counted]:
        """Give a turn that says what the user wants to an intent, and count it.

        A retired intent takes no new members: it keeps its theme from becoming another, and that is all.
        """
        stamp = Stamp(message.time, message.source.text())
        opened = self.ledger.opened(message)
        given = self.engine.assign(message.embedding(), stamp, opened)
        if self.memory.is_retired(given.intent):
            return [*self.ledger.other_turn(message), Counted("retired", given.intent)]
        turn = Example(given.closeness, message.text, message.conversation, given.micro, opened is None)
        self.names.observe(given.fine, turn)
        return self.ledger.need(message, given)

    def _forget(self, message: TurnRead, at: Source) -> list[IntentEvent]:
        """Drop what is kept of a conversation's words and of who it was with."""
        self.memory.forget_names()
        fines = self.ledger.forget(message)
        stale = self.names.forget(message.conversation)
        self.history.forget_names(sorted(stale | {self.engine.resolve(fine) for fine in fines}))
        self.names.forget_words(self.engine.follow(fine) for fine in fines)
        if not stale:
            return []
        return self.taxonomy.refresh(stale, self.engine.groups(), self.names, message.time, at)

    def _events(self, message: TurnRead, at: Source) -> list[IntentEvent]:
        """Return what happened to the taxonomy. Only a refit changes it, so this is mostly nothing."""
        lineage, moved = self.engine.lineage(), self.engine.moved()
        if not self.engine.regrouped():
            return []
        for old, new in moved:
            self.names.fold(old, new)
        self._carry(moved)
        self.commands.follow(lineage)
        groups, hidden = self.engine.groups(), self.memory.retired()
        if self.names.lacks(groups):
            self.names.settle(self.engine.owners())
        centres = self.engine.centres(self.names.turns(groups))
        events = self.taxonomy.update(
            groups, lineage, self.names, message.time, at, centres=centres, hidden=hidden
        )
        return self._measured(events, message, at)

    def _carry(self, moved: Iterable[tuple[str, str]]) -> None:
        """Let cases follow what vanished, and the next minute tell of it."""
        for old, new in moved:
            self.untold.moved.add(old)
            self.cases.fold(old, new)
        self.untold.regrouped = True

    def _measured(self, events: list[IntentEvent], message: TurnRead, at: Source) -> list[IntentEvent]:
        """Measure the intents after a full refit; return the events with that, and who turned to mush."""
        refit = self.engine.last_refit
        measured = self.engine.measure() if refit != self.shapes.measured else None
        if measured is None:
            return events
        turned = self.shapes.update(measured, refit)
        self.untold.shaped = True
        shapes = self.shapes.shapes
        events = [event.model_copy(update={"shape": shapes.get(event.intent_id)}) for event in events]
        return [*events, *self.taxonomy.flag(turned, shapes, len(events), message.time, at)]

    def changes(self) -> dict[str, StateRecord]:
        """Return the changed records of fixed names, the position among them."""
        tally = {
            "positions": self.positions.to_json(),
            "book": self.ledger.book.to_json(),
            **self.untold.to_json(),
        }
        return {
            _TALLY: StateRecord(orjson.dumps(tally)),
            **self.engine.changes(),
            **self.names.changes(),
            **self.taxonomy.changes(),
            **self.cases.changes(),
            **self.shapes.changes(),
            **self.history.changes(),
            **self.memory.changes(),
        }
