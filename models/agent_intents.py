"""The intents of one agent: which turn belongs to which, what they are called, what each minute saw.

A fold over the messages of `turns`: the same messages in the same order give the same
intents, minutes and events, however they were cut into batches and whatever was restarted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from groundswell.models.assigned import Assigned, SegmentIntent
from groundswell.models.intent_event import IntentEvent
from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.ids import Stamp
from groundswell.models.intents.names import NameBook
from groundswell.models.intents.params import EngineParams
from groundswell.models.minute import IntentMinute
from groundswell.models.minute_book import Closed, MinuteBook
from groundswell.models.position import Positions, Source
from groundswell.models.record import StateRecord
from groundswell.models.taxonomy import Taxonomy
from groundswell.models.turn import TurnRead

_TALLY = "tally"
_REPAIRS = frozenset({"correction", "rephrase"})


@dataclass(frozen=True, slots=True)
class Counted:
    """One count that became visible, for the live counters."""

    what: str
    intent: str
    status: str = ""
    number: int = 1


@dataclass(slots=True)
class Taken:
    """What one message led to."""

    minutes: list[IntentMinute] = field(default_factory=list)
    events: list[IntentEvent] = field(default_factory=list)
    counted: list[Counted] = field(default_factory=list)


class AgentIntents:
    """State of one tenant's agent. `changes()` and `conversations()` give what a commit must hold."""

    def __init__(
        self, tenant: str, agent: str, *, lateness_ms: int, params: EngineParams | None = None
    ) -> None:
        self.tenant, self.agent = tenant, agent
        namespace = f"{tenant}/{agent}"
        self.engine = IntentEngine(params or EngineParams(), namespace)
        self.names = NameBook()
        self.taxonomy = Taxonomy(tenant, agent)
        self.book = MinuteBook(lateness_ms)
        self.positions = Positions()
        self.assigned: dict[str, Assigned] = {}
        self._changed: set[str] = set()
        self._moved: dict[str, str] = {}
        self._regrouped = False

    def take(self, message: TurnRead, at: Source) -> Taken | None:
        """Take one message in; return None if it is a repeat. *at* is its own place in `turns`."""
        if not self.positions.take(message.source):
            return None
        taken = Taken()
        match message.type:
            case "turn":
                self._turn(message, taken)
            case "outcome":
                self._outcome(message, taken)
            case "feedback":
                self._feedback(message, taken)
            case "tick":
                pass
        for closed in self.book.advance(message.time):
            taken.minutes.append(self._minute(closed, message, at, len(taken.minutes)))
        taken.events.extend(self._events(message, at))
        return taken

    # -- what a message does

    def _turn(self, message: TurnRead, taken: Taken) -> None:
        if message.passes:
            self._assign(message, taken)
            segment = self._segment(message)
        else:
            segment = self._segment(message)
            if segment is not None and message.role == "user":
                self.book.tally(segment.fine, message.time).add("turns")
                taken.counted.append(Counted("turn", self.engine.resolve(segment.fine)))
        if segment is not None:
            self._signals(message, segment, taken)

    def _assign(self, message: TurnRead, taken: Taken) -> None:
        """Give a turn that says what the user wants to an intent, and count it."""
        given = self.engine.assign(message.embedding(), Stamp(message.time, message.source.text()))
        self.names.observe(given.fine, message.text, given.closeness)
        assigned = self._open(message)
        segment = assigned.segments.get(message.segment)
        new = segment is None
        if segment is None:
            segment = assigned.open_segment(message.segment, given.fine, message.source)
        segment.see(given.fine, message.source)
        tally = self.book.tally(given.fine, message.time)
        tally.add("turns")
        tally.add_user(assigned.user)
        if new and assigned.enter(given.intent):
            tally.add("conversations")
            tally.add_version("prompt_version", message.prompt_version)
            tally.add_version("release", message.release)
            taken.counted.append(Counted("conversation", given.intent))
        taken.counted.append(Counted("turn", given.intent))

    def _open(self, message: TurnRead) -> Assigned:
        assigned = self.assigned.get(message.conversation)
        if assigned is None:
            assigned = Assigned(message.conversation_id, message.time, message.user or message.conversation)
            self.assigned[message.conversation] = assigned
        assigned.final = False
        self._changed.add(message.conversation)
        return assigned

    def _segment(self, message: TurnRead) -> SegmentIntent | None:
        assigned = self.assigned.get(message.conversation)
        return assigned.segment(message.segment) if assigned else None

    def _signals(self, message: TurnRead, segment: SegmentIntent, taken: Taken) -> None:
        intent = self.engine.resolve(segment.fine)
        if message.tool_error:
            self.book.tally(segment.fine, message.time).add("tool_errors")
            taken.counted.append(Counted("tool_errors", intent))
        if not segment.repaired and _REPAIRS.intersection(message.signals):
            segment.repaired = True
            self._changed.add(message.conversation)
            self.book.tally(segment.fine, message.time).add("repaired")
            taken.counted.append(Counted("repaired", intent))

    def _outcome(self, message: TurnRead, taken: Taken) -> None:
        """Count outcomes; one that replaces an earlier one takes that back."""
        assigned = self.assigned.get(message.conversation)
        if assigned is None:
            return
        assigned.final = message.final
        self._changed.add(message.conversation)
        for outcome in message.outcomes:
            segment = assigned.segments.get(outcome.segment)
            if segment is None or segment.status == outcome.status:
                continue
            tally = self.book.tally(segment.fine, message.time)
            intent = self.engine.resolve(segment.fine)
            if segment.status is not None:
                tally.add(segment.status, -1)
                taken.counted.append(Counted("outcome", intent, segment.status, -1))
            tally.add(outcome.status)
            tally.add_user(assigned.user)
            taken.counted.append(Counted("outcome", intent, outcome.status))
            if outcome.status == "completed":
                tally.add_depth(outcome.turns)
            segment.status = outcome.status

    def _feedback(self, message: TurnRead, taken: Taken) -> None:
        segment = self._segment(message)
        if segment is None or not message.score:
            return
        thumb = "thumbs_up" if message.score > 0 else "thumbs_down"
        self.book.tally(segment.fine, message.time).add(thumb)
        taken.counted.append(Counted(thumb, self.engine.resolve(segment.fine)))

    # -- what goes out

    def _events(self, message: TurnRead, at: Source) -> list[IntentEvent]:
        """Return what happened to the taxonomy. Only a refit changes it, so this is mostly nothing."""
        lineage, moved = self.engine.lineage(), self.engine.moved()
        if not self.engine.regrouped():
            return []
        for old, new in moved:
            self._moved[old] = new
            self.names.fold(old, new)
        self._regrouped = True
        return self.taxonomy.update(self.engine.groups(), lineage, self.names, message.time, at)

    def _minute(self, closed: Closed, message: TurnRead, at: Source, place: int) -> IntentMinute:
        resolved = {fine: self.engine.resolve(fine) for fine in closed.counts}
        groups = {**(self.engine.groups() if self._regrouped else {}), **resolved}
        names = {intent: self._name(intent, groups) for intent in sorted(set(groups.values()))}
        minute = IntentMinute(
            tenant=self.tenant,
            agent=self.agent,
            minute=closed.minute,
            closed=message.time,
            conversations=sum(count.conversations for count in closed.counts.values()),
            turns=sum(count.turns for count in closed.counts.values()),
            late=closed.late,
            counts=closed.counts,
            groups=dict(sorted(groups.items())),
            regrouped=self._regrouped,
            moved=dict(sorted(self._moved.items())),
            names={intent: name for intent, name in names.items() if name},
            as_of=tuple(
                Source(log=last.log, partition=partition, offset=last.offset, index=last.index)
                for partition, last in sorted(self.positions.taken.items())
            ),
            source=at.model_copy(update={"index": place}),
        )
        self._regrouped = False
        self._moved.clear()
        return minute

    def _name(self, intent: str, groups: Mapping[str, str]) -> str:
        """Return the announced name; before the first refit, what its turns say so far."""
        if announced := self.taxonomy.name(intent):
            return announced
        if self.engine.groups():
            return ""
        return self.names.name(
            [fine for fine, owner in sorted(groups.items()) if owner == intent], intent
        ).name

    # -- state

    def changes(self) -> dict[str, StateRecord]:
        """Return the changed records of fixed names, the position among them."""
        tally = {
            "positions": self.positions.to_json(),
            "book": self.book.to_json(),
            "moved": self._moved,
            "regrouped": self._regrouped,
        }
        return {
            _TALLY: StateRecord(orjson.dumps(tally)),
            **self.engine.changes(),
            **self.names.changes(),
            **self.taxonomy.changes(),
        }

    def conversations(self) -> tuple[dict[str, tuple[bool, StateRecord]], dict[str, int]]:
        """Return the changed conversations by uuid (open or not, record), and when each opened."""
        changed = sorted(self._changed)
        records = {key: (not self.assigned[key].final, self.assigned[key].record()) for key in changed}
        opened = {key: self.assigned[key].opened for key in changed}
        self._changed.clear()
        return records, opened

    def let_go(self, keep: int) -> None:
        """Drop finished conversations from memory beyond *keep*; the store has them."""
        if len(self.assigned) <= 2 * keep:
            return
        final = [key for key, one in self.assigned.items() if one.final and key not in self._changed]
        for key in final[: len(self.assigned) - keep]:
            del self.assigned[key]

    @classmethod
    def restore(
        cls,
        tenant: str,
        agent: str,
        records: Mapping[str, StateRecord],
        conversations: Iterable[tuple[str, StateRecord]],
        *,
        lateness_ms: int,
        params: EngineParams | None = None,
    ) -> "AgentIntents":
        """Return the state that *records* hold, equal in every later step."""
        state = cls(tenant, agent, lateness_ms=lateness_ms, params=params)
        if _TALLY in records:
            tally = orjson.loads(records[_TALLY].payload)
            state.positions = Positions.from_json(tally["positions"])
            state.book = MinuteBook.from_json(lateness_ms, tally["book"])
            state._moved, state._regrouped = tally["moved"], tally["regrouped"]
            state.engine = IntentEngine.restore(params or EngineParams(), f"{tenant}/{agent}", records)
            state.names = NameBook.restore(records)
            state.taxonomy = Taxonomy.restore(tenant, agent, records)
        state.assigned = {key: Assigned.restore(record) for key, record in conversations}
        return state
