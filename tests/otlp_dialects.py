"""One conversation as each instrumentation exports it: OTLP requests, to be sent as JSON or protobuf."""

import base64
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from chat_api import ARGUMENTS, RESULT, SYSTEM
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Message = dict[str, Any]
START = 1_790_000_000_000_000_000
SECOND = 1_000_000_000
CALL_ID = "call_abcdef123456"
FUNCTION = "find_order"
CALL = {
    "id": CALL_ID,
    "type": "function",
    "function": {"name": FUNCTION, "arguments": orjson.dumps(ARGUMENTS).decode()},
}

#: Three requests of one conversation in the form of the chat API: what was sent, what was answered.
_HISTORY: list[Message] = [
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": "Where is my order W123?"},
    {"role": "assistant", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": CALL_ID, "content": RESULT},
    {"role": "assistant", "content": "It was delivered. Shall I send it back?"},
    {"role": "user", "content": "yes"},
    {"role": "assistant", "content": "Shall I also cancel the subscription?"},
    {"role": "user", "content": "yes"},
    {"role": "assistant", "content": "Done."},
]
#: (trace, messages sent, answer) of each call of the model.
CALLS: list[tuple[int, list[Message], Message]] = [
    (1, _HISTORY[:2], _HISTORY[2]),
    (1, _HISTORY[:4], _HISTORY[4]),
    (2, _HISTORY[:6], _HISTORY[6]),
    (3, _HISTORY[:8], _HISTORY[8]),
]
TOOL = {"name": FUNCTION, "call_id": CALL_ID, "arguments": ARGUMENTS, "result": RESULT}
#: The same conversation as a producer of plain events would send it: role, text, tool.
NATIVE: list[tuple[str, str | None, dict[str, Any] | None]] = [
    ("system", SYSTEM, None),
    ("user", "Where is my order W123?", None),
    ("tool", None, TOOL),
    *((one["role"], one["content"], None) for one in _HISTORY[4:]),
]


def value(one: Any) -> dict[str, Any]:
    """An AnyValue in JSON."""
    match one:
        case bool():
            return {"boolValue": one}
        case int():
            return {"intValue": str(one)}
        case float():
            return {"doubleValue": one}
        case list():
            return {"arrayValue": {"values": [value(item) for item in one]}}
        case dict():
            return {"kvlistValue": {"values": attributes(one)}}
    return {"stringValue": one}


def attributes(pairs: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value(one)} for name, one in pairs.items()]


