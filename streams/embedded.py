"""The whole flow in one process: a broker, a store and an embedder that need no server and no network.

The broker is librdkafka's mock cluster: it speaks the Kafka protocol on loopback, keeps some
5 MB per partition and forgets them on exit, so whoever feeds it waits for the stages to follow.
Each topic uses one partition, which makes a whole run reproducible.
"""

import asyncio
import time
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
from groundswell.streams.app import GroundswellApp, build_app, sender, stages_of
from groundswell.streams.delivery import Decision, Output, Sender
from groundswell.streams.replay_order import Imported
from groundswell.streams.services import Services
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS, Topic

#: Records of conversation events, and bytes of any topic, that may wait for their stage. What waits
#: becomes at most as many bytes again and 2.5 kB a record of `turns`: together less than 5 MB.
MAX_LAG = 1024
MAX_LAG_BYTES = 1_200_000
#: The largest event that the embedded broker can hold: a partition keeps 5 MiB.
MAX_EVENT_BYTES = 5 * 1024 * 1024 - 16 * 1024
#: Two neighbours of this size are more than a partition keeps (see `spaced`).
_LARGE = 2 * 1024 * 1024
_PARTITION = 0
#: A stage that takes nothing for this long never will: the run ends with an error instead of waiting.
_STALLED_S = 300.0
#: A tick that changes no clock.
_SPACER = Imported(orjson.dumps({"type": "tick", "time": EARLIEST_MS}), None, EARLIEST_MS, 0, "")


def spaced(events: Iterable[Imported]) -> Iterator[Imported]:
    """Give *events*, with a tick that changes no clock before and after each large one.

    A full partition of the mock cluster drops its oldest request. If that is also the latest one, it
    takes the new request for dropped too (librdkafka, `rd_kafka_mock_msgset_destroy`) and it is lost.
    So a large event, and what stands beside it, travel alone (see `Flow.feed`).
    """
    for event in events:
        if len(event.value) > _LARGE:
            yield from (_SPACER, event, _SPACER)
        else:
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
class Sent:
    """What was sent to each topic."""

    records: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)

    def count(self, output: Output) -> None:
        """Note a record that was sent."""
        self.records[output.topic] += 1
        self.bytes[output.topic] += len(output.value or b"")


@dataclass(slots=True)
class Flow:
    """A running embedded flow."""

    app: GroundswellApp
    services: Services
    sent: Sent
    _stages: dict[str, Topic] = field(init=False)

    def __post_init__(self) -> None:
        """Ask once which stages there are: each event that is fed looks at all of them."""
        self._stages = stages_of(self.services.settings)

    @property
    def send(self) -> Sender:
        """What sends one record into the flow; `settle` waits for what comes of it."""
        return sender(self.app, _PARTITION, self.sent.count)

    async def feed(self, events: Iterable[Imported], on_progress: Callable[[int], None] | None = None) -> int:
        """Send *events* as fast as the stages follow, wait until all is done, return how many."""
        send, number = self.send, 0
        for event in events:
            alone = event is _SPACER or len(event.value) > _LARGE
            await (self.settle() if alone else self._room(len(event.value)))
            await send(Output(CONVERSATION_EVENTS.name, event.key, event.value, event.timestamp))
            number += 1
            if alone:
                await self.settle()
            if on_progress is not None and number % 64 == 0:
                on_progress(number)
        await self.settle()
        if on_progress is not None:
            on_progress(number)
        return number

    async def _room(self, size: int) -> None:
        """Return when *size* bytes more can be sent without pushing out what a stage has not read."""
        if self._behind("turns") >= MAX_LAG or any(
            self._unread(stage) + size > MAX_LAG_BYTES for stage in self._stages
        ):
            await self._until(self._half_done)

    def _half_done(self) -> bool:
        return self._behind("turns") <= MAX_LAG // 2 and all(
            self._unread(stage) <= MAX_LAG_BYTES // 2 for stage in self._stages
        )

    async def settle(self) -> None:
        """Return when every stage has done all that the one before it sent."""
        await self._until(lambda: all(self._behind(stage) == 0 for stage in self._stages))

    def totals(self, stage: str) -> Decision:
        """Return what a stage has counted."""
        return self.app.deliveries[stage].totals

    def _behind(self, stage: str) -> int:
        return self.sent.records[self._stages[stage].name] - self.app.deliveries[stage].records

    def _unread(self, stage: str) -> int:
        """Return how many bytes wait for a stage."""
        return self.sent.bytes[self._stages[stage].name] - self.app.deliveries[stage].bytes

    async def _until(self, done: Callable[[], bool]) -> None:
        taken, since = -1, time.monotonic()
        while not done():
            if self.app.crashed or self.app.should_stop:
                raise RuntimeError("a stage stopped; its error is above") from self.app.crash_reason
            if (now := self._taken()) != taken:
                taken, since = now, time.monotonic()
            if time.monotonic() - since > _STALLED_S:
                waiting = {stage: self._behind(stage) for stage in self._stages if self._behind(stage)}
                raise RuntimeError(f"records wait and none was taken for {_STALLED_S:.0f} s: {waiting}")
            await asyncio.sleep(0.002)

    def _taken(self) -> int:
        return sum(delivery.records for delivery in self.app.deliveries.values())


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
    settings = _inside(settings, broker.servers, folder)
    services = Services.open(settings, OneLog())
    services.metrics = metrics or services.metrics
    services.embedder = embedder or services.embedder
    sent = Sent()

    def tap(output: Output) -> None:
        sent.count(output)
        if on_output is not None:
            on_output(output)

    app = build_app(settings, services, partition=_PARTITION, tap=tap)
    await app.start()
    try:
        yield Flow(app, services, sent)
    finally:
        with suppress(asyncio.CancelledError):
            await app.stop()


def _inside(settings: Settings, servers: str, folder: Path) -> Settings:
    """Return *settings* with this process's own broker, which asks for no login, and its store."""
    own = {"broker": servers, "broker_tls": False, "broker_username": None}
    return settings.model_copy(update={**own, "store": f"edge:{folder}", "topic_prefix": ""})
