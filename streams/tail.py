"""The board's own reader: it folds the output topics from their beginning, in no consumer group.

So every worker shows the same board, whichever partitions it works on.
"""

import asyncio
from collections.abc import Iterable

import orjson
import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from groundswell.models.board import BoardState
from groundswell.streams.access import METADATA_MAX_AGE_MS, client_options
from groundswell.streams.letters import about
from groundswell.streams.settings import Settings
from groundswell.streams.topics import (
    CHANGE_PROPOSALS,
    CHANGE_STATUS,
    DEAD_LETTERS,
    INTENT_EVENTS,
    INTENT_MINUTES,
    MAX_MESSAGE_BYTES,
    SPIKES,
)

log = structlog.get_logger("groundswell.tail")
_SHOWN = (INTENT_EVENTS, INTENT_MINUTES, SPIKES, CHANGE_PROPOSALS, CHANGE_STATUS, DEAD_LETTERS)
_NAMES = frozenset(topic.name for topic in _SHOWN)


def fold(board: BoardState, topic: str, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> None:
    """Fold one record of an output topic, named without the prefix, into *board*, if it shows that topic."""
    if topic not in _NAMES:
        return
    if topic == DEAD_LETTERS.name:
        board.fold(topic, about(headers))
        return
    try:
        parsed = orjson.loads(value or b"null")
    except orjson.JSONDecodeError:
        log.warning("a record of an output topic is not JSON and is left out of the board", topic=topic)
        return
    if isinstance(parsed, dict):
        board.fold(topic, parsed)


async def follow(board: BoardState, settings: Settings) -> None:
    """Fold the output topics into *board* until cancelled; a broker that is away is waited for."""
    prefix = settings.topic_prefix
    while True:
        consumer = AIOKafkaConsumer(
            *(prefix + topic.name for topic in _SHOWN),
            **client_options(settings),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
        )
        try:
            await consumer.start()
            async for record in consumer:
                fold(board, record.topic.removeprefix(prefix), record.value, record.headers)
        except KafkaError as error:
            log.warning("the board lost the broker, trying again", error=repr(error))
            await asyncio.sleep(2)
        finally:
            await consumer.stop()
