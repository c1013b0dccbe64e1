"""The oracle of the fault tests: each stage recomputed alone from the topic that it really had.

Record by record, in one process and one thread, with nothing killed: what comes out must be
equal, bit for bit, to what the workers left behind, once repeats are dropped in the way in
which every consumer has to (design: at least once in, exactly once in effect).
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from groundswell.models.position import Positions, Source
from groundswell.sinks.embedder import TextEmbedder
from groundswell.sinks.store import EPOCH, Collection, Point, Store
from groundswell.streams.app import STAGES, make_stage
from groundswell.streams.collections import COLLECTIONS
from groundswell.streams.delivery import Delivery, Output, Record
from groundswell.streams.incoming import REKEYED
from groundswell.streams.letters import about
from groundswell.streams.services import Services
from groundswell.streams.settings import Settings
from groundswell.streams.topics import (
    CONVERSATION_EVENTS,
    DEAD_LETTERS,
    INTENT_COMMANDS,
    INTENT_MINUTES,
    OUTPUT_TOPICS,
    TURNS,
)

#: The output topics and, as `turns` writes there too, what was put under its right key.
WRITTEN = (*OUTPUT_TOPICS, CONVERSATION_EVENTS)
#: What a recomputation needs besides: what people wrote.
READ = (*WRITTEN, INTENT_COMMANDS)


class KnownLogs:
    """The logs as they were when everything had been done."""

    def __init__(self, name: str, topics: Mapping[str, Sequence[Sequence[Record]]]) -> None:
        self._name = name
        self._topics = topics

    async def name(self) -> str:
        return self._name

    async def partitions(self, topic: str) -> int:
        return len(self._topics[topic])

    async def end_offset(self, topic: str, partition: int) -> int:
        return self._topics[topic][partition][-1].offset + 1


@dataclass(frozen=True)
class Said:
    """What a consumer sees of an output, without where it happens to stand."""

    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: tuple[tuple[str, bytes], ...]


@dataclass
class Spoken:
    """One topic as its consumers understand it: by owner and source partition, in order, repeats dropped."""

    by_order: dict[Hashable, list[Said]] = field(default_factory=lambda: defaultdict(list))
    repeats: int = 0
    #: Repeats that differ from what was said before: there must be none.
    contradictions: list[tuple[Said, Said]] = field(default_factory=list)


async def read_topics(servers: str, topics: Iterable[str], partitions: int) -> dict[str, list[list[Record]]]:
    """Read each topic completely; records by partition, in the order of their offsets."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, auto_offset_reset="earliest", max_partition_fetch_bytes=8 * 1024 * 1024
    )
    await consumer.start()
    try:
        return {topic: await _read(consumer, partitions_of([topic], partitions)) for topic in topics}
    finally:
        await consumer.stop()


def partitions_of(topics: Iterable[str], partitions: int) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for topic in topics for number in range(partitions)]


async def _read(consumer: AIOKafkaConsumer, parts: Sequence[TopicPartition]) -> list[list[Record]]:
    ends = await consumer.end_offsets(parts)
    consumer.assign(parts)
    await consumer.seek_to_beginning(*parts)
    found: list[list[Record]] = [[] for _ in parts]
    while any([await consumer.position(part) < ends[part] for part in parts]):
        for part, batch in (await consumer.getmany(timeout_ms=200)).items():
            found[part.partition].extend(_record(one) for one in batch if one.offset < ends[part])
    return found


def _record(message: Any) -> Record:
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.key,
        message.value,
        message.timestamp,
        {name: bytes(value) for name, value in message.headers},
    )


async def recompute(
    settings: Settings,
    store: Store,
    embedder: TextEmbedder,
    topics: Mapping[str, Sequence[Sequence[Record]]],
    log: str,
) -> list[Output]:
    """Run each stage undisturbed over its input in *topics*, into an empty store; return its outputs."""
    services = Services(settings, store, embedder, KnownLogs(log, topics))
    await services.ensure()
    sent: list[Output] = []
    for name, topic in STAGES.items():
        delivery = Delivery(make_stage(name, services), store, _collector(sent), services.metrics)
        for partition in topics[settings.topic_prefix + topic.name]:
            for record in partition:
                await delivery.handle([record])
    return sent


def _collector(sent: list[Output]) -> Callable[[Output], Awaitable[Awaitable[Any]]]:
    async def send(output: Output) -> Awaitable[Any]:
        sent.append(output)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    return send


def heard_of_records(name: str, records: Iterable[Record]) -> Spoken:
    """Return what *records* of the topic *name* (without the prefix) say."""
    return heard(
        name, (Said(one.key, one.value, one.timestamp, tuple(one.headers.items())) for one in records)
    )


def heard_of_outputs(name: str, topic: str, outputs: Iterable[Output]) -> Spoken:
    """Return what those *outputs* say that go to *topic*."""
    mine = (one for one in outputs if one.topic == topic)
    return heard(
        name, (Said(one.key, one.value, one.timestamp, tuple(dict(one.headers).items())) for one in mine)
    )


def heard(name: str, said: Iterable[Said]) -> Spoken:
    """Drop repeats as a consumer of the topic *name* does, and put the rest in order."""
    spoken, positions, seen = Spoken(), defaultdict[Hashable, Positions](Positions), dict[Hashable, Said]()
    for one in said:
        identity, order, source = _identity(name, one)
        if identity is None:
            continue
        first = seen.setdefault(identity, one)
        if first != one:
            spoken.contradictions.append((first, one))
        news = first is one if source is None else positions[_reader(one)].take(source)
        if news:
            spoken.by_order[order].append(one)
        else:
            spoken.repeats += 1
    return spoken


def _identity(name: str, one: Said) -> tuple[Hashable, Hashable, Source | None]:
    """Return an output's identity, in which order it stands, and its position if that tells repeats."""
    if name == CONVERSATION_EVENTS.name:
        origin = dict(one.headers).get(REKEYED)
        return origin, one.key, None
    if name == DEAD_LETTERS.name:
        told = about(one.headers)
        place = told["topic"], told["partition"]
        return (*place, told["offset"]), place, None
    value = orjson.loads(one.value or b"")
    if name in (TURNS.name, INTENT_MINUTES.name):
        source = Source.model_validate(value["source"])
        reader = _reader(one)
        return (*reader, source.text()), (*reader, source.partition), source
    return value["id"], one.key, None


def _reader(one: Said) -> tuple[str, bool]:
    """Whose positions tell a repeat: commands come from a topic of their own."""
    return _owner(one), orjson.loads(one.value or b"{}").get("type") == "command"


def _owner(one: Said) -> str:
    return (one.key or b"").decode()


async def states(store: Store) -> dict[str, dict[str, Any]]:
    """Return everything that the store holds, by collection and id, but for who may write it."""
    return {collection.name: await _state(store, collection) for collection in COLLECTIONS}


async def _state(store: Store, collection: Collection) -> dict[str, Any]:
    await store.ensure(collection)
    points = await store.read_all(collection, vectors=True)
    return {point.id: _content(point) for point in points if point.payload.get("name") != "claim"}


def _content(point: Point) -> tuple[dict[str, Any], bytes | None]:
    payload = {key: value for key, value in point.payload.items() if key != EPOCH}
    return payload, None if point.vector is None else point.vector.tobytes()
