"""Kafka's default partitioner: murmur2 of the key, so that a conversation stays in one partition."""

from aiokafka.partitioner import murmur2


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition that Kafka's own clients choose for *key* among *partitions*.

    Source: org.apache.kafka.clients.producer.internals.BuiltInPartitioner (toPositive(murmur2)).
    """
    return int((murmur2(key) & 0x7FFFFFFF) % partitions) if partitions > 1 else 0
