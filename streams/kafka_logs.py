"""The logs of a real broker, asked over connections of their own.

Faust's consumer thread answers only between two fetches, so a question put to it waits for
more than a second; after a rebalance each partition asks one.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential

from groundswell.streams.access import client_options
from groundswell.streams.settings import Settings

log = structlog.get_logger("groundswell.logs")
Answer = TypeVar("Answer")


class KafkaLogs:
    """Cluster id, partitions and ends of logs; a broker that is away is waited for."""

    def __init__(self, settings: Settings) -> None:
        self._client = client_options(settings)
        self._name: str | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._producer: AIOKafkaProducer | None = None

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
        if self._consumer is None:
            self._consumer = await _started(AIOKafkaConsumer(**self._client))
        return int((await self._consumer.end_offsets([partition]))[partition])


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
