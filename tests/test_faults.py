"""Workers that are killed anywhere leave behind what an undisturbed run would have left."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import oracle
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from kafka_broker import Kafka
from remote_store import RemoteStore
from replay import EXAMPLES, traffic
from workers import Workers, store_process

from groundswell.models.event import parse
from groundswell.sinks.kafka_admin import Wanted, ensure_topics
from groundswell.sinks.store import open_store
from groundswell.streams.access import client_options
from groundswell.streams.app import STAGES
from groundswell.streams.collections import INTENTS_STATE, NAMING_STATE, TURNS
from groundswell.streams.delivery import Output, Record
from groundswell.streams.replay_order import Imported
from groundswell.streams.services import open_embedder
from groundswell.streams.settings import Settings
from groundswell.streams.teaching import command_of, output_of
from groundswell.streams.topics import (
    CONVERSATION_EVENTS,
    DEAD_LETTERS,
    INTENT_COMMANDS,
    INTENT_EVENTS,
    INTENT_MINUTES,
    OUTPUT_TOPICS,
    TOPICS,
)
from groundswell.streams.topics import TURNS as TURNS_TOPIC

KILLS = 20
TURNS_REPLAYED = 5_000
PARTITIONS = 4
#: Events a second. A kill costs some seconds in which nothing is read; the rest is caught up with.
RATE = 120.0
#: The dead are noticed sooner than in production, as nobody here waits for a slow network.
SESSION_S = 3.0
SEED = 20
#: Every so manieth event goes to the broker under a key that is not its own.
FOREIGN = 50
INVALID = (b"{not json", b"[]", b'{"conversation_id":"c","role":"nobody","text":"?"}', b"\xff\xfe")

pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class Aftermath:
    """What stood on the broker and in the store when all was done, and what it should have been."""

    settings: Settings
    produced: list[Imported]
    topics: dict[str, list[list[Record]]]
    state: dict[str, dict[str, Any]]
    outputs: list[Output]
    expected: dict[str, dict[str, Any]]
    kills: int
    exits: Counter[int]
    last_exits: list[int]

    def said(self, name: str) -> oracle.Spoken:
        records = [one for partition in self.topics[self.settings.topic_prefix + name] for one in partition]
        return oracle.heard_of_records(name, records)

    def recomputed(self, name: str) -> oracle.Spoken:
        return oracle.heard_of_outputs(name, self.settings.topic_prefix + name, self.outputs)


@pytest.fixture(scope="module")
def aftermath(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    """One replay under fire, for all the claims about it."""
    return asyncio.run(_replay(kafka.bootstrap, tmp_path_factory.mktemp("faults")))


async def _replay(broker: str, folder: Path) -> Aftermath:
    settings = Settings(
        broker=broker,
        topic_prefix=f"faults-{time.time_ns():x}-",
        config=EXAMPLES / "groundswell.yaml",
        partitions=PARTITIONS,
        session_timeout_s=SESSION_S,
        web_port=0,
        otlp_port=0,
        tick_s=5,
    )
    await asyncio.to_thread(_create_topics, settings)
    produced = traffic(TURNS_REPLAYED, start_ms=int(time.time() * 1000), tick_ms=240_000)
    async with store_process(folder / "store") as port:
        workers = Workers(2, port, folder, _environment(settings))
        workers.start()
        try:
            kills = await _under_fire(settings, produced, workers)
            await workers.replace(GROUNDSWELL_TICK_S="3600")  # or there would always be one more record
            await _settled(settings)
            await _until(lambda: asyncio.to_thread(workers.at_work), 60, "a worker did not come back")
        finally:
            last_exits = await workers.stop()
        topics = await _topics(settings)
        store = RemoteStore(port)
        state = await oracle.states(store)
        await store.close()
    outputs, expected = await _oracle(settings, topics, folder / "oracle", await _cluster(broker))
    return Aftermath(settings, produced, topics, state, outputs, expected, kills, workers.exits, last_exits)


def _create_topics(settings: Settings) -> None:
    names = [settings.topic_prefix + topic.name for topic in TOPICS]
    wanted = [Wanted(n, PARTITIONS, 1, t.settings()) for n, t in zip(names, TOPICS, strict=True)]
    ensure_topics(client_options(settings), wanted)


def _environment(settings: Settings) -> dict[str, str]:
    given = settings.model_dump(mode="json", exclude_unset=True, exclude={"agents"})
    return {f"GROUNDSWELL_{name.upper()}": str(value) for name, value in given.items()}


async def _under_fire(settings: Settings, produced: Sequence[Imported], workers: Workers) -> int:
    """Send everything, and kill a worker in each twentieth of it, once something was done since the last."""
    chance = random.Random(SEED)
    producer = AIOKafkaProducer(bootstrap_servers=settings.broker, enable_idempotence=True)
    reader = AIOKafkaConsumer(bootstrap_servers=settings.broker)
    await producer.start()
    await reader.start()
    try:
        bounds = [len(produced) * part // KILLS for part in range(KILLS + 1)]
        for first, last in pairwise(bounds):
            done = await _written(reader, settings)
            feeding = asyncio.create_task(_feed(producer, settings, produced[first:last], first))
            await _until(
                lambda done=done: _more(reader, settings, done), 150, "nothing was done since a kill"
            )
            await asyncio.sleep(chance.uniform(0, 1.5))
            workers.kill(chance)
            await _teach(producer, settings, chance)
            await feeding
        await _until(lambda: _describe_all(producer, settings), 150, "no intent was announced")
        for bad in INVALID:
            await producer.send_and_wait(settings.topic_prefix + CONVERSATION_EVENTS.name, bad, key=b"bad")
    finally:
        await producer.stop()
        await reader.stop()
    return len(bounds) - 1


async def _announced(settings: Settings) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the events about intents so far, and those that announced one."""
    topic = settings.topic_prefix + INTENT_EVENTS.name
    found = await oracle.read_topics(settings.broker, [topic], PARTITIONS)
    events = [orjson.loads(one.value or b"") for part in found[topic] for one in part]
    return events, [event for event in events if event["type"] == "intent.created.v1"]


