"""A hundred hostile or broken requests to the receiver, each with the status that it has to get."""

import gzip
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import otlp_dialects as otlp

#: The receiver under attack takes requests of this size.
LIMIT = 1_000_000
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@dataclass(frozen=True)
class Attack:
    """A request, and the status that answers it."""

    name: str
    status: int
    body: bytes
    path: str = "/v1/traces"
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


def attacks() -> list[Attack]:
    return [*_encodings(), *_damaged(), *_shapes(), *_content(), *_plain(), *_requests()]


def _valid(name: str = "hostile") -> dict[str, Any]:
    return otlp.gen_ai(name)


def _protobuf(name: str, status: int, body: bytes, **more: Any) -> Attack:
    return Attack(name, status, body, headers={"Content-Type": PROTOBUF, **more.pop("headers", {})}, **more)


def _json(name: str, status: int, body: Any, **more: Any) -> Attack:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    return Attack(name, status, content, headers={"Content-Type": JSON, **more.pop("headers", {})}, **more)


def _encodings() -> Iterator[Attack]:
    """What says that it is something else than it is."""
    valid = otlp.as_protobuf(_valid())
    packed = {"Content-Encoding": "gzip"}
    bomb = gzip.compress(b"\0" * 200_000_000, 9)
    assert len(bomb) < LIMIT
    yield _protobuf("gzip that is none", 400, valid, headers=packed)
    yield _protobuf("gzip without its end", 400, gzip.compress(valid)[:-9], headers=packed)
    yield _protobuf("gzip with a wrong checksum", 400, gzip.compress(valid)[:-8] + b"\0" * 8, headers=packed)
    yield _protobuf("gzip and more", 400, gzip.compress(valid) + b"more", headers=packed)
    yield _protobuf("200 MB of zeros in 200 kB", 413, bomb, headers=packed)
    yield _protobuf("a bomb in a bomb", 400, gzip.compress(bomb), headers=packed)
    yield _json("a bomb of spaces", 413, gzip.compress(b" " * 50_000_000), headers=packed)
    yield _protobuf("empty gzip", 400, b"", headers=packed)
    yield _protobuf("gzip of nothing", 200, gzip.compress(b""), headers=packed)
    for encoding in ("br", "zstd", "deflate", "gzip, gzip", "GZIP;q=1"):
        yield _protobuf(f"encoding {encoding}", 415, valid, headers={"Content-Encoding": encoding})
    yield _protobuf("deflate as gzip", 400, zlib.compress(valid), headers=packed)
    for kind in (
        "text/plain",
        "application/grpc",
        "application/octet-stream",
        "multipart/form-data",
        "x",
        "json",
    ):
        yield Attack(f"type {kind}", 415, valid, headers={"Content-Type": kind})
    yield Attack("no type", 415, valid)
    yield _json("protobuf as JSON", 400, valid)
    yield _protobuf("JSON as protobuf", 400, otlp.as_json(_valid()))


