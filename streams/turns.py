"""Conversation events in, turns out: parsed, redacted, embedded, gated, read.

State, per partition of `conversation-events`: each conversation (one record), the event
time that has passed (the watermark), and the running mean of each agent's needs. Silence
is noticed by the watermark, which events and ticks move, never by the wall clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from groundswell.models.contract import owner_of
from groundswell.models.conversation import Conversation
from groundswell.models.event import InvalidEvent
from groundswell.models.position import Source
from groundswell.models.record import Vector
from groundswell.models.turn import TurnRead
from groundswell.sinks.embedder import TextEmbedder
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Point, Store, state_record
from groundswell.streams.collections import TURNS, TURNS_STATE
from groundswell.streams.delivery import Decision, Output, Record
from groundswell.streams.forgetting import Erasure, look, of_type_forget
from groundswell.streams.incoming import Incoming, feedback_target, read, rekeyed, user_texts
from groundswell.streams.letters import dead_letter
from groundswell.streams.logs import Logs
from groundswell.streams.ownership import Commit, claim
from groundswell.streams.redacting import Redaction
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS
from groundswell.streams.topics import TURNS as TURNS_TOPIC
from groundswell.streams.turn_fold import TurnFold
from groundswell.streams.turn_state import PartitionState
from groundswell.streams.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as events, and the embeddings of what users said in it."""

    incoming: list[Incoming]
    vectors: dict[str, Vector]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a batch needs besides the state: new events, turns already archived, embeddings by text.

    `targets`: where the turns that feedback is about came from, and the goal of each. `erasures`: what
    the `forget` events of the batch found in the archive, by identity of their record.
    """

    incoming: list[Incoming]
    known: dict[str, Source]
    targets: dict[str, tuple[Source, int]]
    vectors: dict[str, Vector]
    erasures: dict[int, Erasure]


class Turns:
    """The stage. One instance per worker; its state is that of the partitions that it holds."""

    name = "turns"

    def __init__(
        self, settings: Settings, store: Store, embedder: TextEmbedder, logs: Logs, metrics: Metrics
    ) -> None:
        self._redaction = Redaction.of(settings)
        self._settings = settings
        self._timeout_ms = settings.idle_timeout_s * 1000
        self._store = store
        self._logs = logs
        self._metrics = metrics
        self._partitions: dict[int, PartitionState] = {}
        self._vectors = Vectors(embedder, metrics)

    def forget(self) -> None:
        """Drop the state in memory."""
        self._partitions.clear()

    async def prepare(self, records: Sequence[Record]) -> Prepared:
        """Parse and redact, and embed what users said."""
        partitions = await self._logs.partitions(self._topic(CONVERSATION_EVENTS.name))
        incoming = [read(record, self._redaction, partitions) for record in records]
        return Prepared(incoming, await self._vectors.of(user_texts(incoming)))

    async def load(self, records: Sequence[Record], prepared: Prepared) -> Loaded:
        """Claim new partitions; fetch conversations, and which turns the archive has already."""
        for partition in sorted({record.partition for record in records} - self._partitions.keys()):
            await self._claim(partition)
        incoming = [one for one in prepared.incoming if self._is_new(one.record)]
        known, targets = await self._archived(incoming)
        erasures = await self._erasures(incoming)
        await self._fetch_conversations(incoming, erasures)
        return Loaded(incoming, known, targets, prepared.vectors, erasures)

    def decide(self, records: Sequence[Record], loaded: Loaded) -> Decision:
        """Fold the batch, record by record."""
        decision, known = Decision(), dict(loaded.known)
        fold = TurnFold(self._settings, self._redaction, loaded.vectors, loaded.targets, loaded.erasures)
        for one in loaded.incoming:
            if one.problem is not None:
                self._bury(one, one.problem, decision)
            elif one.misplaced:
                decision.outputs.append(rekeyed(one))
            elif self._is_duplicate(one, known):
                decision.duplicates += 1
            else:
                decision.processed += 1
                if one.turn:
                    known.setdefault(one.turn, self._source(one.record))
                fold.take(one, self._partitions[one.record.partition])
                decision.outputs.extend(self._output(message) for message in fold.drain())
        if fold.archive:
            decision.writes.append((TURNS, list(fold.archive.values())))
        decision.commits.extend(self._commits(records))
        return decision

    def _bury(self, one: Incoming, problem: InvalidEvent, decision: Decision) -> None:
        prefix = self._settings.topic_prefix
        decision.outputs.append(dead_letter(one.record, problem, stage=self.name, prefix=prefix))
        decision.dead += 1
        decision.effects.append(partial(self._metrics.observe_dead_letter, self.name, problem.reason))

    def _output(self, message: TurnRead) -> Output:
        key = owner_of(message.tenant, message.agent).encode()
        return Output(self._topic(TURNS_TOPIC.name), key, message.encode(), message.produced)

    def _commits(self, records: Sequence[Record]) -> Iterator[Commit]:
        """Move each partition on to its last record, and give the write that says so."""
        last = {record.partition: record.offset for record in records}
        for partition, offset in sorted(last.items()):
            state = self._partitions[partition]
            state.offset = max(state.offset, offset)
            yield state.owned.commit(state.changes(), state.conversation_records())

    # -- loading

    async def _claim(self, partition: int) -> None:
        topic = self._topic(CONVERSATION_EVENTS.name)
        owned = await claim(self._store, TURNS_STATE, f"{topic}/{partition}")
        end = await self._logs.end_offset(topic, partition)
        state = PartitionState.restore(owned, await self._logs.name(), end)
        self._partitions[partition] = state
        for key, record in owned.open.items():
            state.conversations[key] = Conversation.restore(record, state.mean)
            state.watch(key, self._timeout_ms)

    def _is_new(self, record: Record) -> bool:
        return record.offset > self._partitions[record.partition].offset

    async def _archived(
        self, incoming: Sequence[Incoming]
    ) -> tuple[dict[str, Source], dict[str, tuple[Source, int]]]:
        """Return where the turns that the archive has came from, and the goals of those with feedback."""
        ids = {one.turn for one in incoming if one.turn and not one.misplaced}
        targets = {target for one in incoming if (target := feedback_target(one))}
        points = await self._store.retrieve(TURNS, sorted(ids | targets)) if ids | targets else []
        sources = {point.id: _archived_at(point) for point in points}
        goals = {point.id: int(point.payload.get("segment") or 0) for point in points if point.id in targets}
        known = {id_: source for id_, source in sources.items() if id_ in ids}
        return known, {target: (sources[target], goal) for target, goal in goals.items()}

    async def _erasures(self, incoming: Sequence[Incoming]) -> dict[int, Erasure]:
        """Return what each `forget` event finds in the archive."""
        return {
            id(one.record): await look(self._store, one, self._partitions[one.record.partition])
            for one in of_type_forget(incoming)
        }

    async def _fetch_conversations(self, incoming: Sequence[Incoming], erasures: dict[int, Erasure]) -> None:
        wanted: dict[str, PartitionState] = {}
        for one in incoming:
            if one.event is None or one.misplaced:
                continue
            state = self._partitions[one.record.partition]
            keys = erasures[id(one.record)].conversations() if id(one.record) in erasures else set()
            for key in sorted(keys) or ([one.event.conversation] if one.turn else []):
                if key not in state.conversations:
                    wanted[key] = state
        for point in await self._store.retrieve(TURNS_STATE, sorted(wanted)) if wanted else []:
            state = wanted[point.id]
            state.conversations[point.id] = Conversation.restore(state_record(point), state.mean)

    def _source(self, record: Record) -> Source:
        log = self._partitions[record.partition].log
        return Source(log=log, partition=record.partition, offset=record.offset)

    def _is_duplicate(self, one: Incoming, known: dict[str, Source]) -> bool:
        """Whether another record brought this turn before. The same record again is no duplicate."""
        first = known.get(one.turn) if one.turn else None
        return first is not None and first != self._source(one.record)

    def _topic(self, name: str) -> str:
        return self._settings.topic_prefix + name


def _archived_at(point: Point) -> Source:
    payload = point.payload
    return Source(log=payload["log"], partition=payload["partition"], offset=payload["offset"])
