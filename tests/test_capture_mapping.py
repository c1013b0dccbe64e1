"""Spans and log records of every dialect become the turns that a plain producer would have sent."""

import hashlib
from typing import Any

import orjson
import otlp_dialects as otlp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.models.capture.captured import Captured
from groundswell.models.capture.identity import Options
from groundswell.models.capture.mapping import capture
from groundswell.models.capture.native import events_of
from groundswell.models.capture.payload import is_json
from groundswell.models.capture.values import mended
from groundswell.models.event import InvalidEvent, parse

NOW = 1_795_000_000_000
every_dialect = pytest.mark.parametrize("dialect", otlp.DIALECTS.values(), ids=list(otlp.DIALECTS))


def captured(request: dict[str, Any], **options: Any) -> Captured:
    return capture(otlp.as_json(request), otlp.signal(request), Options(**options), now_ms=NOW)


def events(request: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    return [orjson.loads(one.value) for one in captured(request, **options).events]


def said(request: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["role"], one.get("text")) for one in events(request)]


def one_call(
    messages: list[dict[str, Any]], answer: str | None, trace: int = 1, **more: Any
) -> dict[str, Any]:
    """A request with one span: a call with these messages of the chat API."""
    given = {
        "langfuse.observation.type": "generation",
        "session.id": "c1",
        "langfuse.observation.input": orjson.dumps(messages).decode(),
    }
    if answer is not None:
        given["langfuse.observation.output"] = answer
    return otlp.traces([otlp.span(trace, trace, given | more)])


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


# -- every dialect


@every_dialect
def test_a_conversation_gives_the_turns_of_a_plain_producer(dialect) -> None:
    found = events(dialect("c1"))
    turns = [(one["role"], one.get("text"), one.get("tool")) for one in found]
    for _, _, tool in turns:
        if tool is not None:  # only spans know these
            assert tool.pop("status", "ok") == "ok"
            tool.pop("latency_ms", None)
    assert turns == otlp.NATIVE
    assert {one["conversation_id"] for one in found} == {"c1"}
    assert {one["agent"] for one in found} == {"shop"}


@every_dialect
def test_protobuf_and_json_give_the_same_events(dialect) -> None:
    request = dialect("c1")
    signal = otlp.signal(request)
    assert capture(otlp.as_protobuf(request), signal, Options(), now_ms=NOW) == captured(request)


@every_dialect
def test_however_an_export_is_cut_and_repeated_each_turn_has_one_id(dialect) -> None:
    request = dialect("c1")
    whole = [one.turn_id for one in captured(request).events]
    pieces = [one.turn_id for part in otlp.split(request) * 2 for one in captured(part).events]
    assert len(set(whole)) == len(whole) == len(otlp.NATIVE)
    assert set(pieces) == set(whole)


@every_dialect
def test_what_is_captured_is_a_valid_event_under_its_key(dialect) -> None:
    for one in captured(dialect("Some id / with ünïcode")).events:
        event, time = parse(one.value, timestamp=NOW)
        assert (event.key, time, event.turn_id) == (one.key, one.time, one.turn_id)


# -- what is new


def test_history_that_is_sent_again_is_not_told_again() -> None:
    history = [user("a"), assistant("b"), user("c")]
    assert said(one_call(history, "d")) == [("user", "c"), ("assistant", "d")]


def test_a_second_yes_is_a_turn_of_its_own() -> None:
    ask = assistant("Are you sure?")
    first = [user("cancel"), ask, user("yes")]
    ids = {
        number: [one.turn_id for one in captured(one_call(history, "ok", trace=number)).events]
        for number, history in enumerate((first, [*first, ask, user("yes")]), start=1)
    }
    assert len({*ids[1], *ids[2]}) == 4


def test_a_yes_after_another_question_is_one_even_in_a_window_of_the_history() -> None:
    window = [assistant("Shall I cancel?"), user("yes")]
    later = [assistant("Shall I pay it back?"), user("yes")]
    ids = [
        [one.turn_id for one in captured(one_call([user("x"), *part], "ok", trace=number)).events]
        for number, part in enumerate((window, later), start=1)
    ]
    assert not set(ids[0]) & set(ids[1])


def test_an_api_that_keeps_the_history_gives_each_request_its_turns() -> None:
    first, second = (captured(one_call([user("yes")], "Done.", trace=number)) for number in (1, 2))
    assert len({one.turn_id for one in (*first.events, *second.events)}) == 4


def test_a_retry_of_the_same_call_adds_nothing() -> None:
    history = [user("a"), assistant("b"), user("c")]
    first, again = (captured(one_call(history, "d", trace=number)).events for number in (1, 2))
    assert [one.turn_id for one in first] == [one.turn_id for one in again]


