"""`groundswell intents` as a person uses it, beside a worker on a real broker, and the board's own form."""

import asyncio
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from kafka_broker import Kafka
from test_worker import COMMAND, PARTITIONS, Worker, create_topics
from typer.testing import CliRunner

from groundswell.models.event import ConversationEvent
from groundswell.models.intent_command import IntentCommand, IntentCommandAnswer
from groundswell.streams.cli import app
from groundswell.streams.settings import Settings
from groundswell.streams.teaching import command_of, give

NEEDS = (
    "I want to return the {thing} and get my money back",
    "Where is the parcel with my {thing} now?",
    "Can I change the size of the {thing} that I ordered?",
    "The {thing} arrived broken, please send a new one",
)
THINGS = [f"{colour} {what}" for colour, what in product(("red", "blue", "grey", "old", "new", "big"),
          ("shirt", "lamp", "chair", "coat", "kettle"))]  # fmt: skip
#: The first intents are there after the hundredth turn that says what a user wants.
EVENTS = [(need, thing) for thing in THINGS for need in NEEDS]


@pytest.fixture
def worker(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Worker]:
    create_topics(kafka.bootstrap, prefix)
    one = Worker(kafka.bootstrap, prefix, tmp_path)
    one.start()
    yield one
    if one.process is not None and one.process.poll() is None:
        one.process.kill()
        one.process.wait()


