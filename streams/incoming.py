"""One record of `conversation-events` on its way in: parsed, redacted, placed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from groundswell.models.conversation import Texts
from groundswell.models.event import MAX_TEXT, ConversationEvent, InvalidEvent, named_turn, parse
from groundswell.streams.delivery import Output, Record
from groundswell.streams.letters import MAX_RECORD_BYTES, weight
from groundswell.streams.partitioner import partition_of
from groundswell.streams.redacting import Redaction

#: A header that marks a record which was put under the right key; it keeps its first timestamp.
REKEYED = "groundswell-rekeyed"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record and what it turned out to be: an event, or the problem with it."""

    record: Record
    event: ConversationEvent | None = None
    time: int = 0
    turn: str = ""
    texts: Texts = field(default_factory=Texts)
    problem: InvalidEvent | None = None
    misplaced: bool = False

    @property
    def valid(self) -> ConversationEvent:
        """The event of a record that has no problem."""
        assert self.event is not None, "a record with a problem is buried, never folded"
        return self.event


def rekeyed(one: Incoming) -> Output:
    """Return a misplaced record under the key of its conversation: it is processed when it comes back."""
    record = one.record
    headers = [(name, value) for name, value in record.headers.items() if name != REKEYED]
    origin = f"{record.partition}/{record.offset}".encode()
    key = one.valid.key.encode()
    return Output(record.topic, key, record.value, record.timestamp, [*headers, (REKEYED, origin)])


def read(record: Record, redaction: Redaction, partitions: int) -> Incoming:
    """Return what *record* is. A conversation's events belong in the partition of their key."""
    try:
        event, time = _parsed(record)
    except InvalidEvent as problem:
        return Incoming(record, problem=problem)
    if event.type in ("tick", "forget"):
        return Incoming(record, event, time)
    return Incoming(
        record,
        redaction.labels(event),
        time,
        turn=event.turn_key(time),
        texts=redacted(event, redaction),
        misplaced=REKEYED not in record.headers
        and partition_of(event.key.encode(), partitions) != record.partition,
    )


def _parsed(record: Record) -> tuple[ConversationEvent, int]:
    """Return the event and its time. What is too large to be sent on is refused, wherever it stands."""
    if (size := weight(record)) > MAX_RECORD_BYTES:
        raise InvalidEvent("too_large", f"{size} bytes; at most {MAX_RECORD_BYTES} can be sent on")
    return parse(record.value, timestamp=record.timestamp, headers=record.headers)


def redacted(event: ConversationEvent, redaction: Redaction) -> Texts:
    """Return the texts of *event* as they may be stored: cut to MAX_TEXT, secrets out."""
    text = event.text or ""
    edited = event.feedback.edited_reply or "" if event.feedback else ""
    if event.feedback is not None:
        text = "\n".join(part for part in (event.feedback.comment, edited) if part)
    if event.outcome is not None:
        text = event.outcome.reason or ""
    arguments = event.tool.arguments_text() if event.tool else ""
    result = event.tool.result_text() if event.tool else ""
    return Texts(
        text=redaction.value(text) if event.role == "tool" else redaction.text(text),
        arguments=redaction.value(event.tool.arguments) if event.tool else "",
        result=redaction.value(event.tool.result) if event.tool else "",
        edited_reply=redaction.text(edited),
        truncated=max(len(text), len(arguments), len(result)) > MAX_TEXT,
    )


def feedback_target(one: Incoming) -> str:
    """Return the uuid of the turn that feedback is about; nothing if it does not say."""
    event = one.event
    if event is None or event.feedback is None or event.feedback.turn_id is None:
        return ""
    return named_turn(event.conversation, event.feedback.turn_id)


def user_texts(incoming: Sequence[Incoming]) -> list[str]:
    """Return what users said, each text once, in order: what the embedder has to do."""
    return list(
        dict.fromkeys(
            one.texts.text
            for one in incoming
            if one.event is not None
            and one.event.type == "turn"
            and one.event.role == "user"
            and not one.misplaced
        )
    )