def test_history_that_the_application_rewrote_is_not_counted_again() -> None:
    first = one_call([user("Context: ...\nQuestion: where is it?")], "It is there [1].")
    second = one_call([user("where is it?"), assistant("It is there."), user("thanks")], "Bye", trace=2)
    assert said(first) + said(second) == [
        ("user", "Context: ...\nQuestion: where is it?"),
        ("assistant", "It is there [1]."),
        ("user", "thanks"),
        ("assistant", "Bye"),
    ]


def test_a_greeting_that_no_model_gave_is_told_with_the_first_call() -> None:
    system = {"role": "system", "content": "Be kind."}
    request = one_call([system, assistant("Hello, how can I help?"), user("hi")], "yes?")
    assert [role for role, _ in said(request)] == ["system", "assistant", "user", "assistant"]
    assert "system" not in [
        role for role, _ in said(one_call([system, user("a"), assistant("b"), user("c")], "d"))
    ]


def test_the_prompt_version_is_the_digest_of_the_system_prompt_unless_one_is_named() -> None:
    messages = [{"role": "system", "content": "Be kind."}, user("hi")]
    digest = hashlib.sha256(b"Be kind.").hexdigest()[:12]
    assert {one["prompt_version"] for one in events(one_call(messages, "x"))} == {f"sha256:{digest}"}
    named = {"langfuse.observation.prompt.name": "support", "langfuse.observation.prompt.version": 7}
    assert {one["prompt_version"] for one in events(one_call(messages, "x", **named))} == {"support@7"}


# -- tools


def test_a_tool_call_in_a_span_and_in_messages_is_one_turn_with_status_and_latency() -> None:
    tools = [one["tool"] for one in events(otlp.gen_ai_structured("c1")) if one["role"] == "tool"]
    assert tools == [{**otlp.TOOL, "status": "ok", "latency_ms": 250.0}]


def test_a_tool_that_failed_says_what_went_wrong() -> None:
    given = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "pay",
        "gen_ai.tool.call.id": "call_1",
    }
    exception = {"exception.type": "TimeoutError", "exception.message": "no answer"}
    failed = otlp.span(
        1,
        1,
        given,
        status={"code": 2},
        events=[{"name": "exception", "attributes": otlp.attributes(exception)}],
    )
    (tool,) = (one["tool"] for one in events(otlp.traces([failed])))
    assert tool["status"] == "error"
    assert tool["result"] == "TimeoutError: no answer"


def test_a_short_call_id_may_come_again_in_another_request() -> None:
    def answered(trace: int) -> dict[str, Any]:
        call = {"id": "call_0", "function": {"name": "find", "arguments": "{}"}}
        sent = [user("x"), {"role": "assistant", "tool_calls": [call]}]
        return one_call(
            [*sent, {"role": "tool", "tool_call_id": "call_0", "content": "r"}], "ok", trace=trace
        )

    tools = [
        one.turn_id for trace in (1, 2) for one in captured(answered(trace)).events if b'"tool"' in one.value
    ]
    assert len(set(tools)) == 2


# -- whose conversation


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"gen_ai.conversation.id": "g", "session.id": "s"}, "g"),
        ({"langfuse.session.id": "l", "gen_ai.conversation.id": "g"}, "l"),
        ({"session.id": "s", "traceloop.association.properties.session_id": "t"}, "s"),
        ({"traceloop.association.properties.chat_id": "t"}, "t"),
        ({"ai.telemetry.metadata.sessionId": "v"}, "v"),
        ({"metadata": '{"thread_id": "m"}'}, "m"),
        ({"gen_ai.conversation.id": 7}, "7"),
        ({}, f"{1:032x}"),
    ],
)
def test_the_conversation_is_the_first_that_is_named_and_the_trace_at_last(attributes, expected) -> None:
    messages = orjson.dumps([user("hi")]).decode()
    request = otlp.traces([otlp.span(1, 1, {"gen_ai.input.messages": messages, **attributes})])
    assert {one["conversation_id"] for one in events(request)} == {expected}


def test_a_span_takes_the_conversation_from_the_span_above_it() -> None:
    above = otlp.span(1, 1, {"gen_ai.conversation.id": "above", "user.id": "u"})
    below = otlp.span(
        1, 2, {"gen_ai.input.messages": '[{"role":"user","content":"hi"}]'}, parentSpanId=above["spanId"]
    )
    (one,) = events(otlp.traces([below, above]))
    assert (one["conversation_id"], one["user_id"]) == ("above", "u")