async def _describe_all(producer: AIOKafkaProducer, settings: Settings) -> bool:
    """Describe every intent that was announced, the living ones among them; return whether there are any."""
    _, born = await _announced(settings)
    for event in born:
        said = {"intent": event["intent_id"], "description": f"what came at {event['time']}"}
        command = command_of(event["tenant"], event["agent"], "tester", "describe", **said)
        output = output_of(command, settings.topic_prefix)
        await producer.send_and_wait(output.topic, output.value, key=output.key)
    return bool(born)


async def _teach(producer: AIOKafkaProducer, settings: Settings, chance: random.Random) -> None:
    """Say something about the intents that were announced so far; what is no longer so is refused.

    Nothing that could keep a spike or a proposal from coming: they are looked at too.
    """
    events, born = await _announced(settings)
    if len(born) < 2:
        return
    one, other = chance.sample(born, 2)
    said: dict[str, dict[str, Any]] = {
        "rename": {"intent": one["intent_id"], "name": f"Name {chance.randrange(1000)}"},
        "describe": {"intent": other["intent_id"], "description": "what the tester says"},
        "pin": {"intent": one["intent_id"]},
        "undo": {"undoes": next((e["command_id"] for e in events if e.get("command_id")), "none")},
    }
    kind = chance.choice(sorted(said))
    command = command_of(one["tenant"], one["agent"], "tester", kind, **said[kind])
    output = output_of(command, settings.topic_prefix)
    for _ in range(2):  # a client that is not sure sends twice
        await producer.send_and_wait(output.topic, output.value, key=output.key)


async def _feed(
    producer: AIOKafkaProducer, settings: Settings, events: Sequence[Imported], number: int
) -> None:
    topic = settings.topic_prefix + CONVERSATION_EVENTS.name
    started = time.monotonic()
    for place, event in enumerate(events):
        if event.key is None:
            for partition in range(PARTITIONS):
                await producer.send(topic, event.value, partition=partition)
        else:
            foreign = (number + place) % FOREIGN == 0
            await producer.send(topic, event.value, key=b"foreign" if foreign else event.key)
        await asyncio.sleep(max(0.0, started + place / RATE - time.monotonic()))
    await producer.flush()


async def _written(reader: AIOKafkaConsumer, settings: Settings) -> int:
    """Return how many records the stages have written."""
    names = [settings.topic_prefix + topic.name for topic in OUTPUT_TOPICS]
    return sum((await reader.end_offsets(oracle.partitions_of(names, PARTITIONS))).values())


async def _more(reader: AIOKafkaConsumer, settings: Settings, than: int) -> bool:
    return await _written(reader, settings) > than


async def _settled(settings: Settings) -> None:
    """Return once the group has done all that every stage has to read."""
    group = settings.topic_prefix + settings.group
    parts = oracle.partitions_of([settings.topic_prefix + t.name for t in STAGES.values()], PARTITIONS)
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.broker)
    reader = AIOKafkaConsumer(bootstrap_servers=settings.broker)
    await admin.start()
    await reader.start()

    async def lag() -> dict[Any, int]:
        done = await admin.list_consumer_group_offsets(group)
        ends = await reader.end_offsets(parts)
        read = {part: done[part].offset if part in done else 0 for part in parts}
        return {part: ends[part] - read[part] for part in parts if ends[part] > read[part]}

    async def none() -> bool:
        return not await lag() and not await lag()

    try:
        await _until(none, 240, "records were left")
    finally:
        await admin.close()
        await reader.stop()


