"""Faust's aiokafka transport with an idempotent producer, and one for the embedded broker.

A reader recognises repeats by rising positions, so an output must never overtake an
earlier one that failed. Kafka's idempotent producer (KIP-98) guarantees that: a gap in the
sequence numbers of a partition is refused by the broker, and the stage is restarted.
Faust turns idempotence on with `exactly_once` only, which loses messages here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from faust.transport.drivers import TRANSPORTS, aiokafka

from groundswell.streams.topics import MAX_MESSAGE_BYTES

SERVED, EMBEDDED = "groundswell", "groundswell-embedded"
#: How long the embedded broker holds a fetch. It answers with what it had when it was asked,
#: so Faust's 1,500 ms would be the delay of every record that comes a moment later.
_EMBEDDED_WAIT_MS = 10


class Producer(aiokafka.Producer):
    """A producer that neither reorders nor skips within a partition."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True, "max_request_size": MAX_MESSAGE_BYTES + 4096}


class Transport(aiokafka.Transport):
    """The aiokafka transport, but for its producer."""

    Producer: ClassVar[type[Producer]] = Producer


class ShortFetchThread(aiokafka.AIOKafkaConsumerThread):
    """A consumer thread whose fetches come back soon."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = _EMBEDDED_WAIT_MS  # Faust offers no setting for it
        return consumer


class EmbeddedConsumer(aiokafka.Consumer):
    """A consumer for a broker that does not wake a waiting fetch."""

    def _new_consumer_thread(self) -> ShortFetchThread:
        return ShortFetchThread(self, loop=self.loop, beacon=self.beacon)


class EmbeddedTransport(Transport):
    """The transport of an embedded flow."""

    Consumer: ClassVar[type[EmbeddedConsumer]] = EmbeddedConsumer


TRANSPORTS.aliases[SERVED] = "groundswell.streams.transport:Transport"
TRANSPORTS.aliases[EMBEDDED] = "groundswell.streams.transport:EmbeddedTransport"


def broker_urls(servers: str, *, embedded: bool = False) -> list[str]:
    """Return Faust broker URLs for comma separated ``host:port`` bootstrap servers."""
    scheme = EMBEDDED if embedded else SERVED
    return [f"{scheme}://{server.strip()}" for server in servers.split(",") if server.strip()]