def test_agent_release_and_slices_come_from_what_the_application_says_of_itself() -> None:
    given = {
        "gen_ai.input.messages": '[{"role":"user","content":"hi"}]',
        "groundswell.slice.cohort": "b",
        "langfuse.trace.metadata.plan": "pro",
        "langfuse.trace.metadata.internal_note": "no slice",
        "metadata": '{"paying": true, "secret": 1}',
    }
    resource = {
        "service__name": "Shop Bot",
        "service__version": "7.1",
        "deployment__environment__name": "prod",
    }
    (one,) = events(otlp.traces([otlp.span(1, 1, given)], **resource), slices=("plan", "paying"))
    assert (one["tenant"], one["agent"], one["release"]) == ("default", "shop-bot", "7.1")
    assert one["slices"] == {"cohort": "b", "environment": "prod", "paying": True, "plan": "pro"}


# -- what gives no turn is counted


@pytest.mark.parametrize(
    ("attributes", "outcome"),
    [
        ({"http.route": "/chat"}, ("none", "not_genai")),
        ({"gen_ai.operation.name": "chat"}, ("gen_ai", "no_content")),
        ({"gen_ai.operation.name": "embeddings"}, ("gen_ai", "other_operation")),
        ({"openinference.span.kind": "CHAIN", "input.value": "hi"}, ("openinference", "wrapper")),
        (
            {"langfuse.observation.type": "tool", "langfuse.observation.input": "{}"},
            ("langfuse", "tool_without_call_id"),
        ),
        ({"gen_ai.operation.name": "chat", "groundswell.ignore": True}, ("gen_ai", "ignored")),
    ],
)
def test_a_span_that_gives_no_turn_is_counted_with_the_reason(attributes, outcome) -> None:
    found = captured(otlp.traces([otlp.span(1, 1, attributes)]))
    assert (found.events, dict(found.counts)) == ([], {outcome: 1})


def test_a_call_without_conversation_and_trace_is_refused() -> None:
    request = otlp.traces([otlp.span(0, 1, {"gen_ai.input.messages": '[{"role":"user","content":"hi"}]'})])
    assert captured(request).refused == 1


def test_turns_are_read_from_roots_where_that_is_wanted() -> None:
    root = {"langfuse.observation.type": "span", "session.id": "c1"}
    root |= {"langfuse.observation.input": "Where is it?", "langfuse.observation.output": "There."}
    call = {"langfuse.observation.type": "generation", "langfuse.observation.input": "a long prompt"}
    spans = [otlp.span(1, 1, root), otlp.span(1, 2, call, parentSpanId=f"{2:016x}")]
    found = captured(otlp.traces(spans), roots=True)
    texts = [orjson.loads(one.value)["text"] for one in found.events]
    assert texts == ["Where is it?", "There."]
    assert found.counts["langfuse", "inside_root"] == 1


# -- evaluations


@pytest.mark.parametrize(
    ("attributes", "score"),
    [
        ({"gen_ai.evaluation.score.value": 1}, 1.0),
        ({"gen_ai.evaluation.score.value": 0.25}, -0.5),
        ({"gen_ai.evaluation.score.label": "Thumbs down"}, -1.0),
        ({"gen_ai.evaluation.score.value": 4}, None),
    ],
)
def test_an_evaluation_is_feedback_if_its_scale_is_known(attributes, score) -> None:
    named = {"gen_ai.evaluation.name": "helpful", "gen_ai.evaluation.explanation": "why", "session.id": "c1"}
    record = {"traceId": f"{1:032x}", "spanId": f"{1:016x}", "eventName": "gen_ai.evaluation.result"}
    record |= {"timeUnixNano": "1790000000000000000", "attributes": otlp.attributes(named | attributes)}
    found = events(otlp.logs([record, record]))
    assert [one["feedback"] for one in found] == (
        [] if score is None else [{"score": score, "comment": "why"}]
    )


# -- what was cut off, and what is broken


def test_of_messages_that_were_cut_off_what_is_left_is_kept() -> None:
    whole = orjson.dumps([user("The parcel never came and nobody answers me")]).decode()
    request = otlp.traces([otlp.span(1, 1, {"gen_ai.input.messages": whole[:60], "session.id": "c"})])
    found = captured(request)
    assert found.truncated == 1
    assert [orjson.loads(one.value)["text"] for one in found.events] == ["The parcel never came and nobody "]


@given(st.data())
def test_a_json_text_cut_anywhere_keeps_what_was_complete(data) -> None:
    value = data.draw(st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ).map(lambda one: [one, {"role": "user", "content": "ab\"c\\d\ne"}]))  # fmt: skip
    text = orjson.dumps(value).decode()
    left = mended(text[: data.draw(st.integers(0, len(text)))])
    assert left is None or isinstance(left, list)
    assert mended(text) == value


def test_a_cut_inside_a_string_or_a_key_or_an_escape_is_mended() -> None:
    assert mended('[{"a": "x\\u00') == [{"a": "x"}]
    assert mended('[{"a": "x\\') == [{"a": "x"}]
    assert mended('[{"a": 1, "b') == [{"a": 1, "b": None}]
    assert mended('[{"a": 1, "b":') == [{"a": 1, "b": None}]
    assert mended('[{"a": 1}, tr') == [{"a": 1}]
    assert mended("[}") is None


