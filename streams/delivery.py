"""Delivery: the one way in which every stage consumes. At least once in, exactly once in effect.

For each batch: (a) load what the decision needs and decide, purely, from state and batch;
(b) send the outputs and await the broker's acknowledgement of each; (c) write the changed
state together with its position in one commit; (d) ack the events in order. A crash
anywhere repeats the batch from the last commit; outputs carry their source position, so
whoever reads them drops the repeats.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from groundswell.sinks.metrics import Metrics
from groundswell.sinks.openai_endpoint import ChatUnavailable
from groundswell.sinks.store import Collection, Point, Store, StoreUnavailable
from groundswell.streams.ownership import Commit

log = structlog.get_logger("groundswell.delivery")
Headers = Sequence[tuple[str, bytes]]
Ack = Callable[[], Awaitable[None]]
#: How long a worker that was told to stop waits for the store. Supervisors kill after 30 s or later.
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic, as the broker holds it. `timestamp` is in milliseconds."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Output:
    """One record to send; `timestamp` (milliseconds) is event time, so that replays are equal."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Headers = ()


@dataclass(slots=True)
class Decision:
    """What a stage made of a batch."""

    outputs: list[Output] = field(default_factory=list)
    writes: list[tuple[Collection, list[Point]]] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    effects: list[Callable[[], None]] = field(default_factory=list)
    processed: int = 0
    duplicates: int = 0
    dead: int = 0


class Stage(Protocol):
    """A function of its input topic: same records, same outputs and state."""

    name: str

    async def prepare(self, records: Sequence[Record]) -> Any:
        """Do what depends on the records alone (decode, embed); the batch before may not be durable yet."""
        ...

    async def load(self, records: Sequence[Record], prepared: Any) -> Any:
        """Fetch what the decision needs besides. May fail and be called again; changes no result."""
        ...

    def decide(self, records: Sequence[Record], loaded: Any) -> Decision:
        """Change the state in memory and say what to send and to write. No IO, no clock."""
        ...

    def forget(self) -> None:
        """Drop the state in memory: partitions were taken away or given."""
        ...


class Sender(Protocol):
    """Sends one record; the result is awaited for the broker's acknowledgement."""

    async def __call__(self, output: Output) -> Awaitable[Any]:
        """Schedule the record and return the future of its acknowledgement."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that were taken together, and what acknowledges them."""

    records: Sequence[Record]
    ack: Ack


class Delivery:
    """Runs a stage's batches through the five steps."""

    def __init__(
        self,
        stage: Stage,
        store: Store,
        send: Sender,
        metrics: Metrics,
        on_failure: Callable[[BaseException], None] = lambda _: None,
    ) -> None:
        self.stage = stage
        self._on_failure = on_failure
        self._finishing: asyncio.Task[None] | None = None
        self._store = store
        self._send = send
        self._metrics = metrics
        self._rebalanced = False
        self.totals = Decision()
        self.records = 0
        self.bytes = 0

    def rebalanced(self) -> None:
        """Partitions were taken or given: before the next batch the state is claimed anew."""
        self._rebalanced = True

    async def handle(self, records: Sequence[Record]) -> None:
        """Carry one batch from decision to commit; returns when its effect is durable."""
        await self.take(Batch(records, _nothing), await self.stage.prepare(records))
        await self.flush()

    async def take(self, batch: Batch, prepared: Any) -> None:
        """Decide a prepared batch and let it become durable in the background; then it is acknowledged.

        The next batch is decided only when this one is durable.
        """
        started = time.perf_counter()
        await self.flush()
        if self._rebalanced:
            self._rebalanced = False
            self.stage.forget()
        loaded = await self._patiently(lambda: self.stage.load(batch.records, prepared))
        decision = self.stage.decide(batch.records, loaded)
        self._finishing = asyncio.create_task(self._finish(decision, batch, started))
        self._finishing.add_done_callback(self._notice)

    async def flush(self) -> None:
        """Return when the batch that was taken last is durable; raises what kept it from that."""
        finishing, self._finishing = self._finishing, None
        if finishing is not None:
            await finishing

    async def close(self, patience_s: float = PATIENCE_S) -> None:
        """Let the batch that was taken last become durable, if the store lets it; else it comes again."""
        if self._finishing is not None:
            _, waiting = await asyncio.wait({self._finishing}, timeout=patience_s)
            for late in waiting:
                log.warning("stopping without the last batch: it is repeated", stage=self.stage.name)
                late.cancel()
                self._finishing = None
        await self.flush()

    def _notice(self, finished: "asyncio.Task[None]") -> None:
        """Report a failure at once: the next batch, which would meet it, may be long in coming."""
        if not finished.cancelled() and (error := finished.exception()) is not None:
            self._on_failure(error)

    async def _finish(self, decision: Decision, batch: Batch, started: float) -> None:
        await self._deliver(decision.outputs)
        await self._patiently(lambda: self._write(decision))
        for effect in decision.effects:
            effect()
        self._count(decision, batch.records, time.perf_counter() - started)
        await batch.ack()

    async def _deliver(self, outputs: Sequence[Output]) -> None:
        """Send in order and await every acknowledgement; a failure crashes the stage, which resends."""
        futures = [await self._send(output) for output in outputs]
        await asyncio.gather(*futures)

    async def _write(self, decision: Decision) -> None:
        for collection, points in decision.writes:
            await self._store.upsert(collection, points)
        for commit in decision.commits:
            await commit.write(self._store)

    async def _patiently(self, attempt: Callable[[], Awaitable[Any]]) -> Any:
        """Retry while the store, or a language model, is away: lag grows, nothing is dropped."""
        async for trial in AsyncRetrying(
            retry=retry_if_exception_type((StoreUnavailable, ChatUnavailable)),
            wait=wait_exponential(multiplier=0.2, max=10),
            before_sleep=self._tell_wait,
        ):
            with trial:
                return await attempt()
        raise AssertionError("unreachable: retries never end without a result")

    def _tell_wait(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        away = "language model" if isinstance(error, ChatUnavailable) else "store"
        log.warning(
            f"{away} unavailable, retrying",
            stage=self.stage.name,
            attempt=state.attempt_number,
            error=str(error),
        )

    def _count(self, decision: Decision, records: Sequence[Record], seconds: float) -> None:
        self.totals.processed += decision.processed
        self.totals.duplicates += decision.duplicates
        self.totals.dead += decision.dead
        self.records += len(records)
        self.bytes += sum(len(record.value or b"") for record in records)
        self._metrics.observe_batch(
            self.stage.name,
            seconds=seconds,
            processed=decision.processed,
            duplicates=decision.duplicates,
            dead=decision.dead,
        )


async def _nothing() -> None:
    """Nobody waits for an acknowledgement."""
