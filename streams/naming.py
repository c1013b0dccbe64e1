"""Intent events in, names that a language model suggests out, as commands to the stage that owns names.

Off unless an endpoint is configured. The answer of a model is no function of anything, so it enters the
flow by the log: what `intents` does with it depends on its input topic alone. State, per partition of
`intent-events`: answers by the digest of the question, and what each day of event time has cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import orjson
from pydantic import ValidationError

from groundswell.models.change_envelope import hash_of
from groundswell.models.contract import owner_of
from groundswell.models.event import InvalidEvent
from groundswell.models.intent_command import IntentCommand
from groundswell.models.naming.answers import Answer, AnswerBook, Budget
from groundswell.models.naming.question import (
    EVENT_TYPES,
    SCHEMA,
    SCHEMA_NAME,
    Named,
    Question,
    question_of,
)
from groundswell.models.naming.rules import fit_description, sentence_case, suggestion_faults
from groundswell.models.naming.stretches import NAME_LIMIT
from groundswell.models.position import Source
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.openai_endpoint import ChatModel, ChatUnavailable
from groundswell.sinks.store import Store
from groundswell.streams.collections import NAMING_STATE
from groundswell.streams.delivery import Decision, Output, Record
from groundswell.streams.letters import dead_letter
from groundswell.streams.logs import Logs
from groundswell.streams.ownership import Owned, claim
from groundswell.streams.redacting import Redaction
from groundswell.streams.settings import Settings
from groundswell.streams.topics import INTENT_COMMANDS, INTENT_EVENTS

PURPOSE = "naming"
#: What was read of a record: an event a model may be asked about, another, or what is wrong with it.
Read = Named | InvalidEvent | None


@dataclass(slots=True)
class Held:
    """The state of one partition, its claim and share, and answers that are not in the state yet.

    `answers`: by offset; a batch that is loaded again asks nothing twice.
    """

    owned: Owned
    book: AnswerBook
    budget: Budget
    answers: dict[int, Answer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The batch as read, and the name of its log."""

    events: Sequence[Read]
    log: str


