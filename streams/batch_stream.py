"""A Faust stream whose batches are taken from its queue at once.

Faust's own `noack_take` takes an event at a time: a turn of the loop, a coroutine for each
processor and four calls of its monitor. What it promises is kept: events of an assignment
that was revoked are skipped, what is handed out counts as unacknowledged, and nothing is
acknowledged here.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from faust.streams import Stream


class BatchStream(Stream):
    """The stream of every stage."""

    async def noack_take(self, max_: int, within: Any) -> AsyncGenerator[Sequence[Any], None]:
        """Give up to *max_* events: all that wait *within* seconds after the first came."""
        self.enable_acks = False
        channel = aiter(self.channel)
        started = await self.maybe_start()
        try:
            while not self.should_stop:
                first = await self.wait(channel.queue.get())
                if first.stopped:
                    break
                if channel.queue.qsize() + 1 < max_:
                    await self.sleep(within)
                waiting = min(channel.queue.qsize(), max_ - 1)
                events = [first.result, *(channel.queue.get_nowait() for _ in range(waiting))]
                if handed := [event for event in events if self._is_current(event.message)]:
                    self._track(handed)
                    yield handed
        finally:
            self._channel_stop_iteration(channel)
            if started:
                await self.stop()
                self.service_reset()

    def _is_current(self, message: Any) -> bool:
        app = self.app
        current: bool = message.generation_id == app.consumer_generation_id
        return current and bool(app.flow_control.is_active())

    def _track(self, events: Sequence[Any]) -> None:
        """Let a rebalance wait for *events* to be acknowledged; tell the monitor that the stream moves."""
        for event in events:
            event.message.tracked = True
        self.app.consumer.unacked.update(event.message for event in events)
        last = events[-1].message
        self._on_stream_event_in(last.tp, last.offset, self, events[-1])
