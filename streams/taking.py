"""Taking: what waits for a Faust agent, in batches.

Faust's own `noack_take` passes each event through a task, a processor and three sensors, some 60 us an
event, before it gives the batch. Here what waits in the stream's queue is taken at once.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any


async def take(stream: Any, size: int, within: float) -> AsyncIterator[list[Any]]:
    """Give what *stream* holds in lists of up to *size* events, until it is stopped.

    A list that is not full waits *within* seconds for more. Nothing is acknowledged: that is left to
    ``stream.ack(event)``, as after Faust's `noack_take`.
    """
    await stream.maybe_start()
    queue = stream.channel.queue
    with suppress(StopAsyncIteration):  # thrown into the queue to stop the agent
        while True:
            first = await queue.get()
            if queue.qsize() < size - 1:
                await asyncio.sleep(within)
            rest = [queue.get_nowait() for _ in range(min(queue.qsize(), size - 1))]
            if events := _begun(stream, [first, *rest]):
                yield events


def _begun(stream: Any, events: list[Any]) -> list[Any]:
    """Return the events that are still this worker's; a rebalance waits until they are acknowledged.

    What was fetched before a rebalance is dropped, unacknowledged: its new owner reads it again.
    """
    app = stream.app
    if not app.flow_control.is_active():
        return []
    mine = [event for event in events if event.message.generation_id == app.consumer_generation_id]
    for event in mine:
        event.message.tracked = True
        app.consumer.track_message(event.message)
    for tp, event in {event.message.tp: event for event in mine}.items():
        app.sensors.on_stream_event_in(tp, event.message.offset, stream, event)
    return mine
