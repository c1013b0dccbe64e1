"""`groundswell forget`: a person's or a conversation's erasure, asked for through the log.

The command writes one `forget` event to every partition of conversation-events; the workers carry it out
at that place of the log. Neither the user id nor the conversation id is written, only their hashes.
"""

import asyncio
import dataclasses
import json
import time
from dataclasses import dataclass, field

import orjson
import typer
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from rich.console import Console

from groundswell.models.event import ConversationEvent
from groundswell.models.event_parts import Forget
from groundswell.sinks.store import (
    Point,
    Store,
    StoreError,
    StoreUnavailable,
    Where,
)
from groundswell.streams.access import client_options, unreachable
from groundswell.streams.collections import TURNS, TURNS_STATE
from groundswell.streams.exit_codes import FAILED, UNREACHABLE
from groundswell.streams.forgetting import ERASED
from groundswell.streams.named_store import open_named_store
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS, TOPICS

err = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose data is to go."""

    tenant: str
    forget: Forget

    @classmethod
    def of(
        cls, settings: Settings, *, user: str | None, conversation: str | None, tenant: str, agent: str | None
    ) -> "Wanted":
        """Return the request for a user id or a conversation id. Raises ValueError for neither or both."""
        if (user is None) == (conversation is None):
            raise ValueError("give either --user or --conversation")
        if user is not None:
            return cls(tenant, Forget(user=settings.hash_user(user), agent=agent))
        owner = {"tenant": tenant, "agent": agent or "default"}
        event = ConversationEvent.model_validate(
            {**owner, "conversation_id": conversation, "role": "user", "text": ""}
        )
        return cls(tenant, Forget(conversation=event.conversation, agent=agent or "default"))

    def value(self) -> bytes:
        """Return the event."""
        forget = self.forget.model_dump(mode="json", exclude_none=True)
        return orjson.dumps({"type": "forget", "tenant": self.tenant, "forget": forget})


@dataclass(slots=True)
class Report:
    """What was there, what is left, and what the command cannot reach.

    `unseen` says why the store could not be looked at: an embedded one belongs to the worker that runs.
    """

    conversations: int = 0
    events: int = 0
    sent: dict[int, int] = field(default_factory=dict)
    done: bool = False
    left: int = 0
    unseen: str = ""
    remains: dict[str, str] = field(default_factory=dict)


def remains(settings: Settings) -> dict[str, str]:
    """Return what each topic may still hold, and for how long."""
    about = {
        "otlp_spans": "what was said, as a collector sent it",
        "otlp_logs": "what was said, as a collector sent it",
        "conversation-events": "what was said, as it was sent",
        "turns": "what was said, redacted; the keyed hash of the user",
        "intent-events": "a turn that served as example or name of an intent, redacted",
        "intent-minutes": "keyed hashes of users; names of intents",
        "spikes": "names of intents",
        "change-proposals": "excerpts quoted as evidence, redacted; ids of conversations",
        "dead-letters": "records that could not be read, as they were sent",
    }
    return {
        settings.topic_prefix + topic.name: f"{about[topic.name]}; {topic.retention_days} days"
        for topic in TOPICS
        if topic.name in about
    }


def forget(settings: Settings, wanted: Wanted, *, dry_run: bool, wait_s: float, as_json: bool) -> int:
    """Carry the request out, print the report, return the exit code."""
    try:
        report = asyncio.run(carry_out(settings, wanted, dry_run=dry_run, wait_s=wait_s))
    except (StoreError, StoreUnavailable) as error:
        err.print(f"the store cannot be read: {error}; set GROUNDSWELL_STORE", markup=False)
        return UNREACHABLE
    except KafkaError as error:
        err.print(unreachable(settings, error), markup=False)
        return UNREACHABLE
    typer.echo(json.dumps(dataclasses.asdict(report)) if as_json else told(report, dry_run=dry_run))
    return 0 if dry_run or report.done else FAILED


async def carry_out(settings: Settings, wanted: Wanted, *, dry_run: bool, wait_s: float) -> Report:
    """Look, send the event to every partition, and wait until the workers have passed it."""
    report = Report(remains=remains(settings))
    try:
        store = await _opened(settings)
    except StoreError as error:
        if dry_run or not settings.store.startswith("edge:"):
            raise
        report.unseen = str(error)
        await _ask(settings, wanted, report, wait_s)
        return report
    try:
        points = await archived(store, wanted)
        report.conversations, report.events = len({p.payload["conversation"] for p in points}), len(points)
        if not dry_run:
            await _ask(settings, wanted, report, wait_s)
            report.left = len(await archived(store, wanted))
        return report
    finally:
        await store.close()


async def _ask(settings: Settings, wanted: Wanted, report: Report, wait_s: float) -> None:
    report.sent = await send(settings, wanted)
    report.done = await passed(settings, report.sent, wait_s)


async def _opened(settings: Settings) -> Store:
    """Return the store, ready to be read. Raises StoreError, also if it is another process's."""
    store = open_named_store(settings)
    await store.ensure(TURNS)
    await store.ensure(TURNS_STATE)
    return store


