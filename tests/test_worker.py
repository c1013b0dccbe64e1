"""`groundswell worker` on a real broker: what goes in comes out, it says how it is, it ends in order."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import oracle
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from kafka_broker import PASSWORD, USER, Kafka, KafkaBroker

from groundswell.sinks.kafka_admin import Wanted, ensure_topics
from groundswell.sinks.store import EVERYTHING, open_store
from groundswell.streams.collections import TURNS
from groundswell.streams.delivery import Record
from groundswell.streams.letters import about
from groundswell.streams.partitioner import partition_of
from groundswell.streams.topics import TOPICS

COMMAND = (sys.executable, "-c", "from groundswell.streams.cli import main; main()", "worker")
FAUST = (sys.executable, "-m", "faust", "-A", "groundswell.streams.app", "worker")
PARTITIONS = 2
#: A machine may be busy with other things; what is not there by then does not come.
PATIENCE_S = 150.0
ASKED = "I want to cancel my order and get my money back"


class Worker:
    """One worker process with a store of its own in `folder`."""

    def __init__(self, broker: str, prefix: str, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        own = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}
        given = {"BROKER": broker, "TOPIC_PREFIX": prefix, "STORE": f"edge:{folder / 'store'}"}
        given |= {"WEB_PORT": str(self.port), "TICK_S": "3600", "OTLP_PORT": "0"}
        self.environment = own | {f"GROUNDSWELL_{name}": value for name, value in given.items()}
        self.log = folder / "worker.log"
        self.command = COMMAND
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.launch()
        self.wait_until(self._ready)

    def launch(self) -> None:
        """Start the process without waiting for it to be ready."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out, env=self.environment)

    def said(self) -> str:
        """What it logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _ready(self) -> bool:
        status, reason = self.get("/readyz")
        assert status in (0, 200, 503), reason
        return status == 200

    def stop(self) -> tuple[int, float]:
        """Ask it to end; return its exit code and how many seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S), time.monotonic() - started

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body; status 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def counted(self, stage: str, outcome: str) -> int:
        """Return how many events a stage has done so far, by its metrics."""
        metrics = self.get("/metrics")[1]
        pattern = rf'groundswell_stage_events_total{{outcome="{outcome}",stage="{stage}"}} (\d+)'
        found = re.search(pattern, metrics)
        return int(found[1]) if found else 0

    def wait_until(self, done: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience_s
        while not done():
            assert self.process is not None
            assert self.process.poll() is None, f"the worker ended:\n{self.said()}"
            assert time.monotonic() < deadline, f"not within {patience_s} s:\n{self.said()}"
            time.sleep(0.2)


def create_topics(broker: str, prefix: str) -> None:
    wanted = [Wanted(prefix + topic.name, PARTITIONS, 1, topic.settings()) for topic in TOPICS]
    ensure_topics({"bootstrap_servers": [broker]}, wanted)


@pytest.fixture
def worker(kafka: Kafka, prefix: str, early_worker: Worker) -> Worker:
    """A worker that has its topics."""
    create_topics(kafka.bootstrap, prefix)
    return early_worker


@pytest.fixture
def early_worker(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Worker]:
    """A worker whose topics do not exist yet."""
    one = Worker(kafka.bootstrap, prefix, tmp_path)
    try:
        yield one
    finally:
        if one.process is not None and one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def produce(broker: str, topic: str, *records: tuple[bytes | None, bytes]) -> None:
    async def send() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=broker)
        await producer.start()
        try:
            for key, value in records:
                await producer.send_and_wait(topic, value, key=key)
        finally:
            await producer.stop()

    asyncio.run(send())


def read(broker: str, topic: str) -> list[Record]:
    topics = asyncio.run(oracle.read_topics(broker, [topic], PARTITIONS))
    return [record for partition in topics[topic] for record in partition]


def said(conversation: str, text: str, **more: Any) -> bytes:
    return orjson.dumps({"conversation_id": conversation, "role": "user", "text": text, **more})


def archive(folder: Path) -> list[dict[str, Any]]:
    async def everything() -> list[dict[str, Any]]:
        store = open_store(f"edge:{folder / 'store'}")
        await store.ensure(TURNS)
        points = await store.read_all(TURNS, EVERYTHING)
        await store.close()
        return [point.payload for point in points]

    return asyncio.run(everything())


def test_events_under_any_key_become_turns_and_bad_ones_dead_letters(
    kafka: Kafka, prefix: str, worker: Worker, tmp_path: Path
) -> None:
    worker.start()
    produce(
        kafka.bootstrap,
        f"{prefix}conversation-events",
        (b"default/default/c1", said("c1", ASKED)),
        *((f"foreign{n}".encode(), said(f"c2{n}", ASKED)) for n in range(4)),
        *((None, said(f"c3{n}", ASKED)) for n in range(4)),
        (b"k", b"{not json"),
    )
    worker.wait_until(lambda: worker.counted("intents", "processed") >= 9)

    turns = [orjson.loads(record.value or b"") for record in read(kafka.bootstrap, f"{prefix}turns")]
    expected = sorted(["c1", *(f"c{n}{m}" for n in (2, 3) for m in range(4))])
    assert sorted(turn["conversation_id"] for turn in turns) == expected
    (letter,) = read(kafka.bootstrap, f"{prefix}dead-letters")
    assert (letter.key, letter.value) == (b"k", b"{not json")
    assert about(letter.headers.items())["reason"] == "invalid_json"
    metrics = worker.get("/metrics")[1]
    assert 'groundswell_dead_letters_total{reason="invalid_json",stage="turns"} 1.0' in metrics
    worker.stop()
    assert sorted(turn["conversation_id"] for turn in archive(tmp_path)) == expected


