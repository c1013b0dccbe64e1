"""Two thousand hostile events leave the flow running, and each is accounted for once."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from fuzz_events import DUPLICATE, PROCESSED, SECRETS, START_MS, STEP_MS, Fuzzed, hostile
from kafka_broker import KEEPS, Kafka

from groundswell.models.board import BoardState
from groundswell.sinks.board import render
from groundswell.sinks.metrics import Metrics
from groundswell.streams.delivery import Output
from groundswell.streams.embedded import spaced
from groundswell.streams.letters import about
from groundswell.streams.replay_order import Imported
from groundswell.streams.run import Account, run
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS, DEAD_LETTERS, INTENT_EVENTS, TOPICS

NUMBER = 2_000
SEED = 7


@dataclass
class Aftermath:
    """What went in, and all that came out."""

    sent: list[Fuzzed]
    fed: list[Imported]
    account: Account
    board: BoardState
    metrics: Metrics
    outputs: list[Output] = field(default_factory=list)

    def of(self, topic: str) -> list[Output]:
        return [one for one in self.outputs if one.topic == topic]


@pytest.fixture(scope="module")
def aftermath() -> Aftermath:
    """The records through every stage of the embedded flow, once for all the claims."""
    sent = hostile(SEED, NUMBER)
    events = [Imported(one.value, one.key, one.timestamp, line, "fuzz") for line, one in enumerate(sent)]
    timed = list(_ticking(events))
    metrics, outputs = Metrics(), list[Output]()
    account, board = asyncio.run(run(timed, Settings(), on_output=outputs.append, metrics=metrics))
    return Aftermath(sent, list(spaced(timed)), account, board, metrics, outputs)


def _ticking(events: list[Imported]) -> Iterator[Imported]:
    """Tell the time by the number of the event: the records' own clocks are not to be trusted here."""
    for number, event in enumerate(events, 1):
        yield event
        if number % 80 == 0:
            yield _tick(START_MS + number * STEP_MS)
    for minute in range(60):
        yield _tick(START_MS + len(events) * STEP_MS + minute * 60_000)


def _tick(time: int) -> Imported:
    return Imported(orjson.dumps({"type": "tick", "time": time}), None, time, 0, "")


def test_the_generator_makes_every_fate_and_the_same_ones_each_time() -> None:
    fates = Counter(one.fate for one in hostile(SEED, NUMBER))
    assert min(fates.values()) > 20, fates
    assert set(fates) == {
        *(PROCESSED, DUPLICATE, "invalid_json", "not_an_object", "invalid_field", "missing_field"),
        *("future_time", "ancient_time"),
    }
    assert hostile(SEED, 200) == hostile(SEED, 200) != hostile(SEED + 1, 200)


def test_each_event_is_accounted_for_once_and_as_expected(aftermath: Aftermath) -> None:
    expected = Counter(one.fate for one in aftermath.sent)
    account = aftermath.account
    assert account.balanced
    assert account.events == NUMBER
    assert account.processed == expected[PROCESSED]
    assert account.duplicates == expected[DUPLICATE]
    assert account.dead_letters == NUMBER - expected[PROCESSED] - expected[DUPLICATE]


def test_each_dead_letter_holds_the_very_record_and_says_why_and_whence(aftermath: Aftermath) -> None:
    letters = aftermath.of(DEAD_LETTERS.name)
    expected = [
        (offset, aftermath.sent[one.line])
        for offset, one in enumerate(aftermath.fed)
        if one.path and aftermath.sent[one.line].fate not in (PROCESSED, DUPLICATE)
    ]
    assert len(letters) == len(expected)
    for letter, (offset, sent) in zip(letters, expected, strict=True):
        assert (letter.value, letter.key, letter.timestamp) == (sent.value, sent.key, sent.timestamp)
        told = about(letter.headers)
        assert told.pop("detail")
        assert told == {
            "reason": sent.fate,
            "stage": "turns",
            "topic": CONVERSATION_EVENTS.name,
            "partition": "0",
            "offset": str(offset),
        }, sent


def test_no_secret_leaves_the_first_stage_in_any_text(aftermath: Aftermath) -> None:
    said = [one.value or b"" for one in aftermath.outputs if one.topic != DEAD_LETTERS.name]
    assert len(said) > 1_000
    for secret in SECRETS:
        assert not [value for value in said if secret.encode() in value], secret


def test_letters_do_not_repeat_what_strangers_wrote_in_their_headers(aftermath: Aftermath) -> None:
    for letter in aftermath.of(DEAD_LETTERS.name):
        assert not [value for _, value in letter.headers if b"gsw-hostile" in value]


