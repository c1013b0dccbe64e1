"""A request to erase a person or a conversation: what it would find, and its way through the log.

It becomes one `forget` event on every partition of conversation-events; the workers carry it out at that
place of the log. Neither the user id nor the conversation id is written, only their hashes.
"""

import asyncio
import time
from dataclasses import dataclass

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from groundswell.models.event import ConversationEvent
from groundswell.models.event_parts import Forget
from groundswell.sinks.store import Point, Store, Where
from groundswell.streams.access import client_options
from groundswell.streams.collections import TURNS
from groundswell.streams.forgetting import ERASED
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS


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
