"""Consuming: from a Faust stream to a delivery, three batches under way at a time.

One is collected, one prepared and one decided, while the one before that becomes durable.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from groundswell.streams.delivery import Batch, Delivery, Record, Stage


async def consume(stream: Any, delivery: Delivery, *, batch: int, linger_s: float) -> None:
    """Drive *delivery* from a Faust stream: one batch is collected, one prepared and one decided at a time.

    What depends on the records alone, such as embedding their texts, is done while the batch
    before is loaded, decided and made durable.
    """
    collected: asyncio.Queue[Batch] = asyncio.Queue(1)
    prepared: asyncio.Queue[tuple[Batch, Any]] = asyncio.Queue(1)
    try:
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(_prepare(delivery.stage, collected, prepared)),
                group.create_task(_decide(delivery, prepared)),
            ]
            async for events in stream.noack_take(batch, within=linger_s):
                records = [record_of(event.message) for event in events]
                await collected.put(Batch(records, partial(_ack, stream, events)))
            for worker in workers:
                worker.cancel()  # the stream has ended: what is not acknowledged comes again
    finally:
        await delivery.flush()


async def _prepare(
    stage: Stage, collected: "asyncio.Queue[Batch]", prepared: "asyncio.Queue[tuple[Batch, Any]]"
) -> None:
    while True:
        batch = await collected.get()
        await prepared.put((batch, await stage.prepare(batch.records)))


async def _decide(delivery: Delivery, prepared: "asyncio.Queue[tuple[Batch, Any]]") -> None:
    while True:
        await delivery.take(*await prepared.get())


async def _ack(stream: Any, events: Sequence[Any]) -> None:
    """Acknowledge in order. Only ``stream.ack(event)``, not ``event.ack()``, tells Faust's sensors."""
    for event in events:
        await stream.ack(event)


def record_of(message: Any) -> Record:
    """Return the record in a Faust message. A header that repeats keeps its last value, null is empty."""
    headers = message.headers or {}
    pairs = headers.items() if isinstance(headers, dict) else headers
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        timestamp=round(message.timestamp * 1000),
        headers={name: bytes(value or b"") for name, value in pairs},
    )
