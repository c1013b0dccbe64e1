"""The whole flow in one process: a broker, a store and an embedder that need no server and no network.

The broker is librdkafka's mock cluster: it speaks the Kafka protocol on loopback, keeps some
5 MB per partition and forgets them on exit, so whoever feeds it waits for the stages to follow.
Each topic uses one partition, which makes a whole run reproducible.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from groundswell.models.event import EARLIEST_MS
from groundswell.sinks.embedder import TextEmbedder
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.mock_broker import MockBroker
from groundswell.streams.app import STAGES, GroundswellApp, build_app, sender
from groundswell.streams.delivery import Decision, Output
from groundswell.streams.replay_order import Imported
from groundswell.streams.services import Services
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS

#: Records, and bytes of conversation events, that a stage may lag behind the one before it.
MAX_LAG = 192
MAX_LAG_BYTES = 1_500_000
#: The largest event that the embedded broker can hold: a partition keeps 5 MiB.
MAX_EVENT_BYTES = 5 * 1024 * 1024 - 16 * 1024
#: Two neighbours of this size are more than a partition keeps (see `spaced`).
_LARGE = 2 * 1024 * 1024
_PARTITION = 0


def spaced(events: Iterable[Imported]) -> Iterator[Imported]:
    """Give *events*, with a tick that changes no clock before each large one.

    A full partition of the mock cluster drops its oldest record. If that is also the latest one, it
    takes the new record for dropped too (librdkafka, `rd_kafka_mock_msgset_destroy`) and it is lost.
    """
    filler = orjson.dumps({"type": "tick", "time": EARLIEST_MS})
    for event in events:
        if len(event.value) > _LARGE:
            yield Imported(filler, None, EARLIEST_MS, 0, "")
        yield event


class OneLog:
    """The logs of an embedded run: one partition per topic, named alike in every run."""

    async def name(self) -> str:
        """Return a name that never changes, so that runs are equal byte for byte."""
        return "embedded"

    async def partitions(self, topic: str) -> int:
        """Return one: whatever the broker made, only the first is used."""
        return 1

    async def end_offset(self, topic: str, partition: int) -> int:
        """Return a bound that no position reaches: an embedded log starts with its store."""
        return 2**62


@dataclass(slots=True)
class Flow:
    """A running embedded flow."""

    app: GroundswellApp
    services: Services
    sent: Counter[str] = field(default_factory=Counter)
    _send: Callable[..., object] | None = None

    async def feed(self, events: Iterable[Imported], on_progress: Callable[[int], None] | None = None) -> int:
        """Send *events* as fast as the stages follow, wait until all is done, return how many."""
        topic = CONVERSATION_EVENTS.name
        send = sender(self.app, _PARTITION, None)
        number, pending = 0, 0
        for event in events:
            pending += len(event.value)
            if self._behind("turns") >= MAX_LAG:
                await self._until(lambda: self._behind("turns") < MAX_LAG // 2 and not self._late())
            if pending > MAX_LAG_BYTES:
                await self._until(lambda: self._behind("turns") == 0 and not self._late())
                pending = len(event.value)
            await send(Output(topic, event.key, event.value, event.timestamp))
            self.sent[topic] += 1
            number += 1
            if on_progress is not None and number % 64 == 0:
                on_progress(number)
        await self.settle()
        if on_progress is not None:
            on_progress(number)
        return number

    async def settle(self) -> None:
        """Return when every stage has done all that the one before it sent."""
        await self._until(lambda: all(self._behind(stage) == 0 for stage in STAGES))

    def totals(self, stage: str) -> Decision:
        """Return what a stage has counted."""
        return self.app.deliveries[stage].totals

    def _behind(self, stage: str) -> int:
        return self.sent[STAGES[stage].name] - self.app.deliveries[stage].records

    def _late(self) -> bool:
        return any(self._behind(stage) > MAX_LAG for stage in STAGES)

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            if self.app.crashed or self.app.should_stop:
                raise RuntimeError("a stage stopped; its error is above") from self.app.crash_reason
            await asyncio.sleep(0.002)


@asynccontextmanager
async def embedded(
    settings: Settings,
    folder: Path,
    on_output: Callable[[Output], None] | None = None,
    metrics: Metrics | None = None,
    embedder: TextEmbedder | None = None,
) -> AsyncIterator[Flow]:
    """Start the whole flow over a store in *folder*, and stop it in order.

    Args:
        settings: broker and store in them are replaced.
        folder: an empty folder for the store.
        on_output: hears of every output of every stage, in the order of each topic.
        metrics: where the stages count; a registry of their own unless given.
        embedder: used instead of the one that the settings name.
    """
    broker = MockBroker()
    settings = settings.model_copy(
        update={"broker": broker.servers, "store": f"edge:{folder}", "topic_prefix": ""}
    )
    services = Services.open(settings, OneLog())
    services.metrics = metrics or services.metrics
    services.embedder = embedder or services.embedder
    sent: Counter[str] = Counter()

    def tap(output: Output) -> None:
        sent[output.topic] += 1
        if on_output is not None:
            on_output(output)

    app = build_app(settings, services, partition=_PARTITION, tap=tap)
    flow = Flow(app, services, sent)
    await app.start()
    try:
        yield flow
    finally:
        with suppress(asyncio.CancelledError):
            await app.stop()
