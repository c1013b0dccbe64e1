"""The receiver: right answers to whoever, and only what the broker has is answered as taken in."""

import asyncio
import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import otlp_dialects as otlp
import otlp_hostile as hostile
import pytest
from capture_flow import Running, running
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from groundswell.sinks.metrics import Metrics
from groundswell.sinks.otlp_answers import Receipt, failure
from groundswell.sinks.receiver import Limits, Receiver
from groundswell.sinks.web import Server, start

JSON, PROTOBUF = {"Content_Type": hostile.JSON}, {"Content_Type": hostile.PROTOBUF}


async def test_a_hundred_hostile_requests_get_their_status_and_nothing_else_is_lost(tmp_path: Path) -> None:
    attacks = hostile.attacks()
    assert len({attack.name for attack in attacks}) == len(attacks) >= 100
    async with running(tmp_path, otlp_max_bytes=hostile.LIMIT) as one:
        answered: dict[str, int] = {}
        for number, attack in enumerate(attacks):
            status, body = await strike(one, attack)
            answered[attack.name] = status
            if status >= 400 and attack.path != "/v1/events":
                assert body, attack.name
            name = f"honest-{number}"
            body = gzip.compress(otlp.as_protobuf(otlp.split(otlp.langfuse(name))[-1]))
            status, _, _ = await one.post("/v1/traces", body, Content_Encoding="gzip", **PROTOBUF)
            assert status == 200, f"after {attack.name}"
        turns = await one.turns()
        counted = one.metrics.registry.get_sample_value

    assert answered == {attack.name: attack.status for attack in attacks}
    honest = Counter({name: len(found) for name, found in turns.items() if name.startswith("honest-")})
    assert honest == {f"honest-{number}": 2 for number in range(len(attacks))}
    assert [turn["text"] for turn in turns["hostile-plain"]] == ["hi"]
    assert counted("groundswell_received_requests_total", {"path": "/v1/traces", "status": "413"}) == 3
    assert counted("groundswell_captured_records_total", {"dialect": "native", "outcome": "captured"}) == 1


async def strike(one: Running, attack: hostile.Attack) -> tuple[int, bytes]:
    """Send one attack; a connection that the receiver closes early still brings its answer."""
    skip = ("Content-Type",) if "Content-Type" not in attack.headers else ()
    async with one.client.request(
        attack.method, one.url + attack.path, data=attack.body, headers=attack.headers, skip_auto_headers=skip
    ) as answer:
        return answer.status, await answer.read()


async def test_a_conversation_by_each_dialect_comes_out_as_one_that_was_sent_plainly(tmp_path: Path) -> None:
    async with running(tmp_path) as one:
        for name, dialect in otlp.DIALECTS.items():
            request = dialect(name)
            for part in [*otlp.split(request), request]:  # a span at a time, then all of it again
                status, _, _ = await one.post(f"/v1/{otlp.signal(part)}", otlp.as_json(part), **JSON)
                assert status == 200
        plain = [
            {
                "conversation_id": "plain",
                "agent": "shop",
                "turn_id": str(n),
                "time": 1_790_000_000_000 + n,
                **fields,
            }
            for n, (role, text, tool) in enumerate(otlp.NATIVE)
            for fields in [{"role": role} | ({"text": text} if tool is None else {"tool": tool})]
        ]
        lines = b"\n".join(orjson.dumps(event) for event in plain)
        assert (await one.post("/v1/events", lines, Content_Type="application/x-ndjson"))[0] == 200
        turns = await one.turns()
    expected = [_said(turn) for turn in turns.pop("plain")]
    assert {name: [_said(turn) for turn in found] for name, found in turns.items()} == dict.fromkeys(
        otlp.DIALECTS, expected
    )


def _said(turn: dict[str, Any]) -> tuple[Any, ...]:
    return turn["role"], turn["text"], turn["tool"], turn["passes"], turn["signals"], turn["segment"]


