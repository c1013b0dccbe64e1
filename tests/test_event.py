"""What is an event, what is a repeat of one, and what is neither."""

from datetime import UTC, datetime
from typing import Any, get_args

import orjson
import pytest
from cloudevents.core.bindings.kafka import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from groundswell.models.event import EARLIEST_MS, FUTURE_SKEW_MS, LATEST_MS, InvalidEvent, Reason, parse

NOW = 1_760_000_000_000
LEAST = {"conversation_id": "c1", "role": "user", "text": "hello"}


def read(fields: Any, timestamp: int = NOW, **headers: bytes) -> Any:
    return parse(orjson.dumps(fields), timestamp=timestamp, headers=headers)[0]


def reason(value: bytes | dict[str, Any] | None, timestamp: int = NOW) -> str:
    raw = orjson.dumps(value) if isinstance(value, dict) else value
    with pytest.raises(InvalidEvent) as caught:
        parse(raw, timestamp=timestamp)
    assert caught.value.detail
    return caught.value.reason


def test_the_least_that_a_producer_sends_is_a_turn_at_the_time_of_its_record() -> None:
    event, time = parse(orjson.dumps(LEAST), timestamp=NOW)
    assert (event.type, event.tenant, event.agent) == ("turn", "default", "default")
    assert time == NOW
    assert event.key == "default/default/c1"
    assert event.slices == {}


def test_every_field_of_the_contract_is_taken() -> None:
    fields: dict[str, Any] = {
        "type": "turn",
        "tenant": "acme",
        "agent": "support-2.b_1",
        "conversation_id": "c 1/é",
        "turn_id": "t1",
        "time": NOW - 5,
        "seq": 3,
        "role": "tool",
        "text": "sent",
        "tool": {
            "name": "get_order",
            "call_id": "k1",
            "arguments": {"id": 7},
            "result": ["sent"],
            "status": "error",
            "latency_ms": 12.5,
        },
        "model": "m",
        "prompt_version": "p",
        "release": "r",
        "config_version": "v",
        "variant": "b",
        "user_id": "u",
        "slices": {"plan": "pro", "account_age_days": 3, "revenue": 9.5, "paying": True},
        "trace_id": "0" * 32,
        "span_id": "1" * 16,
    }
    event = read(fields)
    assert event.model_dump(exclude={"feedback", "outcome", "forget"}) == fields


@pytest.mark.parametrize("status", ["completed", "abandoned", "escalated", "failed", "converted", "churned"])
def test_each_outcome_may_be_told(status: str) -> None:
    outcome = {"status": status, "value": 12, "reason": "because"}
    event = read({"conversation_id": "c", "type": "outcome", "outcome": outcome})
    assert event.outcome.model_dump() == outcome


def test_feedback_has_a_score_between_minus_one_and_one() -> None:
    feedback = {"score": -1, "comment": "bad", "edited_reply": "better", "turn_id": "t1"}
    event = read({"conversation_id": "c", "type": "feedback", "feedback": feedback})
    assert event.feedback.model_dump() == feedback
    assert reason({"conversation_id": "c", "type": "feedback", "feedback": {"score": 1.1}}) == "invalid_field"


def test_unknown_fields_are_ignored() -> None:
    assert read(LEAST | {"colour": {"deep": [1]}}) == read(LEAST)


@pytest.mark.parametrize(
    "time", ["2025-10-09T08:53:20Z", "2025-10-09T10:53:20.000+02:00", "2025-10-09T08:53:20", NOW, float(NOW)]
)
def test_times_are_rfc_3339_or_milliseconds(time: str | float) -> None:
    _, found = parse(orjson.dumps(LEAST | {"time": time}), timestamp=NOW + 9)
    assert found == NOW


def test_a_clock_may_be_a_day_ahead_of_the_record_and_not_more() -> None:
    assert read(LEAST | {"time": NOW + FUTURE_SKEW_MS}).time == NOW + FUTURE_SKEW_MS
    assert reason(LEAST | {"time": NOW + FUTURE_SKEW_MS + 1}) == "future_time"


def test_nothing_happened_before_2000_or_after_2100_whatever_the_record_says() -> None:
    assert read(LEAST | {"time": EARLIEST_MS}).time == EARLIEST_MS
    assert reason(LEAST | {"time": EARLIEST_MS - 1}) == "ancient_time"
    assert reason(LEAST, timestamp=0) == "ancient_time"
    assert reason(LEAST, timestamp=LATEST_MS + 1) == "future_time"


def test_cloudevents_in_structured_and_in_binary_mode_say_the_same() -> None:
    attributes = {
        "id": "e1",
        "source": "/producer",
        "type": "conversation.turn",
        "specversion": "1.0",
        "time": datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC),
        "datacontenttype": "application/json",
    }
    cloud = CloudEvent(attributes=attributes, data=LEAST)
    structured, binary = (
        to_structured_event(cloud, JSONFormat()),
        to_binary_event(cloud, JSONFormat()),
    )
    events = [
        parse(bytes(message.value), timestamp=NOW, headers=message.headers)[0]
        for message in (structured, binary)
    ]
    assert events[0] == events[1] == read(LEAST | {"time": NOW})


