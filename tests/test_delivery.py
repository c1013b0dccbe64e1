"""The delivery helper by itself: what becomes of a batch when the store is away."""

import asyncio
from collections.abc import Awaitable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import StoreUnavailable
from groundswell.streams.collections import TURNS
from groundswell.streams.consuming import Collected, consume
from groundswell.streams.delivery import Batch, Decision, Delivery, Output, Record

RECORDS = [Record("in", 0, offset, None, b"", 0, {}) for offset in range(6)]


class Writes:
    """A stage that wants one write for each batch."""

    name = "writes"

    async def prepare(self, records: Sequence[Record]) -> None:
        """Nothing."""

    async def load(self, records: Sequence[Record], prepared: None) -> None:
        """Nothing."""

    def decide(self, records: Sequence[Record], loaded: None) -> Decision:
        return Decision(writes=[(TURNS, [])])

    def forget(self) -> None:
        """Nothing."""


class Away:
    """A store that never answers, and notes that it was asked."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def upsert(self, collection: Any, points: Any) -> None:
        self.asked.set()
        raise StoreUnavailable("away")


async def sent(output: Output) -> Awaitable[Any]:
    raise AssertionError("nothing is sent")


class Endless:
    """A Faust stream of one event, after which nothing comes; and what of it was acknowledged."""

    def __init__(self) -> None:
        self.acked: list[Any] = []
        self.app = SimpleNamespace(
            flow_control=SimpleNamespace(is_active=lambda: True),
            consumer_generation_id=1,
            consumer=SimpleNamespace(track_message=lambda message: None),
            sensors=SimpleNamespace(on_stream_event_in=lambda tp, offset, stream, event: None),
        )
        self.channel = SimpleNamespace(queue=asyncio.Queue())
        message = SimpleNamespace(
            topic="in", partition=0, offset=0, key=None, value=b"", timestamp=0, headers=None, generation_id=1
        )
        message.tp = message.topic, message.partition
        self.channel.queue.put_nowait(SimpleNamespace(message=message))

    async def maybe_start(self) -> None:
        """It is always on."""

    async def ack(self, event: Any) -> None:
        self.acked.append(event)


async def test_a_stage_that_is_stopped_does_not_wait_for_a_store_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Away()
    delivery = Delivery(Writes(), store, sent, Metrics())
    monkeypatch.setattr(delivery.close.__func__, "__defaults__", (0.1,))
    stream = Endless()
    consuming = asyncio.create_task(consume(stream, delivery, batch=4, linger_s=0.01))
    await store.asked.wait()
    consuming.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await consuming
    assert stream.acked == [], "the batch comes again"


async def test_what_waits_is_taken_as_one_batch_and_acknowledged_in_order() -> None:
    collected, acked = Collected(size=4), []

    def ack(number: int) -> Any:
        async def note() -> None:
            acked.append(number)

        return note

    await collected.put(RECORDS[:2], ack(1))
    await collected.put(RECORDS[2:5], ack(2))
    full = asyncio.create_task(collected.put(RECORDS[5:], ack(3)))
    await asyncio.sleep(0.01)
    assert not full.done(), "a whole batch waits"

    batch: Batch = await collected.get()
    assert [record.offset for record in batch.records] == [0, 1, 2, 3, 4]
    await batch.ack()
    assert acked == [1, 2]
    await full
    assert [record.offset for record in (await collected.get()).records] == [5]
