"""The Faust app: which stage reads which topic, in the order in which an event passes them."""

import gc
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import faust
import structlog
from faust.types import TP
from mode import ServiceT

from groundswell.streams.access import METADATA_MAX_AGE_MS, credentials
from groundswell.streams.capture import Capture
from groundswell.streams.commands import Commands
from groundswell.streams.consuming import consume
from groundswell.streams.delivery import Delivery, Output, Sender, Stage
from groundswell.streams.intents import Intents
from groundswell.streams.naming import Naming
from groundswell.streams.proposals import Proposals
from groundswell.streams.services import Services, wall_clock
from groundswell.streams.settings import Settings
from groundswell.streams.spikes import Spikes
from groundswell.streams.topics import (
    CONVERSATION_EVENTS,
    INTENT_COMMANDS,
    INTENT_EVENTS,
    INTENT_MINUTES,
    OTLP_LOGS,
    OTLP_SPANS,
    SPIKES,
    TURNS,
    Topic,
)
from groundswell.streams.transport import AsItCame, broker_urls
from groundswell.streams.turns import Turns

log = structlog.get_logger("groundswell.app")

#: The stages in the order of the data, each with the topic that it reads.
STAGES = {
    "turns": CONVERSATION_EVENTS,
    "commands": INTENT_COMMANDS,
    "intents": TURNS,
    "spikes": INTENT_MINUTES,
    "proposals": SPIKES,
}
#: What runs only where it is configured (`stages_of`).
OPTIONAL = {"naming": INTENT_EVENTS}
#: What stands before them on a real broker, with all topics that it reads.
INTAKE = {"capture": (OTLP_SPANS, OTLP_LOGS)}
#: Records for one partition go out in requests of up to this size; each waits for the one before.
PRODUCER_BATCH_BYTES = 512 * 1024
#: Records that wait in memory for a stage. A partition whose buffer fills is not asked again until two
#: fifths are left, and up to a second later: what is left must keep the stage busy for that long.
BUFFER = 4096
#: Events taken at once by a stage whose answers are paid for: a crash in the midst pays few of them twice.
ASKING_BATCH = 16
#: A batch allocates thousands of objects that reference counts free: looking for cycles every 700, Python's
#: own default, took a tenth of the time.
GC_THRESHOLDS = (20_000, 10, 20)
#: How long a thread that wants the interpreter waits until the one that has it must let go, seconds. The
#: store's, the consumer's and the one that talks to the embedder come back for it often and briefly: at
#: Python's own 5 ms they stood still whenever a batch was being read or decided.
SWITCH_S = 0.0002
Tap = Callable[[Output], None]


def stages_of(settings: Settings) -> dict[str, Topic]:
    """Return the stages that *settings* ask for, each with the topic that it reads."""
    return {**STAGES, **OPTIONAL} if settings.names_by_llm else dict(STAGES)


def topics_read(name: str) -> tuple[Topic, ...]:
    """Return the topics that a stage reads."""
    return INTAKE.get(name) or ({**STAGES, **OPTIONAL}[name],)


def make_stage(name: str, services: Services) -> Stage:
    """Return the stage called *name*."""
    shared = services.settings, services.store
    match name:
        case "capture":
            return Capture(services.settings, services.metrics)
        case "turns":
            return Turns(*shared, services.embedder, services.logs, services.metrics)
        case "commands":
            return Commands(*shared, services.logs, services.metrics)
        case "intents":
            return Intents(*shared, services.logs, services.metrics, wall_clock)
        case "spikes":
            return Spikes(*shared, services.logs, services.metrics)
        case "naming":
            if services.chat is None:
                raise ValueError("the stage naming needs GROUNDSWELL_LLM_BASE_URL and GROUNDSWELL_LLM_MODEL")
            return Naming(*shared, services.logs, services.metrics, services.chat)
        case "proposals":
            return Proposals(*shared, services.logs, services.metrics, services.embedder)
    raise ValueError(f"no stage is called {name!r}; choose from {', '.join(STAGES)}")


class GroundswellApp(faust.App):
    """A Faust app that opens its services before the first agent starts, and closes them last."""

    services: Services
    deliveries: dict[str, Delivery]
    #: What goes on beside the stages for as long as they work; nothing in an embedded flow.
    duties: ServiceT | None = None

    def fail(self, error: BaseException) -> None:
        """Stop everything: a batch could not be made durable and is repeated after a restart."""
        self.add_future(self.crash(error))

    async def on_start(self) -> None:
        """Create missing collections before anything is consumed."""
        gc.set_threshold(*GC_THRESHOLDS)
        sys.setswitchinterval(SWITCH_S)
        if self.duties is not None:
            await self.add_runtime_dependency(self.duties)
        await self.services.ensure()
        await super().on_start()

    async def on_shutdown(self) -> None:
        """Make everything durable."""
        await super().on_shutdown()
        await self.services.close()