def intents(worker: Worker, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    patience = [] if arguments[0] == "list" or "--wait" in arguments else ["--wait", "100"]
    command = [*COMMAND[:-1], "intents", *arguments, *patience]
    return subprocess.run(command, capture_output=True, check=False, env=worker.environment, timeout=150)


async def say(worker: Worker, prefix: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=worker.environment["GROUNDSWELL_BROKER"])
    await producer.start()
    try:
        for number, (need, thing) in enumerate(EVENTS):
            event = {"conversation_id": f"c{number}", "role": "user", "text": need.format(thing=thing)}
            key = ConversationEvent.model_validate(event).key.encode()
            await producer.send(f"{prefix}conversation-events", orjson.dumps(event), key)
        await producer.flush()
    finally:
        await producer.stop()


async def told(worker: Worker, prefix: str) -> list[dict[str, Any]]:
    """Everything on intent-events so far."""
    consumer = AIOKafkaConsumer(
        f"{prefix}intent-events",
        bootstrap_servers=worker.environment["GROUNDSWELL_BROKER"],
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        found: list[dict[str, Any]] = []
        while batches := await consumer.getmany(timeout_ms=2_000):
            found += [orjson.loads(one.value) for records in batches.values() for one in records]
        return found
    finally:
        await consumer.stop()


def post(worker: Worker, **form: str) -> str:
    base = f"http://127.0.0.1:{worker.port}"
    body = urllib.parse.urlencode({"tenant": "default", "agent": "default", **form}).encode()
    request = urllib.request.Request(f"{base}/teach", body, {"Origin": base})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.url)
    except urllib.error.HTTPError as error:  # it leads to an intent that no closed minute has yet
        with error:
            return str(error.url)


async def test_a_person_teaches_a_running_worker_and_undoes_it(
    worker: Worker, prefix: str, tmp_path: Path
) -> None:
    await say(worker, prefix)
    done = lambda: worker.counted("intents", "processed") >= len(EVENTS)  # noqa: E731
    await asyncio.to_thread(worker.wait_until, done)
    created = [one for one in await told(worker, prefix) if one["type"] == "intent.created.v1"]
    assert len(created) >= 2, "too few intents emerged: the test shows nothing"
    one, other = (event["intent_id"] for event in created[:2])

    named = await asyncio.to_thread(intents, worker, "rename", one, "Sizes", "--actor", "pm", "--json")
    assert named.returncode == 0, named.stderr.decode()
    answer = orjson.loads(named.stdout)
    assert (answer["status"], answer["intents"]) == ("applied", [one])
    merged = await asyncio.to_thread(intents, worker, "merge", other, "--into", one)
    assert merged.returncode == 0, merged.stderr.decode()
    assert merged.stdout.startswith(b"applied merge as ")
    again = await asyncio.to_thread(intents, worker, "pin", other)
    assert (again.returncode, b"merged_intent" in again.stderr) == (1, True)
    back = await asyncio.to_thread(intents, worker, "undo", merged.stdout.decode().split()[3].rstrip(":"))
    assert back.returncode == 0, back.stderr.decode()

    url = await asyncio.to_thread(lambda: post(worker, command="dismiss", intent=other))
    sent = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["sent"]
    deadline = asyncio.get_running_loop().time() + 60
    events = await told(worker, prefix)
    while not any(event.get("command_id") in sent for event in events):
        events = await told(worker, prefix)
        assert asyncio.get_running_loop().time() < deadline
    by = {event["by"] for event in events if event.get("actor") == "human" and "by" in event}
    assert by >= {"pm", "board"}
    assert {"intent.renamed.v1", "intent.merged.v1", "intent.split.v1"} <= {event["type"] for event in events}

    busy = await asyncio.to_thread(intents, worker, "list")
    assert (busy.returncode, b"in use" in busy.stderr) == (4, True)
    worker.stop()
    late = await asyncio.to_thread(intents, worker, "pin", one, "--wait", "1")
    assert (late.returncode, b"will be carried out" in late.stdout) == (4, True)
    listed = await asyncio.to_thread(intents, worker, "list", "--json")
    found = {intent["id"]: intent for intent in orjson.loads(listed.stdout)["intents"]}
    assert (found[one]["name"], found[one]["source"]) == ("Sizes", "human")
    assert [deed["command"] for deed in found[one]["history"]] == ["rename", "merge", "undo"]
    assert found[other]["state"] == ["dismissed"]


@pytest.mark.parametrize("partition", range(PARTITIONS))
async def test_an_answer_is_heard_on_whichever_partition_it_comes(
    kafka: Kafka, prefix: str, partition: int
) -> None:
    create_topics(kafka.bootstrap, prefix)
    settings = Settings(broker=kafka.bootstrap, topic_prefix=prefix)
    command = command_of("default", "default", "pm", "pin", intent="0" * 26)
    giving = asyncio.create_task(give(settings, command, 60))
    asked = AIOKafkaConsumer(
        f"{prefix}intent-commands", bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await asked.start()
    await producer.start()
    try:
        given = IntentCommand.model_validate_json((await asked.getone()).value)
        answer = IntentCommandAnswer(
            id="a1",
            source="/tenants/default/agents/default",
            type="intent.command.applied.v1",
            subject=str(given.intent),
            time=given.time,
            dataschema="applied",
            tenant="default",
            agent="default",
            command_id=given.id,
            command="pin",
            actor="pm",
            status="applied",
        )
        await producer.send_and_wait(f"{prefix}intent-events", answer.encode(), partition=partition)
        assert await giving == answer
    finally:
        giving.cancel()
        await producer.stop()
        await asked.stop()


@pytest.mark.parametrize(
    "arguments",
    [
        ["pin", "no-id"],
        ["rename", "0" * 26, "x" * 61],
        ["cannot-link", "00000000-0000-4000-8000-000000000000"],
        ["merge", "0" * 26],
        ["move-examples", "no-uuid", "--into", "0" * 26],
    ],
)
def test_what_is_no_command_ends_with_status_2_before_anything_is_sent(arguments: list[str]) -> None:
    done = CliRunner().invoke(app, ["intents", *arguments])
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "told_"),
    [
        (["rename", "NOPE", "x"], "intent: 'NOPE' is not an id of an intent; `groundswell intents list`"),
        (["merge", "0" * 26, "--into", "b"], "into: 'b' is not an id of an intent"),
        (
            ["must-link", "a", "b"],
            "examples.1: 'b' is not an id of a turn; each entry of `groundswell conversation",
        ),
        (["rename", "0" * 26, ""], "rename: Value error, missing: rename needs name"),
    ],
)
def test_what_is_no_id_is_told_with_where_ids_are(arguments: list[str], told_: str) -> None:
    done = CliRunner().invoke(app, ["intents", *arguments])
    assert (done.exit_code, told_ in done.output) == (2, True), done.output


def test_a_broker_that_is_away_ends_with_status_4() -> None:
    with_nobody = {"GROUNDSWELL_BROKER": "127.0.0.1:1"}
    done = CliRunner().invoke(app, ["intents", "pin", "0" * 26, "--wait", "0"], env=with_nobody)
    assert done.exit_code == 4


def test_every_command_teaches_what_it_does() -> None:
    listed = CliRunner().invoke(app, ["intents", "--help"], env={"COLUMNS": "200"}).output
    for name in ("list", "rename", "describe", "merge", "split", "pin", "unpin", "retire", "dismiss", "undo"):
        assert name in listed
        told_ = CliRunner().invoke(app, ["intents", name, "--help"], env={"COLUMNS": "200"})
        assert told_.exit_code == 0
        assert "--agent" in told_.output
