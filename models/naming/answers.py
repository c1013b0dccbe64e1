"""The answers of a language model about names: those that are kept, and what they may cost a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from groundswell.models.naming.question import Question
from groundswell.models.position import Positions, Source
from groundswell.models.record import StateRecord

RECORD = "answers"
KEPT = 512  # answers
DAYS = 40  # days whose cost is remembered, the latest

AnswerStatus = Literal["answered", "refused", "invalid", "failed"]
#: What is done about an event: it came before; its answer is known; the day's budget is spent; ask.
Step = Literal["repeat", "cached", "budget", "ask"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said, or why it said nothing that can be read; tokens sent and received."""

    status: AnswerStatus
    name: str = ""
    description: str = ""
    sent: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """Calls and tokens of one day of event time. The call that crosses the bound of tokens is the last."""

    calls: int
    tokens: int

    def share(self, part: int, parts: int) -> "Budget":
        """Return the part of one partition; the shares of all partitions add up to the whole."""
        return Budget(*(whole // parts + (part < whole % parts) for whole in (self.calls, self.tokens)))


@dataclass(slots=True)
class AnswerBook:
    """The state of one partition: answers by digest, [calls, tokens] by day, how far it has read."""

    kept: dict[str, tuple[str, str]] = field(default_factory=dict)
    spent: dict[str, list[int]] = field(default_factory=dict)
    positions: Positions = field(default_factory=Positions)

    def step(self, question: Question | None, day: str, at: Source, budget: Budget) -> Step | None:
        """Take an event in; return what is to be done about its question, None where it has none."""
        if not self.positions.take(at):
            return "repeat"
        if question is None:
            return None
        if question.digest in self.kept:
            return "cached"
        calls, tokens = self.spent.get(day, (0, 0))
        return "ask" if calls < budget.calls and tokens < budget.tokens else "budget"

    def note(self, question: Question, day: str, answer: Answer) -> None:
        """Keep an answer, also one that cannot be used, and count what it cost."""
        self.kept[question.digest] = (answer.name, answer.description)
        for oldest in list(self.kept)[: max(0, len(self.kept) - KEPT)]:
            del self.kept[oldest]
        calls, tokens = self.spent.get(day, (0, 0))
        self.spent[day] = [calls + 1, tokens + answer.sent + answer.received]
        for oldest in sorted(self.spent)[: max(0, len(self.spent) - DAYS)]:
            del self.spent[oldest]

    def recall(self, question: Question) -> Answer:
        """Return the answer that is kept."""
        name, description = self.kept[question.digest]
        return Answer("answered" if name else "invalid", name, description)

    def record(self) -> dict[str, StateRecord]:
        """Return the state as records."""
        value = {"kept": self.kept, "spent": self.spent, "positions": self.positions.to_json()}
        return {RECORD: StateRecord(orjson.dumps(value))}

    @classmethod
    def restore(cls, records: Mapping[str, StateRecord]) -> "AnswerBook":
        """Return the book that the records hold."""
        if RECORD not in records:
            return cls()
        value: dict[str, Any] = orjson.loads(records[RECORD].payload)
        kept = {digest: (name, description) for digest, (name, description) in value["kept"].items()}
        return cls(kept, value["spent"], Positions.from_json(value["positions"]))
