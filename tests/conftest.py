"""The real servers that tests share, each started at most once per run and stopped at its end."""

import groundswell.streams  # isort: skip  # noqa: F401  (one BLAS thread, before anything imports numpy)

import os
import re
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

import pytest
import servers
from kafka_broker import Kafka, KafkaBroker
from playwright.async_api import Page, async_playwright
from sharing import pytest_collection_modifyitems, pytest_xdist_make_scheduler
from skips import pytest_make_collect_report, pytest_runtest_makereport

__all__ = [
    "pytest_collection_modifyitems",
    "pytest_make_collect_report",
    "pytest_runtest_makereport",
    "pytest_xdist_make_scheduler",
]


Found = TypeVar("Found")


def _or_skip(find: Callable[[], Found]) -> Found:
    try:
        return find()
    except servers.MissingProgram as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A real broker, the same one for the whole run: give topics and groups the prefix of your test."""
    if address := os.environ.get(servers.KAFKA_ADDRESS):
        yield Kafka(address)
        return
    broker = _or_skip(lambda: KafkaBroker(tmp_path_factory.mktemp("kafka")))
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture
def broker_process(kafka: Kafka) -> Iterator[KafkaBroker]:
    """The same broker for tests that stop, kill or pause it; it runs again when the test is over."""
    if not isinstance(kafka, KafkaBroker):
        pytest.skip(f"the broker at {servers.KAFKA_ADDRESS} is not ours to stop: unset it to run this test")
    yield kafka
    if kafka.running:
        kafka.resume()
    kafka.start()


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """A name that no other test has, to begin topics, consumer groups and collections with."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40].rstrip("-")
    return f"{name}-{uuid.uuid4().hex[:8]}-"


@pytest.fixture(scope="session")
def promtool() -> str:
    """Path of promtool."""
    return _or_skip(servers.promtool)


@pytest.fixture(scope="session")
def prometheus() -> str:
    """Path of the Prometheus server."""
    return _or_skip(servers.prometheus)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium."""
    return _or_skip(servers.chromium)


@pytest.fixture
async def browser_page(chromium: str) -> AsyncIterator[Page]:
    """An empty page of a fresh headless browser, in the test's own event loop.

    Playwright's blocking interface would keep a loop running in this thread, where the asynchronous
    tests need to start theirs.
    """
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(
            executable_path=chromium, args=list(servers.CHROMIUM_FLAGS), chromium_sandbox=False
        )
        yield await browser.new_page()
        await browser.close()
