"""The logs of a real broker, asked over connections of their own.

Faust's consumer thread answers only between two fetches, so a question put to it waits for
more than a second; after a rebalance each partition asks one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faust.types import TP
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from groundswell.streams.access import client_options
from groundswell.streams.settings import Settings

log = structlog.get_logger("groundswell.logs")
Answer = TypeVar("Answer")
#: How long a question waits that is asked again anyway, seconds.
_PATIENCE_S = 10.0


class KafkaLogs:
    """Cluster id, partitions and ends of logs; a broker that is away is waited for."""

    def __init__(self, settings: Settings) -> None:
        self._client = client_options(settings)
        self._name: str | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._producer: AIOKafkaProducer | None = None
        self._connecting = asyncio.Lock()

    async def name(self) -> str:
        """Return the cluster id."""
        if self._name is None:
            self._name = await _patiently(self._cluster)
        return self._name

    async def partitions(self, topic: str) -> int:
        """Return how many partitions the topic has; the answer may be some minutes old."""
        return await _patiently(lambda: self._partitions(topic))

    async def end_offset(self, topic: str, partition: int) -> int:
        """Return the log's end as it is now: every record that was read so far lies before it."""
        return await _patiently(lambda: self._end(TopicPartition(topic, partition)))

    async def start_offsets(self, partitions: Iterable[TP]) -> dict[TP, int]:
        """Return where each log begins now, what was deleted left out; nothing if the broker is away."""
        parts = {TopicPartition(tp.topic, tp.partition): tp for tp in partitions}
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = await (await self._reader()).beginning_offsets(list(parts))
        except (KafkaError, TimeoutError):
            return {}
        return {parts[part]: int(offset) for part, offset in found.items()}

    async def topics(self) -> set[str] | None:
        """Return the names of the topics that exist; None if the broker is away."""
        admin = AIOKafkaAdminClient(**self._client)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await admin.start()
                return set(await admin.list_topics())
        except (KafkaError, TimeoutError):
            return None
        finally:
            await admin.close()

    async def close(self) -> None:
        """Close the connections."""
        for client in (self._consumer, self._producer):
            if client is not None:
                await client.stop()

    async def _cluster(self) -> str:
        admin = AIOKafkaAdminClient(**self._client)
        try:
            await admin.start()
            return str((await admin.describe_cluster())["cluster_id"])
        finally:
            await admin.close()

    async def _partitions(self, topic: str) -> int:
        if self._producer is None:
            self._producer = await _started(AIOKafkaProducer(**self._client))
        return len(await self._producer.partitions_for(topic))

    async def _end(self, partition: TopicPartition) -> int:
        return int((await (await self._reader()).end_offsets([partition]))[partition])

    async def _reader(self) -> AIOKafkaConsumer:
        async with self._connecting:  # several stages ask at once
            if self._consumer is None:
                self._consumer = await _started(AIOKafkaConsumer(**self._client))
            return self._consumer


async def _started(client: Any) -> Any:
    """Return the client once it is connected; one that cannot connect is closed again."""
    try:
        await client.start()
    except KafkaError:
        await client.stop()
        raise
    return client


async def _patiently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask until the broker answers."""
    async for trial in AsyncRetrying(
        retry=retry_if_exception_type(KafkaError),
        wait=wait_exponential(multiplier=0.2, max=10),
        before_sleep=lambda state: log.warning(
            "the broker does not answer, trying again", attempt=state.attempt_number
        ),
    ):
        with trial:
            return await ask()
    raise AssertionError("unreachable: retries never end without a result")
