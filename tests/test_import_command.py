"""`groundswell import` onto a real broker: everything acknowledged, and harmless to repeat."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import import_samples as samples
import orjson
from aiokafka import AIOKafkaConsumer
from kafka_broker import Kafka

from groundswell.streams.partitioner import partition_of

COMMAND = (sys.executable, "-c", "from groundswell.streams.cli import main; main()", "import")


def run(broker: str, prefix: str, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}
    given = {"GROUNDSWELL_BROKER": broker, "GROUNDSWELL_TOPIC_PREFIX": prefix}
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, check=False, env=own | given, timeout=150, input=stdin
    )


async def records(kafka: Kafka, topic: str, number: int) -> list[tuple[int, bytes | None, bytes]]:
    """The first records of a topic: partition, key, value."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found = [await asyncio.wait_for(consumer.getone(), 20) for _ in range(number)]
    finally:
        await consumer.stop()
    return [(one.partition, one.key, one.value or b"") for one in found]


async def test_what_files_hold_stands_on_the_topic_in_the_partition_of_each_conversation(
    kafka: Kafka, prefix: str, tmp_path: Path
) -> None:
    topic = f"{prefix}conversation-events"
    kafka.create_topics({topic: 3})
    paths = [tmp_path / name for name in ("langfuse.jsonl", "table.csv")]
    for path in paths:
        path.write_bytes(
            samples.FILES[path.name]().replace(samples.CONVERSATION.encode(), path.name.encode())
        )

    done = await asyncio.to_thread(run, kafka.bootstrap, prefix, "--json", *map(str, paths))

    assert done.returncode == 0, done.stderr.decode()
    account = json.loads(done.stdout)
    formats = dict(zip(map(str, paths), ("langfuse", "csv"), strict=True))
    assert account | {"seconds": 0} == {
        "events": 14,
        "rows": 13,
        "left_out": 0,
        "silent": 0,
        "seconds": 0,
        "formats": formats,
    }
    assert done.stderr == b""
    found = await records(kafka, topic, 14)
    assert all(partition == partition_of(key or b"", 3) for partition, key, _ in found)
    for path in paths:
        mine = [orjson.loads(value) for _, _, value in found]
        said = [one for one in mine if one["conversation_id"] == path.name]
        assert [(one["role"], one.get("text")) for one in said] == [turn[:2] for turn in samples.TURNS]


async def test_importing_again_sends_the_same_turns_and_standard_input_is_a_file(
    kafka: Kafka, prefix: str
) -> None:
    topic = f"{prefix}conversation-events"
    kafka.create_topics({topic: 1})
    for _ in "12":
        done = await asyncio.to_thread(
            run, kafka.bootstrap, prefix, "-", stdin=samples.FILES["langsmith.jsonl"]()
        )
        assert done.returncode == 0, done.stderr.decode()
        assert b"7 events from 6 rows sent and acknowledged" in done.stdout
    found = [value for _, _, value in await records(kafka, topic, 14)]
    assert found[:7] == found[7:]


async def test_bad_rows_are_named_left_out_and_counted_and_the_exit_code_says_so(
    kafka: Kafka, prefix: str, tmp_path: Path
) -> None:
    kafka.create_topics({f"{prefix}conversation-events": 1})
    path = tmp_path / "rows.jsonl"
    path.write_bytes(samples.lines(samples.native()) + b"nonsense\n" * 30)

    done = await asyncio.to_thread(run, kafka.bootstrap, prefix, str(path))

    assert done.returncode == 1
    errors = done.stderr.decode()
    assert f"{path}:8: no JSON" in errors
    assert f"{path}:27: " in errors
    assert f"{path}:28: " not in errors
    assert "and 10 rows more" in errors
    assert b"30 rows were left out" in done.stdout
    assert b"7 events" in done.stdout


def test_a_broker_that_does_not_answer_is_named_with_exit_code_4(prefix: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        broker = f"127.0.0.1:{listener.getsockname()[1]}"
    path = tmp_path / "rows.jsonl"
    path.write_bytes(samples.FILES["native.jsonl"]())

    done = run(broker, prefix, str(path))

    assert done.returncode == 4
    assert f"no Kafka broker lets us in at {broker}" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_topic_that_is_missing_is_named_with_what_creates_it(kafka: Kafka, prefix: str) -> None:
    done = run(kafka.bootstrap, prefix, "-", stdin=samples.FILES["native.jsonl"]())

    assert done.returncode == 4
    assert f"topic {prefix}conversation-events does not exist; `groundswell topics`" in done.stderr.decode()


def test_what_is_not_known_is_wrong_usage(prefix: str, tmp_path: Path) -> None:
    odd, chart = tmp_path / "odd.jsonl", tmp_path / "chart.csv"
    odd.write_bytes(b'{"foo": 1}\n')
    chart.write_bytes(b"a,b\n1,2\n")
    cases = {
        (str(odd),): "rows are objects with the keys foo",
        (str(chart),): "--map conversation_id=COLUMN",
        (str(odd), "--format", "excel"): "none of auto, native",
        (str(odd), "--map", "text"): "wanted FIELD=COLUMN",
        (str(odd), "--start", "soon"): "wanted ISO 8601 text",
    }
    for arguments, said in cases.items():
        done = run("127.0.0.1:1", prefix, *arguments)
        text = " ".join(done.stderr.decode().replace("│", " ").split())
        assert (done.returncode, said in text) == (2, True), text
        assert b"Traceback" not in done.stderr


def test_a_missing_file_is_named(prefix: str, tmp_path: Path) -> None:
    done = run("127.0.0.1:1", prefix, str(tmp_path / "none.jsonl"))
    assert done.returncode == 1
    assert "none.jsonl: No such file" in " ".join(done.stderr.decode().split())
