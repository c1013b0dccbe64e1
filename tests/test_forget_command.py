"""`groundswell forget` as an operator runs it, beside a worker on a real broker."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from kafka_broker import Kafka
from test_worker import COMMAND, PARTITIONS, Worker

from groundswell.models.event import ConversationEvent
from groundswell.sinks.kafka_admin import Wanted, ensure_topics
from groundswell.sinks.store import EVERYTHING, open_store
from groundswell.streams.collections import COLLECTIONS
from groundswell.streams.topics import TOPICS

SAID = {"ann": "I want to return the marmalade", "bob": "I want to return the trousers"}


@pytest.fixture
def worker(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Worker]:
    wanted = [Wanted(prefix + topic.name, PARTITIONS, 1, topic.settings()) for topic in TOPICS]
    ensure_topics({"bootstrap_servers": kafka.bootstrap}, wanted)
    one = Worker(kafka.bootstrap, prefix, tmp_path)
    one.start()
    yield one
    if one.process is not None and one.process.poll() is None:
        one.process.kill()
        one.process.wait()


def forget(worker: Worker, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = [*COMMAND[:-1], "forget", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=worker.environment, timeout=90)


async def say(worker: Worker, prefix: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=worker.environment["GROUNDSWELL_BROKER"])
    await producer.start()
    try:
        for user, text in SAID.items():
            event = {"conversation_id": f"of {user}", "user_id": user, "role": "user", "text": text}
            key = ConversationEvent.model_validate(event).key.encode()
            await producer.send_and_wait(f"{prefix}conversation-events", orjson.dumps(event), key)
    finally:
        await producer.stop()


async def payloads(folder: Path) -> bytes:
    store = open_store(f"edge:{folder / 'store'}")
    try:
        found = b""
        for collection in COLLECTIONS:
            await store.ensure(collection)
            for point in await store.read_all(collection, EVERYTHING, vectors=False):
                found += orjson.dumps(point.payload)
        return found
    finally:
        await store.close()


async def test_a_running_worker_forgets_a_user_and_nobody_else(
    worker: Worker, prefix: str, tmp_path: Path
) -> None:
    await say(worker, prefix)
    await asyncio.to_thread(worker.wait_until, lambda: worker.counted("intents", "processed") >= 2)
    done = await asyncio.to_thread(forget, worker, "--user", "ann", "--yes", "--json")
    report = orjson.loads(done.stdout)
    assert done.returncode == 0, done.stderr.decode()
    assert len(report["sent"]) == PARTITIONS
    assert "in use by process" in report["unseen"]  # the embedded store is the worker's
    assert report["done"]
    await asyncio.to_thread(worker.wait_until, lambda: worker.counted("intents", "processed") >= 3)
    worker.stop()
    kept = await payloads(tmp_path)
    assert b"marmalade" not in kept
    assert b"trousers" in kept
    assert b"published default key" in worker.log.read_bytes()  # no key was set
    looked = await asyncio.to_thread(forget, worker, "--user", "bob", "--dry-run", "--json")
    assert orjson.loads(looked.stdout)["events"] == 1
    waited = await asyncio.to_thread(forget, worker, "--user", "bob", "--yes", "--wait", "1")
    assert waited.returncode == 1  # no worker runs
    assert b"asked to erase 1 conversation with 1 event in the store" in waited.stdout
    assert b"not come to it yet" in waited.stdout


def test_forgetting_needs_one_of_user_and_conversation(tmp_path: Path) -> None:
    for arguments in ([], ["--user", "a", "--conversation", "b"]):
        done = subprocess.run([*COMMAND[:-1], "forget", *arguments], capture_output=True, check=False)
        assert done.returncode == 2
        assert b"either --user or --conversation" in done.stderr
