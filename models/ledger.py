"""The ledger of one agent: what is counted for which intent, and for which conversation it was counted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from groundswell.models.assigned import Assigned, SegmentIntent
from groundswell.models.case_book import CaseBook
from groundswell.models.cases import Settled
from groundswell.models.intents.engine import Assignment
from groundswell.models.minute_book import MinuteBook
from groundswell.models.record import StateRecord
from groundswell.models.sweep import Sweep
from groundswell.models.turn import SegmentOutcome, TurnRead

_REPAIRS = frozenset({"correction", "rephrase"})


@dataclass(frozen=True, slots=True)
class Counted:
    """One count that became visible, for the live counters."""

    what: str
    intent: str
    status: str = ""
    number: int = 1


@dataclass(slots=True)
class Ledger:
    """Counts by fine intent and minute, and the cases of each fine intent.

    `resolve` gives the intent that a fine intent stands for today, `follow` the fine intent that a vanished
    one became.

    Each method takes one message of `turns` and returns what it counted.
    """

    book: MinuteBook
    resolve: Callable[[str], str]
    follow: Callable[[str], str]
    cases: CaseBook = field(default_factory=CaseBook)
    assigned: dict[str, Assigned] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    _sweep: Sweep = field(default_factory=Sweep)

    def need(self, message: TurnRead, given: Assignment) -> list[Counted]:
        """Count a turn that says what the user wants, under the intent that it was given."""
        assigned = self._open(message)
        segment = assigned.segments.get(message.segment)
        new = segment is None
        if segment is None:
            segment = assigned.open_segment(message.segment, given.fine, message.source, given.micro)
        segment.see(given.fine, message.source)
        tally = self.book.tally(given.fine, message.time)
        early = self._early(assigned, segment, message.time)
        tally.add("turns")
        if given.provisional:
            tally.add("unassigned")
        tally.add_user(assigned.user)
        counted = [
            Counted("turn", given.intent),
            Counted("need", given.intent, "unassigned" if given.provisional else "assigned"),
        ]
        if new and assigned.enter(given.fine, self.resolve):
            tally.add("conversations")
            tally.add_version("prompt_version", message.prompt_version)
            tally.add_version("release", message.release)
            counted.append(Counted("conversation", given.intent))
        return counted + early

    def opened(self, message: TurnRead) -> int | None:
        """Return the micro-cluster of the first turn of the same goal, None if this is the first."""
        assigned = self.assigned.get(message.conversation)
        segment = assigned.segments.get(message.segment) if assigned else None
        return segment.micro if segment else None

    def other_turn(self, message: TurnRead) -> list[Counted]:
        """Count a user's turn that says nothing new: it belongs to what the conversation is about."""
        segment = self._segment(message)
        if segment is None or message.role != "user":
            return []
        self.book.tally(segment.fine, message.time).add("turns")
        return [Counted("turn", self.resolve(segment.fine))]

    def signals(self, message: TurnRead) -> list[Counted]:
        """Count a tool's error, and the first repair of a goal."""
        segment = self._segment(message)
        if segment is None:
            return []
        found = ["tool_errors"] if message.tool_error else []
        if not segment.repaired and _REPAIRS.intersection(message.signals):
            segment.repaired = True
            self.changed.add(message.conversation)
            found.append("repaired")
        return [self._count(segment, name, message.time) for name in found]

    def outcome(self, message: TurnRead) -> list[Counted]:
        """Count outcomes; one that replaces an earlier one takes that back."""
        assigned = self.assigned.get(message.conversation)
        if assigned is None:
            return []
        assigned.final = message.final
        self.changed.add(message.conversation)
        counted: list[Counted] = []
        for outcome in message.outcomes:
            segment = assigned.segments.get(outcome.segment)
            if segment is None:
                continue
            self._settle(segment, outcome, message)
            if segment.status != outcome.status:
                counted += self._decide(segment, outcome, assigned.user, message.time)
        return counted

    def feedback(self, message: TurnRead) -> list[Counted]:
        """Count a thumb; a score of zero is none. One that comes before any need waits for it."""
        if not message.score:
            return []
        name, segment = "thumbs_up" if message.score > 0 else "thumbs_down", self._segment(message)
        if segment is not None:
            return [self._count(segment, name, message.time)]
        assigned = self._open(message)
        assigned.final = True
        assigned.early[name] = assigned.early.get(name, 0) + 1
        return []

    def _early(self, assigned: Assigned, segment: SegmentIntent, time: int) -> list[Counted]:
        """Count the thumbs that came before the conversation's first need."""
        waiting, assigned.early = assigned.early, {}
        return [
            self._count(segment, name, time)
            for name, number in sorted(waiting.items())
            for _ in range(number)
        ]

    def forget(self, message: TurnRead) -> list[str]:
        """Drop who a conversation was with and what it came to; return the fine intents that it had.

        What it added to counts stays counted; should it speak again, it counts anew.
        """
        self.cases.forget(message.conversation)
        assigned = self.assigned.get(message.conversation)
        if assigned is None:
            return []
        self.book.drop_user(assigned.user)
        fines = sorted({fine for one in assigned.segments.values() for fine, _ in one.fines})
        self.assigned[message.conversation] = Assigned("", assigned.opened, message.conversation, final=True)
        self.changed.add(message.conversation)
        return fines

    def _open(self, message: TurnRead) -> Assigned:
        assigned = self.assigned.get(message.conversation)
        if assigned is None:
            assigned = Assigned(message.conversation_id, message.time, message.user or message.conversation)
            self.assigned[message.conversation] = assigned
        if not assigned.conversation_id:  # it was erased and speaks again
            assigned.conversation_id = message.conversation_id
            assigned.user = message.user or message.conversation
        if not assigned.segments:
            assigned.opened = message.time
        assigned.final = False
        self.changed.add(message.conversation)
        return assigned

    def _segment(self, message: TurnRead) -> SegmentIntent | None:
        assigned = self.assigned.get(message.conversation)
        return assigned.segment(message.segment) if assigned else None

    def _count(self, segment: SegmentIntent, name: str, time: int) -> Counted:
        self.book.tally(segment.fine, time).add(name)
        return Counted(name, self.resolve(segment.fine))

    def _settle(self, segment: SegmentIntent, outcome: SegmentOutcome, message: TurnRead) -> None:
        """Keep the case, unless it is as it was; a correction stays where the first outcome was counted."""
        before = segment.settled
        now = Settled(outcome.status, message.time, outcome.step, message.prompt_version or "")
        if before is not None:
            now = now._replace(time=before.time)
        if now != before:
            fine = self.follow(segment.fine)
            self.cases.settle(fine, message.conversation, outcome.segment, before, now)
            segment.settled = now

    def _decide(self, segment: SegmentIntent, outcome: SegmentOutcome, user: str, time: int) -> list[Counted]:
        tally, intent = self.book.tally(segment.fine, time), self.resolve(segment.fine)
        counted = []
        if segment.status is not None:
            tally.add(segment.status, -1)
            counted.append(Counted("outcome", intent, segment.status, -1))
        tally.add(outcome.status)
        tally.add_user(user)
        if outcome.status == "completed":
            tally.add_depth(outcome.turns)
        segment.status = outcome.status
        return [*counted, Counted("outcome", intent, outcome.status)]

    # -- state

    def conversations(self) -> tuple[dict[str, tuple[bool, StateRecord]], dict[str, int]]:
        """Return the changed conversations by uuid (open or not, record), and when each opened."""
        changed = sorted(self.changed)
        records = {key: (not self.assigned[key].final, self.assigned[key].record()) for key in changed}
        opened = {key: self.assigned[key].opened for key in changed}
        self._sweep.written += len(changed)
        self.changed.clear()
        return records, opened

    def let_go(self, keep: int) -> None:
        """Drop finished conversations from memory beyond *keep*; the store has them."""
        if len(self.assigned) <= 2 * keep or not self._sweep.due(len(self.assigned)):
            return
        final = [key for key, one in self.assigned.items() if one.final and key not in self.changed]
        for key in final[: len(self.assigned) - keep]:
            del self.assigned[key]

    @classmethod
    def restore(
        cls,
        lateness_ms: int,
        book: dict[str, Any] | None,
        conversations: Iterable[tuple[str, StateRecord]],
        resolve: Callable[[str], str],
        follow: Callable[[str], str],
        cases: CaseBook,
    ) -> "Ledger":
        """Return the ledger of a saved *book* (None: a new one) and the conversations at hand."""
        kept = MinuteBook(lateness_ms) if book is None else MinuteBook.from_json(lateness_ms, book)
        return cls(
            kept, resolve, follow, cases, {key: Assigned.restore(record) for key, record in conversations}
        )
