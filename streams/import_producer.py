"""Imported events onto a real broker: in order, each acknowledged by all replicas, none twice.

The records carry the broker's time, not that of their events: the retention of a topic goes by the
record's time, and old events would be deleted before anybody had read them. Their own time is in them.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError

from groundswell.streams.access import client_options, unreachable
from groundswell.streams.replay_order import Imported
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS, MAX_MESSAGE_BYTES

#: Records that may wait for their acknowledgement.
WINDOW = 4096
#: Records between two reports of progress.
_STEP = 64
#: How long a topic may take to be known to the broker.
_PATIENCE_S = 5.0


class Refused(Exception):
    """The broker does not answer, or does not take the events; the message says what to do."""


class Sending:
    """One import: `acknowledged` counts what the broker has for certain."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = settings.topic_prefix + CONVERSATION_EVENTS.name
        self.acknowledged = 0

    async def run(self, records: Iterable[Imported], tell: Callable[[int], None] | None = None) -> None:
        """Send *records* and return when the broker has acknowledged each.

        Raises Refused.
        """
        producer = AIOKafkaProducer(
            **client_options(self._settings),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            max_batch_size=512 * 1024,
            max_request_size=MAX_MESSAGE_BYTES + 4096,
        )
        try:
            await self._start(producer)
            await self._send(producer, records, tell)
        except KafkaError as error:
            raise Refused(f"the broker refused an event: {error!r}; import again to go on") from error
        finally:
            await producer.stop()

    async def _start(self, producer: AIOKafkaProducer) -> None:
        try:
            await producer.start()
        except KafkaConnectionError as error:
            raise Refused(unreachable(self._settings, error)) from error
        try:
            partitions = await asyncio.wait_for(producer.partitions_for(self._topic), _PATIENCE_S)
        except (KafkaError, TimeoutError):
            partitions = None
        if not partitions:
            raise Refused(f"topic {self._topic} does not exist; `groundswell topics` creates it")

    async def _send(
        self, producer: AIOKafkaProducer, records: Iterable[Imported], tell: Callable[[int], None] | None
    ) -> None:
        waiting: deque[asyncio.Future[object]] = deque()
        for record in records:
            waiting.append(await producer.send(self._topic, record.value, record.key))
            while len(waiting) > WINDOW or (waiting and waiting[0].done()):
                await self._acknowledge(waiting, tell)
        await producer.flush()
        while waiting:
            await self._acknowledge(waiting, tell)

    async def _acknowledge(
        self, waiting: "deque[asyncio.Future[object]]", tell: Callable[[int], None] | None
    ) -> None:
        await waiting.popleft()
        self.acknowledged += 1
        if tell is not None and self.acknowledged % _STEP == 0:
            tell(self.acknowledged)