async def test_what_is_refused_of_a_request_is_told_in_its_encoding(tmp_path: Path) -> None:
    said = {"gen_ai.input.messages": '[{"role":"user","content":"hi"}]'}
    lost = otlp.span(0, 1, said)
    request = otlp.traces([lost, otlp.span(3, 2, said)])
    async with running(tmp_path) as one:
        status, body, _ = await one.post("/v1/traces", otlp.as_json(request), **JSON)
        message = "neither a conversation id nor a trace id"
        assert (status, orjson.loads(body)) == (
            200,
            {"partialSuccess": {"rejectedSpans": "1", "errorMessage": message}},
        )
        status, body, headers = await one.post("/v1/traces", otlp.as_protobuf(request), **PROTOBUF)
        partial = ExportTraceServiceResponse.FromString(body).partial_success
        assert (partial.rejected_spans, partial.error_message) == (1, message)
        assert headers["Content-Type"] == hostile.PROTOBUF
        turns = await one.turns()
    assert [turn["text"] for turn in turns[f"{3:032x}"]] == ["hi"], "the same span twice is one turn"


# -- under pressure: the broker is a function here that answers when the test lets it


class Slow:
    """A broker that takes what it is given when it is told to."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.taken = 0

    async def take(self, path: str, body: bytes, json: bool) -> Receipt:
        await self.answers.wait()
        self.taken += 1
        return Receipt(1)


async def serve(receiver: Receiver) -> Server:
    return await start(receiver.application(), "127.0.0.1", 0, auto_decompress=False)


@pytest.fixture
async def client():
    async with aiohttp.ClientSession() as one:
        yield one


async def test_bytes_that_the_broker_does_not_have_yet_are_bounded(client) -> None:
    broker, metrics = Slow(), Metrics()
    receiver = Receiver(broker.take, Limits(1000, 2500), metrics, patience=20)
    server = await serve(receiver)
    url, headers = f"http://127.0.0.1:{server.port}/v1/traces", {"Content-Type": hostile.PROTOBUF}
    waiting = [asyncio.create_task(client.post(url, data=b"x" * 1000, headers=headers)) for _ in range(2)]
    while receiver.budget.held < 2000:  # noqa: ASYNC110  it is a number that is looked at
        await asyncio.sleep(0.01)
    async with client.post(url, data=b"x" * 1000, headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        assert await answer.read() == failure(
            429, "too many bytes wait for the broker; send again later", json=False
        )
    broker.answers.set()
    assert [(await one).status for one in waiting] == [200, 200]
    assert receiver.budget.held == 0
    async with client.post(url, data=b"x" * 1000, headers=headers) as answer:
        assert answer.status == 200
    await server.stop()


async def test_a_broker_that_does_not_answer_in_time_is_no_success_and_keeps_its_bytes(client) -> None:
    broker = Slow()
    receiver = Receiver(broker.take, Limits(1000, 1000), Metrics(), patience=0.05)
    server = await serve(receiver)
    url, headers = f"http://127.0.0.1:{server.port}/v1/logs", {"Content-Type": hostile.JSON}
    async with client.post(url, data=b"x" * 600, headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert (await answer.json())["code"] == 14
    assert receiver.budget.held == 600
    async with client.post(url, data=b"x" * 600, headers=headers) as answer:
        assert answer.status == 429
    broker.answers.set()
    while receiver.budget.held:  # noqa: ASYNC110  it is a number that is looked at
        await asyncio.sleep(0.01)
    await server.stop()


async def test_without_the_token_nothing_is_read(client) -> None:
    broker = Slow()
    broker.answers.set()
    server = await serve(Receiver(broker.take, Limits(1000, 1000, "s3cret"), Metrics()))
    url, kind = f"http://127.0.0.1:{server.port}/v1/traces", {"Content-Type": hostile.PROTOBUF}
    for shown in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}):
        async with client.post(url, data=b"", headers=kind | shown) as answer:
            assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert broker.taken == 0
    async with client.post(url, data=b"", headers=kind | {"Authorization": "Bearer s3cret"}) as answer:
        assert answer.status == 200
    await server.stop()
