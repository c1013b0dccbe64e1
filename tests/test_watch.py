"""What a worker says of its own lag, of records that are gone, and of topics that are not there."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from structlog.testing import capture_logs

from groundswell.sinks.metrics import Metrics
from groundswell.streams import watch
from groundswell.streams.settings import Settings
from groundswell.streams.topics import INTENT_EVENTS, TOPICS
from groundswell.streams.watch import STALLED_S, Watch

EVENTS = "a-prefix-that-makes-names-longer-than-most-labels-are-" + "conversation-events"
FIRST, SECOND = TP(EVENTS, 0), TP(EVENTS, 1)


@dataclass
class Broker:
    """What the broker would answer, and Faust's consumer would know."""

    held: set[TP] = field(default_factory=lambda: {FIRST, SECOND})
    starts: dict[TP, int] = field(default_factory=lambda: {FIRST: 0, SECOND: 0})
    ends: dict[TP, int] = field(default_factory=lambda: {FIRST: 10, SECOND: 5})
    _committed_offset: dict[TP, int | None] = field(default_factory=lambda: {FIRST: 4, SECOND: None})
    known: set[str] | None = field(default_factory=lambda: {topic.name for topic in TOPICS})

    def assignment(self) -> set[TP]:
        return self.held

    def highwater(self, tp: TP) -> int | None:
        return self.ends.get(tp)

    async def start_offsets(self, partitions: list[TP]) -> dict[TP, int]:
        return {tp: self.starts[tp] for tp in partitions}

    async def topics(self) -> set[str] | None:
        return self.known


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def app(broker: Broker) -> Any:
    services = SimpleNamespace(metrics=Metrics(), settings=Settings())
    return SimpleNamespace(consumer=broker, services=services, deliveries={}, started=True)


@pytest.fixture
def watching(broker: Broker, app: Any) -> Watch:
    return Watch(app, broker)  # type: ignore[arg-type]


def lag(app: Any, partition: int) -> float | None:
    labels = {"topic": EVENTS, "partition": str(partition)}
    return app.services.metrics.registry.get_sample_value("groundswell_consumer_lag", labels)


async def test_lag_is_what_is_not_processed_under_the_whole_name_of_the_topic(
    watching: Watch, app: Any
) -> None:
    await watching.look()
    assert (lag(app, 0), lag(app, 1)) == (6, 5)


async def test_a_partition_that_another_worker_reads_now_is_shown_no_more(
    watching: Watch, broker: Broker, app: Any
) -> None:
    await watching.look()
    broker.held = {FIRST}
    await watching.look()
    assert (lag(app, 0), lag(app, 1)) == (6, None)


async def test_what_was_deleted_unread_is_told_once_and_not_waited_for(
    watching: Watch, broker: Broker, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker.starts = dict(broker.ends)
    with capture_logs() as told:
        await watching.look()
        await watching.look()
    assert [(one["partition"], one["records"], one["first_left"]) for one in told] == [(0, 6, 10), (1, 5, 5)]
    assert (lag(app, 0), lag(app, 1)) == (0, 0)
    now = watch.time.monotonic()
    monkeypatch.setattr(watch.time, "monotonic", lambda: now + STALLED_S + 60)
    assert watching.alive() == (True, "alive")


async def test_records_that_wait_too_long_are_a_reason_to_restart(
    watching: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watching.look()
    now = watch.time.monotonic()
    monkeypatch.setattr(watch.time, "monotonic", lambda: now + STALLED_S + 60)
    assert not watching.alive()[0]
    assert "11 records wait" in watching.alive()[1]


async def test_an_endpoint_that_is_away_is_no_reason_to_restart(
    watching: Watch, broker: Broker, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = TP(INTENT_EVENTS.name, 0)
    broker.held, broker.starts, broker.ends = {named}, {named: 0}, {named: 7}
    await watching.look()
    shown = {"topic": INTENT_EVENTS.name, "partition": "0"}
    assert app.services.metrics.registry.get_sample_value("groundswell_consumer_lag", shown) == 7
    now = watch.time.monotonic()
    monkeypatch.setattr(watch.time, "monotonic", lambda: now + STALLED_S + 60)
    assert watching.alive() == (True, "alive")


async def test_missing_topics_are_named_until_they_exist(watching: Watch, broker: Broker) -> None:
    broker.held, broker.known = set(), {topic.name for topic in TOPICS} - {"turns"}
    with capture_logs() as told:
        await watching.look()
        await watching.look()
        assert watching.ready() == (False, "waiting for topics that do not exist: turns")
        broker.known = None  # a broker that does not answer says nothing of its topics
        await watching.look()
        assert "turns" in watching.ready()[1]
        broker.held, broker.known = {FIRST}, {topic.name for topic in TOPICS}
        await watching.look()
    assert watching.ready() == (True, "ready")
    assert [one.get("topics") for one in told] == [["turns"], None]
