"""Receiving: what comes in by HTTP is mapped and on `conversation-events` before its sender is answered."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus

import structlog
from aiokafka.errors import KafkaError
from faust.exceptions import FaustError

from groundswell.models.capture.captured import CapturedEvent
from groundswell.models.capture.mapping import capture
from groundswell.models.capture.native import events_of
from groundswell.models.capture.records import Signal
from groundswell.models.event import InvalidEvent
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.otlp_answers import Receipt
from groundswell.sinks.receiver import EVENTS, Limits, Receiver
from groundswell.sinks.request_body import NotTaken
from groundswell.sinks.web import Server, start
from groundswell.streams.capture import options_of, outputs_of
from groundswell.streams.delivery import Sender
from groundswell.streams.letters import MAX_RECORD_BYTES
from groundswell.streams.settings import Settings

log = structlog.get_logger("groundswell.receiving")
#: Problems with plain events that are told one by one.
_TOLD = 20
#: Seconds after which a sender comes again when the broker refused.
_AWAY_S = 5


class Receiving:
    """Maps what a request holds and sends it on."""

    def __init__(self, settings: Settings, metrics: Metrics, send: Sender) -> None:
        self._prefix = settings.topic_prefix
        self._options = options_of(settings)
        self._metrics = metrics
        self._send = send

    async def take(self, path: str, body: bytes, json: bool) -> Receipt:
        """Return when the broker has acknowledged every event of a request.

        Raises NotTaken: it cannot be read, or the broker refused.
        """
        now_ms = int(time.time() * 1000)
        read: Callable[[], tuple[list[CapturedEvent], Receipt]]
        read = (
            partial(self._plain, body, now_ms)
            if path == EVENTS
            else partial(self._otlp, path, body, json, now_ms)
        )
        try:
            events, receipt = await asyncio.to_thread(read)
        except InvalidEvent as problem:
            raise NotTaken(HTTPStatus.BAD_REQUEST, str(problem)) from problem
        await self._deliver(events, now_ms)
        return receipt

    def _otlp(self, path: str, body: bytes, json: bool, now_ms: int) -> tuple[list[CapturedEvent], Receipt]:
        signal: Signal = "logs" if path == "/v1/logs" else "traces"
        found = capture(body, signal, self._options, now_ms=now_ms, json=json)
        self._metrics.observe_capture(found.counts, found.truncated)
        refused = "neither a conversation id nor a trace id" if found.refused else ""
        return found.events, Receipt(len(found.events), found.refused, refused)

    def _plain(self, body: bytes, now_ms: int) -> tuple[list[CapturedEvent], Receipt]:
        found = events_of(body, now_ms, MAX_RECORD_BYTES)
        counts = {("native", "captured"): len(found.events), ("native", "invalid"): len(found.problems)}
        self._metrics.observe_capture(counts, 0)
        told = "\n".join(found.problems[:_TOLD])
        return found.events, Receipt(len(found.events), len(found.problems), told)

    async def _deliver(self, events: Sequence[CapturedEvent], now_ms: int) -> None:
        try:
            futures = [await self._send(output) for output in outputs_of(events, self._prefix, now_ms)]
            await asyncio.gather(*futures)
        except (KafkaError, FaustError, OSError) as error:
            log.warning("the broker did not take a request", error=repr(error), events=len(events))
            raise NotTaken(
                HTTPStatus.SERVICE_UNAVAILABLE, "the broker does not answer; send again", _AWAY_S
            ) from error


async def open_receiver(settings: Settings, metrics: Metrics, send: Sender) -> Server:
    """Open the port and answer until it is stopped. Raises OSError, naming it, if it is taken."""
    token = settings.otlp_token.get_secret_value() if settings.otlp_token else None
    limits = Limits(settings.otlp_max_bytes, settings.otlp_inflight_bytes, token)
    receiver = Receiver(Receiving(settings, metrics, send).take, limits, metrics)
    server = await start(
        receiver.application(), settings.otlp_bind, settings.otlp_port, auto_decompress=False
    )
    log.info("receiving OTLP and events", bind=settings.otlp_bind, port=server.port)
    return server
