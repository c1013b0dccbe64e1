"""Topics on a Kafka broker: created where they are missing, compared where they are not.

The only importer of kafka-python.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError

#: How long a broker may take to answer the first call.
_PATIENCE_MS = 10_000


class BrokerUnreachable(RuntimeError):
    """No broker answered."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic as it should be."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


@dataclass(slots=True)
class Report:
    """What was done and found: topics created, topics as wanted, and how others differ."""

    created: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    differ: dict[str, list[str]] = field(default_factory=dict)


def ensure_topics(client: Mapping[str, Any], wanted: Sequence[Wanted], *, dry_run: bool = False) -> Report:
    """Create the topics that are missing and report how existing ones differ; change none of these.

    *client* are the options of a kafka-python client, its `bootstrap_servers` among them.

    Raises:
        BrokerUnreachable: no broker answered.
    """
    try:
        admin = KafkaAdminClient(**client, bootstrap_timeout_ms=_PATIENCE_MS, request_timeout_ms=15_000)
    except (KafkaError, OSError) as error:
        raise BrokerUnreachable(repr(error)) from error
    try:
        existing = set(admin.list_topics())
        report = Report()
        missing = [topic for topic in wanted if topic.name not in existing]
        if missing and not dry_run:
            admin.create_topics({topic.name: _creation(topic) for topic in missing}, wait_for_metadata=True)
        report.created = [topic.name for topic in missing]
        _compare(admin, [topic for topic in wanted if topic.name in existing], report)
        return report
    finally:
        admin.close()


def _creation(topic: Wanted) -> dict[str, object]:
    return {
        "num_partitions": topic.partitions,
        "replication_factor": topic.replication,
        "configs": dict(topic.config),
    }


def _compare(admin: KafkaAdminClient, topics: Sequence[Wanted], report: Report) -> None:
    if not topics:
        return
    described = {found["name"]: found for found in admin.describe_topics([topic.name for topic in topics])}
    for topic in topics:
        partitions = len(described[topic.name]["partitions"])
        found = _config(admin, topic.name)
        differences = [
            f"{key} is {found.get(key)}, wanted {value}"
            for key, value in topic.config.items()
            if found.get(key) != value
        ]
        if partitions != topic.partitions:
            differences.insert(0, f"{partitions} partitions, wanted {topic.partitions}")
        if differences:
            report.differ[topic.name] = differences
        else:
            report.same.append(topic.name)


def _config(admin: KafkaAdminClient, topic: str) -> dict[str, str]:
    """Return the configuration of one topic."""
    described = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)], config_filter="all")
    entries = next(iter(described.values()))[topic]
    return {key: str(entry["value"]) for key, entry in entries.items()}
