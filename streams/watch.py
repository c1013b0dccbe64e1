"""How a worker is: its lag, whether it is ready and alive, and what it waits for or has lost, in its log."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from faust.exceptions import ConsumerNotStarted
from faust.types import TP

from groundswell.streams.app import OPTIONAL, GroundswellApp, topics_read
from groundswell.streams.kafka_logs import KafkaLogs
from groundswell.streams.topics import CONVERSATION_EVENTS, OUTPUT_TOPICS

log = structlog.get_logger("groundswell.watch")
#: Without progress for this long while records wait, the worker says that it should be restarted.
STALLED_S = 120.0


class Watch:
    """Lag, and whether the worker is ready and alive."""

    def __init__(self, app: GroundswellApp, logs: KafkaLogs) -> None:
        self._app = app
        self._logs = logs
        self._done = 0
        self._progress = time.monotonic()
        self._waiting = 0
        self._missing: list[str] = []
        self._lost: dict[TP, int] = {}
        self._shown: set[TP] = set()

    async def look(self) -> None:
        """Publish the lag of each partition, note progress, and tell what is missing or lost."""
        if self._missing or not assigned(self._app):
            await self._look_for_topics()
        lags = lags_of(self._app.consumer, assigned(self._app))
        behind = [tp for tp, (done, end) in lags.items() if done < end]
        starts = await self._logs.start_offsets(behind) if behind else {}
        for tp, first in starts.items():
            done, end = lags[tp]
            if first > done:
                self._tell_lost(tp, done, first)
                lags[tp] = first, end
        self._note(lags)

    def ready(self) -> tuple[bool, str]:
        """Return whether partitions are assigned."""
        if not self._app.started:
            return False, "starting"
        if self._missing:
            return False, f"waiting for topics that do not exist: {', '.join(self._missing)}"
        return (True, "ready") if assigned(self._app) else (False, "no partition assigned yet")

    def alive(self) -> tuple[bool, str]:
        """Return whether there was progress of late, or nothing to do."""
        stalled = time.monotonic() - self._progress
        if self._waiting and stalled > STALLED_S:
            return False, f"{self._waiting} records wait and none was processed for {stalled:.0f} s"
        return True, "alive"

    async def _look_for_topics(self) -> None:
        existing = await self._logs.topics()
        if existing is None:
            return  # a broker that is away is told of by whoever needs it
        missing = sorted(topics_of(self._app) - existing)
        if missing and missing != self._missing:
            log.warning(
                "waiting for topics that do not exist; `groundswell topics` creates them", topics=missing
            )
        elif self._missing and not missing:
            log.info("all topics exist")
        self._missing = missing

    def _tell_lost(self, tp: TP, done: int, first: int) -> None:
        """Say once that the broker no longer has what comes next: no worker can process it any more."""
        if self._lost.get(tp) != first:
            self._lost[tp] = first
            log.warning(
                "records were deleted by the broker before they were processed; the retention of a topic "
                "goes by the timestamps of its records",
                topic=tp.topic,
                partition=tp.partition,
                records=first - done,
                first_left=first,
            )

    def _note(self, lags: Mapping[TP, tuple[int, int]]) -> None:
        metrics = self._app.services.metrics
        for gone in self._shown - lags.keys():  # another worker reads it now, and tells its lag
            metrics.drop_lag(gone.topic, gone.partition)
        self._shown = set(lags)
        prefix = self._app.services.settings.topic_prefix
        optional = {prefix + topic.name for topic in OPTIONAL.values()}
        self._waiting = 0
        for tp, (done, end) in lags.items():
            lag = max(0, end - done)
            if tp.topic not in optional:  # an endpoint that is away is not mended by a restart
                self._waiting += lag
            metrics.set_lag(tp.topic, tp.partition, lag)
        done = sum(delivery.records for delivery in self._app.deliveries.values())
        if done != self._done or not self._waiting:
            self._done, self._progress = done, time.monotonic()


def assigned(app: GroundswellApp) -> list[TP]:
    """Return the partitions that this worker reads, in order; none while the consumer starts."""
    try:
        return sorted(app.consumer.assignment())
    except ConsumerNotStarted:
        return []


def lags_of(consumer: Any, parts: Sequence[TP]) -> dict[TP, tuple[int, int]]:
    """Return how far each partition is processed and where it ends, for those whose end is known."""
    ends = {tp: consumer.highwater(tp) for tp in parts}
    return {tp: (consumer._committed_offset.get(tp) or 0, end) for tp, end in ends.items() if end is not None}


def topics_of(app: GroundswellApp) -> set[str]:
    """Return the topics that the worker's stages read, and those that stages write."""
    read = [topic for name in app.deliveries for topic in topics_read(name)]
    prefix = app.services.settings.topic_prefix
    return {prefix + topic.name for topic in (*read, CONVERSATION_EVENTS, *OUTPUT_TOPICS)}
