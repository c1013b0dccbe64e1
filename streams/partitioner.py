"""Kafka's default partitioner: murmur2 of the key, so that a conversation stays in one partition."""

from functools import lru_cache

from aiokafka.partitioner import murmur2

#: Keys remembered with their partition: a conversation has many events, and the hash is 10 us of Python.
_KEYS = 16_384


@lru_cache(_KEYS)
def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition that Kafka's own clients choose for *key* among *partitions*.

    Source: org.apache.kafka.clients.producer.internals.BuiltInPartitioner (toPositive(murmur2)).
    """
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)
