"""One event after reading, twice: as the point that is archived and as the message that travels."""

from typing import Any

from groundswell.models.contract import owner_of
from groundswell.models.conversation import Conversation, Reading, Texts
from groundswell.models.event import ConversationEvent
from groundswell.models.position import Source
from groundswell.models.record import Vector
from groundswell.models.turn import MAX_TOPIC_TEXT, SegmentOutcome, TurnRead, encode_vector
from groundswell.sinks.store import Point


def archived(
    turn: str,
    event: ConversationEvent,
    time: int,
    source: Source,
    texts: Texts,
    reading: Reading | None,
    conversation: Conversation,
    embedding: Vector | None,
) -> Point:
    """Return the point of *event* in the archive of turns: all of it, redacted."""
    payload: dict[str, Any] = {
        "owner": owner_of(event.tenant, event.agent),
        "type": event.type,
        "conversation": event.conversation,
        "conversation_id": conversation.conversation_id,
        "time": time,
        "seq": event.seq or 0,
        "log": source.log,
        "partition": source.partition,
        "offset": source.offset,
        "role": event.role,
        "text": texts.text,
        "truncated": texts.truncated,
        "trace_id": event.trace_id,
        "span_id": event.span_id,
        "slices": dict(conversation.slices),
        **conversation.facts,
    }
    if event.tool is not None:
        payload |= {
            "tool_name": event.tool.name,
            "tool_call_id": event.tool.call_id,
            "tool_arguments": texts.arguments,
            "tool_result": texts.result,
            "tool_status": event.tool.status,
            "tool_latency_ms": event.tool.latency_ms,
        }
    if reading is not None:
        payload |= {
            "ordinal": reading.ordinal,
            "segment": reading.segment,
            "passes": reading.passes,
            "signals": list(reading.signals),
        }
    if event.feedback is not None:
        payload |= {"score": event.feedback.score, "feedback_turn": event.feedback.turn_id}
    return Point(turn, payload, embedding)


def travelling(
    turn: str,
    event: ConversationEvent,
    time: int,
    produced: int,
    source: Source,
    texts: Texts,
    reading: Reading,
    conversation: Conversation,
) -> TurnRead:
    """Return the message about one turn."""
    facts = conversation.facts
    return TurnRead(
        type="turn",
        tenant=event.tenant,
        agent=event.agent,
        conversation=event.conversation,
        conversation_id=conversation.conversation_id,
        time=time,
        produced=produced,
        source=source,
        turn=turn,
        ordinal=reading.ordinal,
        segment=reading.segment,
        role=event.role,
        text=texts.text[:MAX_TOPIC_TEXT],
        tool=event.tool.name if event.tool else None,
        tool_error="tool_error" in reading.signals,
        passes=reading.passes,
        probability=round(reading.probability, 4),
        vector=encode_vector(reading.vector) if reading.vector is not None else None,
        signals=reading.signals,
        user=facts.get("user"),
        model=facts.get("model"),
        prompt_version=facts.get("prompt_version"),
        release=facts.get("release"),
        variant=facts.get("variant"),
        slices=dict(conversation.slices),
        trace_id=event.trace_id,
    )


def ended(
    conversation: Conversation,
    key: str,
    time: int,
    produced: int,
    source: Source,
    outcomes: tuple[SegmentOutcome, ...],
) -> TurnRead:
    """Return the message that says how a conversation ended. *key* is its uuid."""
    tenant, agent = conversation.owner.split("/", 1)
    return TurnRead(
        type="outcome",
        tenant=tenant,
        agent=agent,
        conversation=key,
        conversation_id=conversation.conversation_id,
        time=time,
        produced=produced,
        source=source,
        user=conversation.facts.get("user"),
        prompt_version=conversation.facts.get("prompt_version"),
        explicit=conversation.told is not None,
        final=True,
        outcomes=outcomes,
    )
