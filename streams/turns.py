"""Conversation events in, turns out: parsed, redacted, embedded, gated, read.

State, per partition of `conversation-events`: each conversation (one record), the event
time that has passed (the watermark), and the running mean of each agent's needs. Silence
is noticed by the watermark, which events and ticks move, never by the wall clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundswell.models.contract import owner_of
from groundswell.models.conversation import Conversation, Reading
from groundswell.models.event import ConversationEvent
from groundswell.models.position import Source
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.redaction import Redactor
from groundswell.models.record import Vector
from groundswell.models.turn import TurnRead
from groundswell.sinks.embedder import TextEmbedder
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Point, Store, state_record
from groundswell.streams.collections import TURNS, TURNS_STATE
from groundswell.streams.delivery import Decision, Output, Record
from groundswell.streams.incoming import REKEYED, Incoming, read, user_texts
from groundswell.streams.letters import dead_letter
from groundswell.streams.logs import Logs
from groundswell.streams.ownership import claim
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS
from groundswell.streams.topics import TURNS as TURNS_TOPIC
from groundswell.streams.turn_points import archived, ended, travelling
from groundswell.streams.turn_state import PartitionState
from groundswell.streams.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as events, and the embeddings of what users said in it."""

    incoming: list[Incoming]
    vectors: dict[str, Vector]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a batch needs besides the state: new events, turns already archived, embeddings by text."""

    incoming: list[Incoming]
    known: dict[str, Source]
    vectors: dict[str, Vector]


class Turns:
    """The stage. One instance per worker; its state is that of the partitions that it holds."""

    name = "turns"

    def __init__(
        self, settings: Settings, store: Store, embedder: TextEmbedder, logs: Logs, metrics: Metrics
    ) -> None:
        extra = {f"custom{number}": regex for number, regex in enumerate(settings.redact_extra)}
        names = None if settings.redact == ("default",) else settings.redact
        self._redactor = Redactor.of(names, extra)
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
        incoming = [read(record, self._redactor, partitions) for record in records]
        return Prepared(incoming, await self._vectors.of(user_texts(incoming)))

    async def load(self, records: Sequence[Record], prepared: Prepared) -> Loaded:
        """Claim new partitions; fetch conversations, and which turns the archive has already."""
        for partition in sorted({record.partition for record in records} - self._partitions.keys()):
            await self._claim(partition)
        incoming = [one for one in prepared.incoming if self._is_new(one.record)]
        known = await self._archived(incoming)
        await self._fetch_conversations(incoming)
        return Loaded(incoming, known, prepared.vectors)

    def decide(self, records: Sequence[Record], loaded: Loaded) -> Decision:
        """Fold the batch, record by record."""
        decision = Decision()
        archive: dict[str, Point] = {}
        known = dict(loaded.known)
        for one in loaded.incoming:
            self._take(one, known, loaded.vectors, archive, decision)
        for record in records:
            state = self._partitions[record.partition]
            state.offset = max(state.offset, record.offset)
        if archive:
            decision.writes.append((TURNS, list(archive.values())))
        for partition in sorted({record.partition for record in records}):
            state = self._partitions[partition]
            decision.commits.append(state.owned.commit(state.changes(), state.conversation_records()))
        return decision

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

    async def _archived(self, incoming: Sequence[Incoming]) -> dict[str, Source]:
        """Return where the turns that the archive has already came from."""
        ids = sorted({one.turn for one in incoming if one.turn and not one.misplaced})
        points = await self._store.retrieve(TURNS, ids) if ids else []
        return {
            point.id: Source(
                log=point.payload["log"], partition=point.payload["partition"], offset=point.payload["offset"]
            )
            for point in points
        }

    async def _fetch_conversations(self, incoming: Sequence[Incoming]) -> None:
        wanted: dict[str, PartitionState] = {}
        for one in incoming:
            if one.event is not None and one.turn and not one.misplaced:
                state = self._partitions[one.record.partition]
                if one.event.conversation not in state.conversations:
                    wanted[one.event.conversation] = state
        for point in await self._store.retrieve(TURNS_STATE, sorted(wanted)) if wanted else []:
            state = wanted[point.id]
            state.conversations[point.id] = Conversation.restore(state_record(point), state.mean)

    def _source(self, record: Record, index: int = 0) -> Source:
        log = self._partitions[record.partition].log
        return Source(log=log, partition=record.partition, offset=record.offset, index=index)

    def _is_duplicate(self, one: Incoming, known: dict[str, Source]) -> bool:
        """Whether another record brought this turn before. The same record again is no duplicate."""
        first = known.get(one.turn) if one.turn else None
        return first is not None and first != self._source(one.record)

    # -- deciding

    def _take(
        self,
        one: Incoming,
        known: dict[str, Source],
        vectors: dict[str, Vector],
        archive: dict[str, Point],
        decision: Decision,
    ) -> None:
        record = one.record
        if one.problem is not None:
            decision.outputs.append(
                dead_letter(record, one.problem, stage=self.name, prefix=self._settings.topic_prefix)
            )
            decision.dead += 1
            reason = one.problem.reason
            decision.effects.append(lambda: self._metrics.observe_dead_letter(self.name, reason))
            return
        if one.misplaced:
            decision.outputs.append(self._rekeyed(one))
            return
        if self._is_duplicate(one, known):
            decision.duplicates += 1
            return
        if one.turn:
            known.setdefault(one.turn, self._source(record))
        state = self._partitions[record.partition]
        state.watermark = max(state.watermark, one.time)
        index = self._close_silent(state, record, decision)
        decision.processed += 1
        if one.turn:
            self._fold(one, state, index, vectors.get(one.texts.text), archive, decision)
        else:
            self._tell_time(state, record, index, decision)

    def _fold(
        self,
        one: Incoming,
        state: PartitionState,
        index: int,
        embedding: Vector | None,
        archive: dict[str, Point],
        decision: Decision,
    ) -> None:
        """Take one event of a conversation in: its turn, feedback or outcome."""
        event, source = _event(one), self._source(one.record, index)
        conversation = self._conversation(state, event)
        if conversation.covers(source):
            return
        user = self._settings.hash_user(event.user_id) if event.user_id else None
        embedding = embedding if event.role == "user" else None
        conversation.touch(event, one.time, source, user)
        reading: Reading | None = None
        if event.type == "turn":
            reading = conversation.read(event, one.texts, embedding)
            if reading.passes:
                state.changed_means.add(conversation.owner)
            self._send(
                decision,
                travelling(
                    one.turn,
                    event,
                    one.time,
                    one.record.timestamp,
                    source,
                    one.texts,
                    reading,
                    conversation,
                ),
            )
        elif event.type == "feedback":
            self._send(decision, self._feedback(one, source, conversation))
        archive[one.turn] = archived(
            one.turn, event, one.time, source, one.texts, reading, conversation, embedding
        )
        if event.outcome is not None:
            conversation.tell(event.outcome.status)
        if event.type in ("outcome", "end"):
            self._close(state, event.conversation, conversation, one.record, index + 1, one.time, decision)
        state.heard[conversation.owner] = max(state.heard.get(conversation.owner, 0), one.time)
        state.changed.add(event.conversation)
        if not conversation.closed:
            state.watch(event.conversation, self._timeout_ms)

    def _conversation(self, state: PartitionState, event: ConversationEvent) -> Conversation:
        found = state.conversations.get(event.conversation)
        if found is None:
            owner = owner_of(event.tenant, event.agent)
            name = self._redactor.redact(event.conversation_id)
            found = Conversation(ConversationReader(state.mean(owner)), name, owner)
            state.conversations[event.conversation] = found
        return found

    def _feedback(self, one: Incoming, source: Source, conversation: Conversation) -> TurnRead:
        event = _event(one)
        assert event.feedback is not None
        return TurnRead(
            type="feedback",
            tenant=event.tenant,
            agent=event.agent,
            conversation=event.conversation,
            conversation_id=conversation.conversation_id,
            time=one.time,
            produced=one.record.timestamp,
            source=source,
            segment=conversation.reader.segment.number,
            text=one.texts.text[:4000],
            user=conversation.facts.get("user"),
            score=event.feedback.score,
        )

    def _close_silent(self, state: PartitionState, record: Record, decision: Decision) -> int:
        """End the conversations whose time is out; return the next free output index."""
        index = 0
        for key, conversation in state.silent(self._timeout_ms):
            ended_at = conversation.last + self._timeout_ms
            self._close(state, key, conversation, record, index, ended_at, decision, silent=True)
            index += 1
        return index

    def _close(
        self,
        state: PartitionState,
        key: str,
        conversation: Conversation,
        record: Record,
        index: int,
        time: int,
        decision: Decision,
        *,
        silent: bool = False,
    ) -> None:
        source = self._source(record, index)
        outcomes = conversation.close(source, silent=silent)
        state.changed.add(key)
        if outcomes:
            self._send(decision, ended(conversation, key, time, record.timestamp, source, outcomes))

    def _tell_time(self, state: PartitionState, record: Record, index: int, decision: Decision) -> None:
        """Pass the time on to every agent that was heard of late."""
        for place, owner in enumerate(state.listeners()):
            tenant, agent = owner.split("/", 1)
            source = self._source(record, index + place)
            self._send(
                decision,
                TurnRead(
                    type="tick",
                    tenant=tenant,
                    agent=agent,
                    time=state.watermark,
                    produced=record.timestamp,
                    source=source,
                ),
            )

    def _send(self, decision: Decision, message: TurnRead) -> None:
        key = owner_of(message.tenant, message.agent).encode()
        decision.outputs.append(
            Output(self._topic(TURNS_TOPIC.name), key, message.encode(), message.produced)
        )

    def _rekeyed(self, one: Incoming) -> Output:
        """Return the record under the key of its conversation: it is processed when it comes back."""
        record = one.record
        headers = [(name, value) for name, value in record.headers.items() if name != REKEYED]
        origin = f"{record.partition}/{record.offset}".encode()
        return Output(
            record.topic,
            _event(one).key.encode(),
            record.value,
            record.timestamp,
            [*headers, (REKEYED, origin)],
        )

    def _topic(self, name: str) -> str:
        return self._settings.topic_prefix + name


def _event(one: Incoming) -> ConversationEvent:
    assert one.event is not None, "only valid events are folded"
    return one.event
