"""Batches from the queue of a Faust stream."""

import asyncio
from types import SimpleNamespace
from typing import Any

from groundswell.streams.taking import take


class Stream:
    """A stream with events of *generation* in its queue, and what became of them."""

    def __init__(self, number: int, generation: int = 1) -> None:
        self.tracked: list[Any] = []
        self.active = True
        self.app = SimpleNamespace(
            flow_control=SimpleNamespace(is_active=lambda: self.active),
            consumer_generation_id=1,
            consumer=SimpleNamespace(track_message=self.tracked.append),
            sensors=SimpleNamespace(on_stream_event_in=lambda tp, offset, stream, event: None),
        )
        self.channel = SimpleNamespace(queue=asyncio.Queue())
        for offset in range(number):
            self.put(offset, generation)

    def put(self, offset: int, generation: int = 1) -> None:
        """Let an event come in."""
        message = SimpleNamespace(offset=offset, tp=("in", 0), generation_id=generation)
        self.channel.queue.put_nowait(SimpleNamespace(message=message))

    async def maybe_start(self) -> None:
        """It is always on."""


def offsets(events: list[Any]) -> list[int]:
    return [event.message.offset for event in events]


async def test_a_full_batch_is_taken_at_once_and_a_smaller_one_waits_for_more() -> None:
    stream = Stream(5)
    batches = take(stream, 4, within=0.05)

    async with asyncio.timeout(0.04):
        assert offsets(await anext(batches)) == [0, 1, 2, 3]
    waiting = asyncio.create_task(anext(batches))
    await asyncio.sleep(0.01)
    stream.put(5)
    assert offsets(await waiting) == [4, 5]
    assert offsets([SimpleNamespace(message=message) for message in stream.tracked]) == [0, 1, 2, 3, 4, 5]


async def test_what_was_fetched_before_a_rebalance_is_dropped_and_never_waited_for() -> None:
    stream = Stream(3, generation=0)
    stream.put(7)
    assert offsets(await anext(take(stream, 8, within=0.01))) == [7]
    assert offsets([SimpleNamespace(message=message) for message in stream.tracked]) == [7]

    stream.put(8)
    stream.active = False
    batches = asyncio.create_task(anext(take(stream, 8, within=0.01)))
    await asyncio.sleep(0.05)
    stream.active = True
    stream.put(9)
    assert offsets(await batches) == [9], "partitions were changing hands when 8 came"


async def test_a_stream_that_is_stopped_ends_the_batches() -> None:
    stream = Stream(0)

    async def stopped() -> Any:
        raise StopAsyncIteration

    stream.channel.queue.get = stopped
    assert [batch async for batch in take(stream, 4, within=0.01)] == []
