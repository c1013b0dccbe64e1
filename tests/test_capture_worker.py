"""A worker on a real broker takes in topics and HTTP, and loses nothing when something stops."""

import itertools
import re
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import otlp_dialects as otlp
import pytest
from kafka_broker import Kafka, KafkaBroker
from test_worker import PARTITIONS, Worker, archive, produce, read

from groundswell.sinks.kafka_admin import Wanted, ensure_topics
from groundswell.streams.letters import about
from groundswell.streams.topics import TOPICS


@pytest.fixture
def worker(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Worker]:
    wanted = [Wanted(prefix + topic.name, PARTITIONS, 1, topic.settings()) for topic in TOPICS]
    ensure_topics({"bootstrap_servers": kafka.bootstrap}, wanted)
    one = Worker(kafka.bootstrap, prefix, tmp_path)
    try:
        yield one
    finally:
        if one.process is not None and one.process.poll() is None:
            one.process.kill()
            one.process.wait()


def turns(broker: str, prefix: str) -> dict[str, list[str]]:
    """Roles of the turns of each conversation, in the order in which they came out."""
    found: dict[str, list[str]] = {}
    for record in read(broker, f"{prefix}turns"):
        turn = orjson.loads(record.value or b"")
        if turn["type"] == "turn":
            found.setdefault(turn["conversation_id"], []).append(turn["role"])
    return found


ROLES = [role for role, _, _ in otlp.NATIVE]


def test_a_collectors_topics_become_turns_and_what_is_broken_dead_letters(
    kafka: Kafka, prefix: str, worker: Worker
) -> None:
    worker.start()
    spans, logs = f"{prefix}otlp_spans", f"{prefix}otlp_logs"
    lost = otlp.as_json(
        otlp.traces([otlp.span(0, 1, {"gen_ai.input.messages": '[{"role":"user","content":"x"}]'})])
    )
    broken = (b"\x0a\xff\xff\xff\xff\x07", b"{broken", otlp.as_json(otlp.gen_ai_log_events("x")), lost)
    produce(
        kafka.bootstrap,
        spans,
        (b"trace", otlp.as_protobuf(otlp.gen_ai_structured("by-protobuf"))),
        (None, otlp.as_json(otlp.vercel("by-json"))),
        *((b"key", one) for one in broken),
    )
    produce(kafka.bootstrap, logs, (None, otlp.as_protobuf(otlp.gen_ai_log_events("by-logs"))))
    worker.wait_until(lambda: worker.counted("turns", "processed") >= 3 * len(ROLES))
    worker.wait_until(lambda: worker.counted("capture", "dead") >= len(broken))

    assert turns(kafka.bootstrap, prefix) == dict.fromkeys(("by-protobuf", "by-json", "by-logs"), ROLES)
    letters = read(kafka.bootstrap, f"{prefix}dead-letters")
    assert Counter(letter.value for letter in letters) == Counter(broken)
    told = {about(letter.headers.items())["reason"] for letter in letters}
    assert told == {"invalid_protobuf", "invalid_json", "invalid_field", "missing_field"}
    worker.stop()


def test_what_a_killed_worker_had_captured_comes_out_once(
    kafka: Kafka, prefix: str, worker: Worker, tmp_path: Path
) -> None:
    worker.start()
    parts = [otlp.split(otlp.openinference(f"c{number}")) for number in range(16)]
    in_turn = itertools.chain.from_iterable(zip(*parts, strict=True))
    produce(kafka.bootstrap, f"{prefix}otlp_spans", *((None, otlp.as_protobuf(part)) for part in in_turn))
    worker.wait_until(lambda: worker.counted("capture", "processed") >= 1)
    assert worker.process is not None
    worker.process.kill()
    worker.process.wait()
    worker.start()
    everything = {f"c{number}" for number in range(16)}

    def complete() -> bool:
        found = turns(kafka.bootstrap, prefix)
        return found.keys() == everything and all(len(set_) >= len(ROLES) for set_ in found.values())

    worker.wait_until(complete, patience_s=180)
    stamps = [record.timestamp for record in read(kafka.bootstrap, f"{prefix}conversation-events")]
    assert min(stamps) > otlp.START // 1_000_000 + 86_400_000, (
        "or the broker would delete what is not read yet"
    )
    worker.stop()
    stored = Counter(turn["conversation_id"] for turn in archive(tmp_path))
    assert stored == dict.fromkeys(everything, len(ROLES))


def test_only_what_the_broker_has_is_answered_as_taken_in(
    broker_process: KafkaBroker, prefix: str, worker: Worker
) -> None:
    worker.start()
    first, second = (otlp.as_protobuf(otlp.gen_ai(name)) for name in ("first", "second"))
    assert post(worker, first)[0] == 200
    broker_process.pause()
    try:
        status, retry_after = post(worker, second)
    finally:
        broker_process.resume()
    assert (status, retry_after) == (503, "5")
    worker.wait_until(lambda: post(worker, second)[0] == 200)
    worker.wait_until(lambda: worker.counted("turns", "processed") >= 2 * len(ROLES))
    assert turns(broker_process.bootstrap, prefix) == {"first": ROLES, "second": ROLES}
    worker.stop()


def post(worker: Worker, body: bytes) -> tuple[int, str | None]:
    """Post to the worker's receiver; return the status and when to come again."""
    said = worker.log.read_text(encoding="utf-8")
    (port,) = re.findall(r'"port": (\d+), "event": "receiving OTLP and events"', said)
    headers = {"Content-Type": "application/x-protobuf"}
    request: Any = urllib.request.Request(f"http://127.0.0.1:{port}/v1/traces", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Retry-After"]