def _damaged() -> Iterator[Attack]:
    """Valid bytes, cut or changed."""
    valid, text = otlp.as_protobuf(_valid()), otlp.as_json(_valid())
    for part in (1, 2, 7, 100, len(valid) // 2, len(valid) - 1):
        yield _protobuf(f"protobuf cut at {part}", 400, valid[:part])
    for part in (1, 2, 7, 100, len(text) // 2, len(text) - 1):
        yield _json(f"JSON cut at {part}", 400, text[:part])
    chance = random.Random(4)
    for number in range(8):
        yield _protobuf(f"noise {number}", 400, b"\xff" + chance.randbytes(200))
    yield _protobuf("only unknown fields", 400, b"\x7a\x03abc")
    yield _protobuf("a length past the end", 400, b"\x0a\xff\xff\xff\xff\x07")
    yield _protobuf("groups without an end", 400, b"\x0b" * 5000)
    yield _protobuf("nested 3,000 deep", 400, _nested_protobuf(3_000))
    yield _json("nested 100,000 deep", 400, b'{"resourceSpans":' + b"[" * 100_000)
    yield _json("lone surrogate", 400, b'{"resourceSpans": [], "x": "\\ud800"}')
    yield _json("no UTF-8", 400, b'{"resourceSpans": "\xff\xfe"}')
    yield _json("NaN", 400, b'{"resourceSpans": [NaN]}')


def _nested_protobuf(depth: int) -> bytes:
    """An AnyValue in AnyValues (array_value = 5, values = 1), in an attribute of the resource."""
    inner = b""
    for _ in range(depth):
        array = b"\x0a" + _length(inner) + inner
        inner = b"\x2a" + _length(array) + array
    for tag in (b"\x12", b"\x0a", b"\x0a", b"\x0a"):  # KeyValue.value, attributes, resource, resource_spans
        inner = tag + _length(inner) + inner
    return inner


def _length(content: bytes) -> bytes:
    number, encoded = len(content), bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def _shapes() -> Iterator[Attack]:
    """JSON of another shape."""
    for value in (1, "x", None, [], [{}], True):
        yield _json(f"{value!r} for a request", 400, value)
    yield _json("nothing known in it", 400, {"spans": []})
    yield _json("logs as traces", 400, otlp.gen_ai_log_events("x"))
    yield _json("traces as logs", 400, _valid(), path="/v1/logs")
    for value in (1, "x", {}, [1], [None], [[]]):
        yield _json(f"resourceSpans {value!r}", 400, {"resourceSpans": value})
    yield _json("scopeSpans a number", 400, {"resourceSpans": [{"scopeSpans": 5}]})
    yield _json("spans an object", 400, {"resourceSpans": [{"scopeSpans": [{"spans": {}}]}]})
    yield _json("attributes an object", 400, _with_span({"attributes": {"a": 1}}))
    yield _json("status a text", 400, _with_span({"status": "bad"}))
    yield _json("an empty request", 200, {})
    yield _protobuf("an empty protobuf request", 200, b"")


def _with_span(span: dict[str, Any]) -> dict[str, Any]:
    return otlp.traces([otlp.span(9, 9, {}) | span])


def _content() -> Iterator[Attack]:
    """Well-formed requests with hostile content: taken in, for what they are."""
    said = '[{"role":"user","content":"hostile"}]'
    hostile: dict[str, Any] = {
        "messages that are no JSON": {"gen_ai.input.messages": "][ not json"},
        "messages nested 500 deep": {"gen_ai.input.messages": "[" * 500 + "]" * 500},
        "messages cut off": {"gen_ai.input.messages": said[:25]},
        "messages of numbers": {"gen_ai.input.messages": "[1, 2, [3, null]]"},
        "types that are lists": {"gen_ai.input.messages": '[{"role":"user","content":[{"type":["text"]}]}]'},
        "roles that are objects": {"gen_ai.input.messages": '[{"role": {"a": 1}, "content": "x"}]'},
        "arguments nested deep": {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.id": "call_deep_deep_1",
            "gen_ai.tool.call.arguments": '{"a":' * 900 + "1" + "}" * 900,
        },
        "an index of 20 digits": {"llm.input_messages.99999999999999999999.message.content": "x"},
        "a name of 10,000 dots": {"llm.input_messages." + "." * 10_000: "x"},
        "a conversation id of 100 kB": {
            "gen_ai.conversation.id": "c" * 100_000,
            "gen_ai.input.messages": said,
        },
        "NUL and controls": {"gen_ai.input.messages": '[{"role":"user","content":"\\u0000\\u0007"}]'},
        "a service name of marks": {"service.name": "../../%00<script>", "gen_ai.input.messages": said},
        "numbers for names": {
            "gen_ai.conversation.id": 1e308,
            "service.name": True,
            "gen_ai.input.messages": said,
        },
        "an operation that is a list": {"gen_ai.operation.name": ["chat"], "gen_ai.input.messages": said},
        "metadata that is a list": {"metadata": "[[1]]", "gen_ai.input.messages": said},
    }
    for name, attributes in hostile.items():
        yield _json(name, 200, otlp.traces([otlp.span(7, 7, attributes)]))
    for name, time in (
        ("before 1970", "-5"),
        ("the year 2500", "16725225600000000000"),
        ("no number", "soon"),
    ):
        span = otlp.span(7, 7, {"gen_ai.input.messages": said}) | {"startTimeUnixNano": time}
        yield _json(f"time {name}", 200, otlp.traces([span]))
    yield _json("ids that are no hex", 200, _with_span({"traceId": "zz", "spanId": 5, "parentSpanId": []}))
    parent = otlp.span(7, 7, {"gen_ai.input.messages": said})
    yield _json(
        "a span that is its own parent", 200, otlp.traces([parent | {"parentSpanId": parent["spanId"]}])
    )


def _plain() -> Iterator[Attack]:
    """Plain events."""
    to = {"path": "/v1/events"}
    for name, body in (
        *(("nothing", b""), ("no JSON", b"hello"), ("a number", b"5"), ("an empty list", b"[]")),
        *(("a list of numbers", b"[1,2]"), ("no conversation", b'{"role":"user","text":"x"}')),
        *(
            ("a tick", b'{"type":"tick","time":4000000000000}'),
            ("no text", b'{"conversation_id":"c","role":"user"}'),
        ),
        *(("the year 3000", b'{"conversation_id":"c","role":"user","text":"x","time":32503680000000}'),),
        *(
            ("deep", b"[" * 900 + b"]" * 900),
            ("an upper-case agent", b'{"agent":"A!","conversation_id":"c"}'),
        ),
    ):
        yield _json(f"events: {name}", 400, body, **to)
    yield _protobuf("events in protobuf", 415, b"\x0a\x00", **to)
    mixed = b'{"conversation_id":"hostile-plain","role":"user","text":"hi","turn_id":"1"}\nbroken\n'
    yield _json("events: one of two is broken", 200, mixed, **to)


def _requests() -> Iterator[Attack]:
    """What is wrong before the body."""
    yield _json("no such path", 404, b"{}", path="/v1/other")
    yield _json("the root", 404, b"{}", path="/")
    yield Attack("GET", 405, b"", method="GET")
    yield Attack("PUT", 405, b"{}", method="PUT", headers={"Content-Type": JSON})
    yield _json("too large", 413, b" " * (LIMIT + 1))
    yield _json("events too large", 413, b" " * (LIMIT + 1), path="/v1/events")
    yield _protobuf("metrics", 200, b"\x0a\x00", path="/v1/metrics")