class Naming:
    """The stage."""

    name = "naming"

    def __init__(
        self, settings: Settings, store: Store, logs: Logs, metrics: Metrics, model: ChatModel
    ) -> None:
        self._redaction = Redaction.of(settings)
        self._topic = settings.topic_prefix + INTENT_EVENTS.name
        self._commands = settings.topic_prefix + INTENT_COMMANDS.name
        self._prefix = settings.topic_prefix
        self._budget = Budget(settings.llm_calls_per_day, settings.llm_tokens_per_day)
        self._store = store
        self._logs = logs
        self._metrics = metrics
        self._model = model
        self._partitions: dict[int, Held] = {}

    def forget(self) -> None:
        """Drop the state in memory."""
        self._partitions.clear()

    async def prepare(self, records: Sequence[Record]) -> list[Read]:
        """Decode the batch."""
        return [read(record) for record in records]

    async def load(self, records: Sequence[Record], prepared: Sequence[Read]) -> Loaded:
        """Claim new partitions, and ask what a fold of the batch will want to know.

        The fold is rehearsed on a copy of the state, since whether there is budget for a question depends
        on what the answers before it cost.
        """
        present = sorted({record.partition for record in records})
        for partition in present:
            if partition not in self._partitions:
                await self._claim(partition)
        log = await self._logs.name()
        books = {one: AnswerBook.restore(self._partitions[one].book.record()) for one in present}
        for record, event in zip(records, prepared, strict=True):
            if not isinstance(event, Named):
                continue
            held, book = self._partitions[record.partition], books[record.partition]
            question = question_of(event, self._model.name)
            if book.step(question, event.day, _source(log, record), held.budget) == "ask":
                assert question is not None
                if record.offset not in held.answers:
                    held.answers[record.offset] = await self._ask(question)
                book.note(question, event.day, held.answers[record.offset])
        return Loaded(prepared, log)

    def decide(self, records: Sequence[Record], loaded: Loaded) -> Decision:
        """Fold the batch: keep each answer, and send those that are fit to be names."""
        decision = Decision()
        for record, event in zip(records, loaded.events, strict=True):
            if isinstance(event, InvalidEvent):
                self._bury(record, event, decision)
            elif event is None or self._take(event, record, _source(loaded.log, record), decision):
                decision.processed += 1
            else:
                decision.duplicates += 1
        for partition in sorted({record.partition for record in records}):
            held = self._partitions[partition]
            held.answers.clear()
            decision.commits.append(held.owned.commit(held.book.record()))
        return decision

    def _take(self, event: Named, record: Record, at: Source, decision: Decision) -> bool:
        """Fold one event; return False if it came before."""
        held = self._partitions[record.partition]
        question = question_of(event, self._model.name)
        step = held.book.step(question, event.day, at, held.budget)
        if step == "repeat":
            return False
        if question is None or step is None:
            return True
        observe = partial(self._metrics.observe_llm, PURPOSE)
        if step == "budget":
            decision.effects.append(partial(observe, "budget"))
            return True
        if step == "ask":
            answer = held.answers[record.offset]
            held.book.note(question, event.day, answer)
        else:
            answer = held.book.recall(question)
        command = self._command(event, answer)
        fit = "accepted" if command else "rejected"
        outcome = "cached" if step == "cached" else fit if answer.status == "answered" else answer.status
        decision.effects.append(partial(observe, outcome, answer.sent, answer.received))
        if command is not None:
            key = owner_of(event.tenant, event.agent).encode()
            decision.outputs.append(Output(self._commands, key, command.encode(), record.timestamp))
        return True

    def _command(self, event: Named, answer: Answer) -> IntentCommand | None:
        """Return the command that suggests the name, if it may be one. Its id follows from the event's."""
        name = sentence_case(" ".join(answer.name.split()).rstrip("."))
        if not name or suggestion_faults(name, event.said) or self._redaction.text(name) != name:
            return None
        told = fit_description(answer.description)
        return IntentCommand(
            id=hash_of((owner_of(event.tenant, event.agent), event.id, "suggest-name"))[:32],
            source="/groundswell/naming",
            subject=event.intent_id,
            time=event.time,
            tenant=event.tenant,
            agent=event.agent,
            actor="llm",
            command="suggest-name",
            intent=event.intent_id,
            name=name,
            name_version=event.name_version,
            description=told if self._redaction.text(told) == told else "",
        )

    async def _ask(self, question: Question) -> Answer:
        try:
            said = await self._model.complete(question.system, question.user, SCHEMA, SCHEMA_NAME)
        except ChatUnavailable:
            self._metrics.observe_llm(PURPOSE, "unavailable")
            raise
        name, told = said.value.get("name"), said.value.get("description")
        if said.status != "answered":
            return Answer(said.status, sent=said.sent, received=said.received)
        if not isinstance(name, str) or not isinstance(told, str) or not 0 < len(name) <= 2 * NAME_LIMIT:
            return Answer("invalid", sent=said.sent, received=said.received)
        return Answer("answered", name, told[:1_000], said.sent, said.received)

    async def _claim(self, partition: int) -> None:
        owned = await claim(self._store, NAMING_STATE, f"{self._topic}/{partition}")
        book = AnswerBook.restore(owned.records)
        last = book.positions.taken.get(partition)
        if last is not None and await self._logs.end_offset(self._topic, partition) <= last.offset:
            book.positions.taken.clear()  # the log began anew: its small offsets are not old
        parts = await self._logs.partitions(self._topic)
        self._partitions[partition] = Held(owned, book, self._budget.share(partition, parts))

    def _bury(self, record: Record, problem: InvalidEvent, decision: Decision) -> None:
        decision.outputs.append(dead_letter(record, problem, stage=self.name, prefix=self._prefix))
        decision.dead += 1
        decision.effects.append(partial(self._metrics.observe_dead_letter, self.name, problem.reason))


def read(record: Record) -> Read:
    """Return the event of a record if a model may be asked about it, or what is wrong with the record."""
    try:
        value = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        return InvalidEvent("invalid_json", f"not a message of {record.topic}")
    if not isinstance(value, dict):
        return InvalidEvent("not_an_object", f"found {type(value).__name__}, wanted a JSON object")
    if value.get("type") not in EVENT_TYPES:
        return None
    try:
        return Named.model_validate(value)
    except ValidationError as error:
        detail = f"not an intent event: {error.error_count()} problems"
        return InvalidEvent("invalid_field", detail)


def _source(log: str, record: Record) -> Source:
    return Source(log=log, partition=record.partition, offset=record.offset)
