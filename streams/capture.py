"""Raw OTLP in, conversation events out: what a collector's kafka exporter wrote, mapped.

There is no state: ids follow from the content, so what is exported, delivered or decided twice is
dropped by `turns`. What cannot be read goes to the dead letters, whole.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from groundswell.models.capture.captured import Captured, CapturedEvent
from groundswell.models.capture.identity import Options
from groundswell.models.capture.mapping import capture
from groundswell.models.capture.records import Signal
from groundswell.models.event import InvalidEvent
from groundswell.sinks.metrics import Metrics
from groundswell.streams.delivery import Decision, Output, Record
from groundswell.streams.letters import dead_letter
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS, OTLP_LOGS

#: How far back a record is stamped at most, milliseconds.
_OLDEST_MS = 3600 * 1000


def options_of(settings: Settings) -> Options:
    """Return what the operator decided about the mapping."""
    return Options(slices=settings.otlp_slices, roots=settings.otlp_roots)


def outputs_of(events: Sequence[CapturedEvent], prefix: str, now_ms: int) -> list[Output]:
    """Return the records of *events*, which came in at *now_ms*, stamped with their own time.

    A broker refuses stamps ahead of its clock, and deletes records by their stamps: what happened
    long ago (a replay) is stamped an hour back, or it could be gone before it is read.
    """
    topic, oldest = prefix + CONVERSATION_EVENTS.name, now_ms - _OLDEST_MS
    return [Output(topic, one.key.encode(), one.value, max(oldest, min(one.time, now_ms))) for one in events]


class Capture:
    """The stage. Which signal a record carries, its topic says; which encoding, its first byte."""

    name = "capture"

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._prefix = settings.topic_prefix
        self._options = options_of(settings)
        self._metrics = metrics

    def forget(self) -> None:
        """There is nothing to drop."""

    async def prepare(self, records: Sequence[Record]) -> list[Captured | InvalidEvent]:
        """Decode and map the batch."""
        return [self._read(record) for record in records]

    async def load(self, records: Sequence[Record], prepared: Any) -> Any:
        """Fetch nothing."""
        return prepared

    def decide(self, records: Sequence[Record], loaded: Sequence[Captured | InvalidEvent]) -> Decision:
        """Send on what was captured, and bury what could not be read."""
        decision = Decision()
        for record, found in zip(records, loaded, strict=True):
            if isinstance(found, InvalidEvent):
                self._bury(record, found, decision)
                continue
            decision.outputs += outputs_of(found.events, self._prefix, record.timestamp)
            decision.effects.append(self._counting(found))
            if found.refused:
                problem = f"{found.refused} of its spans have neither a conversation id nor a trace id"
                self._bury(record, InvalidEvent("missing_field", problem), decision)
            else:
                decision.processed += 1
        return decision

    def _read(self, record: Record) -> Captured | InvalidEvent:
        signal: Signal = "logs" if record.topic == self._prefix + OTLP_LOGS.name else "traces"
        if record.value is None:
            return InvalidEvent("invalid_protobuf", "the record has no value")
        try:
            return capture(record.value, signal, self._options, now_ms=record.timestamp)
        except InvalidEvent as problem:
            return problem

    def _counting(self, found: Captured) -> Callable[[], None]:
        return partial(self._metrics.observe_capture, found.counts, found.truncated)

    def _bury(self, record: Record, problem: InvalidEvent, decision: Decision) -> None:
        decision.outputs.append(dead_letter(record, problem, stage=self.name, prefix=self._prefix))
        decision.dead += 1
        decision.effects.append(partial(self._metrics.observe_dead_letter, self.name, problem.reason))
