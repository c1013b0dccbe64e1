"""A stage whose state is kept per tenant/agent: what the stages after `turns` have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from groundswell.models.contract import owner_of
from groundswell.models.event import InvalidEvent
from groundswell.models.position import Source
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Store
from groundswell.streams.delivery import Decision, Output, Record
from groundswell.streams.letters import dead_letter
from groundswell.streams.logs import Logs
from groundswell.streams.ownership import Commit
from groundswell.streams.settings import Settings
from groundswell.streams.topics import Topic

M = TypeVar("M", bound=BaseModel)
H = TypeVar("H")


@dataclass(frozen=True, slots=True)
class Decoded(Generic[M]):
    """The batch as messages, or as the problems with them; and the name of the log they came from."""

    messages: list[M | InvalidEvent]
    log: str


class KeyedStage(ABC, Generic[M, H]):
    """Decodes, claims, folds message by message, and commits once per tenant/agent and batch."""

    name: str
    message: type[M]

    def __init__(self, settings: Settings, store: Store, logs: Logs, metrics: Metrics) -> None:
        self._settings = settings
        self._store = store
        self._logs = logs
        self._metrics = metrics
        self._held: dict[str, H] = {}

    @abstractmethod
    async def claim(self, tenant: str, agent: str) -> H:
        """Take over the state of one agent."""

    async def fetch(self, held: H, messages: Sequence[M]) -> None:
        """Fetch what the fold of *messages* needs besides the state. Changes no result."""

    @abstractmethod
    def take(self, held: H, message: M, at: Source, record: Record, decision: Decision) -> bool:
        """Fold one message into the state; return False if it was a repeat. *at* is its own position."""

    @abstractmethod
    def commit(self, held: H) -> Commit:
        """Return the write that makes the state durable."""

    def forget(self) -> None:
        """Drop the state in memory."""
        self._held.clear()

    async def prepare(self, records: Sequence[Record]) -> list[M | InvalidEvent]:
        """Decode the batch."""
        return [self._decode(record) for record in records]

    async def load(self, records: Sequence[Record], prepared: list[M | InvalidEvent]) -> Decoded[M]:
        """Make sure that the state of every agent in the batch is at hand."""
        by_owner: dict[str, list[M]] = {}
        for message in prepared:
            if not isinstance(message, InvalidEvent):
                by_owner.setdefault(_owner(message), []).append(message)
        for owner, mine in sorted(by_owner.items()):
            if owner not in self._held:
                self._held[owner] = await self.claim(*owner.split("/", 1))
            await self.fetch(self._held[owner], mine)
        return Decoded(prepared, await self._logs.name())

    def decide(self, records: Sequence[Record], loaded: Decoded[M]) -> Decision:
        """Fold the batch."""
        decision = Decision()
        touched: set[str] = set()
        for record, message in zip(records, loaded.messages, strict=True):
            if isinstance(message, InvalidEvent):
                self._bury(record, message, decision)
                continue
            at = Source(log=loaded.log, partition=record.partition, offset=record.offset)
            if self.take(self._held[_owner(message)], message, at, record, decision):
                decision.processed += 1
                touched.add(_owner(message))
            else:
                decision.duplicates += 1
        decision.commits.extend(self.commit(self._held[owner]) for owner in sorted(touched))
        return decision

    def output(
        self, topic: Topic, key: str, value: bytes, record: Record, headers: Sequence[tuple[str, bytes]] = ()
    ) -> Output:
        """Return an output of this stage, stamped with the time of the record that led to it."""
        return Output(
            self._settings.topic_prefix + topic.name, key.encode(), value, record.timestamp, headers
        )

    def _decode(self, record: Record) -> M | InvalidEvent:
        try:
            return self.message.model_validate_json(record.value or b"")
        except ValidationError as error:
            detail = f"not a message of {record.topic}: {error.error_count()} problems"
            return InvalidEvent("invalid_field", detail)

    def _bury(self, record: Record, problem: InvalidEvent, decision: Decision) -> None:
        prefix = self._settings.topic_prefix
        decision.outputs.append(dead_letter(record, problem, stage=self.name, prefix=prefix))
        decision.dead += 1
        decision.effects.append(partial(self._metrics.observe_dead_letter, self.name, problem.reason))


def _owner(message: BaseModel) -> str:
    return owner_of(message.tenant, message.agent)  # type: ignore[attr-defined]
