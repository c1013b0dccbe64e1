"""The flows that `pipeline.py` times: the product's own, and a Faust agent that does nothing."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import faust

from groundswell.models.board import BoardState
from groundswell.models.record import Vector
from groundswell.sinks.embedder import TextEmbedder
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.mock_broker import MockBroker
from groundswell.streams.app import BUFFER, sender
from groundswell.streams.delivery import Output
from groundswell.streams.embedded import MAX_LAG, MAX_LAG_BYTES, Flow, embedded
from groundswell.streams.replay_order import Imported
from groundswell.streams.settings import Settings
from groundswell.streams.tail import fold
from groundswell.streams.topics import CONVERSATION_EVENTS
from groundswell.streams.transport import broker_urls

#: How often a waiting sender looks whether it may go on, seconds.
_NAP_S = 0.002


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from the first send until all is settled: by the clock, and of CPU."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Stored:
    """An embedder that looks vectors up: what is left of the pipeline when embedding costs nothing."""

    vectors: Mapping[str, Vector]
    name: str = "stored"
    dim: int = 384

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return the stored vector of each text."""
        return [self.vectors[text] for text in texts]


class Remembering:
    """An embedder that keeps what another one gave, by text."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self._embedder = embedder
        self.vectors: dict[str, Vector] = {}
        self.name, self.dim = embedder.name, embedder.dim

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Embed *texts*."""
        vectors = self._embedder.embed(texts)
        self.vectors.update(zip(texts, vectors, strict=True))
        return vectors


class Delays(Metrics):
    """Metrics that keep every delay from an event's record to its count, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.delays: list[float] = []

    def observe_delay(self, seconds: float, trace_id: str = "", conversation: str = "") -> None:
        """Keep the delay that goes into `groundswell_event_delay_seconds`."""
        self.delays.append(seconds)
        super().observe_delay(seconds, trace_id, conversation)


@asynccontextmanager
async def pipeline(
    settings: Settings, embedder: TextEmbedder, metrics: Metrics | None = None
) -> AsyncIterator[Flow]:
    """Run the whole flow with *embedder*, its outputs folded into a board, as `groundswell run` does."""
    board = BoardState()

    def heard(output: Output) -> None:
        fold(board, output.topic, output.value, output.headers)

    with tempfile.TemporaryDirectory(prefix="groundswell-") as folder:
        async with embedded(settings, Path(folder), heard, metrics, embedder=embedder) as flow:
            yield flow


async def time_pipeline(
    events: Sequence[Imported], settings: Settings, embedder: TextEmbedder, *, started: bool = False
) -> Timing:
    """Send *events* as fast as the flow follows; return the time until it has settled.

    *started*: the first event is settled, and so every state claimed, before the clock is.
    """
    async with pipeline(settings, embedder) as flow:
        if started:
            await flow.feed(events[:1])
        wall, cpu = time.perf_counter(), time.process_time()
        await flow.feed(events[1:] if started else events)
        return Timing(time.perf_counter() - wall, time.process_time() - cpu)


async def time_noop(events: Sequence[Imported], settings: Settings) -> Timing:
    """Let a Faust agent take and acknowledge *events*, and nothing else; return the time."""
    broker = MockBroker()
    app = faust.App(
        "noop",
        broker=broker_urls(broker.servers, embedded=True),
        store="memory://",
        topic_allow_declare=False,
        topic_disable_leader=True,
        stream_buffer_maxsize=BUFFER,
        agent_supervisor="mode.CrashingSupervisor",
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        loghandlers=[],
    )
    source = app.topic(CONVERSATION_EVENTS.name, key_type=bytes, value_type=bytes, value_serializer="raw")
    taken = 0

    async def noop(stream: faust.StreamT) -> None:
        nonlocal taken
        async for batch in stream.noack_take(settings.batch, within=settings.linger_s):
            for event in batch:
                await stream.ack(event)
            taken += len(batch)

    app.agent(source, concurrency=1)(noop)
    await app.start()
    try:
        wall, cpu = time.perf_counter(), time.process_time()
        await _feed(app, events, lambda: taken)
        return Timing(time.perf_counter() - wall, time.process_time() - cpu)
    finally:
        with suppress(asyncio.CancelledError):
            await app.stop()


async def _feed(app: faust.App, events: Sequence[Imported], taken: Callable[[], int]) -> None:
    """Send as the flow's own feed does: no further ahead than the embedded broker can hold."""
    send = sender(app, 0, None)
    pending = 0
    for number, event in enumerate(events):
        pending += len(event.value)
        if number - taken() >= MAX_LAG or pending > MAX_LAG_BYTES:
            bound = MAX_LAG // 2 if pending <= MAX_LAG_BYTES else 0
            await _until(partial(_reached, taken, number - bound))
            pending = len(event.value)
        await send(Output(CONVERSATION_EVENTS.name, event.key, event.value, event.timestamp))
    await _until(partial(_reached, taken, len(events)))


def _reached(what: Callable[[], float], goal: float) -> bool:
    return what() >= goal


async def _until(done: Callable[[], bool]) -> None:
    while True:
        if done():
            return
        await asyncio.sleep(_NAP_S)


async def measure_delays(
    events: Sequence[Imported], settings: Settings, embedder: TextEmbedder, rate: float
) -> list[float]:
    """Send *rate* events per second, each stamped with the wall clock; return the delays until counted."""
    metrics = Delays()
    async with pipeline(settings, embedder, metrics) as flow:
        send = sender(flow.app, 0, flow.sent.count)
        start = time.perf_counter()
        for number, event in enumerate(events):
            await _until(partial(_reached, time.perf_counter, start + number / rate))
            now = int(time.time() * 1000)
            await send(Output(CONVERSATION_EVENTS.name, event.key, event.value, now))
        await flow.settle()
    return metrics.delays
