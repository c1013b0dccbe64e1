"""A worker on a real broker: the stages, the clock's ticks, the web port; stopped in order by SIGTERM."""

import asyncio
import signal
import time
from collections.abc import Sequence
from typing import Any

import faust
import orjson
import structlog

from groundswell.sinks.conversation_page import ConversationPages
from groundswell.sinks.intent_pages import IntentPages
from groundswell.sinks.store import Store
from groundswell.sinks.web import Server, make_app, start
from groundswell.streams.app import INTAKE, GroundswellApp, build_app, sender, stages_of
from groundswell.streams.intent_states import IntentStates
from groundswell.streams.kafka_logs import KafkaLogs
from groundswell.streams.receiving import open_receiver
from groundswell.streams.services import Services
from groundswell.streams.settings import Settings
from groundswell.streams.tail import follow
from groundswell.streams.teaching import teaching_pages
from groundswell.streams.threads import Threads
from groundswell.streams.topics import CONVERSATION_EVENTS
from groundswell.streams.watch import Watch, assigned

log = structlog.get_logger("groundswell.worker")
#: How often lag and liveness are looked at, seconds.
_WATCH_S = 5.0


class Duties(faust.Service):
    """What a worker does beside its stages: the web port, the lag, the clock's ticks, the board."""

    def __init__(self, app: GroundswellApp, logs: KafkaLogs, *, ticks: bool) -> None:
        super().__init__()
        self._app = app
        self._logs = logs
        self._ticks = ticks
        self._watch = Watch(app, logs)
        self._web: Server | None = None
        self._receiver: Server | None = None
        app.on_before_shutdown.connect(self._stop_receiving)

    async def on_start(self) -> None:
        """Open the web port: it answers while the stages start."""
        services, settings = self._app.services, self._app.services.settings
        taught = teaching_pages(settings, services.board, sender(self._app, None, None))
        more = [
            *ConversationPages(Threads(services.store)).routes(),
            *IntentPages(IntentStates(services.store), teaching=bool(taught)).routes(),
            *taught,
        ]
        pages = make_app(services.metrics, services.board, self._watch.ready, self._watch.alive, more)
        self._web = await start(pages, settings.web_bind, settings.web_port)
        self.add_future(self._look())
        self.add_future(follow(services.board, settings))
        if self._ticks:
            self.add_future(self._tell_time())
        if settings.otlp_receiver and "capture" in self._app.deliveries:
            send = sender(self._app, None, None)
            self._receiver = await open_receiver(settings, services.metrics, send)
        log.info("working", stages=list(self._app.deliveries), broker=settings.broker, port=self._web.port)

    async def _stop_receiving(self, *_: Any, **__: Any) -> None:
        """Take in nothing more, while what was taken in can still be sent."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            await receiver.stop()

    async def on_shutdown(self) -> None:
        """Close the ports and the connections."""
        await self._stop_receiving()
        await self._logs.close()
        if self._web is not None:
            await self._web.stop()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_S)
            await self._watch.look()

    async def _tell_time(self) -> None:
        """Put the time on every partition that this worker holds, so that silence can be noticed."""
        settings = self._app.services.settings
        topic = settings.topic_prefix + CONVERSATION_EVENTS.name
        while True:
            await asyncio.sleep(settings.tick_s)
            now = int(time.time() * 1000)
            producer = await self._app.maybe_start_producer()
            value = orjson.dumps({"type": "tick", "time": now})
            for tp in assigned(self._app):
                if tp.topic == topic:
                    await producer.send(topic, None, value, tp.partition, now / 1000, None)


def served_app(settings: Settings, only: Sequence[str] = (), store: Store | None = None) -> GroundswellApp:
    """Return the app of a worker on a real broker, its duties included.

    *store* takes the place of the one that the settings name.
    """
    if settings.user_key_is_public:
        log.warning(
            "user ids are hashed with the published default key: whoever knows an id can find its hash. "
            "Set GROUNDSWELL_USER_KEY before there are users"
        )
    logs = KafkaLogs(settings)
    stages = only or (*INTAKE, *stages_of(settings))
    app = build_app(settings, Services.open(settings, logs, store), only=stages)
    app.duties = Duties(app, logs, ticks=not only or "turns" in only)
    return app


async def work(settings: Settings, only: Sequence[str] = (), store: Store | None = None) -> None:
    """Run the stages until SIGTERM or SIGINT. A crash of a stage is raised: a supervisor restarts us."""
    app = served_app(settings, only, store)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await app.start()
        await _until_stopped(app, stop)
    finally:
        await app.stop()


async def _until_stopped(app: GroundswellApp, stop: asyncio.Event) -> None:
    """Return when asked to stop; raise when a stage or a duty has failed."""
    while not stop.is_set():
        if app.crashed:
            raise RuntimeError("a stage crashed; its last batch is repeated after the restart") from (
                app.crash_reason
            )
        try:
            await asyncio.wait_for(stop.wait(), 0.2)
        except TimeoutError:
            continue
