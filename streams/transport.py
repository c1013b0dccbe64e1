"""Faust's aiokafka transport with an idempotent producer, and one for the embedded broker.

A reader recognises repeats by rising positions, so an output must never overtake an
earlier one that failed. Kafka's idempotent producer (KIP-98) guarantees that: a gap in the
sequence numbers of a partition is refused by the broker, and the stage is restarted.
Faust turns idempotence on with `exactly_once` only, which loses messages here.
"""

from collections.abc import Coroutine, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import faust
from faust.transport.drivers import TRANSPORTS, aiokafka
from mode.services import WaitResults

from groundswell.streams.topics import MAX_MESSAGE_BYTES

SERVED, EMBEDDED = "groundswell", "groundswell-embedded"
#: How long the embedded broker holds a fetch. It answers with what it had when it was asked,
#: so Faust's 1,500 ms would be the delay of every record that comes a moment later.
_EMBEDDED_WAIT_MS = 10


class Producer(aiokafka.Producer):
    """A producer that neither reorders nor skips within a partition."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True, "max_request_size": MAX_MESSAGE_BYTES + 4096}


class EmbeddedConsumer(aiokafka.Consumer):
    """A consumer for a broker in the same process: its fetches come back soon, its messages cost little.

    A message is handed on without a task, if that can be done at once. Faust races each hand-over
    against a rebalance, with four tasks a message: 0.1 ms, for a hand-over that waits only while a
    stage's buffer is full.
    """

    def _new_consumer_thread(self) -> "ShortFetchThread":
        return ShortFetchThread(self, loop=self.loop, beacon=self.beacon)

    async def wait_first(self, *awaitables: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109
        """Return when the first of *awaitables* is done; a coroutine that never waits is done at once."""
        first, *others = awaitables
        if not isinstance(first, Coroutine) or self.should_stop:
            return await super().wait_first(*awaitables, timeout=timeout)
        try:
            waits_for = first.send(None)
        except StopIteration as done:
            _drop(others)
            return WaitResults([first], [done.value], False)
        except BaseException:
            _drop(others)
            raise
        return await super().wait_first(_Rest(first, waits_for), *others, timeout=timeout)


@dataclass(eq=False)
class _Rest:
    """The rest of a coroutine that was started and now waits for something."""

    started: Coroutine[Any, Any, Any]
    waits_for: Any

    def __await__(self) -> Generator[Any, Any, Any]:
        waits_for = self.waits_for
        try:
            while True:
                try:
                    sent = yield waits_for
                except GeneratorExit:
                    self.started.close()
                    raise
                except BaseException as error:  # noqa: BLE001 (it is thrown where it belongs)
                    waits_for = self.started.throw(error)
                else:
                    waits_for = self.started.send(sent)
        except StopIteration as done:
            return done.value


def _drop(awaitables: Iterable[Any]) -> None:
    """Close the coroutines that nobody waits for any more."""
    for one in awaitables:
        if isinstance(one, Coroutine):
            one.close()


class AsItCame(faust.Schema):
    """Hands keys and values on as the bytes that they are; Faust asks four codecs before it does the same."""

    def compile(self, app: Any, **_: Any) -> Any:
        """Return the function that makes a message an event."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(message.key, message.value, message.headers, message)

        return decode


class Transport(aiokafka.Transport):
    """The aiokafka transport, but for its producer."""

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
