"""The fold of a batch of conversation events: what each does to its partition, and what it sends."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from groundswell.models.contract import owner_of
from groundswell.models.conversation import Conversation, Reading
from groundswell.models.event import ConversationEvent
from groundswell.models.position import Source
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.record import Vector
from groundswell.models.turn import TurnRead
from groundswell.sinks.store import Point
from groundswell.streams.delivery import Record
from groundswell.streams.forgetting import Erasure, blanked, is_about, waiting
from groundswell.streams.incoming import Incoming, feedback_target
from groundswell.streams.redacting import Redaction
from groundswell.streams.settings import Settings
from groundswell.streams.turn_points import archived, ended, forgotten, heard, tick, travelling
from groundswell.streams.turn_state import PartitionState


@dataclass(slots=True)
class Cursor:
    """Numbers what one record leads to: each message and each change of a conversation."""

    log: str
    record: Record
    index: int = -1

    def next(self) -> Source:
        """Return the next position."""
        self.index += 1
        return Source(
            log=self.log, partition=self.record.partition, offset=self.record.offset, index=self.index
        )


@dataclass(slots=True)
class TurnFold:
    """Folds events into partition states. No IO, no clock; `messages` and `archive` are what came of it.

    `erasures` are what the `forget` events of the batch found in the archive, by identity of their record.
    """

    settings: Settings
    redaction: Redaction
    vectors: Mapping[str, Vector]
    targets: Mapping[str, tuple[Source, int]] = field(default_factory=dict)
    erasures: Mapping[int, Erasure] = field(default_factory=dict)
    messages: list[TurnRead] = field(default_factory=list)
    archive: dict[str, Point] = field(default_factory=dict)

    def take(self, one: Incoming, state: PartitionState) -> None:
        """Take one event in: time passes, silent conversations end, then the event itself counts."""
        state.watermark = max(state.watermark, one.time)
        cursor = Cursor(state.log, one.record)
        for key, conversation in state.silent(self._timeout_ms):
            self._close(state, key, cursor, conversation.last + self._timeout_ms, silent=True)
        if one.turn:
            self._fold(one, state, cursor)
        elif one.valid.type == "forget":
            self._forget(one, state, cursor)
        else:
            self._tell_time(state, cursor)

    def drain(self) -> list[TurnRead]:
        """Return the messages since the last call."""
        messages, self.messages = self.messages, []
        return messages

    @property
    def _timeout_ms(self) -> int:
        return self.settings.idle_timeout_s * 1000

    def _fold(self, one: Incoming, state: PartitionState, cursor: Cursor) -> None:
        """Take one event of a conversation in: its turn, feedback or outcome."""
        event, source = one.valid, cursor.next()
        conversation = self._conversation(state, event)
        if conversation.covers(source):
            return
        user = self.settings.hash_user(event.user_id) if event.user_id else None
        embedding = self.vectors.get(one.texts.text) if event.role == "user" else None
        conversation.touch(event, one.time, source, user)
        reading = self._read(one, conversation, embedding)
        if reading is not None:
            self.messages.append(travelling(one, source, reading, conversation))
            if reading.passes:
                state.changed_means.add(conversation.owner)
        meant = self._meant(one, source, conversation) if event.type == "feedback" else None
        if meant is not None:
            conversation.rate(meant, event.feedback.score if event.feedback else None)
            self.messages.append(heard(one, source, conversation, meant))
        self.archive[one.turn] = archived(one, source, reading, conversation, embedding, meant)
        if event.outcome is not None:
            conversation.tell(event.outcome.status)
        if event.type in ("outcome", "end"):
            self._close(state, event.conversation, cursor, one.time)
        elif meant is not None and conversation.closed:
            state.learn(event.conversation)
        state.note(event.conversation, one.time, self._timeout_ms)

    def _read(self, one: Incoming, conversation: Conversation, embedding: Vector | None) -> Reading | None:
        """Return what a turn meant; other events mean nothing."""
        return conversation.read(one.valid, one.texts, embedding) if one.valid.type == "turn" else None

    def _meant(self, one: Incoming, source: Source, conversation: Conversation) -> int:
        """Return the goal that feedback is about: that of its turn, if it came before, or the last one."""
        latest = conversation.reader.segment.number
        named = feedback_target(one)
        if named in self.archive:
            return int(self.archive[named].payload.get("segment") or 0)
        at, segment = self.targets.get(named, (source, latest))
        later = (at.log, at.partition) == (source.log, source.partition) and at.offset >= source.offset
        return latest if later else segment

    def _conversation(self, state: PartitionState, event: ConversationEvent) -> Conversation:
        found = state.conversations.get(event.conversation)
        if found is None:
            owner = owner_of(event.tenant, event.agent)
            name = self.redaction.name(event)
            found = Conversation(ConversationReader(state.mean(owner)), name, owner)
            state.conversations[event.conversation] = found
        elif not found.conversation_id:  # it was erased and speaks again
            found.conversation_id = self.redaction.name(event)
        return found

    def _forget(self, one: Incoming, state: PartitionState, cursor: Cursor) -> None:
        """Erase conversations: what was archived, what this batch would archive, and their state."""
        erasure = self.erasures[id(one.record)]
        found = {
            key
            for key, held in state.conversations.items()
            if is_about(one, key, held.owner, held.facts.get("user"))
        }
        found |= waiting(one, self.archive.values())
        keys = (found | erasure.conversations(self.archive)) & state.conversations.keys()
        self.archive |= blanked(erasure.points, self.archive, keys, erasure.token)
        for key in sorted(keys):
            held, source = state.conversations[key], cursor.next()
            state.unlearn(key)
            state.conversations[key] = Conversation(
                ConversationReader(state.mean(held.owner)),
                "",
                held.owner,
                source=source,
                first=held.first,
                ordinal=held.ordinal,
                started=held.started,
                last=held.last,
                closed=True,
            )
            state.changed.add(key)
            self.messages.append(forgotten(held, key, one, source))

    def _close(
        self, state: PartitionState, key: str, cursor: Cursor, time: int, *, silent: bool = False
    ) -> None:
        """End a conversation and say how it stands, if that is news."""
        source, conversation = cursor.next(), state.conversations[key]
        state.learn(key)
        calibration = state.calibration(conversation.owner)
        outcomes = conversation.close(source, silent=silent, calibration=calibration)
        state.changed.add(key)
        if outcomes:
            timestamp = cursor.record.timestamp
            self.messages.append(ended(conversation, key, time, timestamp, source, outcomes, calibration))

    def _tell_time(self, state: PartitionState, cursor: Cursor) -> None:
        """Pass the time on to every agent that was heard of late."""
        for owner in state.listeners():
            self.messages.append(tick(owner, state.watermark, cursor.record.timestamp, cursor.next()))
