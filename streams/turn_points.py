"""One event after reading, twice: as the point that is archived and as the message that travels."""

from dataclasses import asdict
from typing import Any

from groundswell.models.conversation import Conversation, Reading
from groundswell.models.position import Source
from groundswell.models.reading.calibration import Calibration
from groundswell.models.record import Vector
from groundswell.models.turn import MAX_TOPIC_TEXT, CalibrationState, SegmentOutcome, TurnRead, encode_vector
from groundswell.sinks.store import Point
from groundswell.streams.incoming import Incoming


def archived(
    one: Incoming,
    source: Source,
    reading: Reading | None,
    conversation: Conversation,
    embedding: Vector | None,
    meant: int | None = None,
) -> Point:
    """Return the point of an event in the archive of turns: all of it, redacted.

    *meant* is the goal that feedback is about.
    """
    event = one.valid
    payload: dict[str, Any] = {
        "owner": conversation.owner,
        "type": event.type,
        "conversation": event.conversation,
        "conversation_id": conversation.conversation_id,
        "time": one.time,
        "seq": event.seq or 0,
        "log": source.log,
        "partition": source.partition,
        "offset": source.offset,
        "role": event.role,
        "text": one.texts.text,
        "truncated": one.texts.truncated,
        "trace_id": event.trace_id,
        "span_id": event.span_id,
        "slices": dict(conversation.slices),
        **conversation.facts,
        **_of_tool(one),
        **_of_reading(reading),
    }
    if event.feedback is not None:
        payload |= {"score": event.feedback.score, "feedback_turn": event.feedback.turn_id}
        payload |= {"edited_reply": one.texts.edited_reply, "segment": meant}
    if event.outcome is not None:
        payload |= {"outcome": event.outcome.status}
    return Point(one.turn, payload, embedding)


def _of_tool(one: Incoming) -> dict[str, Any]:
    tool = one.valid.tool
    if tool is None:
        return {}
    return {
        "tool_name": tool.name,
        "tool_call_id": tool.call_id,
        "tool_arguments": one.texts.arguments,
        "tool_result": one.texts.result,
        "tool_status": tool.status,
        "tool_latency_ms": tool.latency_ms,
    }


def _of_reading(reading: Reading | None) -> dict[str, Any]:
    if reading is None:
        return {}
    return {
        "ordinal": reading.ordinal,
        "segment": reading.segment,
        "passes": reading.passes,
        "probability": round(reading.probability, 4),
        "signals": list(reading.signals),
    }


def _where(one: Incoming, source: Source, conversation: Conversation) -> dict[str, Any]:
    """Return what every message about an event says: whose it is, when it was, where it came from."""
    return {
        "tenant": one.valid.tenant,
        "agent": one.valid.agent,
        "conversation": one.valid.conversation,
        "conversation_id": conversation.conversation_id,
        "time": one.time,
        "produced": one.record.timestamp,
        "source": source,
    }


def travelling(one: Incoming, source: Source, reading: Reading, conversation: Conversation) -> TurnRead:
    """Return the message about one turn."""
    event, facts = one.valid, conversation.facts
    return TurnRead(
        type="turn",
        **_where(one, source, conversation),
        turn=one.turn,
        ordinal=reading.ordinal,
        segment=reading.segment,
        role=event.role,
        text=one.texts.text[:MAX_TOPIC_TEXT],
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


def heard(one: Incoming, source: Source, conversation: Conversation, meant: int) -> TurnRead:
    """Return the message about feedback on the goal *meant*."""
    event = one.valid
    return TurnRead(
        type="feedback",
        **_where(one, source, conversation),
        segment=meant,
        text=one.texts.text[:MAX_TOPIC_TEXT],
        user=conversation.facts.get("user"),
        score=event.feedback.score if event.feedback else None,
    )


def tick(owner: str, time: int, produced: int, source: Source) -> TurnRead:
    """Return the message that tells *owner* the time."""
    tenant, agent = owner.split("/", 1)
    return TurnRead(type="tick", tenant=tenant, agent=agent, time=time, produced=produced, source=source)


def forgotten(conversation: Conversation, key: str, one: Incoming, source: Source) -> TurnRead:
    """Return the message that a conversation was erased. *key* is its uuid."""
    tenant, agent = conversation.owner.split("/", 1)
    return TurnRead(
        type="forget",
        tenant=tenant,
        agent=agent,
        conversation=key,
        time=one.time,
        produced=one.record.timestamp,
        source=source,
    )


def ended(
    conversation: Conversation,
    key: str,
    time: int,
    produced: int,
    source: Source,
    outcomes: tuple[SegmentOutcome, ...],
    calibration: Calibration,
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
        calibration=_state_of(calibration, source.partition),
    )


def _state_of(calibration: Calibration, partition: int) -> CalibrationState | None:
    """Return the state of a calibration that has learnt something."""
    facts = calibration.facts()
    if not facts.told and not facts.thumbs:
        return None
    return CalibrationState(partition=partition, **asdict(facts))