def build_app(
    settings: Settings,
    services: Services,
    *,
    only: Sequence[str] = (),
    partition: int | None = None,
    tap: Tap | None = None,
) -> GroundswellApp:
    """Return the app with its stages registered.

    Args:
        settings: what is in effect.
        services: what the stages work with.
        only: names of the stages to run; none means all.
        partition: send everything to this partition (the embedded broker), or None.
        tap: hears of every output as it is sent, in the order of each topic.
    """
    group = settings.topic_prefix + settings.group
    app = GroundswellApp(group, **_configuration(settings, embedded=partition is not None))
    app.services = services
    app.deliveries = {}
    send = sender(app, partition, tap)
    for name in only or stages_of(settings):
        _register(app, name, topics_read(name), send)
    app.on_partitions_revoked.connect(_on_rebalance(app))
    app.on_partitions_assigned.connect(_on_rebalance(app))
    return app


def _configuration(settings: Settings, *, embedded: bool) -> dict[str, Any]:
    """Return Faust's settings: nothing of its own state, no web server, and crash rather than skip."""
    return {
        "broker": broker_urls(settings.broker, embedded=embedded),
        "broker_credentials": credentials(settings),
        "store": "memory://",
        "datadir": str(Path(tempfile.gettempdir()) / "groundswell-faust"),  # stays empty: no tables
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "stream_wait_empty": True,
        "stream_buffer_maxsize": BUFFER,
        "agent_supervisor": "mode.CrashingSupervisor",
        "broker_commit_interval": 0.5,
        "broker_session_timeout": settings.session_timeout_s,
        "broker_heartbeat_interval": settings.session_timeout_s / 5,
        "broker_rebalance_timeout": 30.0,
        "broker_request_timeout": 40.0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": 8 * 1024 * 1024,
        "consumer_metadata_max_age_ms": METADATA_MAX_AGE_MS,
        "web_enabled": False,
        "web_tables_enabled": False,
        "web_router_enabled": False,
        "producer_linger_ms": 0,
        "producer_max_batch_size": PRODUCER_BATCH_BYTES,
        "loghandlers": [],
    }


def _register(app: GroundswellApp, name: str, topics: Sequence[Topic], send: Sender) -> None:
    """Let the stage consume its topics, one batch at a time, crashing rather than skipping."""
    settings = app.services.settings
    delivery = Delivery(
        make_stage(name, app.services), app.services.store, send, app.services.metrics, app.fail
    )
    app.deliveries[name] = delivery
    source = app.topic(*(settings.topic_prefix + topic.name for topic in topics), schema=AsItCame())

    batch = min(settings.batch, ASKING_BATCH) if name in OPTIONAL else settings.batch

    async def run(stream: Any) -> None:
        await consume(stream, delivery, batch=batch, linger_s=settings.linger_s)

    run.__doc__ = topics[0].about
    app.agent(source, name=name, concurrency=1)(run)


def sender(app: faust.App, partition: int | None, tap: Tap | None) -> Sender:
    """Return what sends an output through the app's producer."""

    async def send(output: Output) -> Awaitable[Any]:
        # Asked each time, Faust gives the loop three turns: no two records would share a request.
        producer = app.producer if app.producer.started else await app.maybe_start_producer()
        sent: Awaitable[Any] = await producer.send(
            output.topic,
            output.key,
            output.value,
            partition,
            (output.timestamp + 0.5) / 1000,  # Faust cuts the product with 1000 off to an integer
            list(output.headers),
        )
        if tap is not None:
            tap(output)
        return sent

    return send


def _on_rebalance(app: GroundswellApp) -> Callable[..., Awaitable[None]]:
    async def rebalanced(sender: Any, partitions: set[TP], **_: Any) -> None:
        for delivery in app.deliveries.values():
            delivery.rebalanced()

    return rebalanced


def __getattr__(name: str) -> GroundswellApp:
    """Make `app` when Faust's own command asks for it: `faust -A groundswell.streams.app worker`."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from groundswell.streams.worker import served_app

    app = globals()["app"] = served_app(Settings())
    return app
