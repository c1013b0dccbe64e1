"""`groundswell topics` on a real broker."""

import json
import os
import socket
import subprocess
import sys

from kafka_broker import Kafka

from groundswell.sinks.kafka_admin import Wanted, ensure_topics
from groundswell.streams.topics import MAX_MESSAGE_BYTES, TOPICS

COMMAND = (sys.executable, "-c", "from groundswell.streams.cli import main; main()", "topics")


def run(broker: str, prefix: str, *flags: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command with nothing set but what is given."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}
    given = {"broker": broker, "topic_prefix": prefix, "partitions": "2", **settings}
    environment = own | {f"GROUNDSWELL_{name.upper()}": value for name, value in given.items()}
    return subprocess.run(
        [*COMMAND, *flags], capture_output=True, text=True, check=False, env=environment, timeout=150
    )


def names(prefix: str) -> set[str]:
    return {prefix + topic.name for topic in TOPICS}


def test_missing_topics_are_created_once(kafka: Kafka, prefix: str) -> None:
    first, second = (run(kafka.bootstrap, prefix, "--json") for _ in range(2))

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert json.loads(second.stdout) == {
        "created": [],
        "same": json.loads(first.stdout)["created"],
        "differ": {},
    }


def test_a_dry_run_creates_nothing(kafka: Kafka, prefix: str) -> None:
    done = run(kafka.bootstrap, prefix, "--dry-run")

    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split("\n")) - {""} == {f"would create  {name}" for name in names(prefix)}
    assert not names(prefix) & kafka.topics()


def test_created_topics_have_the_partitions_and_the_configuration_that_were_asked_for(
    kafka: Kafka, prefix: str
) -> None:
    run(kafka.bootstrap, prefix, partitions="3")

    asked_again = [Wanted(prefix + topic.name, 3, 1, topic.settings()) for topic in TOPICS]
    client = {"bootstrap_servers": [kafka.bootstrap]}
    assert set(ensure_topics(client, asked_again, dry_run=True).same) == names(prefix)


def test_existing_topics_are_reported_where_they_differ_and_left_as_they_are(
    kafka: Kafka, prefix: str
) -> None:
    kafka.create_topics({f"{prefix}turns": 5}, {"max.message.bytes": "1000"})
    for _ in range(2):
        done = run(kafka.bootstrap, prefix)

        assert done.returncode == 0, done.stderr
        line = next(line for line in done.stdout.splitlines() if line.startswith("differs"))
        assert line.startswith(f"differs  {prefix}turns: 5 partitions, wanted 2; ")
        assert f"max.message.bytes is 1000, wanted {MAX_MESSAGE_BYTES}" in line
        assert "change them with kafka-configs or kafka-topics" in done.stdout


def test_a_broker_that_does_not_answer_is_named_with_exit_code_4(prefix: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        broker = f"127.0.0.1:{listener.getsockname()[1]}"

    done = run(broker, prefix)

    assert done.returncode == 4
    assert f"no Kafka broker lets us in at {broker}" in " ".join(done.stderr.split())
    assert "GROUNDSWELL_BROKER" in done.stderr
    assert "Traceback" not in done.stderr
