"""The transport on the embedded broker: records arrive whole, in order, and together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import faust
import pytest
from aiokafka.errors import KafkaError, KafkaTimeoutError

from groundswell.sinks.mock_broker import MockBroker
from groundswell.streams.consuming import record_of
from groundswell.streams.delivery import Record
from groundswell.streams.taking import take
from groundswell.streams.transport import AsItCame, broker_urls

Send = Callable[..., Awaitable[Awaitable[Any]]]


@asynccontextmanager
async def reading(buffer: int = 64) -> AsyncIterator[tuple[faust.App, list[list[Record]]]]:
    """Run an agent that takes and acknowledges batches of up to 16 of `topic`; give it and what it took."""
    broker = MockBroker()
    app = faust.App(
        "reading",
        broker=broker_urls(broker.servers, embedded=True),
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_buffer_maxsize=buffer,
        broker_commit_interval=0.05,
        consumer_auto_offset_reset="earliest",
        producer_max_batch_size=512 * 1024,
        web_enabled=False,
        loghandlers=[],
    )
    taken: list[list[Record]] = []

    async def agent(stream: Any) -> None:
        async for events in take(stream, 16, 0.01):
            taken.append([record_of(event.message) for event in events])
            for event in events:
                await stream.ack(event)

    app.agent(app.topic("topic", schema=AsItCame()), concurrency=1)(agent)
    await app.start()
    try:
        yield app, taken
    finally:
        with suppress(asyncio.CancelledError):
            await app.stop()


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_records_sent_at_once_share_a_future_and_arrive_as_they_were_sent() -> None:
    async with reading() as (app, taken):
        headers = [("a", b"1"), ("b", b"")]
        futures = [
            await app.producer.send(
                "topic", b"k%d" % n, b"v%d" % n, 0, (1_600_000_000_000 + n + 0.5) / 1000, headers
            )
            for n in range(300)
        ]
        await asyncio.gather(*futures)
        await until(lambda: sum(map(len, taken)) == 300)

    assert len(set(map(id, futures))) == 1
    assert [record for batch in taken for record in batch] == [
        Record("topic", 0, n, b"k%d" % n, b"v%d" % n, 1_600_000_000_000 + n, {"a": b"1", "b": b""})
        for n in range(300)
    ]


async def test_what_does_not_fit_into_one_batch_goes_out_in_order() -> None:
    sizes = [10, 300_000, 300_000, 700_000, 20, 400_000, 400_000, 30]
    async with reading() as (app, taken):
        futures = [await app.producer.send("topic", b"k", b"x" * size, 0, 1.0, None) for size in sizes]
        await asyncio.gather(*futures)
        await until(lambda: sum(map(len, taken)) == len(sizes))

    assert len(set(map(id, futures))) > 1
    assert [len(record.value or b"") for batch in taken for record in batch] == sizes


async def test_a_batch_that_the_broker_does_not_take_fails_for_whoever_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise KafkaTimeoutError

    async with reading() as (app, _):
        monkeypatch.setattr(app.producer._producer, "send_batch", refuse)
        futures = [await app.producer.send("topic", b"k", b"v", 0, 1.0, None) for _ in range(3)]
        for future in futures:
            with pytest.raises(KafkaError):
                await future
        monkeypatch.undo()
        await (await app.producer.send("topic", b"k", b"v", 0, 1.0, None))


async def test_a_slow_stage_gets_everything_through_a_small_buffer_and_all_is_committed() -> None:
    async with reading(buffer=10) as (app, taken):
        for n in range(1_000):
            await app.producer.send("topic", b"k", b"%d" % n, 0, 1.0, None)
        await until(lambda: sum(map(len, taken)) == 1_000)
        await until(lambda: [*app.consumer._committed_offset.values()].count(1_000) == 1)
        assert not app.consumer._unacked_messages

    assert [record.offset for batch in taken for record in batch] == list(range(1_000))
    assert max(map(len, taken)) <= 16