def test_a_length_that_looks_like_a_brace_does_not_make_protobuf_json() -> None:
    assert not is_json(b"\n{" + b"x" * 123)
    assert is_json(b' {"resourceSpans": []}')


@pytest.mark.timeout(30)
def test_what_could_be_multiplied_is_not() -> None:
    """Each of these takes minutes if every part of the payload is looked at for every other."""
    history = [user("x" * 50) if n % 2 == 0 else assistant("y" * 50) for n in range(20_001)]
    assert said(one_call(history, "z")) == [("user", "x" * 50), ("assistant", "z")]

    many = {f"name{number}": number for number in range(20_000)}
    call = {"gen_ai.input.messages": '[{"role":"user","content":"hi"}]'}
    spans = [otlp.span(number, 1, call) for number in range(1, 20_001)]
    assert len(captured(otlp.traces(spans, **many)).events) == 20_000

    chain = [otlp.span(1, number, call, parentSpanId=f"{number:016x}") for number in range(20_000)]
    assert captured(otlp.traces(chain)).counts == {("gen_ai", "captured"): 20_000}

    records = [
        {
            "traceId": "1" * 32,
            "spanId": "1" * 16,
            "eventName": "gen_ai.user.message",
            "body": otlp.value("hi"),
            "attributes": otlp.attributes({f"name{number}": 1}),
        }
        for number in range(20_000)
    ]
    assert captured(otlp.logs(records)).counts == {("gen_ai_events", "captured"): 1}


LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False)
json_values = st.recursive(
    LEAVES | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["role", "content", "parts", "type", "text", "tool_calls", "function", "name", "id",
                         "arguments", "message", "messages", "kwargs", "lc", "response", "tool_call_id"]),
        inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
NAMES = (
    "gen_ai.operation.name", "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions",
    "langfuse.observation.type", "langfuse.observation.input", "langfuse.observation.output",
    "openinference.span.kind", "llm.input_messages.0.message.content", "llm.input_messages.x.message",
    "llm.input_messages.1.message.contents.0.message_content.text", "gen_ai.prompt.0.role", "gen_ai.prompt.0",
    "gen_ai.prompt.0.tool_calls.0.name", "ai.operationId", "ai.prompt.messages", "ai.response.toolCalls",
    "gen_ai.tool.call.id", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "input.value", "metadata",
    "gen_ai.conversation.id", "service.name", "groundswell.tenant", "groundswell.slice.x", "session.id",
)  # fmt: skip
KINDS = (
    "chat",
    "execute_tool",
    "generation",
    "tool",
    "LLM",
    "TOOL",
    "ai.toolCall",
    "ai.generateText.doGenerate",
)


@given(
    st.dictionaries(st.sampled_from(NAMES), json_values | st.sampled_from(KINDS), max_size=8), st.booleans()
)
def test_whatever_the_attributes_hold_events_are_valid_or_there_are_none(attributes, structured) -> None:
    if not structured:
        attributes = {k: v if isinstance(v, str) else orjson_text(v) for k, v in attributes.items()}
    request = otlp.traces(
        [otlp.span(1, 1, {k: v for k, v in attributes.items() if v is not None and fits(v)})]
    )
    try:
        found = captured(request)
    except InvalidEvent:
        raise AssertionError("the payload was well-formed") from None
    for one in found.events:
        event, _ = parse(one.value, timestamp=NOW)
        assert event.key == one.key


def orjson_text(one: Any) -> str:
    try:
        return orjson.dumps(one).decode()
    except orjson.JSONEncodeError:
        return "[1"


def fits(one: Any) -> bool:
    """Whether an AnyValue can hold it."""
    if isinstance(one, list | dict):
        return all(
            fits(item) and item is not None for item in (one.values() if isinstance(one, dict) else one)
        )
    return not isinstance(one, int) or isinstance(one, bool) or -(2**63) <= one < 2**63


@given(st.binary(max_size=300), st.sampled_from(["traces", "logs"]))
def test_any_bytes_are_a_payload_or_refused_with_a_reason(payload, signal) -> None:
    try:
        capture(payload, signal, Options(), now_ms=NOW)
    except InvalidEvent as problem:
        if problem.reason not in ("invalid_json", "invalid_protobuf", "not_an_object", "invalid_field"):
            raise


@pytest.mark.parametrize("kind", ["tick", "forget"])
def test_the_events_of_the_worker_and_the_operator_are_not_taken_from_strangers(kind: str) -> None:
    event = {"type": kind, "conversation_id": "c1", "time": NOW, "forget": {"user": "0" * 16}}
    found = events_of(orjson.dumps(event), NOW, 10_000)
    assert found.events == []
    assert f"type: {kind} is told by" in found.problems[0]
