"""Faust's aiokafka transport with an idempotent producer.

A reader recognises repeats by rising positions, so an output must never overtake an
earlier one that failed. Kafka's idempotent producer (KIP-98) guarantees that: a gap in the
sequence numbers of a partition is refused by the broker, and the stage is restarted.
Faust turns idempotence on with `exactly_once` only, which loses messages here.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from faust.transport.drivers import TRANSPORTS, aiokafka

from groundswell.streams.topics import MAX_MESSAGE_BYTES

SCHEME = "groundswell"


class Producer(aiokafka.Producer):
    """A producer that neither reorders nor skips within a partition."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True, "max_request_size": MAX_MESSAGE_BYTES + 4096}


class Transport(aiokafka.Transport):
    """The aiokafka transport, but for its producer."""

    Producer: ClassVar[type[Producer]] = Producer


TRANSPORTS.aliases[SCHEME] = "groundswell.streams.transport:Transport"


def broker_urls(servers: str) -> list[str]:
    """Return Faust broker URLs for comma separated ``host:port`` bootstrap servers."""
    return [f"{SCHEME}://{server.strip()}" for server in servers.split(",") if server.strip()]