def span(trace: int, number: int, given: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A span of one second; the *number* orders spans in time."""
    start = START + 10 * SECOND * number
    return {
        "traceId": f"{trace:032x}",
        "spanId": f"{number + 1:016x}",
        "name": "operation",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + SECOND),
        "attributes": attributes(given),
        **more,
    }


def traces(spans: Iterable[dict[str, Any]], **resource: Any) -> dict[str, Any]:
    named = {name.replace("__", "."): one for name, one in resource.items()} or {"service.name": "shop"}
    scope = {"scope": {"name": "test"}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": attributes(named)}, "scopeSpans": [scope]}]}


def logs(records: Iterable[dict[str, Any]]) -> dict[str, Any]:
    scope = {"scope": {"name": "test"}, "logRecords": list(records)}
    resource = {"attributes": attributes({"service.name": "shop"})}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}


def as_json(request: dict[str, Any]) -> bytes:
    return orjson.dumps(request)


def as_protobuf(request: dict[str, Any]) -> bytes:
    """The same request in protobuf: ids are hex to us, and base64 to protobuf's own reader."""
    message = ExportTraceServiceRequest() if "resourceSpans" in request else ExportLogsServiceRequest()
    copy = orjson.loads(orjson.dumps(request))
    for of_resource in next(iter(copy.values())):
        for of_scope in of_resource.get("scopeSpans") or of_resource.get("scopeLogs"):
            for one in of_scope.get("spans") or of_scope.get("logRecords"):
                for name in ("traceId", "spanId", "parentSpanId"):
                    if name in one:
                        one[name] = base64.b64encode(bytes.fromhex(one[name])).decode()
    return json_format.ParseDict(copy, message).SerializeToString()


def _dumped(one: Any) -> str:
    return orjson.dumps(one).decode()


# -- the dialects


def _parts(message: Message) -> Message:
    """A message of the chat API as OpenTelemetry GenAI has it."""
    if message["role"] == "tool":
        part = {"type": "tool_call_response", "id": message["tool_call_id"], "response": message["content"]}
        return {"role": "tool", "parts": [part]}
    parts = [{"type": "text", "content": message["content"]}] if message.get("content") else []
    asked = {"type": "tool_call", "id": CALL_ID, "name": FUNCTION, "arguments": ARGUMENTS}
    parts += [asked for _ in message.get("tool_calls", ())]
    return {"role": message["role"], "parts": parts}


def gen_ai(conversation: str) -> dict[str, Any]:
    """OpenTelemetry GenAI, current: messages as JSON text, the system prompt apart."""
    return traces(
        span(trace, number, {
            "gen_ai.operation.name": "chat",
            "gen_ai.conversation.id": conversation,
            "gen_ai.system_instructions": _dumped([{"type": "text", "content": SYSTEM}]),
            "gen_ai.input.messages": _dumped([_parts(one) for one in sent[1:]]),
            "gen_ai.output.messages": _dumped([_parts(answer)]),
        })
        for number, (trace, sent, answer) in enumerate(CALLS)
    )  # fmt: skip


def gen_ai_structured(conversation: str) -> dict[str, Any]:
    """The same with structured attributes, and a span for the tool call, which tells it too."""
    tool = span(1, 1, {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.conversation.id": conversation,
        "gen_ai.tool.name": FUNCTION,
        "gen_ai.tool.call.id": CALL_ID,
        "gen_ai.tool.call.arguments": ARGUMENTS,
        "gen_ai.tool.call.result": RESULT,
    }, spanId="00000000000000ff")  # fmt: skip
    tool["startTimeUnixNano"] = str(START + 5 * SECOND)
    tool["endTimeUnixNano"] = str(START + 5 * SECOND + 250_000_000)
    calls = [
        span(trace, number, {
            "gen_ai.operation.name": "chat",
            "gen_ai.conversation.id": conversation,
            "gen_ai.input.messages": [_parts(one) for one in sent],
            "gen_ai.output.messages": [_parts(answer)],
        })
        for number, (trace, sent, answer) in enumerate(CALLS)
    ]  # fmt: skip
    return traces([*calls, tool])


def _events(sent: list[Message], answer: Message) -> Iterable[tuple[str, Message]]:
    for one in sent:
        body = {name: part for name, part in one.items() if name != "role"}
        if one["role"] == "tool":
            body = {"id": one["tool_call_id"], "content": one["content"]}
        yield f"gen_ai.{one['role']}.message", body
    yield "gen_ai.choice", {"index": 0, "finish_reason": "stop", "message": answer}


def gen_ai_span_events(conversation: str) -> dict[str, Any]:
    """The older form: an event of the span for each message, its content as JSON text."""
    return traces(
        span(
            trace,
            number,
            {"gen_ai.system": "openai", "gen_ai.conversation.id": conversation},
            events=[
                {
                    "name": name,
                    "timeUnixNano": "1",
                    "attributes": attributes({"gen_ai.event.content": _dumped(body)}),
                }
                for name, body in _events(sent, answer)
            ],
        )
        for number, (trace, sent, answer) in enumerate(CALLS)
    )


def gen_ai_log_events(conversation: str) -> dict[str, Any]:
    """The older form: a log record for each message."""
    records = []
    for number, (trace, sent, answer) in enumerate(CALLS):
        for place, (name, body) in enumerate(_events(sent, answer)):
            records.append(
                {
                    "traceId": f"{trace:032x}",
                    "spanId": f"{number + 1:016x}",
                    "eventName": name,
                    "timeUnixNano": str(START + 10 * SECOND * number + place),
                    "attributes": attributes({"gen_ai.conversation.id": conversation}),
                    "body": value(body),
                }
            )
    return logs(records)


def gen_ai_details(conversation: str) -> dict[str, Any]:
    """The newer event: a log record that tells a whole call."""
    return logs(
        {
            "traceId": f"{trace:032x}",
            "spanId": f"{number + 1:016x}",
            "eventName": "gen_ai.client.inference.operation.details",
            "timeUnixNano": str(START + 10 * SECOND * number),
            "attributes": attributes({
                "gen_ai.operation.name": "chat",
                "gen_ai.conversation.id": conversation,
                "gen_ai.input.messages": [_parts(one) for one in sent],
                "gen_ai.output.messages": [_parts(answer)],
            }),
        }
        for number, (trace, sent, answer) in enumerate(CALLS)
    )  # fmt: skip


def _flat(prefix: str, message: Message) -> Iterable[tuple[str, Any]]:
    for name, one in message.items():
        if name == "tool_calls":
            for number, call in enumerate(one):
                below = f"{prefix}tool_calls.{number}.tool_call."
                yield below + "id", call["id"]
                yield from ((f"{below}function.{k}", v) for k, v in call["function"].items())
        else:
            yield prefix + name, one


def openinference(conversation: str) -> dict[str, Any]:
    """OpenInference: a numbered attribute for each field of each message."""

    def flat(kind: str, messages: list[Message]) -> dict[str, Any]:
        return dict(
            pair
            for number, one in enumerate(messages)
            for pair in _flat(f"llm.{kind}_messages.{number}.message.", one)
        )

    return traces(
        span(trace, number, {
            "openinference.span.kind": "LLM",
            "session.id": conversation,
            **flat("input", sent),
            **flat("output", [answer]),
        })
        for number, (trace, sent, answer) in enumerate(CALLS)
    )  # fmt: skip


def traceloop(conversation: str) -> dict[str, Any]:
    """OpenLLMetry before it took over the messages of OpenTelemetry: `gen_ai.prompt.N`."""

    def flat(prefix: str, messages: list[Message]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for number, one in enumerate(messages):
            found |= {f"{prefix}{number}.{k}": v for k, v in one.items() if k != "tool_calls"}
            for place, call in enumerate(one.get("tool_calls", ())):
                below = f"{prefix}{number}.tool_calls.{place}."
                found |= {below + "id": call["id"], **{below + k: v for k, v in call["function"].items()}}
        return found

    return traces(
        span(trace, number, {
            "llm.request.type": "chat",
            "traceloop.association.properties.session_id": conversation,
            **flat("gen_ai.prompt.", sent),
            **flat("gen_ai.completion.", [answer]),
        })
        for number, (trace, sent, answer) in enumerate(CALLS)
    )  # fmt: skip


def langfuse(conversation: str) -> dict[str, Any]:
    """Langfuse's SDK: input and output of an observation as JSON text."""
    return traces(
        span(trace, number, {
            "langfuse.observation.type": "generation",
            "langfuse.session.id": conversation,
            "langfuse.observation.input": _dumped(sent),
            "langfuse.observation.output": _dumped(answer),
        })
        for number, (trace, sent, answer) in enumerate(CALLS)
    )  # fmt: skip


def vercel(conversation: str) -> dict[str, Any]:
    """Vercel AI SDK: the outer span, the call of the provider in it, and a span for the tool call."""

    def message(one: Message) -> Message:
        if one["role"] == "system":
            return one
        if one["role"] == "tool":
            output = {"type": "text", "value": one["content"]}
            part = {"type": "tool-result", "toolCallId": CALL_ID, "toolName": FUNCTION, "output": output}
            return {"role": "tool", "content": [part]}
        parts = [{"type": "text", "text": one["content"]}] if one.get("content") else []
        asked = {"type": "tool-call", "toolCallId": CALL_ID, "toolName": FUNCTION, "input": ARGUMENTS}
        parts += [asked for _ in one.get("tool_calls", ())]
        return {"role": one["role"], "content": parts}

    def answered(one: Message) -> dict[str, Any]:
        text = {"ai.response.text": one.get("content") or ""}
        if not one.get("tool_calls"):
            return text
        call = {"toolCallId": CALL_ID, "toolName": FUNCTION, "input": ARGUMENTS}
        return text | {"ai.response.toolCalls": _dumped([call])}

    common = {"ai.telemetry.metadata.sessionId": conversation}
    spans = []
    for number, (trace, sent, answer) in enumerate(CALLS):
        prompt = {"ai.prompt": _dumped({"messages": sent})}
        outer = {"ai.operationId": "ai.generateText", **common, **prompt, **answered(answer)}
        inner = {"ai.operationId": "ai.generateText.doGenerate", **common, **answered(answer)}
        inner["ai.prompt.messages"] = _dumped([message(one) for one in sent])
        spans += [span(trace, number, inner), span(trace, number, outer, spanId=f"{number + 100:016x}")]
    tool = {
        "ai.operationId": "ai.toolCall",
        **common,
        "ai.toolCall.name": FUNCTION,
        "ai.toolCall.id": CALL_ID,
        "ai.toolCall.args": _dumped(ARGUMENTS),
        "ai.toolCall.result": RESULT,
    }
    called = span(1, 0, tool, spanId="00000000000000ee", endTimeUnixNano=str(START + 2 * SECOND))
    return traces([*spans, called])


DIALECTS: dict[str, Callable[[str], dict[str, Any]]] = {
    one.__name__: one
    for one in (
        *(gen_ai, gen_ai_structured, gen_ai_span_events, gen_ai_log_events, gen_ai_details),
        *(openinference, traceloop, langfuse, vercel),
    )
}


def signal(request: dict[str, Any]) -> str:
    return "logs" if "resourceLogs" in request else "traces"


def split(request: dict[str, Any]) -> list[dict[str, Any]]:
    """The same request, a span or the records of a call at a time: as a slow exporter would send it."""
    (of_resource,) = next(iter(request.values()))
    if "scopeSpans" in of_resource:
        spans = of_resource["scopeSpans"][0]["spans"]
        return [{"resourceSpans": [{**of_resource, "scopeSpans": [{"spans": [one]}]}]} for one in spans]
    records = of_resource["scopeLogs"][0]["logRecords"]
    return [
        {"resourceLogs": [{**of_resource, "scopeLogs": [{"logRecords": list(group)}]}]}
        for _, group in itertools.groupby(records, key=lambda one: one["spanId"])
    ]