async def _until(done: Any, patience_s: float, complaint: str) -> None:
    deadline = time.monotonic() + patience_s
    while not await done():
        assert time.monotonic() < deadline, f"{complaint} after {patience_s} s"
        await asyncio.sleep(0.2)


async def _topics(settings: Settings) -> dict[str, list[list[Record]]]:
    names = [settings.topic_prefix + topic.name for topic in oracle.READ]
    return await oracle.read_topics(settings.broker, names, PARTITIONS)


async def _cluster(broker: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        return str((await admin.describe_cluster())["cluster_id"])
    finally:
        await admin.close()


async def _oracle(
    settings: Settings, topics: dict[str, list[list[Record]]], folder: Path, log: str
) -> tuple[list[Output], dict[str, dict[str, Any]]]:
    store = open_store(f"edge:{folder}", flush_every=2_000)
    try:
        outputs = await oracle.recompute(settings, store, open_embedder(settings), topics, log)
        return outputs, await oracle.states(store)
    finally:
        await store.close()


def test_twenty_workers_were_killed_and_repeated_themselves(aftermath: Aftermath) -> None:
    assert aftermath.exits[-9] == aftermath.kills == KILLS
    assert aftermath.said(TURNS_TOPIC.name).repeats > 0
    assert aftermath.last_exits == [0, 0]


@pytest.mark.parametrize("name", [topic.name for topic in oracle.WRITTEN])
def test_every_output_equals_an_undisturbed_recomputation(aftermath: Aftermath, name: str) -> None:
    said, recomputed = aftermath.said(name), aftermath.recomputed(name)

    assert not said.contradictions
    assert said.by_order.keys() == recomputed.by_order.keys()
    for order, expected in recomputed.by_order.items():
        assert said.by_order[order] == expected, order
    assert recomputed.by_order, f"{name} is empty: the replay did not try it"


def test_every_state_equals_an_undisturbed_recomputation(aftermath: Aftermath) -> None:
    for collection, expected in aftermath.expected.items():
        found = aftermath.state[collection]
        assert found.keys() == expected.keys(), collection
        for key, content in expected.items():
            assert found[key] == content, (collection, key)
        assert expected or collection == NAMING_STATE.name, collection  # names by a model are off


def test_every_event_is_archived_once_or_a_dead_letter(aftermath: Aftermath) -> None:
    events = [parse(one.value, timestamp=one.timestamp) for one in aftermath.produced if one.key]
    sent = {event.turn_key(at) for event, at in events}
    dead = [one.value for letters in aftermath.said(DEAD_LETTERS.name).by_order.values() for one in letters]

    assert aftermath.state[TURNS.name].keys() == sent
    assert sorted(dead) == sorted(INVALID)


def test_people_were_heard_once_each_whatever_was_killed(aftermath: Aftermath) -> None:
    said = [one for ones in aftermath.said(INTENT_EVENTS.name).by_order.values() for one in ones]
    answers = [value for one in said if "status" in (value := orjson.loads(one.value or b""))]
    given = aftermath.topics[aftermath.settings.topic_prefix + INTENT_COMMANDS.name]
    ids = {orjson.loads(one.value or b"")["id"] for partition in given for one in partition}

    assert sorted(answer["command_id"] for answer in answers) == sorted(ids)
    assert "applied" in {answer["status"] for answer in answers}


def test_minutes_count_each_turn_and_each_conversation_once(aftermath: Aftermath) -> None:
    turns: Counter[str] = Counter()
    known: set[str] = set()
    for order, messages in aftermath.said(TURNS_TOPIC.name).by_order.items():
        for message in (orjson.loads(one.value or b"") for one in messages):
            known |= {message["conversation"]} if message["passes"] else set()
            counted = message["passes"] or (message["role"] == "user" and message["conversation"] in known)
            if counted:
                turns[order[0]] += 1  # type: ignore[index]
    counted_turns, counted_conversations = _in_minutes(aftermath)

    assert counted_turns == turns
    assert counted_conversations >= len(known) > 0


def _in_minutes(aftermath: Aftermath) -> tuple[Counter[str], int]:
    """Return turns by owner, and conversations, in the minutes that are closed and those still open."""
    turns: Counter[str] = Counter()
    conversations = 0
    for (owner, *_), said in aftermath.said(INTENT_MINUTES.name).by_order.items():  # type: ignore[misc]
        for minute in (orjson.loads(one.value or b"") for one in said):
            turns[owner] += minute["turns"]
            conversations += minute["conversations"]
    for payload, _ in aftermath.state[INTENTS_STATE.name].values():
        if payload.get("name") == "tally":
            open_minutes = orjson.loads(payload["record"])["book"]["minutes"]
            for counts in (tally["numbers"] for one in open_minutes.values() for tally in one.values()):
                turns[payload["owner"]] += counts.get("turns", 0)
                conversations += counts.get("conversations", 0)
    return turns, conversations
