"""The embedded broker: librdkafka's mock cluster, which speaks the Kafka protocol on loopback.

It creates topics when they are first used, keeps some 5 MB or 100,000 records of each
partition, and forgets everything when it ends. The only importer of confluent_kafka.
"""

from confluent_kafka import Producer


class MockBroker:
    """A cluster of one broker; lives as long as this object. `servers` is its bootstrap address."""

    def __init__(self) -> None:
        # The address is never connected to: the mock cluster replaces it.
        self._owner = Producer(
            {"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": 1, "log_level": 0}
        )
        brokers = self._owner.list_topics(timeout=10).brokers.values()
        self.servers = ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