async def archived(store: Store, wanted: Wanted) -> list[Point]:
    """Return what the archive holds of it."""
    forget = wanted.forget
    if forget.user is None:
        where = Where.equal(conversation=forget.conversation or "")
    else:
        found = await store.read_all(TURNS, Where.equal(user=forget.user), vectors=False)
        where = Where.any_of("conversation", sorted({point.payload["conversation"] for point in found}))
    points = await store.read_all(TURNS, where, vectors=False)
    scope = f"{wanted.tenant}/{forget.agent or ''}"
    return [
        point
        for point in points
        if point.payload["type"] != ERASED
        and (point.payload["owner"] == scope if forget.agent else point.payload["owner"].startswith(scope))
    ]


async def send(settings: Settings, wanted: Wanted) -> dict[int, int]:
    """Send the event to every partition; return the offset that it got in each."""
    topic = settings.topic_prefix + CONVERSATION_EVENTS.name
    producer = AIOKafkaProducer(**client_options(settings), acks="all", enable_idempotence=True)
    try:
        await producer.start()
        partitions = sorted(await producer.partitions_for(topic))
        sent = [
            await producer.send_and_wait(topic, wanted.value(), partition=partition)
            for partition in partitions
        ]
        return {record.partition: record.offset for record in sent}
    finally:
        await producer.stop()


async def passed(settings: Settings, sent: dict[int, int], wait_s: float) -> bool:
    """Return whether the workers have committed the event of every partition before the time is out.

    They commit a record once all that it changed is in the store.
    """
    topic, group = settings.topic_prefix + CONVERSATION_EVENTS.name, settings.topic_prefix + settings.group
    wanted = {TopicPartition(topic, partition): offset for partition, offset in sent.items()}
    admin = AIOKafkaAdminClient(**client_options(settings))
    until = time.monotonic() + wait_s
    await admin.start()
    try:
        while True:
            taken = await admin.list_consumer_group_offsets(group, partitions=list(wanted))
            if all(part in taken and taken[part].offset > offset for part, offset in wanted.items()):
                return True
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.2)
    finally:
        await admin.close()


def told(report: Report, *, dry_run: bool) -> str:
    """Return the report for people."""
    numbers = {"conversation": report.conversations, "event": report.events}
    counted = " with ".join(f"{number} {what}{'s' * (number != 1)}" for what, number in numbers.items())
    what = f"{counted} in the store"
    if report.unseen:
        what = "what there was; how much, only the worker knows, whose embedded store it is"
    if dry_run:
        first = f"would erase {what}"
    elif report.done:
        first = f"erased {what}" + ("" if report.unseen else f"; {report.left} events are left")
    else:
        first = (
            f"asked to erase {what}; the workers have not come to it yet. It is in the log and will be done: "
            "the same command again asks once more and waits"
        )
    kept = "\n".join(f"  {topic}: {what}" for topic, what in report.remains.items())
    return (
        f"{first}\nout of reach until the broker's retention ends (docs/privacy.md says what else stays):\n"
        f"{kept}"
    )
