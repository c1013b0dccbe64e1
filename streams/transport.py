"""Faust's aiokafka transport with a producer and a consumer of our own, and one for the embedded broker."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, ClassVar

import faust
from faust.transport.drivers import TRANSPORTS, aiokafka
from faust.types import TP

from groundswell.streams.producing import Producer

SERVED, EMBEDDED = "groundswell", "groundswell-embedded"
#: How long the embedded broker holds a fetch. It answers with what it had when it was asked,
#: so Faust's 1,500 ms would be the delay of every record that comes a moment later.
_EMBEDDED_WAIT_MS = 10


class AsItCame(faust.Schema):
    """Hands keys and values on as the bytes that they are; Faust asks four codecs before it does the same."""

    def compile(self, app: Any, **_: Any) -> Any:
        """Return the function that makes a message an event."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(message.key, message.value, message.headers, message)

        return decode


class Consumer(aiokafka.Consumer):
    """A consumer whose messages go straight into the queue of their stage, where nothing is in the way.

    Faust hands each message on through a lock, a decoder and four tasks that race a rebalance: 50 us, for a
    step that only waits while a queue is full or the partitions change hands. Then it goes Faust's way.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._pressure: dict[Any, dict[str, Callable[[], None]]] = {}

    async def getmany(self, timeout: float) -> AsyncIterator[Any]:  # noqa: ASYNC109
        """Fetch messages and hand them on; give those that could not be handed on at once.

        As Faust's own, but partition by partition: nothing waits for its turn where nothing waits.
        """
        records, active = await self._wait_next_records(timeout)
        if records is None or self.should_stop:
            return
        if not self.flow_active:
            await self._seek_back()
            return
        generation = self.app.consumer_generation_id
        for tp, fetched in records.items():
            if active is not None and tp not in active and tp not in self._buffered_partitions:
                continue
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            for record in fetched:
                message = self._to_message(tp, record)
                if not self._hand_on(tp, message):
                    yield tp, message
                    if not self.flow_active or self.app.consumer_generation_id != generation:
                        return

    async def _seek_back(self) -> None:
        """Let what was fetched while the partitions changed hands be fetched again."""
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001 (as Faust does: whoever gets the partition seeks again)
            self.log.warning("cannot seek while partitions change hands: %r", error)

    def _hand_on(self, tp: Any, message: Any) -> bool:
        """Put a message into the queue of the one stage that reads it, unless something is in the way."""
        read, channels = self._read_offset[tp], self.app.topics._tp_index.get(tp, ())
        if (read is not None and message.offset != read + 1) or len(channels) != 1:
            return False
        (channel,) = channels
        flows = self.app.flow_control.is_active() and self._n_acked < self._commit_every
        if not flows or channel.queue.full() or not isinstance(channel.schema, AsItCame):
            return False
        message.incref()
        event = self.app.create_event(message.key, message.value, message.headers, message)
        channel.queue.put_nowait_enhanced(event, **self._pressure_of(tp))
        self._read_offset[tp] = message.offset
        return True

    def _pressure_of(self, tp: Any) -> dict[str, Callable[[], None]]:
        """Return what a queue calls when it is nearly full, and when it is no more; the same each time."""
        if tp not in self._pressure:
            known = TP(*tp)  # aiokafka's own kind of pair is none to Faust
            self._pressure[tp] = {
                "on_pressure_high": partial(self.on_buffer_full, known),
                "on_pressure_drop": partial(self.on_buffer_drop, known),
            }
        return self._pressure[tp]


class EmbeddedConsumer(Consumer):
    """A consumer for a broker in the same process: its fetches come back soon."""

    def _new_consumer_thread(self) -> "ShortFetchThread":
        return ShortFetchThread(self, loop=self.loop, beacon=self.beacon)


class Transport(aiokafka.Transport):
    """The aiokafka transport, but for its producer and its consumer."""

    Consumer: ClassVar[type[Consumer]] = Consumer
    Producer: ClassVar[type[Producer]] = Producer


class ShortFetchThread(aiokafka.AIOKafkaConsumerThread):
    """A consumer thread whose fetches come back soon."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = _EMBEDDED_WAIT_MS  # Faust offers no setting for it
        return consumer


class EmbeddedTransport(Transport):
    """The transport of an embedded flow."""

    Consumer: ClassVar[type[EmbeddedConsumer]] = EmbeddedConsumer


TRANSPORTS.aliases[SERVED] = "groundswell.streams.transport:Transport"
TRANSPORTS.aliases[EMBEDDED] = "groundswell.streams.transport:EmbeddedTransport"


def broker_urls(servers: str, *, embedded: bool = False) -> list[str]:
    """Return Faust broker URLs for comma separated ``host:port`` bootstrap servers."""
    scheme = EMBEDDED if embedded else SERVED
    return [f"{scheme}://{server.strip()}" for server in servers.split(",") if server.strip()]
