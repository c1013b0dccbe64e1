"""Consuming: from a Faust stream to a delivery, three batches under way at a time.

One is collected, one prepared and one decided, while the one before that becomes durable.
What is collected in the meantime grows together: the busier a stage, the larger its batches.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from groundswell.streams.delivery import Ack, Batch, Delivery, Record, Stage
from groundswell.streams.taking import take


async def consume(stream: Any, delivery: Delivery, *, batch: int, linger_s: float) -> None:
    """Drive *delivery* from a Faust stream: one batch is collected, one prepared and one decided at a time.

    What depends on the records alone, such as embedding their texts, is done while the batch
    before is loaded, decided and made durable.
    """
    collected = Collected(batch)
    prepared: asyncio.Queue[tuple[Batch, Any]] = asyncio.Queue(1)
    try:
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(_prepare(delivery.stage, collected, prepared)),
                group.create_task(_decide(delivery, prepared)),
            ]
            async for events in take(stream, batch, linger_s):
                records = [record_of(event.message) for event in events]
                await collected.put(records, partial(_ack, stream, events))
            for worker in workers:
                worker.cancel()  # the stream has ended: what is not acknowledged comes again
    finally:
        await delivery.close()


@dataclass(slots=True)
class Collected:
    """What was taken from the stream and waits to be prepared: at most two batches of *size* records."""

    size: int
    _records: list[Record] = field(default_factory=list)
    _acks: list[Ack] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def put(self, records: Sequence[Record], ack: Ack) -> None:
        """Add records; wait for room if a whole batch waits already."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._records) < self.size)
            self._records.extend(records)
            self._acks.append(ack)
            self._changed.notify_all()

    async def get(self) -> Batch:
        """Return all that waits as one batch; wait until there is something."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._records))
            batch = Batch(self._records, partial(_in_turn, self._acks))
            self._records, self._acks = [], []
            self._changed.notify_all()
            return batch


async def _in_turn(acks: Sequence[Ack]) -> None:
    for ack in acks:
        await ack()


async def _prepare(stage: Stage, collected: Collected, prepared: "asyncio.Queue[tuple[Batch, Any]]") -> None:
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