def test_a_worker_ends_on_sigterm_and_goes_on_where_it_was(
    kafka: Kafka, prefix: str, worker: Worker, tmp_path: Path
) -> None:
    topic = f"{prefix}conversation-events"
    worker.start()
    assert worker.get("/healthz") == (200, "ok\n")
    produce(kafka.bootstrap, topic, *((b"default/default/c1", said("c1", f"{ASKED} {n}")) for n in range(5)))
    worker.wait_until(lambda: worker.counted("intents", "processed") >= 5)

    code, seconds = worker.stop()
    assert code == 0, worker.log.read_text(encoding="utf-8")
    assert seconds < 30
    assert worker.get("/healthz")[0] == 0

    produce(kafka.bootstrap, topic, (b"default/default/c1", said("c1", "thanks", turn_id="last")))
    worker.start()
    worker.wait_until(lambda: worker.counted("intents", "processed") >= 1)
    stages = ("turns", "intents")
    assert [worker.counted(stage, "processed") for stage in stages] == [1, 1], "only the news is processed"
    assert [worker.counted(stage, "duplicate") for stage in stages] == [0, 0]
    assert len(read(kafka.bootstrap, f"{prefix}turns")) == 6
    worker.stop()
    turns = sorted(archive(tmp_path), key=lambda payload: payload["offset"])
    assert [turn["ordinal"] for turn in turns] == list(range(6)), "the conversation went on"


def test_fausts_own_command_starts_the_same_worker(
    kafka: Kafka, prefix: str, worker: Worker, tmp_path: Path
) -> None:
    worker.command = FAUST
    worker.start()
    assert worker.get("/healthz") == (200, "ok\n")
    produce(kafka.bootstrap, f"{prefix}conversation-events", (b"default/default/c1", said("c1", ASKED)))
    worker.wait_until(lambda: worker.counted("intents", "processed") >= 1)
    code, _ = worker.stop()
    assert code == 0, worker.log.read_text(encoding="utf-8")
    assert [turn["conversation_id"] for turn in archive(tmp_path)] == ["c1"]


def test_a_worker_that_is_there_before_its_topics_says_so_and_begins_when_they_are(
    kafka: Kafka, prefix: str, early_worker: Worker
) -> None:
    early_worker.launch()
    early_worker.wait_until(lambda: "waiting for topics" in early_worker.get("/readyz")[1])
    assert f"{prefix}conversation-events" in early_worker.get("/readyz")[1]
    assert "`groundswell topics` creates them" in early_worker.said()

    create_topics(kafka.bootstrap, prefix)
    produce(kafka.bootstrap, f"{prefix}conversation-events", (b"default/default/c1", said("c1", ASKED)))
    early_worker.wait_until(lambda: early_worker.counted("intents", "processed") >= 1)
    early_worker.wait_until(lambda: early_worker.get("/readyz")[0] == 200)
    assert early_worker.stop()[0] == 0


def test_what_the_broker_deleted_unread_is_told_and_does_not_wait_for_ever(
    kafka: Kafka, prefix: str, worker: Worker
) -> None:
    topic, key = f"{prefix}conversation-events", b"default/default/c1"
    partition = partition_of(key, PARTITIONS)
    produce(kafka.bootstrap, topic, *((key, said("c1", f"{ASKED} {n}")) for n in range(3)))
    kafka.delete_records(topic, partition, before=3)
    worker.start()
    lag = f'groundswell_consumer_lag{{partition="{partition}",topic="{topic}"}} 0.0'
    worker.wait_until(lambda: lag in worker.get("/metrics")[1])
    (told,) = [line for line in worker.said().splitlines() if "were deleted by the broker" in line]
    about_it = {"topic": topic, "partition": partition, "records": 3, "first_left": 3}
    assert orjson.loads(told).items() >= about_it.items()

    produce(kafka.bootstrap, topic, (key, said("c1", ASKED)))
    worker.wait_until(lambda: worker.counted("intents", "processed") >= 1)
    assert worker.stop()[0] == 0


LOGIN = {"GROUNDSWELL_BROKER_USERNAME": USER, "GROUNDSWELL_BROKER_PASSWORD": PASSWORD}


def test_a_worker_logs_in_to_a_broker_that_wants_it(
    broker_process: KafkaBroker, prefix: str, worker: Worker
) -> None:
    worker.environment |= LOGIN | {"GROUNDSWELL_BROKER": broker_process.login}
    worker.start()
    topic = f"{prefix}conversation-events"
    produce(broker_process.bootstrap, topic, (b"default/default/c1", said("c1", ASKED)))
    worker.wait_until(lambda: worker.counted("intents", "processed") >= 1)
    assert worker.stop()[0] == 0


def test_a_wrong_password_is_told_and_ends_the_worker(
    broker_process: KafkaBroker, prefix: str, worker: Worker
) -> None:
    worker.environment |= LOGIN | {
        "GROUNDSWELL_BROKER": broker_process.login,
        "GROUNDSWELL_BROKER_PASSWORD": "another",
    }
    for command in ([*COMMAND[:-1], "topics"], COMMAND):
        ended = subprocess.run(
            command, env=worker.environment, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        assert ended.returncode == 4
        assert "GROUNDSWELL_BROKER_PASSWORD" in "".join(ended.stderr.split()), ended.stderr
        assert "Traceback" not in ended.stderr