class Page(HTMLParser):
    """What a browser would run or fetch, and what it would only show."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        runs = tag in ("script", "iframe", "object", "embed", "base", "form")
        if runs or any(name.startswith("on") for name in values):
            self.active.append((tag, values))
        for name in ("href", "src", "action"):
            assert not (values.get(name) or "").lower().strip().startswith(("javascript:", "data:text")), (
                values
            )

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def test_hostile_text_is_shown_on_the_board_and_runs_nowhere(aftermath: Aftermath) -> None:
    view = aftermath.board.view()
    html = render(view, aftermath.sent[-1].timestamp)
    page = Page()
    page.feed(html)
    clean = Page()
    clean.feed(render(BoardState().view(), 0))
    own = {(tag, values.get("src")) for tag, values in clean.active}
    assert {(tag, values.get("src")) for tag, values in page.active} <= own, "only the board's own script"
    assert "gsw-hostile" in "".join(page.shown), "nothing hostile reached the board: the test shows nothing"
    assert "<script>alert" not in html


def test_hostile_text_names_intents_as_the_data_that_it_is(aftermath: Aftermath) -> None:
    events = [orjson.loads(one.value or b"") for one in aftermath.of(INTENT_EVENTS.name)]
    assert any("gsw-hostile" in event["example"] for event in events)


def test_strangers_write_no_metric_label_but_the_names_of_intents(aftermath: Aftermath) -> None:
    labels = [
        (family.name, name, value)
        for family in aftermath.metrics.registry.collect()
        for sample in family.samples
        for name, value in sample.labels.items()
        if (family.name, name) != ("groundswell_intent_info", "name")
    ]
    assert len(labels) > 100
    assert not [one for one in labels if "script" in one[2].lower() or "hostile" in one[2]]


def test_the_metrics_count_the_same_dead_letters(aftermath: Aftermath) -> None:
    expected = Counter(one.fate for one in aftermath.sent if one.fate not in (PROCESSED, DUPLICATE))
    for reason, number in expected.items():
        labels = {"stage": "turns", "reason": reason}
        assert aftermath.metrics.registry.get_sample_value("groundswell_dead_letters_total", labels) == number


REAL_SEED = 8


def _worker(settings: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    own = {name: value for name, value in os.environ.items() if not name.startswith("GROUNDSWELL_")}
    own |= {f"GROUNDSWELL_{name.upper()}": value for name, value in settings.items()}
    with log.open("wb") as out:
        return subprocess.Popen([Path(sys.executable).parent / "groundswell", "worker"], stderr=out, env=own)


async def _served(
    kafka: Kafka, prefix: str, folder: Path, sent: list[Fuzzed]
) -> tuple[str, list[Any], int | None]:
    """Give *sent* to a worker on the broker; return its metrics, its dead letters and its exit code."""
    # their times are of last year: a topic that forgets would lose them before they are read
    configs = CONVERSATION_EVENTS.settings() | KEEPS
    kafka.create_topics({prefix + topic.name: 2 for topic in TOPICS}, configs)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"broker": kafka.bootstrap, "store": f"edge:{folder}/store", "topic_prefix": prefix}
    log = folder / "worker.log"
    worker = _worker(settings | {"web_port": str(port), "tick_s": "3600", "otlp_port": "0"}, log)
    try:
        await _produce(kafka.bootstrap, prefix, sent)
        metrics = await _metrics_after(f"http://127.0.0.1:{port}/metrics", len(sent), worker, log)
        letters = await _read(kafka.bootstrap, prefix + DEAD_LETTERS.name)
    finally:
        worker.terminate()
        code = await asyncio.to_thread(_ended, worker)
    return metrics, letters, code


def _ended(worker: "subprocess.Popen[bytes]") -> int:
    """Return the exit code; a worker that does not end is killed, as nobody is left to do it."""
    try:
        return worker.wait(90)
    except subprocess.TimeoutExpired:
        worker.kill()
        return worker.wait()


async def _produce(broker: str, prefix: str, sent: list[Fuzzed]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker, max_request_size=8 * 1024 * 1024)
    async with producer:
        for one in sent:
            headers = [*one.headers, ("nothing", None)]
            topic = prefix + CONVERSATION_EVENTS.name
            key = one.key if one.value else b"tombstone"
            await producer.send(topic, one.value or None, key, None, one.timestamp, headers)


async def _metrics_after(url: str, number: int, worker: "subprocess.Popen[bytes]", log: Path) -> str:
    """Return the metrics once *number* events have met their fate."""
    said = ""
    async with aiohttp.ClientSession() as session:
        for _ in range(1_000):
            assert worker.poll() is None, _why("the worker has stopped", said, log)
            await asyncio.sleep(0.2)
            try:
                async with session.get(url) as answer:
                    said = await answer.text()
            except aiohttp.ClientError:
                continue
            if sum(_fates(said).values()) >= number:
                return said
    raise AssertionError(_why("not all events were accounted for", said, log))


def _why(what: str, metrics: str, log: Path) -> str:
    """Return *what* is wrong with all that the worker says of it."""
    lag = [line for line in metrics.splitlines() if line.startswith("groundswell_consumer_lag{")]
    return "\n".join([f"{what}: {_fates(metrics)}", *lag, log.read_text(encoding="utf-8", errors="replace")])


def _fates(metrics: str) -> dict[str, int]:
    found = re.findall(r'groundswell_stage_events_total\{outcome="(\w+)",stage="turns"\} (\S+)', metrics)
    return {outcome: round(float(number)) for outcome, number in found}


async def _read(broker: str, topic: str) -> list[Any]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest")
    async with consumer:
        ends = await consumer.end_offsets(consumer.assignment())
        records: list[Any] = []
        while len(records) < sum(ends.values()):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records.extend(batch)
    return records


async def test_a_worker_on_a_real_broker_survives_the_same_and_ends_in_order(
    kafka: Kafka, prefix: str, tmp_path: Path
) -> None:
    # a broker refuses times beyond its own clock, so no record has one
    sent = [one for one in hostile(REAL_SEED, NUMBER) if one.timestamp < START_MS + 2 * NUMBER * STEP_MS]
    fates = Counter(one.fate for one in sent)
    metrics, letters, code = await _served(kafka, prefix, tmp_path, sent)
    assert code == 0
    told = _fates(metrics)
    assert told["processed"] == fates[PROCESSED]
    assert told["duplicate"] == fates[DUPLICATE]
    wanted = Counter(
        (one.value or None, one.timestamp, one.fate) for one in sent if one.fate not in (PROCESSED, DUPLICATE)
    )
    found = Counter((letter.value, letter.timestamp, about(letter.headers)["reason"]) for letter in letters)
    assert found == wanted
