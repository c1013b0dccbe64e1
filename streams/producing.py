"""The producer of the stages: it neither reorders nor skips within a partition, and sends records together.

A reader recognises repeats by rising positions, so an output must never overtake an earlier one that
failed. Kafka's idempotent producer (KIP-98) guarantees that: a gap in the sequence numbers of a partition
is refused by the broker, and the stage is restarted. Faust turns idempotence on with `exactly_once` only,
which loses messages here.

aiokafka makes a future for each record. A stage that sends hundreds wants to know one thing: whether the
broker has them all. So the records that are sent to a partition before its turn comes share a batch and a
future.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from faust.transport.drivers import aiokafka

from groundswell.streams.partitioner import partition_of
from groundswell.streams.topics import MAX_MESSAGE_BYTES


class Place(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


@dataclass(slots=True)
class Gathered:
    """Records for one partition that go out together, and the future of their acknowledgement."""

    builder: Any
    sent: asyncio.Future[None]


class Producer(aiokafka.Producer):
    """Sends the records of a partition in the order in which they were given, as many together as wait."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gathered: dict[Place, Gathered] = {}
        self._turns: defaultdict[Place, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._sending: set[asyncio.Task[None]] = set()

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True, "max_request_size": MAX_MESSAGE_BYTES + 4096}

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> Awaitable[Any]:
        """Schedule a record; return the future of its batch, which has no result but that it is there."""
        if partition is None:
            if key is None:
                anywhere: Awaitable[Any] = await super().send(topic, key, value, None, timestamp, headers)
                return anywhere
            partition = partition_of(key, len(await self._ensure_producer().partitions_for(topic)))
        when = None if timestamp is None else int(timestamp * 1000)
        place, record = Place(topic, partition), {"timestamp": when, "key": key, "value": value}
        gathered = self._gathered.get(place)
        if gathered is None or gathered.builder.append(**record, headers=headers or []) is None:
            gathered = self._gather(place)
            gathered.builder.append(**record, headers=headers or [])
        return gathered.sent

    def _gather(self, place: Place) -> Gathered:
        """Begin a batch, which is sent when the batches of its partition before it are on their way."""
        gathered = Gathered(self._ensure_producer().create_batch(), self.loop.create_future())
        self._gathered[place] = gathered
        task = self.loop.create_task(self._send_gathered(place, gathered))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return gathered

    async def _send_gathered(self, place: Place, gathered: Gathered) -> None:
        sent = gathered.sent
        try:
            async with self._turns[place]:
                if self._gathered.get(place) is gathered:
                    del self._gathered[place]
                producer = self._ensure_producer()
                there = await producer.send_batch(gathered.builder, place.topic, partition=place.partition)
            await there
        except Exception as error:  # noqa: BLE001 (it is raised where the batch is waited for)
            if not sent.done():
                sent.set_exception(error)
        else:
            if not sent.done():
                sent.set_result(None)