def test_the_time_of_an_envelope_holds_unless_the_data_has_its_own() -> None:
    envelope = {"specversion": "1.0", "time": "2025-10-09T08:00:00Z"}
    eight = 1_759_996_800_000
    assert read(envelope | {"data": LEAST}).time == eight
    assert read(envelope | {"data": LEAST | {"time": NOW}}).time == NOW
    assert read(LEAST, ce_time=b"2025-10-09T08:00:00Z").time == eight
    assert read(LEAST | {"time": NOW}, ce_time=b"2025-10-09T08:00:00Z").time == NOW


def test_an_exact_resend_is_a_repeat_and_any_difference_is_not() -> None:
    said = LEAST | {"time": NOW}
    key = read(said).turn_key(NOW)
    assert read(dict(reversed(said.items()))).turn_key(NOW) == key
    others = ({"text": "hello!"}, {"role": "assistant"}, {"conversation_id": "c2"}, {"tenant": "t"})
    tools = ({"tool": {"name": "a"}}, {"tool": {"name": "a", "result": 1}})
    keys = {read(said | other).turn_key(NOW) for other in (*others, *tools)}
    assert len(keys | {key, read(said).turn_key(NOW + 1)}) == 8


def test_a_turn_id_makes_an_event_the_same_whatever_else_it_says() -> None:
    named = LEAST | {"turn_id": "t1"}
    assert read(named).turn_key(1) == read(named | {"text": "other"}).turn_key(2)
    assert read(named).turn_key(1) != read(named | {"conversation_id": "c2"}).turn_key(1)
    assert read(named).turn_key(1) != read(LEAST | {"text": "t1"}).turn_key(1)


def test_what_happens_to_a_turn_is_no_repeat_of_it_nor_of_each_other() -> None:
    told: tuple[dict[str, Any], ...] = (
        {"type": "end"},
        {"type": "outcome", "outcome": {"status": "failed"}},
        {"type": "outcome", "outcome": {"status": "completed"}},
        {"type": "feedback", "feedback": {"score": 1}},
        {"type": "feedback", "feedback": {"score": -1}},
    )
    assert len({read({"conversation_id": "c1"} | one).turn_key(NOW) for one in told}) == len(told)
    with_id = {read({"conversation_id": "c1", "turn_id": "t1"} | one).turn_key(NOW) for one in told[1::2]}
    assert len(with_id | {read(LEAST | {"turn_id": "t1"}).turn_key(NOW)}) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "invalid_json"),
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"\xff\xfe", "invalid_json"),
        (rb'{"text":"\ud800"}', "invalid_json"),
        (b"[" * 2_000, "invalid_json"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
        ({"role": "user", "text": "x"}, "missing_field"),
        (LEAST | {"role": None}, "missing_field"),
        (LEAST | {"text": None}, "missing_field"),
        ({"conversation_id": "c", "type": "feedback"}, "missing_field"),
        ({"conversation_id": "c", "type": "outcome"}, "missing_field"),
        (LEAST | {"text": 5}, "invalid_field"),
        (LEAST | {"conversation_id": "c" * 257}, "invalid_field"),
        (LEAST | {"tenant": "a/b"}, "invalid_field"),
        (LEAST | {"tenant": "a" * 65}, "invalid_field"),
        (LEAST | {"agent": "A"}, "invalid_field"),
        (LEAST | {"seq": 2**53}, "invalid_field"),
        (LEAST | {"slices": {str(n): n for n in range(33)}}, "invalid_field"),
        (LEAST | {"time": "soon"}, "invalid_field"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason_of_a_closed_set(value: Any, expected: str) -> None:
    assert reason(value) == expected
    assert expected in get_args(Reason)


def test_a_refusal_does_not_repeat_what_strangers_wrote() -> None:
    with pytest.raises(InvalidEvent) as caught:
        parse(orjson.dumps(LEAST | {"role": "<script>", "slices": {"k": ["secret"]}}), timestamp=NOW)
    assert "script" not in str(caught.value)
    assert len(caught.value.detail) <= 300


@pytest.mark.parametrize("depth", [1, 100, 240, 249, 250, 251, 252, 300, 900])
def test_whatever_is_accepted_of_a_tool_can_be_written_again(depth: int) -> None:
    nested = b"[" * depth + b"]" * depth
    raw = b'{"conversation_id":"c","role":"tool","tool":{"name":"t","arguments":%b,"result":%b}}' % (
        nested,
        nested,
    )
    if depth > 250:
        assert reason(raw) == "invalid_field"
        return
    event, time = parse(raw, timestamp=NOW)
    assert event.tool is not None
    assert event.turn_key(time)
    assert event.tool.arguments_text() == event.tool.result_text() == nested.decode()


def test_zero_characters_are_replaced_where_text_is_stored() -> None:
    event = read(LEAST | {"text": "a\x00b", "conversation_id": "\x00", "release": "\x00"})
    assert (event.text, event.conversation_id, event.release) == ("a\ufffdb", "\ufffd", "\ufffd")
