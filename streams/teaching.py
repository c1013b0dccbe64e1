"""Giving a command about intents: through the log, acknowledged by the broker, and its answer awaited."""

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from groundswell.models.board import BoardState
from groundswell.models.change_envelope import event_time, schema_url
from groundswell.models.contract import owner_of
from groundswell.models.intent_command import IntentCommand, IntentCommandAnswer
from groundswell.models.intents.names import KEPT
from groundswell.sinks.store import StoreError
from groundswell.sinks.teaching_page import TeachingPages
from groundswell.streams.access import client_options
from groundswell.streams.collections import INTENTS_STATE, record_id
from groundswell.streams.delivery import Output, Sender
from groundswell.streams.named_store import open_named_store
from groundswell.streams.settings import Settings
from groundswell.streams.topics import INTENT_COMMANDS, INTENT_EVENTS


def command_of(tenant: str, agent: str, actor: str, kind: str, **fields: Any) -> IntentCommand:
    """Return a command that is given now, with an id of its own unless one is given.

    Raises pydantic's ValidationError where it lacks what it is about.
    """
    given = {name: value for name, value in fields.items() if value not in (None, (), "")}
    return IntentCommand.model_validate(
        {
            "id": str(uuid.uuid4()),
            "time": event_time(datetime.now(UTC)),
            "dataschema": schema_url(IntentCommand.event_type),
            "tenant": tenant,
            "agent": agent,
            "actor": actor,
            "command": kind,
            "subject": given.get("intent") or given.get("into") or "",
            **given,
        }
    )


def output_of(command: IntentCommand, prefix: str) -> Output:
    """Return the record of a command, stamped with its time."""
    key = owner_of(command.tenant, command.agent).encode()
    stamp = int(time.time() * 1000)
    return Output(prefix + INTENT_COMMANDS.name, key, command.encode(), stamp, command.headers())


def teaching_pages(settings: Settings, board: BoardState, send: Sender) -> list[web.RouteDef]:
    """Return the board's pages for teaching; none where the board takes no edits."""
    if not settings.takes_edits:
        return []

    async def give_from_board(tenant: str, agent: str, kind: str, fields: Mapping[str, str]) -> str:
        given: dict[str, Any] = dict(fields)
        if "intents" in given:
            given["intents"] = (given["intents"],)
        command = command_of(tenant, agent, settings.board_actor, kind, **given)
        await (await send(output_of(command, settings.topic_prefix)))
        return command.id

    own = urlsplit(settings.public_url).hostname
    hosts = frozenset({"localhost", "127.0.0.1", "::1", settings.web_bind, *([own] if own else [])})
    return TeachingPages(board, give_from_board, hosts).routes()


async def give(settings: Settings, command: IntentCommand, wait_s: float) -> IntentCommandAnswer | None:
    """Send a command and return the answer to it; None if none came in time (0: do not wait).

    Raises KafkaError where the broker does not take it.
    """
    producer = AIOKafkaProducer(**client_options(settings), acks="all", enable_idempotence=True)
    ears: AIOKafkaConsumer | None = None
    try:
        await producer.start()
        if wait_s:
            topic = settings.topic_prefix + INTENT_EVENTS.name
            parts = [TopicPartition(topic, number) for number in await producer.partitions_for(topic)]
            ears = await _listening(settings, parts)
        await _send(producer, output_of(command, settings.topic_prefix))
        return None if ears is None else await _answer(ears, command.id, wait_s)
    finally:
        await producer.stop()
        if ears is not None:
            await ears.stop()


async def _send(producer: AIOKafkaProducer, output: Output) -> None:
    headers = list(output.headers)
    await producer.send_and_wait(output.topic, output.value, key=output.key, headers=headers)


async def _listening(settings: Settings, partitions: Sequence[TopicPartition]) -> AIOKafkaConsumer:
    """Return a consumer at the end of each of *partitions*."""
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.seek_to_end()
        for part in partitions:
            await consumer.position(part)  # or the answer could come before the end was looked up
    except BaseException:
        await consumer.stop()
        raise
    return consumer


async def _answer(consumer: AIOKafkaConsumer, command: str, wait_s: float) -> IntentCommandAnswer | None:
    until = time.monotonic() + wait_s
    while (left := until - time.monotonic()) > 0:
        for batch in (await consumer.getmany(timeout_ms=min(500, int(left * 1000) + 1))).values():
            for record in batch:
                value = orjson.loads(record.value or b"{}")
                if value.get("command_id") == command and "status" in value:
                    return IntentCommandAnswer.model_validate(value)
        await asyncio.sleep(0)
    return None


@dataclass(frozen=True, slots=True)
class Listed:
    """An announced or retired intent as a list shows it."""

    id: str
    name: str
    version: int
    source: str
    state: tuple[str, ...]
    description: str
    history: tuple[dict[str, str], ...]


async def intents_of(settings: Settings, tenant: str, agent: str) -> list[Listed]:
    """Return the intents of an agent, announced and retired, by name. Raises StoreError, StoreUnavailable."""
    store = open_named_store(settings)
    try:
        if settings.store.startswith("edge:"):
            await store.ensure(INTENTS_STATE)
        owner = owner_of(tenant, agent)
        wanted = {record_id(owner, name): name for name in ("taxonomy", "teaching", KEPT)}
        points = await store.retrieve(INTENTS_STATE, sorted(wanted))
        records = {wanted[point.id]: orjson.loads(point.payload["record"]) or {} for point in points}
    finally:
        await store.close()
    if not records:
        raise StoreError(f"nothing is known of {owner}; give --tenant and --agent")
    told = records.get("teaching", {}).get("told", {})
    names = {intent: (name, version) for intent, (name, version) in records.get("taxonomy", {}).items()}
    kept = records.get(KEPT, {}).get("kept", {})
    by_llm = {intent for intent, name in kept.items() if name.get("by") == "llm"}
    every = names.keys() | {intent for intent, facts in told.items() if facts.get("retired")}
    listed = [
        _listed(intent, *names.get(intent, ("", 0)), told.get(intent, {}), by_llm=intent in by_llm)
        for intent in every
    ]
    return sorted(listed, key=lambda one: (one.name.casefold(), one.id))


def _listed(intent: str, name: str, version: int, told: dict[str, Any], *, by_llm: bool) -> Listed:
    history = told.get("history", [])
    return Listed(
        intent,
        told.get("name") or name,
        version,
        "human" if told.get("name") else "llm" if by_llm else "machine",
        tuple(state for state in ("pinned", "retired", "dismissed") if told.get(state)),
        told.get("description", ""),
        tuple(
            dict(zip(("command_id", "command", "actor", "time", "detail"), deed, strict=True))
            for deed in history
        ),
    )
